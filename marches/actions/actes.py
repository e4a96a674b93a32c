"""Modifications and subcontracts typed by hand, and what they change of their lot."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from marches.actions.ecriture import constats, verifier, write
from marches.actions.lots import SIRET, organisations, write_holders
from marches.actions.registre import ActionRefusee
from marches.models import ActeSousTraitance, Lot, Marche, Modification
from marches.rules import fin_prevue
from marches.upsert.folding import READERS, Versement, fold_records
from portal.permissions import Acteur

REASON = "acte"
Constats = frozenset[tuple[int, str]]
OU = "dans la fiche du marché («\u00a0Modifier le marché\u00a0»), puis recommencez"
TWICE = "Un acte du même numéro existe déjà sur ce lot, à la même date ou pour le même sous-traitant."


@transaction.atomic
def save_modification(*, row: Modification, values: Mapping[str, Any], nouveaux: list, by: Acteur) -> Modification:
    """Save a modification, then show the lot as it leaves it; ActionRefusee for a twin."""
    lot = Lot.objects.select_for_update().get(pk=row.lot_id)
    deja = constats(lot.marche)
    if not lot.modifications.exists():
        _remember_start(lot, by)
    _assign(row, values)
    row.titulaires = [[SIRET, siret] for siret, _ in nouveaux]
    organisations(nouveaux)
    _save(row)
    _show(Lot.objects.get(pk=lot.pk), by, deja)
    return row


@transaction.atomic
def delete_modification(*, row: Modification, by: Acteur) -> None:
    """Delete a modification typed by hand; the lot shows again what stood before. ActionRefusee for a published one."""
    refuse_published(row)
    lot = Lot.objects.select_for_update().get(pk=row.lot_id)
    deja = constats(lot.marche)
    row.delete()
    _show(lot, by, deja)


def _remember_start(lot: Lot, by: Acteur) -> None:
    """Keep what the lot was at its notification, before anything changed it."""
    start = {}
    if lot.montant_initial is None and lot.montant is not None:
        start["montant_initial"] = lot.montant
    if lot.duree_mois_initiale is None and lot.duree_mois:
        start["duree_mois_initiale"] = lot.duree_mois
    if start:
        write(lot, start, by=by, reason=REASON)


def _show(lot: Lot, by: Acteur, deja: Constats) -> None:
    """Amount, duration, end and holders of a lot, after its modifications in order."""
    rows = sorted(
        lot.modifications.all(), key=lambda row: (row.date_notification is not None, row.date_notification, row.pk)
    )
    amounts = [lot.montant_initial, *(row.montant for row in rows)]
    months = [lot.duree_mois_initiale, *(row.duree_mois for row in rows)]
    values: dict[str, Any] = {}
    if (amount := next((each for each in reversed(amounts) if each is not None), None)) is not None:
        values["montant"] = amount
    if (length := next((each for each in reversed(months) if each), None)) and length != lot.duree_mois:
        values |= {"duree_mois": length, "date_fin": fin_prevue(lot.date_debut or lot.date_notification, length)}
    holders = next((row.titulaires for row in reversed(rows) if row.titulaires and row.saisie), None)
    stored = write(lot, values, by=by, reason=REASON, typed=["titulaires"] if holders else ())
    if holders:
        write_holders(stored, [(number, "") for kind, number in holders if kind == SIRET])
    verifier(stored.marche, deja=deja, ou=OU)


@transaction.atomic
def save_sous_traitance(
    *, row: ActeSousTraitance, values: Mapping[str, Any], sous_traitant: tuple[str, str] | None, by: Acteur
) -> ActeSousTraitance:
    """Save a subcontract; ActionRefusee for a twin, or when the law of the day forbids it on a published contract."""
    lot = Lot.objects.select_related("marche").get(pk=row.lot_id)
    deja = constats(lot.marche)
    if sous_traitant is not None:
        row.sous_traitant = organisations([sous_traitant])[sous_traitant[0]]
    _assign(row, values)
    _save(row)
    write(lot, {"sous_traitance_declaree": True}, by=by, reason=REASON)
    verifier(Marche.objects.get(pk=lot.marche_id), deja=deja, ou=OU)
    return row


@transaction.atomic
def delete_sous_traitance(*, row: ActeSousTraitance, by: Acteur) -> None:
    """Delete a subcontract typed by hand; ActionRefusee for a published one."""
    refuse_published(row)
    row.delete()


def refuse_published(row: Modification | ActeSousTraitance) -> None:
    """ActionRefusee for what public files said, even corrected since: it would come back."""
    if not row.saisie or _identity(row) in published(row.lot, type(row)):
        raise ActionRefusee(
            "Cet acte vient des données publiées\u00a0: corrigez-le plutôt, un prochain fichier le remettrait."
        )


def _identity(row: Modification | ActeSousTraitance) -> tuple:
    if isinstance(row, Modification):
        return row.numero, row.date_notification
    return row.numero, (row.sous_traitant.type_identifiant, row.sous_traitant.identifiant)


def published(lot: Lot, model: type[Modification] | type[ActeSousTraitance]) -> set[tuple]:
    """What names the acts that the public records of a lot hold; one query."""
    records = lot.sources.values_list("format", "donnees", "empreinte")
    versements = [Versement(READERS[format](data), print_) for format, data, print_ in records if format in READERS]
    if not versements:
        return set()
    state = fold_records(versements)
    parts = state.modifications if model is Modification else state.actes
    return {part.cle for part in parts}


def _assign(row: Any, values: Mapping[str, Any]) -> None:
    row.saisie = True
    for name, value in values.items():
        setattr(row, name, value)


def _save(row: Any) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise ActionRefusee(TWICE) from error

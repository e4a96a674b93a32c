"""Contracts typed by hand: made as drafts, completed, published once the law of their day allows it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from marches.actions import lots as lot_actions
from marches.actions.ecriture import CREATION, PUBLICATION, SAISIE, sign_and_save, verifier, write
from marches.actions.registre import ActionRefusee
from marches.controle import points_de
from marches.models import Acheteur, DispenseSociale, Lot, Marche
from marches.upsert import refresh_holders, reindex
from marches.upsert.organisations import find_acheteurs, find_organisations
from portal.permissions import Acteur, Role
from portal.verdict import Niveau

SIRET = "SIRET"
COPIED = ("nature", "type", "procedure", "techniques", "ccag", "services_sociaux")  # from the contract it follows


def acheteur_of(by: Acteur, siret: str = "") -> Acheteur:
    """The buyer for whom this person writes: their own organisation, or the one that administration names."""
    if not by.has(Role.ADMINISTRATION):
        return find_acheteurs([by.organisation])[by.organisation_id]
    found, _ = find_organisations([(SIRET, siret)], {})
    (organisation,) = found.values()
    return find_acheteurs([organisation])[organisation.pk]


@transaction.atomic
def creer(*, marche_form, lot_form, liens: Mapping[str, Marche], by: Acteur) -> Marche:
    """A draft with its first lot; `liens` are the contracts it follows, was taken out of, or is called from."""
    buyer = acheteur_of(by, marche_form.cleaned_data.get("acheteur_siret", ""))
    marche = Marche(acheteur=buyer, publie=False, **marche_form.values, **liens)
    for origin in liens.values():
        for name in COPIED:
            if getattr(marche, name) in ("", None, Marche._meta.get_field(name).get_default()):
                setattr(marche, name, getattr(origin, name))
    sign_and_save(marche, by, CREATION)
    lot_actions.creer(marche=marche, form=lot_form, by=by)
    return marche


@transaction.atomic
def modifier(*, marche: Marche, form, seen: Mapping[str, Any] | None, by: Acteur, on: date) -> Marche:
    """Save the contract and its exemption; ActionRefusee when a published one would break the law of its day."""
    stored = write(marche, form.values, by=by, seen=seen)
    if form.dispense is not None:
        _dispense(stored, *form.dispense, by=by, on=on)
    verifier(stored)
    return stored


def _dispense(marche: Marche, motif: str, texte: str, *, by: Acteur, on: date) -> None:
    row = DispenseSociale.objects.filter(marche=marche).first()
    if not motif:
        if row:
            row._history_user = by.user
            row.delete()
        return
    if row and (row.motif, row.texte) == (motif, texte):
        return
    row = row or DispenseSociale(marche=marche, constatee_le=on)
    row.motif, row.texte, row.par = motif, texte, by.user
    sign_and_save(row, by, SAISIE)


@transaction.atomic
def publier(*, marche: Marche, justification: str, by: Acteur) -> Marche:
    """Show a draft to everybody. ActionRefusee while the law of its day forbids it, or warns without an answer."""
    stored = Marche.objects.select_for_update().get(pk=marche.pk)
    if stored.publie:
        return stored
    levels = {point.verdict.level for point in points_de(stored)}
    if Niveau.BLOCAGE in levels:
        raise ActionRefusee("Ce marché reste un brouillon\u00a0: corrigez d'abord les points bloquants ci-dessous.")
    if Niveau.AVERTISSEMENT in levels and not justification.strip():
        raise ActionRefusee("Répondez aux avertissements par une justification écrite\u00a0: elle reste au dossier.")
    values: dict[str, Any] = {"publie": True}
    if justification.strip():
        values["justification"] = justification.strip()
    stored = write(stored, values, by=by, reason=PUBLICATION)
    refresh_holders(_holders(stored))
    return stored


@transaction.atomic
def relier(*, marche: Marche, form, seen: Mapping[str, Any] | None, by: Acteur) -> Marche:
    """Say what a contract follows, what it was taken out of, which framework it is called from."""
    stored = write(marche, form.values, by=by, seen=seen)
    verifier(stored)
    return stored


@transaction.atomic
def supprimer_brouillon(*, marche: Marche, by: Acteur) -> None:
    """Delete a draft with its lots; ActionRefusee once it is published, or when something else hangs on it."""
    stored = Marche.objects.select_for_update().get(pk=marche.pk)
    if stored.publie or stored.cle:
        raise ActionRefusee("Ce marché est publié\u00a0: il ne se supprime pas, son historique est public.")
    holders = _holders(stored)
    stored._history_user, stored._change_reason = by.user, "suppression"
    try:
        stored.delete()
    except ProtectedError as error:
        raise ActionRefusee(lot_actions.protections(error)) from error
    refresh_holders(holders)


def _holders(marche: Marche) -> set[int]:
    """Organisations that hold a lot of this contract, alone or in a group."""
    lots = Lot.objects.filter(marche=marche)
    held = lots.exclude(titulaires=None).values_list("titulaires__organisation", flat=True)
    joined = lots.exclude(groupements=None).values_list("groupements__membres__organisation", flat=True)
    return {pk for pk in (*held, *joined) if pk}


def reindexer(marche: Marche) -> None:
    """Refresh the words of a contract after its lots changed."""
    reindex([marche.pk])

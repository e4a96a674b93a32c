"""Lots typed by hand: added, corrected, given back their published value, deleted; their holders."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from marches.actions.ecriture import CREATION, RETOUR, TITULAIRES, sign_and_save, verifier, write
from marches.actions.registre import ActionRefusee
from marches.models import Lot, Marche, Titulaire
from marches.rules import decp
from marches.upsert import LotUpsert, refresh_holders, reindex
from marches.upsert.organisations import find_organisations
from portal.imports import ImportReport
from portal.permissions import Acteur
from structures.models import Organisation

SIRET = "SIRET"
SAISIE_NOM = "saisie"  # where the name of a body comes from
# Columns of a lot that public records give: only these can be given back.
PUBLIES = frozenset({
    "identifiant", "numero", "objet", "cpv", "secteur", "commune", "departement", "lieu_code", "lieu_type", "montant",
    "montant_initial", "forme_prix", "offres_recues", "date_notification", "date_publication", "date_debut",
    "date_fin", "duree_mois", "duree_mois_initiale", "reservation", "clause_sociale", "critere_social",
    "forme_groupement", "sous_traitance_declaree", "titulaires", "marche",
})  # fmt: skip
PUBLIES_MARCHE = frozenset({"reference", "objet", "nature", "type", "procedure", "techniques", "ccag"})
NOT_PUBLISHED = "Aucun fichier de données essentielles n'a publié cette valeur\u00a0: corrigez-la à la main."
KEPT_WITH = {"commune": ("commune", "departement", "lieu_code", "lieu_type")}  # one place, four columns


@transaction.atomic
def creer(*, marche: Marche, form, by: Acteur) -> Lot:
    """Add a lot to a contract; ActionRefusee when the law of the day forbids it on a published one."""
    values = form.values
    values.setdefault("objet", "")
    lot = Lot(marche=marche, **_columns(values))
    lot.objet = lot.objet or marche.objet
    if lot.montant_initial is None:
        lot.montant_initial = lot.montant
    sign_and_save(lot, by, CREATION)
    if form.nouveaux_titulaires is not None:
        write_holders(lot, form.nouveaux_titulaires)
    reindex([marche.pk])
    verifier(_justified(marche, form, by))
    return lot


def _justified(marche: Marche, form, by: Acteur) -> Marche:
    """The contract, with the answer to its warnings that was typed on the page of a lot."""
    text = form.justification_typed
    return write(marche, {"justification": text}, by=by) if text is not None else marche


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


@transaction.atomic
def modifier(*, lot: Lot, form, seen: Mapping[str, Any] | None, by: Acteur) -> Lot:
    """Save a lot and its holders; ActionRefusee when a published one would break the law of its day."""
    holders = form.nouveaux_titulaires
    stored = write(lot, form.values, by=by, seen=seen, typed=["titulaires"] if holders is not None else ())
    if holders is not None:
        write_holders(stored, holders)
    verifier(_justified(stored.marche, form, by))
    return stored


def write_holders(lot: Lot, wanted: list[tuple[str, str]]) -> None:
    """Make these bodies (SIRET, name) the holders of a lot, in order; those known by another number stay last."""
    bodies = organisations(wanted)
    others = lot.titulaires.exclude(organisation__type_identifiant=SIRET).order_by("rang", "pk")
    ranked = [*(bodies[siret].pk for siret, _ in wanted), *others.values_list("organisation", flat=True)]
    former = set(lot.titulaires.values_list("organisation", flat=True))
    lot.titulaires.exclude(organisation__in=ranked).delete()
    for rank, pk in enumerate(ranked):
        Titulaire.objects.update_or_create(lot=lot, organisation_id=pk, defaults={"rang": rank})
    refresh_holders({*former, *ranked})


def organisations(wanted: Iterable[tuple[str, str]]) -> dict[str, Organisation]:
    """The organisation of each (SIRET, name), made where missing; a name already known stays."""
    names = {siret: (name, SAISIE_NOM) for siret, name in wanted if name}
    found, _ = find_organisations([(SIRET, siret) for siret, _ in wanted], names)
    return {number: organisation for (_, number), organisation in found.items()}


# Published values -----------------------------------------------------------------------------------------------------
@transaction.atomic
def revenir(*, lot: Lot, champ: str, by: Acteur) -> Lot:
    """Give a field of an imported lot back to the public records; ActionRefusee when it was not typed."""
    stored = Lot.objects.select_for_update().get(pk=lot.pk)
    names = set(KEPT_WITH.get(champ, (champ,)))
    if champ not in PUBLIES or not names & set(stored.champs_saisis):
        raise ActionRefusee("Ce champ montre déjà la valeur publiée.")
    if not stored.sources.exists():
        raise ActionRefusee(NOT_PUBLISHED)
    stored.champs_saisis = sorted(set(stored.champs_saisis) - names)
    stored.save_without_historical_record()
    refold([stored])
    stored = Lot.objects.get(pk=stored.pk)
    sign_and_save(stored, by, f"{RETOUR};{libelle(Lot, champ)}")
    reindex({lot.marche_id, stored.marche_id})
    return stored


@transaction.atomic
def revenir_marche(*, marche: Marche, champ: str, by: Acteur) -> Marche:
    """Give a field of an imported contract back to the public records of its lots."""
    stored = Marche.objects.select_for_update().get(pk=marche.pk)
    if champ not in PUBLIES_MARCHE or champ not in stored.champs_saisis:
        raise ActionRefusee("Ce champ montre déjà la valeur publiée.")
    published = list(Lot.objects.filter(marche=stored).exclude(cle="").exclude(sources=None).distinct())
    if not published:
        raise ActionRefusee(NOT_PUBLISHED)
    stored.champs_saisis = sorted(set(stored.champs_saisis) - {champ})
    stored.save_without_historical_record()
    refold(published)
    stored = Marche.objects.get(pk=stored.pk)
    sign_and_save(stored, by, f"{RETOUR};{libelle(Marche, champ)}")
    reindex([stored.pk])
    return stored


def refold(lots: Iterable[Lot]) -> None:
    """Show these lots again as their stored records say, but for what people typed."""
    LotUpsert(decp.FORMAT, None, ImportReport("retour")).refold(list(lots))


def libelle(model, champ: str) -> str:
    """The French name of a field, or of what a lot holds beside its columns."""
    if champ == "titulaires":
        return "titulaires"
    return "lieu d'exécution" if champ == "commune" else str(model._meta.get_field(champ).verbose_name)


# Deletion -------------------------------------------------------------------------------------------------------------
def obstacle(lot: Lot) -> str:
    """Why this lot cannot be deleted, in French; "" when it can."""
    if lot.marche.lots.count() < 2:
        return "C'est le seul lot du marché, et un marché en compte toujours un\u00a0: ajoutez d'abord l'autre."
    if lot.cle:
        return "Ce lot vient des données publiées\u00a0: supprimé, il reviendrait au prochain fichier."
    return ""


@transaction.atomic
def supprimer(*, lot: Lot, by: Acteur) -> Marche:
    """Delete a lot typed by hand; ActionRefusee for the last one, an imported one, or one that others rest on."""
    marche = Marche.objects.select_for_update().get(pk=lot.marche_id)
    stored = Lot.objects.select_related("marche").get(pk=lot.pk)
    if reason := obstacle(stored):
        raise ActionRefusee(reason)
    holders = list(stored.titulaires.values_list("organisation", flat=True))
    holders += stored.groupements.values_list("membres__organisation", flat=True)
    stored._history_user, stored._change_reason = by.user, "suppression"
    try:
        stored.delete()
    except ProtectedError as error:
        raise ActionRefusee(protections(error)) from error
    refresh_holders(pk for pk in holders if pk)
    reindex([marche.pk])
    return marche


def protections(error: ProtectedError) -> str:
    """What rests on the row that was to be deleted, in French."""
    names = sorted({str(row._meta.verbose_name_plural) for row in error.protected_objects})
    return f"D'autres données en dépendent ({', '.join(names)})\u00a0: elles doivent être conservées."


__all__ = [
    "PUBLIES", "PUBLIES_MARCHE", "TITULAIRES", "creer", "libelle", "modifier", "obstacle", "organisations",
    "protections", "revenir", "revenir_marche", "supprimer", "write_holders",
]  # fmt: skip

"""Writing groups, joint ventures and networks: each write leaves who and when in their history."""

from collections.abc import Iterable

from django.db import transaction

from portal.permissions import Acteur
from structures.actions.edition import LONGEST_REASON
from structures.models import CoEntreprise, Fondateur, GroupeEconomique, Reseau, Structure
from structures.search_index import reindex

REASON = "groupe"


@transaction.atomic
def save_groupe(*, form, by: Acteur) -> GroupeEconomique:
    """A GES with the structures that join and leave it; each card keeps the trace of it."""
    groupe = _sign(form.save(commit=False), by)
    groupe.save()
    added, removed = form.cleaned_data["ajouter"], form.cleaned_data.get("retirer") or ()
    gone = {structure.pk for structure in removed}
    _move(
        (structure for structure in added if structure.pk not in gone),
        groupe,
        f"«\u00a0{groupe.nom}\u00a0» rejoint",
        by,
    )
    _move(removed, None, f"«\u00a0{groupe.nom}\u00a0» quitté", by)
    return groupe


@transaction.atomic
def delete_groupe(groupe: GroupeEconomique, *, by: Acteur) -> None:
    """Delete a GES; its structures leave it first, and their cards keep the trace of it."""
    _move(groupe.structures.all(), None, f"«\u00a0{groupe.nom}\u00a0» supprimé", by)
    _sign(groupe, by, "suppression").delete()


def delete_co_entreprise(co_entreprise: CoEntreprise, *, by: Acteur) -> None:
    """Delete the page of a joint venture with its founders; cards stay, and so does its history."""
    _sign(co_entreprise, by, "suppression").delete()


def _move(structures: Iterable[Structure], groupe: GroupeEconomique | None, said: str, by: Acteur) -> None:
    """Put cards in a group, or in none; the history of each says it in the words `said`."""
    changed = []
    for structure in structures:
        if structure.groupe_id == (groupe.pk if groupe else None):
            continue
        structure.groupe = groupe
        structure._history_user, structure._change_reason = by.user, f"{REASON};{said}"[:LONGEST_REASON]
        structure.save()
        changed.append(structure.pk)
    reindex(changed)


@transaction.atomic
def save_co_entreprise(*, form, rows: list[dict], by: Acteur) -> CoEntreprise:
    """A joint venture and its founders, in the order typed."""
    co_entreprise = _sign(form.save(commit=False), by)
    co_entreprise.save()
    organisations = {founder.nom: founder.organisation_id for founder in co_entreprise.fondateurs.all()}
    co_entreprise.fondateurs.all().delete()
    Fondateur.objects.bulk_create(
        Fondateur(
            co_entreprise=co_entreprise, nom=row["nom"], structure=row["structure"], apport=row["apport"],
            part=row["part"], rang=rank,
            organisation_id=row["structure"].organisation_id if row["structure"] else organisations.get(row["nom"]),
        )
        for rank, row in enumerate(rows)
    )  # fmt: skip
    return co_entreprise


@transaction.atomic
def save_reseau(*, form, by: Acteur) -> Reseau:
    reseau = _sign(form.save(commit=False), by)
    reseau.save()
    return reseau


def _sign(row, by: Acteur, reason: str = "saisie"):
    row._history_user, row._change_reason = by.user, reason
    return row

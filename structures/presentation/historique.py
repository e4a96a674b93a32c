"""What changed on a card, who did it and when, for those who may write it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from portal.etats import REPRISE, Difference
from portal.permissions import Acteur
from structures.actions.edition import CONFIRMATION
from structures.actions.groupes import REASON as GROUPE
from structures.enums import Bloc
from structures.models import Membre, Structure
from structures.presentation.blocs import SUIVIS, differences, plain

Compare = Callable[[Any, Any], list[Difference]]
MOTIFS = {
    "adhesion": "Réseau ou groupe rejoint ou quitté",
    GROUPE: "Groupe économique solidaire",
    CONFIRMATION: "Fiche confirmée\u00a0: tout est à jour",
    REPRISE: "Reprise des fichiers publics",
} | {str(bloc.value): bloc.label for bloc in Bloc}


@dataclass
class Changement:
    """One line of the history. `qui` is "" for what files brought."""

    quand: datetime
    quoi: str
    qui: str = ""
    detail: str = ""
    differences: list[Difference] = field(default_factory=list)


def changes(structure: Structure) -> QuerySet:
    """The history rows of a card, last first."""
    return structure.history.order_by("-history_date", "-history_id")


def told(rows: Sequence, previous, structure: Structure, acteur: Acteur) -> list[Changement]:
    """History rows in words, last first; `previous` is the row before the oldest of them, None at the very beginning.

    One query, for the organisations of the people named.
    """
    return raconter(
        rows,
        previous,
        acteur,
        motifs=MOTIFS,
        creation="Création de la fiche",
        compare=lambda before, row: differences(_state(before), _state(row)),
    )


def raconter(
    rows: Sequence, previous, acteur: Acteur, *, motifs: Mapping[str, str], creation: str, compare: Compare
) -> list[Changement]:
    """The history of any row: what was done, by whom, and what `compare` says it changed. One query.

    A reason is a code of `motifs`, followed or not by « ; » and a detail.
    """
    if not rows:
        return []
    people = _people(rows, acteur)
    found = []
    for row, before in zip(rows, [*rows[1:], previous], strict=True):
        reason, _, detail = (row.history_change_reason or "").partition(";")
        found.append(
            Changement(
                quand=row.history_date,
                quoi=motifs.get(reason, creation if before is None else "Modification"),
                qui=people.get(row.history_user_id, "un compte fermé") if row.history_user_id else "",
                detail=detail,
                differences=compare(before, row) if before is not None else [],
            )
        )
    return found


def _state(row) -> dict:
    return {name: plain(getattr(row, name)) for name in SUIVIS}


def _people(rows: Sequence, acteur: Acteur) -> dict[int, str]:
    """Who did it: a colleague by their address, anyone else by their role and organisation."""
    found: dict[int, str] = {}
    ids = {row.history_user_id for row in rows if row.history_user_id}
    membres = Membre.objects.filter(user__in=ids).select_related("user", "organisation").order_by("actif", "-pk")
    for membre in membres:
        if membre.organisation_id == acteur.organisation_id:
            found[membre.user_id] = membre.user.email
        elif "@" not in found.get(membre.user_id, ""):
            found[membre.user_id] = f"{membre.get_role_display()}, {membre.organisation.nom}"
    return found

"""Who waits for a follow-up point, and whose exit was never noted: the lists of a facilitator, the late ones first."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q

from clauses.enums import StatutFormation
from clauses.models import ActionFormation, Affectation, PointSuivi
from clauses.parametres import seuil, termes_suivi
from clauses.rules import PointDu, point_a_faire
from marches.rules import add_months


@dataclass(frozen=True)
class ASuivre:
    """A person whose point is to do."""

    pk: int
    code: str
    sortie_le: date
    point: PointDu


def points_a_faire(people: Any, on: date) -> list[ASuivre]:
    """Points to do on that day, the late ones first, then as they fell due; two queries, plain columns alone."""
    left, done = partis(people, on)
    return points_parmi(list(left), list(done), on)


def partis(people: Any, on: date) -> tuple[Any, Any]:
    """Of people who left: (key, code, exit), then (key, term) of each point done; querysets of plain columns."""
    left = people.filter(sortie_le__lte=on).order_by()
    done = PointSuivi.objects.filter(participant__in=left.values("pk")).order_by()
    return left.values_list("pk", "code", "sortie_le"), done.values_list("participant", "terme")


def points_parmi(left: Iterable, done: Iterable, on: date) -> list[ASuivre]:
    """The same from the rows of `partis`, already read."""
    terms: dict[int, set[int]] = defaultdict(set)
    for pk, terme in done:
        terms[pk].add(terme)
    late = int(seuil("suivi_retard_jours", on))
    current: dict[date, PointDu | None] = {}  # of an exit, whoever left: many leave on the same day
    found = []
    for pk, code, day in left:
        if day not in current:
            current[day] = point_a_faire(day, (), on, termes=termes_suivi(day), retard=late)
        point = current[day]
        if point is not None and point.terme not in terms[pk]:
            found.append(ASuivre(pk, code, day, point))
    return sorted(found, key=lambda row: (not row.point.en_retard, row.point.le, row.code))


def sorties_a_noter(people: Any, on: date) -> Any:
    """People whose every assignment is over and whose exit nobody noted, with `fin`, its last day; the oldest first."""
    open_ = Affectation.objects.filter(participant=OuterRef("pk")).filter(Q(date_fin=None) | Q(date_fin__gte=on))
    return (
        people.filter(sortie_le=None)
        .filter(~Exists(open_))
        .annotate(nombre=Count("affectations"), fin=Max("affectations__date_fin"))
        .filter(nombre__gt=0)
        .order_by("fin", "code", "pk")
    )


def derniers_postes(pks: list[int]) -> dict[int, Affectation]:
    """The last assignment of each of these people, with its employer; one query."""
    rows = Affectation.objects.filter(participant__in=pks).select_related("employeur").order_by("date_debut", "pk")
    return {row.participant_id: row for row in rows}


def formees(people: Any, on: date) -> tuple[int, int]:
    """(people whose training ended in the twelve months before `on`, missions offered after it); one query."""
    rows = ActionFormation.objects.filter(
        participant__in=people.order_by().values("pk"), statut=StatutFormation.TERMINEE,
        au__range=(add_months(on, -12), on),
    )  # fmt: skip
    counted = rows.aggregate(formees=Count("participant", distinct=True), missions=Count("mission", distinct=True))
    return counted["formees"], counted["missions"]

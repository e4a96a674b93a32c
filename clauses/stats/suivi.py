"""Who waits for a follow-up point, and whose exit was never noted: the lists of a facilitator, the late ones first."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q

from clauses.models import Affectation, PointSuivi
from clauses.parametres import seuil, termes_suivi
from clauses.rules import PointDu, point_a_faire


@dataclass(frozen=True)
class ASuivre:
    """A person whose point is to do."""

    pk: int
    code: str
    sortie_le: date
    point: PointDu


def points_a_faire(people: Any, on: date) -> list[ASuivre]:
    """Points to do on that day, the late ones first, then as they fell due; two queries, plain columns alone."""
    rows = list(people.filter(sortie_le__lte=on).order_by().values_list("pk", "code", "sortie_le"))
    done: dict[int, set[int]] = defaultdict(set)
    points = PointSuivi.objects.filter(participant__in=people.filter(sortie_le__lte=on).order_by().values("pk"))
    for pk, terme in points.order_by().values_list("participant", "terme"):
        done[pk].add(terme)
    late = int(seuil("suivi_retard_jours", on))
    found = []
    for pk, code, left in rows:
        point = point_a_faire(left, done[pk], on, termes=termes_suivi(left), retard=late)
        if point is not None:
            found.append(ASuivre(pk, code, left, point))
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


def nombre_suivi(people: Any, on: date) -> tuple[int, int, int]:
    """(points to do, late among them, exits to note)."""
    points = points_a_faire(people, on)
    return len(points), sum(row.point.en_retard for row in points), sorties_a_noter(people, on).count()

"""What the law of the day says of a contract and of its lots, for the pages and the actions that write them."""

from dataclasses import dataclass

from marches import juridique
from marches.models import Lot, Marche
from portal.verdict import Niveau, Verdict


@dataclass(frozen=True)
class Point:
    """One answer of the law engine; `lot` None: of the whole contract."""

    lot: Lot | None
    verdict: Verdict


def points_de(marche: Marche, lots: list[Lot] | None = None) -> list[Point]:
    """Every point worth reading, together by lot: the most serious lot first, the whole contract when equal.

    `lots`: all of them, when they are already read. Ten queries at most, whatever their number.
    """
    if lots is None:
        lots = list(marche.lots.defer("racines").order_by("pk"))
    for lot in lots:
        lot.marche = marche
    found = [Point(None, verdict) for verdict in juridique.verdicts_marche(marche, lots)]
    by_lot = juridique.verdicts_lots(lots)
    found += [Point(lot, verdict) for lot in lots for verdict in by_lot[lot.pk]]
    worst: dict[int, int] = {}
    for point in found:
        worst[_of(point)] = max(worst.get(_of(point), 0), point.verdict.level.rank)
    return sorted(found, key=lambda point: (-worst[_of(point)], _of(point), -point.verdict.level.rank))


def _of(point: Point) -> int:
    """The lot a point is about, 0 for the whole contract."""
    return point.lot.pk if point.lot else 0


def points_publics(marche: Marche, lots: list[Lot]) -> list[Point]:
    """What anyone may read of the contract as a whole; the lots say theirs on their own page. Two queries at most."""
    return [Point(None, verdict) for verdict in juridique.publics(juridique.verdicts_marche(marche, lots))]


def de_niveau(points: list[Point], niveau: Niveau) -> list[Point]:
    return [point for point in points if point.verdict.level == niveau]

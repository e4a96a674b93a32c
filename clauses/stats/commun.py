"""What the counts of this floor share: hours as JSON keeps them, numbers by lots that a query can carry."""

from collections.abc import Collection, Iterator
from decimal import Decimal

ZERO = Decimal(0)
SANS_ETIQUETTE = "Non renseigné"
MOST_IDS = 5_000  # numbers in one query: the planner knows what they hold, which it does not of a subquery


def batched_ids(pks: Collection[int | None]) -> Iterator[list[int]]:
    """The numbers, sorted, by lots that one query can carry."""
    known = sorted(pk for pk in pks if pk is not None)
    for start in range(0, len(known), MOST_IDS):
        yield known[start : start + MOST_IDS]


def en_texte(hours: Decimal) -> str:
    """Hours as text with 2 places: what JSON keeps exactly."""
    return f"{round(hours, 2):.2f}"

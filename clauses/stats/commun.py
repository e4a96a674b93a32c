"""What the counts of this floor share: hours as JSON keeps them, numbers by lots that a query can carry."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from portal.templatetags.formats import jour

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


def noms_des_lots(clauses: Iterable[tuple]) -> dict[int, str]:
    """{clause: its lot}, out of (clause, object, first day, last day, number, buyer, contract).

    What tells apart lots of the same name follows it: the buyer, else the contract, else the dates of the clause.
    """
    alike: dict[str, list[tuple]] = defaultdict(list)
    for pk, objet, du, au, numero, acheteur, marche in clauses:
        nom = (f"Lot {numero}\u00a0: {objet}" if numero else objet)[:200]
        alike[nom].append((pk, "", acheteur, marche, f"du {jour(du)} au {jour(au)}"))
    names: dict[int, str] = {}
    for nom, rows in alike.items():
        column = next((n for n in range(1, 5) if len({row[n] for row in rows}) == len(rows)), 4)
        names |= {row[0]: f"{nom}, {row[column]}" if row[column] else nom for row in rows}
    return names

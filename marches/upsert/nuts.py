"""Départements that a NUTS code covers, whatever the version of the nomenclature."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import structures

TABLE = Path(structures.__file__).resolve().parent / "data" / "nuts3.csv"
FRANCE = "FR"


@lru_cache(maxsize=1)
def _table() -> dict[str, set[str]]:
    """Each code and each of its beginnings → départements; versions 2013, 2016 and 2021 of Eurostat's nomenclature."""
    known: dict[str, set[str]] = defaultdict(set)
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for length in range(3, len(row["nuts3"]) + 1):
                known[row["nuts3"][:length]].add(row["code_departement"])
    return dict(known)


def departements(codes: Iterable[str]) -> list[str]:
    """Codes of the départements covered, sorted; « FR » for the whole country. Unknown and foreign codes say nothing.

    FR10 is Île-de-France, eight départements; FR1 of 2013 and FRI of 2016 are regions as well.
    """
    found: set[str] = set()
    for code in codes:
        code = code.strip().upper()
        found |= {FRANCE} if code in {FRANCE, "FRZ", "FRZZZ"} else _table().get(code, set())
    return sorted(found)


def is_known(code: str) -> bool:
    """Whether a French code is in the table; a foreign one is not ours to judge."""
    code = code.strip().upper()
    return not code.startswith(FRANCE) or code in {FRANCE, "FRZ", "FRZZZ"} or code in _table()

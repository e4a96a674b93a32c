"""Official codes in words: the CPV prefixes that our sectors cite, read once from `structures/data/cpv.csv`."""

import csv
from functools import cache
from pathlib import Path

_FILE = Path(__file__).resolve().parent / "data" / "cpv.csv"


@cache
def cpv_labels() -> dict[str, str]:
    """CPV prefix → its official label."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return {row["prefixe"]: row["libelle"] for row in csv.DictReader(file, delimiter=";")}


def cpv_in_words(prefixes: str) -> list[tuple[str, str]]:
    """« 773 90 » → each prefix with its label, "" when it has none."""
    return [(prefix, cpv_labels().get(prefix, "")) for prefix in prefixes.split()]

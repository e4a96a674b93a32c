"""Dated parameters of rules and calculations, read from small CSV files that people may edit.

    PARAMETRES = Parametres(Path(__file__).resolve().parent / "data")
    PARAMETRES.required("seuils", on, "alerte_rouge").valeur

A file has a header and the columns [code], value, valable_du, valable_au, confiance, source, separated by semicolons.
"""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True)
class Parametre:
    """A value with the days on which it holds (`valable_au` None: still), how sure it is and where it comes from."""

    code: str
    valeur: Decimal
    valable_du: date
    valable_au: date | None
    confiance: str
    source: str

    def holds(self, on: date) -> bool:
        return self.valable_du <= on and (self.valable_au is None or on <= self.valable_au)


class Parametres:
    """The tables of one folder, each read once."""

    def __init__(self, folder: Path):
        self.folder = folder

    def load(self, name: str) -> tuple[Parametre, ...]:
        """The rows of `<name>.csv`, in order."""
        return _read(self.folder / f"{name}.csv")

    def find(self, name: str, on: date, code: str = "") -> Parametre | None:
        """The last row of this code that holds on this day."""
        return next((row for row in reversed(self.load(name)) if row.code == code and row.holds(on)), None)

    def required(self, name: str, on: date, code: str = "") -> Parametre:
        """Before the first row, the first row: an old contract is still to be calculated. KeyError without any row."""
        rows = [row for row in self.load(name) if row.code == code]
        if not rows:
            raise KeyError(f"{name}.csv: {code}")
        return self.find(name, on, code) or rows[0]


@lru_cache(maxsize=32)
def _read(path: Path) -> tuple[Parametre, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";")
    coded = len(header) == 6
    return tuple(
        Parametre(
            code=row[0] if coded else "",
            valeur=Decimal(row[-5]),
            valable_du=date.fromisoformat(row[-4]),
            valable_au=date.fromisoformat(row[-3]) if row[-3] else None,
            confiance=row[-2],
            source=row[-1],
        )
        for row in rows
    )

"""Dated parameters of calculations, read from the small CSV files of `clauses/data/`."""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data"


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


@lru_cache(maxsize=8)
def load(name: str) -> tuple[Parametre, ...]:
    """The rows of `data/<name>.csv`, in order. Columns: [code], value, valable_du, valable_au, confiance, source."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
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


def find(name: str, on: date, code: str = "") -> Parametre | None:
    """The last row of this code that holds on this day."""
    return next((row for row in reversed(load(name)) if row.code == code and row.holds(on)), None)


def part_main_oeuvre(secteur: str, on: date) -> Parametre | None:
    """Default labour share of a sector code, else of its family, else None."""
    return find("parts_main_oeuvre", on, secteur) or find("parts_main_oeuvre", on, secteur.partition(".")[0])


def cout_horaire(on: date) -> Parametre:
    """Default cost of one hour, all charges, in euros."""
    return _required("couts_horaires", on)


def taux_insertion(on: date) -> Parametre:
    """Default insertion rate, from 0 to 1."""
    return _required("taux_insertion", on)


def seuil(code: str, on: date) -> Decimal:
    """A threshold or a base of `seuils.csv`; KeyError when the code has no row on that day."""
    return _required("seuils", on, code).valeur


def _required(name: str, on: date, code: str = "") -> Parametre:
    """Before the first row, the first row: a contract of 2008 is still to be calculated."""
    rows = [row for row in load(name) if row.code == code]
    if not rows:
        raise KeyError(f"{name}.csv: {code}")
    return find(name, on, code) or rows[0]

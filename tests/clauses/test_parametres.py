"""The dated parameters: readable, sourced, and without a hole."""

import csv
from datetime import date
from decimal import Decimal

import pytest

from clauses import parametres

ON = date(2026, 6, 1)


DEFINITIONS = {"indicateurs"}  # what is counted, without a value: tests/clauses/test_consolidation.py reads it
TABLES = [path for path in sorted(parametres.DATA.glob("*.csv")) if path.stem not in DEFINITIONS]


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_every_row_is_sourced_and_dated(path):
    rows = parametres.load(path.stem)
    assert rows
    for row in rows:
        assert row.source
        assert row.confiance in {"publiée", "à vérifier"}
        assert row.valable_au is None or row.valable_au >= row.valable_du


def test_shares_and_rates_are_shares():
    assert all(
        0 <= row.valeur <= 1 for name in ("parts_main_oeuvre", "taux_insertion") for row in parametres.load(name)
    )


def test_sector_codes_exist():
    with (parametres.DATA.parents[1] / "structures/data/secteurs.csv").open(encoding="utf-8") as file:
        codes = {row["code"] for row in csv.DictReader(file, delimiter=";")}
    assert {row.code for row in parametres.load("parts_main_oeuvre")} <= codes


@pytest.mark.parametrize(
    ("code", "share"),
    [
        ("second-oeuvre.peinture", "0.70"),
        ("second-oeuvre.sols", "0.50"),
        ("fournitures.bureau", "0"),
        ("etudes", None),
        ("inconnu.rien", None),
    ],
)
def test_a_sector_without_a_row_takes_that_of_its_family(code, share):
    found = parametres.part_main_oeuvre(code, ON)
    assert (found.valeur if found else None) == (Decimal(share) if share else None)


def test_the_first_row_serves_for_older_days():
    assert parametres.cout_horaire(date(2001, 1, 1)).valeur == 30


def test_an_unknown_threshold_is_an_error():
    with pytest.raises(KeyError):
        parametres.seuil("rien", ON)

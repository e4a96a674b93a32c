"""The dated tables of the law: legal bases, catalogue of rules, thresholds."""

import csv
import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from marches import parametres
from marches.enums import (
    GenreAcheteur,
    MotifDispense,
    MotifNonAllotissement,
    NatureContrat,
    Reservation,
    SujetLegal,
)
from marches.parametres import GROUPES, bases, parametre, regle, regles, seuil, seuils
from marches.rules import allotissement, conditions, lots, regime
from marches.rules import reservations as r
from marches.rules.bases import SUJETS, base_legale
from marches.rules.lots import COMPETENCE_INSERTION
from marches.rules.seuils import LIGNES
from portal.verdict import Niveau
from structures import rules as annuaire
from tests.marches.cas_juridiques import (
    AUCUNE,
    BLOCK,
    CONCESSION,
    DEFENSE,
    EN_2016,
    EN_2018,
    EN_2020,
    EN_2026,
    ESS,
    FOURNITURES,
    JOUR,
    LOCAL,
    MARCHE,
    PARTENARIAT,
    PRIVE,
    RESEAUX,
    SERVICES,
    TRAVAUX,
    VEILLE,
    WARN,
    euro,
)  # fmt: skip


# Legal bases ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sujet", "on", "nature", "expected"),
    [
        ("besoin", date(2015, 1, 1), MARCHE, "art. 5"),
        ("besoin", EN_2016, MARCHE, "art. 30"),
        ("besoin", EN_2020, MARCHE, "L. 2111-1"),
        ("condition", date(2016, 3, 31), MARCHE, "art. 14"),
        ("condition", date(2016, 4, 1), MARCHE, "art. 38"),
        ("condition", date(2019, 3, 31), MARCHE, "art. 38"),
        ("condition", date(2019, 4, 1), MARCHE, "L. 2112-2"),
        ("condition", VEILLE, MARCHE, "L. 2112-2"),
        ("condition", JOUR, MARCHE, "L. 2112-2-1"),
        ("condition", JOUR, CONCESSION, "L. 3114-2-1"),
        ("condition", VEILLE, CONCESSION, None),
        ("critere", date(2015, 1, 1), MARCHE, "art. 53"),
        ("critere", EN_2018, MARCHE, "art. 52"),
        ("critere", EN_2020, MARCHE, "R. 2152-7"),
        ("handicap", date(2015, 1, 1), MARCHE, "art. 15"),
        ("handicap", EN_2018, MARCHE, "art. 36, I"),
        ("handicap", EN_2020, MARCHE, "L. 2113-12"),
        ("handicap", EN_2020, DEFENSE, "L. 2313-6"),
        ("insertion", date(2015, 1, 1), MARCHE, None),
        ("insertion", EN_2018, MARCHE, "art. 36, II"),
        ("insertion", EN_2020, PARTENARIAT, "L. 2113-13"),
        ("ess", EN_2018, MARCHE, "art. 37"),
        ("ess", EN_2020, MARCHE, "L. 2113-16"),
        ("penitentiaire", date(2022, 10, 20), MARCHE, None),
        ("penitentiaire", date(2022, 10, 21), MARCHE, "L. 2113-13-1"),
        ("marche_insertion", date(2016, 3, 31), MARCHE, "art. 30"),
        ("marche_insertion", EN_2018, MARCHE, "art. 28"),
        ("marche_insertion", EN_2020, MARCHE, "R. 2123-1, 3°"),
    ],
)
def test_base_legale(sujet, on, nature, expected):
    found = base_legale(sujet, on, nature)
    assert (found is None) is (expected is None)
    assert found is None or found.libelle.endswith(expected)


# Tables --------------------------------------------------------------------------------------------------------------
def test_every_member_of_every_list_has_its_row():
    assert set(SUJETS) == set(r.KINDS) == set(Reservation)
    assert set(COMPETENCE_INSERTION) == set(LIGNES) == set(GenreAcheteur)
    assert {row.sujet for row in bases()} == set(SujetLegal.values)
    assert {row.nature for row in bases()} <= set(NatureContrat.values)
    assert set(r.PAR_TYPE) | {ESS, Reservation.NON_PRECISEE, AUCUNE} == set(Reservation)
    for nature in NatureContrat:
        for type_ in (SERVICES, TRAVAUX, FOURNITURES):
            found = regime(type_, LOCAL, euro(100_000), EN_2026, nature=nature)
            assert (found is None) is (nature == PRIVE)
    for motif in MotifDispense:
        assert conditions.dispense_admise(motif, "Raison", TRAVAUX, 3, MARCHE, JOUR).is_ok
    for motif in MotifNonAllotissement:
        assert allotissement.motif_admis(motif, "Oui", RESEAUX, MARCHE, EN_2026).is_ok


def test_the_dates_of_the_directory_are_those_of_the_catalogue():
    """The ground floor of the law is `structures.rules`: the two must say the same day."""
    day = timedelta(days=1)
    assert regles_of("conjointe_interdite")[-1].valable_au + day == annuaire.RESERVATION_CONJOINTE_DEPUIS
    assert regles_of("penitentiaire_absente")[-1].valable_au + day == annuaire.PENITENTIAIRE_DEPUIS
    assert regles_of("mention_absente")[-1].valable_du == lots.MENTION_REDIGEE == r.PART_PENITENTIAIRE_DEPUIS
    assert regles_of("condition_absente")[0].valable_du == JOUR


def regles_of(code):
    return [row for row in regles() if row.code == code]


def test_the_catalogue_is_well_kept():
    assert {row.groupe for row in regles()} == set(GROUPES)
    for row in regles():
        assert row.niveau != Niveau.OK
        assert row.intitule
        assert row.article
        assert row.confiance in {"publiée", "source secondaire", "à vérifier"}
    by_code: dict[str, list] = {}
    for row in regles():
        by_code.setdefault(row.code, []).append(row)
    for rows in by_code.values():  # rows of one code follow one another without overlap
        for before, after in zip(rows, rows[1:], strict=False):
            assert before.valable_au is not None
            assert before.valable_au < after.valable_du


def test_the_code_is_not_told_of_contracts_older_than_it():
    """The Code holds for consultations launched since 01/04/2019: those before keep the text of their time."""
    for row in regles():
        if row.article.startswith("Code de la commande publique") and row.valable_du:
            assert row.valable_du >= date(2019, 4, 1), row.code
        if re.match(r"(?:Décret 2016-360|Ordonnance 2015-899)", row.article):
            assert (row.valable_du, row.valable_au) == (date(2016, 4, 1), date(2019, 3, 31)), row.code


@pytest.mark.parametrize("code", sorted({row.code for row in seuils()}))
def test_thresholds_follow_one_another_day_by_day(code):
    rows = [row for row in seuils() if row.code == code]
    assert rows[-1].valable_au is None
    for before, after in zip(rows, rows[1:], strict=False):
        assert before.valable_au + timedelta(days=1) == after.valable_du
    for row in rows:
        assert parametre(code, row.valable_du) == row
        assert row.source


def test_every_rule_of_the_catalogue_is_told_by_a_function():
    """No row without code, no code without row: `dire` raises on a code that the catalogue does not know."""
    folder = parametres.DATA.parent
    told = "".join(path.read_text(encoding="utf-8") for path in sorted((folder / "rules").glob("*.py")))
    for row in regles():
        assert f'"{row.code}"' in told, row.code
    with pytest.raises(KeyError):
        regle("inconnue", EN_2026)


def test_every_threshold_is_read_by_a_function():
    folder = parametres.DATA.parent
    told = "".join(path.read_text(encoding="utf-8") for path in sorted((folder / "rules").glob("*.py")))
    for row in seuils():
        assert f'"{row.code}"' in told, row.code


def test_files_have_their_columns():
    for name, columns in (("regles", 9), ("seuils", 6), ("bases_legales", 6)):
        with (parametres.DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            assert {len(row) for row in csv.reader(file, delimiter=";")} == {columns}


def test_a_severity_is_changed_in_the_table_alone(monkeypatch):
    row = regle("ai_materiel", EN_2026)
    assert row.niveau == WARN
    monkeypatch.setattr(parametres, "_by_code", lambda: {"ai_materiel": (replace(row, niveau=BLOCK),)})
    assert r.materiel_ai(EN_2026).level == BLOCK


def test_before_its_first_row_a_threshold_is_its_first_row():
    assert seuil("europeen_local", date(1999, 1, 1)) == Decimal(207_000)

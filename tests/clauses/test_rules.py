"""The rules of clauses, case by case: every figure comes from the reference, or is worked out by hand."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal as Dec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clauses import rules
from clauses.enums import Modalite, TypeContrat
from portal.verdict import Niveau
from structures.enums import Kind

SHARES = st.decimals(0, 1, places=3)


# The seven cases of the reference, C.5 -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("montant", "part", "taux", "cout", "exact", "arrondi"),
    [
        pytest.param(1_000_000, "0.5", "0.05", 30, "833.33", 833, id="1-batiment"),
        pytest.param(1_500_000, "0.7", "0.10", 30, "3500", 3500, id="2-peinture"),
        pytest.param(200_000, "0.7", "0.10", 30, "466.67", 467, id="3-peinture"),
        pytest.param(600_000, "0.5", "0.05", 30, "500", 500, id="3-maconnerie"),
        pytest.param(300_000, "0.2", "0.05", 30, "100", 100, id="3-charpente"),
        pytest.param(250_000, "0", "0.05", 30, "0", 0, id="4-fournitures"),
        pytest.param(30, "0.5", "1", 30, "0.5", 1, id="moitie-vers-le-haut"),
        pytest.param(0, "0.5", "0.05", 30, "0", 0, id="montant-nul"),
    ],
)
def test_heures_prevues(montant, part, taux, cout, exact, arrondi):
    calcul = rules.heures_prevues(montant, part, taux, cout)
    assert (round(calcul.exact, 2), calcul.arrondi) == (Dec(exact), arrondi)


def test_case_2_total_labour_hours():
    assert rules.heures_main_oeuvre(1_500_000, "0.7", 30) == 35_000


def test_case_3_a_contract_is_the_sum_of_its_rounded_lots():
    lots = [(200_000, "0.7", "0.10", 30), (600_000, "0.5", "0.05", 30), (300_000, "0.2", "0.05", 30)]
    total = rules.somme_lots(rules.heures_prevues(*lot) for lot in lots)
    assert (total.arrondi, round(total.exact, 2)) == (1067, Dec("1066.67"))


def test_case_4_no_labour_is_a_warning():
    verdict = rules.proportionnalite(0, 0)
    assert verdict.level == Niveau.AVERTISSEMENT
    assert "sans main-d'œuvre" in verdict.reason


def test_case_5_the_rate_that_gives_the_hours():
    assert round(rules.taux_pour(500, 400_000, "0.6", 32), 4) == Dec("0.0667")


def test_case_6_full_time_equivalent():
    assert rules.etp(833) == Dec("0.52")


@pytest.mark.parametrize(
    ("total", "nombre", "places", "expected"),
    [
        (5_900_953, 14_743, 1, "400.3"),
        (23_345, 14_743, 2, "1.58"),
        (10_070_000, 25_484, 0, "395"),
        (33_000, 137, 0, "241"),
        (10, 0, 1, None),
    ],
)
def test_case_7_averages(total, nombre, places, expected):
    assert rules.moyenne(total, nombre, places) == (None if expected is None else Dec(expected))


@pytest.mark.parametrize(
    "given", [(1, "1.01", "0.05", 30), (1, "-0.1", "0.05", 30), (1, "0.5", "2", 30), (1, "0.5", "0.5", 0)]
    + [(1, "0.5", "0.5", -3), (-1, "0.5", "0.5", 30), (1, "NaN", "0.5", 30), ("Infinity", "0.5", "0.5", 30)]
)  # fmt: skip
def test_values_out_of_bounds_are_refused(given):
    with pytest.raises(ValueError, match=r"."):
        rules.heures_prevues(*given)


def test_no_rate_without_labour():
    with pytest.raises(ValueError, match="main-d'œuvre"):
        rules.taux_pour(500, 400_000, 0, 30)


@pytest.mark.parametrize(
    ("heures", "labour", "level"),
    [(101, 100, "blocage"), (100, 100, "avertissement"), (21, 100, "avertissement"), (20, 100, "ok"), (0, 100, "ok")],
)
def test_proportion(heures, labour, level):
    assert rules.proportionnalite(heures, labour, "0.20").level == level


@given(st.decimals(1, 10**9, places=2), SHARES.filter(bool), SHARES, st.decimals("0.01", 500, places=2))
def test_rate_and_hours_are_each_other_reverse(montant, part, taux, cout):
    exact = rules.heures_prevues(montant, part, taux, cout).exact
    assert abs(rules.taux_pour(exact, montant, part, cout) - taux) < Dec("1e-20")


# Shortfall ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("dues", "acceptees", "taux", "plafond", "expected"),
    [
        (833, 700, 40, None, 5320),
        (833, 833, 40, None, 0),
        (833, 900, 40, None, 0),
        (833, 700, 40, 5000, 5000),
        (833, 700, 40, 6000, 5320),
        (833, "700.5", "40.10", None, "5313.25"),
    ],
)
def test_penalite(dues, acceptees, taux, plafond, expected):
    assert rules.penalite(dues, acceptees, taux, plafond) == Dec(expected)


START, END = date(2026, 1, 1), date(2026, 4, 10)  # 100 days, both bounds included


@pytest.mark.parametrize(
    ("on", "accepted", "expected", "level"),
    [
        (date(2026, 2, 19), "50", "0.5", "ok"),
        (date(2026, 2, 19), "35", "0.5", "ok"),  # exactly 15 points behind
        (date(2026, 2, 19), "34.99", "0.5", "avertissement"),
        (date(2026, 2, 19), "20", "0.5", "avertissement"),  # exactly 30
        (date(2026, 2, 19), "19.99", "0.5", "blocage"),
        (date(2026, 1, 1), "0", "0.01", "ok"),
        (date(2025, 12, 31), "0", "0", "information"),
        (date(2026, 4, 10), "90", "1", "ok"),
        (date(2026, 4, 11), "90", "1", "blocage"),  # over, and not done
        (date(2026, 4, 11), "100", "1", "ok"),
        (date(2030, 1, 1), "120", "1", "ok"),
    ],
)
def test_allure(on, accepted, expected, level):
    pace = rules.allure(START, END, 100, Dec(accepted), on)
    assert (pace.attendu, pace.verdict.level) == (Dec(expected), level)


def test_allure_without_hours_due_is_an_information():
    pace = rules.allure(START, END, 0, 10, date(2026, 2, 19))
    assert (pace.part, pace.verdict.level) == (None, Niveau.INFORMATION)


# People -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("born", "entry", "expected"),
    [(2001, 2026, "<26"), (2000, 2026, "26-49"), (1977, 2026, "26-49"), (1976, 2026, "50+")],
)
def test_tranche_age(born, entry, expected):
    assert rules.tranche_age(born, entry) == expected


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2024, 3, 1), 24, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 28)),
        (date(2023, 1, 31), 1, date(2023, 2, 27)),
        (date(2024, 2, 29), 12, date(2025, 2, 27)),
        (date(2025, 11, 15), 24, date(2027, 11, 14)),
    ],
)
def test_eligibilite_fin(start, months, end):
    assert rules.eligibilite_fin(start, months) == end


@dataclass(frozen=True)
class E:
    valable_du: date
    valable_au: date


SEEN = [E(date(2025, 1, 1), date(2025, 6, 30)), E(date(2026, 1, 1), date(2026, 12, 31))]


@pytest.mark.parametrize(
    ("day", "ok", "words"),
    [
        (date(2025, 6, 30), True, "en cours"),
        (date(2025, 7, 1), False, "a pris fin le 30/06/2025"),
        (date(2026, 1, 1), True, "en cours"),
        (date(2027, 1, 1), False, "a pris fin le 31/12/2026"),
        (date(2024, 12, 31), False, "ne commence que le 01/01/2025"),
    ],
)
def test_eligible_on(day, ok, words):
    verdict = rules.eligible_on(SEEN, day)
    assert verdict.is_ok is ok
    assert words in verdict.reason


def test_nobody_is_eligible_without_a_criterion():
    assert rules.eligible_on([], date(2026, 1, 1)).level == Niveau.AVERTISSEMENT


# Hour lines ---------------------------------------------------------------------------------------------------------
CLEAN = rules.LigneAVerifier(
    mois=date(2026, 3, 1),
    heures=Dec(100),
    total_mois=Dec(100),
    modalite=Modalite.EMBAUCHE,
    contrat=TypeContrat.CDD,
    date_debut=date(2026, 1, 5),
    date_fin=None,
    kinds=(),
    clause_debut=date(2026, 1, 1),
    clause_fin=date(2026, 12, 31),
    eligibilites=(E(date(2026, 1, 1), date(2026, 12, 31)),),
)


def test_a_clean_line_has_nothing_to_say():
    assert rules.verifie_ligne(CLEAN) == []


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        ({"eligibilites": ()}, "avertissement", "Aucune éligibilité"),
        ({"eligibilites": (E(date(2026, 3, 10), date(2026, 12, 31)),)}, "avertissement", "une partie du mois"),
        ({"date_debut": date(2026, 4, 1)}, "blocage", "ne couvre aucun jour"),
        ({"date_fin": date(2026, 2, 28)}, "blocage", "ne couvre aucun jour"),
        ({"clause_fin": date(2026, 2, 28)}, "blocage", "hors de la période"),
        ({"total_mois": Dec("212.58")}, "avertissement", "au-delà de"),
        ({"total_mois": Dec("265.72")}, "blocage", "jamais plus de"),
        ({"modalite": Modalite.MISE_A_DISPOSITION}, "avertissement", "AI"),
        ({"contrat": TypeContrat.USAGER_ESAT, "modalite": Modalite.REALISATION}, "blocage", "Seul un ESAT"),
        ({"contrat": TypeContrat.USAGER_ESAT, "kinds": {Kind.EA}}, "blocage", "Seul un ESAT"),
        ({"kinds": {Kind.ETTI}}, "avertissement", "mise à disposition"),
        ({"modalite": Modalite.REALISATION}, "avertissement", "structure inclusive"),
        ({"modalite": Modalite.SOUS_TRAITANCE}, "information", "annuaire"),
        ({"modalite": Modalite.MISE_A_DISPOSITION, "kinds": {Kind.EA}}, "information", "convention"),
    ],
)
def test_what_a_line_says(change, level, words):
    found = rules.verifie_ligne(replace(CLEAN, **change))
    assert (found[0].level, words in found[0].reason) == (level, True), found


@pytest.mark.parametrize(
    "change",
    [{"total_mois": Dec("212.57")}]
    + [{"modalite": Modalite.MISE_A_DISPOSITION, "kinds": {kind}} for kind in rules.PRETEURS]
    + [{"modalite": Modalite.COTRAITANCE, "kinds": {Kind.EA}}, {"modalite": Modalite.REALISATION, "kinds": {Kind.EI}}]
    + [{"contrat": TypeContrat.USAGER_ESAT, "modalite": Modalite.SOUS_TRAITANCE, "kinds": {Kind.ESAT}}]
    + [{"date_fin": date(2026, 3, 1), "heures": Dec(10)}, {"date_debut": date(2026, 3, 31), "heures": Dec(10)}],
)
def test_what_says_nothing(change):
    assert rules.verifie_ligne(replace(CLEAN, **change)) == []


@pytest.mark.parametrize("modalite", Modalite.values)
@pytest.mark.parametrize("kind", [None, *Kind.values])
def test_every_modality_has_an_answer_for_every_kind(modalite, kind):
    verdict = rules.modalite_possible(modalite, {kind} if kind else set())
    assert not verdict.is_blocking


@pytest.mark.parametrize(("mois", "hours"), [(date(2026, 2, 1), "192"), (date(2026, 3, 1), "212.57")])
def test_mois_max(mois, hours):
    assert rules.mois_max(mois) == Dec(hours)

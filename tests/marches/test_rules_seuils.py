"""Golden cases of thresholds: on both sides of each amount and of each day on which it changes."""

from datetime import date

import pytest

from marches.enums import (
    GenreAcheteur,
    TypeMarche,
)
from marches.rules import Valeur, regime
from marches.rules import seuils as s
from tests.marches.cas_juridiques import (
    BAILLEUR,
    CONCESSION,
    DEFENSE,
    DISPENSE,
    EN_2018,
    EN_2020,
    EN_2021,
    EN_2023,
    EN_2025,
    EN_2026,
    ETAT,
    FORMALISEE,
    FOURNITURES,
    HOPITAL,
    INCONNU,
    LOCAL,
    MAPA,
    PRIVE,
    RESEAUX,
    SERVICES,
    TRAVAUX,
    euro,
)  # fmt: skip

# Thresholds: (type, buyer, amount, day, regime); on both sides of each amount and of each day.
REGIMES = [
    # European, supplies and services
    *((SERVICES, ETAT, limit - 1, day, MAPA) for limit, day in (
        (144_000, EN_2018), (139_000, EN_2020), (140_000, EN_2023), (143_000, EN_2025), (140_000, EN_2026))),
    *((SERVICES, ETAT, limit, day, FORMALISEE) for limit, day in (
        (144_000, EN_2018), (139_000, EN_2020), (140_000, EN_2023), (143_000, EN_2025), (140_000, EN_2026))),
    *((FOURNITURES, LOCAL, limit - 1, day, MAPA) for limit, day in (
        (221_000, EN_2018), (214_000, EN_2020), (215_000, EN_2023), (221_000, EN_2025), (216_000, EN_2026))),
    *((FOURNITURES, LOCAL, limit, day, FORMALISEE) for limit, day in (
        (221_000, EN_2018), (214_000, EN_2020), (215_000, EN_2023), (221_000, EN_2025), (216_000, EN_2026))),
    *((SERVICES, RESEAUX, limit - 1, day, MAPA) for limit, day in (
        (443_000, EN_2018), (428_000, EN_2020), (431_000, EN_2023), (443_000, EN_2025), (432_000, EN_2026))),
    *((SERVICES, RESEAUX, limit, day, FORMALISEE) for limit, day in (
        (443_000, EN_2018), (428_000, EN_2020), (431_000, EN_2023), (443_000, EN_2025), (432_000, EN_2026))),
    *((TRAVAUX, LOCAL, limit - 1, day, MAPA) for limit, day in (
        (5_548_000, EN_2018), (5_350_000, EN_2020), (5_382_000, EN_2023), (5_538_000, EN_2025), (5_404_000, EN_2026))),
    *((TRAVAUX, ETAT, limit, day, FORMALISEE) for limit, day in (
        (5_548_000, EN_2018), (5_350_000, EN_2020), (5_382_000, EN_2023), (5_538_000, EN_2025), (5_404_000, EN_2026))),
    # The day on which a threshold changes: 218 000 € is adapted in 2025, formal in 2026
    (SERVICES, LOCAL, 218_000, date(2025, 6, 1), MAPA),
    (SERVICES, LOCAL, 218_000, date(2026, 2, 1), FORMALISEE),
    (SERVICES, LOCAL, 218_000, date(2025, 12, 31), MAPA),
    (SERVICES, LOCAL, 218_000, date(2026, 1, 1), FORMALISEE),
    (SERVICES, LOCAL, 216_000, date(2023, 12, 31), FORMALISEE),
    (SERVICES, LOCAL, 216_000, date(2024, 1, 1), MAPA),
    (SERVICES, ETAT, 139_500, date(2021, 12, 31), FORMALISEE),
    (SERVICES, ETAT, 139_500, date(2022, 1, 1), MAPA),
    (SERVICES, RESEAUX, 430_000, date(2021, 12, 31), FORMALISEE),
    (SERVICES, RESEAUX, 430_000, date(2022, 1, 1), MAPA),
    (TRAVAUX, LOCAL, 5_450_000, date(2025, 12, 31), MAPA),
    (TRAVAUX, LOCAL, 5_450_000, date(2026, 1, 1), FORMALISEE),
    # Hospitals and landlords follow the local row
    (SERVICES, HOPITAL, 215_999, EN_2026, MAPA),
    (SERVICES, HOPITAL, 216_000, EN_2026, FORMALISEE),
    (SERVICES, BAILLEUR, 216_000, EN_2026, FORMALISEE),
    # Dispense, supplies and services
    (SERVICES, LOCAL, "24999.99", date(2019, 12, 31), DISPENSE),
    (SERVICES, LOCAL, 25_000, date(2019, 12, 31), MAPA),
    (SERVICES, LOCAL, "39999.99", date(2020, 1, 1), DISPENSE),
    (SERVICES, LOCAL, 40_000, date(2020, 1, 1), MAPA),
    (FOURNITURES, LOCAL, 40_000, date(2026, 3, 31), MAPA),
    (FOURNITURES, LOCAL, 40_000, date(2026, 4, 1), DISPENSE),
    (SERVICES, ETAT, "59999.99", date(2026, 4, 1), DISPENSE),
    (SERVICES, ETAT, 60_000, date(2026, 4, 1), MAPA),
    # Dispense, works
    (TRAVAUX, LOCAL, 24_999, date(2019, 12, 31), DISPENSE),
    (TRAVAUX, LOCAL, 25_000, date(2019, 12, 31), MAPA),
    (TRAVAUX, LOCAL, 40_000, date(2020, 7, 23), MAPA),
    (TRAVAUX, LOCAL, 69_999, date(2020, 7, 24), DISPENSE),
    (TRAVAUX, LOCAL, 70_000, date(2020, 12, 8), MAPA),
    (TRAVAUX, LOCAL, 99_999, date(2020, 12, 9), DISPENSE),
    (TRAVAUX, LOCAL, 100_000, date(2025, 12, 31), MAPA),
    (TRAVAUX, LOCAL, 99_999, date(2026, 1, 1), DISPENSE),
    (TRAVAUX, LOCAL, 100_000, date(2026, 4, 1), MAPA),
    # Unknown facts: an answer only where every one of them gives the same
    (TypeMarche.INCONNU, LOCAL, 20_000, EN_2026, DISPENSE),
    (TypeMarche.INCONNU, LOCAL, 70_000, EN_2026, None),
    (TypeMarche.INCONNU, LOCAL, 150_000, EN_2026, MAPA),
    (TypeMarche.INCONNU, LOCAL, 216_000, EN_2026, None),
    (SERVICES, INCONNU, 139_999, EN_2026, MAPA),
    (SERVICES, INCONNU, 216_000, EN_2026, None),
    (SERVICES, INCONNU, 432_000, EN_2026, FORMALISEE),
    (SERVICES, LOCAL, None, EN_2026, None),
    (SERVICES, GenreAcheteur.PRIVE, 900_000, EN_2026, None),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "genre", "amount", "on", "expected"), REGIMES)
def test_regime(type_, genre, amount, on, expected):
    assert regime(type_, genre, None if amount is None else euro(amount), on) == expected


@pytest.mark.parametrize(
    ("given", "amount", "expected"),
    [
        ({"nature": CONCESSION}, 30_000, MAPA),  # never a dispense: simplified
        ({"nature": CONCESSION}, 5_403_999, MAPA),
        ({"nature": CONCESSION}, 5_404_000, FORMALISEE),
        ({"nature": DEFENSE}, 431_999, MAPA),
        ({"nature": DEFENSE}, 432_000, FORMALISEE),
        ({"nature": PRIVE}, 900_000, None),
        ({"services_sociaux": True}, 9_000_000, MAPA),  # R. 2123-1, 3°: whatever the amount
        ({"services_sociaux": True}, 59_999, DISPENSE),
    ],
)
def test_regime_of_other_natures(given, amount, expected):
    assert regime(SERVICES, LOCAL, euro(amount), EN_2026, **given) == expected


def test_a_framework_without_maximum_is_deemed_above_every_threshold():
    assert regime(SERVICES, LOCAL, Valeur(None, sans_maximum=True), EN_2021) == FORMALISEE


@pytest.mark.parametrize(
    ("genre", "expected"), [(LOCAL, 750_000), (ETAT, 750_000), (RESEAUX, 1_000_000), (INCONNU, None)]
)
def test_threshold_of_listed_social_services(genre, expected):
    found = s.seuil_europeen(SERVICES, genre, EN_2026, services_sociaux=True)
    assert (found.valeur if found else None) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"montant": 100_000, "duree_mois": 12, "reconductions": 3}, 400_000),
        ({"montant": 100_000, "duree_mois": 12, "reconductions": 1, "reconduction_mois": 6}, 150_000),
        ({"montant": 100_000, "duree_mois": None, "reconductions": 1}, 200_000),
        ({"montant": 100_000}, 100_000),
        ({"montant": None, "reconductions": 3}, None),
    ],
)
def test_value_of_a_lot_counts_its_renewals(given, expected):
    amount = given.pop("montant")
    assert s.valeur_lot(None if amount is None else euro(amount), **given) == expected


def test_a_negative_amount_has_no_value():
    with pytest.raises(ValueError, match="0 or more"):
        s.valeur_lot(euro(-1))


@pytest.mark.parametrize(
    ("values", "given", "expected"),
    [
        ([60_000, 60_000], {}, Valeur(euro(120_000))),
        ([60_000, None], {}, Valeur(None)),
        ([60_000, None], {"annoncee": euro(90_000)}, Valeur(euro(90_000))),
        ([60_000, 60_000], {"annoncee": euro(90_000)}, Valeur(euro(120_000))),  # a whole is no less than its parts
        ([], {}, Valeur(None)),
        ([60_000], {"accord_cadre": True, "maximum": euro(300_000)}, Valeur(euro(300_000))),
        ([60_000], {"accord_cadre": True}, Valeur(euro(60_000), sans_maximum=True)),
    ],
)
def test_estimated_value(values, given, expected):
    assert s.valeur_estimee([None if value is None else euro(value) for value in values], **given) == expected


@pytest.mark.parametrize(
    ("amount", "type_", "sum_", "total", "on", "expected"),
    [
        ("39999.99", SERVICES, "39999.99", 200_000, date(2026, 3, 31), True),
        (40_000, SERVICES, 40_000, 200_000, date(2026, 3, 31), False),
        ("59999.99", SERVICES, "59999.99", 300_000, date(2026, 4, 1), True),
        (60_000, SERVICES, 60_000, 300_000, date(2026, 4, 1), False),
        (39_999, TRAVAUX, 39_999, 900_000, date(2025, 12, 31), True),
        (40_000, TRAVAUX, 40_000, 900_000, date(2025, 12, 31), False),
        (99_999, TRAVAUX, 99_999, 900_000, date(2026, 1, 1), True),
        (100_000, TRAVAUX, 100_000, 900_000, date(2026, 1, 1), False),
        (10_000, SERVICES, 40_000, 200_000, EN_2026, True),  # 20 % exactly
        (10_000, SERVICES, "40000.01", 200_000, EN_2026, False),
    ],
)
def test_small_lots_without_publicity(amount, type_, sum_, total, on, expected):
    assert s.lot_dispense(euro(amount), type_, euro(sum_), euro(total), on) is expected

"""Renewals as a rule: periods, ends, decisions, days of reminders."""

from datetime import date
from types import SimpleNamespace

import pytest

from marches.enums import DecisionReconduction, EtatReconduction, StatutLot
from marches.notifications.reconductions import palier
from marches.rules import statut_lot
from marches.rules.reconductions import calendrier

T, A, D, N, S = EtatReconduction
OUI, NON = DecisionReconduction.RECONDUIT, DecisionReconduction.NON_RECONDUIT
START = date(2024, 1, 31)


@pytest.mark.parametrize(
    ("tacite", "decisions", "on", "etats", "fin"),
    [
        (True, {}, date(2024, 6, 1), [T, T], date(2027, 1, 30)),
        (True, {}, date(2026, 6, 1), [T, T], date(2027, 1, 30)),
        (True, {1: OUI}, date(2024, 6, 1), [D, T], date(2027, 1, 30)),
        (True, {1: NON}, date(2024, 6, 1), [N], date(2025, 1, 30)),
        (True, {1: OUI, 2: NON}, date(2025, 6, 1), [D, N], date(2026, 1, 30)),
        (False, {}, date(2024, 6, 1), [A, A], date(2027, 1, 30)),
        (False, {}, date(2025, 1, 30), [A, A], date(2027, 1, 30)),
        (False, {}, date(2025, 1, 31), [S], date(2025, 1, 30)),
        (False, {1: OUI}, date(2025, 6, 1), [D, A], date(2027, 1, 30)),
        (False, {1: OUI}, date(2026, 6, 1), [D, S], date(2026, 1, 30)),
    ],
)
def test_what_is_known_of_two_renewals(tacite, decisions, on, etats, fin):
    cal = calendrier(
        debut=START, duree_mois=12, nombre=2, mois=None, tacite=tacite, preavis_jours=90, decisions=decisions, on=on
    )
    assert [tranche.etat for tranche in cal.tranches] == etats
    assert cal.fin == fin


@pytest.mark.parametrize(
    ("debut", "duree", "nombre", "mois", "preavis", "debuts", "avant"),
    [
        (date(2024, 2, 29), 12, 1, None, 0, [date(2025, 2, 28)], [date(2025, 2, 28)]),
        (date(2024, 1, 31), 1, 3, 1, 30, [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)], None),
        (date(2024, 1, 1), 24, 1, 12, 90, [date(2026, 1, 1)], [date(2025, 10, 3)]),
        (date(2024, 1, 1), 12, 0, 12, 90, [], []),
        (None, 12, 2, 12, 90, [], []),
        (date(2024, 1, 1), None, 2, 12, 90, [], []),
        (date(2024, 1, 1), 10**9, 2, 12, 90, [], []),
        (date(9998, 1, 1), 12, 2, 12, 90, [], []),
    ],
)
def test_days_of_renewals(debut, duree, nombre, mois, preavis, debuts, avant):
    """Months from the first day each time: 31 January, then 29 February, then 31 March (Code civil, day to day)."""
    cal = calendrier(
        debut=debut, duree_mois=duree, nombre=nombre, mois=mois, tacite=True, preavis_jours=preavis, decisions={},
        on=date(2024, 1, 1),
    )  # fmt: skip
    assert [tranche.debut for tranche in cal.tranches] == debuts
    if avant is not None:
        assert [tranche.decision_avant for tranche in cal.tranches] == avant


@pytest.mark.parametrize(
    ("on", "etat", "statut"),
    [
        (date(2025, 12, 31), [A], StatutLot.EN_COURS),
        (date(2026, 1, 1), [S], StatutLot.TERMINE),
    ],
)
def test_a_year_ends_on_31_december_and_its_renewal_begins_the_day_after(on, etat, statut):
    """Express renewal, nobody decides: the contract runs the whole 31/12/2025 and not one day of 2026."""
    given = {"debut": date(2025, 1, 1), "duree_mois": 12, "nombre": 1, "mois": 12, "preavis_jours": 30, "decisions": {}}
    lot = SimpleNamespace(
        date_notification=date(2024, 12, 1), date_debut=date(2025, 1, 1), date_fin=date(2025, 12, 31),
        date_publication=None, montant=None, marche=SimpleNamespace(date_limite=None, date_lancement=None),
    )  # fmt: skip
    for known in (None, date(2025, 12, 31)):  # computed or typed: the same days
        cal = calendrier(**given, tacite=False, on=on, fin_connue=known)
        assert [tranche.etat for tranche in cal.tranches] == etat
        assert (cal.tranches[0].debut, cal.tranches[0].fin) == (date(2026, 1, 1), date(2026, 12, 31))
        assert cal.tranches[0].decision_avant == date(2025, 12, 2)
        last = date(2025, 12, 31) if etat == [S] else date(2026, 12, 31)
        assert cal.fin == last
        assert statut_lot(lot, on, cal.fin) == statut
    tacit = calendrier(**given, tacite=True, on=on)
    assert tacit.fin == date(2026, 12, 31)
    assert statut_lot(lot, date(2026, 12, 31), tacit.fin) == StatutLot.EN_COURS
    assert statut_lot(lot, date(2027, 1, 1), tacit.fin) == StatutLot.TERMINE


def test_renewals_follow_the_end_that_was_typed():
    """Begun on 15/03, firm until 31/12, renewed by calendar years."""
    given = {"nombre": 2, "mois": 12, "tacite": True, "preavis_jours": 0, "decisions": {}, "on": date(2025, 6, 1)}
    for months in (10, None, 9):
        cal = calendrier(debut=date(2025, 3, 15), duree_mois=months, fin_connue=date(2025, 12, 31), **given)
        assert [(t.debut, t.fin) for t in cal.tranches] == [
            (date(2026, 1, 1), date(2026, 12, 31)), (date(2027, 1, 1), date(2027, 12, 31)),
        ]  # fmt: skip
    assert calendrier(debut=date(2025, 3, 15), duree_mois=None, fin_connue=None, **given).tranches == ()
    assert calendrier(debut=date(9998, 3, 15), duree_mois=12, fin_connue=date.max, **given).fin == date.max


@pytest.mark.parametrize(
    ("on", "step"),
    [
        (date(2026, 2, 27), None), (date(2026, 2, 28), 6), (date(2026, 5, 30), 6), (date(2026, 5, 31), 3),
        (date(2026, 7, 30), 3), (date(2026, 7, 31), 1), (date(2026, 8, 31), 1), (date(2026, 9, 1), None),
    ],
)  # fmt: skip
def test_which_reminder_is_due(on, step):
    assert palier(date(2026, 8, 31), on) == step

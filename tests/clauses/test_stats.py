"""Counts: every sum agrees with its lines."""

from datetime import date

import pytest

from clauses import actions, stats
from clauses.models import ClauseSociale
from tests import factories as f
from tests.clauses.conftest import ON

pytestmark = pytest.mark.django_db


def test_totals_agree_with_the_annotations(chantier):
    first, _ = chantier.sent(100, 50)
    actions.accept(first, by=chantier.by)
    actions.correct(first, 80, by=chantier.by)
    actions.send(chantier.month, by=chantier.by)
    found = stats.totaux(ClauseSociale.objects.all(), ON)
    assert (found.dues, found.declarees, found.acceptees) == chantier.totals() == (1000, 130, 100)
    assert stats.hours_accepted_total() == 100


def test_nothing_yet_is_zero(db):
    assert stats.hours_accepted_total() == 0
    assert stats.nombre_personnes(ClauseSociale.objects.all()) == 0


def test_an_opening_balance_counts_everywhere_the_same():
    clause = f.make_clause()
    f.make_heures_dues(clause=clause, heures=500)
    f.make_reprise_heures(clause=clause, heures=100, arretee_au=date(2026, 2, 28))
    rows = ClauseSociale.objects.filter(pk=clause.pk)
    for on, hours in ((date(2026, 2, 27), 0), (date(2026, 2, 28), 100)):
        told = stats.totaux(rows, on)
        assert (told.declarees, told.acceptees) == (hours, hours)
        assert rows.with_suivi(on).get().heures_acceptees == hours
    assert stats.hours_accepted_total() == 100

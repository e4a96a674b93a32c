"""Board, pages and reports sum off indexes, by shorter ways than the lines: whatever is done, they say what lines say.

Any sequence of typing, sharing between clauses, sending, accepting, refusing, correcting, taking back.
"""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis.extra.django import TestCase

from clauses import bord, stats
from clauses.enums import Etat
from clauses.models import ClauseSociale, Imputation
from tests.clauses import test_partage as partage
from tests.clauses.conftest import ON

DU, AU = date(2026, 1, 1), date(2026, 12, 31)


class TestAnySequence(TestCase):
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(partage.STEPS)
    def test_every_total_is_the_sum_of_its_lines(self, steps):
        deux = partage.make_deux(clauses=3)
        for name, *values in steps:
            try:
                partage.TestAnySequence._do(self, deux, name, values)
            except (ValidationError, Imputation.DoesNotExist):
                continue
        self._check()

    def _check(self):
        accepted, declared = defaultdict(Decimal), defaultdict(Decimal)
        rows = list(Imputation.objects.all())
        pending = {(row.ligne_id, row.clause_id) for row in rows if row.etat == Etat.TRANSMISE}
        for row in rows:
            if row.etat == Etat.ACCEPTEE:
                accepted[row.clause_id] += row.heures
            if row.etat == Etat.TRANSMISE or (
                row.etat == Etat.ACCEPTEE and (row.ligne_id, row.clause_id) not in pending
            ):
                declared[row.clause_id] += row.heures
        clauses = ClauseSociale.objects.all()
        for clause in clauses.with_suivi(ON):
            assert (clause.heures_declarees, clause.heures_acceptees) == (declared[clause.pk], accepted[clause.pk])
        # As of the day before the month: nothing was worked yet.
        before = clauses.with_suivi(date(2026, 2, 28))
        assert {(each.heures_declarees, each.heures_acceptees) for each in before} == {(0, 0)}
        whole = stats.totaux(clauses, ON)
        assert (whole.declarees, whole.acceptees) == (sum(declared.values()), sum(accepted.values()))
        told = stats.chiffres(stats.Perimetre(clauses, DU, AU))
        assert Decimal(told["heures"]["acceptees"]) == sum(accepted.values())
        assert Decimal(told["heures"]["declarees"]) == sum(declared.values())
        assert {row[0]: Decimal(row[3]) for row in told["clauses"]} == {each.pk: accepted[each.pk] for each in clauses}
        assert sum(Decimal(row[1]) for row in told["tables"]["sexe"]) == sum(accepted.values())
        assert len(bord.classees(clauses, ON)) == len(clauses)

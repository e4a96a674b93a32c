"""A running clause: facilitator, holder, three people, one open month."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from clauses import actions
from portal.permissions import Acteur, Role
from tests import factories as f
from tests.conftest import sign_in

MARS, ON = date(2026, 3, 1), date(2026, 6, 15)


@dataclass
class Chantier:
    facilitateur: Any
    acheteur: Any
    entreprise: Any
    clause: Any
    month: Any
    affectations: list
    by: Acteur

    def save(self, *hours, month=None, version=None):
        """Type these hours for the people, in order; a pair is (work, training)."""
        month = month or self.month
        month.refresh_from_db()
        rows = []
        for affectation, given in zip(self.affectations, hours, strict=False):
            work, training = given if isinstance(given, tuple) else (given, 0)
            rows.append(actions.Saisie(affectation.pk, Decimal(str(work)), Decimal(str(training))))
        actions.save_month(month, rows, version=month.version if version is None else version, by=self.by)
        return self.lines(month)

    def lines(self, month=None):
        month = month or self.month
        return list(month.imputations.filter(remplacee_par=None).order_by("ligne__affectation"))

    def sent(self, *hours):
        self.save(*hours)
        actions.send(self.month, by=self.by)
        return self.lines()

    def totals(self, on=ON):
        clause = type(self.clause).objects.with_suivi(on).get(pk=self.clause.pk)
        return clause.heures_dues_total, clause.heures_declarees, clause.heures_acceptees

    def client(self, role):
        organisation = {
            Role.FACILITATEUR: self.facilitateur.organisation,
            Role.ACHETEUR: self.acheteur.organisation,
            Role.ENTREPRISE: self.entreprise,
        }[role]
        return sign_in(role, organisation=organisation)


def make_chantier(people=3) -> Chantier:
    facilitateur, acheteur, entreprise = f.make_facilitateur(), f.make_acheteur(), f.make_organisation()
    lot = f.make_lot(marche=f.make_marche(acheteur=acheteur))
    f.make_titulaire(lot=lot, organisation=entreprise)
    clause = f.make_clause(lot=lot, facilitateur=facilitateur)
    f.make_heures_dues(clause=clause, heures=1000)
    affectations = []
    for _ in range(people):
        person = f.make_participant(facilitateur=facilitateur)
        f.make_eligibilite(participant=person)
        affectations.append(f.make_affectation(participant=person, employeur=entreprise))
    by = Acteur(f.make_user(), facilitateur.organisation, Role.FACILITATEUR)
    month = actions.open_month(clause, entreprise, MARS, on=ON, by=by)
    return Chantier(facilitateur, acheteur, entreprise, clause, month, affectations, by)


@pytest.fixture
def chantier(db) -> Chantier:
    return make_chantier()

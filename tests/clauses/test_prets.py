"""The counter of an association intermédiaire on the page of a person: private, public and unknown employers."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clauses.enums import Etat, Modalite
from clauses.stats.prets import compteurs
from portal.permissions import Role
from structures.enums import Kind
from tests import factories as f
from tests.clauses.helpers import text

ON = date(2026, 6, 15)
D = Decimal


@pytest.fixture(autouse=True)
def _in_june():
    with time_machine.travel("2026-06-15 12:00+00:00", tick=False):
        yield


@pytest.fixture
def person(chantier):
    return chantier.affectations[0].participant


@pytest.fixture
def ai(chantier):
    organisation = f.make_organisation(denomination="Bessin Services")
    f.make_structure(organisation=organisation, kind=Kind.AI)
    return organisation


def lent(chantier, person, ai, hours, *, prive, month=date(2026, 3, 1), etat=Etat.ACCEPTEE, modalite=None):
    row = f.make_affectation(
        participant=person, employeur=ai, modalite=modalite or Modalite.MISE_A_DISPOSITION, utilisateur_prive=prive
    )
    line = f.make_ligne_heures(affectation=row, du=month, au=month.replace(day=28), heures_travail=D(hours))
    f.make_imputation(clause=chantier.clause, ligne=line, etat=etat)
    return row


def test_hours_count_by_employer_and_only_those_of_an_association(chantier, person, ai):
    other = f.make_organisation()
    f.make_structure(organisation=other, kind=Kind.ETTI)
    rows = [
        lent(chantier, person, ai, 150, prive=True, month=date(2026, 2, 1)),
        lent(chantier, person, ai, 100, prive=True),
        lent(chantier, person, ai, 80, prive=False),
        lent(chantier, person, ai, 40, prive=None),
        lent(chantier, person, ai, 70, prive=True, etat=Etat.BROUILLON),
        lent(chantier, person, other, 130, prive=True),
        lent(chantier, person, ai, 60, prive=True, modalite=Modalite.EMBAUCHE),
    ]
    (found,) = compteurs(rows, ON)
    assert (found.association, found.prives, found.publics, found.inconnues) == (ai, 250, 80, 40)
    assert (found.plafond, found.mois, found.verdict.level) == (480, 24, "information")
    # A correction sent takes the place of what was accepted; a period is over after 24 months.
    old = f.make_imputation(clause=chantier.clause, ligne=rows[0].lignes.get(), etat=Etat.TRANSMISE, heures=D(300))
    (found,) = compteurs(rows, ON)
    assert (found.prives, found.verdict.level) == (400, "avertissement")
    old.delete()
    later = lent(chantier, person, ai, 9, prive=True, month=date(2028, 3, 1))
    assert compteurs([*rows, later], date(2028, 4, 1))[0].prives == 9


def test_the_page_tells_the_counter_and_its_warning(chantier, person, ai):
    page = chantier.client(Role.FACILITATEUR)
    assert "association intermédiaire" not in text(page.get(person.get_absolute_url()))
    lent(chantier, person, ai, 120, prive=True)
    lent(chantier, person, ai, 30, prive=False)
    shown = text(page.get(person.get_absolute_url()))
    assert "Prêtée par Bessin Services, association intermédiaire : <strong>120 h sur 480 h</strong>" in shown
    assert "30 h chez des employeurs publics ou des particuliers, hors plafond" in shown
    lent(chantier, person, ai, 370, prive=True)
    assert "une association intermédiaire ne peut en prêter plus de 480 h" in text(page.get(person.get_absolute_url()))


def test_it_costs_the_same_for_one_line_or_twenty(chantier, person, ai):
    rows = [lent(chantier, person, ai, 10, prive=True)]
    with CaptureQueriesContext(connection) as one:
        compteurs(rows, ON)
    rows += [lent(chantier, person, ai, 5, prive=n % 2 == 0) for n in range(20)]
    with CaptureQueriesContext(connection) as many:
        compteurs(rows, ON)
    assert len(one) == len(many) == 2
    with CaptureQueriesContext(connection) as none:
        assert compteurs(list(chantier.affectations), ON) == []
    assert len(none) == 0

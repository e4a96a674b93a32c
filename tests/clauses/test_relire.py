"""What who declares is told of its hours before sending them: beside the line, stopping nothing, telling of nobody."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clauses import rules
from clauses.enums import Etat, Modalite, TypeContrat
from clauses.models import Affectation, Imputation
from clauses.rules import LigneAVerifier, Prets
from portal.permissions import Role
from structures.enums import Kind
from tests import factories as f
from tests.clauses.conftest import MARS
from tests.clauses.helpers import text

CLEAN = LigneAVerifier(
    mois=MARS, heures=Decimal(150), total_mois=Decimal(150), modalite=Modalite.EMBAUCHE, contrat=TypeContrat.CDD,
    date_debut=date(2026, 1, 1), date_fin=None, kinds=(), clause_debut=date(2026, 1, 1), clause_fin=date(2027, 12, 31),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _in_june():
    with time_machine.travel("2026-06-15 12:00+00:00", tick=False):
        yield


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"heures": Decimal(212), "total_mois": Decimal("212.57")}, []),
        ({"total_mois": Decimal("212.58")}, ["212,58"]),
        ({"total_mois": Decimal(300)}, ["jamais plus de"]),
        ({"date_debut": date(2026, 3, 30), "heures": Decimal(21)}, ["pour 2 jours"]),
        ({"date_fin": date(2026, 2, 28)}, ["ne couvre aucun jour"]),
        ({"clause_fin": date(2026, 2, 28)}, ["hors de la période"]),
        ({"prets": Prets(Decimal(401), Decimal(0))}, ["401"]),
        ({"prets": Prets(Decimal(481), Decimal(0))}, ["481"]),
        ({"prets": Prets(Decimal(399), Decimal(0))}, []),
    ],
)
def test_what_the_declarer_may_put_right(change, said):
    found = rules.a_relire(replace(CLEAN, **change))
    assert len(found) == len(said)
    assert all(v.level == "avertissement" and not v.remede for v in found)
    assert all(word in v.reason for word, v in zip(said, found, strict=True))


def test_nothing_is_told_of_the_person():
    """No eligibility, an employer of no known kind, hours that others declare: the facilitator's to see."""
    line = replace(CLEAN, eligibilites=(), modalite=Modalite.MISE_A_DISPOSITION)
    assert rules.verifie_ligne(line)
    assert rules.a_relire(line) == []


def typed(chantier, *hours, action="enregistrer", **more):
    chantier.month.refresh_from_db()
    data = {"version": chantier.month.version, "action": action, "affectation": []}
    for affectation, work in zip(chantier.affectations, hours, strict=False):
        data["affectation"].append(f"{affectation.pk}:{affectation.participant.code}")
        data[f"l{affectation.pk}-travail"] = work
    return data | more


def test_hours_over_the_legal_month_are_told_then_sent_when_they_are_right(chantier):
    company, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()
    first, second, _ = chantier.affectations
    page = text(company.post(url, typed(chantier, "250", "100"), follow=True))
    assert "Le brouillon est enregistré : 1 ligne signalée, à relire avant de transmettre." in page
    assert "250 h dans le mois pour cette personne, au-delà de 212,57 h." in page
    assert f'id="avis-{first.pk}"' in page
    assert f'aria-describedby="avis-{first.pk}"' in page
    assert f'id="avis-{second.pk}"' not in page
    assert f'name="avis" value="{first.pk}:250 "' in page
    # What the page told is sent at once; other hours over the month are told in their turn.
    other = text(
        company.post(url, typed(chantier, "251", "100", action="transmettre", avis=f"{first.pk}:250"), follow=True)
    )
    assert "Le brouillon est enregistré, pas encore transmis : 1 ligne signalée" in other
    assert not Imputation.objects.filter(etat=Etat.TRANSMISE).exists()
    sent = text(
        company.post(url, typed(chantier, "251,00", "100", action="transmettre", avis=f"{first.pk}:251"), follow=True)
    )
    assert "Le mois est transmis : 2 lignes." in sent


def test_what_was_told_is_not_told_again_after_another_fault(chantier):
    company, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()
    first, second, _ = chantier.affectations
    told = {"avis": f"{first.pk}:250"}
    wrong = company.post(url, typed(chantier, "250", "abc", action="transmettre", **told))
    assert f'name="avis" value="{first.pk}:250"' in text(wrong)
    assert 'value="abc"' in text(wrong)
    sent = company.post(url, typed(chantier, "250", "20", action="transmettre", **told), follow=True)
    assert "Le mois est transmis : 2 lignes." in text(sent)
    assert company.post(url, typed(chantier, "abc", avis='"><b>' + "9" * 9_000)).status_code == 200


def test_hours_within_the_month_are_sent_at_once(chantier):
    company, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()
    assert "transmis : 1 ligne" in text(company.post(url, typed(chantier, "212", action="transmettre"), follow=True))


def test_the_month_adds_what_the_company_declares_elsewhere_and_nothing_of_others(chantier):
    """150 h here and 80 h on another clause: told to who declares both, never to who declares one of them."""
    company, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()
    first = chantier.affectations[0]
    stranger = f.make_organisation()
    elsewhere = f.make_affectation(participant=first.participant, employeur=stranger)
    line = f.make_ligne_heures(affectation=elsewhere, du=MARS, au=date(2026, 3, 31), heures_travail=Decimal(80))
    clause = f.make_clause(facilitateur=chantier.facilitateur)
    declaration = f.make_declaration(clause=clause, mois=MARS, organisation=stranger)
    imputation = f.make_imputation(
        clause=clause, ligne=line, declaration=declaration, etat=Etat.TRANSMISE, heures=Decimal(80)
    )
    chantier.save(150)
    assert "dans le mois pour cette personne" not in text(company.get(url))
    declaration.organisation = chantier.entreprise
    declaration.save()
    assert imputation.heures == 80
    assert "230 h dans le mois pour cette personne" in text(company.get(url))


def test_an_association_is_told_of_its_480_hours_and_a_company_is_not(chantier):
    """The counter of an AI is its own to read: a company that declares people lent to it sees nothing of it."""
    first = chantier.affectations[0]
    person, lender = first.participant, f.make_organisation()
    f.make_structure(organisation=lender, kind=Kind.AI)
    Affectation.objects.filter(pk=first.pk).update(
        modalite=Modalite.MISE_A_DISPOSITION, utilisateur_prive=True, employeur=lender
    )
    before = f.make_ligne_heures(
        affectation=first, du=date(2026, 2, 1), au=date(2026, 2, 28), heures_travail=Decimal(390)
    )
    f.make_imputation(clause=chantier.clause, ligne=before, etat=Etat.ACCEPTEE, heures=Decimal(390))
    chantier.save(20)
    company = text(chantier.client(Role.ENTREPRISE).get(chantier.month.get_absolute_url()))
    assert person.code in company
    assert "prêtées" not in company
    type(chantier.month).objects.filter(pk=chantier.month.pk).update(organisation=lender)
    f.make_titulaire(lot=chantier.clause.lot, organisation=lender)
    chantier.entreprise = lender
    own = text(chantier.client(Role.ENTREPRISE).get(chantier.month.get_absolute_url()))
    assert "410 h prêtées en 24 mois" in own


def test_fifty_lines_to_read_again_cost_as_many_queries_as_one_and_stay_light(chantier):
    people = [f.make_participant(facilitateur=chantier.facilitateur) for _ in range(50)]
    many = [f.make_affectation(participant=person, employeur=chantier.entreprise) for person in people]
    company, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()

    def cost(number):
        chantier.affectations = many[:number]
        chantier.save(*["250"] * number)
        with CaptureQueriesContext(connection) as seen:
            page = company.get(url)
        return len(seen), page

    cost(1)
    one, _ = cost(1)
    fifty, page = cost(50)
    assert fifty == one
    assert text(page).count("au-delà de 212,57 h") == 50
    assert len(page.content) < 60_000


def test_the_facilitator_keeps_its_own_checks(chantier):
    chantier.save(250)
    page = text(chantier.client(Role.FACILITATEUR).get(chantier.month.get_absolute_url()))
    assert "À relire avant de transmettre" not in page
    assert "Demandez le bulletin de paie ou la correction de la ligne." in page

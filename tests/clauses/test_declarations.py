"""Pages of a month: what is typed is never lost, decisions follow their order, costs stay flat."""

import re
from datetime import date
from decimal import Decimal
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clauses import actions
from clauses.enums import Etat
from clauses.models import Declaration, HeuresDues, Imputation, Participant
from portal.permissions import Role
from tests import factories as f
from tests.clauses.conftest import make_chantier
from tests.clauses.helpers import text

pytestmark = pytest.mark.django_db
HUGE = 10**30


@pytest.fixture(autouse=True)
def _in_june():
    with time_machine.travel("2026-06-15 12:00+00:00", tick=False):
        yield


# Months --------------------------------------------------------------------------------------------------------------
def grid(chantier, *hours, version=None, action="enregistrer", **more):
    chantier.month.refresh_from_db()
    data = {"version": chantier.month.version if version is None else version, "action": action, "affectation": []}
    for affectation, (work, training) in zip(chantier.affectations, hours, strict=False):
        data["affectation"].append(f"{affectation.pk}:{affectation.participant.code}")
        data |= {f"l{affectation.pk}-travail": work, f"l{affectation.pk}-formation": training}
    return data | more


def test_a_company_declares_the_facilitator_decides_the_company_corrects(chantier):
    company, facilitator = chantier.client(Role.ENTREPRISE), chantier.client(Role.FACILITATEUR)
    opened = company.post(reverse("clauses:open_month", args=[chantier.clause.pk]), {
        "organisation": chantier.entreprise.pk, "mois": "2026-03"})  # fmt: skip
    url = chantier.month.get_absolute_url()
    assert opened.url == url
    company.post(url, grid(chantier, ("100,5", "7"), ("20", "")))
    assert [i.heures for i in chantier.lines()] == [Decimal("107.50"), 20]
    company.post(url, grid(chantier, ("100,5", "7"), ("20", ""), ("10", ""), action="transmettre"))
    assert {i.etat for i in chantier.lines()} == {Etat.TRANSMISE}
    first, second, third = chantier.lines()
    facilitator.post(reverse("clauses:refuse", args=[second.pk]), {f"refus-{second.pk}-motif": "Deux jours de trop"})
    facilitator.post(reverse("clauses:accept", args=[third.pk]))
    facilitator.post(reverse("clauses:accept_all_clean", args=[chantier.month.pk]))
    assert [i.etat for i in chantier.lines()] == ["acceptee", "refusee", "acceptee"]
    assert "Deux jours de trop" in text(company.get(url))
    assert "À corriger" in text(company.get(reverse("clauses:list")))
    company.post(reverse("clauses:correct", args=[second.pk]), {f"correction-{second.pk}-travail": "14"})
    company.post(url, grid(chantier, action="transmettre"))
    facilitator.post(reverse("clauses:accept_all_clean", args=[chantier.month.pk]))
    assert chantier.totals() == (1000, Decimal("131.50"), Decimal("131.50"))


def test_nothing_typed_is_lost_when_two_people_save(chantier):
    client, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()
    seen = chantier.month.version
    chantier.save(100)
    response = client.post(url, grid(chantier, ("55", ""), ("44", ""), version=seen))
    page = text(response)
    assert "rien n&#x27;a été écrasé" in page
    assert 'value="55"' in page
    assert 'value="44"' in page
    assert "enregistré : 100 h" in page
    assert [i.heures for i in chantier.lines()] == [100]
    client.post(url, grid(chantier, ("55", ""), ("44", ""), version=response.context["version"]))
    assert [i.heures for i in chantier.lines()] == [55, 44]


def test_a_mistake_does_not_hide_what_the_other_has_saved(chantier):
    client, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()
    seen = chantier.month.version
    chantier.save(100)
    wrong = client.post(url, grid(chantier, ("abc", ""), version=seen))
    assert wrong.context["version"] == str(seen)
    again = client.post(url, grid(chantier, ("55", ""), version=wrong.context["version"]))
    assert "rien n&#x27;a été écrasé" in text(again)


@pytest.mark.parametrize(
    ("work", "training"),
    [
        ("abc", ""),
        (HUGE, ""),
        ("-1", ""),
        ("999", ""),
        ("700", "45"),
        ("1\x00", ""),
        ("1e2", ""),
        ("", "NaN"),
        ("1,234", ""),
    ],
)
def test_bad_hours_are_refused_and_kept_on_the_page(chantier, work, training):
    response = chantier.client(Role.ENTREPRISE).post(
        chantier.month.get_absolute_url(), grid(chantier, (work, training))
    )
    assert response.status_code == 200
    assert "rien n&#x27;a encore été enregistré" in text(response)
    assert not Imputation.objects.exists()


@pytest.mark.parametrize("version", ["", "abc", HUGE, "-1", "\x00"])
def test_a_wrong_version_writes_nothing(chantier, version):
    response = chantier.client(Role.ENTREPRISE).post(
        chantier.month.get_absolute_url(), grid(chantier, ("10", ""), version=version)
    )
    assert response.status_code == 200
    assert not Imputation.objects.exists()


@pytest.mark.parametrize("key", ["1:WRONG", "x", f"{HUGE}:A", "\x00", "1"])
def test_nobody_is_reached_without_their_code(chantier, key):
    person = f.make_affectation(participant=f.make_participant(facilitateur=chantier.facilitateur))
    data = grid(chantier, affectation=[key.replace("1:", f"{person.pk}:")]) | {f"l{person.pk}-travail": "5"}
    response = chantier.client(Role.ENTREPRISE).post(chantier.month.get_absolute_url(), data)
    assert response.status_code == 302
    assert person.participant.code not in text(chantier.client(Role.ENTREPRISE).get(response.url))
    assert not Imputation.objects.exists()


def test_a_person_lent_by_another_is_added_by_code_and_nothing_typed_is_lost(chantier):
    lent = f.make_affectation(participant=f.make_participant(facilitateur=chantier.facilitateur))
    client, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()
    added = client.post(url, grid(chantier, ("33", ""), action="ajouter", code=lent.participant.code.lower()))
    assert lent.participant.code in text(added)
    assert 'value="33"' in text(added)
    unknown = client.post(url, grid(chantier, ("33", ""), action="ajouter", code="RIEN-\x002222"))
    assert "Aucune affectation à ajouter" in text(unknown)
    assert 'value="33"' in text(unknown)


def test_the_total_of_a_row_is_what_its_cells_show(chantier):
    """Two pages opened empty: the second still shows empty cells, so no total, beside what the first has saved."""
    client, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()
    before = chantier.month.version
    client.post(url, grid(chantier, ("70", "7"), ("40,5", "")))
    said = text(client.post(url, grid(chantier, ("80", ""), ("", ""), version=before)))
    assert re.findall(r"<output data-total>(.*?)</output>", said)[:2] == ["80 h", "–"]
    assert re.search(r"enregistré(&nbsp;|\s): 40,5", said)


def test_a_code_left_in_its_box_stops_no_copy_and_is_said_before_sending(chantier):
    chantier.save(100)
    client, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()
    sent = client.post(url, grid(chantier, ("33", ""), action="transmettre", code="RIEN-2222"))
    assert "rien n'a encore été enregistré" in unescape(text(sent))
    assert "Ajoutez cette personne, ou effacez son code" in text(sent)
    assert chantier.lines()[0].etat == "brouillon"
    assert "Aucun mois précédent" in text(client.post(url, grid(chantier, action="copier", code="RIEN-2222")))


def test_nobody_finds_a_person_by_trying_codes(chantier):
    client, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()
    lent = f.make_affectation(participant=f.make_participant(facilitateur=chantier.facilitateur))
    for n in range(41):
        last = client.post(url, grid(chantier, action="ajouter", code=f"RIEN-{n:04}"))
    assert "Trop de codes inconnus" in text(last)
    known = client.post(url, grid(chantier, action="ajouter", code=lent.participant.code))
    assert f"{lent.participant.code} est dans la grille" in text(known)


def test_the_month_before_is_copied_on_the_page_and_not_saved(chantier):
    chantier.save(100, (50, 5))
    april = actions.open_month(
        chantier.clause, chantier.entreprise, date(2026, 4, 1), on=date(2026, 6, 1), by=chantier.by
    )
    page = text(chantier.client(Role.ENTREPRISE).post(april.get_absolute_url(), {"action": "copier"}))
    assert 'value="100"' in page
    assert 'value="50"' in page
    assert not april.imputations.exists()


@pytest.mark.parametrize("mois", ["2026-07", "2025-01", "abc", "", "9999-12", "\x00"])
def test_a_month_that_cannot_be_is_refused(chantier, mois):
    url = reverse("clauses:open_month", args=[chantier.clause.pk])
    response = chantier.client(Role.FACILITATEUR).post(url, {"organisation": chantier.entreprise.pk, "mois": mois})
    assert "mois" in response.context["mois_form"].errors


def test_decisions_out_of_order_say_why(chantier):
    (imputation,) = chantier.save(100)
    client = chantier.client(Role.FACILITATEUR)
    page = client.post(reverse("clauses:accept", args=[imputation.pk]), follow=True)
    assert "seule une ligne transmise" in text(page)
    actions.send(chantier.month, by=chantier.by)
    page = client.post(reverse("clauses:refuse", args=[imputation.pk]), {f"refus-{imputation.pk}-motif": " "})
    assert "Indiquez le motif" in text(page)
    assert chantier.lines()[0].etat == Etat.TRANSMISE


# Costs ---------------------------------------------------------------------------------------------------------------
def queries(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize("role", [Role.FACILITATEUR, Role.ACHETEUR, Role.ENTREPRISE])
def test_the_board_costs_the_same_for_one_clause_or_ten(chantier, role):
    chantier.sent(10)
    client, url = chantier.client(role), reverse("clauses:list")
    before = queries(client, url)
    for _ in range(9):
        lot = f.make_lot(marche=f.make_marche(acheteur=chantier.acheteur))
        f.make_titulaire(lot=lot, organisation=chantier.entreprise)
        clause = f.make_clause(lot=lot, facilitateur=chantier.facilitateur)
        f.make_imputation(declaration=f.make_declaration(clause=clause), etat=Etat.TRANSMISE)
    assert queries(client, url) == before


def test_the_month_and_the_people_cost_the_same_for_one_line_or_ten(chantier):
    chantier.sent(10)
    client = chantier.client(Role.FACILITATEUR)
    urls = [chantier.month.get_absolute_url(), reverse("clauses:participants"), chantier.clause.get_absolute_url()]
    before = [queries(client, url) for url in urls]
    more = make_chantier(people=0)
    for _ in range(9):
        person = f.make_participant(facilitateur=chantier.facilitateur)
        chantier.affectations.append(f.make_affectation(participant=person, employeur=chantier.entreprise))
    chantier.affectations = chantier.affectations[1:]
    chantier.sent(*[10] * 8)
    assert more.clause.pk
    assert [queries(client, url) for url in urls] == before


def test_a_grid_of_fifty_people_is_saved_at_the_cost_of_one(chantier):
    codes = [f.make_participant(facilitateur=chantier.facilitateur) for _ in range(50)]
    people = [f.make_affectation(participant=code, employeur=chantier.entreprise) for code in codes]
    client, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()

    def cost(number, hours, action="enregistrer"):
        chantier.affectations = people[:number]
        data = grid(chantier, *[(hours, "1")] * number, action=action)
        with CaptureQueriesContext(connection) as seen:
            assert client.post(url, data).status_code == 302
        return len(seen)

    cost(1, "1")
    one = cost(1, "2")
    cost(50, "3")
    # SQLite changes rows by blocks; PostgreSQL in one query.
    assert cost(50, "4") - one <= (0 if connection.vendor == "postgresql" else 4)
    assert {i.heures for i in chantier.month.imputations.all()} == {5}
    assert cost(50, "4", action="transmettre") <= one + 6


def test_a_clause_of_four_years_and_eleven_members_keeps_every_month_within_reach(chantier):
    members = [f.make_organisation() for _ in range(11)]
    client, url = chantier.client(Role.FACILITATEUR), chantier.clause.get_absolute_url()
    before = queries(client, url)
    Declaration.objects.all().delete()
    rows = [
        Declaration(clause=chantier.clause, organisation=member, mois=date(2022 + month // 12, month % 12 + 1, 1))
        for month in range(48)
        for member in members
    ]
    Declaration.objects.bulk_create(rows)
    seen = set()
    for year in (2022, 2023, 2024, 2025):
        page = client.get(url, {"annee": year}).content.decode()
        assert len(page) < 80_000
        seen |= set(re.findall(r"/clauses/declarations/(\d+)/", page))
    assert len(seen) == 528
    assert "11 organisations" in text(client.get(url))
    assert queries(client, url) == before


def test_an_unknown_year_shows_the_latest(chantier):
    actions.open_month(chantier.clause, chantier.entreprise, date(2026, 5, 1), on=date(2026, 6, 1), by=chantier.by)
    assert "Mai 2026" in text(chantier.client(Role.ENTREPRISE).get(chantier.clause.get_absolute_url(), {"annee": "1"}))


def test_the_board_stays_short_with_many_months_to_check(chantier):
    for month in range(1, 7):
        declaration = f.make_declaration(clause=chantier.clause, mois=date(2025, month, 1))
        f.make_imputation(clause=chantier.clause, declaration=declaration, etat=Etat.TRANSMISE)
    page = chantier.client(Role.FACILITATEUR).get(reverse("clauses:list"))
    assert "Déclarations à vérifier (6)" in text(page)
    assert "2 autres mois" in text(page)
    assert len(page.context["to_do"]) == 4


def test_three_hundred_people_are_paged_at_the_same_cost(chantier):
    client, url = chantier.client(Role.FACILITATEUR), reverse("clauses:participants")
    before = queries(client, url)
    Participant.objects.bulk_create(
        Participant(
            facilitateur=chantier.facilitateur, code=f"X-{n:04}", annee_naissance=1990, entree_le=date(2026, 1, 1)
        )
        for n in range(300)
    )
    page = client.get(url)
    assert "303 participants" in text(page)
    assert len(page.content) < 60_000
    assert queries(client, url) == before


def test_a_person_who_is_eligible_gets_no_remedy(chantier):
    person = chantier.affectations[0].participant
    client = chantier.client(Role.FACILITATEUR)
    assert "refusez la ligne" not in text(client.get(person.get_absolute_url()))
    person.eligibilites.all().delete()
    page = text(client.get(person.get_absolute_url()))
    assert "notez l’éligibilité" in page
    assert "refusez la ligne" not in page


def test_a_bar_is_late_only_when_its_verdict_is(chantier):
    page = chantier.client(Role.FACILITATEUR).get(reverse("clauses:list"))
    (suivi,) = page.context["page"]
    assert suivi["allure"].en_retard is ("chart-late" in page.content.decode())
    HeuresDues.objects.update(heures=1)
    chantier.sent("0.95")
    actions.accept_all_clean(chantier.month, by=chantier.by)
    with time_machine.travel("2026-12-31 12:00+00:00"):
        page = chantier.client(Role.FACILITATEUR).get(reverse("clauses:list"))
    (suivi,) = page.context["page"]
    assert not suivi["allure"].en_retard
    assert "chart-late" not in page.content.decode()

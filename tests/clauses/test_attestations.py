"""Attestations of hours: numbered, frozen, cut to what each buyer may read, checked by anybody who holds the code."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clauses import actions, lettres
from clauses.actions.attestations import annuler, delivrer
from clauses.enums import Etat
from clauses.models import Attestation
from portal.models import Envoi
from portal.permissions import Role
from tests import factories as f
from tests.clauses.helpers import text
from tests.conftest import sign_in

ON, DU, AU = date(2026, 6, 15), date(2026, 1, 1), date(2026, 12, 31)


@pytest.fixture(autouse=True)
def _in_june(time_machine):
    time_machine.move_to("2026-06-15 12:00+00:00", tick=False)


@pytest.fixture
def hours(chantier):
    """100.25 h accepted (5 of training), 10 h waiting, and 40 h of the same firm for another buyer."""
    first, second, _ = chantier.sent(("95.25", 5), 10, 20)
    actions.accept(first, by=chantier.by)
    actions.accept(chantier.lines()[2], by=chantier.by)
    other = f.make_clause(facilitateur=chantier.facilitateur)
    month = f.make_declaration(clause=other, organisation=chantier.entreprise)
    f.make_imputation(
        clause=other, declaration=month, heures=Decimal(40), etat=Etat.ACCEPTEE,
        ligne=f.make_ligne_heures(heures_travail=40),
    )  # fmt: skip
    return chantier


def give(hours, **given):
    usual = {"du": DU, "au": AU, "on": ON, "by": hours.by}
    usual |= given
    return delivrer(hours.facilitateur, hours.entreprise, usual.pop("du"), usual.pop("au"), **usual)


def test_it_says_what_is_accepted_and_numbers_follow_one_another(hours):
    row = give(hours)
    prefix = hours.facilitateur.prefixe
    assert row.numero == f"{prefix}-2026-0001"
    assert row.chiffres["heures"] == "160.25"
    assert row.chiffres["formation"] == "5.00"
    assert row.chiffres["personnes"] == 3
    assert row.chiffres["en_attente"] == 1
    assert sum(Decimal(line[5]) for line in row.chiffres["lignes"]) == Decimal("160.25")
    assert row.acheteurs.count() == 2
    assert give(hours).numero == f"{prefix}-2026-0002"
    assert give(hours, on=date(2027, 1, 2)).numero == f"{prefix}-2027-0001"
    assert len({a.code for a in Attestation.objects.all()}) == 3
    with pytest.raises(ValidationError, match="rien à attester"):
        give(hours, du=date(2026, 5, 1), au=date(2026, 5, 31))


@pytest.mark.parametrize(("people", "told"), [(3, False), (4, False), (5, True)])
def test_the_paper_tells_no_number_of_one_to_four_people(hours, monkeypatch, people, told):
    row = give(hours)
    said = {}
    monkeypatch.setattr(lettres, "render_pdf", lambda _name, data: said.update(data) or b"")
    lettres.attestation(row, row.chiffres | {"personnes": people}, part=False, adresse="")
    assert ("personnes" in dict(map(reversed, said["chiffres"]))) is told


def test_figures_stay_when_hours_change(hours, time_machine):
    row = give(hours)
    line = next(line for line in hours.lines() if line.etat == Etat.ACCEPTEE)
    actions.cancel(line, "Heures d'un autre chantier", by=hours.by)
    row.refresh_from_db()
    assert row.chiffres["heures"] == "160.25"
    assert Decimal(give(hours).chiffres["heures"]) < Decimal("160.25")


def test_the_facilitator_looks_then_gives(hours):
    client, url = hours.client(Role.FACILITATEUR), reverse("clauses:attestation_create")
    person = f.make_membre(organisation=hours.entreprise, role=Role.ENTREPRISE).user
    chosen = {"organisation": hours.entreprise.pk, "du": "2026-01", "au": "2026-12"}
    page = text(client.get(url, chosen))
    assert "160,25 h" in page
    assert "1 ligne transmise attend" in page
    assert not Attestation.objects.exists()
    empty = text(client.get(url, chosen | {"du": "2026-05", "au": "2026-05"}))
    assert "Aucune heure acceptée" in empty
    answer = client.post(url, chosen)
    row = Attestation.objects.get()
    assert answer.url == row.get_absolute_url()
    assert (row.du, row.au) == (DU, AU)
    assert row.numero in Envoi.objects.get(destinataire=person.email).sujet


@pytest.mark.parametrize(
    "sent",
    [
        {"organisation": "", "du": "2026-01", "au": "2026-12"}, {"organisation": "\x00"}, {"organisation": "9" * 30},
        {"organisation": "1", "du": "x", "au": "2026-13"}, {"du": "2026-05", "au": "2026-01"}, {},
    ],
)  # fmt: skip
def test_a_wrong_request_writes_nothing(hours, sent):
    client, url = hours.client(Role.FACILITATEUR), reverse("clauses:attestation_create")
    sent = {"organisation": hours.entreprise.pk} | sent
    assert client.get(url, sent).status_code == client.post(url, sent).status_code == 200
    assert not Attestation.objects.exists()


def test_each_reads_its_part(hours):
    row = give(hours)
    url, pdf = row.get_absolute_url(), reverse("clauses:attestation_pdf", args=[row.pk])
    for role in (Role.FACILITATEUR, Role.ENTREPRISE):
        client = hours.client(role)
        page = text(client.get(url))
        assert "160,25 h" in page
        assert "3</span>" in page
        assert row.numero in text(client.get(reverse("clauses:attestations")))
        assert client.get(pdf).content.startswith(b"%PDF")
    buyer = hours.client(Role.ACHETEUR)
    page = text(buyer.get(url))
    assert "Extrait de l’attestation" in page
    assert "120,25 h" in page
    for hidden in ("160,25", "Personnes", "40 h"):
        assert hidden not in page
    assert buyer.get(pdf).status_code == 200
    for stranger in (sign_in(Role.ACHETEUR), sign_in(Role.ENTREPRISE), sign_in(Role.FACILITATEUR)):
        assert stranger.get(url).status_code == stranger.get(pdf).status_code == 404
        assert row.numero not in text(stranger.get(reverse("clauses:attestations")))


def test_anybody_checks_a_code(hours):
    row, url, visitor = give(hours), reverse("clauses:attestation_verifier"), Client()
    assert "Recopiez le code" in text(visitor.get(url))
    for typed in (row.code, row.code_lisible.lower(), f" {row.code[:6]} {row.code[6:]} "):
        page = text(visitor.get(url, {"code": typed}))
        for said in ("Authentique et en vigueur", row.numero, "160,25 h", hours.entreprise.nom):
            assert said in page
        assert hours.affectations[0].participant.code not in page
    for typed in ("0000-0000-0000", "abc", "\x00" * 12, "9" * 500):
        assert "n’est pas lisible" in text(visitor.get(url, {"code": typed}))
    wrong = visitor.get(url, {"code": "2" * 12})
    assert wrong.status_code == 404
    assert "Aucune attestation ne porte ce code" in text(wrong)
    assert visitor.post(url).status_code == 405


def test_a_mistake_is_cancelled_with_its_reason(hours):
    row, client = give(hours), hours.client(Role.FACILITATEUR)
    url = reverse("clauses:attestation_annuler", args=[row.pk])
    assert "n’est pas annulée" in text(client.post(url, {"motif": " "}))
    assert client.post(url, {"motif": "Période erronée"}).status_code == 302
    for page in (
        client.get(row.get_absolute_url()),
        Client().get(reverse("clauses:attestation_verifier"), {"code": row.code}),
    ):
        assert "Période erronée" in text(page)
        assert "Authentique" not in text(page)
    assert "déjà annulée" in text(client.post(url, {"motif": "Encore"}, follow=True))
    with pytest.raises(ValidationError, match="déjà annulée"):
        annuler(row, "Encore", by=hours.by)


def test_the_list_costs_the_same_for_one_row_as_for_many(hours, django_assert_num_queries):
    client, url = hours.client(Role.ENTREPRISE), reverse("clauses:attestations")
    give(hours)
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for _ in range(15):
        f.make_attestation(organisation=hours.entreprise)
    with django_assert_num_queries(len(one)):
        client.get(url)

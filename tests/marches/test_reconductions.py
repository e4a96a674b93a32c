"""Renewals: what the contract foresees, what was decided, the days to come, their calendars, their reminders."""

import html
from datetime import date

import icalendar
import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from marches.actions.reconductions import agenda_of, jeton
from marches.echeances import calendrier_of, compte_en_cours, echeances_of
from marches.enums import DecisionReconduction, EtatReconduction, GenreEcheance, StatutLot
from marches.models import Agenda, Lot, Reconduction
from marches.notifications.reconductions import rappeler
from marches.rules import statut_lot
from portal.models import Envoi
from portal.permissions import Role
from tests import factories as make
from tests.conftest import sign_in

HUGE = "9" * 40
T, A, D, N, S = EtatReconduction
OUI, NON = DecisionReconduction.RECONDUIT, DecisionReconduction.NON_RECONDUIT


def text(response, code=200) -> str:
    assert response.status_code == code
    return html.unescape(response.content.decode()).replace("\xa0", " ").replace("\u202f", " ")


# Rows -----------------------------------------------------------------------------------------------------------------
TODAY = timezone.localdate


def renewable(marche=None, *, months_ago=9, **given):
    """A lot of one year begun nine months ago, renewable twice, to be decided a month before."""
    from marches.rules import add_months, fin_prevue

    start = add_months(TODAY(), -months_ago)
    usual = {"date_debut": start, "duree_mois": 12, "reconductions": 2, "preavis_jours": 30}
    usual |= {"date_fin": fin_prevue(start, 12)}
    return make.make_lot(**({"marche": marche} if marche else {}), **usual | given)


@pytest.mark.django_db
def test_a_tacit_renewal_keeps_the_contract_alive_an_express_one_does_not(client):
    tacit = renewable(months_ago=15)
    express = renewable(months_ago=15, reconduction_tacite=False)
    for lot, statut in ((tacit, StatutLot.EN_COURS), (express, StatutLot.TERMINE)):
        assert statut_lot(lot, TODAY(), calendrier_of(lot, TODAY()).fin) == statut
        page = text(client.get(lot.get_absolute_url()))
        assert f">{statut.label}<" in page
        assert statut.label in text(client.get(lot.marche.get_absolute_url()))
    assert "Reconduction tacite" in text(client.get(tacit.get_absolute_url()))
    assert "Aucune décision enregistrée" in text(client.get(express.get_absolute_url()))


@pytest.fixture
def mine(client_acheteur):
    return renewable(make.make_marche(acheteur=client_acheteur.acteur_organisation.acheteur, objet="Jardins"))


def decide(client, lot, **given):
    data = {"decision": OUI, "decidee_le": TODAY().isoformat(), "motif": "Bon travail"} | given
    return client.post(reverse("marches:lot_reconductions", args=[lot.pk]), data)


@pytest.mark.django_db
def test_decisions_are_taken_in_order_and_taken_back_from_the_last(client_acheteur, mine):
    assert decide(client_acheteur, mine).url == mine.get_absolute_url()
    assert decide(client_acheteur, mine, decision=NON).status_code == 302
    assert list(mine.decisions_reconduction.values_list("rang", "decision")) == [(1, OUI), (2, NON)]
    page = text(client_acheteur.get(reverse("marches:lot_reconductions", args=[mine.pk])))
    assert "Bon travail" in page
    assert "Décider de la reconduction" not in page
    take_back = [reverse("marches:reconduction_retirer", args=[mine.pk, rank]) for rank in (1, 2)]
    assert "Seule la dernière décision" in text(client_acheteur.post(take_back[0], follow=True))
    client_acheteur.post(take_back[1])
    client_acheteur.post(take_back[0])
    assert not Reconduction.objects.exists()
    assert "retirée" in mine.history.first().history_change_reason


@pytest.mark.django_db
def test_the_law_no_longer_warns_of_renewals_that_were_decided(client_acheteur, mine):
    words = "sans un mot de l'acheteur, le marché continue"
    assert words in text(client_acheteur.get(mine.get_absolute_url()))
    make.make_reconduction(lot=mine, rang=1, decision=NON)
    assert words not in text(client_acheteur.get(mine.get_absolute_url()))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"decision": ""}, "Dites si le contrat"),
        ({"decision": "\x00"}, "La décision n’est pas enregistrée"),
        ({"decidee_le": "2999-01-01"}, "comprise entre"),
        ({"decidee_le": "2099-01-01"}, "n'est pas encore venu"),
        ({"decidee_le": HUGE}, "Écrivez une date"),
        ({"motif": "é" * 600}, "500"),
    ],
)
def test_bad_decisions_are_answered(client_acheteur, mine, given, said):
    assert said in text(decide(client_acheteur, mine, **given))
    assert not Reconduction.objects.exists()


@pytest.mark.django_db
def test_a_lot_without_renewal_says_so(client_acheteur, mine):
    mine.reconductions = 0
    mine.save()
    url = reverse("marches:lot_reconductions", args=[mine.pk])
    assert "Aucune reconduction n’est prévue" in text(client_acheteur.get(url))
    assert client_acheteur.post(url, {"decision": OUI}).status_code == 200
    mine.reconductions, mine.duree_mois = 2, None
    mine.save()
    assert "ne peuvent pas être datées" in text(client_acheteur.get(url))


# Calendar -------------------------------------------------------------------------------------------------------------
ECHEANCES = reverse("marches:echeances")


@pytest.mark.django_db
def test_a_buyer_and_a_holder_see_their_own_days(client_acheteur, mine, client_structure):
    hidden = renewable(make.make_marche(objet="Ailleurs"), objet="Lot d'ailleurs")
    assert "Décider de la reconduction 1" in text(client_acheteur.get(ECHEANCES))
    assert hidden.objet not in text(client_acheteur.get(ECHEANCES))
    assert "Aucune échéance" in text(client_structure.get(ECHEANCES))
    make.make_titulaire(lot=mine, organisation=client_structure.acteur_organisation)
    assert mine.objet in text(client_structure.get(ECHEANCES))
    grouped = make.make_groupement(lot=hidden)
    make.make_membre_groupement(groupement=grouped, organisation=client_structure.acteur_organisation)
    assert hidden.objet in text(client_structure.get(ECHEANCES))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 2), ({"horizon": "24"}, 4), ({"horizon": "60"}, 5), ({"genre": "decision", "horizon": "60"}, 2),
        ({"genre": "fin", "horizon": "60"}, 1), ({"q": "jardins"}, 2), ({"q": "neige"}, 0),
    ],
)  # fmt: skip
def test_filters_of_the_calendar(client_acheteur, mine, query, count):
    from marches.upsert import reindex

    mine.objet = "Jardins"
    mine.save()
    reindex([mine.marche_id])
    assert client_acheteur.get(ECHEANCES, query).context["page"].count == count


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["\x00", HUGE, "-1", "é" * 500, "' OR 1=1"])
def test_bad_filters_are_answered(client_acheteur, mine, value):
    for name in ("genre", "horizon", "q", "page"):
        assert client_acheteur.get(ECHEANCES, {name: value}).status_code == 200


@pytest.mark.django_db
def test_the_calendar_costs_the_same_for_many(client_acheteur, mine, django_assert_num_queries):
    with CaptureQueriesContext(connection) as one:
        client_acheteur.get(ECHEANCES)
    for _ in range(40):
        lot = renewable(make.make_marche(acheteur=mine.marche.acheteur))
        make.make_reconduction(lot=lot, decidee_le=TODAY())
    with django_assert_num_queries(len(one)):
        page = client_acheteur.get(ECHEANCES, {"horizon": "60"})
    assert page.context["page"].count == 4 * 40 + 5
    assert len(page.content) < 60_000


# iCalendar ------------------------------------------------------------------------------------------------------------
def events(response):
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in response.content.split(b"\r\n"))
    assert response.content.endswith(b"END:VCALENDAR\r\n")
    calendar = icalendar.Calendar.from_ical(response.content)
    return calendar, calendar.walk("VEVENT")


@pytest.mark.django_db
def test_one_lot_in_any_calendar(client, mine):
    mine.objet = "Entretien des espaces verts ; tonte, taille \\ élagage – « rue de l'Église » " * 3
    mine.save()
    calendar, found = events(client.get(reverse("marches:lot_ics", args=[mine.pk])))
    assert len(found) == 5
    decision = found[0]
    expected = echeances_of(mine, TODAY())
    assert [event["dtstart"].dt for event in found] == [each.le for each in expected]
    assert decision["uid"].startswith(f"lot-{mine.pk}-decision-1@")
    assert decision["dtstart"].params["VALUE"] == "DATE"
    assert b"DTSTAMP:" in decision.to_ical()
    assert decision["dtstamp"].dt.utcoffset().total_seconds() == 0
    assert decision["dtstamp"].to_ical().endswith(b"Z")
    assert "« rue de l'Église »" in decision["summary"]
    assert mine.get_absolute_url() in decision["url"]
    assert decision.walk("VALARM")
    assert len({event["uid"] for event in found}) == 5
    assert calendar["version"] == "2.0"
    # The identity stays when the day moves.
    mine.preavis_jours = 60
    mine.save()
    _, moved = events(client.get(reverse("marches:lot_ics", args=[mine.pk])))
    assert moved[0]["uid"] == decision["uid"]
    assert moved[0]["dtstart"].dt != decision["dtstart"].dt
    draft = make.make_lot(marche=make.make_marche(publie=False))
    assert client.get(reverse("marches:lot_ics", args=[draft.pk])).status_code == 404


@pytest.mark.django_db
def test_the_address_of_a_calendar_is_secret_and_withdrawn(client, client_acheteur, mine):
    client_acheteur.post(reverse("marches:agenda_ouvrir"))
    address = client_acheteur.get(ECHEANCES).context["agenda"]
    path = address.partition("://")[2].partition("/")[2]
    response = client.get(f"/{path}")
    _, found = events(response)
    assert len(found) == 5
    assert "no-store" in response["Cache-Control"]
    assert "noindex" in response["X-Robots-Tag"]
    draft = renewable(make.make_marche(acheteur=mine.marche.acheteur, publie=False))
    assert str(draft.pk) not in {event["uid"].split("-")[1] for event in events(client.get(f"/{path}"))[1]} - {
        str(mine.pk)
    }
    client_acheteur.post(reverse("marches:agenda_ouvrir"))
    assert client.get(f"/{path}").status_code == 404
    assert Agenda.objects.count() == 1
    client_acheteur.post(reverse("marches:agenda_fermer"))
    assert not Agenda.objects.exists()
    assert agenda_of(jeton(Agenda(cle="disparue"))) is None
    for forged in ("x", "x:y", "%00", "a" * 3000, jeton(Agenda(cle="abc"))[:-2]):
        assert client.get(f"/marches/agenda/{forged}.ics").status_code == 404


@pytest.mark.django_db
def test_the_calendar_of_a_structure_holds_the_lots_it_holds(client, client_structure, mine):
    client_structure.post(reverse("marches:agenda_ouvrir"))
    path = reverse("marches:agenda", args=[jeton(Agenda.objects.get())])
    assert events(client.get(path))[1] == []
    make.make_titulaire(lot=mine, organisation=client_structure.acteur_organisation)
    assert len(events(client.get(path))[1]) == 5


# Reminders ------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_reminders_go_once_to_the_buyer_and_to_the_holders(client_acheteur, client_structure, mine):
    from marches.rules import add_months

    make.make_titulaire(lot=mine, organisation=client_structure.acteur_organisation)
    stranger = renewable()
    day = echeances_of(mine, TODAY())[0].le
    assert rappeler(add_months(day, -7)) == (0, 0)
    assert rappeler(add_months(day, -6)) == (1, 2)
    assert rappeler(add_months(day, -6)) == (1, 0)
    assert rappeler(add_months(day, -5)) == (1, 0)
    assert rappeler(add_months(day, -3)) == (1, 2)
    assert rappeler(add_months(day, -1)) == (1, 2)
    assert rappeler(day) == (1, 0)
    told = Envoi.objects.order_by("pk")
    assert {row.destinataire for row in told} == {client_acheteur.user.email, client_structure.user.email}
    assert told.count() == 6
    message = told.first()
    assert "Décider de la reconduction 1" in message.sujet
    assert mine.get_absolute_url() in message.texte
    assert "reconduit tacitement" in message.texte
    assert str(stranger.pk) not in {row.cle.split(":")[1].split("-")[1] for row in told}


@pytest.mark.django_db
def test_no_reminder_once_decided_then_the_next_and_the_end(client_acheteur, mine):
    from marches.rules import add_months

    day = echeances_of(mine, TODAY())[0].le
    make.make_reconduction(lot=mine, rang=1, decision=OUI, decidee_le=TODAY())
    assert rappeler(add_months(day, -1)) == (0, 0)
    make.make_reconduction(lot=mine, rang=2, decision=NON, decidee_le=TODAY())
    end = calendrier_of(mine, TODAY()).fin
    assert [each.genre for each in echeances_of(mine, TODAY())][-1] == GenreEcheance.FIN
    assert rappeler(add_months(end, -3)) == (1, 1)
    assert "Fin du contrat" in Envoi.objects.get().sujet


@pytest.mark.django_db
def test_no_reminder_for_a_draft_and_the_command_says_what_it_did(client_acheteur, mine, capsys):
    mine.marche.publie = False
    mine.marche.save()
    call_command("rappeler_reconductions")
    assert "0 lot proche" in capsys.readouterr().out
    mine.marche.publie = True
    mine.marche.save()
    call_command("rappeler_reconductions")
    out = capsys.readouterr().out
    assert "1 lot proche d'une échéance." in out
    assert "1 rappel mis en file." in out


@pytest.mark.django_db
def test_reminders_cost_the_same_for_many(client_acheteur, mine):
    from marches.rules import add_months

    on = add_months(echeances_of(mine, TODAY())[0].le, -12)  # nothing to send: the reading alone
    with CaptureQueriesContext(connection) as one:
        rappeler(on)
    for _ in range(20):
        make.make_titulaire(lot=renewable(make.make_marche(acheteur=mine.marche.acheteur)))
    with CaptureQueriesContext(connection) as many:
        rappeler(on)
    assert len(many) == len(one)


@pytest.mark.django_db
def test_people_of_another_establishment_of_the_buyer_are_told(client_acheteur, mine):
    siren = mine.marche.acheteur.organisation.siren
    other = make.make_organisation(identifiant=make.make_siret(siren, 2))
    twin = sign_in(Role.ACHETEUR, organisation=other)
    from marches.rules import add_months

    rappeler(add_months(echeances_of(mine, TODAY())[0].le, -1))
    assert twin.user.email in set(Envoi.objects.values_list("destinataire", flat=True))


@pytest.mark.django_db
def test_lots_counted_as_running_are_those_whose_pages_say_so(client, django_assert_num_queries):
    on = timezone.localdate()
    ago = date(on.year - 1, on.month, 1)
    given = {
        "date_debut": date(ago.year - 1, ago.month, 1),
        "date_notification": ago,
        "date_fin": ago,
        "duree_mois": 12,
    }
    tacit = make.make_lot(**given, reconductions=3)
    express = make.make_lot(**given, reconductions=3, reconduction_tacite=False)
    refused = make.make_lot(**given, reconductions=3)
    Reconduction.objects.create(lot=refused, rang=1, decision=NON, decidee_le=ago)
    make.make_lot(**given)
    firm = make.make_lot(date_notification=ago, date_fin=date(on.year + 1, 1, 1))
    make.make_lot(date_notification=date(on.year + 1, 1, 1), date_fin=date(on.year + 2, 1, 1))  # awarded, not begun
    running = {lot.pk for lot in Lot.objects.select_related("marche")
               if statut_lot(lot, on, calendrier_of(lot, on).fin) == StatutLot.EN_COURS}  # fmt: skip
    assert running == {tacit.pk, firm.pk}
    assert express.pk not in running
    with django_assert_num_queries(3):
        assert compte_en_cours(Lot.objects.all(), on) == 2


@pytest.mark.django_db
def test_the_calendar_says_how_far_it_looks():
    client = sign_in(Role.ACHETEUR, organisation=make.make_acheteur().organisation)
    page = text(client.get(reverse("marches:echeances")))
    assert '<option value="12" selected>' in page

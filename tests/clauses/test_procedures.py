"""The calendar of a procedure: counted back from the wished notification, and what the clause costs in days."""

import html
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from clauses.enums import EtapeProcedure as E
from clauses.enums import EtatEtape
from clauses.models import CalendrierProcedure, EtapeFaite
from clauses.procedures import durees
from clauses.rules.procedure import AVANT, Faits, calendrier, retard_clause
from marches.actions.reconductions import jeton
from portal.models import Envoi
from portal.permissions import Role
from portal.verdict import Niveau
from tests import factories as make
from tests.conftest import sign_in

ON = date(2026, 3, 2)
JOURS = {
    E.CALCUL: 5, E.REDACTION: 5, E.AVIS: 5, E.DOSSIER: 30, E.VALIDATION: 10, E.PUBLICATION: 3, E.CONSULTATION: 30,
    E.AVIS_OFFRES: 7, E.ANALYSE: 30, E.ATTRIBUTION: 18, E.REUNION: 15, E.POSTES: 30,
}  # fmt: skip
DU_PUBLIC = 30 + 10 + 3 + 30 + 30 + 18  # the buyer's own steps, one after the other


def text(response, code=200) -> str:
    assert response.status_code == code
    return html.unescape(response.content.decode()).replace("\xa0", " ").replace("\u202f", " ")


def facts(voulue, faites=None, **more) -> Faits:
    return Faits(voulue, JOURS, faites or {}, **more)


def lines(found) -> dict:
    return {ligne.etape: ligne for ligne in found.lignes}


# Rules ----------------------------------------------------------------------------------------------------------------
def test_every_step_is_counted_back_from_the_wished_day():
    found = lines(calendrier(facts(date(2026, 9, 30)), ON))
    ends = {
        E.CALCUL: "2026-06-26", E.REDACTION: "2026-07-01", E.DOSSIER: "2026-07-01", E.VALIDATION: "2026-07-11",
        E.AVIS: "2026-07-11", E.PUBLICATION: "2026-07-14", E.CONSULTATION: "2026-08-13", E.REPONSES: "2026-08-07",
        E.ANALYSE: "2026-09-12", E.AVIS_OFFRES: "2026-09-12", E.ATTRIBUTION: "2026-09-30",
        E.NOTIFICATION: "2026-09-30", E.REUNION: "2026-10-15", E.POSTES: "2026-10-30",
    }  # fmt: skip
    assert {step: ligne.fin.isoformat() for step, ligne in found.items()} == ends
    assert found[E.DOSSIER].debut == date(2026, 6, 1)


@pytest.mark.parametrize(
    ("voulue", "faites", "level", "late", "said"),
    [
        # all of it fits, to the day
        (ON + timedelta(days=DU_PUBLIC), {}, Niveau.OK, 0, "Aucun retard causé par la clause"),
        # too late already, whatever the clause
        (ON + timedelta(days=DU_PUBLIC - 1), {}, Niveau.INFORMATION, 0, "La clause n'y est pour rien"),
        # the file is ready, the clause not even begun: ten days of calculation and wording before the validation
        (ON + timedelta(days=91), {E.DOSSIER: ON}, Niveau.AVERTISSEMENT, 10, "de 10 jours"),
        (ON + timedelta(days=96), {E.DOSSIER: ON}, Niveau.AVERTISSEMENT, 5, "calcul de la clause"),
        (ON + timedelta(days=101), {E.DOSSIER: ON}, Niveau.OK, 0, "Aucun retard"),
        # the wished day is lost, and the clause would lose five more
        (ON + timedelta(days=80), {E.DOSSIER: ON, E.CALCUL: ON}, Niveau.AVERTISSEMENT, 5, "rédaction de la clause"),
        # the file is validated, the opinion is not given
        (
            ON + timedelta(days=81), {E.DOSSIER: ON, E.VALIDATION: ON, E.CALCUL: ON, E.REDACTION: ON},
            Niveau.AVERTISSEMENT, 5, "avis avant publication",
        ),
        (ON - timedelta(days=3), {E.NOTIFICATION: ON}, Niveau.OK, 0, "notifié"),
    ],
)  # fmt: skip
def test_what_the_clause_costs(voulue, faites, level, late, said):
    found = calendrier(facts(voulue, faites), ON)
    assert (found.verdict.level, found.retard_clause) == (level, late)
    assert said in found.verdict.reason.replace("\xa0", " ")


def test_states_and_the_critical_path():
    found = lines(calendrier(facts(ON + timedelta(days=DU_PUBLIC), {E.CALCUL: ON}), ON))
    assert found[E.CALCUL].etat == EtatEtape.FAITE
    assert found[E.REDACTION].etat == EtatEtape.A_FAIRE
    assert found[E.AVIS].etat == EtatEtape.A_VENIR
    critical = {step for step, ligne in found.items() if ligne.critique}
    assert critical == {E.DOSSIER, E.VALIDATION, E.PUBLICATION, E.CONSULTATION, E.ANALYSE, E.ATTRIBUTION,
                        E.NOTIFICATION}  # fmt: skip
    assert found[E.REDACTION].marge == 25
    late = lines(calendrier(facts(ON + timedelta(days=DU_PUBLIC - 26)), ON))
    assert late[E.REDACTION].etat == EtatEtape.A_VENIR
    assert late[E.DOSSIER].marge == -26
    assert lines(calendrier(facts(ON), ON))[E.CALCUL].etat == EtatEtape.RETARD


def test_a_published_deadline_holds():
    """Published, offers close on a day that everybody knows: answers are due six days before."""
    faites = {E.PUBLICATION: ON - timedelta(days=10)}
    found = lines(calendrier(facts(ON + timedelta(days=90), faites, limite=ON + timedelta(days=25)), ON))
    assert found[E.CONSULTATION].fin == found[E.CONSULTATION].prevue == ON + timedelta(days=25)
    assert found[E.REPONSES].fin == ON + timedelta(days=19)
    assert found[E.NOTIFICATION].prevue == ON + timedelta(days=25 + 30 + 18)


@given(st.integers(-200, 400), st.dictionaries(st.sampled_from(list(AVANT)), st.integers(-90, 0)))
def test_without_a_clause_nothing_ever_comes_later(days, done):
    """Whatever is done: the clause never brings the notification forward, and its cost is what the rule says."""
    faites = {step: ON + timedelta(days=ago) for step, ago in done.items()}
    found = calendrier(facts(ON + timedelta(days=days), faites), ON)
    assert found.prevue >= found.sans_clause
    assert found.retard_clause == retard_clause(found.prevue, found.sans_clause, found.voulue) >= 0
    assert len(found.lignes) == len(AVANT)


def test_durations_come_from_the_table_and_the_procedure():
    formal, adapted = durees(ON, True), durees(ON, False)
    assert (formal[E.CONSULTATION], formal[E.ATTRIBUTION]) == (30, 18)  # eleven days of standstill
    assert (adapted[E.CONSULTATION], adapted[E.ATTRIBUTION]) == (21, 7)


# Pages ----------------------------------------------------------------------------------------------------------------
@pytest.fixture
def brouillon(client_acheteur):
    acheteur = client_acheteur.acteur_organisation.acheteur
    marche = make.make_marche(acheteur=acheteur, objet="Blanchisserie", publie=False, procedure="Procédure adaptée")
    make.make_lot(marche=marche)
    return marche


def opened(client_acheteur, marche, facilitateur=None, days=150) -> CalendrierProcedure:
    day = timezone.localdate() + timedelta(days=days)
    data = {"notification_le": day.isoformat(), "facilitateur": getattr(facilitateur, "pk", "") or ""}
    response = client_acheteur.post(reverse("clauses:procedure_edit", args=[marche.pk]), data)
    found = CalendrierProcedure.objects.get(marche=marche)
    assert response.url == found.get_absolute_url()
    return found


@pytest.mark.django_db
def test_a_buyer_opens_it_and_the_facilitator_notes_its_steps(client_acheteur, client_facilitateur, brouillon):
    facilitateur = client_facilitateur.acteur_organisation.facilitateur
    assert "Ouvrir le calendrier" in text(client_acheteur.get(brouillon.get_absolute_url()))
    form = text(client_acheteur.get(reverse("clauses:procedure_edit", args=[brouillon.pk])))
    assert 'name="formalisee"' in form
    assert "checked" not in form.partition('name="formalisee"')[2].partition(">")[0]  # an adapted procedure
    row = opened(client_acheteur, brouillon, facilitateur)
    told = Envoi.objects.get()
    assert told.destinataire == client_facilitateur.user.email
    opened(client_acheteur, brouillon, facilitateur, days=160)
    assert Envoi.objects.count() == 1
    assert "Aucun retard causé par la clause" in text(client_acheteur.get(brouillon.get_absolute_url()))
    assert client_facilitateur.get(brouillon.get_absolute_url()).status_code == 404  # still a draft
    page = row.get_absolute_url()
    shown = text(client_facilitateur.get(page))
    assert "Blanchisserie" in shown
    assert brouillon.get_absolute_url() not in shown
    step = reverse("clauses:procedure_etape", args=[row.pk])
    client_facilitateur.post(step, {"etape": "calcul", "faite_le": timezone.localdate().isoformat()})
    client_facilitateur.post(step, {"etape": "dossier"})  # the buyer's
    client_acheteur.post(step, {"etape": "redaction"})  # the facilitator's
    assert [etape.etape for etape in EtapeFaite.objects.all()] == ["calcul"]
    assert "Pas encore faite" in text(client_facilitateur.get(page))
    client_facilitateur.post(step, {"etape": "calcul", "geste": "reprendre"})
    assert not EtapeFaite.objects.exists()


@pytest.mark.django_db
def test_boards_say_what_is_to_do_now(client_acheteur, client_facilitateur, brouillon):
    row = opened(client_acheteur, brouillon, client_facilitateur.acteur_organisation.facilitateur, days=60)
    board = reverse("pages:tableau_de_bord")
    mine, theirs = text(client_facilitateur.get(board)), text(client_acheteur.get(board))
    assert f'{row.get_absolute_url()}">Calcul de la clause' in mine
    assert f'{row.get_absolute_url()}">Dossier de consultation' in theirs
    assert "en retard, pour le" in theirs
    assert "n'est plus tenable" in text(client_acheteur.get(reverse("clauses:procedures")))


@pytest.mark.django_db
def test_its_days_go_in_calendars(client_acheteur, client_facilitateur, client, brouillon):
    row = opened(client_acheteur, brouillon, client_facilitateur.acteur_organisation.facilitateur)
    own = client_facilitateur.get(reverse("clauses:procedure_ics", args=[row.pk]))
    assert own["Content-Type"].startswith("text/calendar")
    assert own.content.count(b"BEGIN:VEVENT") == 14
    agenda = make.make_agenda(organisation=client_acheteur.acteur_organisation)
    shared = client.get(reverse("marches:agenda", args=[jeton(agenda)])).content.decode().replace("\r\n ", "")
    assert f"procedure-{row.pk}-redaction@" in shared
    stranger = make.make_agenda(organisation=sign_in(Role.ACHETEUR).acteur_organisation)
    assert b"procedure-" not in client.get(reverse("marches:agenda", args=[jeton(stranger)])).content


@pytest.mark.django_db
def test_bad_input_is_said(client_acheteur, brouillon):
    edit = reverse("clauses:procedure_edit", args=[brouillon.pk])
    for data in (
        {}, {"notification_le": "demain"}, {"notification_le": "9999-12-31"}, {"notification_le": "2027-01-01\x00"},
        {"notification_le": "2027-01-01", "facilitateur": "9" * 40},
        {"notification_le": "2027-01-01", "facilitateur": "\x00"},
    ):  # fmt: skip
        assert client_acheteur.post(edit, data).status_code == 200
    assert not CalendrierProcedure.objects.exists()
    row = opened(client_acheteur, brouillon)
    step = reverse("clauses:procedure_etape", args=[row.pk])
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    too_soon = {"etape": "dossier", "faite_le": tomorrow}
    for data in ({}, {"etape": "nulle"}, {"etape": "dossier", "faite_le": "x\x00"}, too_soon):
        assert client_acheteur.post(step, data).status_code == 302
    assert not EtapeFaite.objects.exists()
    assert "au plus tard le" in text(client_acheteur.post(step, too_soon, follow=True))


@pytest.mark.django_db
def test_empty_states(client_acheteur, client_facilitateur):
    page = reverse("clauses:procedures")
    assert "Aucune procédure en préparation" in text(client_acheteur.get(page))
    assert "Aucune procédure ne vous est confiée" in text(client_facilitateur.get(page))


@pytest.mark.django_db
def test_a_notified_contract_leaves_the_list(client_acheteur, brouillon):
    row = opened(client_acheteur, brouillon)
    make.make_lot(marche=brouillon, date_notification=timezone.localdate())
    assert "Aucune procédure en préparation" in text(client_acheteur.get(reverse("clauses:procedures")))
    assert "Marché notifié le" in text(client_acheteur.get(row.get_absolute_url()))


@pytest.mark.django_db
def test_one_or_fifty_cost_the_same(client_acheteur, client_facilitateur):
    buyer = client_acheteur.acteur_organisation.acheteur
    body = client_facilitateur.acteur_organisation.facilitateur

    def fill(n):
        for rank in range(n):
            marche = make.make_marche(acheteur=buyer, publie=False)
            row = make.make_calendrier_procedure(
                marche=marche, facilitateur=body, notification_le=timezone.localdate() + timedelta(days=100 + rank)
            )
            make.make_etape_faite(calendrier=row)

    def cost():
        found = []
        for client in (client_acheteur, client_facilitateur):
            for address in (reverse("clauses:procedures"), reverse("pages:tableau_de_bord")):
                client.get(address)
                with CaptureQueriesContext(connection) as captured:
                    response = client.get(address)
                assert response.status_code == 200
                assert len(response.content) < 60_000
                found.append(len(captured))
        return found

    fill(7)  # more drafts than a board shows
    before = cost()
    fill(43)
    assert cost() == before

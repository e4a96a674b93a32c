"""People along their way: extensions, another employer, trainings, payroll numbers; looked at, told, erased."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clauses import actions
from clauses.enums import Critere, Etat, MotifEffacement, MotifProlongation, StatutFormation
from clauses.models import (
    Affectation,
    ConsultationParticipant,
    Effacement,
    Eligibilite,
    Imputation,
    LigneHeures,
    Participant,
    Transfert,
)
from clauses.rules import a_effacer_le, derniere_trace, prochain_effacement, prolongation_permise
from clauses.stats import hours_accepted_total
from portal.permissions import Role
from portal.verdict import Niveau
from structures.enums import Kind
from tests import factories as make
from tests.clauses.helpers import text
from tests.conftest import sign_in

HUGE = "9" * 40
F, R, S, D, C, V = (
    MotifProlongation.FORMATION, MotifProlongation.RQTH, MotifProlongation.SENIOR, MotifProlongation.DIFFICULTES,
    MotifProlongation.CDI, MotifProlongation.CONVENTION,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _in_june():
    with time_machine.travel("2026-06-15 12:00+00:00", tick=False):
        yield


# Rules ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("motif", "mois", "deja", "facts", "level", "said"),
    [
        (F, 12, 0, {}, Niveau.OK, ""),
        (F, 12, 120, {}, Niveau.OK, ""),  # a training has no limit in all
        (F, 13, 0, {}, Niveau.BLOCAGE, "12 mois au plus"),
        (F, 0, 0, {}, Niveau.BLOCAGE, "12 mois au plus"),
        (R, 12, 24, {"plafond": 36, "rqth": True}, Niveau.OK, ""),
        (R, 12, 25, {"plafond": 36, "rqth": True}, Niveau.BLOCAGE, "il en reste 11"),
        (R, 12, 0, {"plafond": 36}, Niveau.BLOCAGE, "travailleur handicapé"),
        (S, 12, 48, {"plafond": 60, "age": 50}, Niveau.OK, ""),
        (S, 12, 0, {"plafond": 60, "age": 49}, Niveau.BLOCAGE, "50 ans"),
        (S, 1, 60, {"plafond": 60, "age": 62}, Niveau.BLOCAGE, "il en reste 0"),
        (D, 12, 0, {"plafond": 36, "kinds": {Kind.ACI}}, Niveau.OK, ""),
        (D, 12, 0, {"plafond": 36, "kinds": {Kind.AI, Kind.ETTI}}, Niveau.OK, ""),
        (D, 12, 0, {"plafond": 36, "kinds": {Kind.EI}}, Niveau.BLOCAGE, "AI ou un ACI"),
        (C, 12, 0, {"plafond": 120, "age": 57}, Niveau.OK, ""),
        (C, 12, 0, {"plafond": 120, "age": 56}, Niveau.BLOCAGE, "57 ans"),
        (C, 12, 0, {"plafond": 120}, Niveau.BLOCAGE, "57 ans"),
        (V, 12, 0, {"plafond": 12}, Niveau.OK, ""),
        (V, 6, 7, {"plafond": 12}, Niveau.BLOCAGE, "il en reste 5"),
    ],
)
def test_what_extends_an_eligibility(motif, mois, deja, facts, level, said):
    verdict = prolongation_permise(motif, mois, deja, pas=12, **{"plafond": None} | facts)
    assert verdict.level == level
    assert said in verdict.reason
    assert verdict.source


def test_the_day_of_erasure_follows_the_last_trace():
    assert derniere_trace(date(2024, 1, 5), [None, date(2024, 6, 1), date(2023, 1, 1)]) == date(2024, 6, 1)
    assert derniere_trace(date(2024, 1, 5), []) == date(2024, 1, 5)
    assert a_effacer_le(date(2024, 2, 29), 24) == date(2026, 2, 28)
    assert prochain_effacement(date(2024, 6, 15), 24, date(2026, 6, 14)).level == Niveau.INFORMATION
    assert prochain_effacement(date(2024, 6, 15), 24, date(2026, 6, 15)).level == Niveau.AVERTISSEMENT


# Pages ---------------------------------------------------------------------------------------------------------------
@pytest.fixture
def person(client_facilitateur):
    return make.make_participant(
        facilitateur=client_facilitateur.acteur_organisation.facilitateur, code="F-7K3M", annee_naissance=1990
    )


pytestmark = pytest.mark.django_db


def test_an_eligibility_is_extended_from_the_day_after(client_facilitateur, person):
    row = make.make_eligibilite(participant=person, valable_du=date(2024, 7, 1), valable_au=date(2026, 6, 30))
    url = reverse("clauses:prolonger", args=[row.pk])
    assert client_facilitateur.post(url, {"motif": "formation", "mois": "6"}).status_code == 302
    after = Eligibilite.objects.get(prolonge=row)
    assert (after.valable_du, after.valable_au, after.critere) == (date(2026, 7, 1), date(2026, 12, 30), row.critere)
    assert "déjà prolongée" in text(client_facilitateur.post(url, {"motif": "formation", "mois": "6"}))
    page = text(client_facilitateur.get(person.get_absolute_url()))
    assert "fin d’une formation" in page.replace("&#x27;", "’").replace("'", "’")


@pytest.mark.parametrize(
    "typed",
    [{"motif": "senior", "mois": "6"}, {"motif": "rien", "mois": "6"}, {"motif": "formation", "mois": HUGE},
     {"motif": "formation", "mois": "0"}, {"motif": "formation"}, {"motif": "\x00", "mois": "6"}],
)  # fmt: skip
def test_an_extension_that_cannot_be_is_refused(client_facilitateur, person, typed):
    row = make.make_eligibilite(participant=person)
    assert client_facilitateur.post(reverse("clauses:prolonger", args=[row.pk]), typed).status_code == 200
    assert Eligibilite.objects.count() == 1


def test_a_disabled_worker_may_go_on_three_years(client_facilitateur, person):
    row = make.make_eligibilite(participant=person, critere=Critere.RQTH)
    for _ in range(3):
        row = actions.prolonger(row, motif=R, mois=12, justificatif_vu_le=None, by=client_facilitateur.acteur)
    assert not actions.juger_prolongation(row, R, 1).is_ok


def test_a_person_goes_on_with_another_employer(client_facilitateur, person):
    old = make.make_affectation(participant=person, metier="Peintre", date_debut=date(2026, 1, 5))
    make.make_ligne_heures(affectation=old)
    new = make.make_structure()
    url = reverse("clauses:transferer", args=[old.pk])
    data = {
        "vers": new.organisation.identifiant, "le": "2026-06-01", "consentement_le": "2026-05-20",
        "modalite": "embauche", "contrat": "cdd",
    }  # fmt: skip
    early = data | {"le": "2026-03-15", "consentement_le": "2026-03-01"}
    assert "Des heures sont notées jusqu" in text(client_facilitateur.post(url, early))
    assert "vient avant le passage" in text(client_facilitateur.post(url, data | {"consentement_le": "2026-06-02"}))
    agreed_later = data | {"le": "2098-06-01", "consentement_le": "2098-05-20"}
    assert "Cette date est à venir" in text(client_facilitateur.post(url, agreed_later))
    same = data | {"vers": old.employeur.identifiant}
    assert "déjà son employeur" in text(client_facilitateur.post(url, same))
    assert not Transfert.objects.exists()
    assert client_facilitateur.post(url, data).status_code == 302
    old.refresh_from_db()
    after = person.affectations.exclude(pk=old.pk).get()
    assert (old.date_fin, after.date_debut, after.metier) == (date(2026, 5, 31), date(2026, 6, 1), "Peintre")
    assert Transfert.objects.get().consentement_le == date(2026, 5, 20)


def test_a_training_whose_funding_is_late_is_said(client_facilitateur, person):
    url = reverse("clauses:formation_create", args=[person.pk])
    data = {"intitule": "CACES", "statut": "demandee", "demandee_le": "2026-01-10", "heures": "35,5"}
    assert client_facilitateur.post(url, data).status_code == 302
    row = person.formations.get()
    assert (row.heures, row.statut) == (Decimal("35.5"), StatutFormation.DEMANDEE)
    assert "financement en retard" in text(client_facilitateur.get(person.get_absolute_url()))
    url = reverse("clauses:formation", args=[person.pk, row.pk])
    assert "ne peut précéder" in text(client_facilitateur.post(url, data | {"du": "2026-05-02", "au": "2026-05-01"}))
    assert client_facilitateur.post(url, {"supprimer": "1"}).status_code == 302
    assert not person.formations.exists()


def test_a_payroll_number_is_seen_by_its_employer_alone(client_facilitateur, client_structure, person):
    employer = client_structure.acteur_organisation
    row = make.make_affectation(participant=person, employeur=employer)
    make.make_affectation(participant=person)
    url = reverse("clauses:matricule", args=[row.pk])
    assert client_structure.post(url, {"matricule": "1234567890123"}).status_code == 200  # 13 characters
    assert client_structure.post(url, {"matricule": "P-0042"}).status_code == 302
    page = text(client_structure.get(reverse("clauses:salaries")))
    assert "P-0042" in page
    assert "1 affectation<" in page
    assert "P-0042" not in text(client_facilitateur.get(person.get_absolute_url()))
    assert sign_in(Role.STRUCTURE).get(url).status_code == 404


def test_employers_page_costs_the_same_for_one_or_ten(client_structure):
    def queries():
        with CaptureQueriesContext(connection) as counted:
            client_structure.get(reverse("clauses:salaries"))
        return len(counted)

    employer = client_structure.acteur_organisation
    make.make_affectation(employeur=employer)
    few = queries()
    for _ in range(9):
        make.make_affectation(employeur=employer)
    assert queries() == few


# What is known -------------------------------------------------------------------------------------------------------
def test_each_look_is_written_down_and_shown(client_facilitateur, person):
    client_facilitateur.get(person.get_absolute_url())
    client_facilitateur.get(reverse("clauses:participant_fiche", args=[person.pk]))
    client_facilitateur.get(reverse("clauses:participant_export", args=[person.pk]))
    looks = ConsultationParticipant.objects.order_by("pk")
    assert list(looks.values_list("page", flat=True)) == ["participant", "fiche", "export"]
    assert {look.user for look in looks} == {client_facilitateur.user}
    assert "4 consultations" in text(client_facilitateur.get(person.get_absolute_url()))
    assert sign_in(Role.FACILITATEUR).get(person.get_absolute_url()).status_code == 404
    assert ConsultationParticipant.objects.count() == 4  # nobody looked


def test_all_that_is_known_is_handed_over(client_facilitateur, person):
    affectation = make.make_affectation(participant=person, matricule="S-4471")
    make.make_ligne_heures(affectation=affectation)
    make.make_eligibilite(participant=person)
    response = client_facilitateur.get(reverse("clauses:participant_export", args=[person.pk]))
    said = json.loads(response.content)
    assert response["Content-Disposition"] == 'attachment; filename="F-7K3M.json"'
    assert said["profil"]["année de naissance"] == 1990
    assert said["profil"]["sexe"] == person.get_sexe_display()
    assert said["heures"][0]["heures travaillées"] == "100.00"
    assert said["affectations"][0]["contrat"] == affectation.get_contrat_display()
    assert said["affectations"][0]["employeur"] == str(affectation.employeur)
    assert "S-4471" not in response.content.decode()  # the employer's own number
    assert client_facilitateur.user.email not in response.content.decode()
    assert len(said["eligibilites"]) == len(said["affectations"]) == 1
    # Every table that points to a person is told.
    told = {"eligibilites", "affectations", "transferts", "formations", "points_suivi", "consultations", "competences"}
    assert {relation.get_accessor_name() for relation in Participant._meta.related_objects} == told


def test_the_notice_is_printed_then_noted(client_facilitateur, person):
    page = text(client_facilitateur.get(reverse("clauses:participant_fiche", args=[person.pk])))
    assert "Jusqu’à 24 mois" in page
    client_facilitateur.post(reverse("clauses:notice_remise", args=[person.pk]))
    person.refresh_from_db()
    assert person.notice_remise_le == date(2026, 6, 15)


def accepted(person):
    affectation = make.make_affectation(participant=person)
    return make.make_imputation(ligne=make.make_ligne_heures(affectation=affectation), etat=Etat.ACCEPTEE)


def test_an_erased_person_leaves_anonymous_hours(client_facilitateur, person):
    line = accepted(person).ligne
    employer = line.affectation.employeur
    make.make_point_suivi(participant=person)
    url = reverse("clauses:participant_effacer", args=[person.pk])
    assert "pas le code" in text(client_facilitateur.post(url, {"motif": "demande", "code": "F-XXXX"}))
    assert client_facilitateur.post(url, {"motif": "demande", "code": " f-7k3m "}).status_code == 302
    assert not Participant.objects.exists()
    assert not Affectation.objects.exists()
    line.refresh_from_db()
    assert (line.affectation, line.employeur, line.heures_travail) == (None, employer, 100)
    assert hours_accepted_total() == 100
    assert Imputation.objects.get().etat == Etat.ACCEPTEE
    gone = Effacement.objects.get()
    assert (gone.motif, gone.par) == (MotifEffacement.DEMANDE, client_facilitateur.user)
    assert "7K3M" not in gone.empreinte


def purge() -> str:
    out = StringIO()
    call_command("purge_participants", stdout=out)
    return out.getvalue()


def test_the_purge_erases_those_without_a_trace_for_two_years(person):
    stale = make.make_participant(facilitateur=person.facilitateur, entree_le=date(2022, 1, 1))
    make.make_affectation(participant=stale, date_debut=date(2022, 2, 1), date_fin=date(2022, 12, 31))
    followed = make.make_participant(facilitateur=person.facilitateur, entree_le=date(2022, 1, 1))
    make.make_point_suivi(participant=followed, fait_le=date(2024, 6, 16))
    assert purge() == "1 personne effacée, 0 effacement rejoué.\n"
    assert set(Participant.objects.all()) == {person, followed}
    assert purge() == "0 personne effacée, 0 effacement rejoué.\n"
    with time_machine.travel("2026-06-16 12:00+00:00"):
        assert purge().startswith("1 personne effacée")


def test_the_purge_is_replayed_after_a_restore(person):
    accepted(person)
    actions.effacer(person, motif=MotifEffacement.DEMANDE)
    # The backup of the night before comes back.
    make.make_participant(facilitateur=person.facilitateur, code="F-7K3M", entree_le=date(2026, 5, 1))
    assert purge() == "0 personne effacée, 1 effacement rejoué.\n"
    assert not Participant.objects.exists()
    assert LigneHeures.objects.count() == 1


def test_the_purge_costs_the_same_for_one_person_or_twenty(person, django_assert_max_num_queries):
    for _ in range(20):
        make.make_participant(facilitateur=person.facilitateur)
    with django_assert_max_num_queries(12):
        assert actions.purger(date(2026, 6, 15)) == {"terme": 0, "rejoues": 0}


def test_the_register_of_processing_is_public(client):
    page = text(client.get(reverse("clauses:registre_traitements")))
    assert "24 mois après la dernière trace" in page

"""Teams, skills, what follows a training, and what became of an assignment: told, filtered, handed over, erased."""

import re
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clauses import actions, rules
from clauses.enums import StatutFormation
from clauses.models import ActionFormation, Affectation, CompetenceParticipant, Participant
from clauses.rules import mission_possible
from clauses.stats import suivi
from portal.permissions import Role
from tests import factories as f
from tests.clauses.conftest import make_chantier
from tests.clauses.helpers import text

TEAMS_REFUSED = ["DUPONT", "MARIE1", "A B C D", "ABCD", "-", "é", "\x00", "9999", "A" * 8]


@pytest.fixture(autouse=True)
def _in_june():
    with time_machine.travel("2026-06-15 12:00+00:00", tick=False):
        yield


def team_url(affectation):
    return reverse("clauses:matricule", args=[affectation.pk])


# Team ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("typed", "kept"), [("a", "A"), ("nui-3", "NUI-3"), ("12", "12"), ("", ""), (" b 2", "B2")])
def test_an_employer_names_a_team_by_a_short_code(chantier, typed, kept):
    row = chantier.affectations[0]
    answer = chantier.client(Role.ENTREPRISE).post(team_url(row), {"matricule": "77", "equipe": typed})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.equipe, row.matricule) == (kept, "77")


@pytest.mark.parametrize("typed", TEAMS_REFUSED)
def test_a_team_cannot_name_anybody(chantier, typed):
    row = chantier.affectations[0]
    answer = chantier.client(Role.ENTREPRISE).post(team_url(row), {"matricule": "", "equipe": typed})
    assert answer.status_code == 200
    row.refresh_from_db()
    assert row.equipe == ""


def test_the_grid_shows_teams_and_one_team_keeping_what_is_typed(chantier):
    first, second, third = chantier.affectations
    Affectation.objects.filter(pk=first.pk).update(equipe="A")
    Affectation.objects.filter(pk=second.pk).update(equipe="NUI-3")
    client, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()
    page = text(client.get(url))
    assert "équipe A" in page
    assert 'value="equipe:NUI-3"' in page
    data = {
        "version": chantier.month.version, "action": "equipe:A",
        "affectation": [f"{third.pk}:{third.participant.code}"], f"l{third.pk}-travail": "12",
    }  # fmt: skip
    answer = client.post(url, data)
    assert answer.url == f"{url}?equipe=A"
    assert chantier.month.imputations.get().heures == 12
    shown = text(client.get(answer.url))
    assert f"{first.pk}:{first.participant.code}" in shown
    assert f"{third.pk}:{third.participant.code}" not in shown
    for wrong in ("?equipe=%00", "?equipe=" + "A" * 300, "?equipe=a%27--"):
        assert f"{third.pk}:{third.participant.code}" in text(client.get(url + wrong))


def test_people_are_filtered_by_team_and_by_skill(chantier):
    first, second, _ = chantier.affectations
    Affectation.objects.filter(pk=first.pk).update(equipe="A")
    CompetenceParticipant.objects.create(participant=second.participant, competence="soudure")
    for role, name in ((Role.ENTREPRISE, "clauses:salaries"), (Role.FACILITATEUR, "clauses:participants")):
        client, url = chantier.client(role), reverse(name)
        by_team, by_skill = (text(client.get(url, q)) for q in ({"equipe": "a"}, {"competence": "soudure"}))
        assert first.participant.code in by_team
        assert second.participant.code not in by_team
        assert second.participant.code in by_skill
        assert first.participant.code not in by_skill
        for wrong in ("\x00", "x" * 500, "inconnue"):
            assert client.get(url, {"equipe": wrong, "competence": wrong}).status_code == 200


def test_the_list_of_an_employer_costs_the_same_for_three_or_thirteen(chantier):
    client, url = chantier.client(Role.ENTREPRISE), reverse("clauses:salaries")

    def cost():
        with CaptureQueriesContext(connection) as seen:
            client.get(url)
        return len(seen)

    cost()
    before = cost()
    for _ in range(10):
        person = f.make_participant(facilitateur=chantier.facilitateur)
        CompetenceParticipant.objects.create(participant=person, competence="peinture")
        f.make_affectation(participant=person, employeur=chantier.entreprise, equipe="A")
    assert cost() == before


# History -------------------------------------------------------------------------------------------------------------
def test_the_history_of_an_assignment_says_who_when_before_and_after(chantier):
    row = chantier.affectations[0]
    facilitator, company = chantier.client(Role.FACILITATEUR), chantier.client(Role.ENTREPRISE)
    url = reverse("clauses:affectation_edit", args=[row.pk])
    data = {
        "modalite": "embauche", "contrat": "cdi", "metier": "Soudeur", "date_debut": "2026-01-05", "date_fin": "",
        "utilisateur": "", "utilisateur_prive": "", "derogation_480": "",
    }  # fmt: skip
    assert facilitator.post(url, data).status_code == 302
    company.post(team_url(row), {"matricule": "SECRET-7", "equipe": "A"})
    page = text(facilitator.get(url))
    assert "Affectation modifiée" in page
    assert "Équipe choisie par l&#x27;employeur" in page
    assert facilitator.user.email in page
    assert "CDD" in page
    assert "Soudeur" in page
    assert "15/06/2026" in page
    assert "SECRET-7" not in page  # the employer's own number is nobody else's
    reasons = row.history.order_by("history_id").values_list("history_change_reason", flat=True)
    assert list(reasons)[-2:] == ["saisie", "equipe"]
    company.post(team_url(row), {"matricule": "8", "equipe": "A"})
    assert row.history.count() == len(reasons)  # a number of its own leaves no trace


def test_an_assignment_older_than_its_history_keeps_what_it_said_before(chantier):
    row = chantier.affectations[0]
    row.history.all().delete()
    chantier.client(Role.ENTREPRISE).post(team_url(row), {"matricule": "", "equipe": "B"})
    page = text(chantier.client(Role.FACILITATEUR).get(reverse("clauses:affectation_edit", args=[row.pk])))
    assert "Premier état noté" in page
    assert re.search(r"vide\b.{0,120}<strong>B</strong>", page)
    assert row.history.count() == 2


def test_a_person_erased_leaves_no_history_nor_skill(chantier):
    person = chantier.affectations[0].participant
    CompetenceParticipant.objects.create(participant=person, competence="soudure")
    told = actions.tout_ce_qui_est_su(person)
    assert told["competences"] == ["Soudure"]
    assert told["modifications_affectations"][0]["contrat"] == "CDD"
    assert not {"history date", "ID", "matricule"} & told["modifications_affectations"][0].keys()
    assert Affectation.history.filter(participant=person.pk).exists()
    actions.effacer(person, motif="demande", by=chantier.by)
    assert not Affectation.history.filter(participant=person.pk).exists()
    assert not CompetenceParticipant.objects.exists()


# Profile -------------------------------------------------------------------------------------------------------------
def test_who_sent_a_person_and_what_they_can_do(chantier):
    person = chantier.affectations[0].participant
    client, url = chantier.client(Role.FACILITATEUR), reverse("clauses:participant_profil", args=[person.pk])
    sent = {"prescripteur": "mission_locale", "competences": ["soudure", "engins"]}
    assert client.post(url, sent).url == person.get_absolute_url()
    page = text(client.get(person.get_absolute_url()))
    assert "Mission locale" in page
    assert "Conduite d&#x27;engins (CACES)" in page
    client.post(url, {"prescripteur": "", "competences": ["soudure"]})
    person = Participant.objects.get(pk=person.pk)
    assert (person.prescripteur, [c.competence for c in person.competences.all()]) == ("", ["soudure"])
    for wrong in ({"competences": ["dort bien"]}, {"prescripteur": "\x00"}, {"competences": ["soudure", "\x00"]}):
        assert client.post(url, wrong).status_code == 200
    assert CompetenceParticipant.objects.count() == 1


# Training and mission -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("statut", "du", "au", "words"),
    [
        (StatutFormation.TERMINEE, date(2025, 11, 1), date(2025, 12, 1), ""),
        (StatutFormation.TERMINEE, None, None, ""),
        (StatutFormation.PREVUE, None, None, "formation terminée"),
        (StatutFormation.TERMINEE, date(2026, 2, 1), date(2026, 3, 1), "avant la formation"),
    ],
)
def test_a_mission_follows_a_training_that_was_done(db, statut, du, au, words):
    verdict = mission_possible(f.make_affectation(), statut, du, au)
    assert verdict.is_blocking is bool(words)
    assert words in verdict.reason
    assert rules.mission_possible(None, statut, du, au).is_ok


def test_people_trained_and_missions_offered_are_counted(chantier):
    client = chantier.client(Role.FACILITATEUR)
    person, mission = chantier.affectations[0].participant, chantier.affectations[0]
    other = chantier.affectations[1].participant
    foreign = make_chantier(people=1).affectations[0]
    url = reverse("clauses:formation_create", args=[person.pk])
    data = {
        "intitule": "CACES R489", "statut": "terminee", "du": "2025-12-01", "au": "2026-01-04", "resultat": "obtenue",
        "mission": mission.pk, "heures": "", "dispositif": "", "financeur": "", "demandee_le": "",
    }  # fmt: skip
    for wrong in (foreign.pk, "\x00", "9" * 30, "abc"):
        assert client.post(url, data | {"mission": wrong, "resultat": ""}).status_code == 200
    assert client.post(url, data | {"resultat": ""}).status_code == 302
    f.make_action_formation(participant=other, statut=StatutFormation.TERMINEE, au=date(2026, 2, 1))
    assert ActionFormation.objects.get(participant=person).mission == mission
    assert "puis mission chez" in text(client.get(person.get_absolute_url()))
    assert suivi.formees(Participant.objects.filter(facilitateur=chantier.facilitateur), date(2026, 6, 15)) == (2, 1)
    assert "2 personnes formées, 1 mission proposée ensuite" in text(client.get(reverse("clauses:points")))
    for line in chantier.sent(100, 50):
        actions.accept(line, by=chantier.by)
    told = "clauses:bilan", ["structure", chantier.entreprise.pk]
    for role in (Role.FACILITATEUR, Role.ENTREPRISE):
        page = text(chantier.client(role).get(reverse(told[0], args=told[1]), {"annee": 2026}))
        assert "personnes formées" in page
        assert "mission proposée ensuite" in page
    buyer = reverse("clauses:bilan", args=["acheteur", chantier.acheteur.organisation_id])
    assert "formées" not in text(chantier.client(Role.ACHETEUR).get(buyer, {"annee": 2026}))

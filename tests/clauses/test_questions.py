"""Questions on a clause during the consultation: its facilitator is told, and may answer for all."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from marches.actions import questions as actions
from marches.enums import SujetQuestion
from marches.models import Question
from portal.models import Envoi
from portal.permissions import Role
from tests import factories as make
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
LIST = reverse("clauses:questions")


@pytest.fixture
def lot(client_facilitateur, client_acheteur):
    marche = make.make_marche(
        acheteur=client_acheteur.acteur_organisation.acheteur, date_limite=timezone.now() + timedelta(days=30)
    )
    lot = make.make_lot(marche=marche, numero="1")
    make.make_lot(marche=marche, numero="2")
    make.make_clause(lot=lot, facilitateur=client_facilitateur.acteur_organisation.facilitateur)
    return lot


def ask(client, lot, sujet=SujetQuestion.CLAUSE, marche=None, texte="Combien d'heures de formation ?"):
    now = timezone.now()
    marche = marche or lot.marche
    return actions.poser(marche=marche, lot=lot, sujet=sujet, texte=texte, by=client.acteur, now=now)


def test_the_facilitator_of_the_clause_is_told_and_answers(
    client_facilitateur, client_acheteur, client_structure, client, lot
):
    question = ask(client_structure, lot)
    told = set(Envoi.objects.filter(cle=f"question:{question.pk}").values_list("destinataire", flat=True))
    assert told == {client_facilitateur.user.email, client_acheteur.user.email}
    assert "heures de formation" in client_facilitateur.get(reverse("pages:tableau_de_bord")).content.decode()
    assert "heures de formation" in client_facilitateur.get(LIST).content.decode()
    page = reverse("clauses:question", args=[question.pk])
    assert "Écarter" not in client_facilitateur.get(page).content.decode()
    data = {"geste": "repondre", "texte_publie": question.texte, "reponse": "Le quart au plus."}
    assert client_facilitateur.post(page, {"geste": "ecarter", "motif": "autre"}).status_code == 200
    assert Question.objects.get().etat == "attente"
    assert client_facilitateur.post(page, data).url == LIST
    assert "Le quart au plus." in client.get(reverse("marches:questions", args=[lot.marche_id])).content.decode()


def test_the_others_are_out_of_reach(client_facilitateur, client_structure, lot):
    other_lot = lot.marche.lots.exclude(pk=lot.pk).get()
    asked = [
        ask(client_structure, other_lot),
        ask(client_structure, lot, SujetQuestion.PRESTATION, texte="Combien de salles ?"),
        ask(client_structure, None, marche=lot.marche, texte="Et pour tous les lots ?"),
    ]
    found = [client_facilitateur.get(reverse("clauses:question", args=[question.pk])).status_code for question in asked]
    assert found == [404, 404, 200]
    stranger = sign_in(Role.FACILITATEUR)
    assert stranger.get(reverse("clauses:question", args=[asked[2].pk])).status_code == 404
    assert "Aucune question sur vos clauses" in stranger.get(LIST).content.decode()


def test_one_or_fifty_cost_the_same(client_facilitateur, lot):
    done = {"etat": "publiee", "texte_publie": "Q", "reponse": "R", "repondue_le": timezone.now()}

    def fill(n):
        for _ in range(n):
            make.make_question(marche=lot.marche, lot=lot, sujet="clause")
            make.make_question(marche=lot.marche, lot=lot, sujet="clause", **done)

    def cost():
        client_facilitateur.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            assert client_facilitateur.get(LIST).status_code == 200
        return len(captured)

    fill(1)
    before = cost()
    fill(49)
    assert cost() == before

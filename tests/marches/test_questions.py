"""Questions of a consultation: asked by one, answered for all alike, never telling who asked."""

import html
import re
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from marches.actions import ActionRefusee
from marches.actions import questions as actions
from marches.consultation import accueil_of
from marches.models import Question, SuiviQuestions
from marches.rules.questions import delais, peut_demander, peut_repondre
from portal.models import Envoi
from portal.permissions import Role
from portal.verdict import Niveau
from tests import factories as make
from tests.conftest import sign_in

JOUR = date(2026, 9, 1)
LIMITE = timezone.make_aware(datetime(2026, 10, 30, 12))


def at(day: str):
    return timezone.make_aware(datetime.fromisoformat(day))


def text(response, code=200) -> str:
    assert response.status_code == code
    return html.unescape(response.content.decode()).replace("\xa0", " ").replace("\u202f", " ")


# Rules ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "question", "reponse"),
    [
        ({}, "2026-10-20", "2026-10-24"),  # R. 2132-6: six days; the usage: ten
        ({"urgence": True}, "2026-10-20", "2026-10-26"),  # four days in urgency
        ({"jusqu_au": date(2026, 10, 22)}, "2026-10-22", "2026-10-24"),
        ({"jusqu_au": date(2026, 10, 10)}, "2026-10-10", "2026-10-24"),
        ({"jusqu_au": date(2026, 10, 29)}, "2026-10-24", "2026-10-24"),  # never after the last day to answer
    ],
)
def test_the_days_of_a_consultation(given, question, reponse):
    found = delais(LIMITE, JOUR, **given)
    assert (found.question.isoformat(), found.reponse.isoformat()) == (question, reponse)


def test_the_deadline_is_a_day_in_paris():
    """23:30 in UTC on the 29th is already the 30th."""
    late = datetime.fromisoformat("2026-10-29T23:30:00+00:00")
    assert delais(late, JOUR).reponse == date(2026, 10, 24)


@pytest.mark.parametrize(
    ("now", "level"),
    [("2026-10-20T23:59", Niveau.OK), ("2026-10-21T00:00", Niveau.BLOCAGE), ("2026-11-02T09:00", Niveau.BLOCAGE)],
)
def test_until_when_one_asks(now, level):
    verdict = peut_demander(delais(LIMITE, JOUR), at(now))
    assert verdict.level == level
    assert verdict.is_ok or "closes depuis le 20/10/2026" in verdict.reason


@pytest.mark.parametrize(
    ("now", "adaptee", "level", "source"),
    [
        ("2026-10-24T23:59", False, Niveau.OK, ""),
        ("2026-10-25T00:00", False, Niveau.AVERTISSEMENT, "R. 2151-4"),
        ("2026-10-25T00:00", True, Niveau.INFORMATION, "R. 2151-1"),
        ("2026-10-30T12:00", False, Niveau.AVERTISSEMENT, "R. 2132-6"),
        ("2026-10-30T12:01", False, Niveau.BLOCAGE, "L. 3"),
        ("2026-10-30T12:01", True, Niveau.BLOCAGE, "L. 3"),
    ],
)
def test_until_when_one_answers(now, adaptee, level, source):
    verdict = peut_repondre(delais(LIMITE, JOUR, adaptee=adaptee), at(now))
    assert verdict.level == level
    assert source in verdict.source
    assert verdict.is_ok or verdict.reason


# Pages ----------------------------------------------------------------------------------------------------------------
@pytest.fixture
def marche(client_acheteur):
    now = timezone.now()
    given = {"date_lancement": timezone.localdate() - timedelta(days=5), "date_limite": now + timedelta(days=30)}
    marche = make.make_marche(acheteur=client_acheteur.acteur_organisation.acheteur, objet="Nettoyage", **given)
    make.make_lot(marche=marche, numero="1", objet="Bureaux")
    make.make_lot(marche=marche, numero="2", objet="Vitres")
    return marche


def url(name: str, *args) -> str:
    return reverse(f"marches:{name}", args=args)


def ask(client, marche, texte="Faut-il des échelles ?", **given):
    data = {"lot": "", "sujet": "prestation", "texte": texte} | given
    return client.post(url("question_poser", marche.pk), data)


def answer(client, question, reponse="Oui.", texte_publie=None):
    data = {"geste": "repondre", "texte_publie": texte_publie or question.texte, "reponse": reponse}
    return client.post(url("question", question.pk), data)


@pytest.mark.django_db
def test_one_answer_for_all_and_nobody_knows_who_asked(client_acheteur, client_structure, client, marche):
    name = client_structure.acteur_organisation.denomination
    other = sign_in(Role.ENTREPRISE)
    assert ask(client_structure, marche, "Nous, rue des Lilas : des échelles ?").url == url("questions", marche.pk)
    question = Question.objects.get()
    assert (question.organisation, question.etat) == (client_structure.acteur_organisation, "attente")
    told = Envoi.objects.get()
    assert (told.destinataire, name in told.texte) == (client_acheteur.user.email, False)
    page = url("questions", marche.pk)
    assert "rue des Lilas" in text(client_structure.get(page))
    for reader in (client, other):
        shown = text(reader.get(page))
        assert "rue des Lilas" not in shown
        assert "1 question attend sa réponse" in shown
    buyer = text(client_acheteur.get(page)) + text(client_acheteur.get(url("question", question.pk)))
    assert "rue des Lilas" in buyer
    assert name not in buyer
    other.post(url("questions_suivre", marche.pk), {"suivre": "oui"})
    assert answer(client_acheteur, question, "Oui, de 4 mètres.", "Des échelles ?").url == page
    sent = Envoi.objects.filter(cle__startswith=f"question:{question.pk}:")
    assert {row.destinataire for row in sent} == {client_structure.user.email, other.user.email}
    assert len({(row.sujet, row.texte) for row in sent}) == 1  # word for word the same
    bodies = []
    for reader in (client, other, client_structure, client_acheteur):
        shown = text(reader.get(page))
        assert name not in re.sub(r"<header.*?</header>|<nav.*?</nav>", "", shown, flags=re.DOTALL)
        bodies.append(re.search(r'<article class="question".*?</article>', shown, re.DOTALL)[0])
    assert len(set(bodies)) == 1
    assert "Des échelles ?" in bodies[0]
    assert "rue des Lilas" not in bodies[0]
    for place in (
        marche.get_absolute_url(),
        marche.lots.first().get_absolute_url(),
        url("questions_imprimer", marche.pk),
    ):
        assert "Oui, de 4 mètres." in text(client.get(place))
    feed = client.get(url("questions_flux", marche.pk))
    assert feed["Content-Type"].startswith("application/atom+xml")
    assert "Oui, de 4 mètres." in text(feed)


@pytest.mark.django_db
def test_a_question_on_a_lot_shows_on_that_lot_alone(client_acheteur, client_structure, client, marche):
    first, second = marche.lots.order_by("numero")
    assert f'<option value="{second.pk}" selected>' in text(
        client_structure.get(url("question_poser", marche.pk), {"lot": second.pk})
    )
    ask(client_structure, marche, lot=second.pk)
    answer(client_acheteur, Question.objects.get(), "Réponse sur les vitres.")
    assert "Réponse sur les vitres." in text(client.get(second.get_absolute_url()))
    assert "Réponse sur les vitres." not in text(client.get(first.get_absolute_url()))


@pytest.mark.django_db
def test_a_correction_is_dated_and_told(client_acheteur, client_structure, marche):
    ask(client_structure, marche)
    question = Question.objects.get()
    answer(client_acheteur, question, "Oui.")
    answer(client_acheteur, question, "Oui.")  # the same again tells nobody
    assert Envoi.objects.filter(sujet__startswith="Réponse").count() == 1
    answer(client_acheteur, question, "Non.")
    question.refresh_from_db()
    assert question.modifiee_le is not None
    assert Envoi.objects.filter(sujet__startswith="Réponse corrigée").count() == 1
    assert "corrigée le" in text(client_structure.get(url("questions", marche.pk)))


@pytest.mark.django_db
def test_set_aside_with_a_reason_for_its_author_alone(client_acheteur, client_structure, client, marche):
    ask(client_structure, marche, "Quel était le prix retenu ?")
    question = Question.objects.get()
    page = url("question", question.pk)
    assert "Dites pourquoi" in text(client_acheteur.post(page, {"geste": "ecarter", "motif": ""}))
    assert "Précisez la raison" in text(client_acheteur.post(page, {"geste": "ecarter", "motif": "autre"}))
    client_acheteur.post(page, {"geste": "ecarter", "motif": "secret", "precision": "Secret du titulaire."})
    mail = Envoi.objects.get(cle=f"question:{question.pk}:refus")
    assert mail.destinataire == client_structure.user.email
    assert "secret des affaires" in mail.texte
    shown = url("questions", marche.pk)
    assert "Secret du titulaire." in text(client_structure.get(shown))
    assert "prix retenu" not in text(client.get(shown))
    again = answer(client_acheteur, question)
    assert "a été écartée" in text(again) or "Écartée" in text(again)
    assert Question.objects.get().reponse == ""


@pytest.mark.django_db
def test_closed_states_say_since_when(client_acheteur, client_structure, client, marche):
    page = url("questions", marche.pk)
    marche.date_limite = timezone.now() + timedelta(days=8)
    marche.save()
    closed = timezone.localtime(marche.date_limite).date() - timedelta(days=10)
    assert f"Les questions sont closes depuis le {closed:%d/%m/%Y}" in text(client.get(page))
    refused = text(client_structure.get(url("question_poser", marche.pk), follow=True))
    assert "Les questions sont closes" in refused
    assert ask(client_structure, marche).status_code == 302
    assert not Question.objects.exists()
    question = make.make_question(marche=marche)
    marche.date_limite = timezone.now() + timedelta(days=3)
    marche.save()
    late = text(client_acheteur.get(url("question", question.pk)))
    assert "prolongez le délai de remise" in late
    marche.date_limite = timezone.now() - timedelta(hours=1)
    marche.save()
    over = text(client_acheteur.get(url("question", question.pk)))
    assert "n'éclairerait plus personne" in over
    assert "Publier la réponse" not in over
    answer(client_acheteur, question)
    question.refresh_from_db()
    assert question.repondue_le is None
    marche.date_limite = None
    marche.save()
    assert "ne reçoit pas de question" in text(client.get(page))
    assert answer(client_acheteur, question).status_code == 200


@pytest.mark.django_db
def test_no_question_where_nobody_would_read_it(client_structure, client):
    """A buyer known by its notices alone has no account: a question would wait for ever."""
    marche = make.make_marche(date_limite=timezone.now() + timedelta(days=30))
    make.make_lot(marche=marche)
    assert "n’a pas de compte sur le portail" in text(client.get(url("questions", marche.pk)))
    assert ask(client_structure, marche).status_code == 302
    assert not Question.objects.exists()


@pytest.mark.django_db
def test_the_buyer_sets_the_last_day_or_another_place(client_acheteur, client_structure, client, marche):
    setting, page = url("questions_regler", marche.pk), url("questions", marche.pk)
    last = accueil_of(marche, timezone.now()).delais.reponse
    too_late = {"jusqu_au": (last + timedelta(days=1)).isoformat(), "ailleurs": ""}
    assert f"Choisissez au plus tard le {last:%d/%m/%Y}" in text(client_acheteur.post(setting, too_late))
    client_acheteur.post(setting, {"jusqu_au": last.isoformat(), "ailleurs": ""})
    assert f"<strong>{last:%d/%m/%Y}</strong>" in text(client.get(page))
    assert "adresse complète" in text(client_acheteur.post(setting, {"ailleurs": "pas une adresse"}))
    client_acheteur.post(setting, {"ailleurs": "https://marches.exemple.fr/1"})
    assert "https://marches.exemple.fr/1" in text(client.get(page))
    assert ask(client_structure, marche).status_code == 302
    assert not Question.objects.exists()


@pytest.mark.django_db
def test_bad_input_is_said_and_nothing_is_kept(client_structure, marche):
    foreign = make.make_lot()
    for given in (
        {"texte": ""}, {"texte": "a\x00b"}, {"texte": "x" * 3_001}, {"sujet": "nul"}, {"lot": "9" * 40},
        {"lot": foreign.pk}, {"lot": "a\x00"},
    ):  # fmt: skip
        assert ask(client_structure, marche, **given).status_code == 200
    assert not Question.objects.exists()
    assert client_structure.get(url("question_poser", marche.pk), {"lot": "\x00"}).status_code == 200
    assert client_structure.get(url("questions", marche.pk), {"page": "9" * 40}).status_code == 200
    ask(client_structure, marche)
    assert "déjà posé cette question" in text(ask(client_structure, marche))


@pytest.mark.django_db
def test_two_people_never_answer_the_same_question_twice(client_acheteur, client_structure, marche):
    ask(client_structure, marche)
    first, second = Question.objects.get(), Question.objects.get()
    given = {"texte_publie": "Q", "by": client_acheteur.acteur, "now": timezone.now()}
    actions.repondre(question=first, reponse="Oui.", **given)
    with pytest.raises(ActionRefusee, match="vient de traiter"):
        actions.repondre(question=second, reponse="Non.", **given)
    assert Question.objects.get().reponse == "Oui."


@pytest.mark.django_db
def test_following_stops_when_one_says_so(client_acheteur, client_structure, marche):
    ask(client_structure, marche)
    client_structure.post(url("questions_suivre", marche.pk), {"suivre": "non"})
    assert not SuiviQuestions.objects.exists()
    answer(client_acheteur, Question.objects.get())
    assert not Envoi.objects.filter(sujet__startswith="Réponse").exists()


@pytest.mark.django_db
def test_a_draft_has_no_question(client_acheteur, client, marche):
    marche.publie = False
    marche.save()
    for name in ("questions", "questions_imprimer", "questions_flux"):
        assert client.get(url(name, marche.pk)).status_code == 404
    assert client_acheteur.get(url("questions", marche.pk)).status_code == 200


@pytest.mark.django_db
def test_the_base_refuses_a_published_question_without_answer():
    marche = make.make_marche()
    for given in ({"etat": "publiee"}, {"etat": "ecartee"}, {"etat": "attente", "repondue_le": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make.make_question(marche=marche, **given)


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.django_db
def test_one_or_fifty_cost_the_same(client_acheteur, client_structure, client, marche):
    lots = list(marche.lots.all())
    body = client_structure.acteur_organisation
    done = {"etat": "publiee", "texte_publie": "Q", "reponse": "R", "repondue_le": timezone.now()}

    def fill(n):
        for _ in range(n):
            make.make_question(marche=marche, lot=lots[0], organisation=body, **done)
            make.make_question(marche=marche, lot=lots[0], organisation=body)

    pages = [url("questions", marche.pk), url("questions_imprimer", marche.pk), lots[0].get_absolute_url()]
    readers = [client, client_structure, client_acheteur]
    fill(7)  # more than a board shows
    before = [queries(reader, page) for page in pages for reader in readers]
    board = reverse("pages:tableau_de_bord")
    before.append(queries(client_acheteur, board))
    fill(43)
    after = [queries(reader, page) for page in pages for reader in readers]
    after.append(queries(client_acheteur, board))
    assert after == before
    assert max(len(client.get(page).content) for page in pages[::2]) < 60_000
    assert "Questions à répondre (50)" in text(client_acheteur.get(board))


def test_who_asked_is_forgotten_six_months_after_the_deadline(client_acheteur, client_structure, client, marche):
    ask(client_structure, marche)
    answer(client_acheteur, Question.objects.get())
    ask(client_structure, marche, texte="Et des gants ?")  # never answered
    client_structure.post(url("questions_suivre", marche.pk), {"suivre": "oui"})
    end = timezone.localtime(marche.date_limite).date()
    assert actions.effacer_auteurs(end + timedelta(days=183)) == 0
    assert SuiviQuestions.objects.exists()
    assert actions.effacer_auteurs(end + timedelta(days=184)) == 2
    known = Question.objects.get()
    assert (known.auteur, known.organisation, known.texte) == (None, None, "")
    assert not SuiviQuestions.objects.exists()
    assert known.texte_publie in text(client.get(url("questions", marche.pk)))
    assert actions.effacer_auteurs(end + timedelta(days=185)) == 0

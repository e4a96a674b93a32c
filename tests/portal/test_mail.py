import smtplib
from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from portal import mail, tasks
from portal.models import Envoi, User

TEMPLATES = {
    "emails/lot.subject.txt": "Lot\n{{ lot }} ouvert",
    "emails/lot.txt": "Bonjour {{ destinataire }},\nle lot « {{ lot }} » est ouvert.",
    "emails/lot.html": "<p>{{ lot }}</p>",
    "emails/sans_html.subject.txt": "Sujet",
    "emails/sans_html.txt": "Texte",
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def email_templates(settings):
    loaders = [("django.template.loaders.locmem.Loader", TEMPLATES)]
    settings.TEMPLATES = [
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {"loaders": loaders}}
    ]


@pytest.fixture
def queue(monkeypatch):
    """The ids of the messages queued, instead of the task library."""
    queued = []
    monkeypatch.setattr(type(tasks.deliver), "enqueue", lambda task, *args: queued.extend(args))
    return queued


def server(monkeypatch, **methods):
    """A mail server that behaves as told."""
    backend = type("Backend", (EmailBackend,), methods)
    monkeypatch.setattr(tasks, "get_connection", backend)


def raising(error):
    def method(*args, **kwargs):
        raise error

    return method


@pytest.fixture
def envoi():
    return Envoi.objects.create(cle="lot:1", destinataire="a@b.fr", sujet="Sujet", texte="Texte", html="<p>Texte</p>")


def test_send_writes_one_row_per_recipient_and_queues_it(queue):
    closed = User(email="parti@d.fr", is_active=False)
    envois = mail.send("lot", ["A@b.fr", User(email="c@d.fr"), "a@B.fr", "", closed], lot="L'Étape & Cie")
    assert [(envoi.destinataire, envoi.etat) for envoi in envois] == [("a@b.fr", "a_envoyer"), ("c@d.fr", "a_envoyer")]
    assert envois[0].sujet == "Lot L'Étape & Cie ouvert"
    assert envois[1].texte == "Bonjour c@d.fr,\nle lot « L'Étape & Cie » est ouvert.\n"
    assert envois[0].html == "<p>L&#x27;Étape &amp; Cie</p>"
    assert queue == [envoi.pk for envoi in envois]
    assert outbox.outbox == []


@pytest.mark.parametrize("to", ["a@b.fr", User(email="a@b.fr"), ("a@b.fr",), iter(["a@b.fr"])])
def test_send_to_one_or_several(to):
    assert [envoi.destinataire for envoi in mail.send("sans_html", to)] == ["a@b.fr"]


def test_send_to_a_queryset():
    User.objects.create(email="a@b.fr")
    assert [envoi.destinataire for envoi in mail.send("sans_html", User.objects.all())] == ["a@b.fr"]


def test_html_is_optional():
    assert mail.send("sans_html", "a@b.fr")[0].html == ""


def test_the_same_key_is_never_sent_twice_to_the_same_address(queue):
    mail.send("sans_html", "a@b.fr", cle="lot:1")
    assert mail.send("sans_html", ["a@b.fr", "c@d.fr"], cle="lot:1")[0].destinataire == "c@d.fr"
    assert len(queue) == Envoi.objects.count() == 2
    mail.send("sans_html", "a@b.fr")
    mail.send("sans_html", "a@b.fr")
    assert Envoi.objects.count() == 4


def test_a_context_may_hold_any_name():
    assert mail.send("lot", "a@b.fr", name="n", to="t", lot="1")[0].sujet == "Lot 1 ouvert"


def test_a_rolled_back_change_sends_nothing():
    def change():
        with transaction.atomic():
            mail.send("sans_html", "a@b.fr")
            raise LookupError

    with pytest.raises(LookupError):
        change()
    assert not Envoi.objects.exists()


def test_a_message_goes_through_the_queue():
    (envoi,) = mail.send("sans_html", "a@b.fr")  # the queue of the tests works at once
    envoi.refresh_from_db()
    assert envoi.etat == "envoye"
    assert [message.to for message in outbox.outbox] == [["a@b.fr"]]


def test_the_task_is_saved_with_the_message(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}
    with transaction.atomic():
        mail.send("sans_html", "a@b.fr")
        transaction.set_rollback(True)
    assert not DBTaskResult.objects.exists()
    (envoi,) = mail.send("sans_html", "a@b.fr")
    saved = DBTaskResult.objects.get()
    assert (saved.task_path, saved.args_kwargs["args"]) == ("portal.tasks.deliver", [envoi.pk])
    assert saved.task.call(envoi.pk) == "envoye"


def test_deliver_sends_once(envoi):
    assert tasks.deliver.call(envoi.pk) == "envoye"
    assert tasks.deliver.call(envoi.pk) == ""
    envoi.refresh_from_db()
    assert (envoi.etat, envoi.erreur) == ("envoye", "")
    assert envoi.envoye_le is not None
    (message,) = outbox.outbox
    assert (message.subject, message.to, message.body) == ("Sujet", ["a@b.fr"], "Texte")
    assert message.alternatives[0].content == "<p>Texte</p>"


@pytest.mark.parametrize("etat", ["en_cours", "envoye", "incertain", "echec"])
def test_deliver_leaves_what_is_not_to_be_sent(envoi, etat):
    Envoi.objects.update(etat=etat)
    assert tasks.deliver.call(envoi.pk) == ""
    envoi.refresh_from_db()
    assert envoi.etat == etat
    assert outbox.outbox == []


def test_deliver_of_a_row_that_is_gone():
    assert tasks.deliver.call(404) == ""


@pytest.mark.parametrize(
    ("method", "error", "etat"),
    [
        ("open", ConnectionRefusedError("refus"), "echec"),
        ("open", smtplib.SMTPAuthenticationError(535, b"non"), "echec"),
        ("send_messages", smtplib.SMTPRecipientsRefused({}), "echec"),
        ("send_messages", smtplib.SMTPDataError(554, b"non"), "echec"),
        ("send_messages", ValueError("en-tete"), "echec"),
        ("send_messages", smtplib.SMTPServerDisconnected("coupure"), "incertain"),
        ("send_messages", TimeoutError("sans reponse"), "incertain"),
        ("close", smtplib.SMTPException("au revoir"), "envoye"),
    ],
)
def test_what_went_wrong_decides_the_state(envoi, monkeypatch, method, error, etat):
    server(monkeypatch, **{method: raising(error)})
    assert tasks.deliver.call(envoi.pk) == etat
    envoi.refresh_from_db()
    assert envoi.etat == etat
    assert (type(error).__name__ in envoi.erreur) is (etat != "envoye")
    assert (envoi.envoye_le is not None) is (etat == "envoye")


def test_a_crash_leaves_the_message_in_flight(envoi, monkeypatch):
    server(monkeypatch, send_messages=raising(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        tasks.deliver.call(envoi.pk)
    envoi.refresh_from_db()
    assert envoi.etat == "en_cours"
    assert not mail.resend(envoi), "the worker may still be at it"


@pytest.mark.parametrize("taken", [timedelta(minutes=16), None])
def test_what_a_crash_left_in_flight_becomes_uncertain(envoi, queue, taken):
    now = timezone.now()
    Envoi.objects.update(etat="en_cours", envoye_le=now - taken if taken else None, cree_le=now - timedelta(hours=1))
    assert tasks.deliver.call(404) == ""  # the next message that goes out sees it
    envoi.refresh_from_db()
    assert (envoi.etat, envoi.envoye_le) == ("incertain", None)
    assert "interrompu" in envoi.erreur
    assert mail.resend(envoi)


def test_what_is_in_flight_for_a_moment_is_left_alone(envoi):
    Envoi.objects.update(etat="en_cours", envoye_le=timezone.now() - timedelta(minutes=14))
    assert tasks.flag_uncertain(timezone.now()) == 0


@pytest.mark.parametrize(
    ("etat", "again"),
    [("echec", True), ("incertain", True), ("en_cours", False), ("a_envoyer", False), ("envoye", False)],
)
def test_resend(envoi, queue, etat, again):
    Envoi.objects.update(etat=etat, erreur="e")
    assert mail.resend(envoi) is again
    envoi.refresh_from_db()
    assert envoi.etat == ("a_envoyer" if again else etat)
    assert queue == ([envoi.pk] if again else [])


def test_no_break_spaces_of_a_subject_stay():
    from portal.mail import SPACES

    assert SPACES.sub(" ", "Lot\u00a01\u202f: à\n  lire\x0b\x85\u2028\r") == "Lot\u00a01\u202f: à lire "

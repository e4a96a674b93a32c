"""Relayed messages: who reads them, no address shown, limits, erasing."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.models import Envoi
from portal.permissions import Role
from structures.actions import echanges as actions
from structures.enums import Sens
from structures.models import Echange, MessageEchange
from tests import factories as make
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
WORDS = {"sujet": "Tonte du parc", "message": "Bonjour,\r\npouvez-vous tondre ?"}


def text(response) -> str:
    return response.content.decode()


def write(client, structure, **data):
    return client.post(reverse("structures:echange_nouveau", args=[structure.pk]), WORDS | data)


@pytest.fixture
def membre():
    """A client acting for a structure, `membre.structure`."""
    client = sign_in(Role.STRUCTURE, fonction="directrice")
    client.structure = client.acteur_organisation.structures.get()
    return client


@pytest.fixture
def echange(client_acheteur, membre):
    write(client_acheteur, membre.structure)
    mail.outbox.clear()
    return Echange.objects.get()


@pytest.fixture
def par_lien(client_acheteur):
    """A conversation with a structure that nobody joined."""
    structure = make.make_structure(courriel="accueil@structure.exemple.fr")
    write(client_acheteur, structure)
    return Echange.objects.get()


def link(echange) -> str:
    return reverse("structures:echange_reponse", args=[echange.jeton])


# From one side to the other -----------------------------------------------------------------------------------------
def test_a_message_reaches_the_members_and_shows_no_address(client_acheteur, membre):
    response = write(client_acheteur, membre.structure)
    echange = Echange.objects.get()
    assert response.url == echange.get_absolute_url()
    assert echange.a_effacer_le == timezone.localdate() + timedelta(days=183)
    (sent,) = mail.outbox
    assert sent.to == [membre.user.email]
    assert echange.get_absolute_url() in sent.body
    assert "pouvez-vous tondre" in sent.body
    assert client_acheteur.user.email not in sent.body + sent.subject
    page = text(membre.get(echange.get_absolute_url()))
    assert "pouvez-vous tondre" in page
    assert client_acheteur.user.email not in page
    assert membre.user.email not in text(client_acheteur.get(echange.get_absolute_url())).replace(
        client_acheteur.user.email, ""
    )


def test_the_answer_comes_back_to_who_wrote(client_acheteur, membre, echange):
    colleague = sign_in(Role.ACHETEUR, organisation=client_acheteur.acteur_organisation)
    membre.post(echange.get_absolute_url(), {"message": "Oui. " + "mot " * 300})
    (sent,) = mail.outbox
    assert sent.to == [client_acheteur.user.email]
    assert len(sent.body) < 900  # an excerpt
    assert "directrice" in text(colleague.get(echange.get_absolute_url()))


def test_when_the_writer_left_all_colleagues_are_told(client_acheteur, membre, echange):
    colleague = sign_in(Role.ACHETEUR, organisation=client_acheteur.acteur_organisation)
    client_acheteur.user.membres.update(actif=False)
    membre.post(echange.get_absolute_url(), {"message": "Oui"})
    assert [sent.to for sent in mail.outbox] == [[colleague.user.email]]
    assert client_acheteur.get(echange.get_absolute_url()).status_code == 403


def test_it_goes_on_both_ways(client_acheteur, membre, echange):
    membre.post(echange.get_absolute_url(), {"message": "Quelle surface ?"})
    client_acheteur.post(echange.get_absolute_url(), {"message": "Deux hectares"})
    assert [message.sens for message in echange.messages.all()] == [
        Sens.VERS_STRUCTURE,
        Sens.VERS_ACHETEUR,
        Sens.VERS_STRUCTURE,
    ]
    assert mail.outbox[-1].to == [membre.user.email]


def test_each_message_pushes_the_erasing_back(client_acheteur, echange):
    Echange.objects.update(a_effacer_le=timezone.localdate() + timedelta(days=1))
    client_acheteur.post(echange.get_absolute_url(), {"message": "Relance"})
    echange.refresh_from_db()
    assert echange.a_effacer_le == timezone.localdate() + timedelta(days=183)


def test_it_is_unread_until_the_other_side_opens_it(client_acheteur, membre, echange):
    inbox = reverse("structures:echanges")
    assert "1 nouveau message" in text(membre.get(inbox))
    assert "nouveau message" not in text(client_acheteur.get(inbox))
    client_acheteur.get(echange.get_absolute_url())
    assert echange.messages.get().lu_le is None
    assert "Nouveau" in text(membre.get(echange.get_absolute_url()))
    assert echange.messages.get().lu_le is not None
    assert "1 nouveau message" not in text(membre.get(inbox))


def test_the_inbox_puts_unread_first(membre):
    read = make.make_echange(structure=membre.structure, sujet="Lu")
    make.make_message_echange(echange=read, lu_le=timezone.now())
    unread = make.make_echange(structure=membre.structure, sujet="Nouveau sujet")
    make.make_message_echange(echange=unread)
    Echange.objects.filter(pk=unread.pk).update(dernier_le=timezone.now() - timedelta(days=30))
    page = text(membre.get(reverse("structures:echanges")))
    assert page.index("Nouveau sujet") < page.index(">Lu<")


@pytest.mark.parametrize("role", Role)
def test_nobody_else_reads_it(echange, role):
    stranger = sign_in(role)
    expected = 403 if role == Role.ADMINISTRATION else 404
    assert stranger.get(echange.get_absolute_url()).status_code == expected
    assert stranger.post(echange.get_absolute_url(), {"message": "x"}).status_code == expected
    assert "Tonte du parc" not in text(stranger.get(reverse("structures:echanges")))
    assert echange.messages.count() == 1


def test_structures_without_organisation_belong_to_nobody(db):
    esat = make.make_structure(identifiant_source="140000001", kind="ESAT")
    echange = make.make_echange(structure=esat)
    client = Client()
    client.force_login(make.make_user())
    assert client.get(echange.get_absolute_url()).status_code == 403
    assert sign_in(Role.STRUCTURE).get(echange.get_absolute_url()).status_code == 404


def test_html_is_shown_as_text(client_acheteur, membre):
    write(client_acheteur, membre.structure, message="<b>gras</b> https://exemple.fr")
    page = text(membre.get(Echange.objects.get().get_absolute_url()))
    assert "<b>gras</b>" not in page
    assert 'href="https://exemple.fr' not in page


# What stops a message -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "data", [{"sujet": ""}, {"sujet": "a" * 151}, {"message": " "}, {"message": "a" * 5001}, {"message": "a\x00b"}]
)
def test_bad_words_send_nothing_and_lose_nothing(client_acheteur, membre, data):
    response = write(client_acheteur, membre.structure, **data)
    assert response.status_code == 200
    assert not Echange.objects.exists()
    assert mail.outbox == []


def test_without_any_way_the_page_says_so_and_gives_the_phone(client_acheteur):
    structure = make.make_structure(telephone="02 31 00 00 00")
    page = text(client_acheteur.get(reverse("structures:echange_nouveau", args=[structure.pk])))
    assert "02 31 00 00 00" in page
    assert "<textarea" not in page
    write(client_acheteur, structure)
    assert not Echange.objects.exists()


def test_ones_own_card_is_not_written_to(membre):
    write(membre, membre.structure)
    assert not Echange.objects.exists()


@pytest.mark.parametrize("given", [{"publiee": False}, {"remplacee_par": True}])
def test_cards_out_of_the_directory_are_not_written_to(client_acheteur, given):
    if "remplacee_par" in given:
        given = {"remplacee_par": make.make_structure()}
    structure = make.make_structure(courriel="a@exemple.fr", **given)
    assert write(client_acheteur, structure).status_code == 404


def test_a_person_opens_so_many_conversations_a_day(client_acheteur, settings):
    settings.ECHANGES_PAR_JOUR = 1
    structures = [make.make_structure(courriel=f"s{n}@exemple.fr") for n in range(2)]
    write(client_acheteur, structures[0])
    assert "revenez demain" in text(write(client_acheteur, structures[1]))
    colleague = sign_in(Role.ACHETEUR, organisation=client_acheteur.acteur_organisation)
    write(colleague, structures[1])
    assert Echange.objects.count() == 2


def test_a_person_writes_so_many_messages_a_day(client_acheteur, echange, settings):
    settings.MESSAGES_PAR_JOUR = 1
    response = client_acheteur.post(echange.get_absolute_url(), {"message": "encore"})
    assert "revenez demain" in text(response)
    assert echange.messages.count() == 1


def test_a_conversation_has_an_end(client_acheteur, echange, monkeypatch):
    monkeypatch.setattr(actions, "MOST_MESSAGES", 1)
    client_acheteur.post(echange.get_absolute_url(), {"message": "encore"})
    assert echange.messages.count() == 1


def test_the_structure_closes_and_is_not_written_to_again(client_acheteur, membre, echange):
    close = reverse("structures:echange_fermer", args=[echange.pk])
    assert client_acheteur.post(close).status_code == 404  # the other side does not close
    membre.post(close)
    client_acheteur.post(echange.get_absolute_url(), {"message": "encore"})
    assert echange.messages.count() == 1
    assert "ne souhaite plus recevoir" in text(write(client_acheteur, membre.structure))
    other = sign_in(Role.ACHETEUR)
    write(other, membre.structure)
    assert Echange.objects.count() == 2


# Without account ----------------------------------------------------------------------------------------------------
def test_the_public_address_gets_a_link_to_answer(client_acheteur, par_lien, client):
    (sent,) = mail.outbox
    assert sent.to == ["accueil@structure.exemple.fr"]
    (url,) = re.findall(r"https?://\S+", sent.body)
    assert url.endswith(link(par_lien))
    assert client_acheteur.user.email not in sent.body
    response = client.get(link(par_lien))
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    page = text(response)
    assert 'content="noindex, nofollow"' in page
    assert "pouvez-vous tondre" in page
    assert client_acheteur.acteur_organisation.nom in page
    assert reverse("structures:revendiquer", args=[par_lien.structure_id]) in page
    assert client_acheteur.user.email not in page
    assert par_lien.messages.get().lu_le is None  # a mail filter opens links too
    mail.outbox.clear()
    assert client.post(link(par_lien), {"message": "Avec plaisir"}).status_code == 302
    assert par_lien.messages.first().lu_le is not None
    assert mail.outbox[0].to == [client_acheteur.user.email]
    assert "Avec plaisir" in mail.outbox[0].body
    assert "accueil@structure" not in text(client_acheteur.get(par_lien.get_absolute_url()))


def test_the_link_is_never_in_a_page_nor_in_the_mail_of_the_buyer(client_acheteur, par_lien, client):
    client.post(link(par_lien), {"message": "Avec plaisir"})
    assert par_lien.jeton not in mail.outbox[-1].body
    assert par_lien.jeton not in text(client_acheteur.get(par_lien.get_absolute_url()))


def test_the_link_answers_so_many_times_a_day(par_lien, client, settings):
    settings.REPONSES_PAR_JOUR = 1
    client.post(link(par_lien), {"message": "Un"})
    assert "assez servi" in text(client.post(link(par_lien), {"message": "Deux"}))
    assert par_lien.messages.count() == 2


def test_the_link_closes(client_acheteur, par_lien, client):
    client.post(link(par_lien), {"action": "fermer"})
    par_lien.refresh_from_db()
    assert par_lien.ferme_le is not None
    client.post(link(par_lien), {"message": "trop tard"})
    assert par_lien.messages.count() == 1
    assert "fermé" in text(client.get(link(par_lien)))


@pytest.mark.parametrize("jeton", ["x", "a" * 500, "%00", "é"])
def test_a_forged_link_does_not_exist(client, par_lien, jeton):
    assert client.get(f"/structures/echanges/repondre/{jeton}/").status_code == 404


def test_the_link_needs_the_form_of_the_page(par_lien):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(link(par_lien), {"message": "x"}).status_code == 403


def test_once_joined_the_link_leads_to_the_account(par_lien, client):
    make.make_membre(organisation=par_lien.structure.organisation, role=Role.STRUCTURE)
    page = text(client.get(link(par_lien)))
    assert par_lien.get_absolute_url() in page
    assert "revendiquer" not in page


# Several at once ----------------------------------------------------------------------------------------------------
def test_the_same_words_go_to_several_structures_apart(client_acheteur, membre):
    liste = make.make_liste_favoris(organisation=client_acheteur.acteur_organisation)
    public = make.make_structure(courriel="public@exemple.fr")
    silent = make.make_structure(nom="Muette")
    outside = make.make_structure(courriel="dehors@exemple.fr")
    for structure in (membre.structure, public, silent):
        make.make_favori(liste=liste, structure=structure)
    url = reverse("structures:favoris_ecrire", args=[liste.pk])
    chosen = {"s": [membre.structure.pk, public.pk, silent.pk]}
    page = text(client_acheteur.get(url, chosen))
    assert "2 structures recevront" in page
    assert "Muette" in page
    client_acheteur.post(url, WORDS | chosen)
    assert set(Echange.objects.values_list("structure", flat=True)) == {membre.structure.pk, public.pk}
    assert len(mail.outbox) == 2
    client_acheteur.post(url, WORDS | {"s": [outside.pk]})
    assert Echange.objects.count() == 2


def test_ten_at_most_and_within_the_day(client_acheteur, settings):
    liste = make.make_liste_favoris(organisation=client_acheteur.acteur_organisation)
    structures = [make.make_structure(courriel=f"s{n}@exemple.fr") for n in range(11)]
    for structure in structures:
        make.make_favori(liste=liste, structure=structure)
    url = reverse("structures:favoris_ecrire", args=[liste.pk])
    client_acheteur.post(url, WORDS | {"s": [structure.pk for structure in structures]})
    assert not Echange.objects.exists()
    settings.ECHANGES_PAR_JOUR = 2
    client_acheteur.post(url, WORDS | {"s": [structure.pk for structure in structures[:3]]})
    assert not Echange.objects.exists()
    client_acheteur.post(url, WORDS | {"s": [structure.pk for structure in structures[:2]]})
    assert Echange.objects.count() == 2


@pytest.mark.parametrize("s", [[], ["x"], ["9" * 40], ["\x00"], ["-1"], ["٣"]])
def test_forged_choices_send_nothing(client_acheteur, s):
    liste = make.make_liste_favoris(organisation=client_acheteur.acteur_organisation)
    url = reverse("structures:favoris_ecrire", args=[liste.pk])
    assert client_acheteur.get(url, {"s": s}).status_code == 200
    assert client_acheteur.post(url, WORDS | {"s": s}).status_code == 200
    assert not Echange.objects.exists()


# Erasing ------------------------------------------------------------------------------------------------------------
def test_old_conversations_are_erased_with_what_was_sent(client_acheteur, membre, capsys):
    write(client_acheteur, membre.structure)
    kept = make.make_structure(courriel="garde@exemple.fr")
    write(client_acheteur, kept)
    other = make.make_envoi(cle="autre:1:1")
    echange = membre.structure.echanges.get()
    Echange.objects.filter(pk=echange.pk).update(a_effacer_le=timezone.localdate())
    call_command("purger_echanges")
    assert "Échanges effacés\u00a0: 1\u00a0; messages\u00a0: 1\u00a0; envois\u00a0: 1." in capsys.readouterr().out
    assert [each.structure for each in Echange.objects.all()] == [kept]
    assert MessageEchange.objects.count() == 1
    assert set(Envoi.objects.values_list("destinataire", flat=True)) == {"garde@exemple.fr", other.destinataire}
    call_command("purger_echanges")
    assert "Échanges effacés\u00a0: 0\u00a0; messages\u00a0: 0\u00a0; envois\u00a0: 0." in capsys.readouterr().out


def test_what_is_due_tomorrow_stays(echange):
    Echange.objects.update(a_effacer_le=timezone.localdate() + timedelta(days=1))
    assert actions.purge(timezone.localdate())["echanges"] == 0


def test_messages_sent_about_a_conversation_that_is_gone_are_erased_in_time():
    envoi = make.make_envoi(cle="echange:1:1")
    today = timezone.localdate()
    assert actions.purge(today)["envois"] == 0
    Envoi.objects.filter(pk=envoi.pk).update(cree_le=timezone.now() - timedelta(days=190))
    assert actions.purge(today)["envois"] == 1


# Cost ---------------------------------------------------------------------------------------------------------------
def test_query_counts_do_not_grow(membre, django_assert_num_queries):
    def pages(echange):
        membre.get(reverse("structures:echanges"))
        membre.get(echange.get_absolute_url())

    first = make.make_echange(structure=membre.structure)
    make.make_message_echange(echange=first, par=make.make_user())
    with CaptureQueriesContext(connection) as one:
        pages(first)
    for _ in range(8):
        echange = make.make_echange(structure=membre.structure)
        make.make_message_echange(echange=echange, par=make.make_user())
        make.make_message_echange(echange=first, par=make.make_user())
    with django_assert_num_queries(len(one)):
        pages(first)


def test_a_button_pressed_twice_sends_once(client_acheteur, membre, par_lien):
    mail.outbox.clear()
    first, second = (write(client_acheteur, membre.structure) for _ in range(2))
    assert first.url == second.url
    assert Echange.objects.filter(structure=membre.structure).count() == len(mail.outbox) == 1
    for _ in range(2):
        Client().post(link(par_lien), {"message": "Oui."})
        client_acheteur.post(par_lien.get_absolute_url(), {"message": "Merci."})
    assert par_lien.messages.filter(texte="Oui.").count() == par_lien.messages.filter(texte="Merci.").count() == 1
    write(client_acheteur, membre.structure, message="Autre chose.")
    assert Echange.objects.filter(structure=membre.structure).count() == 2

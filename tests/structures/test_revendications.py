from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.models import Envoi
from portal.permissions import Role
from structures.actions import revendications as actions
from structures.enums import EtatDemande
from structures.models import Membre, Revendication
from tests import factories as make
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def card():
    return make.make_structure(courriel="contact@atelier.fr", site="https://www.atelier.fr")


@pytest.fixture
def person():
    """A client signed in, without any role."""
    client = Client()
    client.user = make.make_user(email="anne@perso.example")
    client.force_login(client.user)
    return client


def claim(client, card, **given):
    usual = {"siret": card.organisation.identifiant if card.organisation else card.identifiant_source,
             "courriel": "anne@atelier.fr"}  # fmt: skip
    return client.post(reverse("structures:revendiquer", args=[card.pk]), usual | given)


def role_of(user):
    return list(user.membres.active().values_list("organisation", "role"))


def test_visitor_is_sent_to_sign_in(client, card):
    response = client.get(reverse("structures:revendiquer", args=[card.pk]))
    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


# An address of the structure ----------------------------------------------------------------------------------------
def test_an_address_of_the_structure_gets_a_link_and_joins_at_once(card, person):
    claim(person, card, siret=f" {card.organisation.identifiant[:9]} {card.organisation.identifiant[9:]} ")
    demande = Revendication.objects.get()
    assert demande.etat == EtatDemande.A_CONFIRMER
    envoi = Envoi.objects.get()
    assert envoi.destinataire == "anne@atelier.fr"
    link = reverse("structures:revendication_confirmer", args=[demande.jeton])
    assert link in envoi.texte

    assert person.get(link).status_code == 200
    assert role_of(person.user) == []  # reading the page is not confirming
    response = person.post(link)
    assert response.url == reverse("structures:ma_fiche")
    assert role_of(person.user) == [(card.organisation_id, Role.STRUCTURE)]
    assert person.post(link).status_code == 302  # twice is once
    assert Membre.objects.count() == 1
    assert person.get(reverse("structures:edition", args=[card.pk])).status_code == 200


def test_one_acts_for_the_card_joined_whatever_one_acted_for_before(card):
    buyer = sign_in(Role.ACHETEUR)
    session = buyer.session
    session["membre"] = buyer.user.membres.get().pk
    session.save()
    claim(buyer, card)
    link = reverse("structures:revendication_confirmer", args=[Revendication.objects.get().jeton])
    for _ in range(2):  # the link opened twice leads to the same place
        response = buyer.post(link, follow=True)
        assert response.status_code == 200
        assert response.redirect_chain[-1][0] == reverse("structures:edition", args=[card.pk])


def test_a_member_who_acts_for_another_organisation_is_not_shut_out(card):
    buyer = sign_in(Role.ACHETEUR)
    session = buyer.session
    session["membre"] = buyer.user.membres.get().pk
    session.save()
    Membre.objects.create(user=buyer.user, organisation=card.organisation, role=Role.STRUCTURE)
    response = buyer.get(reverse("structures:revendiquer", args=[card.pk]), follow=True)
    assert response.status_code == 200
    assert response.redirect_chain[-1][0] == card.get_absolute_url()


def test_nobody_confirms_for_another(card, person):
    claim(person, card)
    link = reverse("structures:revendication_confirmer", args=[Revendication.objects.get().jeton])
    other = sign_in(Role.ACHETEUR)
    assert other.get(link).status_code == 404
    assert other.post(link).status_code == 404
    assert Client().post(link).status_code == 302
    assert Revendication.objects.get().etat == EtatDemande.A_CONFIRMER
    assert not Membre.objects.filter(role=Role.STRUCTURE).exists()


def test_a_link_lasts_seven_days_and_is_renewed(card, person):
    claim(person, card)
    demande = Revendication.objects.get()
    Revendication.objects.update(cree_le=timezone.now() - timedelta(days=7, minutes=1))
    link = reverse("structures:revendication_confirmer", args=[demande.jeton])
    assert "n’est plus valable" in person.get(link).content.decode()
    person.post(link)
    assert role_of(person.user) == []
    person.post(reverse("structures:revendiquer", args=[card.pk]), {"renvoyer": "1"})
    demande.refresh_from_db()
    assert person.get(link).status_code == 404  # the former link is dead
    person.post(reverse("structures:revendication_confirmer", args=[demande.jeton]))
    assert role_of(person.user) == [(card.organisation_id, Role.STRUCTURE)]


def test_the_link_is_sent_five_times_a_day(card, person):
    claim(person, card)
    for _ in range(8):
        person.post(reverse("structures:revendiquer", args=[card.pk]), {"renvoyer": "1"})
    assert Envoi.objects.count() == 1 + 5


# Any other address --------------------------------------------------------------------------------------------------
def test_a_free_address_waits_for_an_answer(card, person):
    administration = sign_in(Role.ADMINISTRATION)
    claim(person, card, courriel="anne@gmail.com", message="Je suis la directrice.")
    assert Revendication.objects.get().etat == EtatDemande.EN_ATTENTE
    assert [envoi.destinataire for envoi in Envoi.objects.all()] == [administration.user.email]
    page = person.get(reverse("structures:revendiquer", args=[card.pk])).content.decode()
    assert "attend une réponse" in page


def test_members_are_told_before_the_network_and_administration(card):
    network, administration = sign_in(Role.RESEAU), sign_in(Role.ADMINISTRATION)
    card.reseaux.add(network.acteur_organisation.reseau)
    assert set(actions.deciders(card)) == {network.user, administration.user}
    member = sign_in(Role.STRUCTURE, organisation=card.organisation)
    assert set(actions.deciders(card)) == {member.user}
    member.user.membres.update(actif=False)
    assert set(actions.deciders(card)) == {network.user, administration.user}


@pytest.mark.parametrize(
    "given",
    [
        {"siret": "12345678900011"},
        {"siret": ""},
        {"siret": "\x00"},
        {"siret": "9" * 200},
        {"courriel": "pas-une-adresse"},
        {"courriel": ""},
        {"message": "x" * 1_001},
        {"fonction": "x\x00y"},
    ],
)
def test_a_wrong_form_claims_nothing_and_keeps_what_was_typed(card, person, given):
    response = claim(person, card, **{"fonction": "Directrice"} | given)
    assert response.status_code == 200
    assert "form-errors" in response.content.decode()
    assert Revendication.objects.count() == Envoi.objects.count() == 0


def test_a_number_too_short_is_told_so(card, person):
    page = claim(person, card, siret="394 982").content.decode()
    assert "Ce numéro compte 6 chiffres, il en faut 14" in page


def test_the_function_given_is_that_of_the_new_member(card, person, client_administration):
    claim(person, card, courriel="anne@gmail.com", fonction="Directrice")
    demande = Revendication.objects.get()
    client_administration.post(reverse("structures:revendication", args=[demande.pk]), {"accepter": "1"})
    person.user.refresh_from_db()
    assert person.user.fonction == "Directrice"


def test_one_pending_claim_for_each_card_and_person(card, person):
    given = {"structure": card, "user": person.user, "siret": "1", "fonction": "", "message": ""}
    one = actions.claim(courriel="anne@atelier.fr", **given)
    two = actions.claim(courriel="autre@atelier.fr", **given)
    assert one.pk == two.pk
    assert Revendication.objects.count() == Envoi.objects.count() == 1


def test_claims_are_counted_each_day(person):
    for _ in range(5):
        claim(person, make.make_structure())
    response = claim(person, make.make_structure())
    assert "réessayez demain" in response.content.decode()
    assert Revendication.objects.count() == 5


def test_giving_up_leaves_nothing(card, person):
    claim(person, card, courriel="anne@gmail.com")
    person.post(reverse("structures:revendiquer", args=[card.pk]), {"abandonner": "1"})
    assert not Revendication.objects.exists()


def test_a_member_goes_to_their_card(client_structure):
    card = client_structure.acteur_organisation.structures.get()
    assert client_structure.get(reverse("structures:revendiquer", args=[card.pk])).status_code == 302


def test_hidden_and_replaced_cards_are_not_claimed(card, person):
    card.publiee = False
    card.save()
    assert person.get(reverse("structures:revendiquer", args=[card.pk])).status_code == 404
    assert person.get(reverse("structures:revendiquer", args=[10**30])).status_code == 404


# Answers ------------------------------------------------------------------------------------------------------------
def test_who_answers_what(card):
    network, stranger = sign_in(Role.RESEAU), sign_in(Role.RESEAU)
    card.reseaux.add(network.acteur_organisation.reseau)
    demande = make.make_revendication(structure=card)
    administration, other = sign_in(Role.ADMINISTRATION), sign_in(Role.STRUCTURE)

    def sees(client):
        return Revendication.objects.decidable_by(client.acteur).filter(pk=demande.pk).exists()

    assert sees(network)
    assert sees(administration)
    assert not sees(stranger)
    assert not sees(other)
    assert not sees(sign_in(Role.ACHETEUR))
    member = sign_in(Role.STRUCTURE, organisation=card.organisation)
    assert sees(member)
    assert not sees(network)  # somebody of the house may answer
    assert sees(administration)
    assert stranger.get(reverse("structures:revendication", args=[demande.pk])).status_code == 404
    Revendication.objects.update(etat=EtatDemande.A_CONFIRMER)
    assert not sees(member)
    assert not sees(administration)


def test_accepting_makes_a_member_and_writes_once(card, client_administration):
    demande = make.make_revendication(structure=card)
    url = reverse("structures:revendication", args=[demande.pk])
    assert client_administration.post(url, {"accepter": "1"}).status_code == 302
    assert role_of(demande.user) == [(card.organisation_id, Role.STRUCTURE)]
    demande.refresh_from_db()
    assert (demande.etat, demande.decidee_par) == (EtatDemande.ACCEPTEE, client_administration.user)
    assert client_administration.post(url, {"accepter": "1"}).status_code == 404  # answered: no longer there
    assert not actions.refuse(demande, motif="Non", by=client_administration.acteur, now=timezone.now())
    assert [envoi.destinataire for envoi in Envoi.objects.all()] == [demande.user.email]


def test_refusing_needs_a_reason_that_is_sent(card, client_administration, person):
    demande = make.make_revendication(structure=card, user=person.user)
    url = reverse("structures:revendication", args=[demande.pk])
    page = client_administration.post(url, {"refuser": "1", "motif": ""})
    assert "Dites pourquoi" in page.content.decode()
    client_administration.post(url, {"refuser": "1", "motif": "Envoyez un extrait Kbis."})
    assert role_of(person.user) == []
    assert "Kbis" in Envoi.objects.get().texte
    assert "Kbis" in person.get(reverse("structures:revendiquer", args=[card.pk])).content.decode()
    claim(person, card, courriel="anne@gmail.com")  # a refusal is not the end
    assert Revendication.objects.filter(etat=EtatDemande.EN_ATTENTE).count() == 1


def test_a_post_without_a_known_button_answers_nothing(card, client_administration):
    demande = make.make_revendication(structure=card)
    assert client_administration.post(reverse("structures:revendication", args=[demande.pk]), {}).status_code == 200
    demande.refresh_from_db()
    assert demande.etat == EtatDemande.EN_ATTENTE


def test_a_card_without_siret_waits_for_its_organisation(person, client_administration):
    card = make.make_structure(identifiant_source="140000001", kind="ESAT", courriel="contact@esat.fr")
    assert "FINESS" in person.get(reverse("structures:revendiquer", args=[card.pk])).content.decode()
    claim(person, card, courriel="anne@esat.fr")
    demande = Revendication.objects.get()
    assert demande.etat == EtatDemande.EN_ATTENTE  # the address proves, but there is nothing to join
    url = reverse("structures:revendication", args=[demande.pk])
    assert "rattache d’abord" in client_administration.get(url).content.decode()
    client_administration.post(url, {"accepter": "1"})
    demande.refresh_from_db()
    assert demande.etat == EtatDemande.EN_ATTENTE
    card.organisation = make.make_organisation()
    card.save()
    client_administration.post(url, {"accepter": "1"})
    assert role_of(person.user) == [(card.organisation_id, Role.STRUCTURE)]


def test_a_closed_membership_is_opened_again(card, client_administration, person):
    make.make_membre(user=person.user, organisation=card.organisation, role=Role.STRUCTURE, actif=False)
    demande = make.make_revendication(structure=card, user=person.user)
    actions.accept(demande, by=client_administration.acteur, now=timezone.now())
    assert role_of(person.user) == [(card.organisation_id, Role.STRUCTURE)]


def test_the_list_costs_the_same_for_one_and_ten(client_administration, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    url = reverse("structures:revendications")
    make.make_revendication()
    client_administration.get(url)
    with CaptureQueriesContext(connection) as one:
        client_administration.get(url)
    for _ in range(9):
        make.make_revendication()
    with django_assert_num_queries(len(one)):
        assert client_administration.get(url).content.decode().count("result-title") == 10
    assert client_administration.get(url, {"page": 10**30}).status_code == 200

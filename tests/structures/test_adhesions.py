"""A structure asks to join a network or a group: they answer, and the card names them only then."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.models import Envoi
from portal.permissions import Role
from structures.actions import adhesions as actions
from structures.models import Adhesion
from tests import factories as make
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def card(client_structure):
    return client_structure.acteur_organisation.structures.get()


def page_of(card) -> str:
    return reverse("structures:edition_reseaux", args=[card.pk])


def leave(client, card, cible):
    return client.post(reverse("structures:edition_reseaux_quitter", args=[card.pk]), {"cible": cible})


def test_a_network_is_asked_then_says_yes(client_structure, client_reseau, card):
    reseau = client_reseau.acteur_organisation.reseau
    client_structure.post(page_of(card), {"cible": f"reseau-{reseau.pk}"})
    demande = Adhesion.objects.get()
    assert (demande.structure, demande.cible, demande.par) == (card, reseau, client_structure.user)
    assert not card.reseaux.exists()  # asking is not being
    assert "réponse attendue" in client_structure.get(page_of(card)).content.decode()
    assert reseau.nom not in client_structure.get(card.get_absolute_url()).content.decode()
    assert Envoi.objects.get().destinataire == client_reseau.user.email
    assert card.nom in client_reseau.get(reverse("structures:adhesions")).content.decode()
    client_reseau.post(reverse("structures:adhesion", args=[demande.pk]), {"accepter": "1"})
    assert card.reseaux.get() == reseau
    assert not Adhesion.objects.exists()
    answer = Envoi.objects.get(destinataire=client_structure.user.email)
    assert "a accepté" in answer.texte
    assert answer.sujet.endswith("\u00a0: acceptée")
    assert "confirmé par le réseau" in client_structure.get(card.get_absolute_url()).content.decode()
    trace = card.history.latest()
    assert (trace.history_user, trace.history_change_reason) == (client_reseau.user, "adhesion")


def test_a_refusal_needs_a_reason_and_tells_it(client_structure, client_reseau, card):
    reseau = client_reseau.acteur_organisation.reseau
    demande = actions.demander(card, reseau, by=client_structure.acteur)
    address = reverse("structures:adhesion", args=[demande.pk])
    assert "Dites pourquoi" in client_reseau.post(address, {"refuser": "1"}).content.decode()
    assert Adhesion.objects.exists()
    client_reseau.post(address, {"refuser": "1", "motif": "Cotisation à régler d'abord."})
    assert not Adhesion.objects.exists()
    assert not card.reseaux.exists()
    assert "Cotisation à régler d'abord." in Envoi.objects.get(destinataire=client_structure.user.email).texte


def test_a_group_is_answered_by_its_other_structures(client_structure, card):
    groupe = make.make_groupe_economique()
    member = sign_in(Role.STRUCTURE)
    type(card).objects.filter(organisation=member.acteur_organisation).update(groupe=groupe)
    client_structure.post(page_of(card), {"cible": f"groupe-{groupe.pk}"})
    demande = Adhesion.objects.get()
    assert Envoi.objects.get().destinataire == member.user.email
    assert client_structure.get(reverse("structures:adhesion", args=[demande.pk])).status_code == 404  # not by oneself
    edition = reverse("structures:edition", args=[member.acteur_organisation.structures.get().pk])
    assert "votre réponse" in member.get(edition).content.decode()
    member.post(reverse("structures:adhesion", args=[demande.pk]), {"accepter": "1"})
    card.refresh_from_db()
    assert card.groupe == groupe
    leave(client_structure, card, f"groupe-{groupe.pk}")
    card.refresh_from_db()
    assert card.groupe is None


def test_without_staff_the_administration_answers(client_structure, client_administration, card):
    demande = actions.demander(card, make.make_reseau(), by=client_structure.acteur)
    assert Envoi.objects.get().destinataire == client_administration.user.email
    client_administration.post(reverse("structures:adhesion", args=[demande.pk]), {"accepter": "1"})
    assert card.reseaux.count() == 1


def test_a_structure_leaves_and_withdraws_by_itself(client_structure, card):
    reseau, other = make.make_reseau(), make.make_reseau()
    card.reseaux.add(reseau)
    demande = actions.demander(card, other, by=client_structure.acteur)
    leave(client_structure, card, f"demande-{demande.pk}")
    leave(client_structure, card, f"reseau-{reseau.pk}")
    assert not Adhesion.objects.exists()
    assert not card.reseaux.exists()


@pytest.mark.parametrize(
    "cible", ["", "reseau-", "reseau-0", "groupe-1", "demande-1", f"reseau-{10**30}", "x-1", "\x00"]
)
def test_what_one_is_not_in_cannot_be_left(client_structure, card, cible):
    assert leave(client_structure, card, cible).status_code == 404


def test_what_cannot_be_asked(client_structure, card):
    inside, asked, group = make.make_reseau(), make.make_reseau(), make.make_groupe_economique()
    card.reseaux.add(inside)
    card.groupe = group
    card.save()
    actions.demander(card, asked, by=client_structure.acteur)
    other = make.make_groupe_economique()
    choices = [inside.pk, asked.pk, 10**30, "\x00"]
    for cible in [*(f"reseau-{pk}" for pk in choices), f"groupe-{group.pk}", f"groupe-{other.pk}", ""]:
        response = client_structure.post(page_of(card), {"cible": cible})
        assert response.status_code == 200
        assert "form-errors" in response.content.decode()
    assert Adhesion.objects.count() == 1
    with pytest.raises(actions.DejaDemande):
        actions.demander(card, asked, by=client_structure.acteur)


def test_another_network_does_not_answer(client_structure, client_reseau, card):
    demande = actions.demander(card, make.make_reseau(), by=client_structure.acteur)
    assert client_reseau.post(reverse("structures:adhesion", args=[demande.pk]), {"accepter": "1"}).status_code == 404
    assert client_reseau.get(page_of(card)).status_code == 403  # nor asks in the place of a structure
    assert not card.reseaux.exists()


def test_answered_twice_is_answered_once(client_structure, client_reseau, card):
    demande = actions.demander(card, client_reseau.acteur_organisation.reseau, by=client_structure.acteur)
    actions.refuser(demande.pk, "Non")
    actions.accepter(demande.pk, by=client_reseau.acteur)
    assert not card.reseaux.exists()


def test_the_lists_cost_the_same_for_one_and_ten(client_structure, client_reseau, card, django_assert_num_queries):
    reseau = client_reseau.acteur_organisation.reseau

    def count(client, address):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    make.make_adhesion(reseau=reseau)
    make.make_adhesion(structure=card)
    pages = [(client_reseau, reverse("structures:adhesions")), (client_structure, page_of(card))]
    before = [count(*each) for each in pages]
    for _ in range(9):
        make.make_adhesion(reseau=reseau)
        make.make_adhesion(structure=card)
    assert [count(*each) for each in pages] == before

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.models import Envoi
from portal.permissions import Acteur, Role
from structures.actions import equipe
from structures.models import Invitation, Membre
from tests import factories as make
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
EQUIPE = "structures:equipe"


def signed_in(user):
    client = Client()
    client.force_login(user)
    client.user = user
    return client


def test_inviting_sends_a_link_for_the_inviter_s_role(client_acheteur):
    client_acheteur.post(reverse(EQUIPE), {"courriel": " Paul@Mairie.FR "})
    invitation = Invitation.objects.get()
    assert (invitation.courriel, invitation.role) == ("paul@mairie.fr", Role.ACHETEUR)
    assert invitation.organisation == client_acheteur.acteur_organisation
    assert timedelta(days=13) < invitation.expire_le - timezone.now() <= timedelta(days=14)
    envoi = Envoi.objects.get()
    assert envoi.destinataire == "paul@mairie.fr"
    assert reverse("structures:invitation", args=[invitation.jeton]) in envoi.texte


def test_role_and_organisation_are_never_taken_from_the_form(client_acheteur):
    other = make.make_organisation()
    client_acheteur.post(
        reverse(EQUIPE), {"courriel": "paul@mairie.fr", "role": "administration", "organisation": other.pk}
    )
    invitation = Invitation.objects.get()
    assert (invitation.role, invitation.organisation) == (Role.ACHETEUR, client_acheteur.acteur_organisation)


def test_inviting_twice_renews(client_acheteur):
    for _ in range(2):
        client_acheteur.post(reverse(EQUIPE), {"courriel": "paul@mairie.fr"})
    assert Invitation.objects.count() == 1
    assert Envoi.objects.count() == 2


@pytest.mark.parametrize("courriel", ["", "paul", "a\x00@b.fr", "x" * 300 + "@a.fr"])
def test_a_wrong_address_invites_nobody(client_acheteur, courriel):
    response = client_acheteur.post(reverse(EQUIPE), {"courriel": courriel})
    assert "form-errors" in response.content.decode()
    assert not Invitation.objects.exists()


def test_a_member_is_not_invited_again(client_acheteur):
    response = client_acheteur.post(reverse(EQUIPE), {"courriel": client_acheteur.user.email})
    assert "déjà partie" in response.content.decode()


def test_invitations_are_counted_each_day(client_acheteur):
    for n in range(22):
        response = client_acheteur.post(reverse(EQUIPE), {"courriel": f"p{n}@mairie.fr"})
    assert "réessayez demain" in response.content.decode()
    assert Invitation.objects.count() == 20


# Accepting ----------------------------------------------------------------------------------------------------------
def test_the_invited_address_joins_once():
    invitation = make.make_invitation(courriel="paul@mairie.fr", role=Role.ACHETEUR)
    url = reverse("structures:invitation", args=[invitation.jeton])
    paul = signed_in(make.make_user(email="paul@mairie.fr"))
    assert paul.get(url).status_code == 200
    assert not paul.user.membres.exists()
    assert paul.post(url).url == reverse("pages:tableau_de_bord")
    assert list(paul.user.membres.values_list("organisation", "role", "actif")) == [
        (invitation.organisation_id, Role.ACHETEUR, True)
    ]
    assert "déjà partie de cette équipe" in paul.get(url).content.decode()
    paul.user.membres.update(actif=False)
    paul.post(url)
    assert not paul.user.membres.active().exists()  # used: it opens nothing any more


def test_another_account_does_not_join():
    invitation = make.make_invitation(courriel="paul@mairie.fr")
    url = reverse("structures:invitation", args=[invitation.jeton])
    other = signed_in(make.make_user(email="autre@mairie.fr"))
    assert "autre adresse" in other.get(url).content.decode()
    other.post(url)
    assert not Membre.objects.exists()


def test_a_second_address_counts_once_proved():
    invitation = make.make_invitation(courriel="paul@mairie.fr")
    url = reverse("structures:invitation", args=[invitation.jeton])
    paul = signed_in(make.make_user(email="paul@perso.fr"))
    address = EmailAddress.objects.create(user=paul.user, email="paul@mairie.fr", verified=False)
    paul.post(url)
    assert not Membre.objects.exists()
    address.verified = True
    address.save()
    paul.post(url)
    assert Membre.objects.get().user == paul.user


def test_a_visitor_is_told_to_sign_in_or_up(client):
    invitation = make.make_invitation()
    url = reverse("structures:invitation", args=[invitation.jeton])
    page = client.get(url).content.decode()
    assert reverse("account_signup") in page
    assert invitation.courriel not in page
    assert client.post(url).status_code == 200
    assert not Membre.objects.exists()


def test_an_old_link_opens_nothing():
    invitation = make.make_invitation(courriel="paul@mairie.fr", expire_le=timezone.now() - timedelta(seconds=1))
    paul = signed_in(make.make_user(email="paul@mairie.fr"))
    url = reverse("structures:invitation", args=[invitation.jeton])
    assert "plus valable" in paul.get(url).content.decode()
    paul.post(url)
    assert not Membre.objects.exists()
    assert paul.get(reverse("structures:invitation", args=["inconnu"])).status_code == 404


def test_revoking_kills_the_link_and_only_one_s_own(client_acheteur, client_structure):
    invitation = make.make_invitation(organisation=client_acheteur.acteur_organisation, role=Role.ACHETEUR)
    url = reverse("structures:invitation_revoquer", args=[invitation.pk])
    assert client_structure.post(url).status_code == 404
    assert client_acheteur.get(url).status_code == 405
    client_acheteur.post(url)
    assert not Invitation.objects.exists()


# Members ------------------------------------------------------------------------------------------------------------
def test_the_team_shows_colleagues_and_nobody_else(client_acheteur, client_structure):
    colleague = make.make_user(fonction="Juriste")
    make.make_membre(user=colleague, organisation=client_acheteur.acteur_organisation, role=Role.ACHETEUR)
    gone = make.make_membre(organisation=client_acheteur.acteur_organisation, role=Role.ACHETEUR, actif=False)
    page = client_acheteur.get(reverse(EQUIPE)).content.decode()
    assert colleague.email in page
    assert "Juriste" in page
    assert gone.user.email not in page
    assert client_structure.user.email not in page


def test_leaving_closes_one_s_own_membership_only(client_acheteur):
    other = make.make_membre(organisation=client_acheteur.acteur_organisation, role=Role.ACHETEUR)
    assert client_acheteur.post(reverse("structures:quitter", args=[other.pk])).status_code == 404
    mine = client_acheteur.user.membres.get()
    url = reverse("structures:quitter", args=[mine.pk])
    assert client_acheteur.get(url).status_code == 200
    mine.refresh_from_db()
    assert mine.actif
    client_acheteur.post(url)
    mine.refresh_from_db()
    assert not mine.actif


def test_the_last_one_leaves_only_after_being_told(client_acheteur):
    mine = client_acheteur.user.membres.get()
    url = reverse("structures:quitter", args=[mine.pk])
    assert "dernière personne" in client_acheteur.get(url).content.decode()
    client_acheteur.post(url)
    mine.refresh_from_db()
    assert mine.actif
    client_acheteur.post(url, {"confirme": "1"})
    mine.refresh_from_db()
    assert not mine.actif


def test_a_colleague_is_removed_and_told(client_acheteur):
    colleague = make.make_membre(organisation=client_acheteur.acteur_organisation, role=Role.ACHETEUR)
    assert colleague.user.email in client_acheteur.get(reverse(EQUIPE)).content.decode()
    url = reverse("structures:equipe_retirer", args=[colleague.pk])
    assert url in client_acheteur.get(reverse(EQUIPE)).content.decode()
    assert colleague.user.email in client_acheteur.get(url).content.decode()
    colleague.refresh_from_db()
    assert colleague.actif  # asked first
    client_acheteur.post(url)
    colleague.refresh_from_db()
    assert not colleague.actif
    message = Envoi.objects.get(destinataire=colleague.user.email)
    assert client_acheteur.acteur_organisation.nom in message.sujet
    assert client_acheteur.user.email not in message.texte
    assert signed_in(colleague.user).get(reverse(EQUIPE)).status_code == 403
    assert client_acheteur.post(url).status_code == 404  # gone


@pytest.mark.parametrize("role", [Role.FACILITATEUR, Role.ADMINISTRATION])
def test_other_profiles_are_not_removed(client_acheteur, role):
    other = make.make_membre(organisation=client_acheteur.acteur_organisation, role=role)
    stranger = make.make_membre(role=Role.ACHETEUR)
    mine = client_acheteur.user.membres.get()
    page = client_acheteur.get(reverse(EQUIPE)).content.decode()
    for membre in (other, stranger, mine):
        url = reverse("structures:equipe_retirer", args=[membre.pk])
        assert url not in page
        assert client_acheteur.post(url).status_code == 404
        membre.refresh_from_db()
        assert membre.actif


def test_two_colleagues_cannot_remove_each_other(client_acheteur):
    """The second finds that it has been removed meanwhile: somebody always remains."""
    mine = client_acheteur.user.membres.get()
    colleague = make.make_membre(organisation=client_acheteur.acteur_organisation, role=Role.ACHETEUR)
    theirs = Acteur(colleague.user, client_acheteur.acteur_organisation, Role.ACHETEUR)
    assert equipe.remove(colleague, by=client_acheteur.acteur)
    assert not equipe.remove(mine, by=theirs)
    mine.refresh_from_db()
    assert mine.actif


def test_the_team_costs_the_same_for_two_and_ten(client_acheteur, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def grow(count):
        for _ in range(count):
            make.make_membre(organisation=client_acheteur.acteur_organisation, role=Role.ACHETEUR)
            make.make_invitation(organisation=client_acheteur.acteur_organisation, role=Role.ACHETEUR)

    grow(1)
    client_acheteur.get(reverse(EQUIPE))
    with CaptureQueriesContext(connection) as one:
        client_acheteur.get(reverse(EQUIPE))
    grow(9)
    with django_assert_num_queries(len(one)):
        client_acheteur.get(reverse(EQUIPE))


def test_somebody_without_organisation_has_no_team():
    assert signed_in(make.make_user()).get(reverse(EQUIPE)).status_code == 403


def test_the_role_after_joining_is_the_one_acted_for():
    client = sign_in(Role.STRUCTURE)
    invitation = make.make_invitation(courriel=client.user.email, role=Role.ACHETEUR)
    client.post(reverse("structures:invitation", args=[invitation.jeton]))
    assert client.get(reverse("structures:ma_fiche")).status_code == 403  # now acting as a buyer

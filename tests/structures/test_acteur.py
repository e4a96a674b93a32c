"""Choosing for which organisation one acts."""

import pytest
from django.urls import reverse

from portal.permissions import Role
from structures.middleware import SESSION_KEY
from tests.factories import make_membre, make_organisation

URL = "structures:agir"


@pytest.fixture
def second(client_acheteur):
    """Another membership of the same user, as a facilitator."""
    return make_membre(
        user=client_acheteur.user, organisation=make_organisation(denomination="Zone du lac"), role=Role.FACILITATEUR
    )


def test_switch_changes_organisation_role_and_navigation(client_acheteur, second):
    page = reverse("account_change_password")
    before = client_acheteur.get(page)
    assert before.wsgi_request.acteur.role == Role.ACHETEUR
    assert reverse("clauses:participants") not in before.content.decode()

    answer = client_acheteur.post(reverse(URL), {"membre": second.pk})

    assert (answer.status_code, answer["Location"]) == (302, reverse("pages:tableau_de_bord"))
    after = client_acheteur.get(page)
    acteur = after.wsgi_request.acteur
    assert (acteur.organisation, acteur.role) == (second.organisation, Role.FACILITATEUR)
    assert reverse("clauses:participants") in after.content.decode()


def test_joining_another_organisation_does_not_change_whom_one_acts_for(client_acheteur):
    make_membre(user=client_acheteur.user, organisation=make_organisation(denomination="AAA"), role=Role.STRUCTURE)
    page = client_acheteur.get(reverse("pages:accueil"))
    assert page.wsgi_request.acteur.role == Role.ACHETEUR


def test_membership_of_another_person_is_not_found(client_acheteur):
    other = make_membre(role=Role.ADMINISTRATION)
    assert client_acheteur.post(reverse(URL), {"membre": other.pk}).status_code == 404
    assert SESSION_KEY not in client_acheteur.session


def test_inactive_membership_is_not_found(client_acheteur, second):
    second.actif = False
    second.save()
    assert client_acheteur.post(reverse(URL), {"membre": second.pk}).status_code == 404
    assert SESSION_KEY not in client_acheteur.session


def test_membership_that_ended_after_being_chosen_is_left(client_acheteur, second):
    client_acheteur.post(reverse(URL), {"membre": second.pk})
    second.actif = False
    second.save()
    after = client_acheteur.get(reverse("account_change_password"))
    assert after.wsgi_request.acteur.role == Role.ACHETEUR


@pytest.mark.parametrize("value", ["", "abc", "-1", "1" * 5000, "١", "\x00", "1.0"])
def test_nonsense_is_not_found(client_acheteur, value):
    assert client_acheteur.post(reverse(URL), {"membre": value}).status_code == 404


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("/marches/?q=linge", "/marches/?q=linge"),
        ("https://ailleurs.exemple/", None),
        ("//ailleurs.exemple/", None),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_goes_on_to_our_own_pages_only(client_acheteur, second, asked, expected):
    answer = client_acheteur.post(reverse(URL), {"membre": second.pk, "suite": asked})
    assert answer["Location"] == (expected or reverse("pages:tableau_de_bord"))


def test_only_by_post_and_signed_in(client, client_acheteur):
    assert client_acheteur.get(reverse(URL)).status_code == 405
    assert client.post(reverse(URL), {"membre": 1})["Location"].startswith(reverse("account_login"))

"""Clients signed in under each role. `client` alone is a visitor."""

import pytest
from django.test import Client

from portal.permissions import Acteur, Role
from tests import factories


def sign_in(role: Role, *, organisation=None, **user_fields) -> Client:
    """A client signed in as a new user who holds `role` in `organisation`, or in a new suitable one.

    The client carries `user`, `acteur_organisation`, and `acteur` as `request.acteur` would give it.
    """
    organisation = organisation or make_organisation_for(role)
    user_fields.setdefault("is_staff", role == Role.ADMINISTRATION)
    user = factories.make_user(**user_fields)
    factories.make_membre(user=user, organisation=organisation, role=role)
    client = Client()
    client.force_login(user)
    client.user, client.acteur_organisation = user, organisation
    client.acteur = Acteur(user=user, organisation=organisation, role=role)
    return client


def make_organisation_for(role: Role):
    """A new organisation with the face that `role` supposes."""
    organisation = factories.make_organisation(denomination=f"Organisme {role.label.lower()}")
    if role == Role.ACHETEUR:
        factories.make_acheteur(organisation=organisation)
    elif role == Role.FACILITATEUR:
        factories.make_facilitateur(organisation=organisation)
    elif role == Role.STRUCTURE:
        factories.make_structure(organisation=organisation)
    elif role == Role.RESEAU:
        factories.make_reseau(organisation=organisation)
    return organisation


@pytest.fixture
def client_acheteur(db):
    return sign_in(Role.ACHETEUR)


@pytest.fixture
def client_structure(db):
    return sign_in(Role.STRUCTURE)


@pytest.fixture
def client_entreprise(db):
    return sign_in(Role.ENTREPRISE)


@pytest.fixture
def client_facilitateur(db):
    return sign_in(Role.FACILITATEUR)


@pytest.fixture
def client_reseau(db):
    return sign_in(Role.RESEAU)


@pytest.fixture
def client_administration(db):
    return sign_in(Role.ADMINISTRATION)


@pytest.fixture(autouse=True)
def empty_cache():
    """No test reads what another has put in the cache."""
    from django.core.cache import cache

    cache.clear()

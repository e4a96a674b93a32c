"""Drafts: contracts that their buyer has not shown yet exist for nobody else, wherever contracts are shown."""

from datetime import date

import pytest
from django.db import connection
from django.db.models import Q
from django.urls import reverse

from marches.models import Lot, Marche
from marches.panorama import panorama
from marches.stats import chiffres, par_reservation
from marches.upsert import refresh_holders, reindex
from portal.permissions import Acteur, Role
from tests import factories as make
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def brouillon(client_acheteur):
    """A draft of the signed-in buyer, in Évreux, held by a structure of the directory."""
    marche = make.make_marche(
        acheteur=client_acheteur.acteur_organisation.acheteur, objet="Jardins secrets", publie=False
    )
    commune = make.make_commune(nom="Évreux")
    lot = make.make_lot(marche=marche, objet="Lot secret", commune=commune, departement=commune.departement)
    make.make_titulaire(lot=lot, organisation=make.make_structure(nom="La Structure").organisation)
    reindex([marche.pk])
    return marche


def pages(marche):
    lot = marche.lots.get()
    return [
        marche.get_absolute_url(),
        lot.get_absolute_url(),
    ]


def test_a_draft_does_not_exist_for_others(client, brouillon, client_acheteur, client_administration):
    stranger = sign_in(Role.ACHETEUR)
    for url in pages(brouillon):
        assert client.get(url).status_code == 404
        assert stranger.get(url).status_code == 404
        for role in (Role.STRUCTURE, Role.ENTREPRISE, Role.FACILITATEUR, Role.RESEAU):
            assert sign_in(role).get(url).status_code == 404
        assert client_acheteur.get(url).status_code == 200
        assert client_administration.get(url).status_code == 200


def test_no_list_and_no_count_shows_a_draft(client, brouillon, client_acheteur):
    structure = brouillon.lots.get().titulaires.get().organisation.structures.get()
    holder = sign_in(Role.STRUCTURE, organisation=structure.organisation)
    place = brouillon.lots.get().commune
    pages = [
        (client, reverse("marches:list")),
        (client, structure.get_absolute_url()),
        (client, reverse("pages:accueil")),
        (client, reverse("pages:sitemap")),
        (client, place.get_absolute_url()),
        (holder, reverse("pages:tableau_de_bord")),
    ]
    for someone, url in pages:
        response = someone.get(url)
        text = (b"".join(response) if response.streaming else response.content).decode()
        for words in ("Jardins secrets", "Lot secret", f"/marches/{brouillon.pk}/"):
            assert words not in text, (url, words)
    assert "Jardins secrets" in client_acheteur.get(reverse("marches:list")).content.decode()
    assert chiffres().lots == 0
    assert sum(par_reservation().values()) == 0
    assert panorama("essai", Q, date(2026, 1, 1)).chiffres.lots == 0
    Marche.objects.update(publie=True)
    assert chiffres().lots == 1


def test_a_draft_proves_nothing_on_the_card_of_its_holder(brouillon):
    structure = brouillon.lots.get().titulaires.get().organisation.structures.get()
    Lot.objects.update(date_notification="2026-01-01")
    assert refresh_holders() == 0
    Marche.objects.update(publie=True)
    assert refresh_holders() == 1
    structure.refresh_from_db()
    assert structure.titulaire_depuis is not None


def test_a_facilitator_writes_no_clause_on_a_draft(brouillon, client_facilitateur):
    lot = brouillon.lots.get()
    assert client_facilitateur.get(reverse("clauses:create", args=[lot.pk])).status_code == 404
    assert "Lot secret" not in client_facilitateur.get(reverse("clauses:calculateur"), {"lot": lot.pk}).content.decode()


def test_the_list_of_a_buyer_still_follows_its_index(brouillon, client_acheteur):
    """On both engines the page is read in the order of `marche_recents`, without sorting every contract."""
    if connection.vendor != "sqlite":
        pytest.skip("The plan of a nearly empty table says nothing on PostgreSQL.")
    for acteur in (Acteur(), client_acheteur.acteur):
        plan = Marche.objects.visible_to(acteur).order_by("-recence", "-pk")[:20].explain()
        assert "marche_recents" in plan
        assert "USE TEMP B-TREE" not in plan

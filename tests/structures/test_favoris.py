"""Favourite lists: shared inside an organisation, unknown outside."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.permissions import Role
from structures.forms import favoris as forms
from structures.models import Favori, ListeFavoris
from tests import factories as make
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def liste(client_acheteur):
    return make.make_liste_favoris(organisation=client_acheteur.acteur_organisation, nom="Espaces verts")


def add(client, structure, **data):
    return client.post(reverse("structures:favori_ajouter", args=[structure.pk]), data)


def text(response) -> str:
    return response.content.decode()


# Adding -------------------------------------------------------------------------------------------------------------
def test_a_structure_goes_into_a_list_once(client_acheteur, liste):
    structure = make.make_structure()
    for _ in range(2):
        assert add(client_acheteur, structure, liste=liste.pk).url == structure.get_absolute_url()
    favori = Favori.objects.get()
    assert (favori.liste, favori.structure, favori.par) == (liste, structure, client_acheteur.user)


def test_a_new_list_is_made_from_a_card_and_not_twice(client_acheteur):
    first, second = make.make_structure(), make.make_structure()
    add(client_acheteur, first, nouvelle="  Nettoyage   2027 ")
    add(client_acheteur, second, nouvelle="nettoyage 2027")
    liste = ListeFavoris.objects.get()
    assert liste.nom == "Nettoyage 2027"
    assert liste.organisation == client_acheteur.acteur_organisation
    assert liste.favoris.count() == 2


def test_a_structure_may_be_in_several_lists(client_acheteur, liste):
    structure = make.make_structure()
    add(client_acheteur, structure, liste=liste.pk)
    add(client_acheteur, structure, nouvelle="Autre")
    assert structure.favoris.count() == 2


@pytest.mark.parametrize(
    "data", [{}, {"liste": "x"}, {"liste": "9" * 40}, {"nouvelle": "a\x00b"}, {"nouvelle": "a" * 101}]
)
def test_nothing_is_added_on_bad_input(client_acheteur, data):
    structure = make.make_structure()
    assert add(client_acheteur, structure, **data).status_code == 302
    assert not ListeFavoris.objects.exists()


def test_nothing_goes_into_the_list_of_others(client_acheteur):
    foreign, structure = make.make_liste_favoris(), make.make_structure()
    add(client_acheteur, structure, liste=foreign.pk)
    assert not Favori.objects.exists()


def test_unpublished_structures_of_others_cannot_be_added(client_acheteur, liste):
    hidden = make.make_structure(publiee=False)
    assert add(client_acheteur, hidden, liste=liste.pk).status_code == 404


def test_a_list_has_an_end(client_acheteur, liste, monkeypatch):
    monkeypatch.setattr(forms, "MOST_STRUCTURES", 1)
    add(client_acheteur, make.make_structure(), liste=liste.pk)
    add(client_acheteur, make.make_structure(), liste=liste.pk)
    assert liste.favoris.count() == 1


def test_an_organisation_has_a_largest_number_of_lists(client_acheteur, liste, monkeypatch):
    monkeypatch.setattr(forms, "MOST_LISTS", 1)
    response = client_acheteur.post(reverse("structures:favoris"), {"nom": "Encore une"})
    assert response.status_code == 200
    add(client_acheteur, make.make_structure(), nouvelle="Encore une")
    assert ListeFavoris.objects.count() == 1


# The lists ----------------------------------------------------------------------------------------------------------
def test_lists_are_shared_by_colleagues_only(client_acheteur, liste):
    make.make_favori(liste=liste, structure=make.make_structure(nom="Les Jardins"), note="À rappeler en mars")
    colleague = sign_in(Role.ENTREPRISE, organisation=client_acheteur.acteur_organisation)
    stranger = sign_in(Role.ACHETEUR)
    assert "Espaces verts" in text(colleague.get(reverse("structures:favoris")))
    assert "À rappeler en mars" in text(colleague.get(liste.get_absolute_url()))
    assert "Espaces verts" not in text(stranger.get(reverse("structures:favoris")))


@pytest.mark.parametrize("name", ["favoris_liste", "favoris_modifier", "favoris_supprimer", "favoris_ecrire"])
def test_lists_of_others_do_not_exist(client_structure, liste, name):
    url = reverse(f"structures:{name}", args=[liste.pk])
    assert client_structure.get(url).status_code == 404
    assert client_structure.post(url, {"nom": "Volée"}).status_code == 404
    liste.refresh_from_db()
    assert liste.nom == "Espaces verts"


@pytest.mark.parametrize("name", ["favori_note", "favori_retirer", "favori_remplacer"])
def test_favourites_of_others_do_not_exist(client_structure, liste, name):
    favori = make.make_favori(liste=liste)
    response = client_structure.post(reverse(f"structures:{name}", args=[favori.pk]), {"note": "x"})
    assert response.status_code == 404
    favori.refresh_from_db()
    assert favori.note == ""


def test_a_closed_membership_loses_the_lists(client_acheteur, liste):
    client_acheteur.user.membres.update(actif=False)
    assert client_acheteur.get(liste.get_absolute_url()).status_code == 403


@pytest.mark.parametrize("pk", [0, 10**30])
def test_a_list_that_is_not_there(client_acheteur, pk):
    assert client_acheteur.get(f"/structures/favoris/{pk}/").status_code == 404


def test_rename_describe_delete(client_acheteur, liste):
    make.make_favori(liste=liste)
    client_acheteur.post(reverse("structures:favoris_modifier", args=[liste.pk]), {"nom": "Parcs", "note": "Lot 2"})
    liste.refresh_from_db()
    assert (liste.nom, liste.note) == ("Parcs", "Lot 2")
    url = reverse("structures:favoris_supprimer", args=[liste.pk])
    assert "1 structure" in text(client_acheteur.get(url))
    assert ListeFavoris.objects.exists()
    client_acheteur.post(url)
    assert not Favori.objects.exists()


def test_two_lists_of_one_organisation_do_not_share_a_name(client_acheteur, liste):
    response = client_acheteur.post(reverse("structures:favoris"), {"nom": "espaces VERTS"})
    assert "déjà une liste de ce nom" in text(response)
    make.make_liste_favoris(nom="Ailleurs")
    client_acheteur.post(reverse("structures:favoris"), {"nom": "Ailleurs"})
    assert ListeFavoris.objects.filter(nom="Ailleurs").count() == 2


def test_note_and_removal(client_acheteur, liste):
    favori = make.make_favori(liste=liste)
    client_acheteur.post(reverse("structures:favori_note", args=[favori.pk]), {"note": "Vue au salon"})
    favori.refresh_from_db()
    assert favori.note == "Vue au salon"
    response = client_acheteur.post(reverse("structures:favori_retirer", args=[favori.pk]), {"retour": "fiche"})
    assert response.url == favori.structure.get_absolute_url()
    assert not Favori.objects.exists()


def test_structures_that_left_the_directory_are_said(client_acheteur, liste):
    new = make.make_structure(nom="La Nouvelle")
    gone = make.make_structure(nom="La Retirée", publiee=False)
    make.make_favori(liste=liste, structure=gone, note="gardée")
    old = make.make_favori(liste=liste, structure=make.make_structure(nom="Ancienne", remplacee_par=new), note="n")
    page = text(client_acheteur.get(liste.get_absolute_url()))
    assert "n’est plus dans l’annuaire" in page
    assert "gardée" in page
    assert "remplacée par" in page
    client_acheteur.post(reverse("structures:favori_remplacer", args=[old.pk]))
    old.refresh_from_db()
    assert (old.structure, old.note) == (new, "n")


def test_replacing_by_a_structure_that_is_there_keeps_one(client_acheteur, liste):
    new = make.make_structure()
    make.make_favori(liste=liste, structure=new)
    old = make.make_favori(liste=liste, structure=make.make_structure(remplacee_par=new))
    client_acheteur.post(reverse("structures:favori_remplacer", args=[old.pk]))
    assert [favori.structure for favori in liste.favoris.all()] == [new]


def test_only_a_replaced_card_is_replaced(client_acheteur, liste):
    favori = make.make_favori(liste=liste)
    assert client_acheteur.post(reverse("structures:favori_remplacer", args=[favori.pk])).status_code == 404


def test_notes_are_text(client_acheteur, liste):
    make.make_favori(liste=liste, note="<script>alert(1)</script>")
    assert "<script>alert" not in text(client_acheteur.get(liste.get_absolute_url()))


@pytest.mark.parametrize("page", ["0", "-1", "9" * 30, "x", "\x00"])
def test_any_page_number_answers(client_acheteur, liste, page):
    assert client_acheteur.get(liste.get_absolute_url(), {"page": page}).status_code == 200


def test_query_counts_do_not_grow(client_acheteur, liste, django_assert_num_queries):
    def pages():
        client_acheteur.get(reverse("structures:favoris"))
        client_acheteur.get(liste.get_absolute_url())

    make.make_favori(liste=liste, par=client_acheteur.user)
    with CaptureQueriesContext(connection) as one:
        pages()
    for _ in range(8):
        new = make.make_structure()
        make.make_favori(liste=liste, par=make.make_user(), structure=make.make_structure(remplacee_par=new))
        make.make_liste_favoris(organisation=liste.organisation, par=make.make_user())
    with django_assert_num_queries(len(one)):
        pages()


# On a card ----------------------------------------------------------------------------------------------------------
def printed(client, structure) -> str:
    """What the tag prints on the card of `structure`."""
    from django.template import engines
    from django.test import RequestFactory

    from portal.permissions import Acteur

    request = RequestFactory().get("/structures/1-x/")
    request.acteur = getattr(client, "acteur", Acteur())
    template = engines["django"].from_string("{% load usages %}{% favori_bouton structure %}")
    request.user, request.membres = None, type("Membres", (), {"membres": []})
    return template.render({"structure": structure}, request)


def test_the_card_says_in_which_lists_it_is(client_acheteur, liste):
    other = make.make_liste_favoris(organisation=liste.organisation, nom="Autre liste")
    foreign = make.make_liste_favoris(nom="Liste étrangère")
    favori = make.make_favori(liste=liste)
    make.make_favori(liste=foreign, structure=favori.structure)
    page = printed(client_acheteur, favori.structure)
    assert "Retirer de la liste Espaces verts" in page
    assert f'<option value="{other.pk}">' in page
    assert f'<option value="{liste.pk}">' not in page
    assert "étrangère" not in page


def test_the_card_sends_visitors_to_sign_in_and_says_nothing_to_administration(client, client_administration):
    structure = make.make_structure()
    assert "Se connecter" in printed(client, structure)
    assert printed(client_administration, structure).strip() == ""

"""The map of the directory is kept as it is written for visitors: nothing of anyone else may come out of it."""

import pytest
from django.core.cache import caches
from django.urls import reverse

from structures.models import Structure
from tests.factories import make_structure

pytestmark = pytest.mark.django_db
LIST = reverse("structures:list")
MAP = f"{LIST}?vue=carte&kind=EI"
SAVE = "Enregistrer cette recherche"


@pytest.fixture(autouse=True)
def near(settings):
    """The cache of the process, off in the settings of a try-out."""
    memory = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = settings.CACHES | {"proche": {"BACKEND": memory, "LOCATION": "carte-gardee"}}
    caches["proche"].clear()
    yield
    caches["proche"].clear()


@pytest.fixture
def two(db):
    return [make_structure(nom=nom, kind="EI") for nom in ("Atelier des Prés", "Atelier du Lac")]


def read(client, url, **headers):
    response = client.get(url, headers=headers or None)
    assert response.status_code == 200
    return response.content.decode()


def test_a_kept_map_is_the_one_written_first(client, two, django_assert_num_queries):
    first = read(client, MAP)
    assert "2 structures" in first
    assert first.count("<html") == 1
    with django_assert_num_queries(0):
        assert read(client, MAP) == first


def test_htmx_is_given_the_same_fragment(client, two):
    whole = read(client, MAP)
    fragment = read(client, MAP, hx_request="true")
    assert "<html" not in fragment
    assert fragment in whole


@pytest.mark.parametrize("first", ["visitor", "member"])
def test_neither_sees_what_was_kept_for_the_other(client, client_acheteur, two, first):
    pages = {}
    order = {"visitor": client, "member": client_acheteur}
    for who in sorted(order, key=lambda name: name != first):
        pages[who] = read(order[who], MAP)
    assert SAVE in pages["member"]
    assert "csrfmiddlewaretoken" in pages["member"].split('id="contenu"')[1]
    assert SAVE not in pages["visitor"]
    assert "csrfmiddlewaretoken" not in pages["visitor"]


def test_what_is_said_to_one_is_not_kept_for_the_others(client, client_acheteur, two):
    client_acheteur.post(reverse("account_logout"))
    said = read(client_acheteur, MAP)  # a visitor now, told that they have signed out
    assert "C’est fait" in said
    assert "C’est fait" not in read(client, MAP)
    assert "C’est fait" not in read(client_acheteur, MAP)


def test_each_search_and_each_choice_has_its_own(client, two):
    pages = [
        read(client, url)
        for url in (
            MAP,
            f"{LIST}?vue=carte",
            f"{LIST}?vue=carte&kind=ESAT",
            f"{MAP}&s={two[0].pk}",
            f"{MAP}&s={two[0].pk}&s={two[1].pk}",
            f"{MAP}&tri=nom",
        )
    ]
    assert len(set(pages)) == len(pages)
    assert "Atelier des Prés" in pages[3]
    assert "Atelier du Lac" not in pages[3]


@pytest.mark.parametrize("unknown", ["role=administration", "acteur=1", "ecrit=<b>x</b>", "contact=1", "is_visitor=0"])
def test_a_parameter_of_ones_own_changes_nothing(client, two, unknown):
    assert read(client, f"{MAP}&{unknown}") == read(client, MAP)


def test_a_hidden_structure_is_never_counted(client, two):
    Structure.objects.filter(pk=two[0].pk).update(publiee=False)
    page = read(client, f"{MAP}&s={two[0].pk}")
    assert "1 structure<" in page
    assert "Atelier des Prés" not in page

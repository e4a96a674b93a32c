"""The shorter way to the first results finds what the search finds, in its order, whatever is asked and changed."""

import random
from datetime import date, timedelta
from itertools import product
from types import SimpleNamespace

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.pagination import PER_PAGE
from structures.directory import Parcours, Question, parcours, search, shorter_way
from structures.directory.parcours import first_keys, is_walkable, reach
from structures.enums import Kind, Mode
from structures.filters import StructureFilter
from structures.lieux import from_parametre
from structures.models import Activite, Structure
from structures.search_index import reindex
from structures.zones import make_zone
from tests.factories import make_reseau, make_structure
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db
LIST = reverse("structures:list")
NUMBER = 90
WORDS = ("", "jardins", "Jardins verts", "ESPACES VERTS", "caen", "14", "inconnu", "vert")
LIEUX = (
    (),
    ("commune-14118",),
    ("commune-75056",),
    ("commune-75110",),
    ("departement-14",),
    ("region-28",),
    ("epci-200066827",),
    ("commune-27229", "departement-75"),
    ("france-",),
)


@pytest.fixture
def country(db):
    return make_country()


@pytest.fixture
def filled(country):
    """Structures drawn at random: seats known or not, activities declared or not, zones of every sort or none."""
    draw = random.Random(27)
    communes = [country.caen, country.ifs, country.lisieux, country.evreux, country.paris, country.paris10, None]
    zones = [None, None, make_zone([("france", "")])]
    zones += [make_zone([place]) for place in (("departement", "14"), ("region", "28"), ("commune", "27229"),
                                               ("epci", "200066827"), ("commune", "75110"))]  # fmt: skip
    zones += [make_zone(centre=(49.182, -0.371), rayon_km=km) for km in (8, 60, 160)]
    network = make_reseau(slug="nord")
    for rank in range(NUMBER):
        commune = draw.choice(communes)
        seat = {"commune": commune, "departement": commune.departement, "ville": commune.nom} if commune else {}
        if commune and draw.random() < 0.8:
            seat |= {"latitude": commune.latitude + draw.uniform(-0.2, 0.2), "longitude": commune.longitude}
        structure = make_structure(
            nom=draw.choice(["Jardins verts", "Verts jardins", "Jardins", "Autre", f"Relais {rank}"]),
            kind=draw.choice([Kind.AI, Kind.EI, Kind.ESAT]),
            description=draw.choice(["", "Des jardins verts partout.", "Entretien des espaces verts."]),
            publiee=draw.random() < 0.9, capacite=draw.choice([None, 5, 50]), a_cotraite=draw.random() < 0.3,
            donnees_du=draw.choice([None, date(2025, 1, 1)]), **seat,
        )  # fmt: skip
        for secteur, mode in draw.sample(list(product((country.entretien, country.proprete), Mode.values)), 2)[
            : draw.choice([0, 1, 2])
        ]:
            Activite.objects.create(structure=structure, secteur=secteur, mode=mode, zone=draw.choice(zones))
        if draw.random() < 0.4:
            structure.reseaux.add(network)
    reindex()
    return country


def asked(country):
    """Every mix of words, trade, way, places and order, with a criterion here and there."""
    draw = random.Random(3)
    trades = ((), (country.entretien,), (country.jardins, country.proprete))
    for words, lieux, secteurs in product(WORDS, LIEUX, trades):
        for mode in ("", draw.choice(Mode.values)):
            more = draw.choice([{}, {}, {"kinds": (Kind.EI,)}, {"reseaux": ("nord",)}, {"capacite_min": 5}])
            places = tuple(from_parametre(lieu) for lieu in lieux)
            tri = draw.choice(("", "", "", "nom"))
            yield Question(words=words, lieux=places, secteurs=secteurs, mode=mode, tri=tri, **more)


def keys(querysets):
    return [pk for found in querysets for pk in found]


def test_both_ways_find_the_same_in_the_same_order(filled, monkeypatch):
    monkeypatch.setattr(parcours, "FIRST", first := 5)  # few structures: short pages
    listed, questions, empty, near = Structure.objects.listed(), list(asked(filled)), 0, 0
    for question in questions:
        assert is_walkable(question)
        expected = list(search(listed, question).values_list("pk", flat=True))
        assert keys(first_keys(listed, question)) == expected, question
        assert keys(first_keys(listed, question, few=True)) == expected, question
        empty += not expected
        if parcours.tri_of(question) == "distance" and (km := reach(listed, question)) is not None:
            near += 1
            assert keys(first_keys(listed, question, km))[:first] == expected[:first], question
    assert near > 20  # the comparison is about something
    assert empty < len(questions) / 2


def test_a_prestation_by_an_association_intermediaire_is_walked_too(filled):
    question = Question(mode=Mode.PRESTATION, lieux=(from_parametre("departement-14"),))
    found = Structure.objects.filter(pk__in=keys(first_keys(Structure.objects.listed(), question)))
    lent = found.filter(kind=Kind.AI).exclude(activites__mode=Mode.PRESTATION)
    assert lent.exists()


@pytest.mark.parametrize(
    "given", [{"words": "123 456 789"}, {"tri": "recent"}, {"rayon_km": 30, "lieux": "commune-14118"}]
)
def test_what_no_index_orders_is_not_walked(country, given):
    if lieu := given.get("lieux"):
        given = given | {"lieux": (from_parametre(lieu),)}
    assert not is_walkable(Question(**given))


def test_sqlite_and_short_results_keep_the_usual_way(filled):
    question = Question(words="jardins")
    assert shorter_way(Structure.objects.listed(), question, parcours.FEWEST - 1) == Parcours()
    if connection.vendor == "sqlite":
        assert shorter_way(Structure.objects.listed(), question, 10**6) == Parcours()


# On the page ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def eager(monkeypatch):
    """The shorter way wherever it exists, on both engines."""
    monkeypatch.setattr(parcours, "connection", SimpleNamespace(vendor="postgresql"))
    monkeypatch.setattr(parcours, "FEWEST", 1)
    monkeypatch.setattr(parcours, "_number", lambda queryset: 1)
    monkeypatch.setattr(parcours, "_pages", lambda cost, total: (total - 1) // PER_PAGE)


def shown(client, query):
    return [reponse.structure.pk for reponse in client.get(f"{LIST}?{query}").context["reponses"]]


def crowd(country, number=30, **given):
    caen = country.caen
    zone = make_zone([("departement", "14")])
    found = []
    for rank in range(number):
        structure = make_structure(
            nom=f"Jardins {rank:02}", commune=caen, departement=caen.departement,
            latitude=caen.latitude + rank / 1000, longitude=caen.longitude, **given,
        )  # fmt: skip
        Activite.objects.create(structure=structure, secteur=country.entretien, zone=zone)
        found.append(structure)
    reindex()
    return found


QUERIES = ["q=jardins", "lieu=departement-14&secteur=jardins", "lieu=commune-14118&secteur=jardins&rayon="]


@pytest.mark.parametrize("query", QUERIES)
def test_the_first_page_takes_the_shorter_way_and_the_next_goes_on(client, country, eager, query):
    everyone = [structure.pk for structure in crowd(country)]
    with CaptureQueriesContext(connection) as first:
        one = shown(client, query)
    assert any("IS NOT NULL" in each["sql"] and "LIMIT 21" in each["sql"] for each in first)
    assert [*one, *shown(client, f"{query}&page=2")] == everyone


@pytest.mark.parametrize("query", QUERIES)
def test_every_edit_is_seen_at_once(client, country, eager, query):
    """The SQL of a search is kept a minute, never its results."""
    everyone = crowd(country)
    assert shown(client, query)[0] == everyone[0].pk
    Structure.objects.filter(pk=everyone[0].pk).update(publiee=False)
    assert shown(client, query)[0] == everyone[1].pk
    everyone[1].activites.all().delete()
    everyone[1].nom = "Autre"
    everyone[1].save()
    reindex([everyone[1].pk])
    assert shown(client, query)[0] == everyone[2].pk
    Activite.objects.filter(structure=everyone[2]).update(
        zone=make_zone([("commune", "75056")]), secteur=country.proprete
    )
    everyone[2].nom = "Propre"
    everyone[2].save()
    reindex([everyone[2].pk])
    assert shown(client, query)[0] == everyone[3].pk
    (newest,) = crowd(country, 1, titulaire_depuis=date.today() - timedelta(days=9))
    assert newest.pk in shown(client, query)[:2]


@pytest.mark.parametrize("query", ["q=jardins", "q=jardins&tri=nom", "q=verts", "lieu=departement-14&secteur=jardins"])
@pytest.mark.parametrize("few", [False, True])
def test_the_next_pages_take_it_too(client, country, eager, monkeypatch, query, few):
    """Half of the structures hold « verts » in their text and not in their name; the names that do come first."""
    monkeypatch.setattr(parcours, "NAME", 1000 if few else 0)
    crowd(country, 60, description="Des espaces verts.")
    everyone = list(search(Structure.objects.listed(), read(query)).values_list("pk", flat=True))
    found = []
    for page in (1, 2, 3):
        with CaptureQueriesContext(connection) as asked:
            found += shown(client, f"{query}&page={page}")
        walked = any("IS NOT NULL" in (each["sql"] or "") for each in asked)
        assert walked == (page < 3)  # the last page is not full: it is gathered
    assert found == everyone


def read(query):
    return StructureFilter(QueryDict(query), queryset=Structure.objects.listed()).question


def test_the_number_of_pages_is_what_they_cost():
    pages = parcours._pages
    assert pages(lambda needed: needed, 1000) == 49  # the fiftieth would not be full
    assert pages(lambda needed: needed * 10, 1000) == 4
    assert pages(lambda needed: 1000, 1000) == 0
    assert pages(lambda needed: 0, 10**6) == parcours.MOST_PAGES


@pytest.mark.parametrize(
    ("words", "first"),
    [("eau", ["Eau vive", "Jardins d'eaux", "Bureaux"]), ("jardins d eau", ["Jardins d'eaux"])],
)
def test_words_in_a_name_begin_a_word(country, words, first):
    """« Bureaux » holds « eau » and does not speak of it."""
    for rank, nom in enumerate(("Bureaux", "Eau vive", "Jardins d'eaux")):
        make_structure(nom=nom, description="Eau, eaux, jardins.", capacite=rank)
    reindex()
    listed, question = Structure.objects.listed(), Question(words=words)
    names = dict(listed.values_list("pk", "nom"))
    expected = [names[pk] for pk in search(listed, question).values_list("pk", flat=True)]
    assert sorted(expected[: len(first)]) == sorted(first)
    for few in (False, True):
        assert [names[pk] for pk in keys(first_keys(listed, question, few=few))] == expected


def test_a_page_that_the_kept_distance_no_longer_fills_is_read_whole(client, country, eager):
    everyone = crowd(country)
    query = "lieu=commune-14118&secteur=jardins"
    shown(client, query)
    gone = [structure.pk for structure in everyone[:12]]
    Structure.objects.filter(pk__in=gone).update(publiee=False)
    assert shown(client, query) == [structure.pk for structure in everyone[12:]]


def test_names_that_hold_the_words_come_first_and_the_page_is_filled_with_the_others(
    client, country, eager, django_assert_max_num_queries
):
    crowd(country, 25, description="Un relais solidaire.")
    named = make_structure(nom="Le Relais Solidaire")
    reindex([named.pk])
    shown(client, "q=relais+solidaire")
    with django_assert_max_num_queries(8):
        found = shown(client, "q=relais+solidaire")
    assert found[0] == named.pk
    assert len(found) == 20

"""The Atom feed of new structures."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from structures.models import Structure
from tests.factories import make_activite, make_structure
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db
URL = reverse("structures:flux")
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def country(db):
    return make_country()


def settle(nom, commune, secteur, days=0):
    """A structure that came into the directory `days` ago."""
    structure = make_structure(nom=nom, commune=commune, departement=commune.departement, ville=commune.nom)
    make_activite(structure=structure, secteur=secteur)
    moment = timezone.now() - timedelta(days=days)
    Structure.objects.filter(pk=structure.pk).update(creee_le=moment, modifiee_le=moment)
    return structure


def feed(client, **given):
    response = client.get(URL, given)
    assert response.status_code == 200
    return ElementTree.fromstring(response.content)


def titles(tree):
    return [entry.findtext(f"{ATOM}title") for entry in tree.findall(f"{ATOM}entry")]


def test_the_newest_come_first(country, client):
    settle("Ancienne", country.caen, country.entretien, days=10)
    settle("Nouvelle", country.caen, country.entretien)
    make_structure(nom="Cachée", publiee=False)
    assert titles(feed(client)) == ["Nouvelle (EI)", "Ancienne (EI)"]


def test_fifty_at_most(country, client):
    for rank in range(52):
        make_structure(nom=f"Structure {rank}")
    assert len(titles(feed(client))) == 50


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"secteur": "jardins"}, {"Verte", "Lointaine"}),
        ({"lieu": "departement-14"}, {"Verte", "Propre"}),
        ({"lieu": "Calvados"}, {"Verte", "Propre"}),
        ({"secteur": "jardins.entretien", "lieu": "departement-14"}, {"Verte"}),
        ({"secteur": ["jardins", "proprete"]}, {"Verte", "Propre", "Lointaine"}),
        ({"lieu": ["departement-14", "departement-75"]}, {"Verte", "Propre", "Lointaine"}),
        ({"secteur": "", "lieu": ""}, {"Verte", "Propre", "Lointaine"}),
    ],
)
def test_by_sector_and_by_place(country, client, given, expected):
    settle("Verte", country.caen, country.entretien)
    settle("Propre", country.caen, country.proprete)
    settle("Lointaine", country.paris, country.entretien)
    assert {title.removesuffix(" (EI)") for title in titles(feed(client, **given))} == expected


def test_it_is_a_valid_atom_document(country, client):
    settle("Verte & <belle>", country.caen, country.entretien)
    response = client.get(URL, {"secteur": "jardins"})
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    tree = ElementTree.fromstring(response.content)
    assert tree.tag == f"{ATOM}feed"
    for node in [tree, *tree.findall(f"{ATOM}entry")]:
        assert node.findtext(f"{ATOM}id").startswith("tag:testserver,2026:")
        assert node.findtext(f"{ATOM}title")
        assert parse_datetime(node.findtext(f"{ATOM}updated")).tzinfo
        assert node.find(f"{ATOM}link").get("href").startswith("http://testserver/")
    assert tree.find(f"{ATOM}author/{ATOM}name").text
    selves = [link.get("href") for link in tree.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert selves == [f"http://testserver{URL}?secteur=jardins"]


def test_identifiers_do_not_change_with_the_name(country, client):
    structure = settle("Avant", country.caen, country.entretien)
    before = feed(client).find(f"{ATOM}entry").findtext(f"{ATOM}id")
    structure.nom = "Après"
    structure.save()
    entry = feed(client).find(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == before
    assert entry.findtext(f"{ATOM}title") == "Après (EI)"


def test_feeds_of_different_questions_have_different_identifiers(country, client):
    found = {
        feed(client, **given).findtext(f"{ATOM}id")
        for given in ({}, {"secteur": "jardins"}, {"lieu": "departement-14"})
    }
    assert len(found) == 3


def test_nothing_is_sent_again_when_nothing_moved(country, client):
    structure = settle("Verte", country.caen, country.entretien)
    first = client.get(URL)
    assert first["ETag"]
    assert first["Last-Modified"]
    assert client.get(URL, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert client.get(URL, headers={"If-Modified-Since": first["Last-Modified"]}).status_code == 304
    structure.nom = "Plus verte"
    structure.save()
    assert client.get(URL, headers={"If-None-Match": first["ETag"]}).status_code == 200
    gone = client.get(URL)["ETag"]
    Structure.objects.all().delete()
    assert client.get(URL, headers={"If-None-Match": gone}).status_code == 200


def test_an_empty_feed_keeps_its_date(country, client):
    first, second = client.get(URL, {"secteur": "proprete"}), client.get(URL, {"secteur": "proprete"})
    assert first.content == second.content
    assert client.get(URL, {"secteur": "proprete"}, headers={"If-None-Match": first["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    "given",
    [
        {"secteur": "inconnu"},
        {"lieu": "departement-99"},
        {"lieu": "Nulle-Part"},
        {"secteur": ["jardins", "inconnu"]},
        {"secteur": "\x00"},
        {"lieu": "\x00"},
    ],
)
def test_what_does_not_exist_is_not_found(country, client, given):
    assert client.get(URL, given).status_code == 404


def test_it_costs_the_same_for_one_entry_and_for_ten(country, client):
    def cost():
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            feed(client, secteur="jardins", lieu="departement-14")
        return len(queries)

    settle("Une", country.caen, country.entretien)
    first = cost()
    for rank in range(9):
        settle(f"Autre {rank}", country.ifs, country.jardins)
    assert cost() == first


def test_a_summary_is_read_as_html_and_escaped(country, client):
    structure = settle("Verte", country.caen, country.entretien)
    Structure.objects.filter(pk=structure.pk).update(ville="<b>Caen</b>")
    assert "&lt;b&gt;Caen" in feed(client).find(f"{ATOM}entry").findtext(f"{ATOM}summary")

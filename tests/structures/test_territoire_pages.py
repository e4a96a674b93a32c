"""Pages of places: who works there, what is around, and what the upper floors add."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marches.enums import Reservation
from marches.models import Marche
from structures.enums import Kind
from structures.lieux import of_commune, of_departement
from structures.stats import territoires
from structures.zones import make_zone
from tests.factories import (
    make_acheteur,
    make_activite,
    make_commune,
    make_departement,
    make_facilitateur,
    make_lot,
    make_marche,
    make_organisation,
    make_region,
    make_structure,
    make_temoignage,
)
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db


@pytest.fixture
def country(db):
    return make_country()


def settle(nom, commune, secteur=None, lieux=(), **given):
    """A structure seated in a commune, with an activity on these places, or with an undeclared zone."""
    structure = make_structure(nom=nom, commune=commune, departement=commune.departement, ville=commune.nom, **given)
    if secteur:
        make_activite(structure=structure, secteur=secteur, zone=make_zone(lieux) if lieux else None)
    return structure


def page(client, cle):
    return client.get(reverse("structures:territoire", args=[cle]))


@pytest.fixture
def settled(country):
    """One that covers Calvados, one that covers Normandie, one that covers Ifs, one seated in Caen, one elsewhere."""
    settle("Calvadosienne", country.evreux, country.entretien, [("departement", "14")])
    settle("Normande", country.evreux, country.proprete, [("region", "28")], kind=Kind.ESAT)
    settle("Ifsoise", country.evreux, country.jardins, [("commune", "14341")], kind=Kind.EA)
    settle("Caennaise", country.caen, country.entretien)
    settle("Parisienne", country.paris, country.entretien, [("departement", "75")])
    return country


@pytest.mark.parametrize(
    ("cle", "expected"),
    [  # total, whole, part, seat without a zone, seat
        ("departement-14", (4, 2, 1, 1, 1)),
        ("region-28", (4, 1, 2, 1, 4)),
        ("commune-14118", (3, 2, 0, 1, 1)),
        ("commune-14341", (3, 3, 0, 0, 0)),
        ("epci-200065597", (4, 2, 1, 1, 1)),
        ("departement-75", (1, 1, 0, 0, 1)),
        ("departement-27", (1, 1, 0, 0, 3)),
    ],
)
def test_a_place_counts_who_covers_it_whole_in_part_or_by_the_seat(settled, cle, expected):
    found = territoires.comptes(territoires.from_key(cle))
    assert (found.total, found.entiers, found.parties, found.sieges_seuls, found.sieges) == expected


def test_counts_by_kind_and_family_are_those_of_the_directory(settled, client):
    found = territoires.comptes(territoires.from_key("departement-14"))
    assert {line.valeur: line.nombre for line in found.par_kind} == {"EI": 2, "ESAT": 1, "EA": 1}
    assert found.par_famille == {"insertion": 2, "handicap": 2}
    assert {line.valeur: line.nombre for line in found.par_secteur} == {"jardins": 3, "proprete": 1}
    for line in found.par_secteur:
        response = client.get(reverse("structures:list"), {"lieu": "departement-14", "secteur": line.valeur})
        assert response.context["count"] == line.nombre


def test_a_circle_covers_the_commune_it_holds(country):
    structure = settle("Ronde", country.lisieux)
    zone = make_zone((), (country.caen.latitude, country.caen.longitude), 20)
    make_activite(structure=structure, secteur=country.entretien, zone=zone)
    assert territoires.comptes(territoires.from_key("commune-14341")).entiers == 1
    assert territoires.comptes(territoires.from_key("departement-14")).parties == 1


def test_counts_are_kept_a_minute_per_place(settled, django_assert_num_queries):
    lieu = territoires.from_key("departement-14")
    territoires.comptes(lieu)
    with django_assert_num_queries(0):
        territoires.comptes(lieu)
    assert territoires.comptes(territoires.from_key("departement-75")).total == 1


@pytest.mark.parametrize("cle", ["departement-14", "region-28", "commune-14118", "epci-200065597", "epci-200066827"])
def test_the_page_says_who_works_there_and_leads_to_the_directory(settled, client, cle):
    response = page(client, cle)
    assert response.status_code == 200
    html = response.content.decode()
    assert f"{reverse('structures:list')}?lieu={cle}" in html
    assert f"{reverse('structures:flux')}?lieu={cle}" in html
    assert "Calvadosienne" in html
    assert "Parisienne" not in html
    assert "Facilitateurs" in html


def test_ten_structures_at_most_are_shown(country, client):
    for rank in range(12):
        settle(f"Structure {rank:02}", country.caen, country.entretien)
    response = page(client, "departement-14")
    assert len(response.context["apercus"]) == 10
    assert "les 12 structures" in response.content.decode()


def test_what_is_around_is_linked(settled, client):
    html = page(client, "departement-14").content.decode()
    for cle in ("region-28", "departement-27", "commune-14118", "epci-200065597", "epci-200066827"):
        assert reverse("structures:territoire", args=[cle]) in html
    assert reverse("structures:territoire", args=["departement-14"]) in page(client, "commune-14118").content.decode()


@pytest.mark.parametrize(
    ("cle", "code", "goal"),
    [
        ("departement-14-calvados", 200, None),
        ("departement-14-", 200, None),
        ("commune-75110", 302, "commune-75056"),
        ("commune-75110-paris-10e", 302, "commune-75056"),
        ("departement-99", 404, None),
        ("departement-", 404, None),
        ("commune-00000", 404, None),
        ("pays-14", 404, None),
        ("france", 404, None),
        ("departement-14x", 404, None),
        ("epci-999999999", 404, None),
        ("epci-9999999999999999999999", 404, None),
        ("commune-2a004", 404, None),
        ("-", 404, None),
    ],
)
def test_addresses_of_places(country, client, cle, code, goal):
    response = page(client, cle)
    assert response.status_code == code
    if goal:
        assert response.url == reverse("structures:territoire", args=[goal])


def test_a_departement_that_is_its_region_is_named_once(country):
    region = make_region(code="04", nom="La Réunion")
    departement = make_departement(code="974", nom="La Réunion", region=region)
    commune = make_commune(code="97411", nom="Saint-Denis", departement=departement)
    assert territoires.larger(of_commune(commune)) == [("La Réunion", "/structures/territoires/departement-974/")]
    assert territoires.larger(of_departement(departement)) == []


def test_a_slug_is_the_same_page_and_says_its_address(country, client):
    html = page(client, "departement-14-nimporte-quoi").content.decode()
    assert f'href="http://testserver{reverse("structures:territoire", args=["departement-14"])}"' in html


# What the upper floors add ------------------------------------------------------------------------------------------
def test_contracts_and_buyers_of_the_place(country, client):
    ville = make_acheteur(organisation=make_organisation(denomination="Ville de Caen"))
    marche = make_marche(acheteur=ville)
    here = {"marche": marche, "commune": country.caen, "departement": country.calvados}
    make_lot(
        **here, objet="Tonte des pelouses", reservation=Reservation.INSERTION, montant=Decimal(30_000),
        date_notification=date(2026, 1, 5), date_fin=date(2099, 1, 1),
    )  # fmt: skip
    make_lot(**here, objet="Fourniture de stylos", montant=Decimal(10_000), date_fin=date(2020, 1, 1))
    make_lot(objet="Ailleurs", departement=country.eure)
    html = page(client, "departement-14").content.decode()
    assert "Ville de Caen" in html
    assert "Tonte des pelouses" in html
    assert "Ailleurs" not in html
    assert "2 lots" in html
    assert "20\u202f000\u202f€\u202fHT" in html  # the median
    siren = ville.organisation.siren
    assert f"acheteur={siren}" in html
    link = client.get(reverse("marches:list"), {"lieu": "Calvados (14)", "consideration": "reserve"})
    assert [resume.pk for resume in link.context["page"]] == [Marche.objects.get(pk=marche.pk).pk]


def test_a_place_without_contract_says_so(country, client):
    assert "aucun marché ici" in page(client, "departement-27").content.decode()


def test_facilitators_whose_zone_reaches_the_place(country, client):
    zone = make_zone([("departement", "14")])
    make_facilitateur(
        organisation=make_organisation(denomination="Maison de l'emploi du Calvados"), zone=zone, guichet_unique=True
    )
    make_facilitateur(organisation=make_organisation(denomination="PLIE d'Évreux", commune=country.evreux))
    make_facilitateur(organisation=make_organisation(denomination="Sans lieu"))
    caen = page(client, "commune-14118").content.decode()
    assert "Maison de l&#x27;emploi du Calvados" in caen
    assert "guichet unique" in caen
    assert "PLIE" not in caen
    region = page(client, "region-28").content.decode()
    assert "PLIE" in region
    assert "Maison de l&#x27;emploi" in region
    assert "Sans lieu" not in region


def test_stories_of_the_place(country, client):
    structure = settle("Caennaise", country.caen)
    make_temoignage(titre="Un jardin partagé").structures.add(structure)
    make_temoignage(titre="Entre nous", audience="adherents").structures.add(structure)
    assert "Un jardin partagé" in page(client, "epci-200065597").content.decode()
    assert "Entre nous" not in page(client, "epci-200065597").content.decode()
    assert "Un jardin partagé" not in page(client, "departement-75").content.decode()


# The country --------------------------------------------------------------------------------------------------------
def test_the_index_lists_every_departement_with_its_seats(settled, client):
    response = client.get(reverse("structures:territoires"))
    html = response.content.decode()
    regions = {
        region.nom: (nombre, [(d.code, n) for d, n in inside]) for region, nombre, inside in response.context["regions"]
    }
    assert regions["Normandie"] == (4, [("14", 1), ("27", 3)])
    assert reverse("structures:territoire", args=["departement-27"]) in html


def test_collectivities_overseas_stand_together_after_the_regions(country, client):
    for code, nom in (("975", "Saint-Pierre-et-Miquelon"), ("988", "Nouvelle-Calédonie")):
        make_departement(code=code, nom=nom, region=make_region(code=code, nom=nom))
    cache.clear()
    response = client.get(reverse("structures:territoires"))
    *regions, (last, nombre, inside) = response.context["regions"]
    assert all(region for region, _, _ in regions)
    assert (last, nombre, {departement.pk for departement, _ in inside}) == (None, 0, {"975", "988"})
    assert "Collectivités d’outre-mer" in response.content.decode()
    page = client.get(reverse("structures:territoire", args=["region-28"])).content.decode()
    assert "Île-de-France" in page
    assert "Nouvelle-Calédonie" not in page


@pytest.mark.parametrize(
    ("typed", "goal"),
    [("Évreux", "commune-27229"), ("27000", "commune-27229"), ("calvados", "departement-14"), ("14", "departement-14")],
)
def test_a_typed_place_opens_its_page(country, client, typed, goal):
    response = client.get(reverse("structures:territoires"), {"ou": typed})
    assert response.status_code == 302
    assert response.url == reverse("structures:territoire", args=[goal])


def test_a_name_borne_by_several_places_gives_a_choice(country, client):
    response = client.get(reverse("structures:territoires"), {"ou": "Saint-Étienne"})
    assert response.status_code == 200
    assert len(response.context["candidats"]) > 1


@pytest.mark.parametrize("typed", ["Nulle-Part", "\x00", "9" * 400, "<script>", " "])
def test_an_unknown_place_is_said(country, client, typed):
    response = client.get(reverse("structures:territoires"), {"ou": typed})
    assert response.status_code == 200
    assert b"<script>alert" not in response.content


# Cost ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("cle", ["departement-14", "region-28", "commune-14118", "epci-200065597"])
def test_the_page_costs_the_same_for_one_structure_and_for_ten(country, client, cle):
    def cost():
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            assert page(client, cle).status_code == 200
        return len(queries), queries.captured_queries

    settle("Une", country.caen, country.entretien, [("departement", "14")])
    make_lot(
        departement=country.calvados,
        commune=country.caen,
        reservation=Reservation.HANDICAP,
        date_notification=date(2026, 1, 5),
    )
    make_temoignage().structures.add(settle("Contée", country.caen))
    make_facilitateur(zone=make_zone([("region", "28")]))
    first, _ = cost()
    for rank in range(9):
        structure = settle(f"Autre {rank}", country.ifs, country.proprete, [("commune", "14118"), ("commune", "14341")])
        make_temoignage().structures.add(structure)
        make_lot(
            departement=country.calvados,
            commune=country.caen,
            reservation=Reservation.HANDICAP,
            date_notification=date(2026, 1, 6),
        )
        make_facilitateur(organisation=make_organisation(commune=country.caen))
    second, _ = cost()
    assert second == first
    assert first <= 36
    with CaptureQueriesContext(connection) as warm:
        page(client, cle)
    assert len(warm) <= 18

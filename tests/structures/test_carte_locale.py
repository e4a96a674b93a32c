"""The map of one place: collectivities overseas have no outline, and a sheet of their own."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from structures.models import Commune, Secteur
from structures.presentation import carte_locale
from tests.factories import make_commune, make_departement, make_region
from tests.structures.helpers import make_country
from tests.structures.test_list import settle

pytestmark = pytest.mark.django_db
LIST = reverse("structures:list")


@pytest.fixture
def overseas(db):
    """Structures in two communes of New Caledonia 18.7 km apart, in Saint-Pierre, and in Caen for the whole country."""
    cache.clear()
    country = make_country()
    for code, nom in (("988", "Nouvelle-Calédonie"), ("975", "Saint-Pierre-et-Miquelon")):
        region = make_region(code=code, nom=nom)
        make_departement(code=code, nom=nom, nom_tri=nom.lower().replace("-", " ").replace("é", "e"), region=region)
    for code, nom, plain, latitude, longitude in (
        ("98818", "Nouméa", "noumea", -22.27, 166.46), ("98821", "Païta", "paita", -22.13, 166.36),
        ("97502", "Saint-Pierre", "saint pierre", 46.78, -56.19),
    ):  # fmt: skip
        town = make_commune(
            code=code, nom=nom, nom_tri=plain, departement_id=code[:3], latitude=latitude, longitude=longitude
        )
        settle(f"Atelier de {nom}", town)
    settle("Partout", country.caen, country.entretien, {"lieux": [("france", "")]})


def map_of(client, **query):
    locale = client.get(LIST, {"vue": "carte"} | query).context["locale"]
    return locale, {point.nom: point for point in locale.points}


def frame(locale) -> tuple[int, ...]:
    return tuple(map(int, locale.view_box.split()))


def test_a_collectivity_is_drawn_on_its_sheet(client, overseas):
    locale, points = map_of(client, ou="988")
    assert set(points) == {"Atelier de Nouméa", "Atelier de Païta"}  # the one that comes from Caen is not there
    assert locale.departements == []
    left, top, width, height = frame(locale)
    noumea, paita = points["Atelier de Nouméa"], points["Atelier de Païta"]
    for point in (noumea, paita):
        assert left < point.x < left + width
        assert top < point.y < top + height
    assert noumea.x > paita.x  # east of it
    assert noumea.y > paita.y  # and south: y goes down
    units = ((noumea.x - paita.x) ** 2 + (noumea.y - paita.y) ** 2) ** 0.5
    assert units / carte_locale.KM == pytest.approx(18.7, abs=0.4)


def test_a_radius_overseas_finds_what_is_near(client, overseas):
    for km, found in ((15, {"Atelier de Nouméa"}), (30, {"Atelier de Nouméa", "Atelier de Païta"})):
        locale, points = map_of(client, ou="Nouméa", rayon=km)
        assert set(points) == found
        assert "Nouméa" in {nom for nom, _, _ in locale.villes}
    page = client.get(LIST, {"ou": "Nouméa", "rayon": 30}).content.decode()
    assert "position de Nouméa" not in page
    assert "à 19\u00a0km de Nouméa" in page


def test_a_lone_seat_stands_in_the_middle_of_its_map(client, overseas):
    locale, points = map_of(client, ou="975")
    left, top, width, height = frame(locale)
    point = points["Atelier de Saint-Pierre"]
    assert (point.x, point.y) == pytest.approx((left + width / 2, top + height / 2), abs=2)


def test_of_places_on_two_sheets_the_first_is_drawn(client, overseas):
    assert set(map_of(client, ou=["Caen", "Nouméa"])[1]) == {"Partout"}
    assert set(map_of(client, ou=["988", "Caen"])[1]) == {"Atelier de Nouméa", "Atelier de Païta"}


def test_a_structure_seated_overseas_does_not_stretch_the_map_of_a_region(client, overseas):
    noumea, proprete = Commune.objects.get(pk="98818"), Secteur.objects.get(code="proprete")
    settle("De Nouméa pour la Normandie", noumea, proprete, {"lieux": [("region", "28")]})
    locale, points = map_of(client, ou="Normandie")
    assert "De Nouméa pour la Normandie" not in points
    assert frame(locale)[2] < 7_000


def test_every_collectivity_has_a_sheet():
    assert carte_locale.SHEETS.keys() == carte_locale.COLLECTIVITES
    assert len({carte_locale.project(*point, code) for code, point in carte_locale.SHEETS.items()}) == 6

"""Zones: what is declared, what it reaches, and who finds it."""

import pytest

from marches.models import Alliance
from structures.lieux import resolve
from structures.models import Activite, Zone, ZoneLieu
from structures.zones import describe, make_zone, prune, recompute_all, refresh_all, zones_of
from tests.factories import make_activite, make_zone_lieu
from tests.factories import make_zone as make_bare_zone
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db
EVREUX = (49.027, 1.151)


@pytest.fixture
def country(db):
    return make_country()


def rows(zone):
    return {(row.niveau, row.code): (row.couverture, row.declare) for row in zone.lieux.all()}


def test_a_departement_reaches_what_holds_it_and_what_it_holds(country):
    zone = make_zone(lieux=[("departement", "14")])
    assert rows(zone) == {
        ("departement", "14"): ("entier", True),
        ("epci", "200066827"): ("partiel", False),  # the other one is held whole: its row is implied
        ("region", "28"): ("partiel", False),
        ("france", ""): ("partiel", False),
    }
    assert zone.lieux.get(niveau="region").communes == 4


def test_the_union_of_places_is_what_counts(country):
    zone = make_zone(lieux=[("commune", "14118"), ("commune", "14341"), ("departement", "27")])
    assert rows(zone)["epci", "200065597"] == ("entier", False)  # both its communes
    assert rows(zone)["region", "28"] == ("partiel", False)
    both = make_zone(lieux=[("departement", "14"), ("departement", "27")])
    assert rows(both) == {
        ("departement", "14"): ("entier", True),
        ("departement", "27"): ("entier", True),
        ("region", "28"): ("entier", False),  # what it holds is implied
        ("france", ""): ("partiel", False),
    }
    assert rows(make_zone(lieux=[("france", "")])) == {("france", ""): ("entier", True)}


def test_a_circle_and_a_place_join(country):
    zone = make_zone(lieux=[("commune", "14366")], centre=EVREUX, rayon_km=5)
    assert rows(zone)["epci", "200066827"] == ("entier", False)
    assert zone.sud < 49.027 < zone.nord
    assert zone.ouest < 1.151 < zone.est


def test_an_arrondissement_is_part_of_its_commune(country):
    zone = make_zone(lieux=[("commune", "75110")])
    Zone.objects.exclude(pk=zone.pk).delete()
    assert zones_of(resolve("Paris").lieu).get() == zone
    assert rows(zone)["departement", "75"][0] == "partiel"


def test_recompute_changes_nothing_twice(country):
    zone = make_zone(lieux=[("region", "28")], centre=EVREUX, rayon_km=100)
    before = rows(zone)
    recompute_all([zone])
    assert rows(zone) == before


def test_an_empty_zone_is_refused():
    with pytest.raises(ValueError, match="place"):
        make_zone()
    with pytest.raises(ValueError, match="centre"):
        make_zone(rayon_km=10)
    assert not ZoneLieu.objects.exists()


SEARCHED = (
    "Caen",
    "Ifs",
    "Lisieux",
    "Évreux",
    "Paris 10e",
    "epci-200065597",
    "Calvados",
    "Eure",
    "Normandie",
    "France",
)


@pytest.mark.parametrize(
    ("declared", "found_from"),
    [
        ({"lieux": [("commune", "14118")]}, {"Caen", "epci-200065597", "Calvados", "Normandie", "France"}),
        ({"lieux": [("epci", "200065597")]}, {"Caen", "Ifs", "epci-200065597", "Calvados", "Normandie", "France"}),
        (
            {"lieux": [("departement", "14")]},
            {"Caen", "Ifs", "Lisieux", "epci-200065597", "Calvados", "Normandie", "France"},
        ),
        ({"lieux": [("region", "28")]}, set(SEARCHED) - {"Paris 10e"}),
        ({"lieux": [("france", "")]}, set(SEARCHED)),
        ({"centre": EVREUX, "rayon_km": 10}, {"Évreux", "Eure", "Normandie", "France"}),
        ({"centre": EVREUX, "rayon_km": 70}, {"Évreux", "Lisieux", "Eure", "Calvados", "Normandie", "France"}),
        ({"lieux": [("departement", "75")]}, {"Paris 10e", "France"}),
    ],
)
def test_search_finds_both_ways(country, declared, found_from):
    make_zone(lieux=[("commune", "75110")])  # another zone, not to be found instead
    zone = make_zone(**declared)
    assert {name for name in SEARCHED if zones_of(resolve(name).lieu).filter(pk=zone.pk).exists()} == found_from


def test_a_zone_in_words(country):
    zone = make_zone(lieux=[("departement", "14"), ("commune", "27229")], centre=EVREUX, rayon_km=20)
    assert describe([zone])[zone.pk] == "Évreux, Calvados et 20\u00a0km autour d'Évreux"


def test_what_says_the_same_is_one_zone(country):
    one = make_zone(lieux=[("departement", "14"), ("commune", "27229")], centre=EVREUX, rayon_km=20)
    assert make_zone(lieux=[("commune", "27229"), ("departement", "14")], centre=EVREUX, rayon_km=20) == one
    assert make_zone(lieux=[("commune", "27229"), ("departement", "14")], centre=EVREUX, rayon_km=21) != one


def test_zones_of_before_are_brought_up_to_date(country):
    kept = make_zone(lieux=[("departement", "14")])
    before = rows(kept)
    doubles = [make_bare_zone() for _ in range(2)]
    for double in doubles:
        make_zone_lieu(zone=double, niveau="departement", code="14")
        make_zone_lieu(zone=double, niveau="epci", code="200065597", declare=False)
    alone = make_bare_zone()
    make_zone_lieu(zone=alone, niveau="departement", code="27")
    activities = [make_activite(zone=zone) for zone in (kept, *doubles, alone)]
    make_zone(lieux=[("france", "")])  # nothing uses it
    assert refresh_all() == 2
    assert [Activite.objects.get(pk=activity.pk).zone_id for activity in activities] == [kept.pk] * 3 + [alone.pk]
    assert rows(kept) == before
    assert make_zone(lieux=[("departement", "27")]) == alone
    assert prune() == 0


def test_a_zone_used_by_another_floor_stays(country):
    zone, other = make_zone(lieux=[("departement", "14")]), make_bare_zone()
    make_zone_lieu(zone=other, niveau="departement", code="14")
    alliances = [Alliance.objects.create(nom=f"Alliance {each.pk}", zone=each) for each in (zone, other)]
    assert refresh_all() == 1
    assert {Alliance.objects.get(pk=alliance.pk).zone for alliance in alliances} == {zone}

"""Distances: the database and Python agree, on both engines."""

import pytest

from structures.geo import bounding_box, distance_km_expr, haversine
from structures.models import Commune
from tests.factories import make_commune, make_departement

POINTS = [(49.027, 1.151), (48.857, 2.32), (-20.88, 55.45), (0.0, 0.0), (-49.027, -178.849), (89.9, 10.0)]


def test_known_distance():
    assert haversine(48.8566, 2.3522, 45.764, 4.8357) == pytest.approx(391.5, abs=0.5)
    assert haversine(0, 0, 0, 180) == pytest.approx(20015.1, abs=0.5)


@pytest.mark.django_db
@pytest.mark.parametrize("origin", POINTS)
def test_database_agrees_with_python(origin):
    departement = make_departement()
    for number, (lat, lon) in enumerate([*POINTS, (None, None)]):
        make_commune(code=f"9{number:04}", latitude=lat, longitude=lon, departement=departement)
    rows = Commune.objects.annotate(km=distance_km_expr(*origin)).values_list("latitude", "longitude", "km")
    assert len(rows) == len(POINTS) + 1
    for lat, lon, km in rows:
        assert km is None if lat is None else km == pytest.approx(haversine(*origin, lat, lon), abs=1e-6)


@pytest.mark.parametrize(("lat", "lon", "km"), [(49.0, 1.0, 30), (0.0, 0.0, 500), (-21.0, 55.0, 5), (89.5, 0.0, 200)])
def test_the_box_holds_the_circle(lat, lon, km):
    box = bounding_box(lat, lon, km)
    for step in range(-50, 51):
        for other in range(-50, 51):
            point = (max(-90, min(90, lat + step * km / 4000)), lon + other * km / 2500)
            if haversine(lat, lon, *point) <= km:
                assert box.sud <= point[0] <= box.nord
                assert box.ouest <= point[1] <= box.est

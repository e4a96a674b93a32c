"""Distances on the Earth, the same on both engines: bounding box on indexed columns, then the haversine formula."""

from dataclasses import dataclass
from math import asin, cos, degrees, pi, radians, sin, sqrt

from django.db.models import Expression, F, FloatField, Q, Value
from django.db.models.functions import ASin, Cast, Cos, Least, Power, Radians, Sin, Sqrt

EARTH_KM = 6371.0088  # mean radius
FARTHEST_KM = pi * EARTH_KM


@dataclass(frozen=True)
class Box:
    """A rectangle of degrees."""

    sud: float
    nord: float
    ouest: float
    est: float


def haversine(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Kilometres between two points given in degrees."""
    half_lat, half_lon = radians(lat2 - lat1) / 2, radians(lon2 - lon1) / 2
    chord = sin(half_lat) ** 2 + cos(radians(lat1)) * cos(radians(lat2)) * sin(half_lon) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(chord, 1.0)))


def bounding_box(lat: float, lon: float, km: float) -> Box:
    """The smallest rectangle that holds the circle; the whole width of the map when the circle reaches a pole."""
    angle = km / EARTH_KM
    north, south = lat + degrees(angle), lat - degrees(angle)
    if north >= 90 or south <= -90:
        return Box(max(south, -90.0), min(north, 90.0), -180.0, 180.0)
    width = degrees(asin(min(sin(angle) / cos(radians(lat)), 1.0)))
    return Box(south, north, lon - width, lon + width)


def distance_km_expr(lat: float, lon: float, latitude: str = "latitude", longitude: str = "longitude") -> Expression:
    """Kilometres from the point to the columns `latitude`, `longitude`; NULL where these are."""
    column_lat, column_lon = Cast(F(latitude), FloatField()), Cast(F(longitude), FloatField())
    point = Value(lat, output_field=FloatField())
    half_lat = (Radians(column_lat) - Radians(point)) / Value(2.0)
    half_lon = (Radians(column_lon) - Radians(Value(lon, output_field=FloatField()))) / Value(2.0)
    chord = Power(Sin(half_lat), Value(2.0)) + Value(cos(radians(lat))) * Cos(Radians(column_lat)) * Power(
        Sin(half_lon), Value(2.0)
    )
    # Least against 1: rounding must not leave the domain of ASin. Only one operand is a column, so NULL stays NULL
    # on SQLite; PostgreSQL's LEAST skips NULL, hence the product.
    bounded = Least(chord, Value(1.0), output_field=FloatField())
    return Value(2 * EARTH_KM) * ASin(Sqrt(bounded)) + Value(0.0) * column_lat


def within_q(lat: float, lon: float, km: float, latitude: str = "latitude", longitude: str = "longitude") -> Q:
    """The indexed first sieve of « within `km` »; the exact distance is for `distance_km_expr`."""
    box = bounding_box(lat, lon, km)
    return Q(**{f"{latitude}__range": (box.sud, box.nord), f"{longitude}__range": (box.ouest, box.est)})

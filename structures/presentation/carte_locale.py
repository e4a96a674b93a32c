"""The map of one place: the structures found, as points on the outlines of the départements of `static/img`.

The outlines were drawn in Lambert-93 for metropolitan France, and each overseas département fills its own inset. The
figures below were fitted on the communes: 99 % of them fall inside the outline of their own département. The
collectivities overseas have no outline: each has a sheet of its own, far from the others, where its points stand among
the names of its communes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from math import cos, exp, log, pi, radians, sin, tan

from django.db.models import QuerySet

from structures.directory import Question
from structures.lieux import COLLECTIVITES, Lieu
from structures.models import Commune, Structure
from structures.templatetags.carte import SCALE, _outlines

MOST_POINTS = 200
MOST_READ = 600  # the best of the results: those seated elsewhere are not on the map
MOST_TOWNS = 8
SMALLEST_SIDE = 120  # tenths of the unit of the outlines: about 23 km
# Lambert-93 metres → units of the outlines.
SCALE_X, SHIFT_X, SCALE_Y, SHIFT_Y = 0.000524216, -51.464883, 0.000526574, 3744.089892
# Extent of the communes overseas, in degrees (west, east, south, north), and of their inset (left, right, top, bottom).
INSETS = {
    "971": ((-61.790, -61.091, 15.855, 16.464), (610.0, 690.0, 20.0, 89.2)),
    "972": ((-61.225, -60.839, 14.435, 14.873), (610.0, 677.0, 110.6, 190.0)),
    "973": ((-54.382, -51.671, 3.166, 5.691), (610.0, 675.5, 200.1, 280.0)),
    "974": ((55.270, 55.777, -21.380, -20.879), (610.0, 690.0, 320.4, 391.5)),
    "976": ((45.059, 45.277, -12.957, -12.697), (610.1, 669.8, 410.0, 489.6)),
}
# A point near the middle of each collectivity overseas: latitude, longitude.
SHEETS = {
    "975": (46.9, -56.3), "977": (17.9, -62.8), "978": (18.1, -63.1), "986": (-13.8, -177.2), "987": (-16.0, -146.0),
    "988": (-21.2, 165.8),
}  # fmt: skip
SHEET_WIDTH = 50_000  # tenths of the unit of the outlines: French Polynesia is 11 000 wide
KM = 5.2  # of these tenths
DEGREE_KM = 111.195  # of latitude


@dataclass(frozen=True, slots=True)
class Point:
    nom: str
    url: str
    ville: str
    kind: str
    classe: str
    feuille: str  # the collectivity overseas on whose sheet it is, "" on the map of France
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class CarteLocale:
    """`rayon` is the size of a point in this frame, `corps` that of the names of towns."""

    view_box: str
    departements: list[str]
    points: list[Point]
    villes: list[tuple[str, int, int]]
    rayon: int
    corps: int


def draw(found: QuerySet[Structure], question: Question) -> CarteLocale:
    """The first structures found whose seat is known, around the places searched; four queries at most."""
    rows = [*found.only("nom", "kind", "ville", "departement_id", "latitude", "longitude")[:MOST_READ]]
    sheets = [_sheet(lieu.departement or lieu.code) for lieu in question.territoires]
    sheet = sheets[0] if sheets else ""  # one map shows one of them
    here = [lieu for lieu, its in zip(question.territoires, sheets, strict=True) if its == sheet]
    frame = _frame(here, question.rayon_km)
    points = [_point(row) for row in rows if row.latitude is not None and row.longitude is not None]
    inside = [point for point in points if point.feuille == sheet and (frame is None or _is_in(point, frame))][
        :MOST_POINTS
    ]
    left, top, width, height = _box(inside, frame)
    departements = _crossed(left, top, width, height)
    villes = _towns([sheet] if sheet else departements, left, top, width, height)
    return CarteLocale(
        view_box=f"{left} {top} {width} {height}",
        departements=departements,
        points=_spread(inside, round(max(width, height) / 50)),
        villes=villes,
        rayon=max(2, round(max(width, height) / 90)),
        corps=max(4, round(max(width, height) / 36)),
    )


def project(latitude: float, longitude: float, departement: str = "") -> tuple[int, int]:
    """A point of the Earth in tenths of the unit of the outlines, as `static/img/departements.svg` writes them."""
    if departement in INSETS:
        (west, east, south, north), (left, right, top, bottom) = INSETS[departement]
        x = left + (longitude - west) / (east - west) * (right - left)
        y = bottom - (latitude - south) / (north - south) * (bottom - top)
    elif departement in SHEETS:
        middle_lat, middle_lon = SHEETS[departement]
        east_km = (longitude - middle_lon) * cos(radians(middle_lat)) * DEGREE_KM
        x = (SHEET_WIDTH * (1 + [*SHEETS].index(departement)) + east_km * KM) / SCALE
        y = (middle_lat - latitude) * DEGREE_KM * KM / SCALE
    else:
        east_m, north_m = lambert93(latitude, longitude)
        x, y = SCALE_X * east_m + SHIFT_X, SHIFT_Y - SCALE_Y * north_m
    return round(x * SCALE), round(y * SCALE)


def lambert93(latitude: float, longitude: float) -> tuple[float, float]:
    """Metres east and north. Source: IGN, NTG 71, RGF93 / Lambert-93 (EPSG:2154)."""
    n, c, x0, y0, e = 0.7256077650, 11_754_255.426, 700_000, 12_655_612.050, 0.08181919112
    lat = radians(latitude)
    isometric = log(tan(pi / 4 + lat / 2) * ((1 - e * sin(lat)) / (1 + e * sin(lat))) ** (e / 2))
    radius, angle = c * exp(-n * isometric), n * radians(longitude - 3)
    return x0 + radius * sin(angle), y0 - radius * cos(angle)


def _point(row: Structure) -> Point:
    x, y = project(row.latitude or 0, row.longitude or 0, row.departement_id or "")  # all of them have a position
    sheet = _sheet(row.departement_id)
    return Point(row.nom, row.get_absolute_url(), row.ville, row.kind, row.tone, sheet, x, y)


def _sheet(departement: str | None) -> str:
    return departement if departement in COLLECTIVITES else ""


def _spread(points: list[Point], step: int) -> list[Point]:
    """Seats at the same place are set side by side: each must be seen and reached."""
    taken: dict[tuple[int, int], int] = {}
    spread = []
    for point in points:
        cell = (point.x // step, point.y // step)
        rank = taken[cell] = taken.get(cell, -1) + 1
        angle, far = rank * 2.4, step * rank**0.5 * 0.75  # the spiral of a sunflower
        spread.append(replace(point, x=round(point.x + far * cos(angle)), y=round(point.y + far * sin(angle))))
    return spread


def _frame(lieux: Iterable[Lieu], rayon_km: int | None) -> tuple[float, float, float, float] | None:
    """What the map must show of the places searched: their département, or the circle around a commune."""
    boxes = []
    outlines = _extents()
    for lieu in lieux:
        if lieu.has_point:
            x, y = project(*lieu.point, lieu.departement)
            half = max(SMALLEST_SIDE / 2, (rayon_km or 30) * 1.02 * KM)
            boxes.append((x - half, y - half, x + half, y + half))
        elif lieu.departement in outlines:
            boxes.append(outlines[lieu.departement])
        else:
            return None  # a région, an intercommunality: the points say the frame
    return _union(boxes)


def _union(boxes: Iterable[tuple[float, float, float, float]]) -> tuple[float, float, float, float] | None:
    boxes = [*boxes]
    if not boxes:
        return None
    return (
        min(box[0] for box in boxes), min(box[1] for box in boxes),
        max(box[2] for box in boxes), max(box[3] for box in boxes),
    )  # fmt: skip


def _is_in(point: Point, frame: tuple[float, float, float, float]) -> bool:
    return frame[0] <= point.x <= frame[2] and frame[1] <= point.y <= frame[3]


def _box(points: list[Point], frame) -> tuple[int, int, int, int]:
    frame = frame or _union((point.x, point.y, point.x, point.y) for point in points)
    left, top, right, bottom = frame or (0, 0, 7000, 5610)
    width, height = max(SMALLEST_SIDE, right - left), max(SMALLEST_SIDE, bottom - top)
    middle_x, middle_y, margin = (left + right) / 2, (top + bottom) / 2, max(width, height) * 0.08
    return (
        round(middle_x - width / 2 - margin), round(middle_y - height / 2 - margin),
        round(width + 2 * margin), round(height + 2 * margin),
    )  # fmt: skip


def _crossed(left: int, top: int, width: int, height: int) -> list[str]:
    """Départements of which a part is in the frame."""
    return [
        code
        for code, (west, north, east, south) in sorted(_extents().items())
        if east >= left and west <= left + width and south >= top and north <= top + height
    ]


def _towns(departements: list[str], left: int, top: int, width: int, height: int) -> list[tuple[str, int, int]]:
    """The largest communes of the frame, none on top of another: landmarks."""
    communes = (
        Commune.objects.filter(departement__in=departements, parente=None, latitude__isnull=False)
        .order_by("-population")
        .values_list("nom", "latitude", "longitude", "departement")[:60]
    )
    shown: list[tuple[str, int, int]] = []
    for nom, latitude, longitude, departement in communes:
        x, y = project(latitude or 0, longitude or 0, departement)
        is_inside = left + width * 0.1 <= x <= left + width * 0.9 and top + height * 0.05 <= y <= top + height
        if is_inside and all(abs(x - a) > width / 5 or abs(y - b) > height / 14 for _, a, b in shown):
            shown.append((nom, x, y))
    return shown[:MOST_TOWNS]


@cache
def _extents() -> dict[str, tuple[float, float, float, float]]:
    """Code of a département → its extent on the map: left, top, right, bottom."""
    extents = {}
    for code, path in _outlines()["departements"].items():
        pairs = [pair.split(",") for pair in path.replace("M", " ").replace("L", " ").replace("Z", " ").split()]
        xs, ys = [float(x) * SCALE for x, _ in pairs], [float(y) * SCALE for _, y in pairs]
        extents[code] = (min(xs), min(ys), max(xs), max(ys))
    return extents

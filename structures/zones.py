"""Where an activity is done: from what a person declares to the rows a search reads, and back to words.

A zone says places (« Calvados, Orne ») and perhaps a circle (« 30 km autour d'Évreux »). `recompute` writes, beside
each declared place, one row per intercommunality, département, région and France that the union of all of them
reaches: `entier` when every commune of that place is covered, else `partiel`. A search is then an equality on
(niveau, code), in both directions.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F, Q, QuerySet

from structures.enums import Couverture, NiveauLieu
from structures.geo import bounding_box, distance_km_expr, haversine
from structures.lieux import Lieu
from structures.models import Commune, Departement, Epci, Region, Zone, ZoneLieu

BATCH = 2_000
Place = tuple[str, str]  # niveau, code
COMMUNE, EPCI, DEPARTEMENT, REGION, FRANCE = (niveau.value for niveau in reversed(NiveauLieu))
LARGER = (EPCI, DEPARTEMENT, REGION, FRANCE)
ENTIER, PARTIEL = Couverture.ENTIER.value, Couverture.PARTIEL.value


@dataclass
class Geography:
    """Every commune with what holds it, read once (one query, 35 000 rows, about 0.2 s)."""

    holders: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # commune → epci, departement, region
    members: dict[Place, set[str]] = field(default_factory=lambda: defaultdict(set))
    arrondissements: dict[str, str] = field(default_factory=dict)
    points: list[tuple[float, float, str]] = field(default_factory=list)  # sorted by latitude

    @classmethod
    def read(cls) -> "Geography":
        geography = cls()
        rows = Commune.objects.order_by("latitude").values_list(
            "code", "epci", "departement", "departement__region", "latitude", "longitude", "parente"
        )
        for code, epci, departement, region, latitude, longitude, parente in rows:
            if parente:
                geography.arrondissements[code] = parente
                continue
            geography.holders[code] = (epci or "", departement or "", region or "")
            for niveau, holder in ((EPCI, epci), (DEPARTEMENT, departement), (REGION, region)):
                if holder:
                    geography.members[niveau, holder].add(code)
            if departement:
                geography.members[FRANCE, ""].add(code)
            if latitude is not None:
                geography.points.append((latitude, longitude, code))
        geography.points.sort()
        return geography

    def inside(self, latitude: float, longitude: float, km: float) -> set[str]:
        """Communes whose centre is in the circle."""
        box = bounding_box(latitude, longitude, km)
        first = bisect_left(self.points, box.sud, key=lambda point: point[0])
        last = bisect_right(self.points, box.nord, key=lambda point: point[0])
        return {
            code
            for lat, lon, code in self.points[first:last]
            if box.ouest <= lon <= box.est and haversine(latitude, longitude, lat, lon) <= km
        }

    def covered(self, places: Iterable[Place], circle: tuple[float, float, float] | None) -> tuple[set[str], set[str]]:
        """Communes covered whole by these places and this circle, and those covered in part (by arrondissements)."""
        whole: set[str] = set()
        parts: dict[str, set[str]] = defaultdict(set)
        for niveau, code in places:
            if niveau == COMMUNE and code in self.arrondissements:
                parts[self.arrondissements[code]].add(code)
            elif niveau == COMMUNE:
                whole.add(code)
            else:
                whole |= self.members.get((niveau, code), set())
        if circle:
            whole |= self.inside(*circle)
        of_parent: dict[str, set[str]] = defaultdict(set)
        for arrondissement, parente in self.arrondissements.items():
            of_parent[parente].add(arrondissement)
        whole |= {parente for parente, some in parts.items() if some >= of_parent[parente]}
        return whole, parts.keys() - whole

    def reached(self, whole: set[str], partly: set[str]) -> dict[Place, str]:
        """Larger places that hold a covered commune, with how much of them is covered; parent communes too."""
        count: dict[Place, int] = defaultdict(int)
        for code in whole:
            for place in self._holders_of(code):
                count[place] += 1
        rows = {place: ENTIER if number == len(self.members[place]) else PARTIEL for place, number in count.items()}
        for code in partly:
            rows[COMMUNE, code] = PARTIEL
            for place in self._holders_of(code):
                rows.setdefault(place, PARTIEL)
        return rows

    def _holders_of(self, code: str) -> list[Place]:
        epci, departement, region = self.holders.get(code, ("", "", ""))
        pairs = [(EPCI, epci), (DEPARTEMENT, departement), (REGION, region)]
        return [pair for pair in pairs if pair[1]] + ([(FRANCE, "")] if departement else [])


# Writing ------------------------------------------------------------------------------------------------------------
@transaction.atomic
def make_zone(
    lieux: Sequence[tuple[str, str]] = (),
    centre: tuple[float, float] | None = None,
    rayon_km: int | None = None,
    geography: Geography | None = None,
) -> Zone:
    """A saved zone of these (niveau, code) places and of the circle; ValueError when it would be empty."""
    if not lieux and not rayon_km:
        raise ValueError("A zone needs a place or a radius.")
    if rayon_km and centre is None:
        raise ValueError("A radius needs its centre.")
    zone = Zone(rayon_km=rayon_km or None)
    if rayon_km and centre:
        zone.latitude, zone.longitude = centre
    zone.save()
    declare(zone, lieux, geography=geography)
    return zone


def declare(zone: Zone, lieux: Iterable[tuple[str, str]], geography: Geography | None = None) -> None:
    """Replace the declared places of `zone` and recompute it."""
    with transaction.atomic():
        zone.lieux.all().delete()
        ZoneLieu.objects.bulk_create(
            ZoneLieu(zone=zone, niveau=str(niveau), code=code, couverture=ENTIER, declare=True)
            for niveau, code in dict.fromkeys(lieux)
        )
        recompute(zone, geography=geography)


def recompute(zone: Zone, geography: Geography | None = None) -> None:
    """Rewrite the bounding box and the rows that follow from the declared places and the circle of `zone`."""
    recompute_all([zone], geography)


def recompute_all(zones: Iterable[Zone], geography: Geography | None = None) -> int:
    """`recompute` for many zones, with one reading of the communes; how many were done."""
    zones = list(zones)
    geography = geography or Geography.read()
    declared: dict[int, set[Place]] = defaultdict(set)
    for zone_id, niveau, code in ZoneLieu.objects.filter(zone__in=zones, declare=True).values_list(
        "zone", "niveau", "code"
    ):
        declared[zone_id].add((niveau, code))
    rows = []
    for zone in zones:
        circle = None
        zone.sud = zone.nord = zone.ouest = zone.est = None
        if zone.rayon_km:
            circle = (zone.latitude, zone.longitude, zone.rayon_km)
            box = bounding_box(*circle)
            zone.sud, zone.nord, zone.ouest, zone.est = box.sud, box.nord, box.ouest, box.est
        reached = geography.reached(*geography.covered(declared[zone.pk], circle))
        rows += [
            ZoneLieu(zone=zone, niveau=niveau, code=code, couverture=couverture)
            for (niveau, code), couverture in sorted(reached.items())
            if (niveau, code) not in declared[zone.pk]
        ]
    with transaction.atomic():
        ZoneLieu.objects.filter(zone__in=zones, declare=False).delete()
        ZoneLieu.objects.bulk_create(rows, batch_size=BATCH)
        Zone.objects.bulk_update(zones, ["sud", "nord", "ouest", "est"], batch_size=500)
    return len(zones)


# Searching ----------------------------------------------------------------------------------------------------------
def zones_of(lieu: Lieu) -> QuerySet[Zone]:
    """Zones that cover `lieu`, whole or in part: both directions.

    A commune is covered by a declared place that is it or holds it, and by a circle its centre is in. A larger place is
    covered as soon as something inside it is.
    """
    rows = ZoneLieu.objects.filter(niveau=lieu.niveau, code=lieu.code)
    if lieu.niveau != NiveauLieu.COMMUNE:
        return Zone.objects.filter(pk__in=rows.values("zone"))
    holders = Q()
    for niveau, code in lieu.contenants():
        holders |= Q(niveau=niveau, code=code)
    rows = ZoneLieu.objects.filter(Q(niveau=COMMUNE, code=lieu.code) | (holders & Q(couverture=ENTIER)))
    condition = Q(pk__in=rows.values("zone"))
    if lieu.has_point:
        condition |= Q(pk__in=circles_around(lieu.latitude, lieu.longitude).values("pk"))
    return Zone.objects.filter(condition)


def circles_around(latitude: float, longitude: float) -> QuerySet[Zone]:
    """Zones whose circle holds this point."""
    return (
        Zone.objects.filter(sud__lte=latitude, nord__gte=latitude, ouest__lte=longitude, est__gte=longitude)
        .annotate(ecart_km=distance_km_expr(latitude, longitude))
        .filter(ecart_km__lte=F("rayon_km"))
    )


def seat_q(lieu: Lieu) -> Q:
    """Structures whose seat is in `lieu`."""
    conditions = {
        NiveauLieu.FRANCE: Q(),
        NiveauLieu.REGION: Q(departement__in=Departement.objects.filter(region=lieu.code)),
        NiveauLieu.DEPARTEMENT: Q(departement=lieu.code),
        NiveauLieu.EPCI: Q(commune__in=Commune.objects.filter(epci=lieu.code)),
        NiveauLieu.COMMUNE: Q(commune__in=Commune.objects.filter(Q(code=lieu.code) | Q(parente=lieu.code))),
    }
    return conditions[lieu.niveau]


# Saying -------------------------------------------------------------------------------------------------------------
def names_of(places: Iterable[Place]) -> dict[Place, str]:
    """The name of each (niveau, code): one query per kind of place asked for."""
    asked: dict[str, set[str]] = defaultdict(set)
    for niveau, code in places:
        asked[niveau].add(code)
    names: dict[Place, str] = {(FRANCE, ""): "toute la France"} if FRANCE in asked else {}
    for niveau, model in ((COMMUNE, Commune), (EPCI, Epci), (DEPARTEMENT, Departement), (REGION, Region)):
        if niveau in asked:
            rows = model.objects.filter(pk__in=asked[niveau]).values_list("pk", "nom")
            names |= {(niveau, code): nom for code, nom in rows}
    return names


def describe(zones: Iterable[Zone]) -> dict[int, str]:
    """What each zone declares, in words: « Calvados, Orne et un rayon de 30 km ». Five queries at most."""
    zones = list(zones)
    rows = list(
        ZoneLieu.objects.filter(zone__in=zones, declare=True)
        .order_by("zone", "niveau", "code")
        .values_list("zone", "niveau", "code")
    )
    names = names_of((niveau, code) for _, niveau, code in rows)
    said: dict[int, list[str]] = defaultdict(list)
    for zone_id, niveau, code in rows:
        said[zone_id].append(names.get((niveau, code), code))
    for zone in zones:
        if zone.rayon_km:
            said[zone.pk].append(f"{zone.rayon_km} km autour du siège ou du point déclaré")
    return {zone.pk: listed(said[zone.pk]) for zone in zones}


def listed(words: Sequence[str]) -> str:
    """« a, b et c »."""
    return " et ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))

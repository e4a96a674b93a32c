"""Where an activity is done: from what a person declares to the rows a search reads, and back to words.

A zone says places (« Calvados, Orne ») and perhaps a circle (« 30 km autour d'Évreux »). `recompute_all` writes, beside
each declared place, one row per intercommunality, département, région and France that the union of all of them
reaches: `entier` when every commune of that place is covered, else `partiel`, with how many of its communes are. A row
that a larger `entier` row implies is not written: a zone of the whole country is one row. A search is then an equality
on (niveau, code), in both directions. Activities that declare the same share one zone.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from hashlib import sha256
from operator import or_

from django.core.cache import caches
from django.db import transaction
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet

from portal.requetes import Prepared
from portal.text import de_lieu
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
    centres: dict[str, tuple[float, float]] = field(default_factory=dict)  # of communes and arrondissements

    @classmethod
    def read(cls) -> "Geography":
        geography = cls()
        rows = Commune.objects.order_by("latitude").values_list(
            "code", "epci", "departement", "departement__region", "latitude", "longitude", "parente"
        )
        for code, epci, departement, region, latitude, longitude, parente in rows:
            if latitude is not None:
                geography.centres[code] = (latitude, longitude)
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

    def reached(self, whole: set[str], partly: set[str]) -> dict[Place, tuple[str, int]]:
        """Larger places that hold a covered commune, and communes of covered arrondissements: how much of each is
        covered, and how many of its communes are. What a larger place covered whole implies is left out."""
        count: dict[Place, int] = defaultdict(int)
        for code in whole:
            for place in self._holders_of(code):
                count[place] += 1
        rows = {
            place: (ENTIER if number == len(self.members[place]) else PARTIEL, number)
            for place, number in count.items()
        }
        for code in self.parents & whole:
            rows[COMMUNE, code] = (ENTIER, 1)
        for code in partly:
            rows[COMMUNE, code] = (PARTIEL, 0)
            for place in self._holders_of(code):
                rows.setdefault(place, (PARTIEL, 0))
        entiers = {place for place, (couverture, _) in rows.items() if couverture == ENTIER}
        return {
            place: row for place, row in rows.items() if not (row[0] == ENTIER and self._is_implied(place, entiers))
        }

    def _is_implied(self, place: Place, entiers: set[Place]) -> bool:
        """Whether one place of `entiers` holds `place` whole."""
        return not self._holding.get(place, frozenset()).isdisjoint(entiers)

    @cached_property
    def parents(self) -> set[str]:
        return set(self.arrondissements.values())

    @cached_property
    def _holding(self) -> dict[Place, set[Place]]:
        """Each place with the larger ones that hold the whole of it."""
        around: dict[Place, set[Place]] = {(COMMUNE, code): set(self._holders_of(code)) for code in self.parents}
        for place, codes in self.members.items():
            if place[0] != FRANCE:
                larger = LARGER[LARGER.index(place[0]) + 1 :]
                held = (set(self._holders_of(code)) for code in codes)
                around[place] = {holder for holder in set.intersection(*held) if holder[0] in larger}
        return around

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
    """The saved zone of these (niveau, code) places and of the circle: the one that says the same, or a new one.

    ValueError when it would be empty. An activity changes zone by pointing to another: a zone never changes.
    """
    if not lieux and not rayon_km:
        raise ValueError("A zone needs a place or a radius.")
    if rayon_km and centre is None:
        raise ValueError("A radius needs its centre.")
    places = sorted({(str(niveau), code) for niveau, code in lieux})
    circle = (*centre, rayon_km) if rayon_km and centre else (None, None, None)
    zone, is_new = Zone.objects.get_or_create(
        empreinte=fingerprint(places, *circle),
        defaults=dict(zip(("latitude", "longitude", "rayon_km"), circle, strict=True)),
    )
    if is_new:
        ZoneLieu.objects.bulk_create(
            ZoneLieu(zone=zone, niveau=niveau, code=code, couverture=ENTIER, declare=True) for niveau, code in places
        )
        recompute_all([zone], geography)
    return zone


def fingerprint(
    places: Iterable[Place], latitude: float | None = None, longitude: float | None = None, rayon_km: int | None = None
) -> str:
    """What a zone declares, as forty characters."""
    circle = f"{latitude:.6f} {longitude:.6f} {rayon_km}" if rayon_km else ""
    said = "|".join([*(f"{niveau}-{code}" for niveau, code in sorted(places)), circle])
    return sha256(said.encode()).hexdigest()[:40]


def recompute_all(zones: Iterable[Zone], geography: Geography | None = None) -> int:
    """Rewrite the bounding box and the rows that follow from what each zone declares, with one reading of the communes;
    how many were done."""
    zones = list(zones)
    geography = geography or Geography.read()
    declared = _declared(zones)
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
            ZoneLieu(zone=zone, niveau=niveau, code=code, couverture=couverture, communes=communes)
            for (niveau, code), (couverture, communes) in sorted(reached.items())
            if (niveau, code) not in declared[zone.pk]
        ]
    with transaction.atomic():
        ZoneLieu.objects.filter(zone__in=zones, declare=False).delete()
        ZoneLieu.objects.bulk_create(rows, batch_size=BATCH)
        Zone.objects.bulk_update(zones, ["sud", "nord", "ouest", "est"], batch_size=500)
    return len(zones)


def refresh_all() -> int:
    """Bring every zone up to date after a change of the territories or of what `recompute_all` writes; how many remain.

    Zones that say the same become one, and those that nothing uses go.
    """
    prune()
    with transaction.atomic():
        _share()
        geography, pks = Geography.read(), list(Zone.objects.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(pks), 500):
            recompute_all(Zone.objects.filter(pk__in=pks[start : start + 500]), geography)
    return len(pks)


def prune() -> int:
    """Delete the zones that nothing uses, on this floor or above; how many."""
    unused = Zone.objects.all()
    for model, name in _users():
        unused = unused.filter(~Exists(model._base_manager.filter(**{name: OuterRef("pk")})))
    return unused.delete()[1].get("structures.Zone", 0)


def _users() -> list[tuple[type[Model], str]]:
    """Every model that points to a zone, with the name of its column, those of the floors above among them."""
    relations = (relation for relation in Zone._meta.related_objects if relation.related_model is not ZoneLieu)
    return [(relation.related_model, relation.field.name) for relation in relations]


def _share() -> None:
    """Give their fingerprint to the zones without one; what uses a double moves to the first that says the same."""
    first = dict(Zone.objects.exclude(empreinte=None).values_list("empreinte", "pk"))
    unmarked = list(Zone.objects.filter(empreinte=None).order_by("pk"))
    declared, doubles = _declared(unmarked), []
    for zone in unmarked:
        mark = fingerprint(declared[zone.pk], zone.latitude, zone.longitude, zone.rayon_km)
        if mark in first:
            for model, name in _users():
                model._base_manager.filter(**{name: zone}).update(**{name: first[mark]})
            doubles.append(zone.pk)
        else:
            first[mark], zone.empreinte = zone.pk, mark
    for start in range(0, len(doubles), 500):
        Zone.objects.filter(pk__in=doubles[start : start + 500]).delete()
    Zone.objects.bulk_update((zone for zone in unmarked if zone.empreinte), ["empreinte"], batch_size=500)


def _declared(zones: Sequence[Zone]) -> dict[int, set[Place]]:
    declared: dict[int, set[Place]] = defaultdict(set)
    pks = [zone.pk for zone in zones]
    for start in range(0, len(pks), 500):
        rows = ZoneLieu.objects.filter(zone__in=pks[start : start + 500], declare=True)
        for zone_id, niveau, code in rows.values_list("zone", "niveau", "code"):
            declared[zone_id].add((niveau, code))
    return declared


# Searching ----------------------------------------------------------------------------------------------------------
def zones_of(*lieux: Lieu) -> QuerySet[Zone]:
    """Zones that cover one of `lieux`, whole or in part: both directions."""
    return Zone.objects.filter(pk__in=zones_reaching(lieux))


def zones_reaching(lieux: Iterable[Lieu]) -> QuerySet:
    """Keys of `zones_of`, as a subquery: by the places written, then by the circles that hold a commune."""
    lieux = list(lieux)
    circles = [
        circles_around(lieu.latitude, lieu.longitude).values("pk")
        for lieu in lieux
        if lieu.niveau == NiveauLieu.COMMUNE and lieu.has_point
    ]
    first, *others = [ZoneLieu.objects.filter(condition).values("zone") for condition in coverings(lieux)]
    return first.union(*others, *circles) if others or circles else first


def places_covering(lieux: Iterable[Lieu]) -> QuerySet[ZoneLieu]:
    """Rows of zones that cover one of `lieux`, circles around a commune left out.

    A place is covered by a declared place that is it or holds it whole, or that something inside it belongs to.
    """
    return ZoneLieu.objects.filter(reduce(or_, coverings(lieux)))


def coverings(lieux: Iterable[Lieu]) -> list[Q]:
    """The conditions of `places_covering`, one for each level and coverage: each is read off an index alone."""
    own: dict[str, set[str]] = defaultdict(set)
    holders: dict[str, set[str]] = defaultdict(set)
    for lieu in lieux:
        own[str(lieu.niveau)].add(lieu.code)
        for niveau, code in lieu.contenants():
            holders[niveau].add(code)
    found = [Q(niveau=niveau, code__in=sorted(codes)) for niveau, codes in sorted(own.items())]
    found += [Q(niveau=niveau, code__in=sorted(codes), couverture=ENTIER) for niveau, codes in sorted(holders.items())]
    return found or [Q(pk__in=[])]


def circles_around(latitude: float, longitude: float) -> QuerySet[Zone]:
    """Zones whose circle holds this point."""
    return (
        Zone.objects.filter(sud__lte=latitude, nord__gte=latitude, ouest__lte=longitude, est__gte=longitude)
        .annotate(ecart_km=distance_km_expr(latitude, longitude))
        .filter(ecart_km__lte=F("rayon_km"))
    )


def seat_q(lieu: Lieu) -> Q:
    """Structures whose seat is in `lieu`; the seat of a commune of arrondissements may be in one of them."""
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
    """The name of each (niveau, code): one query at most per kind of place asked for."""
    asked: dict[str, set[str]] = defaultdict(set)
    for niveau, code in places:
        asked[niveau].add(code)
    names: dict[Place, str] = {(FRANCE, ""): "toute la France"} if FRANCE in asked else {}
    for niveau in NAMES.keys() & asked.keys():
        names |= {(niveau, code): nom for code, nom in NAMES[niveau].chunked(sorted(asked[niveau]))}
    for niveau in FEW.keys() & asked.keys():
        every = _every_name(niveau)
        names |= {(niveau, code): every[code] for code in sorted(asked[niveau]) if code in every}
    return names


def _every_name(niveau: str) -> dict[str, str]:
    """Of all the régions, or départements: so few, and on so many pages, that they are read once a minute."""
    near, key = caches["proche"], f"noms:{niveau}"
    every = near.get(key)
    if every is None:
        every = dict(FEW[niveau]._default_manager.order_by().values_list("pk", "nom"))
        near.set(key, every, NAMES_SECONDS)
    return every


def _names(model: type[Model]) -> Prepared:
    return Prepared(lambda codes: model._default_manager.filter(pk__in=codes).values_list("pk", "nom"), (str, 40))


NAMES = {COMMUNE: _names(Commune), EPCI: _names(Epci)}
FEW: dict[str, type[Model]] = {DEPARTEMENT: Departement, REGION: Region}
NAMES_SECONDS = 60


def declared_places(zones) -> QuerySet:
    """Rows (zone, level, code) of what these zones declare, a list of keys or a queryset of them."""
    declared = ZoneLieu.objects.filter(zone__in=zones, declare=True).order_by("zone", "niveau", "code")
    return declared.values_list("zone", "niveau", "code")


_declared_places = Prepared(declared_places, (int, 40))


def describe(zones: Iterable[Zone], rows: list | None = None) -> dict[int, str]:
    """What each zone declares, in words: « Calvados, Orne et 30 km autour d'Évreux ». Six queries at most.

    `rows` are those of `declared_places` for these zones, of a caller that has read them.
    """
    zones = list(zones)
    if rows is None:
        rows = _declared_places.chunked([zone.pk for zone in zones])
    names = names_of((niveau, code) for _, niveau, code in rows)
    said: dict[int, list[str]] = defaultdict(list)
    for zone_id, niveau, code in rows:
        said[zone_id].append(names.get((niveau, code), code))
    named = centres(zone for zone in zones if zone.rayon_km)
    for zone in zones:
        if zone.rayon_km:
            centre = named.get(zone.pk)
            around = f" autour {de_lieu(centre)}" if centre else " autour du point déclaré"
            said[zone.pk].append(f"{zone.rayon_km}\u00a0km{around}")
    return {zone.pk: listed(said[zone.pk]) for zone in zones}


NEARBY_KM = 15  # farther, no name says where a circle is


def centres(circles: Iterable[Zone]) -> dict[int, str]:
    """The nearest commune of the centre of each circle; one query for all."""
    circles = list(circles)
    near = Q()
    for zone in circles:
        box = bounding_box(zone.latitude, zone.longitude, NEARBY_KM)
        near |= Q(latitude__range=(box.sud, box.nord), longitude__range=(box.ouest, box.est))
    if not circles:
        return {}
    communes = list(
        Commune.objects.filter(near, parente=None).order_by("code").values_list("nom", "latitude", "longitude")
    )
    found = {}
    for zone in circles:
        distances = ((haversine(zone.latitude, zone.longitude, lat, lon), nom) for nom, lat, lon in communes)
        km, nom = min(distances, default=(NEARBY_KM + 1, ""))
        if km <= NEARBY_KM:
            found[zone.pk] = nom
    return found


def listed(words: Sequence[str]) -> str:
    """« a, b et c »."""
    return " et ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))

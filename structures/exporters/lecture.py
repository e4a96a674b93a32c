"""Reading the directory for an export: a few thousand structures at a time, in flat memory.

The structures come through one cursor; what hangs on them (activities, networks, labels, words of their zones) is read
for each piece, as bare identifiers that small dictionaries turn into names.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from django.db.models import Q, QuerySet

from structures.enums import Mode
from structures.models import Activite, Departement, Label, LabelObtenu, Reseau, Secteur, Structure, ZoneLieu
from structures.zones import listed, names_of

PIECE = 2_000  # structures read at once
COLUMNS = (
    "pk", "kind", "identifiant_source", "nom", "enseigne", "nom_tri", "adresse", "code_postal", "ville", "commune_id",
    "departement_id", "latitude", "longitude", "courriel", "telephone", "site", "convention_fin", "capacite",
    "effectif", "source", "donnees_du", "organisation__type_identifiant", "organisation__identifiant",
    "organisation__siren", "completude",
)  # fmt: skip
MODES = {mode.value: mode.label for mode in Mode}


@dataclass
class Piece:
    """Some structures, as tuples of the asked columns, their key first; and what hangs on them, by key."""

    rows: list[tuple]
    # structure → (place in the order of sectors, mode, zone, radius of the zone)
    activites: dict[int, list[tuple[int, str, int | None, int | None]]]
    reseaux: dict[int, list[int]]
    labels: dict[int, list[int]]


@dataclass
class Names:
    """What identifiers are called; read once for an export."""

    secteurs: dict[int, str] = field(default_factory=dict)  # place in the order → name
    rang: dict[int, int] = field(default_factory=dict)  # key of a sector → its place
    departements: dict[str, tuple[str, str]] = field(default_factory=dict)  # code → name, region
    reseaux: dict[int, tuple[str, str]] = field(default_factory=dict)  # key → name, slug
    labels: dict[int, str] = field(default_factory=dict)
    zones: dict[int, str] = field(default_factory=dict)  # those that declare places; a circle is told by its radius
    places: dict[tuple[str, str], str] = field(default_factory=dict)
    all_zones: bool = False

    @classmethod
    def read(cls) -> "Names":
        names = cls()
        for place, (pk, nom) in enumerate(Secteur.objects.order_by("ordre", "pk").values_list("pk", "nom")):
            names.rang[pk], names.secteurs[place] = place, nom
        for code, nom, region in Departement.objects.values_list("pk", "nom", "region__nom"):
            names.departements[code] = nom, region
        names.reseaux = {pk: (nom, slug) for pk, nom, slug in Reseau.objects.values_list("pk", "nom", "slug")}
        names.labels = dict(Label.objects.values_list("pk", "nom"))
        return names

    def learn_zones(self, ids: set[int] | None) -> None:
        """The words of the places that these zones declare, or every zone; none to five queries."""
        if self.all_zones:
            return
        declared = ZoneLieu.objects.filter(declare=True)
        if ids is not None:
            declared = declared.filter(zone__in=ids - self.zones.keys())
        self.all_zones = ids is None
        words: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for zone, niveau, code in declared.order_by("niveau", "code").values_list("zone_id", "niveau", "code"):
            words[zone].append((niveau, code))
        self.places |= names_of({place for several in words.values() for place in several} - self.places.keys())
        said: dict[tuple, str] = {}  # many zones may say the same: one text for all
        for zone, places in words.items():
            key = tuple(places)
            if key not in said:
                said[key] = listed([self.places.get(place, place[1]) for place in places])
            self.zones[zone] = said[key]

    def zone(self, zone: int, rayon: int | None) -> str:
        """What a zone declares, in words."""
        places = self.zones.get(zone, "")
        if not rayon:
            return places
        return f"{places} et rayon de {rayon}\u00a0km" if places else f"rayon de {rayon}\u00a0km"


def pieces(queryset: QuerySet[Structure], columns: tuple[str, ...], names: Names, *, links: bool = True):
    """The structures of `queryset` by pieces of 2 000; `columns` begins with "pk".

    A result of one piece keeps its order; a larger one comes in the order of keys, so that nobody waits for a sort. One
    query in all, then three for each piece, and a few more for the words of zones. Without `links`, networks alone are
    read beside the rows.
    """
    rows = queryset.values_list(*columns)
    if is_large(queryset):
        rows = rows.order_by("pk")
        if links:
            names.learn_zones(None)
    stream = rows.iterator(chunk_size=PIECE)
    while piece := list(islice(stream, PIECE)):
        yield _piece(piece, names, links)


def is_large(queryset: QuerySet[Structure]) -> bool:
    """Whether there are more structures than one piece."""
    return queryset[PIECE : PIECE + 1].exists()


def piece_of(pks: list[int], columns: tuple[str, ...], names: Names) -> Piece:
    """These structures, sorted by key; four queries, and a few more for the words of zones."""
    rows = list(Structure.objects.filter(pk__in=pks).order_by("pk").values_list(*columns))
    return _piece(rows, names, True) if rows else Piece([], {}, {}, {})


def _piece(rows: list[tuple], names: Names, links: bool) -> Piece:
    wanted = _owned_by([row[0] for row in rows])
    piece = Piece(rows, defaultdict(list), defaultdict(list), defaultdict(list))
    through = Structure.reseaux.through.objects.filter(wanted).order_by("structure_id", "reseau_id")
    for structure, reseau in through.values_list("structure_id", "reseau_id"):
        piece.reseaux[structure].append(reseau)
    if not links:
        return piece
    activites, rang, zones = piece.activites, names.rang, set()
    found = Activite.objects.filter(wanted)
    for structure, secteur, mode, zone, rayon in found.values_list(
        "structure_id", "secteur_id", "mode", "zone_id", "zone__rayon_km"
    ):
        activites[structure].append((rang[secteur], mode, zone, rayon))
        zones.add(zone)
    names.learn_zones(zones - {None})
    for structure, label in LabelObtenu.objects.filter(wanted).values_list("structure_id", "label_id"):
        piece.labels[structure].append(label)
    return piece


def _owned_by(ids: list[int]) -> Q:
    """The rows that belong to these structures; keys that stand close together are asked as a range, far cheaper than
    a list of two thousand, and a few rows of others change nothing."""
    first, last = min(ids), max(ids)
    if last - first < 4 * len(ids):
        return Q(structure_id__gte=first, structure_id__lte=last)
    return Q(structure_id__in=ids)


def flat(pieces: Iterator[list]) -> Iterator:
    """The rows of each piece, one by one."""
    for piece in pieces:
        yield from piece

"""The structures of one page of results, read with what reasons and cards print, and no more."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from portal.pagination import PER_PAGE
from portal.requetes import Prepared
from portal.text import slugify_fr
from structures.models import Activite, Structure, Zone, ZoneLieu
from structures.models.structures import KIND_TONES

MOST_ZONES, MOST_CODES = 64, 8  # asked for at once; beyond, several times
COLUMNS = (
    *("pk", "kind", "nom", "enseigne", "ville", "departement_id", "departement__region_id", "commune_id"),
    *("commune__nom", "commune__epci_id", "commune__parente_id", "latitude", "longitude", "convention_fin"),
    *("donnees_du", "titulaire_depuis", "titulaire_jusqu_au", "fictive"),
)


@dataclass(slots=True)
class Cercle:
    latitude: float
    longitude: float
    rayon_km: int


@dataclass(slots=True)
class ActiviteLue:
    secteur_id: int
    zone_id: int | None
    mode: str
    origine: str


@dataclass(slots=True)
class Ligne:
    """A structure as the directory shows it; the names are those of the model."""

    pk: int
    kind: str
    nom: str
    enseigne: str
    ville: str
    departement_id: str | None
    region_id: str | None
    commune_id: str | None
    commune_nom: str | None
    epci_id: str | None
    parente_id: str | None
    latitude: float | None
    longitude: float | None
    convention_fin: date | None
    donnees_du: date | None
    titulaire_depuis: date | None
    titulaire_jusqu_au: date | None
    fictive: bool
    activites: list[ActiviteLue] = field(default_factory=list)

    @property
    def tone(self) -> str:
        return KIND_TONES.get(self.kind, "generic")

    @property
    def slug(self) -> str:
        return slugify_fr(self.nom) or "structure"


_structures = Prepared(
    lambda pks: Structure.objects.filter(pk__in=pks).order_by().values_list(*COLUMNS),
    (int, PER_PAGE),
)
_activities = Prepared(
    lambda pks: (
        Activite.objects.filter(structure__in=pks)
        .order_by("secteur__ordre", "mode")
        .values_list(
            *("structure_id", "secteur_id", "zone_id", "mode", "origine"),
        )
    ),
    (int, PER_PAGE),
)
_circles = Prepared(
    lambda zones: Zone.objects.filter(pk__in=zones, rayon_km__isnull=False).values_list(
        "pk", "latitude", "longitude", "rayon_km"
    ),
    (int, MOST_ZONES),
)
_coverage = Prepared(
    lambda zones, codes: ZoneLieu.objects.filter(zone__in=zones, code__in=codes).values_list(
        "zone", "niveau", "code", "couverture", "communes", "declare"
    ),
    (int, MOST_ZONES),
    (str, MOST_CODES),
)


def lignes(ids: Sequence[int]) -> list[Ligne]:
    """These structures in this order; two queries for each `PER_PAGE`."""
    found: dict[int, Ligne] = {}
    for start in range(0, len(ids), PER_PAGE):
        some = ids[start : start + PER_PAGE]
        found |= {row[0]: Ligne(*row) for row in _structures.rows(some)}
        for structure, *activite in _activities.rows(some):
            if structure in found:
                found[structure].activites.append(ActiviteLue(*activite))
    return [found[pk] for pk in ids if pk in found]


def coverage(zones: Iterable[int], codes: Iterable[str]) -> Iterable[tuple]:
    """What these zones say of the places of these codes, whatever their level; one query for a page of results."""
    pks, names = sorted(set(zones)), sorted(set(codes))
    for start in range(0, len(pks), MOST_ZONES):
        for first in range(0, len(names), MOST_CODES):
            yield from _coverage.rows(pks[start : start + MOST_ZONES], names[first : first + MOST_CODES])


def circles(zones: Iterable[int]) -> dict[int, Cercle]:
    """The circles among these zones; one query for a page of results."""
    return {pk: Cercle(*circle) for pk, *circle in _circles.chunked(sorted(set(zones)))}

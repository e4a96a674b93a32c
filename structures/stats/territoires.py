"""What the page of a place gathers: who works there, what is around it. Heavy counts are kept a minute per place."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count, Q
from django.db.models.functions import Coalesce

from structures.directory import Question, search
from structures.enums import Couverture, Kind, NiveauLieu
from structures.lieux import COLLECTIVITES, Lieu, from_parametre
from structures.models import Activite, Commune, Departement, Epci, Region, Secteur, Structure
from structures.models.territoires import page_of
from structures.rules import FAMILLES
from structures.zones import circles_around, places_covering, seat_q, zones_of

Place = Commune | Epci | Departement | Region
Link = tuple[str, str]  # words, address

MODELS: dict[str, type[Place]] = {
    NiveauLieu.COMMUNE.value: Commune,
    NiveauLieu.EPCI.value: Epci,
    NiveauLieu.DEPARTEMENT.value: Departement,
    NiveauLieu.REGION.value: Region,
}
NIVEAUX = {model: niveau for niveau, model in MODELS.items()}
SECONDS = 60
MOST_NEAR = 18  # places named around one
_KEY = re.compile(r"(commune|epci|departement|region)-([0-9]{1,2}[ABab]?[0-9]{0,7})(?:-[a-z0-9-]*)?", re.ASCII)


def from_key(cle: str) -> Lieu | None:
    """« departement-14 » or « departement-14-calvados » → its place; None for anything else."""
    found = _KEY.fullmatch(cle)
    return from_parametre(f"{found[1]}-{found[2].upper()}") if found else None


def row_of(lieu: Lieu) -> Place:
    """The row of a place that is not France; one query. It remembers its `Lieu`, for the panels."""
    row = MODELS[lieu.niveau].objects.get(pk=lieu.code)
    row.lieu_lu = lieu
    return row


def lieu_of(row: Place) -> Lieu:
    """The `Lieu` of a row; no query for a row that `row_of` gave."""
    found = getattr(row, "lieu_lu", None)
    return found or from_parametre(f"{NIVEAUX[type(row)]}-{row.pk}")


def address_of(lieu: Lieu) -> str:
    return page_of(str(lieu.niveau), lieu.code)


# Counts -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Ligne:
    """A counted thing of a table: `valeur` is what the directory is asked with."""

    libelle: str
    nombre: int
    valeur: str
    ton: str = ""


@dataclass(frozen=True)
class Comptes:
    """Structures that work in a place: `entiers`, `parties` and `sieges_seuls` add up to `total`.

    `entiers`: an activity covers the whole place; `parties`: a part of it; `sieges_seuls`: the seat is there, and the
    zone is not declared. `sieges`: the seat is there, whatever the zone.
    """

    total: int
    entiers: int
    parties: int
    sieges_seuls: int
    sieges: int
    par_famille: dict[str, int]
    par_kind: tuple[Ligne, ...]
    par_secteur: tuple[Ligne, ...]


def comptes(lieu: Lieu) -> Comptes:
    """Six queries, at most once a minute per place."""
    return cache.get_or_set(f"structures:territoire:{lieu.parametre}", lambda: _count(lieu), SECONDS)


def _count(lieu: Lieu) -> Comptes:
    listed = Structure.objects.listed()
    found = search(listed, Question(lieux=(lieu,)))
    kinds = dict(found.order_by().values_list("kind").annotate(Count("pk", distinct=True)))
    covering = Activite.objects.filter(zone__in=zones_of(lieu).values("pk"))
    whole = Activite.objects.filter(_whole_q(lieu))
    covered = listed.filter(pk__in=covering.values("structure")).count()
    entiers = listed.filter(pk__in=whole.values("structure")).count()
    total = sum(kinds.values())
    return Comptes(
        total=total,
        entiers=entiers,
        parties=covered - entiers,
        sieges_seuls=total - covered,
        sieges=listed.filter(seat_q(lieu)).count(),
        par_famille={name: sum(kinds.get(kind, 0) for kind in members) for name, members in FAMILLES.items()},
        par_kind=tuple(kind_lines(kinds)),
        par_secteur=tuple(_by_family(lieu)),
    )


def _whole_q(lieu: Lieu) -> Q:
    """Activities whose zone covers the whole of `lieu`."""
    entire = places_covering((lieu,)).filter(couverture=Couverture.ENTIER)
    condition = Q(zone__in=entire.values("zone"))
    if lieu.niveau == NiveauLieu.COMMUNE and lieu.has_point:
        condition |= Q(zone__in=circles_around(lieu.latitude, lieu.longitude).values("pk"))
    return condition


def _by_family(lieu: Lieu) -> Iterable[Ligne]:
    """Structures of each family of sectors, the most numerous first: what the directory finds for it in this place."""
    listed = Structure.objects.listed()
    seated = Q(zone=None, structure__in=listed.filter(seat_q(lieu)).values("pk"))
    there = Activite.objects.filter(Q(zone__in=zones_of(lieu).values("pk")) | seated)
    rows = (
        there.filter(structure__publiee=True, structure__remplacee_par=None)
        .annotate(famille=Coalesce("secteur__parent", "secteur"))
        .order_by()
        .values_list("famille")
        .annotate(nombre=Count("structure", distinct=True))
    )
    counts = dict(rows)
    families = Secteur.objects.filter(pk__in=counts).only("code", "nom", "ordre")
    lines = [Ligne(family.nom, counts[family.pk], family.code) for family in families]
    return sorted(lines, key=lambda line: -line.nombre)


def kind_lines(kinds: dict[str, int]) -> list[Ligne]:
    """Structures of each kind, in the order of the official list."""
    tones = {kind.value: name for name, members in FAMILLES.items() for kind in members}
    return [
        Ligne(kind.label, kinds[kind.value], kind.value, tones.get(kind.value, "generic"))
        for kind in Kind
        if kinds.get(kind.value)
    ]


# Around -------------------------------------------------------------------------------------------------------------
def larger(lieu: Lieu) -> list[Link]:
    """The places that hold this one, smallest first, a name once: overseas a région is its département; no query."""
    named = {}
    for niveau, code in lieu.contenants():
        if niveau != NiveauLieu.FRANCE:
            named.setdefault(lieu.noms.get((niveau, code), code), page_of(niveau, code))
    named.pop(lieu.nom if lieu.niveau == NiveauLieu.DEPARTEMENT else "", None)
    return list(named.items())


def around(lieu: Lieu) -> list[tuple[str, list[Link]]]:
    """Titled lists of the places inside and beside this one; three queries at most."""
    lists = {
        NiveauLieu.COMMUNE: _around_commune,
        NiveauLieu.EPCI: _around_epci,
        NiveauLieu.DEPARTEMENT: _around_departement,
        NiveauLieu.REGION: _around_region,
    }[lieu.niveau](lieu)
    named = [(title, [(str(row), row.get_absolute_url()) for row in rows]) for title, rows in lists]
    return [(title, links) for title, links in named if links]


def _towns(**conditions):
    rows = Commune.objects.filter(parente=None, **conditions).only("code", "nom", "departement_id")
    return rows.order_by("-population", "code")


def _around_commune(lieu):
    if lieu.epci:
        beside = _towns(epci=lieu.epci).exclude(pk=lieu.code)[:MOST_NEAR]
        return [("Communes de la même intercommunalité", beside)]
    same = "de la même collectivité" if lieu.departement in COLLECTIVITES else "du même département"
    return [(f"Communes {same}", _towns(departement=lieu.departement).exclude(pk=lieu.code)[:MOST_NEAR])]


def _around_epci(lieu):
    crossed = Departement.objects.filter(communes__epci=lieu.code).distinct()
    return [
        ("Ses communes les plus peuplées", _towns(epci=lieu.code)[:MOST_NEAR]),
        ("Départements concernés", crossed if not lieu.departement else ()),
    ]


def _around_departement(lieu):
    inside = Epci.objects.filter(communes__departement=lieu.code).defer("racines").distinct()
    beside = Departement.objects.filter(region=lieu.region).exclude(pk=lieu.code)
    return [
        ("Ses communes les plus peuplées", _towns(departement=lieu.code)[:MOST_NEAR]),
        ("Ses intercommunalités", inside),
        ("Autres départements de la région", beside),
    ]


def _around_region(lieu):
    towns = ("Ses communes les plus peuplées", _towns(departement__region=lieu.code)[:MOST_NEAR])
    if lieu.code in COLLECTIVITES:
        return [towns]
    return [
        ("Ses départements", Departement.objects.filter(region=lieu.code)),
        towns,
        ("Autres régions", Region.objects.exclude(pk__in={lieu.code, *COLLECTIVITES})),
    ]


# The country --------------------------------------------------------------------------------------------------------
def pays(counts: dict[str, int]) -> list[tuple[Region | None, int, list[tuple[Departement, int]]]]:
    """Every région with its structures and its départements with theirs, from counts by département; at last, under
    None, the collectivities overseas, each of which would be a région of one département. One query.
    """
    by_region: dict[str, list[tuple[Departement, int]]] = {}
    regions: dict[str, Region | None] = {}
    for departement in Departement.objects.select_related("region").order_by("region__nom_tri", "code"):
        overseas = departement.pk in COLLECTIVITES
        key = "" if overseas else departement.region_id
        regions[key] = None if overseas else departement.region
        by_region.setdefault(key, []).append((departement, counts.get(departement.pk, 0)))
    rows = [(region, sum(n for _, n in by_region[key]), by_region[key]) for key, region in regions.items()]
    return sorted(rows, key=lambda row: row[0] is None)

"""What the page of a purchase sector gathers from the directory; counts are kept a minute."""

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce

from structures.models import Activite, Secteur, Structure
from structures.stats import by_departement, by_kind
from structures.stats.territoires import Ligne, kind_lines

SECONDS = 60


@dataclass(frozen=True)
class Famille:
    """A family with its sectors, each with its number of structures."""

    secteur: Secteur
    nombre: int
    enfants: list[tuple[Secteur, int]]


def familles() -> list[Famille]:
    """The whole list of sectors with its counts; three queries, two of them at most once a minute."""
    counts = cache.get_or_set("structures:secteurs", _counts, SECONDS)
    children: dict[int, list[tuple[Secteur, int]]] = {}
    heads = []
    for secteur in Secteur.objects.only("code", "nom", "parent_id", "ordre"):
        if secteur.parent_id is None:
            heads.append(secteur)
        else:
            children.setdefault(secteur.parent_id, []).append((secteur, counts.get(secteur.pk, 0)))
    return [Famille(head, counts.get(head.pk, 0), children.get(head.pk, [])) for head in heads]


def _counts() -> dict[int, int]:
    """Sector → structures with an activity there; a family counts those of all its sectors, each once."""
    rows = Activite.objects.filter(structure__publiee=True, structure__remplacee_par=None).order_by()
    number = Count("structure", distinct=True)
    by_sector = dict(rows.filter(secteur__parent__isnull=False).values_list("secteur").annotate(number))
    families = rows.annotate(famille=Coalesce("secteur__parent", "secteur")).values_list("famille")
    return by_sector | dict(families.annotate(number))


@dataclass(frozen=True)
class Comptes:
    """Structures of a sector: their number, by kind, and by département of their seat."""

    total: int
    par_kind: tuple[Ligne, ...]
    par_departement: dict[str, int]


def active_in(secteur: Secteur) -> QuerySet[Structure]:
    """Structures the directory shows with an activity in this sector, or in one of its family."""
    rows = Activite.objects.filter(Q(secteur=secteur) | Q(secteur__parent=secteur))
    return Structure.objects.listed().filter(pk__in=rows.values("structure"))


def comptes(secteur: Secteur) -> Comptes:
    """Two queries, at most once a minute per sector."""
    return cache.get_or_set(f"structures:secteur:{secteur.pk}", lambda: _of(secteur), SECONDS)


def _of(secteur: Secteur) -> Comptes:
    found = active_in(secteur)
    kinds = by_kind(found)
    return Comptes(sum(kinds.values()), tuple(kind_lines(kinds)), by_departement(found))

"""Counts of the directory, as plain values."""

from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.db.models import Count, QuerySet

from structures.models import Activite, Structure

CACHE_SECONDS = 60


def by_departement(queryset: QuerySet[Structure]) -> dict[str, int]:
    """Code → number of structures with their seat there; one query."""
    rows = queryset.order_by().exclude(departement=None).values_list("departement").annotate(total=Count("pk"))
    return dict(rows)


def by_departement_cached(queryset: QuerySet[Structure], key: str) -> dict[str, int]:
    """`by_departement`, kept a minute under `key`, any text that names the question."""
    name = f"structures:carte:{sha256(key.encode('utf-8', 'replace')).hexdigest()}"
    return _kept(name, lambda: by_departement(queryset))


def by_kind(queryset: QuerySet[Structure] | None = None) -> dict[str, int]:
    """Kind → number of structures; one query."""
    found = Structure.objects.listed() if queryset is None else queryset
    return dict(found.order_by().values_list("kind").annotate(total=Count("pk")))


def by_sector() -> dict[int, int]:
    """Key of a sector → number of structures with an activity there; one query."""
    found = Activite.objects.filter(structure__publiee=True, structure__remplacee_par=None)
    return dict(found.order_by().values_list("secteur").annotate(total=Count("structure", distinct=True)))


def total() -> int:
    """Number of structures the directory shows, kept a minute."""
    return _kept("structures:total", lambda: Structure.objects.listed().count())


def _kept(name: str, compute) -> Any:
    found = cache.get(name)
    if found is None:
        found = compute()
        cache.set(name, found, CACHE_SECONDS)
    return found

"""Everything imported, shown again by the reference tables of today: for contracts read before places or structures."""

from collections.abc import Iterator
from itertools import islice
from typing import TypeVar

from django.db import transaction

from marches.models import Lot, Marche
from marches.rules import decp
from marches.upsert.contrats import reindex
from marches.upsert.facts import refresh_holders
from marches.upsert.lots import LotUpsert
from marches.upsert.organisations import Noms, find_organisations
from portal.imports import ImportReport
from structures.models import Organisation

BATCH = 500
T = TypeVar("T")


@transaction.atomic
def recalculer(noms: Noms | None = None) -> int:
    """Fold every stored record again; number of lots. A second run changes nothing; what people typed stays."""
    nameless = (
        Organisation.objects.filter(denomination="").order_by("pk").values_list("type_identifiant", "identifiant")
    )
    for identities in _batches(iter(list(nameless))):
        _, renamed = find_organisations(identities, noms or {})
        reindex(Marche.objects.filter(acheteur__organisation__in=renamed).values_list("pk", flat=True))
    upsert = LotUpsert(decp.FORMAT, None, ImportReport("recalcul"), noms)
    number = 0
    keys = Lot.objects.exclude(sources=None).exclude(cle="").order_by("pk").values_list("pk", flat=True)
    for pks in _batches(iter(list(keys))):
        lots = list(Lot.objects.filter(pk__in=pks))
        upsert.refold(lots)
        number += len(lots)
    reindex(Marche.objects.filter(recence=0).values_list("pk", flat=True))  # called or published, never notified
    refresh_holders()  # those of contracts made by hand, and structures newer than their contracts
    return number


def _batches(items: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(items, BATCH)):
        yield batch

"""Facts written on the floor below, so that it can filter on them without asking this one."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef

from marches.models import MembreGroupement, Titulaire
from structures.models import Structure
from structures.search_index import reindex

BATCH = 500
COLUMNS = ("titulaire_depuis", "titulaire_jusqu_au", "a_cotraite")


@dataclass(frozen=True)
class Faits:
    """First notification and last known end among the lots held, and whether one of them is held with others."""

    titulaire_depuis: date | None = None
    titulaire_jusqu_au: date | None = None
    a_cotraite: bool = False


def refresh_holders(organisation_ids: Iterable[int] | None = None) -> int:
    """Write `titulaire_depuis`, `titulaire_jusqu_au` and `a_cotraite` of the structures of these organisations.

    Every organisation that has a structure by default. To be called after each write of holders or of groups, with
    those who left as well. Three queries for each 500 organisations, and where something changed one write and the
    refreshed order of the directory. Number of structures changed.
    """
    having = Structure.objects.exclude(organisation=None).order_by("organisation")
    if organisation_ids is not None:
        having = having.filter(organisation__in=set(organisation_ids))
    asked = list(having.values_list("organisation", flat=True).distinct())
    return sum(_refresh_some(asked[start : start + BATCH]) for start in range(0, len(asked), BATCH))


def _refresh_some(organisation_ids: Collection[int]) -> int:
    known = faits_of(organisation_ids)
    structures = Structure.objects.filter(organisation__in=organisation_ids).only("organisation_id", *COLUMNS)
    changed = []
    for structure in structures:
        faits = known.get(structure.organisation_id, Faits())
        if any(getattr(structure, name) != getattr(faits, name) for name in COLUMNS):
            for name in COLUMNS:
                setattr(structure, name, getattr(faits, name))
            changed.append(structure)
    Structure.objects.bulk_update(changed, COLUMNS, batch_size=BATCH)
    if changed:
        reindex(structure.pk for structure in changed)
    return len(changed)


def faits_of(organisation_ids: Collection[int]) -> dict[int, Faits]:
    """What the register says of these organisations, as published holders or members of a chosen group; two queries.

    An end is the one published, or the one its duration gives; renewals are not counted, since nothing says that they
    took place.
    """
    other_holders = Titulaire.objects.filter(lot=OuterRef("lot")).exclude(pk=OuterRef("pk"))
    holders = Titulaire.objects.filter(organisation__in=organisation_ids, lot__marche__publie=True).annotate(
        grouped=Exists(other_holders)
    )
    other_members = MembreGroupement.objects.filter(groupement=OuterRef("groupement")).exclude(pk=OuterRef("pk"))
    members = MembreGroupement.objects.filter(
        organisation__in=organisation_ids, groupement__retenu=True, groupement__lot__marche__publie=True
    )
    members = members.annotate(grouped=Exists(other_members))
    rows = [
        *holders.order_by().values_list("organisation", "lot__date_notification", "lot__date_fin", "grouped"),
        *members.order_by().values_list(
            "organisation", "groupement__lot__date_notification", "groupement__lot__date_fin", "grouped"
        ),
    ]
    starts: dict[int, list[date]] = defaultdict(list)
    ends: dict[int, list[date]] = defaultdict(list)
    grouped: set[int] = set()
    seen: set[int] = set()
    for organisation, start, end, with_others in rows:
        seen.add(organisation)
        if start:
            starts[organisation].append(start)
        if end:
            ends[organisation].append(end)
        if with_others:
            grouped.add(organisation)
    return {pk: Faits(min(starts[pk], default=None), max(ends[pk], default=None), pk in grouped) for pk in sorted(seen)}

"""Facts written on the floor below, so that it can filter on them without asking this one."""

from collections.abc import Collection

from django.db.models import Min

from marches.models import Titulaire
from structures.models import Structure


def mark_holders(organisation_ids: Collection[int]) -> int:
    """Write `Structure.titulaire_depuis` for the structures of these organisations; number of rows changed.

    The first notification among the lots they hold, empty when they hold none any more.
    """
    structures = Structure.objects.filter(organisation__in=organisation_ids).only("organisation_id", "titulaire_depuis")
    held = dict(
        Titulaire.objects.filter(organisation__in={structure.organisation_id for structure in structures})
        .values_list("organisation")
        .annotate(depuis=Min("lot__date_notification"))
        .order_by()
    )
    changed = [item for item in structures if item.titulaire_depuis != held.get(item.organisation_id)]
    for structure in changed:
        structure.titulaire_depuis = held.get(structure.organisation_id)
    Structure.objects.bulk_update(changed, ["titulaire_depuis"])
    return len(changed)

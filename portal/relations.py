"""Which rows other rows point to: what may go without taking anything with it."""

from collections.abc import Collection, Iterable

from django.db import models

PIECE = 5_000  # ids in one query


def pointed_at(model: type[models.Model], pks: Iterable[int], but: Collection[str] = ()) -> set[int]:
    """Those of these rows that a row of another table points to, history and the tables `but` (labels) left out.

    One query for each table that can point here and 5 000 rows.
    """
    wanted, found = sorted(set(pks)), set[int]()
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)):
            continue
        other = relation.related_model
        if other._meta.label in but or hasattr(other, "history_id"):
            continue
        name = relation.field.name
        for start in range(0, len(wanted), PIECE):
            rows = other._base_manager.filter(**{f"{name}__in": wanted[start : start + PIECE]}).order_by()
            found.update(rows.values_list(name, flat=True).distinct())
    return found

"""Writing a card, block by block: the row, what was typed, its day, its trace and its words."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from portal import etats, photos
from portal.etats import Conflit
from portal.permissions import Acteur
from structures.enums import Bloc
from structures.models import LabelObtenu, Offre, PhotoStructure, ReferenceClient, Structure
from structures.presentation.blocs import SUIVIS, differences, etat
from structures.search_index import reindex

LONGEST_REASON = 100  # characters: the column of the history
CONFIRMATION = "confirmation"


@transaction.atomic
def write(
    pk: int,
    bloc: str,
    *,
    by: Acteur,
    on: date,
    values: Mapping[str, Any] | None = None,
    typed: Iterable[str] = (),
    detail: str = "",
    seen: Mapping[str, Any] | None = None,
) -> Structure:
    """Write `values` on the card `pk` for the block `bloc`, and everything that follows from it.

    Only values that differ are written and become typed fields, which no import touches any more; `typed` adds names
    to them. `seen` is the state of the block that the person read: `Conflit` when it is no longer that one.
    """
    card = Structure.objects.select_for_update().get(pk=pk)
    if seen is not None and (found := differences(seen, etat(card, bloc))):
        raise Conflit(found)
    changed = [name for name, value in (values or {}).items() if getattr(card, name) != value]
    etats.remember_imports(card, SUIVIS, card.modifiee_le)
    for name in changed:
        setattr(card, name, values[name])
    card.champs_saisis = sorted({*card.champs_saisis, *(name.removesuffix("_id") for name in changed), *typed})
    card.blocs_saisis = card.blocs_saisis | {str(bloc): on.isoformat()}
    _sign_and_save(card, by, on, f"{bloc};{detail}" if detail else str(bloc))
    return card


@transaction.atomic
def confirm(pk: int, *, by: Acteur, on: date) -> None:
    """« Tout est à jour »: every block is vouched for on the day `on`, nothing else changes."""
    card = Structure.objects.select_for_update().get(pk=pk)
    etats.remember_imports(card, SUIVIS, card.modifiee_le)
    card.blocs_saisis = card.blocs_saisis | {bloc.value: on.isoformat() for bloc in Bloc}
    _sign_and_save(card, by, on, CONFIRMATION)


def _sign_and_save(card: Structure, by: Acteur, on: date, reason: str) -> None:
    card.verifiee_le = on
    card._history_user, card._change_reason = by.user, reason[:LONGEST_REASON]
    card.save()
    reindex([card.pk])


# Blocks -------------------------------------------------------------------------------------------------------------
def save_fields(*, pk: int, bloc: str, values: dict[str, Any], seen, by: Acteur, on: date) -> Structure:
    """Write the columns of a block; `logo` is a prepared file, False to remove it, None to leave it."""
    values = dict(values)
    logo = values.pop("logo", None)
    if not isinstance(logo, ContentFile) and logo is not False:
        return write(pk, bloc, by=by, on=on, values=values, seen=seen)
    storage = Structure.logo.field.storage
    name = storage.save(f"structures/logos/{logo.name}", logo) if logo else ""
    try:
        with transaction.atomic():
            former = Structure.objects.values_list("logo", flat=True).get(pk=pk)
            card = write(pk, bloc, by=by, on=on, values=values | {"logo": name}, seen=seen)
            photos.delete_files(storage, [former])
    except Exception:
        if name:
            storage.delete(name)
        raise
    return card


@transaction.atomic
def save_lists(*, pk: int, listes: Mapping[str, list[dict]], seen, by: Acteur, on: date) -> Structure:
    """Replace offers, references and labels by the typed rows, in their order on the page."""
    models = {"offres": Offre, "references": ReferenceClient, "labels": LabelObtenu}
    counts = []
    card = write(pk, Bloc.REFERENCES, by=by, on=on, seen=seen, detail=_counts(pk, listes, models))
    for name, rows in listes.items():
        model = models[name]
        model.objects.filter(structure=pk).delete()
        ranked = [row if name == "labels" else {**row, "rang": rank} for rank, row in enumerate(rows)]
        model.objects.bulk_create(model(structure_id=pk, **row) for row in ranked)
        counts.append(len(rows))
    reindex([pk])
    return card


def _counts(pk: int, listes, models) -> str:
    said = {"offres": "offres", "references": "références", "labels": "labels"}
    return ", ".join(
        f"{said[name]}\u00a0: {models[name].objects.filter(structure=pk).count()} → {len(rows)}"
        for name, rows in listes.items()
    )


# Pictures -----------------------------------------------------------------------------------------------------------
def save_photo(*, form, by: Acteur, on: date) -> PhotoStructure:
    """Save a picture and its words; a replaced file is deleted once the new one is recorded."""

    def trace(photo: PhotoStructure, what: str) -> None:
        write(photo.structure_id, Bloc.PHOTOS, by=by, on=on, detail=f"photo {what}")

    return photos.save(form, trace)


@transaction.atomic
def delete_photo(photo: PhotoStructure, *, by: Acteur, on: date) -> None:
    """Delete a picture and its two files."""
    photos.delete(photo)
    write(photo.structure_id, Bloc.PHOTOS, by=by, on=on, detail="photo supprimée")


@transaction.atomic
def move_photo(photo: PhotoStructure, step: int, *, by: Acteur, on: date) -> None:
    """Exchange a picture with the one before (`step` -1) or after (+1); nothing at the ends."""
    rows = list(photo.siblings().order_by("rang", "pk"))
    here = next((index for index, row in enumerate(rows) if row.pk == photo.pk), None)
    if here is None or not 0 <= here + step < len(rows):
        return
    rows[here], rows[here + step] = rows[here + step], rows[here]
    for rank, row in enumerate(rows):
        row.rang = rank
    PhotoStructure.objects.bulk_update(rows, ["rang"])
    write(photo.structure_id, Bloc.PHOTOS, by=by, on=on, detail="ordre des photos")

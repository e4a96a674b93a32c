"""Activities as a structure declares them; a zone is shared, so that changing place means pointing to another one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from portal.permissions import Acteur
from structures import zones
from structures.actions.edition import write
from structures.enums import Bloc, Origine
from structures.models import Activite, Zone, ZoneLieu
from structures.upsert.fiche import chunks


@dataclass(frozen=True)
class ZoneDemandee:
    """What is asked for: places as (niveau, code), a circle (latitude, longitude, km), or nothing at all."""

    lieux: tuple[tuple[str, str], ...] = ()
    cercle: tuple[float, float, int] | None = None

    @property
    def is_empty(self) -> bool:
        return not self.lieux and self.cercle is None


@transaction.atomic
def save_activite(activite: Activite, demande: ZoneDemandee, *, by: Acteur, on: date) -> Activite:
    """Save a declared activity and its zone; imports leave the activities of this card alone from now on."""
    detail = "activité modifiée" if activite.pk else "activité ajoutée"
    former = activite.zone_id
    activite.zone = _zone(activite.zone, demande)
    activite.origine = Origine.DECLAREE
    activite.save()
    release([former])
    _record(activite, detail, by, on)
    return activite


@transaction.atomic
def delete_activite(activite: Activite, *, by: Acteur, on: date) -> None:
    """Delete an activity; one that was deduced does not come back with the next import."""
    former = activite.zone_id
    activite.delete()
    release([former])
    _record(activite, "activité supprimée", by, on)


@transaction.atomic
def copy_zone(activite: Activite, *, by: Acteur, on: date) -> int:
    """Give the zone of this activity to every activity of its structure; how many changed."""
    rows = Activite.objects.filter(structure=activite.structure_id).exclude(pk=activite.pk)
    others = [row for row in rows if row.zone_id != activite.zone_id]
    former = [row.zone_id for row in others]
    Activite.objects.filter(pk__in=[row.pk for row in others]).update(zone=activite.zone_id)
    release(former)
    write(activite.structure_id, Bloc.ACTIVITES, by=by, on=on, typed=["activites"], detail="même zone partout")
    return len(others)


def declared(zone: Zone | None) -> ZoneDemandee:
    """What `zone` declares; one query."""
    if zone is None:
        return ZoneDemandee()
    rows = ZoneLieu.objects.filter(zone=zone, declare=True).order_by("niveau", "code").values_list("niveau", "code")
    if not zone.rayon_km or zone.latitude is None or zone.longitude is None:
        return ZoneDemandee(tuple(rows), None)
    return ZoneDemandee(tuple(rows), (zone.latitude, zone.longitude, zone.rayon_km))


def release(ids: Sequence[int | None]) -> None:
    """Delete those of these zones that nothing uses any more, on any floor."""
    users = [relation for relation in Zone._meta.related_objects if relation.related_model is not ZoneLieu]
    for chunk in chunks(sorted({pk for pk in ids if pk})):
        free = set(chunk)
        for relation in users:
            name = relation.field.name
            rows = relation.related_model._base_manager.filter(**{f"{name}__in": chunk})
            free -= set(rows.order_by().values_list(name, flat=True).distinct())
        Zone.objects.filter(pk__in=free).delete()


def _zone(present: Zone | None, demande: ZoneDemandee) -> Zone | None:
    if demande.is_empty:
        return None
    known = declared(present)
    if present and set(known.lieux) == set(demande.lieux) and known.cercle == demande.cercle:
        return present
    centre = demande.cercle[:2] if demande.cercle else None
    return zones.make_zone(demande.lieux, centre, demande.cercle[2] if demande.cercle else None)


def _record(activite: Activite, what: str, by: Acteur, on: date) -> None:
    write(
        activite.structure_id, Bloc.ACTIVITES, by=by, on=on, typed=["activites"],
        detail=f"{what}, «\u00a0{activite.secteur.nom}\u00a0»",
    )  # fmt: skip

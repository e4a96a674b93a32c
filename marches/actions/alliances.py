"""Alliances written and left; who did it, and when, stays in their history."""

from django.db import transaction

from marches.models import Alliance, MembreAlliance
from marches.notifications.alliances import tell_new_member
from portal.permissions import Acteur
from structures.models import Structure
from structures.zones import make_zone


@transaction.atomic
def save_alliance(*, form, rows: list[dict], by: Acteur) -> Alliance:
    """An alliance with its zone and its members; a structure that others named is told and may leave by itself."""
    alliance = form.save(commit=False)
    if form.zone_changed:
        places, centre, km = form.zone
        alliance.zone = make_zone(places, centre, km) if places or km else None
    _sign(alliance, by, "saisie")
    alliance.save()
    form.save_m2m()
    former = {membre.structure_id: membre for membre in alliance.membres.all()}
    kept = {row["structure"].pk for row in rows}
    alliance.membres.exclude(structure__in=kept).delete()
    arrived = []
    for rank, row in enumerate(rows):
        membre = former.get(row["structure"].pk)
        if membre is None:
            membre = MembreAlliance(alliance=alliance, structure=row["structure"])
            arrived.append(membre)
        membre.apport, membre.pilote, membre.rang = row["apport"], row["pilote"], rank
        membre.save()
    mine = set(
        Structure.objects.editable_by(by)
        .filter(pk__in=[membre.structure_id for membre in arrived], organisation=by.organisation_id)
        .values_list("pk", flat=True)
    )
    for membre in arrived:
        if membre.structure_id not in mine:
            tell_new_member(membre, by)
    return alliance


@transaction.atomic
def leave(*, membre: MembreAlliance, user) -> Alliance | None:
    """A structure leaves; None when nobody is left, and the alliance went with it, its history kept."""
    alliance = membre.alliance
    membre.delete()
    alliance._history_user, alliance._change_reason = user, "depart"
    if alliance.membres.exists():
        alliance.save()
        return alliance
    alliance.delete()
    return None


def delete_alliance(alliance: Alliance, *, by: Acteur) -> None:
    """Delete an alliance with its memberships; its history stays."""
    _sign(alliance, by, "suppression")
    alliance.delete()


def _sign(alliance: Alliance, by: Acteur, reason: str) -> None:
    alliance._history_user, alliance._change_reason = by.user, reason

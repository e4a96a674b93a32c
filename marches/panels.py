"""What the register shows on the pages of the directory."""

from django.db.models import Q

from marches.models import Lot, MembreGroupement
from portal.panels import register

MOST_LOTS = 10


@register("structures.Structure", order=10)
def lots_of_structure(structure, acteur):
    """Public contracts held by the organisation of a structure, alone or in a group; three queries."""
    if structure.organisation_id is None:
        return None
    member = Q(groupements__retenu=True, groupements__membres__organisation=structure.organisation_id)
    held = Lot.objects.filter(Q(titulaires__organisation=structure.organisation_id) | member).distinct()
    held = held.select_related("marche__acheteur__organisation").defer("racines", "marche__racines")
    lots = list(held.order_by("-date_notification", "-pk")[: MOST_LOTS + 1])
    memberships = MembreGroupement.objects.filter(organisation=structure.organisation_id)
    groups = list(memberships.select_related("groupement__lot").order_by("-pk")[:MOST_LOTS])
    if not lots and not groups:
        return None
    context = {
        "lots": lots[:MOST_LOTS],
        "others": len(lots) > MOST_LOTS,
        "groupements": groups,
        "siren": structure.organisation.siren,
    }
    return "marches/_structure_panel.html", context

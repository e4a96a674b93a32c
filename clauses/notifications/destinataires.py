"""The people of each side of a clause who have an account."""

from django.db.models import Q

from portal.permissions import Role
from structures.models import Membre


def du_facilitateur(facilitateur) -> list:
    """The team of a facilitator's body."""
    return _users(Membre.objects.filter(organisation=facilitateur.organisation_id, role=Role.FACILITATEUR))


def de_l_acheteur(acheteur) -> list:
    """The buyers of the organisation, or of another establishment of the same company number."""
    organisation = acheteur.organisation
    reach = Q(organisation=organisation.pk)
    if organisation.siren:
        reach |= Q(organisation__siren=organisation.siren)
    return _users(Membre.objects.filter(reach, role=Role.ACHETEUR))


def des_redevables(organisations) -> list:
    """The people of companies and structures that owe hours."""
    return _users(Membre.objects.filter(organisation__in=organisations, role__in=(Role.ENTREPRISE, Role.STRUCTURE)))


def _users(membres) -> list:
    return [row.user for row in membres.active().select_related("user").order_by("pk")]

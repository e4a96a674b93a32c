"""The people of a buyer who have an account."""

from django.db.models import Q

from marches.models import Acheteur
from portal.permissions import Role
from structures.models import Membre


def membres_de(acheteur: Acheteur):
    """Active members of the buyer, or of another establishment of the same company number."""
    organisation = acheteur.organisation
    reach = Q(organisation=organisation.pk)
    if organisation.siren:
        reach |= Q(organisation__siren=organisation.siren)
    return Membre.objects.filter(reach, role=Role.ACHETEUR).active()


def de_l_acheteur(acheteur: Acheteur) -> list:
    return users(membres_de(acheteur))


def users(membres) -> list:
    """The accounts behind active memberships, in order."""
    return [row.user for row in membres.active().select_related("user").order_by("pk")]

"""The people of each side of a clause who have an account."""

from marches.notifications.destinataires import de_l_acheteur, users
from portal.permissions import Role
from structures.models import Membre

__all__ = ["de_l_acheteur", "des_redevables", "du_facilitateur"]


def du_facilitateur(facilitateur) -> list:
    """The team of a facilitator's body."""
    return users(Membre.objects.filter(organisation=facilitateur.organisation_id, role=Role.FACILITATEUR))


def des_redevables(organisations) -> list:
    """The people of companies and structures that owe hours."""
    return users(Membre.objects.filter(organisation__in=organisations, role__in=(Role.ENTREPRISE, Role.STRUCTURE)))

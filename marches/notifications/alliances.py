"""Messages about alliances."""

from django.core import signing

from marches.models import MembreAlliance
from portal import mail
from portal.permissions import Role
from structures.models import Membre

SALT = "marches.alliance"


def jeton(membre: MembreAlliance) -> str:
    """What lets a structure leave an alliance without signing in; it is worth nothing once the place is left."""
    return signing.dumps([membre.pk, membre.structure_id], salt=SALT)


def member_of(token: str) -> MembreAlliance | None:
    """The place in an alliance that this token leaves; None when forged or already left."""
    try:
        pk, structure = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    rows = MembreAlliance.objects.select_related("alliance", "structure")
    return rows.filter(pk=pk, structure=structure).first()


def tell_new_member(membre: MembreAlliance, by) -> list:
    """Write to a structure that others named a member: to its people, otherwise to its public address."""
    structure = membre.structure
    people = Membre.objects.active().filter(organisation=structure.organisation_id or 0, role=Role.STRUCTURE)
    to = [row.user for row in people.select_related("user")] or structure.courriel
    return mail.send(
        "alliance_membre", to, alliance=membre.alliance, structure=structure, jeton=jeton(membre), par=by.organisation
    )

"""Messages about groups of bidders."""

from collections.abc import Iterable

from marches.models import Groupement, MembreGroupement
from portal import mail
from portal.permissions import Acteur, Role
from structures.models import Membre


def tell_members(groupement: Groupement, membres: Iterable[MembreGroupement], by: Acteur) -> None:
    """Write to the people of organisations that others named members of a group."""
    for membre in membres:
        people = Membre.objects.active().filter(
            organisation=membre.organisation_id, role__in=(Role.STRUCTURE, Role.ENTREPRISE)
        )
        to = [row.user for row in people.select_related("user")]
        if not to and membre.structure is not None and membre.structure.courriel:
            to = [membre.structure.courriel]
        if to:
            mail.send(
                "groupement_membre", to, groupement=groupement, lot=groupement.lot, organisation=membre.organisation,
                par=by.organisation,
            )  # fmt: skip

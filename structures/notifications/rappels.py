"""Reminders: the members of a structure are told when its card was not confirmed for a year."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Exists, OuterRef
from django.utils import timezone

from portal import mail
from portal.models import Envoi, User
from portal.permissions import Role
from structures.models import Membre, Structure
from structures.search_index import completude_de

MOST_ADVICE = 3
BATCH = 200


def years_between(start: date, end: date) -> int:
    """Whole years from `start` to `end`; a year from 29 February ends on 1 March."""
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def reference(structure: Structure) -> date:
    """The day from which the age of a card is counted: its last confirmation, otherwise its creation."""
    return structure.verifiee_le or timezone.localtime(structure.creee_le).date()


def stale(on: date) -> Iterator[Structure]:
    """Cards shown in the directory, held by somebody, and not confirmed for a year."""
    held = Membre.objects.active().filter(role=Role.STRUCTURE, organisation=OuterRef("organisation"))
    cards = Structure.objects.listed().filter(Exists(held)).order_by("pk")
    for structure in cards.iterator(BATCH):
        if years_between(reference(structure), on) >= 1:
            yield structure


def remind(on: date) -> tuple[int, int]:
    """Queue the messages due on the day `on`: how many cards are old, how many messages were queued.

    One message for each member, card and year since its last confirmation: running it twice sends nothing more.
    """
    cards = sent = 0
    for structure in stale(on):
        cards += 1
        since = reference(structure)
        key = f"rappel_fiche:{structure.pk}:{since.isoformat()}:{years_between(since, on)}"
        people = members_to_tell(structure, key)
        if people:
            known = completude_de(structure)
            advice = [said for _, said, _ in known.manquants[:MOST_ADVICE]]
            sent += len(
                mail.send(
                    "rappel_fiche", people, cle=key, structure=structure, depuis=since, pourcent=known.pourcent,
                    manquants=advice,
                )
            )  # fmt: skip
    return cards, sent


def members_to_tell(structure: Structure, key: str) -> list[User]:
    """Members of the card who did not get the message `key` yet; two queries."""
    people = User.objects.filter(
        is_active=True, membres__actif=True, membres__role=Role.STRUCTURE,
        membres__organisation=structure.organisation_id,
    ).distinct()  # fmt: skip
    told = set(Envoi.objects.filter(cle=key).values_list("destinataire", flat=True))
    return [user for user in people if user.email.lower() not in told]

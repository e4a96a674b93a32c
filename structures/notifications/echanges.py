"""Messages relayed between organisations: neither side ever sees an address of the other."""

from django.utils.text import Truncator

from portal import mail
from structures.enums import Sens
from structures.models import Echange, Membre, MessageEchange

EXCERPT = 400  # characters of an answer shown in the message that announces it


def key_of(echange_id: int, message_id: int) -> str:
    """The key of the messages sent about one `MessageEchange`; the purge finds them by it."""
    return f"echange:{echange_id}:{message_id}"


def relay(message: MessageEchange) -> list:
    """Tell the other side that `message` is there; the messages queued.

    Those of the organisation who already wrote in this conversation, else all its active members; a structure that
    nobody joined is written to at its public address, with a link that lets it answer.
    """
    echange = message.echange
    context = {
        "echange": echange,
        "message": message,
        "structure": echange.structure,
        "organisation": echange.organisation,
        "fonction": message.par.fonction if message.par else "",
    }
    cle = key_of(echange.pk, message.pk)
    if message.sens == Sens.VERS_ACHETEUR:
        extrait = Truncator(message.texte).chars(EXCERPT)
        to = _people(echange, echange.organisation_id, Sens.VERS_STRUCTURE)
        return mail.send("echange_reponse", to, cle=cle, extrait=extrait, **context)
    if to := _people(echange, echange.structure.organisation_id, Sens.VERS_ACHETEUR):
        return mail.send("echange_structure", to, cle=cle, **context)
    return mail.send("echange_courriel", echange.structure.courriel, cle=cle, **context)


def _people(echange: Echange, organisation_id: int | None, written: Sens) -> list:
    """Accounts to tell, for this organisation whose own messages go the way `written`; two queries."""
    if organisation_id is None:
        return []
    membres = Membre.objects.active().filter(organisation=organisation_id).select_related("user").order_by("user")
    users = {membre.user_id: membre.user for membre in membres}
    wrote = set(echange.messages.filter(sens=written).values_list("par", flat=True))
    return [user for pk, user in users.items() if pk in wrote] or list(users.values())

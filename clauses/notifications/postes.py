"""The message by which open posts reach the services that send people."""

from portal import mail
from portal.models import Envoi


def opened(poste, services) -> list:
    """To each service once, at its general address."""
    to = [service.courriel for service in services]
    return mail.send("poste_ouvert", to, cle=_cle(poste), poste=poste, clause=poste.clause)


def receivers(poste) -> set[str]:
    """Addresses this post was sent to."""
    return set(Envoi.objects.filter(cle=_cle(poste)).values_list("destinataire", flat=True))


def _cle(poste) -> str:
    return f"poste:{poste.pk}"

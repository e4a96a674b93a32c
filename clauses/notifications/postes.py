"""The message by which open posts reach the services that send people."""

from portal import mail


def opened(poste, services) -> list:
    """To each service once, at its general address."""
    to = [service.courriel for service in services]
    return mail.send("poste_ouvert", to, cle=f"poste:{poste.pk}", poste=poste, clause=poste.clause)

"""Messages between two facilitators' bodies about a clause handed over."""

from clauses.notifications.destinataires import du_facilitateur
from portal import mail


def offered(passation) -> list:
    return mail.send(
        "passation_proposee", du_facilitateur(passation.vers), cle=f"passation:{passation.pk}", passation=passation
    )


def answered(passation) -> list:
    """To the body that gives the clause."""
    return mail.send(
        "passation_reponse", du_facilitateur(passation.de), cle=f"passation_reponse:{passation.pk}", passation=passation
    )

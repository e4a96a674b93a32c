"""Messages about missing hours: each side learns what the other has just done."""

from clauses.notifications.destinataires import de_l_acheteur, des_redevables, du_facilitateur
from portal import mail


def notified(ecart, redevables) -> list:
    """To those who owe the hours: the figures, and until when they may answer."""
    return mail.send("ecart_notifie", des_redevables(redevables), cle=f"ecart_notifie:{ecart.pk}", ecart=ecart)


def answered(ecart) -> list:
    """To the facilitator: the company has answered."""
    to = du_facilitateur(ecart.clause.facilitateur)
    return mail.send("ecart_observations", to, cle=f"ecart_observations:{ecart.pk}", ecart=ecart)


def proposed(ecart) -> list:
    """To the buyer, who decides."""
    to = de_l_acheteur(ecart.clause.lot.marche.acheteur)
    return mail.send("ecart_propose", to, cle=f"ecart_propose:{ecart.pk}", ecart=ecart)


def decided(ecart, redevables) -> list:
    """To the company and to the facilitator."""
    to = [*des_redevables(redevables), *du_facilitateur(ecart.clause.facilitateur)]
    return mail.send("ecart_decide", to, cle=f"ecart_decide:{ecart.pk}", ecart=ecart)


def shared(ecart, organisations, mandataire) -> list:
    """To the members among whom the spokesperson has shared the penalty."""
    return mail.send("ecart_reparti", des_redevables(organisations), ecart=ecart, mandataire=mandataire)

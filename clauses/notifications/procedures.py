"""Messages about the calendars of procedures."""

from clauses.models import CalendrierProcedure
from clauses.notifications.destinataires import du_facilitateur
from portal import mail


def tell_facilitator(row: CalendrierProcedure) -> list:
    """To the team that a buyer asks to follow a procedure, once for each calendar and body."""
    cle = f"procedure:{row.pk}:{row.facilitateur_id}"
    return mail.send("procedure_confiee", du_facilitateur(row.facilitateur), cle=cle, calendrier=row)

"""Messages about months of hours: what was sent back, what is late. No code of a person ever leaves the portal."""

from clauses.notifications.destinataires import des_redevables
from portal import mail

MOST = 20  # months listed in a message


def refused(imputation) -> list:
    """To those who declare: what was refused, why, and where to correct it."""
    month = imputation.declaration
    return mail.send(
        "heures_refusees",
        des_redevables([month.organisation_id]),
        cle=f"heures_refusees:{imputation.pk}",
        imputation=imputation,
        declaration=month,
    )


def late(organisation, declarations, on) -> list:
    """To an organisation, once a month: the months it has not sent, the oldest first."""
    return mail.send(
        "heures_en_retard",
        des_redevables([organisation.pk]),
        cle=f"heures_en_retard:{organisation.pk}:{on:%Y%m}",
        organisation=organisation,
        declarations=declarations[:MOST],
        nombre=len(declarations),
        reste=max(len(declarations) - MOST, 0),
    )

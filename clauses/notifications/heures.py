"""Messages about months of hours: what was sent back, what is late. No code of a person ever leaves the portal."""

from clauses.notifications.destinataires import des_redevables
from portal import mail


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

"""Messages about attestations of hours."""

from clauses.notifications.destinataires import des_redevables
from portal import mail


def given(attestation) -> list:
    """To the organisation whose hours are attested."""
    to = des_redevables([attestation.organisation_id])
    return mail.send("attestation_delivree", to, cle=f"attestation:{attestation.pk}", attestation=attestation)


def cancelled(attestation) -> list:
    """To the same: the paper they hold is worth nothing any more."""
    to = des_redevables([attestation.organisation_id])
    return mail.send("attestation_annulee", to, cle=f"attestation_annulee:{attestation.pk}", attestation=attestation)

"""Hours attested to an organisation: numbered, frozen; a mistake is cancelled with its reason, never rewritten."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from clauses.models import Attestation, Facilitateur
from clauses.notifications import attestations as notifications
from clauses.stats import attestations as stats
from portal.permissions import Acteur
from structures.models import Organisation


@transaction.atomic
def delivrer(
    facilitateur: Facilitateur, organisation: Organisation, du: date, au: date, *, on: date, by: Acteur
) -> Attestation:
    """Attest the hours accepted so far, and tell the organisation; ValidationError when there is none."""
    body = Facilitateur.objects.select_for_update().get(pk=facilitateur.pk)  # numbers follow one another
    figures = stats.chiffres(body, organisation, du, au)
    if not figures["lignes"]:
        raise ValidationError("Aucune heure acceptée sur cette période\u00a0: il n'y a rien à attester.")
    row = Attestation.objects.create(
        facilitateur=body, organisation=organisation, numero=_numero(body, on.year), du=du, au=au, chiffres=figures,
        delivree_par=by.user,
    )  # fmt: skip
    row.acheteurs.set({line[0] for line in figures["lignes"]})
    notifications.given(row)
    return row


@transaction.atomic
def annuler(attestation: Attestation, motif: str, *, by: Acteur) -> Attestation:
    """Cancel an attestation: it stays readable, and its public page says that it is worth nothing any more, and why."""
    row = Attestation.objects.select_for_update().get(pk=attestation.pk)
    if row.annulee_le is not None:
        raise ValidationError("Cette attestation est déjà annulée.")
    row.annulee_le, row.annulee_par, row.motif_annulation = timezone.now(), by.user, motif.strip()
    row.full_clean(exclude=["delivree_par", "annulee_par", "acheteurs", "chiffres"])
    row.save(update_fields=["annulee_le", "annulee_par", "motif_annulation"])
    notifications.cancelled(row)
    return row


def _numero(facilitateur: Facilitateur, year: int) -> str:
    """« CALV-2026-0007 »: the prefix of the body, the year, the next number of that year."""
    given = Attestation.objects.filter(facilitateur=facilitateur, numero__startswith=f"{facilitateur.prefixe}-{year}-")
    last = given.order_by("-numero").values_list("numero", flat=True).first()
    rank = int(last.rpartition("-")[2]) if last else 0
    return f"{facilitateur.prefixe}-{year}-{rank + 1:04d}"

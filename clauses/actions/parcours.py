"""What happens along the way of a person: an eligibility that goes on, another employer, a training."""

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from clauses.actions.participants import add_eligibilite, assign, remember_first
from clauses.enums import Critere, MotifProlongation
from clauses.models import Affectation, Eligibilite, Participant, Transfert
from clauses.parametres import seuil
from clauses.rules import prolongation_permise
from marches.rules import add_months
from portal.permissions import Acteur
from portal.verdict import Verdict
from structures.models import Organisation, Structure


def juger_prolongation(eligibilite: Eligibilite, motif: str, mois: int) -> Verdict:
    """`prolongation_permise` for this eligibility, with what is known of the person; three queries."""
    participant, start = eligibilite.participant, eligibilite.valable_au + timedelta(days=1)
    before = participant.eligibilites.filter(motif_prolongation=motif)
    given = sum(_months(row.valable_du, row.valable_au) for row in before)
    employers = Affectation.objects.filter(participant=participant).filter(
        Q(date_fin=None) | Q(date_fin__gte=eligibilite.valable_au)
    )
    kinds = set(
        Structure.objects.filter(publiee=True, organisation__in=employers.values("employeur"))
        .order_by()
        .values_list("kind", flat=True)
    )
    ground = MotifProlongation(motif)
    capped = ground != MotifProlongation.FORMATION
    return prolongation_permise(
        ground,
        mois,
        given,
        pas=int(seuil("prolongation_pas", start)),
        plafond=int(seuil(f"prolongation_{motif}", start)) if capped else None,
        age=start.year - participant.annee_naissance,
        kinds=kinds,
        rqth=participant.eligibilites.filter(critere=Critere.RQTH).exists(),
    )


@transaction.atomic
def prolonger(
    eligibilite: Eligibilite, *, motif: str, mois: int, justificatif_vu_le: date | None, by: Acteur
) -> Eligibilite:
    """The same criterion for `mois` months more, from the day after; ValidationError says why not."""
    Participant.objects.select_for_update().get(pk=eligibilite.participant_id)
    if eligibilite.prolongations.exists():
        raise ValidationError("Cette éligibilité est déjà prolongée\u00a0: prolongez la dernière.")
    verdict = juger_prolongation(eligibilite, motif, mois)
    if verdict.is_blocking:
        raise ValidationError(f"{verdict.reason} {verdict.remede}".strip())
    row = add_eligibilite(
        eligibilite.participant,
        critere=eligibilite.critere,
        valable_du=eligibilite.valable_au + timedelta(days=1),
        valable_au=add_months(eligibilite.valable_au, mois),
        justificatif_vu_le=justificatif_vu_le,
        by=by,
    )
    row.prolonge, row.motif_prolongation = eligibilite, motif
    row.save(update_fields=["prolonge", "motif_prolongation"])
    return row


@transaction.atomic
def transferer(
    affectation: Affectation, *, vers: Organisation, le: date, consentement_le: date, modalite: str, contrat: str,
    by: Acteur,
) -> Affectation:  # fmt: skip
    """The person goes on with another employer from the day `le`, having agreed; the former assignment ends the eve.

    ValidationError when that day is before the assignment began, or the employer is the same.
    """
    affectation = Affectation.objects.select_for_update().get(pk=affectation.pk)
    if vers.pk == affectation.employeur_id:
        raise ValidationError("C'est déjà son employeur\u00a0: notez plutôt une nouvelle affectation.")
    if le <= affectation.date_debut:
        raise ValidationError("Le passage vient après le début de l'affectation en cours.")
    if affectation.date_fin is not None and affectation.date_fin < le - timedelta(days=1):
        raise ValidationError("Cette affectation était déjà finie ce jour-là\u00a0: notez une nouvelle affectation.")
    later = affectation.lignes.filter(au__gte=le).order_by("au").last()
    if later is not None:
        raise ValidationError(
            f"Des heures sont notées jusqu'au {later.au:%d/%m/%Y} chez {affectation.employeur}\u00a0: choisissez un "
            "jour qui suit."
        )
    row = Transfert(
        participant_id=affectation.participant_id, de_id=affectation.employeur_id, vers=vers, le=le,
        consentement_le=consentement_le, par=by.user,
    )  # fmt: skip
    row.full_clean(exclude=["par"])
    row.save()
    affectation.date_fin = le - timedelta(days=1)
    remember_first(affectation)
    affectation._history_user, affectation._change_reason = by.user, "passage"
    affectation.save(update_fields=["date_fin"])
    return assign(
        affectation.participant, employeur=vers, modalite=modalite, contrat=contrat, date_debut=le,
        metier=affectation.metier, rome=affectation.rome, by=by,
    )  # fmt: skip


def _months(start: date, end: date) -> int:
    """Whole months from a day to another, the last one included."""
    after = end + timedelta(days=1)
    return (after.year - start.year) * 12 + after.month - start.month

"""What the facilitator decides of a line sent, and what its declarer does next: correct it, or give it up."""

from collections.abc import Iterable
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from clauses.actions.lignes import (
    ZERO,
    Saisie,
    claim,
    hold_years,
    lock_lines,
    locked_reason,
    new_imputation,
    settle_all,
)
from clauses.controles import current_imputations, is_clean, verdicts_by_imputation
from clauses.enums import Etat
from clauses.models import Imputation
from clauses.notifications import heures as notifications
from portal.permissions import Acteur
from portal.verdict import worst

DECIDED = (Etat.ACCEPTEE, Etat.REFUSEE, Etat.RENONCEE)  # what an acceptance replaces, what a correction may replace


@transaction.atomic
def accept(imputation, *, by: Acteur) -> Imputation:
    """A sent line counts from now on; what it corrects becomes « remplacée » at the same moment.

    A line that a check forbids is refused here too: its facts are put right first, or the line is sent back.
    """
    hold_years(imputation.clause_id)
    claim(imputation.declaration, None, by)
    imputation = _sent(imputation)
    found = worst(verdicts_by_imputation(imputation.declaration, [imputation]).get(imputation.pk, []))
    if found.is_blocking:
        raise ValidationError(f"Cette ligne ne peut être acceptée. {found.reason} {found.remede}".strip())
    _accept([imputation], by)
    return imputation


@transaction.atomic
def accept_all_clean(declaration, *, by: Acteur) -> tuple[int, int]:
    """Accept every sent line that no check stops; answers how many were accepted, how many are left to look at.

    The same number of queries for one line as for a thousand.
    """
    hold_years(declaration.clause_id)
    claim(declaration, None, by)
    sent = [i for i in current_imputations(declaration) if i.etat == Etat.TRANSMISE]
    verdicts = verdicts_by_imputation(declaration, sent)
    # A person who has left the portal has no check any more: their line asks for a look.
    clean = [i for i in sent if i.pk in verdicts and is_clean(verdicts[i.pk])]
    _accept(clean, by)
    return len(clean), len(sent) - len(clean)


@transaction.atomic
def refuse(imputation, motif: str, *, by: Acteur) -> Imputation:
    """A sent line is refused, with a reason that its declarer reads; a line it corrected still counts."""
    motif = (motif or "").strip()
    if not motif:
        raise ValidationError("Indiquez le motif du refus\u00a0: il est transmis au déclarant.")
    claim(imputation.declaration, None, by)
    imputation = _sent(imputation)
    lock_lines([imputation.ligne_id])
    imputation.etat, imputation.decidee_par, imputation.decidee_le = Etat.REFUSEE, by.user, timezone.now()
    imputation.motif_refus = motif
    imputation.full_clean(validate_unique=False, exclude=["saisie_par", "transmise_par", "decidee_par"])
    imputation.save()
    settle_all([imputation.ligne_id], asked=False)
    notifications.refused(imputation)
    return imputation


@transaction.atomic
def cancel(imputation, motif: str, *, by: Acteur) -> Imputation:
    """Take back an acceptance: a refused line, with its reason, replaces the accepted one, which counts no more.

    The accepted line keeps who accepted it and when; hours that were never worked are so brought to 0.
    """
    motif = (motif or "").strip()
    if not motif:
        raise ValidationError("Indiquez pourquoi l'acceptation est annulée\u00a0: le motif est transmis au déclarant.")
    hold_years(imputation.clause_id)
    claim(imputation.declaration, None, by)
    accepted = _read(imputation)
    if accepted.etat != Etat.ACCEPTEE:
        raise ValidationError(
            f"Cette ligne est «\u00a0{accepted.get_etat_display().lower()}\u00a0»\u00a0: seule une ligne acceptée peut "
            "être annulée."
        )
    _refuse_when_replaced(
        accepted, "Une correction de cette ligne existe déjà\u00a0: acceptez-la ou refusez-la d'abord."
    )
    refused = _follow(
        accepted, etat=Etat.REFUSEE, motif_refus=motif, saisie_par=accepted.saisie_par,
        transmise_le=accepted.transmise_le, transmise_par=accepted.transmise_par,
        decidee_par=by.user, decidee_le=timezone.now(),
    )  # fmt: skip
    settle_all([accepted.ligne_id], asked=False)
    notifications.refused(refused)
    return refused


@transaction.atomic
def correct(imputation, travail: Decimal, formation: Decimal = ZERO, *, by: Acteur) -> Imputation:
    """A draft that will replace a decided line, once sent and accepted; until then the old one counts."""
    claim(imputation.declaration, None, by)
    imputation = _read(imputation)
    if imputation.etat not in DECIDED:
        raise ValidationError(locked_reason(imputation.etat))
    _refuse_when_replaced(imputation, "Une correction de cette ligne existe déjà.")
    row = Saisie(imputation.ligne.affectation_id or 0, travail, formation)
    if row.heures <= 0:
        raise ValidationError("Indiquez les heures corrigées\u00a0; une ligne sans heure ne se transmet pas.")
    new = new_imputation(imputation.declaration, imputation.ligne, row, by, remplace=imputation)
    new.full_clean(exclude=["saisie_par", "transmise_par", "decidee_par"])
    new.save()
    settle_all([imputation.ligne_id])
    return new


@transaction.atomic
def renoncer(imputation, *, by: Acteur) -> Imputation:
    """The declarer gives a refused line up: a new row replaces it and asks nothing of anybody any more."""
    claim(imputation.declaration, None, by)
    refused = _read(imputation)
    if refused.etat != Etat.REFUSEE:
        raise ValidationError("On ne renonce qu'à une ligne refusée\u00a0: les autres se corrigent.")
    _refuse_when_replaced(refused, "Une correction de cette ligne existe déjà\u00a0: retirez-la d'abord de la grille.")
    given_up = _follow(refused, etat=Etat.RENONCEE, saisie_par=by.user, decidee_par=by.user, decidee_le=timezone.now())
    settle_all([refused.ligne_id], asked=False)
    return given_up


# Inside ---------------------------------------------------------------------------------------------------------------
def _read(imputation) -> Imputation:
    """The imputation read again, its month claimed and its line locked."""
    rows = Imputation.objects.select_related("ligne__affectation__participant", "declaration__clause")
    fresh = rows.filter(pk=imputation.pk).first()
    if fresh is None:  # a draft that somebody has just taken away
        raise ValidationError("Cette ligne n'existe plus\u00a0: rechargez la page du mois.")
    lock_lines([fresh.ligne_id])
    return fresh


def _sent(imputation) -> Imputation:
    """The imputation read again under the lock; ValidationError unless it waits for a decision."""
    imputation = _read(imputation)
    if imputation.etat != Etat.TRANSMISE:
        raise ValidationError(
            f"Cette ligne est «\u00a0{imputation.get_etat_display().lower()}\u00a0»\u00a0: "
            "seule une ligne transmise peut être acceptée ou refusée."
        )
    return imputation


def _accept(imputations: Iterable[Imputation], by: Acteur) -> None:
    """Accept sent lines of one month, already checked: what each replaces first, so that one counts at a time."""
    rows = list(imputations)
    if not rows:
        return
    lines, clause = {i.ligne_id for i in rows}, rows[0].clause_id
    lock_lines(lines)
    Imputation.objects.filter(ligne__in=lines, clause=clause, etat__in=DECIDED).update(etat=Etat.REMPLACEE)
    now = timezone.now()
    for imputation in rows:
        imputation.etat, imputation.decidee_par, imputation.decidee_le = Etat.ACCEPTEE, by.user, now
    Imputation.objects.bulk_update(rows, ["etat", "decidee_par", "decidee_le"])
    settle_all(lines, asked=False)


def _refuse_when_replaced(imputation, reason: str) -> None:
    if Imputation.objects.filter(remplace=imputation).exists():
        raise ValidationError(reason)


def _follow(old: Imputation, **fields) -> Imputation:
    """A row of the same hours that replaces `old`, which keeps all it said but its state."""
    new = Imputation(
        ligne=old.ligne,
        clause_id=old.clause_id,
        declaration=old.declaration,
        heures=old.heures,
        heures_formation=old.heures_formation,
        remplace=old,
        **fields,
    )
    new.full_clean(exclude=["saisie_par", "transmise_par", "decidee_par"])
    Imputation.objects.filter(pk=old.pk).update(etat=Etat.REMPLACEE)
    new.save()
    return new

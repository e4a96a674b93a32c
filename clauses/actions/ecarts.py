"""Missing hours, from the gap found to the decision of the buyer and its share in the group.

Each step checks its turn on a locked row, dates and signs itself, and writes to the other side.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from clauses import rules
from clauses.actions.clauses import add_heures_dues, declarants
from clauses.enums import EtapeEcart, OrigineHeures, SuiteEcart
from clauses.models import ClauseSociale, Ecart, PartEcart
from clauses.notifications import ecarts as notifications
from clauses.parametres import seuil
from portal.permissions import Acteur
from portal.templatetags.formats import heures as h
from portal.templatetags.formats import jour
from structures.models import Organisation

ZERO = Decimal(0)
# Signed one after the other: empty until their step.
SIGNATURES = ("constate_par", "notifie_par", "observations_par", "proposee_par", "decidee_par", "repartie_par")


@transaction.atomic
def constater(clause: ClauseSociale, *, on: date, jours_retard_documents: int = 0, by: Acteur) -> Ecart:
    """The gap on this day: hours due less hours accepted, opening balances included; frozen in the row."""
    ClauseSociale.objects.select_for_update().get(pk=clause.pk)
    seen = ClauseSociale.objects.with_suivi(on).get(pk=clause.pk)
    if on < clause.date_debut:
        raise ValidationError({"on": f"La clause commence le {jour(clause.date_debut)}\u00a0: rien n'y manque avant."})
    if seen.heures_acceptees >= seen.heures_dues_total and not jours_retard_documents:
        done, due = h(seen.heures_acceptees), h(seen.heures_dues_total)
        raise ValidationError(f"Aucune heure ne manque\u00a0: {done} acceptées sur {due} dues au {jour(on)}.")
    ecart = Ecart(
        clause=clause, constate_le=on, constate_par=by.user, heures_dues=seen.heures_dues_total,
        heures_acceptees=seen.heures_acceptees, jours_retard_documents=jours_retard_documents,
    )  # fmt: skip
    return _save(ecart, by, "constat")


@transaction.atomic
def abandonner(ecart: Ecart, *, on: date, by: Acteur) -> None:
    """Give up a gap that nobody was told of."""
    ecart = _locked(ecart, "abandonner", on)
    ecart._history_user, ecart._change_reason = by.user, "abandon"
    ecart.delete()


@transaction.atomic
def notifier(ecart: Ecart, *, on: date, by: Acteur) -> Ecart:
    """Tell the company, which has until the last day of the delay to answer."""
    ecart = _locked(ecart, "notifier", on)
    ecart.etape, ecart.notifie_le, ecart.notifie_par = EtapeEcart.NOTIFIE, on, by.user
    ecart.delai_observations = rules.delai_observations(on, seuil("ecart_observations_jours", on))
    _save(ecart, by, "notification")
    notifications.notified(ecart, declarants(ecart.clause))
    return ecart


@transaction.atomic
def observer(ecart: Ecart, *, texte: str, on: date, by: Acteur) -> Ecart:
    """The answer of the company, once and within the delay."""
    ecart = _locked(ecart, "observer", on)
    ecart.etape, ecart.observations = EtapeEcart.OBSERVATIONS, texte
    ecart.observations_le, ecart.observations_par = timezone.now(), by.user
    _save(ecart, by, "observations")
    notifications.answered(ecart)
    return ecart


@transaction.atomic
def proposer(ecart: Ecart, *, suite: str, texte: str, on: date, by: Acteur, vers_clause=None) -> Ecart:
    """What the facilitator proposes to the buyer, who decides."""
    ecart = _locked(ecart, "proposer", on)
    if suite == SuiteEcart.PENALITE and not getattr(prevue(ecart), "montant", ZERO):
        raise ValidationError("Le contrat ne prévoit aucune pénalité pour cet écart\u00a0: proposez une autre suite.")
    ecart.etape, ecart.proposition, ecart.proposition_texte = EtapeEcart.PROPOSITION, suite, texte
    ecart.proposee_le, ecart.proposee_par = timezone.now(), by.user
    ecart.vers_clause = _target(ecart, suite, vers_clause, on)
    _save(ecart, by, "proposition")
    notifications.proposed(ecart)
    return ecart


@transaction.atomic
def decider(
    ecart: Ecart, *, suite: str, texte: str, on: date, by: Acteur, montant: Decimal | None = None, vers_clause=None
) -> Ecart:
    """The decision of the buyer, which closes the gap: hours moved to another clause, or a penalty on the group."""
    ecart = _locked(ecart, "decider", on)
    verdict = rules.decision_possible(suite, montant, prevue(ecart))
    if verdict.is_blocking:
        raise ValidationError(f"{verdict.reason} {verdict.remede}".strip())
    ecart.etape, ecart.decision, ecart.decision_texte = EtapeEcart.CLOS, suite, texte
    ecart.decidee_le, ecart.decidee_par = timezone.now(), by.user
    penalty: Any = montant if suite == SuiteEcart.PENALITE else None  # an empty column: no penalty
    ecart.montant = penalty
    ecart.vers_clause = _target(ecart, suite, vers_clause, on)
    _save(ecart, by, "decision")
    if suite == SuiteEcart.REPORT:
        _move_hours(ecart, on, by)
    if suite == SuiteEcart.PENALITE:
        owing = mandataire(ecart.clause)
        if owing is not None:
            PartEcart.objects.create(ecart=ecart, organisation=owing, heures=ecart.manquantes, montant=ecart.montant)
    notifications.decided(ecart, declarants(ecart.clause))
    return ecart


@transaction.atomic
def repartir(ecart: Ecart, *, montants: dict[int, Decimal], on: date, by: Acteur) -> Ecart:
    """The spokesperson shares the penalty among the members, to the cent. Source: CCAG Travaux 2021, 19.1.2.

    `montants`: euros by organisation; missing hours follow in the same proportion.
    """
    ecart = _locked(ecart, "repartir", on)
    if ecart.montant is None:
        raise ValidationError("Cette décision ne comporte pas de pénalité\u00a0: il n'y a rien à répartir.")
    known = {organisation.pk: organisation for organisation in membres(ecart.clause)}
    if not set(montants) <= set(known):
        raise ValidationError("Une des organisations n'est pas membre du groupement.")
    verdict = rules.repartition_exacte(ecart.montant, montants.values())
    if verdict.is_blocking:
        raise ValidationError(verdict.reason)
    hours = rules.prorata(ecart.manquantes, montants)
    ecart.parts.all().delete()
    PartEcart.objects.bulk_create(
        PartEcart(ecart=ecart, organisation=known[key], heures=hours[key], montant=montant)
        for key, montant in montants.items()
        if montant
    )
    ecart.repartie_le, ecart.repartie_par = timezone.now(), by.user
    _save(ecart, by, "repartition")
    bearing = [known[key] for key, montant in montants.items() if montant and key != by.organisation_id]
    notifications.shared(ecart, bearing, by.organisation)
    return ecart


def prevue(ecart: Ecart) -> rules.Penalite | None:
    """What the contract makes this gap cost; None when it provides for nothing."""
    clause = ecart.clause
    return rules.penalite_contrat(
        ecart.heures_dues,
        ecart.heures_acceptees,
        ecart.jours_retard_documents,
        par_heure=clause.penalite_heure,
        par_jour=clause.penalite_document_jour,
        plafond=clause.penalite_plafond,
    )


def membres(clause: ClauseSociale) -> list[Organisation]:
    """Who bears a penalty, the spokesperson first: members of the group that won the lot, else its holders."""
    group = clause.lot.groupements.filter(retenu=True).first()
    if group is not None:
        rows = list(group.membres.select_related("organisation"))
        if rows:
            return [row.organisation for row in rows]
    return [row.organisation for row in clause.lot.titulaires.select_related("organisation")]


def mandataire(clause: ClauseSociale) -> Organisation | None:
    """The spokesperson of the group, else the first holder; None when the register names nobody."""
    return next(iter(membres(clause)), None)


def cibles(clause: ClauseSociale, on: date):
    """Clauses to which missing hours may move: same buyer, same holder, not over."""
    owing = declarants(clause).values("pk")
    same = ClauseSociale.objects.filter(lot__titulaires__organisation__in=owing)
    same |= ClauseSociale.objects.filter(
        lot__groupements__retenu=True, lot__groupements__membres__organisation__in=owing
    )
    here = ClauseSociale.objects.filter(lot__marche__acheteur=clause.lot.marche.acheteur_id, date_fin__gte=on)
    return here.filter(pk__in=same.values("pk")).exclude(pk=clause.pk).select_related("lot__marche")


def _target(ecart, suite, vers_clause, on):
    if suite != SuiteEcart.REPORT:
        return None
    if vers_clause is None:
        raise ValidationError("Choisissez la clause qui reçoit les heures.")
    if not cibles(ecart.clause, on).filter(pk=vers_clause.pk).exists():
        raise ValidationError("Les heures se reportent sur une clause en cours du même acheteur et du même titulaire.")
    return vers_clause


def _move_hours(ecart, on: date, by: Acteur) -> None:
    """Less here, more there: what is due in all does not change."""
    missing = ecart.manquantes
    if not missing:
        return
    source, target = ecart.clause, ecart.vers_clause
    moves = [
        (source, -missing, f"Reportées sur\u00a0: {target.lot}"),
        (target, missing, f"Reportées de\u00a0: {source.lot}"),
    ]
    for clause, hours, motif in moves:
        add_heures_dues(clause, heures=hours, date_effet=on, origine=OrigineHeures.REPORT, motif=motif[:300], by=by)


def _locked(ecart: Ecart, action: str, on: date) -> Ecart:
    """The row as it is now, kept for this transaction; ValidationError when it is not the turn of this step."""
    fresh = Ecart.objects.select_for_update(of=("self",)).filter(pk=ecart.pk).first()
    if fresh is None:
        raise ValidationError("Cet écart vient d'être abandonné.")
    verdict = rules.peut(action, fresh.etape, on, fresh.delai_observations)
    if verdict.is_blocking:
        raise ValidationError(f"{verdict.reason} {verdict.remede}".strip())
    return fresh


def _save(ecart: Ecart, by: Acteur, reason: str) -> Ecart:
    ecart._history_user, ecart._change_reason = by.user, reason
    ecart.full_clean(exclude=SIGNATURES)
    ecart.save()
    return ecart

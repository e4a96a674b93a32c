"""The course of a contract or a lot: dated steps, past, current and to come, and the sentence that says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from marches.enums import EtatReconduction
from marches.models import Lot, Marche
from marches.rules.reconductions import Calendrier
from portal.templatetags.formats import jour


@dataclass(frozen=True)
class Jalon:
    """A step of the timeline; `etat` is « done », « current » or "" (to come)."""

    le: date
    titre: str
    etat: str
    texte: str = ""


def _etats(steps: list[tuple[date, str, str]], on: date) -> list[Jalon]:
    """The steps in order; the last one reached is the current one unless the end has come."""
    steps = sorted(steps, key=lambda step: step[0])
    reached = sum(1 for day, _, _ in steps if day <= on)
    found = []
    for rank, (day, title, text) in enumerate(steps):
        state = "" if rank >= reached else "current" if rank == reached - 1 < len(steps) - 1 else "done"
        found.append(Jalon(day, title, state, text))
    return found


MOTS = {
    EtatReconduction.TACITE: "Reconduction tacite",
    EtatReconduction.A_DECIDER: "À décider par écrit",
    EtatReconduction.DECIDEE: "Reconduction décidée",
    EtatReconduction.REFUSEE: "Non reconduit",
    EtatReconduction.SANS_DECISION: "Aucune décision enregistrée",
}
OVER = {EtatReconduction.REFUSEE, EtatReconduction.SANS_DECISION}


def frise_lot(lot: Lot, cal: Calendrier, on: date) -> list[Jalon]:
    """Launch, deadline, notification, start, modifications, renewals and their decisions, end of one lot."""
    steps = _launch(lot.marche)
    if lot.date_notification:
        steps.append((lot.date_notification, "Notification au titulaire", ""))
    if lot.date_debut and lot.date_debut != lot.date_notification:
        steps.append((lot.date_debut, "Début d'exécution", ""))
    for modification in lot.modifications.all():
        if modification.date_notification:
            number = f" n° {modification.numero}" if modification.numero else ""
            steps.append((modification.date_notification, f"Modification{number}", modification.objet))
    for tranche in cal.tranches:
        if tranche.etat in OVER:
            continue
        if tranche.est_ouverte and on <= tranche.decision_avant:
            steps.append((tranche.decision_avant, f"Décision sur la reconduction {tranche.rang}", "Au plus tard"))
        steps.append((tranche.debut, tranche.libelle, MOTS[tranche.etat]))
    if cal.fin:
        ended = next((MOTS[t.etat] for t in cal.tranches if t.etat in OVER), "")
        steps.append((cal.fin, "Fin prévue" if cal.fin >= on else "Fin", ended))
    return _etats(steps, on)


def _launch(marche: Marche) -> list[tuple[date, str, str]]:
    steps = []
    if marche.date_lancement:
        steps.append((marche.date_lancement, "Lancement de la consultation", ""))
    if marche.date_limite:
        steps.append((timezone.localdate(marche.date_limite), "Date limite des offres", ""))
    return steps


def frise_marche(marche: Marche, calendriers: Sequence[tuple[Lot, Calendrier]], on: date) -> list[Jalon]:
    """Launch, deadline, first and last notification, renewals, first and last end, over all the lots."""
    steps = _launch(marche)
    notified = sorted({lot.date_notification for lot, _ in calendriers if lot.date_notification})
    if notified:
        steps.append((notified[0], "Première notification" if len(notified) > 1 else "Notification", ""))
    if len(notified) > 1:
        steps.append((notified[-1], "Dernière notification", ""))
    renewals = {(t.debut, t.libelle) for _, cal in calendriers for t in cal.tranches if t.etat not in OVER}
    steps += [(day, title, "") for day, title in sorted(renewals)]
    ends = sorted({cal.fin for _, cal in calendriers if cal.fin})
    if len(ends) > 1:
        steps.append((ends[0], "Fin du premier lot", ""))
    if ends:
        steps.append((ends[-1], "Fin du dernier lot" if len(ends) > 1 else "Fin", ""))
    return _etats(steps, on)


def phrase(jalons: list[Jalon]) -> str:
    """The timeline in one sentence."""
    if not jalons:
        return "Aucune date n'a été publiée."
    said = [f"{jalon.titre[:1].lower()}{jalon.titre[1:]} le {jour(jalon.le)}" for jalon in jalons]
    text = ", ".join(said) + "."
    return text[:1].upper() + text[1:]

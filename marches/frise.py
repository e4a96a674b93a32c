"""The course of a contract or a lot: dated steps, past, current and to come, and the sentence that says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from marches.models import Lot, Marche
from marches.rules import Periode, periodes
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


def reconductions(lot: Lot) -> list[Periode]:
    """The renewals of a lot, when its firm period and their number are known."""
    return periodes(lot.date_debut or lot.date_notification, lot.duree_mois, lot.reconductions, lot.reconduction_mois)[
        1:
    ]


def frise_lot(lot: Lot, on: date) -> list[Jalon]:
    """Launch, notification, start, modifications, renewals, end of one lot."""
    steps = []
    if lot.marche.date_lancement:
        steps.append((lot.marche.date_lancement, "Lancement de la consultation", ""))
    if lot.date_notification:
        steps.append((lot.date_notification, "Notification au titulaire", ""))
    if lot.date_debut and lot.date_debut != lot.date_notification:
        steps.append((lot.date_debut, "Début d'exécution", ""))
    for modification in lot.modifications.all():
        if modification.date_notification:
            steps.append((modification.date_notification, f"Modification n° {modification.numero}", ""))
    renewals = reconductions(lot)
    kind = "tacite" if lot.reconduction_tacite else "expresse"
    steps += [(renewal.debut, renewal.libelle, f"Reconduction {kind}") for renewal in renewals]
    end = renewals[-1].fin if renewals else lot.date_fin
    if end:
        steps.append((end, "Fin prévue" if end >= on else "Fin", ""))
    return _etats(steps, on)


def frise_marche(marche: Marche, lots: Sequence[Lot], on: date) -> list[Jalon]:
    """Launch, first and last notification, renewals, first and last end, over all the lots."""
    steps = []
    if marche.date_lancement:
        steps.append((marche.date_lancement, "Lancement de la consultation", ""))
    notified = sorted({lot.date_notification for lot in lots if lot.date_notification})
    if notified:
        steps.append((notified[0], "Première notification" if len(notified) > 1 else "Notification", ""))
    if len(notified) > 1:
        steps.append((notified[-1], "Dernière notification", ""))
    renewals = sorted({(period.debut, period.libelle) for lot in lots for period in reconductions(lot)})
    steps += [(day, title, "") for day, title in renewals]
    ends = sorted({end for lot in lots if (end := _end(lot))})
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


def _end(lot: Lot) -> date | None:
    renewals = reconductions(lot)
    return renewals[-1].fin if renewals else lot.date_fin

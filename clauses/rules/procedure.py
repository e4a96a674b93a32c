"""The calendar of a procedure: each step at the latest for the wished notification, and what the clause costs in days.

Two passes over one small network of steps. Backwards from the wished notification: by when each has to be done.
Forwards from today, with and without the facilitator's steps: whether the clause would put the notification off.
Days are calendar days.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from clauses.enums import EtapeProcedure as E
from clauses.enums import EtatEtape
from portal.templatetags.formats import jour, pluriel
from portal.verdict import Verdict

# What has to be done before each step, the facilitator's own steps among them.
AVANT: dict[E, tuple[E, ...]] = {
    E.CALCUL: (),
    E.REDACTION: (E.CALCUL,),
    E.DOSSIER: (),
    E.AVIS: (E.REDACTION, E.DOSSIER),
    E.VALIDATION: (E.DOSSIER, E.REDACTION),
    E.PUBLICATION: (E.VALIDATION, E.AVIS),
    E.REPONSES: (E.PUBLICATION,),
    E.CONSULTATION: (E.PUBLICATION,),
    E.AVIS_OFFRES: (E.CONSULTATION,),
    E.ANALYSE: (E.CONSULTATION,),
    E.ATTRIBUTION: (E.ANALYSE, E.AVIS_OFFRES),
    E.NOTIFICATION: (E.ATTRIBUTION,),
    E.REUNION: (E.NOTIFICATION,),
    E.POSTES: (E.NOTIFICATION,),
}
APRES_NOTIFICATION = (E.REUNION, E.POSTES)
SOURCE = "Code de la commande publique, R. 2161-2, R. 2161-3 et R. 2182-1 pour les délais\u00a0; usages pour le reste"


@dataclass(frozen=True)
class Faits:
    """What is known of a procedure: the wished day, the days each step takes, those that are over.

    `limite` is the day on which offers close, once it is published: it holds, whatever the usual duration.
    """

    voulue: date
    durees: Mapping[E, int]
    faites: Mapping[E, date]
    limite: date | None = None
    jours_reponses: int = 6


@dataclass(frozen=True)
class Ligne:
    """One step: by when to begin and to finish, when it would be finished from today on, how many days to spare."""

    etape: E
    debut: date
    fin: date
    prevue: date
    faite_le: date | None
    etat: EtatEtape
    critique: bool

    @property
    def marge(self) -> int:
        return (self.fin - self.prevue).days


@dataclass(frozen=True)
class Calendrier:
    """`prevue`: the notification from today on; `sans_clause`: the same, had there been no clause."""

    lignes: tuple[Ligne, ...]
    voulue: date
    prevue: date
    sans_clause: date
    verdict: Verdict

    @property
    def retard_clause(self) -> int:
        """Days by which the clause alone puts the notification off."""
        return retard_clause(self.prevue, self.sans_clause, self.voulue)


def retard_clause(prevue: date, sans_clause: date, voulue: date) -> int:
    """Days that only the clause costs: past the wished day, and past what the buyer's own steps already take.

    Source: brochure of the network, « aucun retard causé par la clause » (reference, row 71).
    """
    return max((prevue - max(sans_clause, voulue)).days, 0)


def calendrier(faits: Faits, on: date) -> Calendrier:
    """The whole calendar on the day `on`."""
    latest = _latest(faits)
    coming = _earliest(faits, on, list(AVANT))
    alone = _earliest(faits, on, [step for step in AVANT if not step.du_facilitateur])
    slack = {step: (latest[step] - coming[step]).days for step in AVANT if step not in faits.faites}
    before = [days for step, days in slack.items() if step not in APRES_NOTIFICATION and step != E.REPONSES]
    least = min(before, default=0)
    rows = tuple(
        Ligne(
            step, latest[step] - timedelta(days=_days(faits, step)), latest[step], coming[step], faits.faites.get(step),
            _state(step, faits, latest, on),
            step in slack and slack[step] == least and step not in APRES_NOTIFICATION and step != E.REPONSES,
        )
        for step in sorted(AVANT, key=lambda step: (latest[step], list(AVANT).index(step)))
    )  # fmt: skip
    done = faits.faites.get(E.NOTIFICATION)
    prevue, sans = (done, done) if done else (coming[E.NOTIFICATION], alone[E.NOTIFICATION])
    return Calendrier(rows, faits.voulue, prevue, sans, _verdict(rows, faits.voulue, prevue, sans, done))


def _days(faits: Faits, step: E) -> int:
    return faits.durees.get(step, 0)


def _latest(faits: Faits) -> dict[E, date]:
    """By when each step has to be finished for the wished notification."""
    start = faits.faites.get(E.NOTIFICATION, faits.voulue)
    found = {E.NOTIFICATION: start}
    for step in APRES_NOTIFICATION:
        found[step] = start + timedelta(days=_days(faits, step))
    for step in reversed(list(AVANT)):
        if step in found or step == E.REPONSES:
            continue
        after = [other for other, before in AVANT.items() if step in before and other != E.REPONSES]
        found[step] = min(found[other] - timedelta(days=_days(faits, other)) for other in after)
        if step == E.CONSULTATION and faits.limite:
            found[step] = faits.limite
    found[E.REPONSES] = found[E.CONSULTATION] - timedelta(days=faits.jours_reponses)
    return found


def _earliest(faits: Faits, on: date, steps: list[E]) -> dict[E, date]:
    """When each of these steps would be finished, nothing that is left beginning before today."""
    found: dict[E, date] = {}
    for step in steps:
        if step in faits.faites:
            found[step] = faits.faites[step]
            continue
        ready = max([on, *(found[other] for other in AVANT[step] if other in found)])
        days = 0 if step == E.REPONSES else _days(faits, step)
        if step == E.CONSULTATION and faits.limite and E.PUBLICATION in faits.faites:
            found[step] = max(on, faits.limite)
        else:
            found[step] = ready + timedelta(days=days)
    return found


def _state(step: E, faits: Faits, latest: Mapping[E, date], on: date) -> EtatEtape:
    if step in faits.faites:
        return EtatEtape.FAITE
    if latest[step] < on:
        return EtatEtape.RETARD
    ready = all(other in faits.faites for other in AVANT[step])
    return EtatEtape.A_FAIRE if ready else EtatEtape.A_VENIR


def _verdict(rows: tuple[Ligne, ...], voulue: date, prevue: date, sans: date, done: date | None) -> Verdict:
    """« Aucun retard causé par la clause », or by how many days and for want of which steps."""
    if done:
        return Verdict.ok(f"Marché notifié le {jour(done)}.")
    late = retard_clause(prevue, sans, voulue)
    if late:
        left = [row for row in rows if row.etape.du_facilitateur and not row.faite_le and row.critique]
        names = ", ".join(row.etape.label.lower() for row in left)
        days = pluriel(late, "jour,jours")
        return Verdict.avertissement(
            f"La clause retarderait la notification de {days}\u00a0: au plus tôt le {jour(prevue)}, pour le "
            f"{jour(voulue)} voulu. Étapes en cause\u00a0: {names}.",
            source=SOURCE, remede="Faites ces étapes sans attendre, ou reculez la notification voulue.",
        )  # fmt: skip
    if sans > voulue:
        return Verdict.information(
            f"Le {jour(voulue)} n'est plus tenable\u00a0: au plus tôt le {jour(sans)}. La clause n'y est pour rien.",
            source=SOURCE, remede="Reculez la notification voulue, ou raccourcissez une étape de l'acheteur.",
        )  # fmt: skip
    return Verdict.ok(f"Aucun retard causé par la clause\u00a0: notification possible dès le {jour(prevue)}.")

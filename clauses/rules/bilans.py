"""Rules of reports: what a closed year means, ratios that agree with their counts.

Pure functions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from clauses.enums import Etat
from clauses.rules.calcul import WIDE
from portal.templatetags.formats import jour, nombre
from portal.verdict import Verdict

ZERO = Decimal(0)
PLACES = Decimal("0.00000001")


# Counts and ratios ---------------------------------------------------------------------------------------------------
def part(nombre_: int | Decimal, ensemble: int | Decimal) -> Decimal | None:
    """A share from 0 to 1 with 8 places, so that printing one of its percents rounds it once; None of nothing."""
    if not ensemble:
        return None
    return WIDE.divide(Decimal(nombre_), Decimal(ensemble)).quantize(PLACES, context=WIDE)


def en_mots(nombre_: int, ensemble: int) -> str:
    """« 7 sur 14, soit 1 sur 2 », « 37 sur 120 »: the counts themselves, then the ratio people say, when it is exact.

    "" of nothing. The ratio never stands alone: « 1 sur 3 » of 51 people would be read as one person.
    """
    if not ensemble:
        return ""
    counts = f"{nombre(nombre_)} sur {nombre(ensemble)}"
    for base in (2, 3, 4, 5, 10):
        if base < ensemble and 0 < nombre_ < ensemble and (nombre_ * base) % ensemble == 0:
            return f"{counts}, soit {nombre_ * base // ensemble} sur {base}"
    return counts


def signature_possible(du: date, au: date, on: date) -> Verdict:
    """Whether the figures of a period may be frozen on the day `on`: never before it begins, knowingly before it ends.

    Source: practice of the networks: what is signed is handed to funders, and no longer changes.
    """
    if du > on:
        return Verdict.blocage(
            f"Cette période ne commence que le {jour(du)}.", remede="Choisissez une période déjà commencée."
        )
    if au >= on:
        return Verdict.avertissement(
            f"Cette période n'est pas finie\u00a0: elle court jusqu'au {jour(au)}.",
            remede="Ce qui sera accepté ensuite n'entrera pas dans ce bilan\u00a0: vous pourrez en signer un autre.",
        )
    return Verdict.ok()


# Closed years --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Decision:
    """What the accounts read of an imputation: `pk` gives the order, `remplace` what it corrects."""

    pk: int
    etat: str
    heures: Decimal
    formation: Decimal
    refus: bool
    decidee_le: datetime | None
    transmise_le: datetime | None
    remplace: int | None


@dataclass(frozen=True)
class Mouvement:
    """Hours that began (or, negative, ceased) to count at a moment."""

    le: datetime
    heures: Decimal
    formation: Decimal


def mouvements(decisions: Iterable[Decision]) -> list[Mouvement]:
    """What the decisions on one line for one clause did to the hours accepted, in order; their sum is what counts now.

    An acceptance takes the place of what was accepted before; an acceptance taken back brings it to 0.
    """
    found, counted, trained = [], ZERO, ZERO
    decisions = list(decisions)
    known = {each.pk: each for each in decisions}
    dated = sorted((d.decidee_le, d.pk, d) for d in decisions if d.decidee_le)
    for moment, _, each in dated:
        accepted = each.etat in {Etat.ACCEPTEE, Etat.REMPLACEE} and not each.refus
        if not accepted and not _takes_back(each, known.get(each.remplace or 0)):
            continue
        now, training = (each.heures, each.formation) if accepted else (ZERO, ZERO)
        if (now, training) != (counted, trained):
            found.append(Mouvement(moment, now - counted, training - trained))
        counted, trained = now, training
    return found


def _takes_back(decision: Decision, corrected: Decision | None) -> bool:
    """A refusal that replaces an accepted line was never sent by itself: it bears the day that line was sent."""
    return (
        decision.refus
        and corrected is not None
        and not corrected.refus
        and decision.transmise_le == corrected.transmise_le
    )


def jour_comptable(mois: date, le: datetime, clotures: Mapping[int, datetime]) -> date:
    """The day on which hours worked in `mois`, decided at `le`, count in reports.

    Their month, unless its year was already closed: then the first day of the first later year still open at `le`.
    `clotures`: year → moment it was closed. Source: practice of the networks, a year given to funders never changes.
    """
    year = mois.year
    while year in clotures and le > clotures[year]:
        year += 1
    return mois if year == mois.year else date(year, 1, 1)

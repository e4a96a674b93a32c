"""Follow-up of people who left: when each point falls due, until when it may be done, what may be noted.

Pure functions; terms are months after the exit (`data/points_suivi.csv`, dated).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from clauses.enums import Situation
from marches.rules import add_months
from portal.templatetags.formats import jour
from portal.verdict import Verdict

SORTIE = 0  # the term of the day a person left
DURABLES = frozenset({Situation.CDI, Situation.CDD_LONG})
EMPLOIS = DURABLES | {Situation.CDD_COURT, Situation.ALTERNANCE}


@dataclass(frozen=True)
class PointDu:
    """A follow-up point to do: its term, the day it fell due, the last day it may be done (None: until the erasure)."""

    terme: int
    le: date
    jusqu_au: date | None
    en_retard: bool


def calendrier(sortie_le: date, termes: Sequence[int]) -> list[tuple[int, date, date | None]]:
    """(term, first day, last day) of each point: it is asked for until the eve of the next, the last one for good."""
    starts = [add_months(sortie_le, terme) for terme in termes]
    ends: list[date | None] = [start - timedelta(days=1) for start in starts[1:]]
    return list(zip(termes, starts, [*ends, None][: len(starts)], strict=True))


def point_a_faire(
    sortie_le: date | None, faits: Collection[int], on: date, *, termes: Sequence[int], retard: int
) -> PointDu | None:
    """The one point to do on that day, late `retard` days after it fell due; None when nothing is to be done.

    A point whose time has passed is no longer asked for: what a person did at 3 months is not what they do at 6.
    Source: indicators of the networks (reference guides, D): exits looked at after 6, 12 and 18 months.
    """
    if sortie_le is None:
        return None
    for terme, start, end in calendrier(sortie_le, termes):
        if start <= on and (end is None or on <= end):
            late = on > start + timedelta(days=retard)
            return None if terme in faits else PointDu(terme, start, end, late)
    return None


def points_manques(sortie_le: date | None, faits: Collection[int], on: date, *, termes: Sequence[int]) -> list[int]:
    """Terms whose time has passed without a point; they may still be noted, on the page of the person."""
    if sortie_le is None:
        return []
    return [
        terme for terme, _, end in calendrier(sortie_le, termes) if end is not None and end < on and terme not in faits
    ]


def fin_du_suivi(sortie_le: date | None, faits: Collection[int], *, termes: Sequence[int], retard: int) -> date | None:
    """The day until which a person who left has to stay known: `retard` days after the last point falls due.

    None before the exit, and once the last point is done.
    """
    if sortie_le is None or not termes or termes[-1] in faits:
        return None
    return add_months(sortie_le, termes[-1]) + timedelta(days=retard)


def point_possible(terme: int, sortie_le: date | None, fait_le: date, on: date, *, termes: Collection[int]) -> Verdict:
    """Whether a point of this term may be noted as done on `fait_le`."""
    if sortie_le is None:
        return Verdict.blocage("Cette personne n'est pas sortie.", remede="Notez d'abord sa sortie.")
    if terme not in termes:
        return Verdict.blocage(f"Aucun point de suivi n'est prévu à {terme} mois.")
    if fait_le > on:
        return Verdict.blocage("Un point de suivi se note une fois fait.", remede="Corrigez la date.")
    due = add_months(sortie_le, terme)
    if fait_le < due:
        return Verdict.blocage(
            f"Le point à {terme} mois se fait à partir du {jour(due)}.", remede="Corrigez la date, ou attendez ce jour."
        )
    return Verdict.ok()


def situation_possible(situation: str, *, chez_acheteur: bool, chez_titulaire: bool) -> Verdict:
    """Whether a situation agrees with who is said to have hired the person."""
    if chez_acheteur and chez_titulaire:
        return Verdict.blocage(
            "La personne est embauchée par l'acheteur ou par le titulaire, pas par les deux.",
            remede="Cochez une seule case.",
        )
    if (chez_acheteur or chez_titulaire) and situation not in EMPLOIS:
        return Verdict.blocage(
            "Une embauche va avec un emploi\u00a0: CDI, CDD, intérim ou alternance.",
            remede="Choisissez le contrat, ou décochez l'embauche.",
        )
    return Verdict.ok()


def sortie_possible(le: date, on: date, *, entree: date, travail: date | None, points: Sequence[date]) -> Verdict:
    """Whether a person may have left on the day `le`: after their last hours (`travail`), before their points."""
    if le > on:
        return Verdict.blocage("Une sortie se note une fois faite.", remede="Corrigez la date, ou attendez ce jour.")
    if le < entree:
        return Verdict.blocage(f"La personne n'est entrée que le {jour(entree)}.", remede="Corrigez la date.")
    if travail is not None and le < travail:
        return Verdict.blocage(
            f"Des heures sont notées pour le mois de travail ouvert le {jour(travail)}.",
            remede="Choisissez un jour qui suit, ou corrigez ces heures.",
        )
    if points and min(points) < le:
        return Verdict.blocage(
            f"Un point de suivi a été fait le {jour(min(points))}.", remede="Choisissez un jour qui précède ce point."
        )
    return Verdict.ok()

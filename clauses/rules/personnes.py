"""Ages and eligibility of people in insertion. Pure functions."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Protocol

from marches.rules import add_months
from portal.templatetags.formats import jour
from portal.verdict import Verdict

CCAG = "CCAG 2021, art. 16.1 et 20.1"


def tranche_age(annee_naissance: int, annee_entree: int) -> str:
    """« <26 », « 26-49 » or « 50+ », by year of entry − year of birth. Source: indicators of the networks (D)."""
    age = annee_entree - annee_naissance
    if age < 26:
        return "<26"
    return "26-49" if age < 50 else "50+"


def eligibilite_fin(debut: date, mois: int = 24) -> date:
    """Last day of an eligibility: 24 months from the first contract, the eve included. A parameter of conventions.

    Source: usual rule of facilitators, to be confirmed by each convention (C.3).
    """
    return add_months(debut, mois) - timedelta(days=1)


class Periode(Protocol):
    """What is read of an `Eligibilite`."""

    valable_du: date
    valable_au: date


def eligible_on(eligibilites: Iterable[Periode], day: date) -> Verdict:
    """Whether one of the criteria seen holds on that day. Source: CCAG 2021, art. 16.1.1 and 20.1.1."""
    known = list(eligibilites)
    if any(e.valable_du <= day <= e.valable_au for e in known):
        return Verdict.ok("Éligibilité en cours.", source=CCAG)
    ended = max((e.valable_au for e in known if e.valable_au < day), default=None)
    if ended:
        reason = f"L'éligibilité de la personne a pris fin le {jour(ended)}."
    elif known:
        reason = f"L'éligibilité de la personne ne commence que le {jour(min(e.valable_du for e in known))}."
    else:
        reason = "Aucune éligibilité n'a été vérifiée pour cette personne."
    return Verdict.avertissement(
        reason, source=CCAG, remede="Vérifiez le justificatif et notez l'éligibilité, ou refusez la ligne."
    )

"""Hours of one person shared between several clauses. Pure functions."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from clauses.rules.personnes import CCAG
from portal.templatetags.formats import jour
from portal.verdict import Verdict


@dataclass(frozen=True)
class ClausePartagee:
    """What the rule reads of a clause: its name, who declares for it, the day its buyer agreed."""

    nom: str
    declarant: int
    acceptee_le: date | None


def mutualisation_possible(clauses: Collection[ClausePartagee], on: date) -> Verdict:
    """Whether the hours of one line may be shared between these clauses on the day `on`; one alone shares nothing.

    Source: CCAG 2021 (pooling of insertion hours, with the buyers' agreement), reference guides, C.4.
    """
    if len(clauses) < 2:
        return Verdict.ok()
    if len({clause.declarant for clause in clauses}) > 1:
        return Verdict.blocage(
            "Des heures ne se partagent qu'entre les clauses d'un même déclarant.",
            source=CCAG,
            remede="Créez une seconde affectation pour les heures de l'autre déclarant.",
        )
    for clause in clauses:
        if clause.acceptee_le is None or clause.acceptee_le > on:
            after = f" avant le {jour(clause.acceptee_le)}" if clause.acceptee_le else ""
            return Verdict.blocage(
                f"L'acheteur de «\u00a0{clause.nom}\u00a0» n'a pas accepté de mutualiser les heures{after}.",
                source=CCAG,
                remede="Demandez au facilitateur de recueillir son accord, ou créez une seconde affectation.",
            )
    return Verdict.ok()

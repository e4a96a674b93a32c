"""How a clause runs against its time, and what missing hours cost. Pure functions."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from clauses.rules.calcul import WIDE, Number
from portal.templatetags.formats import heures as h
from portal.templatetags.formats import pourcent
from portal.verdict import Niveau, Verdict


def penalite(dues: Number, acceptees: Number, taux: Number, plafond: Number | None = None) -> Decimal:
    """Euros owed for missing hours: (833 − 700) × 40 € = 5 320 €; never negative, never above the cap.

    The rate and the cap are those of the contract. Source: CCAG 2021 (penalties of the insertion clause).
    """
    if Decimal(taux) < 0:
        raise ValueError("La pénalité par heure ne peut être négative.")
    missing = max(Decimal(dues) - Decimal(acceptees), Decimal(0))
    amount = (missing * Decimal(taux)).quantize(Decimal("0.01"), context=WIDE)
    return amount if plafond is None else min(amount, Decimal(plafond))


@dataclass(frozen=True)
class Allure:
    """How a clause runs on a day. Shares from 0 up; `retard` in points of percentage, negative when ahead."""

    verdict: Verdict
    attendu: Decimal
    part: Decimal | None
    retard: Decimal

    @property
    def en_retard(self) -> bool:
        """Whether somebody has to act; a few points behind the pace are no delay."""
        return self.verdict.level >= Niveau.AVERTISSEMENT


@lru_cache(maxsize=5_000)  # a board asks it of the same hundred clauses all day long
def allure(
    debut: date,
    fin: date,
    dues: Number,
    acceptees: Number,
    on: date,
    *,
    orange: Number = 15,
    rouge: Number = 30,
) -> Allure:
    """Accepted ÷ due against elapsed ÷ total days, both bounds included; late by more than 15 points is amber, 30 red.

    Source: reference guides (C.6); thresholds are parameters. At exactly 15 points behind, all is still well.
    """
    total = (fin - debut).days + 1
    elapsed = min(max((on - debut).days + 1, 0), total)
    expected = Fraction(elapsed, total)
    dues, acceptees = Decimal(dues), Decimal(acceptees)
    if dues <= 0:
        verdict = Verdict.information("Aucune heure due à ce jour.")
        return Allure(verdict, _decimal(expected), None, Decimal(0))
    share = Fraction(acceptees) / Fraction(dues)
    behind = (expected - share) * 100
    words = f"{pourcent(_decimal(share))} des heures acceptées pour {pourcent(_decimal(expected))} de la durée écoulée"
    if share >= 1:
        verdict = Verdict.ok(f"Toutes les heures dues sont acceptées\u00a0: {words}.")
    elif on > fin:
        verdict = Verdict.blocage(
            f"La clause est terminée avec {h(dues - acceptees)} manquantes.",
            remede="Ouvrez l'échange contradictoire avec l'entreprise, puis proposez une suite à l'acheteur.",
        )
    elif behind > Fraction(Decimal(rouge)):
        verdict = Verdict.blocage(
            f"Fort retard\u00a0: {words}.", remede="Convoquez l'entreprise et arrêtez un plan de rattrapage."
        )
    elif behind > Fraction(Decimal(orange)):
        verdict = Verdict.avertissement(
            f"Retard\u00a0: {words}.", remede="Contactez l'entreprise pour préparer la suite."
        )
    elif elapsed == 0:
        verdict = Verdict.information("La clause n'a pas encore commencé.")
    else:
        verdict = Verdict.ok(f"Rythme tenu\u00a0: {words}.")
    return Allure(verdict, _decimal(expected), _decimal(share), _decimal(behind))


def _decimal(share: Fraction) -> Decimal:
    """8 places, for display (rounded once more) and sorting; comparisons are made on the exact fraction."""
    exact = WIDE.divide(Decimal(share.numerator), Decimal(share.denominator))
    return exact.quantize(Decimal("0.00000001"), context=WIDE)

"""Renewals of a contract: when each begins, by when it is decided, whether it takes place, and when all is over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from marches.enums import DecisionReconduction, EtatReconduction
from marches.rules.dates import UN_JOUR, periodes


@dataclass(frozen=True)
class Tranche:
    """A renewal: `fin` is its last day, `decision_avant` the last day to decide otherwise."""

    rang: int
    debut: date
    fin: date
    decision_avant: date
    etat: EtatReconduction

    @property
    def libelle(self) -> str:
        return f"Reconduction {self.rang}"

    @property
    def est_ouverte(self) -> bool:
        """Whether somebody still has to decide, or may."""
        return self.etat in {EtatReconduction.TACITE, EtatReconduction.A_DECIDER}


@dataclass(frozen=True)
class Calendrier:
    """The renewals of one lot, up to the first that does not take place.

    `fin`: the last day of the contract, None when the dates are unknown.
    """

    tranches: tuple[Tranche, ...]
    fin: date | None

    def prochaine(self, on: date) -> Tranche | None:
        """The first renewal not begun on which nothing was decided."""
        return next((t for t in self.tranches if t.est_ouverte and t.debut > on), None)

    @property
    def dernier_rang(self) -> int:
        """The last renewal on which something was decided, 0 for none."""
        decided = (EtatReconduction.DECIDEE, EtatReconduction.REFUSEE)
        return max((t.rang for t in self.tranches if t.etat in decided), default=0)


def calendrier(
    *,
    debut: date | None,
    duree_mois: int | None,
    nombre: int,
    mois: int | None,
    tacite: bool,
    preavis_jours: int,
    decisions: Mapping[int, str],
    on: date,
    fin_connue: date | None = None,
) -> Calendrier:
    """What is known of the renewals on the day `on`.

    Source: Code de la commande publique, R. 2112-4: a renewal foreseen takes place by itself, and the holder cannot
    refuse it, unless the contract says otherwise; one that has to be express does not take place in silence.
    `decisions`: rank → decision. `preavis_jours`: days before its beginning by which a renewal is decided. `fin_connue`
    is the last day of the firm period, when it is known: that of the contract when there is no renewal, or when they
    cannot be dated.
    """
    found: list[Tranche] = []
    for period in periodes(debut, duree_mois, nombre, mois, fin_connue)[1:]:
        etat = _etat(decisions.get(period.rang), tacite, period.debut, on)
        latest = max(period.debut - timedelta(days=preavis_jours), date.min + timedelta(days=1))
        found.append(Tranche(period.rang, period.debut, period.fin, latest, etat))
        if etat in {EtatReconduction.REFUSEE, EtatReconduction.SANS_DECISION}:
            break
    if not found:
        return Calendrier((), fin_connue)
    last = found[-1]
    is_over = last.etat in {EtatReconduction.REFUSEE, EtatReconduction.SANS_DECISION}
    return Calendrier(tuple(found), last.debut - UN_JOUR if is_over else last.fin)


def _etat(decision: str | None, tacite: bool, debut: date, on: date) -> EtatReconduction:
    if decision == DecisionReconduction.NON_RECONDUIT:
        return EtatReconduction.REFUSEE
    if decision == DecisionReconduction.RECONDUIT:
        return EtatReconduction.DECIDEE
    if tacite:
        return EtatReconduction.TACITE
    return EtatReconduction.A_DECIDER if debut > on else EtatReconduction.SANS_DECISION

"""Days of a contract: months added, periods, state on a day."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta

from django.utils import timezone

from marches.enums import StatutLot

UN_JOUR = timedelta(days=1)
LONGEST_MONTHS = 1200  # a hundred years: beyond, a published duration is a typing mistake and gives no end date
LONGEST_SILENCE = 18  # months between two notifications of one contract
LONGEST_CALL = 6  # months that a call of unknown deadline is taken to last: a convention of the portal


def add_months(day: date, months: int) -> date:
    """`day` moved by whole months, to the last day of the month where the day does not exist.

    31/01 + 1 = 28/02 or 29/02. Always add from the first date: 31/01 + 2 is 31/03, not 28/03. ValueError beyond the
    calendar. Source: convention of the portal, in line with the counting of periods « de date à date » (Code de
    procédure civile, art. 641, taken up by the CCAG 2021).
    """
    rank = day.year * 12 + day.month - 1 + months
    year, month = divmod(rank, 12)
    if not 1 <= year <= MAXYEAR:
        raise ValueError(f"No such month: {months} months after {day}.")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def fin_prevue(debut: date | None, duree_mois: int | None) -> date | None:
    """Last day of a contract that lasts `duree_mois` from `debut`; None when one is unknown or makes no sense.

    A year from 01/01/2026 ends on 31/12/2026, and what follows begins on 01/01/2027. Convention of the portal: every
    end, typed, published or computed, is the last day of execution, included.
    """
    if debut is None or not duree_mois or not 0 < duree_mois <= LONGEST_MONTHS:
        return None
    try:
        return add_months(debut, duree_mois) - UN_JOUR
    except ValueError:
        return None


def debuts_de_vague(days: Iterable[date]) -> list[date]:
    """The first day of each run of `days`: a new one begins after more than `LONGEST_SILENCE` months without any.

    Source: convention of the portal. Lots of one consultation are notified within some months; the same generic title
    years later is the next contract.
    """
    starts: list[date] = []
    previous = None
    for day in sorted(set(days)):
        if previous is None or day > add_months(previous, LONGEST_SILENCE):
            starts.append(day)
        previous = day
    return starts


@dataclass(frozen=True)
class Periode:
    """`rang` 0 is the firm period, then one a renewal; `fin` is its last day: the next one begins the day after."""

    rang: int
    debut: date
    fin: date

    @property
    def libelle(self) -> str:
        return f"Reconduction {self.rang}" if self.rang else "Période ferme"


def periodes(
    date_debut: date | None, duree_mois: int | None, reconductions: int = 0, reconduction_mois: int | None = None,
    fin_ferme: date | None = None,
) -> list[Periode]:  # fmt: skip
    """The firm period, then each renewal; empty when its start, or both its duration and its end, are unknown.

    Renewals last as long as the firm period unless said otherwise. `fin_ferme`: the last day of the firm period as
    typed or published, which wins over its duration: a contract of 15/03 firm until 31/12 is renewed from 01/01.
    Source: Code de la commande publique, R. 2112-4.
    """
    computed = fin_prevue(date_debut, duree_mois)
    end = fin_ferme if fin_ferme and date_debut and fin_ferme >= date_debut else computed
    if date_debut is None or end is None:
        return []
    step = reconduction_mois or (duree_mois if computed else None)
    firm = Periode(0, date_debut, end)
    if not reconductions or step is None:
        return [firm]
    # Counted from the first day of all, unless the firm period ends otherwise than its duration says.
    base, done = (date_debut, duree_mois or 0) if end == computed else (None, 0)
    bounds = [done + rank * step for rank in range(reconductions + 1) if done + rank * step <= LONGEST_MONTHS]
    try:
        base = base or end + UN_JOUR
        days = [add_months(base, months) for months in bounds]
    except (ValueError, OverflowError):
        return [] if computed is None else [firm]
    renewals = enumerate(zip(days, days[1:], strict=False), start=1)
    return [firm, *(Periode(rank, start, following - UN_JOUR) for rank, (start, following) in renewals)]


def statut_lot(lot, on: date, fin: date | None = None) -> StatutLot:
    """State of a lot on a day, from its dates and those of its contract; `fin` is its last day with its renewals.

    Without it, `date_fin`, the last day of the firm period, is. Before notification, the dates of the consultation
    speak. Source: article R. 2182-4 (the contract takes effect on its notification).
    """
    debut = lot.date_debut or lot.date_notification
    fin = fin or lot.date_fin
    if lot.date_notification is None:
        limite = lot.marche.date_limite and timezone.localdate(lot.marche.date_limite)
        if limite and limite >= on:  # the days of its execution are those that the notice announces
            lancement = lot.marche.date_lancement
            return StatutLot.EN_PREPARATION if lancement and lancement > on else StatutLot.EN_CONSULTATION
        if lot.date_debut is None:
            return _sans_notification(lot, limite, fin, on)
    if fin is not None and fin < on:
        return StatutLot.TERMINE
    if debut <= on:
        return StatutLot.EN_COURS
    if lot.date_notification is not None and lot.date_notification <= on:
        return StatutLot.ATTRIBUE
    return StatutLot.EN_PREPARATION


def _sans_notification(lot, limite: date | None, fin: date | None, on: date) -> StatutLot:
    """State of a lot of which neither notification nor start is known, its call closed or of unknown deadline.

    A result published without an amount may be an award or the absence of one: only its notice says.
    """
    if fin is not None and fin < on:
        return StatutLot.TERMINE
    if lot.date_publication is not None:
        return StatutLot.ATTRIBUE if lot.montant is not None else StatutLot.RESULTAT
    if fin is not None and limite is None:
        return StatutLot.EN_COURS
    lancement = lot.marche.date_lancement
    if limite is not None or (lancement is not None and add_months(lancement, LONGEST_CALL) < on):
        return StatutLot.EN_ATTENTE
    if lancement is not None:
        return StatutLot.EN_CONSULTATION if lancement <= on else StatutLot.EN_PREPARATION
    return StatutLot.SANS_DATE if lot.marche.publie else StatutLot.EN_PREPARATION


def jour_entier(day: date | None) -> int:
    """A day as AAAAMMJJ, 0 without: whole numbers are put in order alike by every engine."""
    return day.year * 10_000 + day.month * 100 + day.day if day else 0


def jour_lu(entier: int) -> date | None:
    """20260131 → 31 January 2026; None for 0: what `jour_entier` wrote."""
    return date(entier // 10_000, entier // 100 % 100, entier % 100) if entier else None

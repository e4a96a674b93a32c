"""Who pays what under a convention, and the convention that follows another. Pure functions."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

from marches.rules import add_months
from portal.templatetags.formats import euros, nombre

CENT, CENTIME = Decimal(100), Decimal("0.01")


class Partage(ValueError):
    """Shares that do not hold together; the message, in French, says what to do."""


def repartir(total: Decimal | None, parts: Sequence[tuple[Decimal | None, bool]]) -> list[Decimal | None]:
    """What each buyer pays a year, in euros: all of a kind, `(value, whether it is a percentage)`, None left out.

    Percentages make 100 in all, and their amounts the total to the cent: the largest remainders take what rounding
    leaves. Amounts make the total. `Partage` when they do not; without any share, nobody's is told.
    Source: conventions between buyers, where each pays its own (reference guides, part D).
    """
    told = [part for part in parts if part[0] is not None]
    if not told:
        return [None] * len(parts)
    if len({is_percent for _, is_percent in told}) > 1:
        raise Partage("Donnez toutes les parts en pour cent, ou toutes en euros.")
    if total is None:
        raise Partage("Indiquez d'abord la contribution totale\u00a0: les parts s'y rapportent.")
    summed = sum((value or Decimal(0) for value, _ in parts), Decimal(0))
    if not told[0][1]:
        if summed != total:
            raise Partage(f"Les parts font {euros(summed)} pour une contribution de {euros(total)}.")
        return [value or Decimal(0) for value, _ in parts]
    if summed != CENT:
        raise Partage(f"Les parts font {nombre(summed, 2)}\u00a0%\u00a0: elles doivent faire 100\u00a0%.")
    exact = [total * (value or Decimal(0)) / CENT for value, _ in parts]
    amounts: list[Decimal] = [value.quantize(CENTIME, rounding=ROUND_DOWN) for value in exact]
    left = int((total - sum(amounts)) / CENTIME)
    for rank in sorted(range(len(exact)), key=lambda i: amounts[i] - exact[i])[:left]:
        amounts[rank] += CENTIME
    return list(amounts)


def periode_suivante(debut: date, fin: date) -> tuple[date, date]:
    """The dates of the convention that follows one from `debut` to `fin`: from the day after, as long.

    Whole months stay whole: 01/01/2025 to 31/12/2026 is followed by 01/01/2027 to 31/12/2028.
    """
    start = fin + timedelta(days=1)
    months = (start.year - debut.year) * 12 + start.month - debut.month
    if months > 0 and add_months(debut, months) == start:
        return start, add_months(start, months) - timedelta(days=1)
    return start, start + (fin - debut)


def limite_denonciation(fin: date, preavis_mois: int) -> date:
    """The last day on which a tacit convention is still denounced in time."""
    return add_months(fin, -preavis_mois)

"""The day by whose law a contract is judged, when it is known and when it is not."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from marches.parametres import jours_de_changement
from marches.rules.dates import add_months
from portal.verdict import Niveau, Verdict

LONGEST_PROCEDURE = 24  # months between launch and notification, when the launch is not published


@dataclass(frozen=True)
class Lancement:
    """The consultation was launched between two days, both included; the same day when it is known."""

    du: date
    au: date

    @property
    def connu(self) -> bool:
        return self.du == self.au

    def jours(self, *others: date | None) -> list[date]:
        """Days, in order, that stand for the whole interval: its first, its last, and each change of the law between.

        `others`: days on which something else changes (the term of a convention).
        """
        if self.connu:
            return [self.du]
        changes = jours_de_changement()
        inside = changes[bisect_right(changes, self.du) : bisect_left(changes, self.au)]
        return sorted({self.du, self.au, *inside, *(day for day in others if day and self.du < day < self.au)})


def lancement(lance_le: date | None, connu_le: date | None = None) -> Lancement:
    """The day of launch, or the interval it falls in: the 24 months before `connu_le` (notification or start).

    Without any date the interval is the whole calendar. Source: convention of the portal; the open formats publish no
    launch date.
    """
    if lance_le:
        return Lancement(lance_le, lance_le)
    if connu_le is None:
        return Lancement(date.min, date.max)
    earliest = add_months(connu_le, -LONGEST_PROCEDURE) if connu_le.year > LONGEST_PROCEDURE // 12 else date.min
    return Lancement(earliest, connu_le)


def lancement_lot(lot) -> Lancement:
    """`lancement` of a lot with its contract: before its notification, its start, or the day offers were due."""
    due = lot.marche.date_limite
    return lancement(lot.marche.date_lancement, lot.date_notification or lot.date_debut or (due and due.date()))


def juger(regle: Callable[[date], Verdict], quand: Lancement, *others: date | None) -> Verdict:
    """What a dated rule answers when the day may be unknown: its answer where it is the same over the whole interval.

    Where its level changes inside the interval, it is an information that names the day of the change, never a
    refusal. Every dated rule goes through here.
    """
    days = quand.jours(*others)
    said = [regle(day) for day in days]
    last = said[-1]
    if all(verdict.level == last.level for verdict in said):
        return last
    rank = max(rank for rank, (before, after) in enumerate(pairwise(said), 1) if before.level != after.level)
    before, change = said[rank - 1], days[rank]
    named = last if last.source else next(verdict for verdict in reversed(said) if verdict.source)
    return Verdict(
        Niveau.INFORMATION,
        f"Date de lancement inconnue. {_selon(before, last, change)}",
        named.source,
        "Demandez la date de lancement à l'acheteur, ou indiquez-la.",
        named.regle,
        named.valable_du,
        named.valable_au,
        est_suspendu=True,
    )


def _selon(before: Verdict, after: Verdict, change: date) -> str:
    """What is said of a consultation launched before the day of a change, and since."""
    since, until = f"lancée à partir du {change:%d/%m/%Y}", f"lancée avant le {change:%d/%m/%Y}"
    if after.reason and before.reason:
        return f"Consultation {since}\u00a0: {_dit(after)} Avant\u00a0: {_dit(before)}"
    if not after.reason and not before.reason:
        return f"La réponse change pour une consultation {since}."
    when, told = (since, after) if after.reason else (until, before)
    return f"Seulement pour une consultation {when}\u00a0: {_dit(told)}"


def _dit(verdict: Verdict) -> str:
    """The sentence of a verdict, quoted."""
    words = verdict.reason.replace("«\u00a0", "“").replace("\u00a0»", "”")
    return f"«\u00a0{words.rstrip('.')}\u00a0»."

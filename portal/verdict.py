"""What a rule answers: a level, the reason to show, its legal source and what can be done about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices


class Niveau(TextChoices):
    """How serious an answer is, from `OK` to `BLOCAGE`: levels compare in this order, not alphabetically."""

    OK = "ok", "conforme"
    INFORMATION = "information", "information"
    AVERTISSEMENT = "avertissement", "avertissement"
    BLOCAGE = "blocage", "blocage"

    @property
    def rank(self) -> int:
        """0 for `OK`, up to 3 for `BLOCAGE`."""
        return list(Niveau).index(self)

    def __lt__(self, other) -> bool:
        return self.rank < Niveau(other).rank

    def __le__(self, other) -> bool:
        return self.rank <= Niveau(other).rank

    def __gt__(self, other) -> bool:
        return self.rank > Niveau(other).rank

    def __ge__(self, other) -> bool:
        return self.rank >= Niveau(other).rank


@dataclass(frozen=True)
class Verdict:
    """`reason` and `remede` are French sentences for the page, `source` the article that says so.

    A verdict drawn from a catalogue of rules names its `regle` there, and the days on which that rule holds (None: no
    bound). `est_suspendu`: the answer waits for a fact that nobody knows.
    """

    level: Niveau
    reason: str = ""
    source: str = ""
    remede: str = ""
    regle: str = ""
    valable_du: date | None = None
    valable_au: date | None = None
    est_suspendu: bool = False

    @classmethod
    def ok(cls, reason: str = "", *, source: str = "", remede: str = "") -> "Verdict":
        """Nothing to say against."""
        return cls(Niveau.OK, reason, source, remede)

    @classmethod
    def information(cls, reason: str, *, source: str = "", remede: str = "") -> "Verdict":
        """Good to know; nothing to do."""
        return cls(Niveau.INFORMATION, reason, source, remede)

    @classmethod
    def avertissement(cls, reason: str, *, source: str = "", remede: str = "") -> "Verdict":
        """Possible, on a condition that a person has to check."""
        return cls(Niveau.AVERTISSEMENT, reason, source, remede)

    @classmethod
    def blocage(cls, reason: str, *, source: str = "", remede: str = "") -> "Verdict":
        """Not possible."""
        return cls(Niveau.BLOCAGE, reason, source, remede)

    @property
    def is_ok(self) -> bool:
        return self.level == Niveau.OK

    @property
    def is_blocking(self) -> bool:
        return self.level == Niveau.BLOCAGE


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The most serious verdict, the first of them when several are; `Verdict.ok()` when there is none."""
    return max(verdicts, key=lambda verdict: verdict.level.rank, default=Verdict.ok())

"""Which years are closed for which clause, and by whom: the body that followed it that day, whoever follows it now."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from clauses.models import ClauseSociale, Cloture, Passation


@dataclass(frozen=True)
class Close:
    """A year closed: when, and by which body."""

    le: datetime
    par: int


class Closes:
    """Closed years of some clauses, in three queries.

    A clause that no body has handed over has those of the body that follows it. One that was keeps what each of its
    bodies closed while it followed it: neither loses a year when it changes hands, nor gains one.
    """

    def __init__(self, clauses: Any):
        """`clauses`: a queryset, or keys of clauses."""
        self.rows = ClauseSociale.objects.filter(pk__in=clauses).order_by()
        self._given: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
        given = Passation.objects.filter(clause__in=clauses, acceptee=True).order_by("repondue_le", "pk")
        for clause, moment, body in given.values_list("clause", "repondue_le", "de"):
            self._given[clause].append((moment, body))
        former = {body for several in self._given.values() for _, body in several}
        bodies = Q(facilitateur__in=self.rows.values("facilitateur")) | Q(facilitateur__in=former)
        self._closed: dict[int, dict[int, datetime]] = defaultdict(dict)
        for body, year, moment in Cloture.objects.filter(bodies).values_list("facilitateur", "annee", "close_le"):
            self._closed[body][year] = moment

    def __bool__(self) -> bool:
        return bool(self._closed)

    def of(self, clause: int, facilitateur: int | None) -> dict[int, Close]:
        """Closed years of a clause that this body follows today; of a year closed twice, the first time."""
        found: dict[int, Close] = {}
        for body in {facilitateur, *(each for _, each in self._given.get(clause, ()))}:
            for year, moment in self._closed.get(body or 0, {}).items():
                known = found.get(year)
                if self._follower(clause, facilitateur, moment) == body and (known is None or moment < known.le):
                    found[year] = Close(moment, body or 0)
        return found

    def moments(self, clause: int, facilitateur: int | None) -> dict[int, datetime]:
        """Year → moment it was closed, as `rules.jour_comptable` reads it."""
        return {year: close.le for year, close in self.of(clause, facilitateur).items()}

    def late_q(self) -> Q:
        """Imputations decided after the year of their month was closed for their clause; nothing when none is."""
        late = Q(pk__in=[])
        for body, years in self._closed.items():
            for year, moment in years.items():
                late |= self._late(Q(clause__facilitateur=body) & ~Q(clause__in=list(self._given)), year, moment)
        for year, moment, clauses in self._handed_over():
            late |= self._late(Q(clause__in=clauses), year, moment)
        return late

    def years(self) -> set[int]:
        """Every year closed for one of these clauses at least."""
        return {year for _, year, _ in self.par_organisme()}

    def par_organisme(self) -> Iterator[tuple[int, int, int]]:
        """(body that closed, year, clause) of the clauses that changed hands, and (body, year, 0) of the others."""
        if not self._closed:
            return
        kept = self.rows.exclude(pk__in=list(self._given)).values_list("facilitateur", flat=True).distinct()
        for body in kept:
            for year in self._closed.get(body or 0, {}):
                yield body, year, 0
        for clause, closed in self._of_handed_over():
            for year, close in closed.items():
                yield close.par, year, clause

    def _follower(self, clause: int, today: int | None, moment: datetime) -> int | None:
        return next((body for given, body in self._given.get(clause, ()) if moment < given), today)

    def _of_handed_over(self) -> Iterable[tuple[int, Mapping[int, Close]]]:
        if not self._given:
            return
        for clause, body in self.rows.filter(pk__in=list(self._given)).values_list("pk", "facilitateur"):
            yield clause, self.of(clause, body)

    def _handed_over(self) -> Iterable[tuple[int, datetime, list[int]]]:
        grouped: dict[tuple[int, datetime], list[int]] = defaultdict(list)
        for clause, closed in self._of_handed_over():
            for year, close in closed.items():
                grouped[year, close.le].append(clause)
        return [(year, moment, clauses) for (year, moment), clauses in grouped.items()]

    @staticmethod
    def _late(clauses: Q, year: int, moment: datetime) -> Q:
        return clauses & Q(declaration__mois__year=year, decidee_le__gt=moment)

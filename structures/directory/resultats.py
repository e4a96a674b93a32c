"""The structures found, read once: how many they are, which ones a page shows."""

from functools import cached_property

from django.db.models import QuerySet

from structures.directory.matching import MOST_COUNTED, count_up_to
from structures.models import Structure

MOST_READ = 5_000  # keys read at once; a longer result is counted, then read page by page


class Resultats:
    """What `search` or `search_corrected` found, for a paginator: `paginate(Resultats(found), request)`.

    One query gives the keys in their order, so the count and the page come of one reading; two more give the cards
    of a slice, ready for `answers`. A result longer than `MOST_READ` costs one more query, its count, which stops
    at `MOST_COUNTED` (`is_more`: « plus de … »).
    """

    def __init__(self, found: QuerySet[Structure]):
        self.found = found

    def __len__(self) -> int:
        return self.count()

    def count(self) -> int:
        """How many, `MOST_COUNTED` at most."""
        return min(self._total, MOST_COUNTED)

    @property
    def is_more(self) -> bool:
        """Whether there are more than `MOST_COUNTED`."""
        return self._total > MOST_COUNTED

    def __getitem__(self, rows: slice) -> list[Structure]:
        pks = self._first[rows] if self._is_whole else list(self._keys[rows])
        cards = Structure.objects.for_cards().in_bulk(pks)
        return [cards[pk] for pk in pks if pk in cards]

    @cached_property
    def ids(self) -> QuerySet | list[int]:
        """What to give to `pk__in` for counts over the whole result."""
        return self._first if self._is_whole else self.found.order_by().values("pk")

    @property
    def _keys(self) -> QuerySet:
        return self.found.values_list("pk", flat=True)

    @cached_property
    def _first(self) -> list[int]:
        return list(self._keys[: MOST_READ + 1])

    @property
    def _is_whole(self) -> bool:
        return len(self._first) <= MOST_READ

    @cached_property
    def _total(self) -> int:
        return len(self._first) if self._is_whole else count_up_to(self.found, MOST_COUNTED)

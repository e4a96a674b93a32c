"""Pages of a list: any page number gets an answer, and rows are counted once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

PER_PAGE = 20
AROUND = 2  # page links on each side of the current one


@dataclass(frozen=True)
class Page:
    """One page of rows, ready to loop over; `number` goes from 1 to `num_pages`, which is 1 for an empty list.

    `plus`: there are more rows than `count`, and only these have pages.
    """

    rows: Sequence[Any]
    number: int
    num_pages: int
    count: int
    per_page: int
    parameter: str = "page"
    plus: bool = False

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def has_next(self) -> bool:
        return self.number < self.num_pages

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_other_pages(self) -> bool:
        return self.num_pages > 1

    @property
    def next_number(self) -> int:
        return min(self.number + 1, self.num_pages)

    @property
    def previous_number(self) -> int:
        return max(self.number - 1, 1)

    @property
    def start_index(self) -> int:
        """Rank of the first row shown, from 1; 0 for an empty list."""
        return (self.number - 1) * self.per_page + 1 if self.count else 0

    @property
    def end_index(self) -> int:
        """Rank of the last row shown."""
        return min(self.number * self.per_page, self.count)

    @property
    def page_range(self) -> list[int | None]:
        """Numbers to link: first, last and those around the current one; None stands for a gap (« … »)."""
        near = range(self.number - AROUND, self.number + AROUND + 1)
        shown = sorted({1, self.num_pages, *(number for number in near if 1 <= number <= self.num_pages)})
        links: list[int | None] = []
        for previous, number in zip([0, *shown], shown, strict=False):
            if number - previous == 2:
                links.append(number - 1)  # a gap of one page takes no less room than its number
            elif number - previous > 2:
                links.append(None)
            links.append(number)
        return links


def paginate(
    items: QuerySet | Sequence[Any],
    request: HttpRequest,
    per_page: int = PER_PAGE,
    count: int | None = None,
    parameter: str = "page",
    plafond: int | None = None,
) -> Page:
    """The page of `items` that `request` asks for, or the nearest one there is: never an error.

    Two queries, one when `count`, the number of rows, is already known. Order `items` first, down to a unique field.
    With a `plafond` rows are counted up to there, and have pages up to there: counting a million to show twenty is
    what makes a page slow.
    """
    if count is None:
        if isinstance(items, QuerySet):
            count = items.count() if plafond is None else items.order_by()[: plafond + 1].count()
        else:
            count = len(items)
    return page_of(request, count, lambda start, stop: list(items[start:stop]), per_page, parameter, plafond)


def page_of(
    request: HttpRequest,
    count: int,
    rows: Callable[[int, int], Sequence[Any]],
    per_page: int = PER_PAGE,
    parameter: str = "page",
    plafond: int | None = None,
) -> Page:
    """The page that `request` asks for, or the nearest one; `rows(start, stop)` fetches what it shows.

    A `count` above `plafond` says that there are more rows, without pages.
    """
    plus = plafond is not None and count > plafond
    if plafond is not None:
        count = min(count, plafond)
    num_pages = max(1, -(-count // per_page))
    number = min(max(whole(request.GET.get(parameter)), 1), num_pages)
    shown = rows((number - 1) * per_page, min(number * per_page, count)) if count else []
    return Page(shown, number, num_pages, count, per_page, parameter, plus)


def whole(text: str | None) -> int:
    """`text` as an integer; 1 when it is not one."""
    try:
        return int(text or 1)
    except ValueError:
        return 1

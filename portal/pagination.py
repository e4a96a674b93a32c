"""Pages of a list: any page number gets an answer, and rows are counted once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

PER_PAGE = 20
AROUND = 2  # page links on each side of the current one


@dataclass(frozen=True)
class Page:
    """One page of rows, ready to loop over; `number` goes from 1 to `num_pages`, which is 1 for an empty list."""

    rows: Sequence[Any]
    number: int
    num_pages: int
    count: int
    per_page: int
    parameter: str = "page"

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
) -> Page:
    """The page of `items` that `request` asks for, or the nearest one there is: never an error.

    Two queries, one when `count`, the number of rows, is already known. Order `items` first, down to a unique field.
    """
    if count is None:
        count = items.count() if isinstance(items, QuerySet) else len(items)
    num_pages = max(1, -(-count // per_page))
    number = min(max(whole(request.GET.get(parameter)), 1), num_pages)
    rows = list(items[(number - 1) * per_page : number * per_page]) if count else []
    return Page(rows, number, num_pages, count, per_page, parameter)


def whole(text: str | None) -> int:
    """`text` as an integer; 1 when it is not one."""
    try:
        return int(text or 1)
    except ValueError:
        return 1

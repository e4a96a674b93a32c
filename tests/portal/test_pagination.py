import pytest
from django.db.models import QuerySet
from django.test import RequestFactory

from portal.models import Importation
from portal.pagination import paginate
from tests import factories as make

ROWS = [f"ligne {number}" for number in range(1, 46)]  # 3 pages of 20


def page_of(rows, text=None, **given):
    return paginate(rows, RequestFactory().get("/", {} if text is None else {"page": text}), **given)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (None, 1),
        ("", 1),
        ("1", 1),
        ("2", 2),
        ("3", 3),
        ("4", 3),
        ("0", 1),
        ("-1", 1),
        ("abc", 1),
        ("2.5", 1),
        ("\x00", 1),
        ("2\x00", 1),
        (str(10**30), 3),
        (str(-(10**30)), 1),
        ("9" * 5000, 1),
        ("1e3", 1),
    ],
)
def test_any_page_number_gets_a_page(text, number):
    page = page_of(ROWS, text)
    assert page.number == number
    assert list(page) == ROWS[(number - 1) * 20 : number * 20]


def test_bounds():
    first, last = page_of(ROWS), page_of(ROWS, "3")
    assert (first.has_previous, first.has_next, first.next_number, first.previous_number) == (False, True, 2, 1)
    assert (last.has_previous, last.has_next, last.next_number, last.previous_number) == (True, False, 3, 2)
    assert (first.start_index, first.end_index, last.start_index, last.end_index) == (1, 20, 41, 45)
    assert first.has_other_pages
    assert (len(first), len(last)) == (20, 5)


def test_an_empty_list_has_one_empty_page():
    page = page_of([], "7")
    assert (page.number, page.num_pages, page.count, page.start_index, page.end_index) == (1, 1, 0, 0, 0)
    assert not page.has_other_pages
    assert not page
    assert page.page_range == [1]


@pytest.mark.parametrize(("count", "pages"), [(1, 1), (20, 1), (21, 2), (40, 2), (41, 3)])
def test_number_of_pages(count, pages):
    assert page_of(ROWS[:count]).num_pages == pages


@pytest.mark.parametrize(
    ("number", "links"),
    [
        (1, [1, 2, 3, None, 20]),
        (5, [1, 2, 3, 4, 5, 6, 7, None, 20]),
        (10, [1, None, 8, 9, 10, 11, 12, None, 20]),
        (16, [1, None, 14, 15, 16, 17, 18, 19, 20]),
        (20, [1, None, 18, 19, 20]),
    ],
)
def test_page_range_is_elided(number, links):
    assert page_of(range(400), str(number)).page_range == links


class CountedRows(QuerySet):
    """Just enough of a queryset to see how it is used."""

    def __init__(self):
        self.counts = 0

    def count(self):
        self.counts += 1
        return len(ROWS)

    def __getitem__(self, part):
        return ROWS[part]


@pytest.mark.parametrize(("known", "counts"), [(None, 1), (45, 0)])
def test_rows_are_counted_once_or_not_at_all(known, counts):
    rows = CountedRows()
    page = page_of(rows, "2", count=known)
    _ = page.num_pages, page.count, page.has_next, page.page_range, len(page), list(page)
    assert rows.counts == counts
    assert page.count == 45


def test_another_parameter():
    request = RequestFactory().get("/", {"lots": "2", "page": "3"})
    page = paginate(ROWS, request, per_page=10, parameter="lots")
    assert (page.number, page.parameter, page.num_pages) == (2, "lots", 5)


@pytest.mark.django_db
def test_rows_are_counted_up_to_the_cap_alone(rf):
    for n in range(7):
        make.make_importation(fichier=f"{n}.json")
    rows = Importation.objects.order_by("pk")
    page = paginate(rows, rf.get("/", {"page": "9"}), per_page=2, plafond=5)
    assert (page.count, page.plus, page.num_pages, page.number) == (5, True, 3, 3)
    assert [row.fichier for row in page] == ["4.json"]
    page = paginate(rows, rf.get("/"), per_page=2, plafond=7)
    assert (page.count, page.plus, page.num_pages) == (7, False, 4)
    assert paginate(list(rows), rf.get("/"), plafond=3).plus

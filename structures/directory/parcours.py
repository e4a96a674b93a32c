"""The first results of a search that has very many, found without reading them all.

`matching.search` gathers the answers, then puts them in order: its cost grows with their number. Where they are many,
it is cheaper to walk the structures in the order asked for and to stop once the page is full: the more answers, the
sooner. Both ways give the same keys in the same order; only this one asks each structure walked whether it answers.

- relevance and name: the index of the order is walked;
- relevance of words: the structures whose name holds them, then, when they do not fill the page, the others. Names
  that are few are gathered by their words, names that are many are met on the way;
- distance: the seats around the commune, no farther than the last result of the first page was when the search was
  first asked. When fewer answer than a page holds, the caller asks `search`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.core.cache import cache
from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull, LessThanOrEqual
from django.utils import timezone

from portal.pagination import PER_PAGE
from portal.search import MOST_WORDS
from portal.text import fold, stems
from structures.directory.criteres import activity_sets, criteres
from structures.directory.matching import in_name, name_q, ordered, search, tri_of
from structures.directory.question import Question
from structures.enums import NiveauLieu
from structures.geo import distance_km_expr, within_q
from structures.lieux import Lieu
from structures.models import Activite, Structure, ZoneLieu
from structures.zones import circles_around, coverings, seat_q

FIRST = PER_PAGE + 1  # the keys of the first page, and one that tells there is a second
FEWEST = 200  # answers below which gathering them costs nothing
MOST_PAGES = 50  # reached this way; nobody turns so many
NAME = 0.1  # cost of reading one name off the index, that of gathering one structure being 1
WORDED = 3  # that of reading the text of one structure to find words in it
SLACK = 1.02  # of the distance: a structure that leaves must not empty the page
COUNT_SECONDS = 600
Statement = tuple[str, tuple]


@dataclass(frozen=True)
class Parcours:
    """The SQL of the first keys, to ask one after the other until there are enough, and the number of pages for which
    that costs less than `search`."""

    statements: tuple[Statement, ...] = ()
    pages: int = 0


def shorter_way(queryset: QuerySet[Structure], question: Question, total: int) -> Parcours:
    """The shorter way to the first pages of a question that has `total` answers: none on SQLite, nor where `search`
    costs less. Three queries at most."""
    if connection.vendor != "postgresql" or total < FEWEST or not is_walkable(question):
        return Parcours()
    walked = _number(queryset)
    if tri_of(question) == "distance":
        km = reach(queryset, question)
        if km is None or queryset.filter(_within(question.centre, km)).count() >= total:
            return Parcours()
        return Parcours(_sql(first_keys(queryset, question, km)), 1)
    asking = (WORDED if stems(question.words) else 1) * walked / total
    if not _names_first(question):
        return Parcours(_sql(first_keys(queryset, question)), _pages(lambda needed: needed * asking, total))
    named = search(queryset, question).order_by().filter(_named(question)).count()
    by_words, on_the_way = named * (1 + WORDED), NAME * walked
    if named >= FIRST:
        on_the_way = min(on_the_way, on_the_way * FIRST / named + FIRST * WORDED)
    few = by_words < on_the_way

    def cost(needed: int) -> float:
        if needed <= named:
            return by_words if few else NAME * walked * needed / named + needed * WORDED
        return (by_words if few else NAME * walked) + needed * asking

    return Parcours(_sql(first_keys(queryset, question, few=few)), _pages(cost, total))


def _pages(cost: Callable[[int], float], total: int) -> int:
    """How many pages, all of them full, cost less than gathering the `total` answers."""
    pages = 0
    while pages < MOST_PAGES and (needed := (pages + 1) * PER_PAGE + 1) <= total and cost(needed) < total:
        pages += 1
    return pages


def _sql(querysets: Iterable[QuerySet]) -> tuple[Statement, ...]:
    return tuple(found.query.sql_with_params() for found in querysets)


def is_walkable(question: Question) -> bool:
    """Whether an index gives the order, and whether a structure can be asked alone if it answers."""
    # What folding leaves of a name or a word is letters and digits; those of other alphabets are left to `search`.
    plain = all(word.isascii() and word.isalnum() for word in (*fold(question.words).split(), *stems(question.words)))
    return plain and not question.is_number and not question.is_around and tri_of(question) != "recent"


def reach(queryset: QuerySet[Structure], question: Question) -> float | None:
    """Kilometres within which the first page is; None when it is not full of structures whose place is known."""
    last = search(queryset, question).values_list("distance_km", flat=True)[FIRST - 1 : FIRST].first()
    return None if last is None else last * SLACK + 0.1


def first_keys(
    queryset: QuerySet[Structure], question: Question, km: float | None = None, *, few: bool = False
) -> list[QuerySet]:
    """Keys of the first answers, in order, the second queryset following the first; for a question that `is_walkable`,
    `km` being what `reach` said where the order is the distance, `few` whether to seek names by their words."""
    found = _answering(queryset, question)
    if km is not None:
        found = found.filter(_within(question.centre, km))
    found = ordered(found, question, question.words)
    if _names_first(question):
        ranked = found.order_by("-rang", "nom_tri", "pk").annotate(dans_le_nom=in_name(fold(question.words)))
        # Compared with a number and not as a condition: PostgreSQL must not think that there are few, and sort them.
        named, others = (ranked.filter(dans_le_nom=rank).values_list("pk", flat=True) for rank in (0, 1))
        return [named.filter(nom_tri__contient_mots=fold(question.words)) if few else named, others]
    return [found.values_list("pk", flat=True)]


def _names_first(question: Question) -> bool:
    return tri_of(question) == "pertinence" and bool(fold(question.words))


def _named(question: Question) -> Q:
    folded = fold(question.words)
    return name_q(folded) & Q(nom_tri__contient_mots=folded)


def _number(queryset: QuerySet[Structure]) -> int:
    """How many structures are walked, at most; known to the nearest ten minutes, it chooses a way and no result."""
    return cache.get_or_set("structures:annuaire:nombre", queryset.order_by().count, COUNT_SECONDS) or 0


def _within(lieu: Lieu | None, km: float) -> Q:
    if lieu is None:
        raise ValueError("A distance is counted from a commune.")
    return within_q(*lieu.point, km) & Q(LessThanOrEqual(distance_km_expr(*lieu.point), km))


# Asked of one structure ---------------------------------------------------------------------------------------------
def _answering(queryset: QuerySet[Structure], question: Question) -> QuerySet[Structure]:
    """`matching.restrict` and the words, as questions put to each structure walked."""
    for condition in criteres(question, timezone.localdate()).values():
        queryset = queryset.filter(condition)
    for asked in (_placed(question), _worded(question)):
        queryset = queryset if asked is None else queryset.filter(asked)
    return queryset


def _placed(question: Question) -> Q | None:
    """`matching._placed`, each activity of the structure being asked for its place."""
    lieux = question.territoires
    own = [found.filter(structure=OuterRef("pk")) for found in activity_sets(question)]
    if not lieux:
        return reduce(or_, (_some(found, "structure") for found in own)) if question.asks_activity else None
    seats = reduce(or_, map(seat_q, lieux))
    seated = _some(Structure.objects.filter(seats, pk=OuterRef("structure")))
    here = Q(zone=None) & seated | _reaching(lieux)
    ways = [_some(found.filter(here), "structure") for found in own]
    if not question.asks_activity:
        silent = ~_some(Activite.objects.filter(structure=OuterRef("pk")), "structure")
        ways.append(silent & _some(Structure.objects.filter(seats, pk=OuterRef("pk"))))
    return reduce(or_, ways)


def _reaching(lieux: Iterable[Lieu]) -> Q:
    """`zones.zones_reaching`, for the zone of one activity."""
    lieux = list(lieux)
    ways = [_some(ZoneLieu.objects.filter(condition, zone=OuterRef("zone")), "zone") for condition in coverings(lieux)]
    ways += [
        _some(circles_around(*lieu.point).filter(pk=OuterRef("zone")))
        for lieu in lieux
        if lieu.niveau == NiveauLieu.COMMUNE and lieu.has_point
    ]
    return reduce(or_, ways)


def _worded(question: Question) -> Q | None:
    """The stems, sought in the text: quicker than a vector made of it for a structure alone."""
    wanted = stems(question.words)[:MOST_WORDS]
    if not wanted:
        return None
    own = Structure.objects.filter(pk=OuterRef("pk"))
    for stem in wanted:
        own = own.filter(racines__contains=f" {stem} ")
    return _some(own)


def _some(rows: QuerySet, column: str = "pk") -> Q:
    """Whether there are rows, asked for each structure: EXISTS would be a join, read whole before the walk. `column`,
    never empty, is one that the index used holds."""
    return Q(IsNull(Subquery(rows.order_by().values(column)[:1]), False))

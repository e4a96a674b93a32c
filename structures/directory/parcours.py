"""The first results of a search that has very many, found without reading them all.

`matching.search` gathers the answers, then puts them in order: its cost grows with their number. Where they are many,
it is cheaper to walk the structures in the order asked for and to stop once the first page is full: the more answers,
the sooner. Both ways give the same keys in the same order; only this one asks each structure walked whether it answers.

- relevance and name: the index of the order is walked;
- relevance of words: the structures whose name holds them, then, when they do not fill the page, the others;
- distance: the seats around the commune, no farther than the last result of the first page was when the search was
  first asked. When fewer answer than a page holds, the caller asks `search`.
"""

from collections.abc import Iterable
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
from structures.directory.matching import in_name, ordered, search, tri_of
from structures.directory.question import Question
from structures.enums import NiveauLieu
from structures.geo import distance_km_expr, within_q
from structures.lieux import Lieu
from structures.models import Activite, Structure, ZoneLieu
from structures.zones import circles_around, coverings, seat_q

FIRST = PER_PAGE + 1  # the keys of the first page, and one that tells there is a second
FEWEST = 200  # answers below which gathering them costs nothing
NAME = 0.1  # cost of reading one name off the index, that of gathering or asking one structure being 1
SLACK = 1.02  # of the distance: a structure that leaves must not empty the page
COUNT_SECONDS = 600
Statement = tuple[str, tuple]


def first_statements(queryset: QuerySet[Structure], question: Question, total: int) -> tuple[Statement, ...]:
    """The SQL of the keys of the first page, to ask one after the other until `FIRST` are found; none where `search`,
    which has `total` answers, costs less, and on SQLite. Three queries at most.
    """
    if connection.vendor != "postgresql" or total < FEWEST or not is_walkable(question):
        return ()
    km = None
    examined = FIRST * _number(queryset) / total
    if tri_of(question) == "distance":
        if (km := reach(queryset, question)) is None:
            return ()
        examined = queryset.filter(_within(question.centre, km)).count()
    elif _names_first(question):
        named = search(queryset, question).order_by().filter(nom_tri__contains=fold(question.words)).count()
        walked = NAME * _number(queryset)
        examined = walked * FIRST / named if named >= FIRST else walked + examined
    if examined >= total:
        return ()
    return tuple(found.query.sql_with_params() for found in first_keys(queryset, question, km))


def is_walkable(question: Question) -> bool:
    """Whether an index gives the order, and whether a structure can be asked alone if it answers."""
    plain = all(stem.isascii() and stem.isalnum() for stem in stems(question.words))
    return plain and not question.is_number and not question.is_around and tri_of(question) != "recent"


def reach(queryset: QuerySet[Structure], question: Question) -> float | None:
    """Kilometres within which the first page is; None when it is not full of structures whose place is known."""
    last = search(queryset, question).values_list("distance_km", flat=True)[FIRST - 1 : FIRST].first()
    return None if last is None else last * SLACK + 0.1


def first_keys(queryset: QuerySet[Structure], question: Question, km: float | None = None) -> list[QuerySet]:
    """Keys of the first answers, in order, the second queryset following the first; for a question that `is_walkable`,
    `km` being what `reach` said where the order is the distance."""
    found = _answering(queryset, question)
    if km is not None:
        found = found.filter(_within(question.centre, km))
    found = ordered(found, question, question.words)
    if _names_first(question):
        ranked = found.order_by("-rang", "nom_tri", "pk").annotate(dans_le_nom=in_name(fold(question.words)))
        # Compared with a number and not as a condition: PostgreSQL must not think that there are few, and sort them.
        return [ranked.filter(dans_le_nom=rank).values_list("pk", flat=True) for rank in (0, 1)]
    return [found.values_list("pk", flat=True)]


def _names_first(question: Question) -> bool:
    return tri_of(question) == "pertinence" and bool(fold(question.words))


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

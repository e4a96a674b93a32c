"""Which structures answer a question, and in which order."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone

from portal.search import filter_stems
from portal.text import fold, stems
from structures.directory.criteres import activity_sets, criteres
from structures.directory.question import Question
from structures.geo import distance_km_expr, within_q
from structures.lieux import Lieu
from structures.models import Activite, Structure
from structures.toponymes import du_lieu
from structures.zones import seat_q, zones_reaching


def search(queryset: QuerySet[Structure], question: Question) -> QuerySet[Structure]:
    """The structures that answer, ordered as `question.tri` asks; see `order_explained`."""
    found = restrict(queryset, question)
    if question.is_number:
        found = found.identified_by(question.words)
    elif question.words:
        found = filter_stems(found, stems(question.words))
    return ordered(found, question, "" if question.is_number else question.words)


def restrict(
    queryset: QuerySet[Structure], question: Question, without: frozenset[str] = frozenset()
) -> QuerySet[Structure]:
    """The structures that answer all but the words, in no order; `without` names criteria to leave out (facets)."""
    found = _placed(queryset, question)
    for name, condition in criteres(question, timezone.localdate()).items():
        if name not in without:
            found = found.filter(condition)
    return found


def _placed(queryset: QuerySet[Structure], question: Question) -> QuerySet[Structure]:
    """Structures with an activity of the sectors and the mode in the places, or seated there when they declared none.

    Each way of answering is a subquery of its own and their union is looked up: with OR between them, PostgreSQL would
    read the whole table of structures.
    """
    lieux, wanted = question.territoires, activity_sets(question)
    if not lieux:
        return queryset.filter(pk__in=_union(_owners(wanted))) if question.asks_activity else queryset
    rayon = question.rayon_km or 0
    circles = [lieu for lieu in lieux if rayon and lieu.has_point]
    others = [lieu for lieu in lieux if lieu not in circles]
    ways = []
    for lieu in circles:
        seated = Structure.objects.filter(_within(lieu, rayon))
        if question.asks_activity:
            seated = seated.filter(pk__in=_union(_owners(wanted)))
        ways.append(seated.order_by().values("pk"))
    if others:
        reached, seats = zones_reaching(others), reduce(or_, (seat_q(lieu) for lieu in others))
        seated = Structure.objects.filter(seats).order_by()
        ways += _owners(found.filter(zone__in=reached) for found in wanted)
        ways += _owners(found.filter(zone=None, structure__in=seated.values("pk")) for found in wanted)
        if not question.asks_activity:
            ways.append(seated.filter(~Exists(Activite.objects.filter(structure=OuterRef("pk")))).values("pk"))
    return queryset.filter(pk__in=_union(ways))


def _owners(activities: Iterable[QuerySet[Activite]]) -> list[QuerySet]:
    return [found.values("structure") for found in activities]


def _union(querysets: Sequence[QuerySet]) -> QuerySet:
    return querysets[0].union(*querysets[1:]) if len(querysets) > 1 else querysets[0]


def _within(lieu: Lieu, km: int) -> Q:
    distance = distance_km_expr(*lieu.point)
    return within_q(*lieu.point, km) & Q(LessThanOrEqual(distance, km))


# Order --------------------------------------------------------------------------------------------------------------
def tri_of(question: Question) -> str:
    """The order that applies: the one asked for when it can be, otherwise the nearest first around a commune, else the
    most relevant."""
    if question.tri == "distance" or not question.tri:
        return "distance" if question.centre else "pertinence"
    return question.tri


def ordered(queryset: QuerySet[Structure], question: Question, words: str = "") -> QuerySet[Structure]:
    tri = tri_of(question)
    if centre := question.centre:
        queryset = queryset.annotate(distance_km=distance_km_expr(*centre.point))
    if tri == "distance":
        return queryset.order_by(F("distance_km").asc(nulls_last=True), "nom_tri", "pk")
    if tri == "nom":
        return queryset.order_by("nom_tri", "pk")
    if tri == "recent":
        newest = (F(name).desc(nulls_last=True) for name in ("verifiee_le", "donnees_du"))
        return queryset.order_by(*newest, "nom_tri", "pk")
    folded = fold(words)
    if not folded:
        return queryset.order_by("-rang", "nom_tri", "pk")
    return queryset.order_by(in_name(folded), "-rang", "nom_tri", "pk")


def name_q(folded: str) -> Q:
    """The structures whose name holds these words as typed, the last one being perhaps only begun: « eau » is in « Eaux
    vives », not in « Bureaux »."""
    return Q(nom_tri__startswith=folded) | Q(nom_tri__contains=f" {folded}")


def in_name(folded: str) -> Case:
    """0 for the structures of `name_q`, 1 for the others."""
    return Case(When(name_q(folded), then=Value(0)), default=Value(1), output_field=IntegerField())


def order_explained(question: Question) -> str:
    """How the results are ordered, as a sentence."""
    tri = tri_of(question)
    if tri == "distance" and question.centre:
        where = du_lieu(question.centre)
        return f"Du siège le plus proche {where} au plus éloigné\u00a0; les structures sans adresse connue à la fin."
    if tri == "nom":
        return "Par ordre alphabétique."
    if tri == "recent":
        return (
            "Les fiches vérifiées par leur structure d'abord, la plus récente en tête, puis les autres par "
            "date des données publiques."
        )
    first = "Les structures dont le nom contient vos mots d'abord, puis les" if _by_words(question) else "Les"
    return (
        f"{first} fiches les plus complètes, avec un avantage aux structures qui ont tenu un marché public ou cotraité "
        "d'après le registre. À égalité, par ordre alphabétique."
    )


def _by_words(question: Question) -> bool:
    return bool(fold(question.words)) and not question.is_number

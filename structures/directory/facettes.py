"""What stands beside the choices of the directory: how many structures each would give, all other criteria kept.

The conditions are those of the list itself (`directory.criteres`), so a count is the number of results of the search it
stands for. Eight queries whatever the number of choices; the page keeps the answer a minute for each search.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce
from operator import and_
from typing import Any

from django.db.models import Count, Q, QuerySet

from portal.search import filter_stems
from portal.text import stems
from structures.directory import Question, criteres, restrict
from structures.enums import Kind, Mode
from structures.models import LabelObtenu, Structure

# Criterion of the question → its parameter in the address, and the values that are counted.
CHOICES: dict[str, tuple[str, tuple]] = {
    "kinds": ("kind", tuple(Kind.values)),
    "famille": ("famille", ("insertion", "handicap")),
    "reservable": ("reservable", ("handicap", "insertion", "les_deux")),
    "titulaire": ("titulaire", ("tient", "a_tenu")),
    **{name: (name, (True,)) for name in ("mise_a_disposition", "a_cotraite", "formee", "ges", "qpv", "zrr")},
}
COUNTED = {**dict.fromkeys(CHOICES), "reseaux": None, "labels": None}  # criteria that have facets


@dataclass
class Facettes:
    """`choix`: parameter → value → number of structures (« 1 » is the value of a box); a value absent counts none."""

    total: int = 0
    choix: dict[str, dict[str, int]] = field(default_factory=dict)
    departements: dict[str, int] = field(default_factory=dict)


def count(queryset: QuerySet[Structure], question: Question, on: date) -> Facettes:
    """Every count of one search, exact."""
    asked = criteres(question, on)
    shared = [condition for name, condition in asked.items() if name not in COUNTED]
    faceted = {name: condition for name, condition in asked.items() if name in COUNTED}
    base = _worded(restrict(queryset, question, without=frozenset(asked)), question)
    if shared:
        base = base.filter(_all(shared))
    counts = base.order_by().aggregate(**_aggregates(faceted, on))
    choix: dict[str, dict[str, int]] = {
        parametre: {_text(value): counts[f"{name}__{_text(value)}"] for value in values}
        for name, (parametre, values) in CHOICES.items()
    }
    choix["reseau"] = _networks(_without(base, faceted, "reseaux"))
    choix["label"] = _labels(_without(base, faceted, "labels"), on)
    choix["mode"] = {
        mode.value: _worded(restrict(queryset, replace(question, mode=mode.value)), question).order_by().count()
        for mode in Mode
    }
    rows = _without(base, faceted).exclude(departement=None).order_by().values_list("departement")
    return Facettes(counts["total"], choix, dict(rows.annotate(number=Count("pk"))))


def _aggregates(faceted: dict[str, Q], on: date) -> dict[str, Count]:
    wanted = {"total": Count("pk", filter=_all(faceted.values()))} if faceted else {"total": Count("pk")}
    for name, (_, values) in CHOICES.items():
        others = [condition for other, condition in faceted.items() if other != name]
        for value in values:
            given: Any = (value,) if name == "kinds" else value
            chosen: dict[str, Any] = {name: given}
            choice = criteres(replace(Question(), **chosen), on)[name]
            wanted[f"{name}__{_text(value)}"] = Count("pk", filter=_all([*others, choice]))
    return wanted


def _worded(queryset: QuerySet[Structure], question: Question) -> QuerySet[Structure]:
    if question.is_number:
        return queryset.identified_by(question.words)
    return filter_stems(queryset, stems(question.words)) if question.words else queryset


def _without(base: QuerySet[Structure], faceted: dict[str, Q], name: str = "") -> QuerySet[Structure]:
    """The search with all its criteria but `name`."""
    others = [condition for other, condition in faceted.items() if other != name]
    return base.filter(_all(others)) if others else base


def _networks(queryset: QuerySet[Structure]) -> dict[str, int]:
    links = Structure.reseaux.through.objects.filter(structure__in=queryset.order_by().values("pk"))
    return dict(links.order_by().values_list("reseau__slug").annotate(number=Count("structure")))


def _labels(queryset: QuerySet[Structure], on: date) -> dict[str, int]:
    running = Q(valable_jusqu_au=None) | Q(valable_jusqu_au__gte=on)
    held = LabelObtenu.objects.filter(running, structure__in=queryset.order_by().values("pk"))
    return dict(held.order_by().values_list("label__code").annotate(number=Count("structure")))


def _all(conditions: Iterable[Q]) -> Q:
    return reduce(and_, conditions)


def _text(value: object) -> str:
    return "1" if value is True else str(value)

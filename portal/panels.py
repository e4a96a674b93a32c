"""The registry through which upper floors show something on the pages of lower ones.

An upper floor registers in `AppConfig.ready`; the lower page prints `{% panels lot %}` and knows nobody:

    @register("marches.Lot", order=10)
    def clauses_panel(lot, acteur):
        return "clauses/_lot_panel.html", {"clauses": lot.clauses.visible_to(acteur)}

A panel that most objects do not have says so: `when` answers the rows it would show, for a list of keys of its model,
and the function is called only where there is one. Whatever their number, the panels of a page ask it in one query.

    @register("structures.Structure", when=lambda pks: [MembreAlliance.objects.filter(structure__in=pks)])

A page with lists of its own that are mostly empty has them asked in the same query: `announce`, then `present`.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, reduce
from typing import Any

from django.db.models import Model, QuerySet, Value

from portal.requetes import Prepared

Answer = tuple[str, dict[str, Any]] | None
PanelFunction = Callable[[Any, Any], Answer]
When = Callable[[list], list[QuerySet]]
Decorator = Callable[[PanelFunction], PanelFunction]


@dataclass(frozen=True)
class Panel:
    """`function(object, acteur)` answers a template with its context, or None when it has nothing to show."""

    name: str
    order: int
    function: PanelFunction
    when: When | None = None


_panels: dict[str, dict[str, Panel]] = defaultdict(dict)
_lists: dict[str, dict[str, When]] = defaultdict(dict)
KEPT = "_present_panels"


def register(model_or_label: type[Model] | str, name: str = "", order: int = 0, when: When | None = None) -> Decorator:
    """Decorator: show what the function answers on the pages of this model, given as a class or « app.Model ».

    Panels come by `order`, then by `name` (by default the path of the function). Registering the same function again
    changes nothing; another one under the same name is a ValueError.
    """

    def decorate(function: PanelFunction) -> PanelFunction:
        path = _path(function)
        panel = Panel(name or path, order, function, when)
        known = _panels[_label(model_or_label)].setdefault(panel.name, panel)
        if _path(known.function) != path:
            raise ValueError(f"Panel {panel.name!r} of {_label(model_or_label)} is already {_path(known.function)}.")
        return function

    return decorate


def announce(model_or_label: type[Model] | str, name: str, when: When) -> None:
    """A list of the page of this model itself, whose rows `when` answers: `present` tells whether it holds any."""
    _lists[_label(model_or_label)][name] = when


def present(obj: Model) -> set[str]:
    """Names of the lists announced and of the panels that have something for `obj`; the panels drawn next do not ask
    again."""
    found = _present(obj)
    setattr(obj, KEPT, found)
    return found


def _present(obj: Model) -> set[str]:
    label = _label(obj._meta.concrete_model or type(obj))
    asked = [(panel.name, panel.when) for panel in _panels.get(label, {}).values() if panel.when]
    asked += _lists.get(label, {}).items()
    if not asked:
        return set()
    return {name for (name,) in _presence(tuple(asked), isinstance(obj.pk, str)).rows([obj.pk])}


def panels_for(obj: Model, acteur: Any) -> list[tuple[str, dict[str, Any]]]:
    """The (template, context) pairs to show on the page of `obj` to `acteur`, in order."""
    label = _label(obj._meta.concrete_model or type(obj))
    panels = sorted(_panels.get(label, {}).values(), key=lambda panel: (panel.order, panel.name))
    known = obj.__dict__.pop(KEPT, None)
    names = _present(obj) if known is None else known
    answers = (panel.function(obj, acteur) for panel in panels if panel.when is None or panel.name in names)
    return [answer for answer in answers if answer is not None]


@cache
def _presence(asked: tuple[tuple[str, When], ...], by_code: bool) -> Prepared:
    """The names of those that have something to show, for a key that is a text or a number; one compiled query."""

    def names(pks: list) -> QuerySet:
        found = [rows.order_by().values_list(Value(name)).distinct() for name, when in asked for rows in when(pks)]
        return reduce(lambda one, other: one.union(other), found)

    return Prepared(names, (str if by_code else int, 1))


def _label(model_or_label: type[Model] | str) -> str:
    return model_or_label.lower() if isinstance(model_or_label, str) else model_or_label._meta.label_lower


def _path(function: PanelFunction) -> str:
    return f"{function.__module__}.{function.__qualname__}"

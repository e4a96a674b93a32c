"""What the shared includes need to compute, so that templates do no sum."""

import re
from functools import lru_cache
from typing import Any

from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field
from django import template
from django.conf import settings
from django.forms import BoundField
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils.safestring import SafeString, mark_safe

from portal import charts
from portal.pagination import Page
from portal.templatetags.formats import pourcent

register = template.Library()

BLANKS = re.compile(r"[ \n\t]{2,}")
MOST_FIELDS = 500  # written fields kept by a process
_fields: dict[tuple, SafeString] = {}

VERDICT_ICONS = {"ok": "circle-check", "information": "info", "avertissement": "triangle-alert", "blocage": "octagon-x"}


@register.simple_tag
def include_constant(name: str) -> SafeString:
    """A template that says the same on every page, to everyone, written once for the process; each time in DEBUG."""
    return _written.__wrapped__(name, "") if settings.DEBUG else _written(name, get_script_prefix())


@lru_cache(maxsize=20)
def _written(name: str, prefix: str) -> SafeString:
    """`prefix` is that of the addresses the template may hold."""
    return compact(render_to_string(name))


@register.simple_block_tag
def compact(content: str) -> SafeString:
    """What it holds, every run of blanks made one space: a long list of rows weighs a third less.

    Not around a <textarea> or a <pre>, whose blanks are read.
    """
    return mark_safe(BLANKS.sub(" ", content))


@register.filter
def champ(bound: BoundField) -> SafeString:
    """`|as_crispy_field` for the search forms: the same field, with the same value and choices, is written once.

    Written again each time, the lists of a search form cost more than the answer to the search. A view that has read
    the choices of a field by other means leaves them in `choix_lus`.
    """
    field = bound.field
    choices: Any = getattr(field, "choix_lus", None) or getattr(field, "choices", None)
    if choices is not None:
        choices = [(str(value), label) for value, label in choices]  # read once, also where they come from the database
        field.widget.choices = choices
    said = (bound.html_name, bound.auto_id, str(bound.label), str(bound.help_text), tuple(bound.errors))
    shown = (type(field.widget), str(field.widget.attrs), str(choices), str(bound.value()))
    key = (bound.form.is_bound, field.required, field.disabled, *said, *shown)
    written = _fields.get(key)
    if written is None:
        if len(_fields) >= MOST_FIELDS:
            _fields.clear()
        written = _fields[key] = as_crispy_field(bound)
    return written


@register.simple_tag(takes_context=True)
def page_url(context, page: Page, number: int) -> str:
    """Address of another page of the same list, with the filters of this one."""
    asked = context.request.GET.copy()
    asked[page.parameter] = str(number)
    return f"?{asked.urlencode()}"


@register.simple_tag
def progress_bar(
    done: Any, due: Any, expected: float | None = None, label: str = "", unit: str = "h", late: bool | None = None
) -> SafeString:
    """The SVG bar of `portal.charts.progress`: what is done out of what is due, and the pace expected today."""
    return charts.progress(done, due, expected, label, unit=unit, late=late)


@register.filter
def part_de(done: Any, due: Any) -> str:
    """{{ 50|part_de:200 }} → « 25 % »; "" when nothing is due."""
    done, due = float(done or 0), float(due or 0)
    return pourcent(done / due) if due else ""


@register.filter
def verdict_icon(level: Any) -> str:
    """Name of the icon that goes with a level of `portal.verdict`; any other level is an information."""
    return VERDICT_ICONS.get(str(level), "info")

"""Fields of the directory's form: each keeps what is right of what it was given, and says what was not."""

from collections.abc import Iterable
from typing import NamedTuple

import django_filters
from django import forms
from django.core.cache import caches
from django.forms.utils import flatatt
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe

from portal.templatetags.formats import nombre
from structures.models import Secteur

SECTORS_SECONDS = 60
MOST_VALUES = 50  # of one criterion
TRUE, FALSE = {"1", "on", "true", "oui"}, {"", "0", "off", "false", "non"}
LONGEST_SHOWN = 60


class Lenient:
    """A field that never refuses: `ecartes` holds the values that were left out, to be said."""

    ecartes: tuple[str, ...] = ()

    def _set_aside(self, values: Iterable[str]) -> None:
        self.ecartes = tuple(dict.fromkeys(str(value).replace("\x00", "")[:LONGEST_SHOWN] for value in values))


class ListField(Lenient, forms.MultipleChoiceField):
    """Several values of a list; the unknown ones are left out."""

    def clean(self, value):
        given = list(dict.fromkeys(text for text in value or () if text))
        known = {str(key) for key, _ in _flat(self.choices)}
        self._set_aside([text for text in given if text not in known] + given[MOST_VALUES:])
        return [text for text in given[:MOST_VALUES] if text in known]


class OneField(Lenient, forms.ChoiceField):
    """One value of a list, the last given; an unknown one counts for none."""

    def clean(self, value):
        known = {str(key) for key, _ in _flat(self.choices)}
        self._set_aside([value] if value and value not in known else [])
        return value if value in known else ""


class YesField(Lenient, forms.CharField):
    """A box ticked or not."""

    def clean(self, value):
        text = str(value or "").strip().lower()
        self._set_aside([text] if text not in TRUE | FALSE else [])
        return text in TRUE


class NumberField(Lenient, forms.CharField):
    """A whole number between two bounds; anything else counts for none."""

    def __init__(self, *, least: int, most: int, unit: str = "", **options):
        self.least, self.most, self.unit = least, most, unit
        super().__init__(**options)

    def clean(self, value):
        text = "".join(str(value or "").split())
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
        if number is not None and not self.least <= number <= self.most:
            number = None
        self._set_aside([text] if text and number is None else [])
        return number

    @property
    def bounds(self) -> str:
        return f"un nombre entier{self.unit and ' ' + self.unit}, de {self.least} à {nombre(self.most)}"


class TextField(Lenient, forms.CharField):
    """Words; what is beyond the limit is left out."""

    def clean(self, value):
        text = str(value or "").replace("\x00", " ").strip()
        if self.max_length and len(text) > self.max_length:
            self._set_aside([text[self.max_length :]])
        return text[: self.max_length]


class ListFilter(django_filters.MultipleChoiceFilter):
    field_class = ListField


class OneFilter(django_filters.Filter):
    field_class = OneField


class YesFilter(django_filters.Filter):
    field_class = YesField


class NumberFilter(django_filters.Filter):
    field_class = NumberField


class TextFilter(django_filters.Filter):
    field_class = TextField


class TypedList(forms.MultipleHiddenInput):
    """Every value given to the parameter, as a list."""


class TypedListField(Lenient, forms.Field):
    widget = TypedList

    def clean(self, value):
        given = [text for text in (str(each).replace("\x00", " ").strip() for each in value or ()) if text]
        self._set_aside(given[MOST_VALUES:])
        return list(dict.fromkeys(given[:MOST_VALUES]))


class TypedListFilter(django_filters.Filter):
    field_class = TypedListField


def _flat(choices):
    for key, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield key, label


class SecteurCourt(NamedTuple):
    """What a search form and its criteria need of a sector."""

    pk: int
    code: str
    nom: str
    parent_id: int | None


def every_sector() -> list[SecteurCourt]:
    """The sectors in their order: a hundred, on so many pages, that they are read once a minute."""
    near = caches["proche"]
    every = near.get("secteurs")
    if every is None:
        every = list(Secteur.objects.order_by("ordre").values_list(*SecteurCourt._fields))
        near.set("secteurs", every, SECTORS_SECONDS)
    return [SecteurCourt(*row) for row in every]


def sector_choices(secteurs: Iterable[Secteur | SecteurCourt]) -> list:
    """Families as groups, each opening with itself."""
    groups: dict[int, tuple[str, list[tuple[str, str]]]] = {}
    for secteur in secteurs:
        if secteur.parent_id is None:
            groups[secteur.pk] = (secteur.nom, [(secteur.code, f"{secteur.nom}\u00a0: tout")])
        elif secteur.parent_id in groups:
            groups[secteur.parent_id][1].append((secteur.code, secteur.nom))
    return list(groups.values())


class LongSelect(forms.Select):
    """A select of a hundred and more options, written in one go: a template for each of them costs half the page."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = "" if value is None else str(value)
        written = mark_safe("".join(self._written(key, label, chosen) for key, label in self.choices))
        return format_html(
            '<select name="{}"{}>{}</select>', name, flatatt(self.build_attrs(self.attrs, attrs)), written
        )

    def _written(self, key, label, chosen: str) -> str:
        """An option, or a group of options when the label is a list; escaped."""
        if isinstance(label, list | tuple):
            inside = "".join(self._written(value, text, chosen) for value, text in label)
            return f'<optgroup label="{escape(key)}">{inside}</optgroup>'
        selected = " selected" if str(key) == chosen else ""
        return f'<option value="{escape(key)}"{selected}>{escape(label)}</option>'

"""Figures, days and words as French readers write them.

Thousands, %, € and h are set off by a narrow no-break space (U+202F). What is not known is never shown as zero:
an amount, a day or a number of identity is « non renseigné », a plain figure is « – ».
"""

import re
from collections.abc import Sized
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

import nh3
from django import template
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

from portal.siret import print_siren, print_siret

register = template.Library()

THIN = "\u202f"
UNKNOWN, DASH = "non renseigné", "–"
MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
LONGEST_NUMBER = 30  # digits before the decimal point; beyond, it is not a figure to show
WIDE = Context(prec=2 * LONGEST_NUMBER, rounding=ROUND_HALF_UP)
BREAKABLE = re.compile(r" (?=[:;!?%»])|(?<=«) |(?<=\b[LRDA]\.) (?=\d)|(?<=\bart\.) (?=\d)")
ARTICLE = re.compile(r"\b[LRDA]\.\u00a0\d[\d-]*")
ALLOWED_TAGS = {
    *("h2", "h3", "h4", "p", "br", "hr", "blockquote"),
    *("ul", "ol", "li", "strong", "em", "a", "code", "pre"),
}
ALLOWED_SCHEMES = {"http", "https", "mailto"}


@register.filter
def nombre(value: Any, places: int = 2) -> str:
    """1234.5 → « 1 234,5 »: at most `places` decimals, rounded half up, no useless zero; « – » when unknown."""
    number = _number(value)
    return DASH if number is None else _digits(_rounded(number, places), trim=True)


@register.filter
def euros(value: Any) -> str:
    """1250000 → « 1 250 000 € »; cents, always two, only when there are some."""
    number = _number(value)
    if number is None:
        return UNKNOWN
    cents = _rounded(number, 2)
    whole = cents == cents.to_integral_value()
    return f"{_digits(_rounded(cents, 0) if whole else cents)}{THIN}€"


@register.filter
def euros_cents(value: Any) -> str:
    """1250000 → « 1 250 000,00 € »: for a column where some amounts have cents, so that all line up."""
    number = _number(value)
    return UNKNOWN if number is None else f"{_digits(_rounded(number, 2))}{THIN}€"


@register.filter
def montant_ht(value: Any) -> str:
    """1250000 → « 1 250 000 € HT »."""
    return UNKNOWN if _number(value) is None else f"{euros(value)}{THIN}HT"


@register.filter
def heures(value: Any) -> str:
    """12345.5 → « 12 345,5 h », two decimals at most."""
    return DASH if _number(value) is None else f"{nombre(value)}{THIN}h"


@register.filter
def pourcent(value: Any) -> str:
    """A share from 0 to 1: 0.253 → « 25,3 % », one decimal at most."""
    number = _number(value)
    return DASH if number is None else f"{nombre(number * 100, 1)}{THIN}%"


@register.filter
def jour(value: Any) -> str:
    """A day, a moment or their ISO form → « 22/11/2026 », in local time."""
    day = _day(value)
    return UNKNOWN if day is None else f"{day.day:02}/{day.month:02}/{day.year:04}"


@register.filter
def mois(value: Any) -> str:
    """A day of the month → « novembre 2026 »."""
    day = _day(value)
    return UNKNOWN if day is None else f"{MONTHS[day.month - 1]} {day.year}"


@register.filter
def de_mois(value: Any) -> str:
    """The same after « de »: « de mars 2026 », « d’avril 2026 »."""
    name = mois(value)
    return f"d’{name}" if name[:1] in "ao" else f"de {name}"


@register.filter
def siret(value: Any) -> str:
    """« 123 456 789 00011 » with no-break spaces."""
    return print_siret(value) or UNKNOWN


@register.filter
def siren(value: Any) -> str:
    """« 123 456 789 » with no-break spaces."""
    return print_siren(value) or UNKNOWN


@register.filter
def pluriel(value: Any, forms: str) -> str:
    """{{ 2|pluriel:"structure,structures" }} → « 2 structures »; below 2, the singular: « 0 structure ».

    `value` is a number, or anything that has a length. With one form, the plural takes an s.
    """
    return f"{nombre(_count(value))} {accord(value, forms)}"


@register.filter
def accord(value: Any, forms: str) -> str:
    """`pluriel` without its number, written elsewhere: {{ 1|accord:"en couvre une partie,en couvrent une partie" }}."""
    number = _count(value)
    one, _, many = forms.partition(",")
    return one if number is None or abs(number) < 2 else many or one + "s"


@register.filter
def minuscule(text: Any) -> str:
    """« Plan de route » → « plan de route » inside a sentence; « CDD de plus de 6 mois » stays: an acronym."""
    said = str(text)
    return said if said[1:2].isupper() else said[:1].lower() + said[1:]


def _count(value: Any) -> Decimal | None:
    return _number(len(value) if isinstance(value, Sized) and not isinstance(value, str) else value)


@register.filter
def distance(kilometres: Any) -> str:
    """12.4 → « à 12 km », 0.3 → « à moins de 1 km »; "" when unknown."""
    number = _number(kilometres)
    if number is None:
        return ""
    return f"à moins de 1{THIN}km" if number < 1 else f"à {nombre(number, 0)}{THIN}km"


@register.filter
def insecables(text: Any) -> str:
    """A sentence whose signs stay with their word: no-break spaces before « : ; ! ? % », in quotes, after « L. »."""
    return BREAKABLE.sub("\u00a0", str(text or ""))


@register.filter
def articles(text: Any) -> SafeString:
    """A legal source whose articles stay on one line: « L. 2113-12 » is never cut at its hyphen."""
    said = conditional_escape(insecables(text))
    return mark_safe(ARTICLE.sub(r'<span class="nowrap">\g<0></span>', said))


@register.filter
def markdown(text: str | None) -> SafeString:
    """Text typed by people as safe HTML: titles from h2 down, lists, links (nofollow); no image, no HTML of theirs.

    Their sentences are printed as `insecables` prints ours.
    """
    if not text:
        return mark_safe("")
    html = _markdown.render(str(text).replace("\x00", ""))
    html = html.replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    clean = nh3.clean(
        html,
        tags=ALLOWED_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes=ALLOWED_SCHEMES,
        link_rel="nofollow noopener noreferrer",
    )
    return mark_safe(clean)


def _typography(state: StateCore) -> None:
    """No-break spaces in the sentences, never in code nor in addresses."""
    for block in state.tokens:
        for piece in block.children or []:
            if piece.type == "text":
                piece.content = insecables(piece.content)


_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable("image")
_markdown.core.ruler.push("typography", _typography)


def _number(value: Any) -> Decimal | None:
    """`value` as an exact decimal; None when it is empty, not finite, or not a number."""
    if value is None or value == "" or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.adjusted() < LONGEST_NUMBER else None


def _rounded(number: Decimal, places: int) -> Decimal:
    rounded = number.quantize(Decimal(1).scaleb(-places), context=WIDE)
    return abs(rounded) if rounded.is_zero() else rounded


def _digits(number: Decimal, trim: bool = False) -> str:
    text = f"{number:,f}"
    if trim and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(",", THIN).replace(".", ",")


def _day(value: Any) -> date | None:
    if isinstance(value, str):
        try:
            value = parse_date(value) or parse_datetime(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    return value if isinstance(value, date) else None

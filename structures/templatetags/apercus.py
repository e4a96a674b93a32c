"""{% liste_apercus apercus comparer %}: the results of a search as a list of cards."""

from collections.abc import Iterable

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from structures.presentation.apercus import Apercu

register = template.Library()


@register.simple_tag
def liste_apercus(apercus: Iterable[Apercu], comparer: str = "") -> SafeString:
    """`comparer` is the address that one more structure to compare is added to; without it, cards do not offer it."""
    lead = str(escape(comparer))
    cards = "\n".join(apercu.html(lead) for apercu in apercus)
    return mark_safe(f'<ul class="results apercus">\n{cards}\n</ul>')

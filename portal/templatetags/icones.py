"""{% load lucide %} as everywhere, each icon drawn once: reading and writing its XML costs a tenth of a millisecond.

The settings give this module the name of the library's own, so that no template has to know.
"""

from functools import lru_cache

from django import template
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide as draw

register = template.Library()


@lru_cache(maxsize=1_000)
def _drawn(name: str, size: int | None, attributes: tuple[tuple[str, object], ...]) -> SafeString:
    return mark_safe(draw(name, size=size, **dict(attributes)))


@register.simple_tag
def lucide(name: str, *, size: int | None = 24, **attributes: object) -> SafeString:
    return _drawn(str(name), size, tuple(sorted(attributes.items())))

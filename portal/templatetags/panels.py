"""{% panels object %}: what upper floors have to show on the page of an object."""

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from portal.panels import panels_for

register = template.Library()


@register.simple_tag(takes_context=True)
def panels(context, obj) -> SafeString:
    """Each panel of `obj` for the `acteur` of the request, rendered with the request, one after the other."""
    request = context.get("request")
    acteur = getattr(request, "acteur", None)
    rendered = [
        render_to_string(name, {"object": obj, "acteur": acteur, **given}, request=request)
        for name, given in panels_for(obj, acteur)
    ]
    return mark_safe("\n".join(rendered))

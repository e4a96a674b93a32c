"""{% panels object %}: what upper floors have to show on the page of an object."""

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from portal.panels import panels_for

register = template.Library()


@register.simple_tag(takes_context=True)
def panels(context, obj) -> SafeString:
    """Each panel of `obj` for the `acteur` of the request, rendered with the request, one after the other."""
    request = context.get("request")
    acteur = getattr(request, "acteur", None)
    # What a panel may know of the page: who asks, and how to post a form; never the page's own variables.
    known = {"request": request, "csrf_token": context.get("csrf_token"), "acteur": acteur, "object": obj}
    rendered = [
        get_template(name).template.render(context.new({**known, **given})) for name, given in panels_for(obj, acteur)
    ]
    return mark_safe("\n".join(rendered))

"""Choosing for which of one's organisations one acts."""

from django.http import Http404, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from structures.middleware import SESSION_KEY

DEFAULT_NEXT = "pages:tableau_de_bord"


@require_POST
def agir(request):
    """Act for the membership `membre`, one's own and active, otherwise 404; then go to `suite`, or to the dashboard."""
    chosen = request.POST.get("membre", "")
    membre = next((membre for membre in request.membres.membres if str(membre.pk) == chosen), None)
    if membre is None:
        raise Http404("Ce rattachement n'est pas le vôtre.")
    request.session[SESSION_KEY] = membre.pk
    return HttpResponseRedirect(_next(request))


def _next(request) -> str:
    """The page asked for, when it is one of ours."""
    asked = request.POST.get("suite", "")
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if safe else resolve_url(DEFAULT_NEXT)

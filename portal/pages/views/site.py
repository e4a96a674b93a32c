"""Notices of the site, and what robots and browsers ask for."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse

from portal.depots import KEPT
from portal.pages import sitemap as addresses
from structures.actions import equipe, revendications


@login_not_required
def mentions_legales(request):
    return render(request, "pages/mentions_legales.html")


@login_not_required
def accessibilite(request):
    return render(request, "pages/accessibilite.html")


@login_not_required
def credits(request):
    return render(request, "pages/credits.html")


@login_not_required
def donnees_personnelles(request):
    context = {
        "echanges_jours": settings.ECHANGES_JOURS,
        "lien_jours": revendications.LINK_LASTS.days,
        "invitation_jours": equipe.LINK_LASTS.days,
        "depot_heures": KEPT // timedelta(hours=1),
    }
    return render(request, "pages/donnees_personnelles.html", context)


@login_not_required
def robots(request):
    lines = [
        "User-agent: *",
        *(f"Disallow: {reverse(name)}" for name in ("pages:tableau_de_bord", "pages:mes_temoignages", "clauses:list")),
        f"Allow: {reverse('clauses:calculateur')}",
        f"Sitemap: {request.build_absolute_uri(reverse('pages:sitemap'))}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@login_not_required
def sitemap(request):
    """Every public page, streamed: the whole is never held in memory."""
    return StreamingHttpResponse(addresses.as_xml(request), content_type="application/xml; charset=utf-8")


@login_not_required
def favicon(request):
    return redirect(static("img/favicon.svg"), permanent=True)

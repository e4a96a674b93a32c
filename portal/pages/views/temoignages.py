"""Stories as everybody reads them."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import get_object_or_404, redirect, render

from portal.pages.filters import TemoignageFilter
from portal.pages.models import Temoignage
from portal.pages.presentation import story_context
from portal.pagination import paginate


@login_not_required
def list(request):
    filtre = TemoignageFilter(request.GET, queryset=Temoignage.objects.open_to(request.acteur))
    page = paginate(filtre.qs.for_cards(), request, per_page=12)
    return render(request, "pages/temoignage_list.html", {"filtre": filtre, "page": page})


@login_not_required
def detail(request, pk, slug):
    temoignage = get_object_or_404(Temoignage.objects.reachable_by(request.acteur).for_detail(), pk=pk)
    if temoignage.asks_to_sign_in(request.acteur):
        return redirect_to_login(request.get_full_path())
    if slug != temoignage.slug:
        return redirect(temoignage, permanent=True)
    return render(request, "pages/temoignage_detail.html", story_context(temoignage, request))

"""The home page."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import render
from django.utils import timezone

from portal.pages.stats import accueil as stats


@login_not_required
def accueil(request):
    context = {
        "chiffres": stats.chiffres(),
        "carte": stats.carte_structures(),
        "marches": stats.marches_recents(timezone.localdate()),
        "temoignages": stats.derniers_temoignages(request.acteur),
    }
    return render(request, "pages/accueil.html", context)

"""What everybody may read of hours of insertion, year by year."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import render

from portal.pages.stats import publiques
from portal.tables import csv_response


@login_not_required
def statistiques(request):
    """The latest year published, or the one asked; a région of it, a sector, or a sector in a région."""
    found = publiques.page(*(request.GET.get(name, "") for name in ("annee", "region", "secteur")))
    return render(request, "pages/statistiques.html", {"statistiques": found, "mesures": publiques.MESURES})


@login_not_required
def statistiques_csv(request, annee):
    found = publiques.page(str(annee), "")
    if found is None or found.annee != annee:
        raise Http404("Aucune statistique publiée pour cette année.")
    return csv_response(f"statistiques-{annee}.csv", publiques.ENTETES, publiques.csv_rows(found))

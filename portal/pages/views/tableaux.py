"""What each role finds on signing in, and the reports of imports."""

from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from portal.models import Importation
from portal.pages.stats import tableaux
from portal.pagination import paginate
from portal.permissions import Role, role_required
from structures.actions.importations import visible_importations


def tableau_de_bord(request):
    today = timezone.localdate()
    template, context = tableaux.tableau(request.acteur, today)
    return render(request, template, context | {"aujourdhui": today, "mois": tableaux.mois_a_declarer(today)})


@role_required(Role.ADMINISTRATION, Role.RESEAU)
def importation(request, pk):
    """The whole report of one file; a network reads those of its own files."""
    everything = request.acteur.has(Role.ADMINISTRATION)
    rows = Importation.objects.all() if everything else visible_importations(request.acteur)
    importation = get_object_or_404(rows.select_related("par"), pk=pk)
    rapport = tableaux.Rapport.read(importation.rapport)
    context = {
        "importation": importation,
        "rapport": rapport,
        "ecartes": paginate(rapport.ecartes, request, per_page=50),
        "signalements": paginate(rapport.signalements, request, per_page=50, parameter="signalements"),
    }
    return render(request, "pages/importation_detail.html", context)

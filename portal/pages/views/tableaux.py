"""What each role finds on signing in, and the reports of imports."""

from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from marches.actions import importations as contracts
from marches.importers.avis import FORMAT as FORMAT_AVIS
from portal.models import Importation
from portal.pages.stats import tableaux
from portal.pages.stats.formats import nom_du_format
from portal.pagination import paginate
from portal.permissions import Role, role_required
from structures.actions.importations import visible_importations

AUCUN_ECART = {
    False: "Aucun enregistrement écarté\u00a0: tout le fichier est dans le portail.",
    True: "Aucun enregistrement n'avait été écarté.",
}


def tableau_de_bord(request):
    today = timezone.localdate()
    template, context = tableaux.tableau(request.acteur, today)
    return render(request, template, context | {"aujourdhui": today, "mois": tableaux.mois_a_declarer(today)})


@role_required(Role.ADMINISTRATION, Role.RESEAU, Role.ACHETEUR)
def importation(request, pk):
    """The whole report of one file; a network and a buyer read those of their own files."""
    acteur = request.acteur
    if acteur.has(Role.ADMINISTRATION):
        rows = Importation.objects.all()
    else:
        rows = visible_importations(acteur) if acteur.has(Role.RESEAU) else contracts.visible_importations(acteur)
    importation = get_object_or_404(rows.select_related("par"), pk=pk)
    rapport = tableaux.Rapport.read(importation.rapport)
    known = importation.rapport if isinstance(importation.rapport, dict) else {}
    # While they run, those of the register have a panel that says how far they are.
    followed = not importation.terminee_le and importation.format in {*contracts.CLES, FORMAT_AVIS}
    context = {
        "importation": importation,
        "nom_format": nom_du_format(importation.format),
        "rapport": rapport,
        "aucun_ecart": AUCUN_ECART[importation.etat == Importation.Etat.ANNULEE],
        "sans_rapport": not followed and not {"etape", "echec"} & known.keys(),
        "ecartes": paginate(rapport.ecartes, request, per_page=50),
        "signalements": paginate(rapport.signalements, request, per_page=50, parameter="signalements"),
    }
    return render(request, "pages/importation_detail.html", context)

"""Files of contracts and of notices: left, read, confirmed, followed, taken back.

Administration brings any file, a buyer the contracts of their own.
"""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from marches import presentation_imports as presentation
from marches.actions import importations as actions
from marches.forms.importations import FichierMarchesForm
from marches.importers.formats import FORMATS
from portal import depots
from portal.imports import FichierRefuse
from portal.pagination import paginate
from portal.permissions import Role, role_required

BY = (Role.ACHETEUR, Role.ADMINISTRATION)


@role_required(*BY)
def importations(request):
    rows = actions.listed(request.acteur).select_related("par")
    return render(request, "marches/importation_list.html", {"page": paginate(rows, request)})


@role_required(*BY)
def importer(request):
    """Contracts or notices: the content of the file chooses the engine."""
    form = FichierMarchesForm(request.POST, request.FILES) if request.method == "POST" else FichierMarchesForm()
    if form.is_valid():
        try:
            depot = actions.deposer(form.cleaned_data["fichier"], by=request.acteur)
        except FichierRefuse as refusal:
            form.add_error("fichier", str(refusal))
        else:
            return redirect("marches:import_apercu", pk=depot.pk)
    context = {
        "form": form,
        "formats": [format.nom for format in FORMATS],
        "avis": request.acteur.has(Role.ADMINISTRATION),
    }
    return render(request, "marches/import_form.html", context)


@role_required(*BY)
def apercu(request, pk):
    """What the file holds, or how far its reading is; nothing is written."""
    depot = depots.reprendre(pk, actions.USAGE, request.user)
    if depot.choix.get("etape") != actions.LU:
        context = {"depot": depot, "lus": depot.choix.get("lus", 0), "avis": depot.choix.get("avis", False)}
        return render(request, "marches/import_lecture.html", context)
    context = {
        "depot": depot,
        "fichiers": presentation.fichiers(depot.choix),
        "refus": actions.refus_de(depot.choix, request.acteur),
    }
    return render(request, "marches/import_apercu.html", context)


@role_required(*BY)
@require_POST
def confirmer(request, pk):
    depot = depots.reprendre(pk, actions.USAGE, request.user)
    if depot.choix.get("etape") != actions.LU or actions.refus_de(depot.choix, request.acteur):
        return redirect("marches:import_apercu", pk=depot.pk)
    importation = actions.importer(depot, by=request.acteur)
    return redirect("pages:importation", pk=importation.pk)


@role_required(*BY)
@require_POST
def abandonner(request, pk):
    depots.reprendre(pk, actions.USAGE, request.user).delete()
    messages.success(request, "Le fichier est effacé, rien n'a été importé.")
    return redirect("marches:import_contrats")


@role_required(*BY)
@require_POST
def relancer(request, pk):
    importation = get_object_or_404(actions.visible_importations(request.acteur), pk=pk)
    if importation.terminee_le:
        messages.info(request, "Cet import est terminé.")
    elif actions.relancer(importation):
        messages.success(request, "L'import reprend où il en était dès qu'une place se libère.")
    else:
        messages.warning(
            request, "Le fichier n'est plus là\u00a0: déposez-le de nouveau, l'import reprendra où il en était."
        )
    return redirect("pages:importation", pk=importation.pk)


@role_required(*BY)
def annuler(request, pk):
    """Asks first, then takes the import back."""
    importation = get_object_or_404(actions.visible_importations(request.acteur), pk=pk)
    if not actions.can_be_taken_back(importation):
        messages.warning(request, "Cet import est déjà annulé.")
        return redirect("pages:importation", pk=importation.pk)
    if request.method == "POST":
        try:
            actions.annuler(importation, by=request.acteur)
        except actions.DejaAnnulee:
            messages.warning(request, "Cet import est déjà annulé.")
        else:
            messages.success(request, "L'import est annulé\u00a0: voici ce qu'il est advenu des lots.")
        return redirect("pages:importation", pk=importation.pk)
    context = {"importation": importation, "enregistrements": actions.records_of(importation)}
    return render(request, "marches/importation_annuler.html", context)

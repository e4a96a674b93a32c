"""Files of structures brought by a network or the administration: file, columns, preview, report, and back."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal import depots
from portal.imports import FichierRefuse
from portal.pagination import paginate
from portal.permissions import Role, role_required
from structures.actions import importations as actions
from structures.forms.importations import KIND, ColonnesForm, FichierForm
from structures.importers.tableau import CHAMPS, USAGE
from structures.models import Reseau

BY = (Role.RESEAU, Role.ADMINISTRATION)


@role_required(*BY)
def importations(request):
    rows = actions.visible_importations(request.acteur).select_related("par")
    return render(request, "structures/importation_list.html", {"page": paginate(rows, request)})


@role_required(*BY)
def import_structures(request):
    form = FichierForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            depot = depots.deposer(form.cleaned_data["fichier"], USAGE, request.user)
            depots.entetes(depot)
        except FichierRefuse as refusal:
            form.add_error("fichier", str(refusal))
        else:
            return redirect("structures:import_correspondance", pk=depot.pk)
    return render(request, "structures/import_form.html", {"form": form, "champs": CHAMPS, "reseau": _reseau(request)})


@role_required(*BY)
def import_correspondance(request, pk):
    depot = depots.reprendre(pk, USAGE, request.user)
    try:
        entetes = depots.entetes(depot)
    except FichierRefuse as refusal:
        return _refused(request, refusal)
    chosen = depot.choix.get("colonnes", {}) | {KIND: depot.choix.get("kind", "")} if depot.choix else None
    form = ColonnesForm(entetes, request.POST or None, initial=chosen)
    if form.is_valid():
        reseau = _reseau(request)
        depot.choix = {
            "colonnes": form.mapping,
            "kind": form.cleaned_data[KIND],
            "reseau": reseau.slug if reseau else "",
            "organisation": request.acteur.organisation_id or 0,
        }
        depot.save(update_fields=["choix"])
        return redirect("structures:import_apercu", pk=depot.pk)
    return render(request, "structures/import_correspondance.html", {"form": form, "depot": depot})


@role_required(*BY)
def import_apercu(request, pk):
    """What the import would do; nothing is written."""
    depot = depots.reprendre(pk, USAGE, request.user)
    if not _ready(request, depot):
        return redirect("structures:import_correspondance", pk=depot.pk)
    try:
        essai = actions.essayer(depot, timezone.localdate())
    except FichierRefuse as refusal:
        return _refused(request, refusal)
    context = {
        "depot": depot,
        "report": essai.report,
        "lignes": essai.lignes,
        "a_importer": essai.report.lus - len(essai.report.ecartes),
        "ecartes": paginate(essai.report.ecartes, request, per_page=50),
        "signalements": paginate(essai.report.signalements, request, per_page=50, parameter="signalements"),
        "reseau": _reseau(request),
    }
    return render(request, "structures/import_apercu.html", context)


@role_required(*BY)
@require_POST
def import_confirmer(request, pk):
    depot = depots.reprendre(pk, USAGE, request.user)
    if not _ready(request, depot):
        return redirect("structures:import_correspondance", pk=depot.pk)
    try:
        lines = sum(1 for _ in depots.table(depot, on_bad_row=lambda error: None))
    except FichierRefuse as refusal:
        return _refused(request, refusal)
    importation = actions.importer(depot, by=request.acteur, lines=lines)
    return redirect("pages:importation", pk=importation.pk)


@role_required(*BY)
@require_POST
def import_abandonner(request, pk):
    depots.reprendre(pk, USAGE, request.user).delete()
    messages.success(request, "Le fichier est effacé, rien n'a été importé.")
    return redirect("structures:import_structures")


@role_required(*BY)
def importation_annuler(request, pk):
    """Asks first, then takes the import back."""
    importation = get_object_or_404(actions.visible_importations(request.acteur), pk=pk)
    if not actions.can_be_taken_back(importation):
        messages.warning(request, "Cet import est déjà annulé, ou n'est pas terminé.")
        return redirect("pages:importation", pk=importation.pk)
    if request.method == "POST":
        try:
            actions.annuler(importation, by=request.acteur)
        except actions.DejaAnnulee:
            messages.warning(request, "Cet import est déjà annulé.")
        else:
            messages.success(request, "L'import est annulé\u00a0: voici ce qu'il est advenu des structures.")
        return redirect("pages:importation", pk=importation.pk)
    context = {"importation": importation, "fiches": actions.records_of(importation)}
    return render(request, "structures/importation_annuler.html", context)


def _reseau(request) -> Reseau | None:
    """The network on whose behalf the file comes, when there is one."""
    if not request.acteur.has(Role.RESEAU):
        return None
    return Reseau.objects.filter(organisation=request.acteur.organisation_id or 0).first()


def _ready(request, depot) -> bool:
    """Columns chosen, for the organisation one acts for now."""
    return bool(depot.choix.get("colonnes")) and depot.choix.get("organisation") == (
        request.acteur.organisation_id or 0
    )


def _refused(request, refusal: FichierRefuse):
    messages.error(request, str(refusal))
    return redirect("structures:import_structures")

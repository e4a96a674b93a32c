"""Files of structures brought by a network or the administration: file, columns, preview, report, and back."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal import depots
from portal.imports import FichierRefuse
from portal.pagination import paginate
from portal.permissions import Role, role_required
from structures.actions import annulation, essais
from structures.actions import importations as actions
from structures.forms.importations import KIND, ColonnesForm, DateListeForm, FichierStructuresForm
from structures.importers.data_inclusion import FORMAT
from structures.importers.depots import LIBELLES, NATIONALES, SANS_DATE
from structures.importers.tableau import CHAMPS, USAGE, Choix
from structures.upsert import SOURCES

DATA_INCLUSION = FORMAT.name
ANNULE = "L'import est annulé\u00a0: voici ce qu'il est advenu des structures."
EN_FILE = "L'annulation est en file\u00a0: cette page dira ce qu'il en est advenu."
BY = (Role.RESEAU, Role.ADMINISTRATION)


@role_required(*BY)
def importations(request):
    page = paginate(actions.visible_importations(request.acteur).select_related("par"), request)
    for importation in page:
        importation.libelle = SOURCES[importation.format]
    return render(request, "structures/importation_list.html", {"page": page})


@role_required(*BY)
def import_structures(request):
    form = FichierStructuresForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            depot = depots.deposer(form.cleaned_data["fichier"], USAGE, request.user)
            ready = actions.reconnaitre(depot, by=request.acteur)
        except FichierRefuse as refusal:
            form.add_error("fichier", str(refusal))
        else:
            return redirect(f"structures:{'import_apercu' if ready else 'import_correspondance'}", pk=depot.pk)
    context = {
        "form": form,
        "champs": CHAMPS,
        "nationales": [format.libelle for format in NATIONALES.values()],
        "reseau": actions.reseau_of(request.acteur),
    }
    return render(request, "structures/import_form.html", context)


@role_required(*BY)
def import_correspondance(request, pk):
    """Columns of a table; a list of EA may be read so as well."""
    depot = depots.reprendre(pk, USAGE, request.user)
    try:
        if depot.choix.get("format") == DATA_INCLUSION:  # no column to choose: only told again for whom it comes
            actions.reconnaitre(depot, by=request.acteur)
            return redirect("structures:import_apercu", pk=depot.pk)
        entetes = depots.entetes(depot)
    except FichierRefuse as refusal:
        return _refused(request, refusal)
    chosen = depot.choix["colonnes"] | {KIND: depot.choix.get("kind", "")} if "colonnes" in depot.choix else None
    form = ColonnesForm(entetes, request.POST or None, initial=chosen)
    if form.is_valid():
        actions.choisir(depot, form.mapping, form.cleaned_data[KIND], by=request.acteur)
        return redirect("structures:import_apercu", pk=depot.pk)
    return render(request, "structures/import_correspondance.html", {"form": form, "depot": depot})


@role_required(*BY)
def import_apercu(request, pk):
    """What the import would do; nothing is written but, for an official list, the day it was published."""
    depot = depots.reprendre(pk, USAGE, request.user)
    choix = _ready(request, depot)
    if choix is None:
        return redirect("structures:import_correspondance", pk=depot.pk)
    form = None
    if choix.format in SANS_DATE:
        form = DateListeForm(request.POST or None, initial={"publie_le": choix.publie_le})
        if form.is_valid():
            actions.dater(depot, form.cleaned_data["publie_le"])
            return redirect("structures:import_apercu", pk=depot.pk)
    try:
        essai = essais.essai_de(depot, timezone.localdate())
    except FichierRefuse as refusal:
        return _refused(request, refusal)
    if isinstance(essai, essais.Lecture):
        return render(request, "structures/import_lecture.html", {"depot": depot, "lus": essai.lus})
    context = {
        "depot": depot,
        "date_form": form,
        "publie_le": choix.publie_le,
        "nationale": choix.format in NATIONALES,
        "format": choix.format,
        "rang": "Rang" if choix.format == DATA_INCLUSION else "Ligne",
        "libelle": LIBELLES[choix.format],
        "report": essai.report,
        "lignes": essai.lignes,
        "a_importer": essai.report.lus - essai.report.nb_ecartes,
        "ecartes": paginate(essai.report.ecartes, request, per_page=50),
        "signalements": paginate(essai.report.signalements, request, per_page=50, parameter="signalements"),
        "reseau": actions.reseau_of(request.acteur),
    }
    return render(request, "structures/import_apercu.html", context)


@role_required(*BY)
@require_POST
def import_confirmer(request, pk):
    depot = depots.reprendre(pk, USAGE, request.user)
    if _ready(request, depot) is None:
        return redirect("structures:import_correspondance", pk=depot.pk)
    try:
        importation = actions.importer(depot, by=request.acteur)
    except FichierRefuse as refusal:
        return _refused(request, refusal)
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
    if not annulation.can_be_taken_back(importation):
        messages.warning(request, "Cet import est déjà annulé, ou n'est pas terminé.")
        return redirect("pages:importation", pk=importation.pk)
    if request.method == "POST":
        try:
            done = annulation.annuler(importation, by=request.acteur)
        except annulation.DejaAnnulee:
            messages.warning(request, "Cet import est déjà annulé.")
        else:
            messages.success(request, ANNULE if done else EN_FILE)
        return redirect("pages:importation", pk=importation.pk)
    context = {"importation": importation, "fiches": annulation.records_of(importation)}
    return render(request, "structures/importation_annuler.html", context)


def _ready(request, depot) -> Choix | None:
    """What was answered, when nothing is missing and it is for the organisation one acts for now."""
    choix = Choix.read(depot.choix)
    mine = actions.de_la_part(request.acteur)
    return choix if choix and all(depot.choix.get(name) == value for name, value in mine.items()) else None


def _refused(request, refusal: FichierRefuse):
    messages.error(request, str(refusal))
    return redirect("structures:import_structures")

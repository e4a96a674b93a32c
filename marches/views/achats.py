"""« Mes achats »: what a buyer really bought, and the share of it that went to the directory."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from marches.actions import ActionRefusee
from marches.actions import achats as actions
from marches.exporters import achats as exporters
from marches.filters import AchatFilter
from marches.forms.achats import AchatsColonnesForm, AchatsFichierForm
from marches.importers.achats import CHAMPS, USAGE
from marches.models import AchatRealise, FichierAchats
from marches.stats.achats import synthese
from marches.tableau_achats import apercu_of, avancement_of, figures, rapport_of
from portal import depots
from portal.imports import FichierRefuse
from portal.pagination import paginate
from portal.permissions import Role, role_required
from portal.tables import TableError, csv_response, xlsx_response

acheteurs = role_required(Role.ACHETEUR)


@acheteurs
def tableau(request):
    achats = AchatRealise.objects.visible_to(request.acteur)
    filtre = AchatFilter(request.GET, queryset=achats)
    fichiers = FichierAchats.objects.visible_to(request.acteur).defer("rapport").with_etat()
    context = {"filtre": filtre, "fichiers": fichiers}
    if filtre.annees:
        found = synthese(filtre.qs, filtre.annee_choisie)
        context |= {"synthese": found, "annee": filtre.annee_choisie} | figures(found)
    return render(request, "marches/achats.html", context)


# A file, step by step -----------------------------------------------------------------------------------------------
@acheteurs
def deposer(request):
    form = AchatsFichierForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            depot = _deposit(form.cleaned_data["fichier"], request)
        except (FichierRefuse, ActionRefusee) as refusal:
            form.add_error("fichier", str(refusal))
        else:
            return redirect("marches:achats_colonnes", pk=depot.pk)
    return render(request, "marches/achats_deposer.html", {"form": form, "champs": CHAMPS})


def _deposit(upload, request):
    """The file kept for the next steps; FichierRefuse or ActionRefusee, and nothing is kept, when it cannot serve."""
    depot = depots.deposer(upload, USAGE, request.user)
    try:
        depots.entetes(depot)
        actions.refuse_twice(actions.empreinte(depot), request.acteur)
    except (FichierRefuse, ActionRefusee):
        depot.delete()
        raise
    depot.choix = {"organisation": request.acteur.organisation_id}
    depot.save(update_fields=["choix"])
    return depot


def _depot(request, pk):
    """The file this user left for the organisation they act for now; 404 otherwise."""
    depot = depots.reprendre(pk, USAGE, request.user)
    if depot.choix.get("organisation") != request.acteur.organisation_id:
        raise Http404("Ce fichier a été déposé pour une autre organisation.")
    return depot


@acheteurs
def colonnes(request, pk):
    depot = _depot(request, pk)
    entetes = depots.entetes(depot)
    last = FichierAchats.objects.visible_to(request.acteur).first()
    known = {**(last.rapport.get("colonnes", {}) if last else {}), **depot.choix.get("colonnes", {})}
    initial = {name: header for name, header in known.items() if header in entetes}
    initial["annee"] = depot.choix.get("annee")
    form = AchatsColonnesForm(entetes, request.POST or None, on=timezone.localdate(), initial=initial)
    if form.is_valid():
        depot.choix |= {"colonnes": form.mapping, "annee": form.cleaned_data["annee"]}
        depot.save(update_fields=["choix"])
        return redirect("marches:achats_apercu", pk=depot.pk)
    return render(request, "marches/achats_colonnes.html", {"depot": depot, "form": form, "rappel": bool(known)})


@acheteurs
def apercu(request, pk):
    depot = _depot(request, pk)
    mapping, annee = depot.choix.get("colonnes"), depot.choix.get("annee")
    if not mapping:
        return redirect("marches:achats_colonnes", pk=depot.pk)
    if request.method == "POST":
        try:
            fichier = actions.importer(
                depot=depot,
                mapping=mapping,
                annee=annee,
                by=request.acteur,
                on=timezone.localdate(),
                lignes=depot.choix.get("lignes"),
            )
        except ActionRefusee as refusal:
            messages.warning(request, str(refusal))
            return redirect("marches:achats_colonnes", pk=pk)
        if "etape" not in fichier.rapport:
            messages.success(request, "Vos achats sont enregistrés et rapprochés de l'annuaire.")
        return redirect(fichier)
    try:
        context = apercu_of(depot, mapping, annee, timezone.localdate())
    except TableError as refusal:
        messages.warning(request, str(refusal))
        return redirect("marches:achats_deposer")
    if depot.choix.get("lignes") != context["lues"]:  # so that saving them can say how far it is
        depot.choix |= {"lignes": context["lues"]}
        depot.save(update_fields=["choix"])
    return render(request, "marches/achats_apercu.html", {"depot": depot} | context)


# Files --------------------------------------------------------------------------------------------------------------
@acheteurs
def fichier(request, pk):
    found = get_object_or_404(FichierAchats.objects.visible_to(request.acteur).select_related("par"), pk=pk)
    if "etape" in found.rapport:
        return render(request, "marches/achats_attente.html", {"fichier": found, "avancement": avancement_of(found)})
    rapport = rapport_of(found)
    context = {
        "fichier": found,
        "rapport": rapport,
        "ecartes": paginate(rapport.ecartes, request),
        "signalements": paginate(rapport.signalements, request, parameter="signales"),
    }
    return render(request, "marches/achats_fichier.html", context)


@require_POST
@acheteurs
def supprimer(request, pk):
    found = get_object_or_404(FichierAchats.objects.visible_to(request.acteur), pk=pk)
    actions.supprimer(found)
    messages.success(request, f"Le fichier «\u00a0{found.nom}\u00a0» et ses achats sont retirés.")
    return redirect("marches:achats")


@require_POST
@acheteurs
def rapprocher(request):
    before, after = actions.rapprocher_de_nouveau(by=request.acteur, on=timezone.localdate())
    messages.success(
        request,
        f"Vos fournisseurs sont comparés à l'annuaire d'aujourd'hui\u00a0: {after} lignes inclusives ({before} "
        "auparavant).",
    )
    return redirect("marches:achats")


# Out ----------------------------------------------------------------------------------------------------------------
def _download(request, name, header, rows):
    if request.GET.get("format") == "xlsx":
        return xlsx_response(f"{name}.xlsx", header, rows)
    return csv_response(f"{name}.csv", header, rows)


@acheteurs
def export(request):
    filtre = AchatFilter(request.GET, queryset=AchatRealise.objects.visible_to(request.acteur))
    achats = filtre.qs if filtre.annee_choisie is None else filtre.qs.filter(annee=filtre.annee_choisie)
    return _download(request, "achats", exporters.LIGNES, exporters.lignes(achats))


@acheteurs
def export_synthese(request):
    filtre = AchatFilter(request.GET, queryset=AchatRealise.objects.visible_to(request.acteur))
    rows = exporters.synthese(synthese(filtre.qs, filtre.annee_choisie))
    return _download(request, "achats-synthese", exporters.SYNTHESE, rows)

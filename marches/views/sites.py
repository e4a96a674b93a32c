"""The sites of a buyer and the people met there: kept, imported from a list."""

from django.contrib import messages
from django.db.models import Count
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from marches.actions import ActionRefusee
from marches.actions import sites as actions
from marches.actions.marches import acheteur_of
from marches.forms.sites import ReferentForm, SiteForm, SitesFichierForm, SitesFilterForm
from marches.importers.sites import CHAMPS, USAGE
from marches.models import ReferentAcheteur, Site
from portal import depots
from portal.correspondance import CorrespondanceForm
from portal.imports import FichierRefuse, ImportReport
from portal.pagination import paginate
from portal.permissions import Role, role_required
from structures.models import Commune

acheteurs = role_required(Role.ACHETEUR)
MOST_SHOWN = 30  # rows of a preview


@acheteurs
def list(request):
    form = SitesFilterForm(request.GET)
    mine = Site.objects.editable_by(request.acteur)
    sites = form.apply(mine).select_related("commune").annotate(nb_lots=Count("lots")).order_by("nom", "pk")
    context = {
        "form": form,
        "page": paginate(sites, request),
        "referents": ReferentAcheteur.objects.editable_by(request.acteur).annotate(nb_sites=Count("sites")),
        "vide": not mine.exists(),
    }
    return render(request, "marches/site_list.html", context)


@acheteurs
def create(request):
    return _edit(request, Site())


@acheteurs
def edit(request, pk):
    rows = Site.objects.editable_by(request.acteur).select_related("commune__departement")
    return _edit(request, get_object_or_404(rows, pk=pk))


def _edit(request, site):
    form = SiteForm(request.POST if request.method == "POST" else None, instance=site)
    if form.is_valid():
        try:
            actions.save(site=site, values=form.values, by=request.acteur)
        except ActionRefusee as refusal:
            form.add_error("code", str(refusal))
        else:
            messages.success(request, "Le site est enregistré.")
            return redirect("marches:sites")
    context = {"form": form, "site": site, "titre": "Modifier le site" if site.pk else "Nouveau site"}
    return render(request, "marches/site_form.html", context)


@acheteurs
@require_POST
def delete(request, pk):
    site = get_object_or_404(Site.objects.editable_by(request.acteur), pk=pk)
    try:
        actions.supprimer(site)
    except ActionRefusee as refusal:
        messages.warning(request, str(refusal))
        return redirect("marches:site_edit", pk=pk)
    messages.success(request, "Le site est supprimé.")
    return redirect("marches:sites")


# People met on the sites ----------------------------------------------------------------------------------------------
@acheteurs
def referent_create(request):
    return _edit_referent(request, ReferentAcheteur())


@acheteurs
def referent_edit(request, pk):
    return _edit_referent(request, get_object_or_404(ReferentAcheteur.objects.editable_by(request.acteur), pk=pk))


def _edit_referent(request, referent):
    form = ReferentForm(request.POST if request.method == "POST" else None, instance=referent)
    if form.is_valid():
        try:
            actions.save_referent(referent=referent, values=form.values, by=request.acteur)
        except ActionRefusee as refusal:
            form.add_error("fonction", str(refusal))
        else:
            messages.success(request, "Le référent est enregistré.")
            return redirect("marches:sites")
    context = {
        "form": form,
        "referent": referent,
        "titre": "Modifier le référent" if referent.pk else "Nouveau référent",
    }
    return render(request, "marches/referent_form.html", context)


@acheteurs
@require_POST
def referent_delete(request, pk):
    get_object_or_404(ReferentAcheteur.objects.editable_by(request.acteur), pk=pk).delete()
    messages.success(request, "Le référent est supprimé\u00a0; ses sites n'en ont plus.")
    return redirect("marches:sites")


# A list of sites, step by step ----------------------------------------------------------------------------------------
@acheteurs
def deposer(request):
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = SitesFichierForm(data, files)
    if form.is_valid():
        try:
            depot = depots.deposer(form.cleaned_data["fichier"], USAGE, request.user)
            try:
                depots.entetes(depot)
            except FichierRefuse:
                depot.delete()
                raise
        except FichierRefuse as refusal:
            form.add_error("fichier", str(refusal))
        else:
            depot.choix = {"organisation": request.acteur.organisation_id}
            depot.save(update_fields=["choix"])
            return redirect("marches:sites_colonnes", pk=depot.pk)
    return render(request, "marches/sites_deposer.html", {"form": form, "champs": CHAMPS})


def _depot(request, pk):
    """The file this user left for the organisation they act for now; 404 otherwise."""
    depot = depots.reprendre(pk, USAGE, request.user)
    if depot.choix.get("organisation") != request.acteur.organisation_id:
        raise Http404("Ce fichier a été déposé pour une autre organisation.")
    return depot


@acheteurs
def colonnes(request, pk):
    depot = _depot(request, pk)
    if actions.rapport_of(depot):
        return redirect("marches:sites_apercu", pk=depot.pk)
    entetes = depots.entetes(depot)
    known = depot.choix.get("colonnes", {})
    initial = {name: header for name, header in known.items() if header in entetes}
    form = CorrespondanceForm(entetes, CHAMPS, request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        depot.choix |= {"colonnes": form.mapping}
        depot.save(update_fields=["choix"])
        return redirect("marches:sites_apercu", pk=depot.pk)
    return render(request, "marches/sites_colonnes.html", {"depot": depot, "form": form})


@acheteurs
def apercu(request, pk):
    """What the file would do, to confirm; once confirmed, what it did."""
    depot = _depot(request, pk)
    if report := actions.rapport_of(depot):
        return render(request, "marches/sites_rapport.html", {"rapport": report} | _faults(report))
    mapping = depot.choix.get("colonnes")
    if not mapping:
        return redirect("marches:sites_colonnes", pk=depot.pk)
    if request.method == "POST":
        try:
            actions.importer(depot=depot, mapping=mapping, by=request.acteur)
        except ActionRefusee as refusal:
            messages.warning(request, str(refusal))
            return redirect("marches:sites_colonnes", pk=pk)
        return redirect("marches:sites_apercu", pk=pk)
    report = ImportReport(depot.nom)
    try:
        found = actions.apercu(depot, mapping, report, acheteur_of(request.acteur))
    except FichierRefuse as refusal:
        messages.warning(request, str(refusal))
        return redirect("marches:sites_deposer")
    context = {
        "depot": depot,
        "rapport": report,
        "nouveaux": _with_towns(found.nouveaux[:MOST_SHOWN]),
        "modifies": _with_towns([lu for _, lu in found.modifies[:MOST_SHOWN]]),
        "gardes": report.crees + report.mis_a_jour + report.inchanges,
    }
    return render(request, "marches/sites_apercu.html", context | _faults(report))


def _with_towns(sites):
    """(site as understood, name of its commune or ""); one query."""
    codes = {lu.commune for lu in sites if lu.commune}
    names = dict(Commune.objects.filter(pk__in=codes).values_list("pk", "nom")) if codes else {}
    return [(lu, names.get(lu.commune, "")) for lu in sites]


def _faults(report):
    """The first of them: a file may hold thousands."""
    return {"ecarts": report.ecartes[:MOST_SHOWN], "signalements": report.signalements[:MOST_SHOWN]}

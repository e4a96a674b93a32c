"""The sites of a lot: who has which, whom to speak to there, how much work each holder has."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from marches.actions import ActionRefusee
from marches.actions import sites as actions
from marches.forms.sites import AttributionForm, SiteLotForm, SitesFilterForm
from marches.models import Lot, MembreGroupement, ReferentAcheteur, Site
from marches.stats.sites import charges
from marches.views.champs import own_lot, writers
from portal.pagination import paginate
from portal.permissions import Role, role_required

readers = role_required(Role.ACHETEUR, Role.ADMINISTRATION, Role.STRUCTURE, Role.ENTREPRISE)
MOST_ADDED = 5_000
PER_PAGE = 100


def _lot(request, pk) -> Lot:
    """A lot whose sites one may read: its buyer, its holders, administration."""
    rows = Lot.objects.select_related("marche__acheteur__organisation").defer("racines", "marche__racines")
    if request.acteur.has(Role.ACHETEUR, Role.ADMINISTRATION):
        return get_object_or_404(rows.editable_by(request.acteur), pk=pk)
    return get_object_or_404(rows.followed_by(request.acteur), pk=pk)


def _rows(lot):
    """Its sites, those without anybody first."""
    rows = lot.sites.select_related("site__commune", "organisation", "referent")
    return sorted(rows, key=lambda row: (row.organisation_id is not None, row.site.nom, row.pk))


def _charges(lot, rows, porteurs):
    members = MembreGroupement.objects.filter(groupement__lot=lot, groupement__retenu=True)
    parts = dict(members.values_list("organisation", "part"))
    return charges(rows, {pk: body.nom for pk, body in porteurs.items()}, parts)


@readers
def sites(request, pk):
    """The table of the sites; the buyer gives them to the holders from here."""
    lot = _lot(request, pk)
    editable = request.acteur.has(Role.ACHETEUR, Role.ADMINISTRATION)
    rows, porteurs = _rows(lot), actions.porteurs(lot)
    form = None
    if editable:
        form = AttributionForm(
            request.POST if request.method == "POST" else None, lot=lot, porteurs=list(porteurs), rows=rows,
            referents=ReferentAcheteur.objects.of_buyer(lot.marche.acheteur),
        )  # fmt: skip
        if form.is_valid() and _apply(request, lot, form):
            return redirect("marches:lot_sites", pk=pk)
    context = {
        "lot": lot,
        "page": paginate(rows, request, per_page=PER_PAGE),
        "charges": _charges(lot, rows, porteurs),
        "form": form,
        "editable": editable,
        "mien": request.acteur.organisation_id,
    }
    return render(request, "marches/lot_sites.html", context)


def _apply(request, lot, form) -> bool:
    """Do what the pressed button asks on the chosen sites; False when the page has to say what is wrong."""
    chosen = form.chosen
    if not chosen:
        form.add_error("portee", "Aucun site n'est choisi\u00a0: cochez-en dans le tableau, ou choisissez un ensemble.")
        return False
    if "liberer" in request.POST:
        said = f"{actions.liberer(lot=lot, rows=chosen)} site(s) sans personne désormais."
    elif "sortir" in request.POST:
        said = f"{actions.sortir(lot=lot, rows=chosen)} site(s) sortis du lot."
    else:
        body, referent = form.cleaned_data["organisation"], form.cleaned_data["referent"]
        if body is None and referent is None:
            form.add_error("organisation", "Choisissez à qui confier ces sites, ou leur référent.")
            return False
        try:
            changed = actions.attribuer(lot=lot, rows=chosen, organisation=body, referent=referent)
        except ActionRefusee as refusal:
            form.add_error("organisation", str(refusal))
            return False
        said = f"{changed} site(s) mis à jour sur {len(chosen)} choisi(s)."
    messages.success(request, said)
    return True


@writers
def ajouter(request, pk):
    """Sites of the buyer to put in the lot: those ticked, or all those found."""
    lot = own_lot(request, pk)
    filtre = SitesFilterForm(request.GET)
    sites = Site.objects.of_buyer(lot.marche.acheteur)
    found = filtre.apply(sites).exclude(lots__lot=lot).select_related("commune").order_by("nom", "pk")
    if request.method == "POST":
        chosen = found
        if "tous" not in request.POST:
            keys = [key for key in request.POST.getlist("site")[:MOST_ADDED] if key.isascii() and key.isdecimal()]
            chosen = sites.filter(pk__in=[key for key in keys if len(key) < 19])
        added, there = actions.ajouter(lot=lot, sites=list(chosen[:MOST_ADDED]))
        if there:
            messages.warning(
                request, f"{there} site(s) étaient déjà dans le lot\u00a0: ils n'y sont pas mis deux fois."
            )
        if added:
            messages.success(request, f"{added} site(s) ajoutés au lot.")
        elif not there:
            messages.warning(request, "Aucun site n'est choisi\u00a0: cochez-en au moins un.")
            return redirect("marches:lot_sites_ajouter", pk=pk)
        return redirect("marches:lot_sites", pk=pk)
    context = {
        "lot": lot,
        "form": filtre,
        "page": paginate(found, request, per_page=PER_PAGE),
        "vide": not sites.exists(),
    }
    return render(request, "marches/lot_sites_ajouter.html", context)


@writers
def heures(request, pk, ligne):
    """The hours of work of one site."""
    lot = own_lot(request, pk)
    row = get_object_or_404(lot.sites.select_related("site"), pk=ligne)
    initial = {"heures_an": row.heures_an}
    form = SiteLotForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        row.heures_an = form.cleaned_data["heures_an"]
        row.save(update_fields=["heures_an"])
        messages.success(request, "Les heures du site sont enregistrées.")
        return redirect("marches:lot_sites", pk=pk)
    return render(request, "marches/lot_site_heures.html", {"lot": lot, "row": row, "form": form})


@readers
def imprimer(request, pk):
    """The whole table on paper, holder by holder."""
    lot = _lot(request, pk)
    rows = _rows(lot)
    context = {
        "lot": lot,
        "rows": sorted(
            rows, key=lambda row: (row.organisation_id is not None, str(row.organisation or ""), row.site.nom)
        ),
        "charges": _charges(lot, rows, actions.porteurs(lot)),
        "on": timezone.localdate(),
    }
    return render(request, "marches/lot_sites_imprimer.html", context)

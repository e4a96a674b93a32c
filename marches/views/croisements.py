"""Cross-checks of the register, and the exemptions from the duty of a social condition."""

import hashlib

from django.conf import settings
from django.db.models import Count
from django.shortcuts import render
from django.utils import timezone

from marches.croisements import comptes, croisements_of, gestes, lots_reaching, rows
from marches.enums import MotifDispense
from marches.exporters import croisements as exporters
from marches.forms.croisements import CroisementForm, DispenseFilterForm
from marches.models import DispenseSociale, Marche
from portal.pagination import paginate
from portal.perimetres import departements_of
from portal.permissions import Role, role_required
from portal.tables import csv_response, xlsx_response

reached = role_required(Role.ACHETEUR, Role.ADMINISTRATION)


@role_required(Role.ACHETEUR, Role.ADMINISTRATION, Role.FACILITATEUR, Role.RESEAU)
def croisements(request):
    acteur = request.acteur
    buyer, keeper = acteur.has(Role.ACHETEUR), acteur.has(Role.ACHETEUR, Role.ADMINISTRATION)
    form = CroisementForm(request.GET or None, several_buyers=not buyer, propres=departements_of(acteur))
    lots, checks = form.filter(lots_reaching(acteur)), croisements_of(acteur)
    choisi = next((each for each in checks if each.cle == request.GET.get("controle")), None)
    if request.GET.get("format") == "csv":
        asked = [choisi] if choisi else checks
        groups = [(each, each.faire if keeper else each.tiers, rows(lots, each)) for each in asked]
        name = f"controles-croises-{timezone.localdate():%Y-%m-%d}.csv"
        return csv_response(name, exporters.CROISEMENTS, exporters.croisements(groups, settings.SITE_URL))
    who = acteur.organisation.siren if buyer else acteur.role
    found = comptes(lots, checks, hashlib.sha256(f"{who}|{form.key}".encode()).hexdigest())
    context = {
        "form": form,
        "groupes": [(croisement, found[croisement.cle]) for croisement in checks],
        "total": sum(found.values()),
        "choisi": choisi,
        "keeper": keeper,
        "ses_lots": buyer,
    }
    if choisi:
        page = paginate(rows(lots, choisi), request)
        context["page"] = page
        context["lignes"] = [(lot, choisi.dire(lot), gestes(lot, choisi, acteur)) for lot in page]
    return render(request, "marches/croisements.html", context)


@reached
def dispenses(request):
    """The register kept for the file of each procedure, for a buyer its own."""
    contracts = Marche.objects.editable_by(request.acteur).order_by().values("pk")
    every = DispenseSociale.objects.filter(marche__in=contracts)
    form = DispenseFilterForm(request.GET or None, several_buyers=request.acteur.has(Role.ADMINISTRATION))
    found = form.filter(every).select_related("marche__acheteur__organisation")
    name = f"registre-des-dispenses-{timezone.localdate():%Y-%m-%d}"
    if request.GET.get("format") in {"csv", "xlsx"}:
        lines = exporters.dispenses(found, settings.SITE_URL)
        if request.GET["format"] == "xlsx":
            return xlsx_response(f"{name}.xlsx", exporters.DISPENSES, lines)
        return csv_response(f"{name}.csv", exporters.DISPENSES, lines)
    counted = dict(found.order_by().values_list("motif").annotate(Count("pk")))
    context = {
        "form": form,
        "page": paginate(found, request),
        "motifs": [(motif.label, counted[motif.value]) for motif in MotifDispense if motif.value in counted],
        "filtre": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "marches/dispense_list.html", context)

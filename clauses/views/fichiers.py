"""A month of hours as a file: the model to fill, what the file would do, what it did."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from clauses import actions
from clauses.actions import fichiers
from clauses.controles import current_imputations
from clauses.exporters import heures as exporters
from clauses.forms import FichierHeuresForm
from clauses.importers.heures import CHAMPS, USAGE, colonnes
from clauses.models import Declaration
from clauses.views.declarations import OPEN, months
from clauses.views.grille import candidates
from portal import depots
from portal.imports import FichierRefuse, ImportReport
from portal.permissions import role_required
from portal.tables import TableError, csv_response, xlsx_response

SHOWN = 50  # rows of a preview, set aside or to write
FORMATS = {"csv": csv_response, "xlsx": xlsx_response}


@role_required(*OPEN)
def modele(request, pk, format):
    """The people of the month with their hours so far, in the columns that are read back."""
    if format not in FORMATS:
        raise Http404("Ce format n'existe pas.")
    month = get_object_or_404(months(request.acteur), pk=pk)
    rows = exporters.lignes(month, current_imputations(month), candidates(month), request.acteur.organisation_id)
    name = f"heures-{month.mois:%Y-%m}-clause-{month.clause_id}.{format}"
    return FORMATS[format](name, exporters.ENTETES, rows)


@role_required(*OPEN)
def deposer(request, pk):
    month = get_object_or_404(months(request.acteur), pk=pk)
    form = FichierHeuresForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            depot = _deposit(form.cleaned_data["fichier"], request, month)
        except FichierRefuse as refusal:
            form.add_error("fichier", str(refusal))
        else:
            return redirect("clauses:heures_apercu", pk=month.pk, depot_pk=depot.pk)
    return render(
        request,
        "clauses/heures_deposer.html",
        {"form": form, "declaration": month, "clause": month.clause, "champs": CHAMPS},
    )


@role_required(*OPEN)
def apercu(request, pk, depot_pk):
    """What the file would do, to confirm; once confirmed, what it did."""
    month, depot = _kept(request, pk, depot_pk)
    if "rapport" in depot.choix:
        return _report(request, month, depot)
    problem = ""
    if request.method == "POST":
        try:
            plan = fichiers.ecrire(
                month, depot, seen=request.POST.get("vu", ""), on=timezone.localdate(), by=request.acteur
            )
        except actions.Conflit as refusal:
            problem = " ".join(refusal.messages)
        except (ValidationError, TableError) as refusal:
            problem = " ".join(getattr(refusal, "messages", [str(refusal)]))
        else:
            # What was set aside is written down; the file itself is not needed any more.
            depot.choix |= {"rapport": plan.rapport.as_dict(), "heures": str(plan.heures)}
            depot.save(update_fields=["choix"])
            messages.success(
                request, "Le fichier est enregistré en brouillon\u00a0: relisez le mois, puis transmettez-le."
            )
            return redirect("clauses:heures_apercu", pk=month.pk, depot_pk=depot.pk)
    try:
        plan = fichiers.preparer(month, depot, on=timezone.localdate())
    except TableError as refusal:
        messages.warning(request, str(refusal))
        return redirect("clauses:heures_deposer", pk=month.pk)
    return render(
        request,
        "clauses/heures_apercu.html",
        {
            "declaration": month,
            "depot": depot,
            "plan": plan,
            "rapport": plan.rapport,
            "prevues": [(row, plan.clauses[row.clause]) for row in plan.prevues[:SHOWN]],
            "ecartees": _in_order(plan.rapport)[:SHOWN],
            "suite": max(len(plan.prevues) - SHOWN, 0),
            "several": len({row.clause for row in plan.prevues}) > 1,
            "problem": problem,
        },
    )


@role_required(*OPEN)
def ecartees(request, pk, depot_pk):
    """The rows left out, with their reason, as a table."""
    month, depot = _kept(request, pk, depot_pk)
    try:
        rows = fichiers.ecartees(month, depot, on=timezone.localdate())
        return csv_response("lignes-a-corriger.csv", ("Ligne", "Pourquoi", "Valeur"), list(rows))
    except TableError as refusal:
        raise Http404(str(refusal)) from refusal


# Inside ---------------------------------------------------------------------------------------------------------------
def _deposit(upload, request, month):
    """The file kept for the next step; FichierRefuse, and nothing is kept, when it cannot serve."""
    depot = depots.deposer(upload, USAGE, request.user)
    try:
        colonnes(depot)
    except FichierRefuse:
        depot.delete()
        raise
    depot.choix = {"declaration": month.pk, "organisation": request.acteur.organisation_id}
    depot.save(update_fields=["choix"])
    return depot


def _kept(request, pk, depot_pk) -> tuple[Declaration, depots.Depot]:
    """The month, and the file this user left for it; 404 otherwise."""
    month = get_object_or_404(months(request.acteur), pk=pk)
    depot = depots.reprendre(depot_pk, USAGE, request.user)
    if depot.choix.get("declaration") != month.pk:
        raise Http404("Ce fichier a été déposé pour un autre mois.")
    return month, depot


def _in_order(rapport: ImportReport) -> list:
    """What was set aside, in the order of the file: it was found reason after reason."""
    return sorted(rapport.ecartes, key=lambda ecart: ecart.ligne or 0)


def _report(request, month, depot):
    rapport = ImportReport.from_dict(depot.choix["rapport"])
    return render(
        request,
        "clauses/heures_rapport.html",
        {
            "declaration": month,
            "depot": depot,
            "rapport": rapport,
            "heures": depot.choix["heures"],
            "ecartees": _in_order(rapport)[:SHOWN],
        },
    )

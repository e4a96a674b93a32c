"""« Ce fournisseur est-il inclusif ? »: one number for everybody, a list for whoever is signed in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadedfile import SimpleUploadedFile
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal import depots
from portal.imports import FichierRefuse
from portal.pagination import paginate
from portal.tables import csv_response, xlsx_response
from structures import fournisseurs
from structures.forms.fournisseurs import ListeForm, NumeroForm
from structures.rules import convention_state, experimentation_state, usages_acheteur

PER_PAGE = 50


@login_not_required
def verification(request):
    form = NumeroForm(request.GET or None)
    reponse = None
    if form.is_valid() and form.cleaned_data["numero"]:
        reponse = fournisseurs.verifier(form.cleaned_data["numero"])
    on = timezone.localdate()
    context = {
        "form": form,
        "reponse": reponse,
        "fiches": [
            (
                fiche,
                convention_state(fiche.convention_debut, fiche.convention_fin, on),
                experimentation_state(fiche.kind, on),
                usages_acheteur(fiche.kind, on),
            )
            for fiche in (reponse.ici if reponse else ())
        ],
        "jour": on,
    }
    return render(request, "structures/fournisseur_check.html", context)


def liste(request):
    form = ListeForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            depot = _deposit(form, request.user)
        except FichierRefuse as refusal:
            form.add_error("fichier" if form.cleaned_data["fichier"] else "texte", str(refusal))
        else:
            return redirect("structures:fournisseurs_rapport", pk=depot.pk)
    return render(request, "structures/fournisseur_liste.html", {"form": form})


def _deposit(form, user):
    """The list kept for a day, once it is known to be readable; FichierRefuse otherwise, and nothing is kept."""
    upload = form.cleaned_data["fichier"]
    if not upload:
        content = fournisseurs.texte_en_table(form.cleaned_data["texte"]).encode()
        upload = SimpleUploadedFile(fournisseurs.PASTED, content)
    depot = depots.deposer(upload, fournisseurs.USAGE, user)
    try:
        fournisseurs.lignes(depot)
    except FichierRefuse:
        depot.delete()
        raise
    return depot


def rapport(request, pk):
    depot = depots.reprendre(pk, fournisseurs.USAGE, request.user)
    entetes, rows = fournisseurs.lignes(depot)
    colonne = fournisseurs.colonne(entetes, rows, request.GET.get("colonne", ""))
    report = fournisseurs.rapport(entetes, rows, colonne) if colonne else None
    etat = request.GET.get("etat", "")
    context = {
        "depot": depot,
        "entetes": entetes,
        "colonne": colonne,
        "report": report,
        "etat": etat,
        "etats": [
            (etat, report.etats[etat]) for etat in fournisseurs.Etat
        ] if report else [],
        "kinds": [(kind, count) for kind, count in report.kinds.most_common()] if report else [],
        "page": paginate(report.filtered(etat), request, PER_PAGE) if report else None,
    }  # fmt: skip
    return render(request, "structures/fournisseur_rapport.html", context)


def export(request, pk):
    depot = depots.reprendre(pk, fournisseurs.USAGE, request.user)
    entetes, rows = fournisseurs.lignes(depot)
    colonne = fournisseurs.colonne(entetes, rows, request.GET.get("colonne", ""))
    if not colonne:
        messages.warning(request, "Choisissez d'abord la colonne qui contient les SIRET.")
        return redirect("structures:fournisseurs_rapport", pk=depot.pk)
    report = fournisseurs.rapport(entetes, rows, colonne)
    header = [*entetes, *fournisseurs.COLONNES]
    found = fournisseurs.export_rows(report, timezone.localdate(), request.build_absolute_uri)
    if request.GET.get("format") == "xlsx":
        return xlsx_response("fournisseurs-inclusifs.xlsx", header, found)
    return csv_response("fournisseurs-inclusifs.csv", header, found)


@require_POST
def effacer(request, pk):
    depots.reprendre(pk, fournisseurs.USAGE, request.user).delete()
    messages.success(request, "La liste et son résultat sont effacés.")
    return redirect("structures:fournisseurs_liste")

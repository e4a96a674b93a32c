"""The yearly indicators that a facilitator's body sends to the national consolidation."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from clauses.actions.consolidation import completer as save
from clauses.forms.bilans import FIRST_YEAR, LAST_YEAR, PeriodeForm
from clauses.forms.consolidation import CompleterForm
from clauses.models import Facilitateur, Financement, TailleDeclarant
from clauses.stats.clotures import perimetre
from clauses.stats.consolidation import consolidation, declarants_de
from portal.permissions import Role, role_required
from portal.tables import csv_response, xlsx_response
from structures.models import Organisation

MOST_COMPANIES = 200  # of a year, told apart by size on one page

ENTETES = ["Organisme", "Année", "Code", "Groupe", "Indicateur", "Valeur", "Unité", "Définition", "Source"]


@role_required(Role.FACILITATEUR)
def indicateurs(request):
    """One table: each indicator with its definition and its source, and what does not agree."""
    form = PeriodeForm(request.GET or {}, libre=False, defaut=timezone.localdate().year)
    annee = form.periode()[0].year
    told = consolidation(request.acteur, annee)
    funded = any(each.groupe == "Financements" for each in told.indicateurs)
    return render(request, "clauses/consolidation.html", {"form": form, "consolidation": told, "finances": funded})


@role_required(Role.FACILITATEUR)
def completer(request, annee):
    """Size of the companies of the year, and who pays for the work: both optional."""
    if not FIRST_YEAR <= annee <= LAST_YEAR:
        raise Http404("Cette année n'existe pas.")
    facilitateur = get_object_or_404(Facilitateur.objects.acting(request.acteur))
    declaring = declarants_de(perimetre(facilitateur, annee))
    rows = TailleDeclarant.objects.filter(organisation__in=sorted(declaring)[:MOST_COMPANIES])
    given = Financement.objects.filter(facilitateur=facilitateur, annee=annee)
    form = CompleterForm(
        request.POST or None,
        organisations=Organisation.objects.filter(pk__in=sorted(declaring)[:MOST_COMPANIES]).order_by("nom_tri", "pk"),
        tailles=dict(rows.values_list("organisation", "taille")),
        financements=dict(given.values_list("source", "montant")),
    )
    if request.method == "POST" and form.is_valid():
        save(facilitateur, annee, tailles=form.tailles(), financements=form.financements(), by=request.acteur)
        messages.success(request, f"L'année {annee} est complétée.")
        return redirect(f"{reverse('clauses:indicateurs')}?annee={annee}")
    return render(request, "clauses/consolidation_form.html", {"form": form, "annee": annee})


@role_required(Role.FACILITATEUR)
def indicateurs_fichier(request, annee, format):
    write = {"csv": csv_response, "xlsx": xlsx_response}.get(format)
    if write is None or not FIRST_YEAR <= annee <= LAST_YEAR:
        raise Http404("Ce fichier n'existe pas.")
    body = str(request.acteur.organisation)
    rows = [
        [
            body,
            annee,
            each.code,
            each.groupe,
            each.libelle,
            _cell(each.valeur),
            each.unite,
            each.definition,
            each.source,
        ]
        for each in consolidation(request.acteur, annee).indicateurs
    ]
    return write(f"indicateurs-{annee}.{format}", ENTETES, rows)


def _cell(value):
    return "" if value is None else value

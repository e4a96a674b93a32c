"""The yearly indicators that a facilitator's body sends to the national consolidation."""

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone

from clauses.forms.bilans import FIRST_YEAR, LAST_YEAR, PeriodeForm
from clauses.stats.consolidation import consolidation
from portal.permissions import Role, role_required
from portal.tables import csv_response, xlsx_response

ENTETES = ["Organisme", "Année", "Code", "Groupe", "Indicateur", "Valeur", "Unité", "Définition", "Source"]


@role_required(Role.FACILITATEUR)
def indicateurs(request):
    """One table: each indicator with its definition and its source, and what does not agree."""
    form = PeriodeForm(request.GET or {}, libre=False, defaut=timezone.localdate().year)
    annee = form.periode()[0].year
    return render(
        request, "clauses/consolidation.html", {"form": form, "consolidation": consolidation(request.acteur, annee)}
    )


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

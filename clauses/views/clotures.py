"""Closed years of a facilitator's body: what to know before, one button, figures that no longer change."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from clauses.actions.clotures import clore as close_year
from clauses.exporters import bilans as exporter
from clauses.exporters.bilans import Regard
from clauses.forms.bilans import CloreForm
from clauses.models import Cloture, Facilitateur
from clauses.rules import avant_de_clore, cloture_possible
from clauses.stats import clotures as stats
from clauses.views.bilans import FORMATS, controles, fichier, imprimables
from portal.permissions import Role, role_required
from portal.templatetags.formats import jour


@role_required(Role.FACILITATEUR)
def clotures(request):
    """Years closed, with their figures and what was corrected since; the year to close, and what it still holds."""
    facilitateur = get_object_or_404(Facilitateur.objects.acting(request.acteur))
    return _page(request, facilitateur)


@require_POST
@role_required(Role.FACILITATEUR)
def clore(request):
    facilitateur = get_object_or_404(Facilitateur.objects.acting(request.acteur))
    form = CloreForm(request.POST)
    if form.is_valid():
        try:
            row = close_year(facilitateur, form.cleaned_data["annee"], on=timezone.localdate(), by=request.acteur)
        except ValidationError as error:
            form.add_error(None, " ".join(error.messages))
        else:
            messages.success(request, f"L'année {row.annee} est close\u00a0: ses chiffres ne changeront plus.")
            return redirect("clauses:cloture", pk=row.pk)
    return _page(request, facilitateur, form)


@role_required(Role.FACILITATEUR)
def cloture(request, pk):
    """The figures of a closed year, as they were that day."""
    row = _found(request, pk)
    shown = exporter.montrer(row.chiffres, Regard.FACILITATEUR)
    period = stats.perimetre(row.facilitateur, row.annee)
    context = {
        "bilan": shown,
        "tables": imprimables(shown),
        "controles": controles(request.acteur, row.chiffres),
        "fichiers": [(name.upper(), reverse("clauses:cloture_fichier", args=[row.pk, name])) for name in FORMATS],
        "mention": f"Année close le {jour(row.close_le)} par {row.facilitateur}. Ces chiffres ne changent plus.",
        "portee": "Année close",
        "libelle": str(row.facilitateur),
        "du": period.du,
        "au": period.au,
    }
    return render(request, "clauses/bilan.html", context)


@role_required(Role.FACILITATEUR)
def cloture_fichier(request, pk, format):
    row = _found(request, pk)
    shown = exporter.montrer(row.chiffres, Regard.FACILITATEUR)
    period = stats.perimetre(row.facilitateur, row.annee)
    signature = (
        f"Année close le {jour(row.close_le)} par {row.facilitateur}\u00a0; ces chiffres n'ont pas changé depuis."
    )
    body = str(row.facilitateur)
    return fichier(shown, format, body, "Année close", period.du, period.au, body, signature)


def _found(request, pk):
    rows = Cloture.objects.filter(facilitateur__organisation=request.acteur.organisation_id)
    return get_object_or_404(rows.select_related("facilitateur__organisation"), pk=pk)


def _page(request, facilitateur, form=None):
    on = timezone.localdate()
    rows = list(Cloture.objects.filter(facilitateur=facilitateur).select_related("close_par"))
    closed = {row.annee for row in rows}
    first, last = stats.annees(facilitateur)
    known = range(first, min(last, on.year) + 1) if first and last else []
    open_years = [year for year in known if year not in closed]
    year = _year(request, open_years, closed, on)
    verdict = cloture_possible(year, on, closes=closed, premiere=first) if year else None
    since = stats.corrections(facilitateur)
    context = {
        "lignes": [(row, _resume(row), since.get((facilitateur.pk, row.annee), [])) for row in rows],
        "recues": stats.recues(facilitateur, since),
        "annees": open_years,
        "annee": year,
        "possible": verdict,
        "avant": avant_de_clore(
            year, stats.reste(facilitateur, year), ouvertes=[other for other in open_years if other < year]
        )
        if year and verdict is not None and verdict.is_ok
        else [],
        "form": form or CloreForm(initial={"annee": year}),
    }  # fmt: skip
    return render(request, "clauses/cloture_list.html", context)


def _year(request, open_years, closed, on) -> int | None:
    """The year asked for, else the first after the last closed one, else the last finished, else this one."""
    asked = request.POST.get("annee") or request.GET.get("annee") or ""
    if asked.isascii() and asked.isdigit() and len(asked) == 4 and int(asked) in open_years:
        return int(asked)
    after = [year for year in open_years if closed and year > max(closed)]
    finished = [year for year in open_years if year < on.year]
    return after[0] if after else (finished or open_years or [None])[-1]


def _resume(row: Cloture) -> list[tuple[str, str]]:
    return exporter.montrer(row.chiffres, Regard.FACILITATEUR).resume if row.chiffres else []

"""Calendars of procedures, for the buyer and the facilitator: nothing is late because of the clause."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from clauses.actions import procedures as actions
from clauses.forms.procedures import EtapeForm, ProcedureForm
from clauses.models import CalendrierProcedure
from clauses.procedures import calendrier_de, faits_of, jours
from clauses.rules.procedure import calendrier
from marches.exporters.agenda import as_ics
from marches.models import Marche
from portal.pagination import paginate
from portal.permissions import Role, role_required
from portal.text import fold

parties = role_required(Role.ACHETEUR, Role.FACILITATEUR)
PER_PAGE = 20


def _calendar(request, pk) -> CalendrierProcedure:
    return get_object_or_404(CalendrierProcedure.objects.visible_to(request.acteur).for_cards(), pk=pk)


@parties
def procedures(request):
    """Procedures under way, the nearest notification first."""
    on = timezone.localdate()
    page = paginate(CalendrierProcedure.objects.visible_to(request.acteur).running().for_cards(), request, PER_PAGE)
    context = {
        "page": page,
        "lignes": [(row, calendrier(faits_of(row), on)) for row in page.rows],
        "acheteur": request.acteur.has(Role.ACHETEUR),
    }
    return render(request, "clauses/procedure_list.html", context)


@role_required(Role.ACHETEUR)
def edit(request, pk):
    """Open the calendar of a contract, or change what it aims at; `pk` is the contract's."""
    rows = Marche.objects.editable_by(request.acteur).select_related("acheteur__organisation").defer("racines")
    marche, on = get_object_or_404(rows, pk=pk), timezone.localdate()
    row = CalendrierProcedure.objects.filter(marche=marche).first()
    initial: dict[str, Any] = {"formalisee": "adaptee" not in fold(marche.procedure)}
    if row:
        initial = {"notification_le": row.notification_le, "formalisee": row.formalisee,
                   "facilitateur": row.facilitateur_id}  # fmt: skip
    data = request.POST if request.method == "POST" else None
    form = ProcedureForm(data, acheteur=marche.acheteur, on=on, initial=initial)
    if form.is_valid():
        found = actions.regler(marche=marche, values=form.cleaned_data, by=request.acteur)
        messages.success(request, "Le calendrier est prêt.")
        return redirect(found)
    context = {"marche": marche, "form": form, "calendrier": row}
    return render(request, "clauses/procedure_form.html", context)


@parties
def procedure(request, pk):
    row, on = _calendar(request, pk), timezone.localdate()
    mine = request.acteur.has(Role.FACILITATEUR)
    context = {
        "procedure": row,
        "marche": row.marche,
        "calendrier": (found := calendrier_de(row, on)),
        "lignes": [(ligne, ligne.etape.du_facilitateur == mine) for ligne in found.lignes],
        "notees": {step.etape for step in row.etapes.all()},
        "on": on,
        "acheteur": not mine,
        "ouvre_marche": row.marche.publie or not mine,
    }
    return render(request, "clauses/procedure_detail.html", context)


@parties
@require_POST
def etape(request, pk):
    """Say that one of one's own steps is over, or is not."""
    row, on = _calendar(request, pk), timezone.localdate()
    form = EtapeForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Cette date n'est pas comprise\u00a0: écrivez par exemple 31/12/2026.")
        return redirect(row)
    step, day = form.cleaned_data["etape"], form.cleaned_data["faite_le"]
    try:
        if request.POST.get("geste") == "reprendre":
            actions.reprendre(calendrier=row, etape=step, by=request.acteur)
        else:
            actions.noter(calendrier=row, etape=step, faite_le=day or on, by=request.acteur, on=on)
    except ValidationError as refusal:
        messages.warning(request, refusal.messages[0])
    else:
        messages.success(request, "Le calendrier est à jour.")
    return redirect(row)


@parties
def ics(request, pk):
    """The days of the steps that are left, to add to any calendar."""
    row, on = _calendar(request, pk), timezone.localdate()
    days = jours(row, calendrier_de(row, on))
    host = request.get_host().partition(":")[0]
    content = as_ics(days, nom=f"Procédure\u00a0: {row.marche.objet[:100]}", site=settings.SITE_URL, hote=host)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="procedure-{row.pk}.ics"'
    return response

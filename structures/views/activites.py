"""The activities of a card, one at a time: what, how, where, and where that makes it found."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal.permissions import role_required
from structures import zones
from structures.actions import activites as actions
from structures.forms.activites import ActiviteForm
from structures.models import Activite
from structures.views.edition import WRITERS, own

PREVIEW = "previsualiser"


@role_required(*WRITERS)
def edition_activites(request, pk):
    structure = own(request, pk)
    rows = structure.activites.select_related("secteur__parent", "zone").order_by("secteur__ordre", "mode", "pk")
    places = zones.describe(row.zone for row in rows if row.zone)
    context = {"structure": structure, "activites": [(row, places.get(row.zone_id or 0, "")) for row in rows]}
    return render(request, "structures/edition_activites.html", context)


@role_required(*WRITERS)
def edition_activite_ajouter(request, pk):
    structure = own(request, pk)
    return _write(request, structure, Activite(structure=structure))


@role_required(*WRITERS)
def edition_activite(request, pk, activite_pk):
    structure = own(request, pk)
    return _write(request, structure, get_object_or_404(_of(structure), pk=activite_pk))


def _write(request, structure, activite):
    form = ActiviteForm(request.POST if request.method == "POST" else None, activite=activite, structure=structure)
    preview = PREVIEW in request.POST
    if not preview and form.is_valid():
        actions.save_activite(form.apply(), form.demande, by=request.acteur, on=timezone.localdate())
        messages.success(request, "L'activité est enregistrée.")
        for typed, read in form.corriges:
            messages.info(request, f"«\u00a0{typed}\u00a0» a été lu comme «\u00a0{read}\u00a0»\u00a0: vérifiez-le.")
        return redirect("structures:edition_activites", pk=structure.pk)
    context = {
        "structure": structure,
        "activite": activite,
        "form": form,
        "apercu": preview,
        "portee": form.portee() if form.is_bound else None,
    }
    template = "structures/_portee.html" if preview and request.htmx else "structures/activite_form.html"
    return render(request, template, context)


@role_required(*WRITERS)
def edition_activite_supprimer(request, pk, activite_pk):
    structure = own(request, pk)
    activite = get_object_or_404(_of(structure), pk=activite_pk)
    if request.method == "POST":
        actions.delete_activite(activite, by=request.acteur, on=timezone.localdate())
        messages.success(request, "L'activité est supprimée.")
        return redirect("structures:edition_activites", pk=pk)
    return render(request, "structures/activite_delete.html", {"structure": structure, "activite": activite})


@role_required(*WRITERS)
@require_POST
def edition_zone_copier(request, pk, activite_pk):
    structure = own(request, pk)
    changed = actions.copy_zone(
        get_object_or_404(_of(structure), pk=activite_pk), by=request.acteur, on=timezone.localdate()
    )
    if changed:
        messages.success(request, "Toutes vos activités couvrent maintenant les mêmes lieux.")
    else:
        messages.info(request, "Vos activités couvraient déjà toutes ces lieux.")
    return redirect("structures:edition_activites", pk=pk)


def _of(structure):
    return structure.activites.select_related("secteur", "zone")

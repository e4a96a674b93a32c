"""Modifications and subcontracts of a lot, typed or corrected by its buyer."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from marches.actions import ActionRefusee
from marches.actions import actes as actions
from marches.forms.actes import ModificationForm, SousTraitanceForm
from marches.models import ActeSousTraitance, Modification
from marches.views.champs import own_lot, writers


@writers
def modification_create(request, pk):
    return _modification(request, Modification(lot=own_lot(request, pk)))


@writers
def modification_edit(request, pk, ligne):
    return _modification(request, get_object_or_404(own_lot(request, pk).modifications, pk=ligne))


def _modification(request, row):
    form = ModificationForm(request.POST if request.method == "POST" else None, instance=row)

    def save():
        actions.save_modification(
            row=row, values=form.values, nouveaux=form.cleaned_data["nouveaux"], by=request.acteur
        )

    return _answer(request, row, form, save, "modification", "La modification est enregistrée.")


@writers
def sous_traitance_create(request, pk):
    return _sous_traitance(request, ActeSousTraitance(lot=own_lot(request, pk)))


@writers
def sous_traitance_edit(request, pk, ligne):
    rows = own_lot(request, pk).actes_sous_traitance.select_related("sous_traitant")
    return _sous_traitance(request, get_object_or_404(rows, pk=ligne))


def _sous_traitance(request, row):
    form = SousTraitanceForm(request.POST if request.method == "POST" else None, instance=row)

    def save():
        body = form.cleaned_data.get("sous_traitants")
        actions.save_sous_traitance(row=row, values=form.values, sous_traitant=body, by=request.acteur)

    return _answer(request, row, form, save, "sous_traitance", "L'acte de sous-traitance est enregistré.")


TITRES = {
    "modification": ("Nouvelle modification", "Corriger la modification"),
    "sous_traitance": ("Nouvel acte de sous-traitance", "Corriger l'acte de sous-traitance"),
}


def _answer(request, row, form, save, genre, said):
    known = row.pk
    if form.is_valid():
        try:
            save()
        except ActionRefusee as refusal:
            row.pk = known  # what was refused is not there
            form.add_error(None, str(refusal))
        else:
            messages.success(request, said)
            return redirect(row.lot)
    context = {"form": form, "acte": row, "lot": row.lot, "genre": genre, "titre": TITRES[genre][bool(row.pk)]}
    return render(request, "marches/acte_form.html", context)


@writers
@require_POST
def modification_delete(request, pk, ligne):
    lot = own_lot(request, pk)
    row = get_object_or_404(lot.modifications, pk=ligne)
    return _delete(request, lot, lambda: actions.delete_modification(row=row, by=request.acteur))


@writers
@require_POST
def sous_traitance_delete(request, pk, ligne):
    lot = own_lot(request, pk)
    row = get_object_or_404(lot.actes_sous_traitance, pk=ligne)
    return _delete(request, lot, lambda: actions.delete_sous_traitance(row=row, by=request.acteur))


def _delete(request, lot, delete):
    try:
        delete()
    except ActionRefusee as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "L'acte est supprimé.")
    return redirect(lot)

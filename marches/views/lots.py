"""A lot as its buyer writes it: added, corrected, given back its published values, deleted; its history."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from marches.actions import ActionRefusee
from marches.actions import lots as actions
from marches.forms.lots import LotForm
from marches.models import Lot
from marches.views.champs import Saisie, historique, own_lot, own_marche, writers


@writers
def create(request, pk):
    """One more lot of the contract `pk`."""
    marche = own_marche(request, pk)
    form = LotForm(request.POST if request.method == "POST" else None, instance=Lot(marche=marche))
    if form.is_valid():
        try:
            lot = actions.creer(marche=marche, form=form, by=request.acteur)
        except ActionRefusee as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Le lot est ajouté.")
            return redirect(lot)
    return render(request, "marches/lot_form.html", {"form": form, "marche": marche})


@writers
def edit(request, pk):
    lot = own_lot(request, pk)
    saisie = Saisie(
        request,
        lambda data, row: LotForm(data, instance=row),
        lot,
        lambda form, seen: actions.modifier(lot=lot, form=form, seen=seen, by=request.acteur),
    )
    if saisie.done:
        messages.success(request, "Le lot est enregistré.")
        return redirect(lot)
    publies = [
        (name, actions.libelle(Lot, name))
        for name in lot.champs_saisis
        if lot.cle and name in actions.PUBLIES - {"marche", "departement", "lieu_code", "lieu_type"}
    ]
    context = saisie.context | {"lot": lot, "marche": lot.marche, "publies": publies}
    return render(request, "marches/lot_form.html", context)


@writers
@require_POST
def revenir(request, pk):
    lot = own_lot(request, pk)
    try:
        actions.revenir(lot=lot, champ=request.POST.get("champ", ""), by=request.acteur)
    except ActionRefusee as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "La valeur publiée est revenue.")
    return redirect("marches:lot_edit", pk=pk)


@writers
def supprimer(request, pk):
    lot = own_lot(request, pk)
    if request.method == "POST":
        try:
            marche = actions.supprimer(lot=lot, by=request.acteur)
        except ActionRefusee as refusal:
            messages.warning(request, str(refusal))
            return redirect(lot)
        messages.success(request, "Le lot est supprimé\u00a0; son historique est conservé.")
        return redirect(marche)
    return render(request, "marches/lot_delete.html", {"lot": lot, "obstacle": actions.obstacle(lot)})


@writers
def histoire(request, pk):
    lot = own_lot(request, pk)
    return historique(request, lot, lot.get_absolute_url(), "Historique du lot")

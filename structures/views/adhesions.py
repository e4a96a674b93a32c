"""Networks and groups of a card: asked for by the structure, answered by them."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from portal.limites import spend
from portal.pagination import paginate
from portal.permissions import Role, role_required
from structures.actions import adhesions as actions
from structures.forms.adhesions import AdhesionForm, RefusAdhesionForm
from structures.models import Adhesion, Structure

OWNERS = (Role.STRUCTURE, Role.ADMINISTRATION)  # a network answers; it does not ask in the place of a structure
DECIDERS = (Role.STRUCTURE, Role.RESEAU, Role.ADMINISTRATION)
MOST_REQUESTS = 20  # a day, for each user


@role_required(*OWNERS)
def edition_reseaux(request, pk):
    """Those the card names, those asked for, and one more to ask."""
    structure = _own(request, pk)
    form = AdhesionForm(request.POST or None, structure=structure)
    if form.is_valid():
        cible = form.cleaned_data["cible"]
        if not spend("adhesion", request.user.pk, MOST_REQUESTS):
            form.add_error(None, "Vous avez envoyé trop de demandes aujourd'hui\u00a0: réessayez demain.")
        else:
            try:
                actions.demander(structure, cible, by=request.acteur)
                messages.success(request, f"Votre demande est envoyée à {cible.nom}.")
            except actions.DejaDemande:
                messages.warning(request, f"Vous l'aviez déjà demandé à {cible.nom}\u00a0: sa réponse est attendue.")
            return redirect("structures:edition_reseaux", pk=pk)
    context = {
        "structure": structure,
        "form": form,
        "reseaux": structure.reseaux.order_by("nom"),
        "demandes": structure.adhesions.select_related("reseau", "groupe"),
    }
    return render(request, "structures/edition_reseaux.html", context)


@role_required(*OWNERS)
@require_POST
def edition_reseaux_quitter(request, pk):
    """Leave a network or a group, or withdraw a request."""
    structure = _own(request, pk)
    kind, _, number = request.POST.get("cible", "").partition("-")
    key = int(number) if number.isascii() and number.isdigit() and len(number) < 18 else 0
    if kind == "demande":
        get_object_or_404(structure.adhesions, pk=key).delete()
        messages.success(request, "La demande est retirée.")
    elif kind == "reseau":
        reseau = get_object_or_404(structure.reseaux, pk=key)
        actions.quitter(structure, reseau, by=request.acteur)
        messages.success(request, f"Votre fiche ne nomme plus {reseau.nom}.")
    elif kind == "groupe" and structure.groupe and structure.groupe_id == key:
        groupe = structure.groupe
        actions.quitter(structure, groupe, by=request.acteur)
        messages.success(request, f"Votre fiche ne nomme plus {groupe.nom}.")
    else:
        raise Http404("Vous n'en faites pas partie.")
    return redirect("structures:edition_reseaux", pk=pk)


@role_required(*DECIDERS)
def adhesions(request):
    """Requests that wait for an answer of ours, oldest first."""
    rows = Adhesion.objects.decidable_by(request.acteur).select_related("structure__departement", "reseau", "groupe")
    return render(request, "structures/adhesion_list.html", {"page": paginate(rows.order_by("cree_le", "pk"), request)})


@role_required(*DECIDERS)
def adhesion(request, pk):
    """One request, and the answer."""
    rows = Adhesion.objects.decidable_by(request.acteur).select_related("structure", "reseau", "groupe")
    demande = get_object_or_404(rows, pk=pk)
    form = RefusAdhesionForm(request.POST if "refuser" in request.POST else None)
    if request.method == "POST" and "accepter" in request.POST:
        actions.accepter(demande.pk, by=request.acteur)
        messages.success(request, f"{demande.structure.nom} est désormais membre de {demande.cible.nom}.")
        return redirect("structures:adhesions")
    if form.is_valid():
        actions.refuser(demande.pk, form.cleaned_data["motif"])
        messages.success(request, f"{demande.structure.nom} est prévenue de votre refus.")
        return redirect("structures:adhesions")
    return render(request, "structures/adhesion_detail.html", {"demande": demande, "form": form})


def _own(request, pk) -> Structure:
    rows = Structure.objects.editable_by(request.acteur).select_related("groupe", "organisation")
    return get_object_or_404(rows.defer("racines"), pk=pk)

"""Saved searches: each person's own, whatever organisation they act for."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.pagination import paginate
from structures.actions import recherches as actions
from structures.forms.recherches import RechercheForm


def recherches(request):
    page = paginate(request.user.recherches.defer("connues").order_by("nom", "pk"), request)
    return render(request, "structures/recherche_list.html", {"page": page})


@require_POST
def enregistrer(request):
    """Keep the search whose query string is `parametres`; back to the saved ones, with the alert on."""
    try:
        recherche, is_new = actions.save(request.POST.get("parametres", ""), by=request.user, now=timezone.now())
    except actions.Refus as refus:
        messages.error(request, str(refus))
        return redirect("structures:list")
    if not is_new:
        messages.info(request, f"Cette recherche est déjà enregistrée\u00a0: «\u00a0{recherche.nom}\u00a0».")
    elif recherche.alerte:
        messages.success(
            request, f"La recherche «\u00a0{recherche.nom}\u00a0» est enregistrée\u00a0: vous serez prévenu du nouveau."
        )
    else:
        messages.warning(
            request,
            f"La recherche «\u00a0{recherche.nom}\u00a0» est enregistrée sans alerte\u00a0: plus de "
            f"{actions.MOST_ANSWERS} structures y répondent.",
        )
    return redirect("structures:recherches")


def modifier(request, pk):
    recherche = _own(request, pk)
    form = RechercheForm(request.POST or None, instance=_own(request, pk))
    if form.is_valid():
        try:
            actions.edit(recherche, **form.cleaned_data, now=timezone.now())
        except actions.Refus as refus:
            form.add_error("alerte", str(refus))
        else:
            messages.success(request, "La recherche est enregistrée.")
            return redirect("structures:recherches")
    return render(request, "structures/recherche_form.html", {"recherche": recherche, "form": form})


def supprimer(request, pk):
    recherche = _own(request, pk)
    if request.method == "POST":
        recherche.delete()
        messages.success(request, f"La recherche «\u00a0{recherche.nom}\u00a0» est supprimée.")
        return redirect("structures:recherches")
    return render(request, "structures/recherche_delete.html", {"recherche": recherche})


@login_not_required
@never_cache
def arreter(request, jeton):
    """The link of an alert: a button switches it off, no account needed; opening the page alone changes nothing."""
    recherche = actions.of_token(jeton)
    if recherche is None:
        raise Http404("Cette recherche n'existe plus.")
    if request.method == "POST":
        actions.stop(recherche)
        messages.success(request, "Vous ne serez plus prévenu pour cette recherche.")
        return redirect("structures:recherche_arreter", jeton=jeton)
    response = render(request, "structures/recherche_arreter.html", {"recherche": recherche})
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _own(request, pk):
    return get_object_or_404(request.user.recherches, pk=pk)

"""Favourite lists: kept by an organisation, shared by all its members, unknown to everybody else."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from portal.pagination import paginate
from portal.permissions import Role, role_required
from structures.actions import favoris as actions
from structures.forms.favoris import AjoutForm, ListeForm, NoteForm
from structures.models import Favori, ListeFavoris, Structure

# Whoever acts for an organisation that buys, answers, holds or advises.
USERS = (Role.ACHETEUR, Role.FACILITATEUR, Role.RESEAU, Role.ENTREPRISE, Role.STRUCTURE)


@role_required(*USERS)
def favoris(request):
    form = ListeForm(request.POST or None, instance=ListeFavoris(organisation=request.acteur.organisation))
    if form.is_valid():
        liste, _ = actions.create_list(**form.cleaned_data, by=request.acteur)
        messages.success(request, "La liste est créée\u00a0: ajoutez-y des structures depuis leurs fiches.")
        return redirect(liste)
    listes = ListeFavoris.objects.visible_to(request.acteur).with_counts().select_related("par").order_by("nom", "pk")
    return render(request, "structures/favoris_list.html", {"page": paginate(listes, request), "form": form})


@role_required(*USERS)
def liste(request, pk):
    liste = _own(request, pk)
    page = paginate(liste.favoris.for_list(), request)
    return render(request, "structures/favoris_detail.html", {"liste": liste, "page": page})


@role_required(*USERS)
def modifier(request, pk):
    liste = _own(request, pk)
    form = ListeForm(request.POST or None, instance=liste)
    if form.is_valid():
        form.save()
        messages.success(request, "La liste est enregistrée.")
        return redirect(liste)
    return render(request, "structures/favoris_form.html", {"liste": _own(request, pk), "form": form})


@role_required(*USERS)
def supprimer(request, pk):
    liste = _own(request, pk)
    if request.method == "POST":
        liste.delete()
        messages.success(request, f"La liste «\u00a0{liste.nom}\u00a0» est supprimée.")
        return redirect("structures:favoris")
    return render(request, "structures/favoris_delete.html", {"liste": liste, "nombre": liste.favoris.count()})


@role_required(*USERS)
@require_POST
def ajouter(request, pk):
    """Put the structure `pk` in a list; back to its card either way."""
    structure = get_object_or_404(Structure.objects.visible_to(request.acteur), pk=pk)
    form = AjoutForm(request.POST, acteur=request.acteur)
    if form.is_valid():
        favori, is_new = actions.add(structure=structure, **form.cleaned_data, by=request.acteur)
        said = "rejoint" if is_new else "était déjà dans"
        messages.success(request, f"{structure.nom} {said} la liste «\u00a0{favori.liste.nom}\u00a0».")
    else:
        messages.error(request, " ".join(form.messages()))
    return redirect(structure)


@role_required(*USERS)
def note(request, pk):
    favori = _own_favori(request, pk)
    form = NoteForm(request.POST or None, instance=favori)
    if form.is_valid():
        form.save()
        messages.success(request, "La note est enregistrée.")
        return redirect(favori.liste)
    return render(request, "structures/favori_form.html", {"favori": favori, "form": form})


@role_required(*USERS)
@require_POST
def retirer(request, pk):
    favori = _own_favori(request, pk)
    actions.remove(favori)
    messages.success(request, f"{favori.structure.nom} quitte la liste «\u00a0{favori.liste.nom}\u00a0».")
    return redirect(favori.structure if request.POST.get("retour") == "fiche" else favori.liste)


@role_required(*USERS)
@require_POST
def remplacer(request, pk):
    favori = _own_favori(request, pk)
    if favori.structure.remplacee_par is None:
        raise Http404("Cette fiche n'a pas été remplacée.")
    successor = actions.replace(favori)
    messages.success(request, f"{successor.nom} prend la place de l'ancienne fiche.")
    return redirect(favori.liste)


def _own(request, pk) -> ListeFavoris:
    return get_object_or_404(ListeFavoris.objects.visible_to(request.acteur), pk=pk)


def _own_favori(request, pk) -> Favori:
    found = Favori.objects.visible_to(request.acteur).select_related("liste", "structure__remplacee_par")
    return get_object_or_404(found, pk=pk)

"""A card as its members write it: what is missing, one page for each block, its history."""

from django.contrib import messages
from django.db.models import Count
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal.pagination import paginate
from portal.permissions import Role, role_required
from structures.actions import edition as actions
from structures.actions.edition import Conflit
from structures.enums import Bloc
from structures.forms.edition import FORMS, PhotoForm
from structures.forms.listes import ListesForms
from structures.models import Adhesion, PhotoStructure, Revendication, Structure
from structures.presentation import blocs
from structures.presentation import historique as history
from structures.search_index import completude_de

MOST_CARDS = 100
WRITERS = (Role.STRUCTURE, Role.RESEAU, Role.ADMINISTRATION)
PAGES = {Bloc.ACTIVITES: "structures:edition_activites", Bloc.PHOTOS: "structures:edition_photos"}
SAVED = "«\u00a0{}\u00a0» est enregistré."


@role_required(Role.STRUCTURE)
def ma_fiche(request):
    """The card of the organisation, or a choice between its cards."""
    mine = Structure.objects.editable_by(request.acteur).select_related("departement")
    cards = list(mine.order_by("nom_tri", "pk")[:MOST_CARDS])
    if len(cards) == 1:
        return redirect("structures:edition", pk=cards[0].pk)
    return render(request, "structures/mes_fiches.html", {"fiches": cards})


@role_required(*WRITERS)
def edition(request, pk):
    """The blocks of a card, with what each still lacks and what it would bring."""
    structure = own(request, pk)
    known = completude_de(structure)
    counts = Structure.objects.filter(pk=pk).aggregate(
        activites=Count("activites", distinct=True), photos=Count("photos", distinct=True)
    )
    context = {
        "structure": structure,
        "completude": known,
        "blocs": [
            {
                "bloc": bloc,
                "saisi_le": structure.blocs_saisis.get(bloc.value),
                "manquants": [(said, points) for where, said, points in known.manquants if where == bloc],
            }
            for bloc in Bloc
        ],
        "compte": counts,
        "peut_rejoindre": request.acteur.has(Role.STRUCTURE, Role.ADMINISTRATION),
        "adhesions": Adhesion.objects.decidable_by(request.acteur).count(),
        "demandes": Revendication.objects.decidable_by(request.acteur).filter(structure=structure).count(),
    }
    return render(request, "structures/edition.html", context)


@role_required(*WRITERS)
@require_POST
def edition_confirmer(request, pk):
    actions.confirm(own(request, pk).pk, by=request.acteur, on=timezone.localdate())
    messages.success(request, "Merci\u00a0: la fiche est confirmée à la date d'aujourd'hui.")
    return redirect("structures:edition", pk=pk)


@role_required(*WRITERS)
def edition_bloc(request, pk, bloc):
    if bloc not in Bloc.values:
        raise Http404("Ce bloc n'existe pas.")
    structure, bloc = own(request, pk), Bloc(bloc)
    if bloc in PAGES:
        return redirect(PAGES[bloc], pk=pk)
    if bloc == Bloc.REFERENCES:
        return _lists(request, structure)
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form, conflict = FORMS[bloc](data, files, instance=structure), []
    if form.is_valid():
        stored = Structure.objects.get(pk=pk)  # the form has written over `structure`
        seen = blocs.unsealed(request.POST.get("etat"), pk, bloc)
        try:
            actions.save_fields(
                pk=pk, bloc=bloc, values=form.values, seen=seen, by=request.acteur, on=timezone.localdate()
            )
        except Conflit as error:
            conflict = error.differences
            structure, form = stored, _merged(form, seen, stored, bloc)
        else:
            messages.success(request, SAVED.format(bloc.label))
            return redirect("structures:edition", pk=pk)
    context = {"structure": structure, "bloc": bloc, "form": form, "conflit": conflict}
    # What was read first stays what is compared with, until the person has been shown what changed.
    context["etat"] = _seen(request, structure, bloc) if not conflict else blocs.sealed(structure, bloc)
    return render(request, "structures/edition_bloc.html", context)


def _seen(request, structure, bloc) -> str:
    return request.POST.get("etat") or blocs.sealed(structure, bloc)


def _merged(form, seen, stored, bloc):
    """The form with what was typed; fields left as they were read take the value they now have."""
    data, typed, now = form.data.copy(), form.typed, blocs.etat(stored, bloc)
    fresh = type(form)(instance=stored)
    for name in fresh.fields:
        column = {"mois": "mois_creux"}.get(name, name)
        if column in typed and typed[column] == seen.get(column) and now[column] != seen.get(column):
            value = fresh[name].value()
            if name == "mois":
                data.setlist(name, [str(month) for month in value])
            else:
                data[name] = fresh.fields[name].widget.format_value(value) or ""
    return type(form)(data, instance=stored)


def _lists(request, structure):
    forms, conflict = ListesForms(structure, request.POST if request.method == "POST" else None), []
    if forms.is_valid():
        seen = blocs.unsealed(request.POST.get("etat"), structure.pk, Bloc.REFERENCES)
        try:
            actions.save_lists(
                pk=structure.pk, listes=forms.listes, seen=seen, by=request.acteur, on=timezone.localdate()
            )
        except Conflit as error:
            conflict = error.differences
        else:
            messages.success(request, SAVED.format(Bloc.REFERENCES.label))
            return redirect("structures:edition", pk=structure.pk)
    sealed = blocs.sealed(structure, Bloc.REFERENCES) if conflict else _seen(request, structure, Bloc.REFERENCES)
    context = {
        "structure": structure, "bloc": Bloc.REFERENCES, "listes": forms.formsets, "conflit": conflict, "etat": sealed,
        "erreurs": forms.errors, "ajout": forms.asked,
    }  # fmt: skip
    return render(request, "structures/edition_references.html", context)


# Pictures -----------------------------------------------------------------------------------------------------------
@role_required(*WRITERS)
def edition_photos(request, pk):
    structure = own(request, pk)
    form = PhotoForm(request.POST or None, request.FILES or None, instance=PhotoStructure(structure=structure))
    if form.is_valid():
        actions.save_photo(form=form, by=request.acteur, on=timezone.localdate())
        messages.success(request, "La photo est ajoutée.")
        return redirect("structures:edition_photos", pk=pk)
    context = {"structure": structure, "photos": structure.photos.all(), "form": form}
    return render(request, "structures/edition_photos.html", context)


@role_required(*WRITERS)
def edition_photo(request, pk, photo_pk):
    structure = own(request, pk)
    photo = get_object_or_404(structure.photos, pk=photo_pk)
    form = PhotoForm(request.POST or None, request.FILES or None, instance=photo)
    if form.is_valid():
        actions.save_photo(form=form, by=request.acteur, on=timezone.localdate())
        messages.success(request, "La photo est enregistrée.")
        return redirect("structures:edition_photos", pk=pk)
    return render(request, "structures/edition_photo.html", {"structure": structure, "photo": photo, "form": form})


@role_required(*WRITERS)
@require_POST
def edition_photo_action(request, pk, photo_pk):
    """Delete a picture, or move it before or after another, as the pressed button asks."""
    photo = get_object_or_404(own(request, pk).photos, pk=photo_pk)
    given = {"by": request.acteur, "on": timezone.localdate()}
    if "supprimer" in request.POST:
        actions.delete_photo(photo, **given)
        messages.success(request, "La photo est supprimée.")
    elif "avant" in request.POST or "apres" in request.POST:
        actions.move_photo(photo, -1 if "avant" in request.POST else 1, **given)
        messages.success(request, "L'ordre des photos est enregistré.")
    return redirect("structures:edition_photos", pk=pk)


# History ------------------------------------------------------------------------------------------------------------
@role_required(*WRITERS)
def historique(request, pk):
    structure = own(request, pk)
    rows = history.changes(structure)
    page = paginate(rows, request)
    previous = rows[page.end_index] if page.end_index < page.count else None
    context = {
        "structure": structure,
        "page": page,
        "changements": history.told(page.rows, previous, structure, request.acteur),
    }
    return render(request, "structures/historique.html", context)


def own(request, pk) -> Structure:
    """A card that the acting organisation may write; anything else does not exist."""
    return get_object_or_404(Structure.objects.editable_by(request.acteur), pk=pk)

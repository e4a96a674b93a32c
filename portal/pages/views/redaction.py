"""Stories as networks and facilitators write them: text and links, pictures, preview, publication."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from clauses.stats import perimetres
from portal.pages import actions
from portal.pages.forms import PhotoForm, StoryForms
from portal.pages.models import Photo, Temoignage
from portal.pages.presentation import story_context
from portal.pages.querysets import REDACTEURS
from portal.pagination import paginate
from portal.permissions import Role, role_required


@role_required(*REDACTEURS)
def list(request):
    stories = Temoignage.objects.editable_by(request.acteur).prefetch_related(
        Prefetch("photos", Photo.objects.only("temoignage"))
    )
    page = paginate(stories.order_by("-modifie_le", "-pk"), request)
    return render(request, "pages/mes_temoignages.html", {"page": page})


@role_required(*REDACTEURS)
def create(request):
    return _write(request, Temoignage(auteur=request.acteur.organisation))


@require_POST
@role_required(Role.FACILITATEUR)
def depuis_bilan(request, pk):
    """A draft made of a report that this facilitator signed; the one already begun when there is one."""
    bilan = get_object_or_404(perimetres.signes(request.acteur), pk=pk)
    temoignage = actions.story_of_report(bilan, by=request.acteur)
    messages.success(request, "Le brouillon reprend les chiffres du bilan\u00a0: racontez le reste.")
    return redirect("pages:temoignage_edit", pk=temoignage.pk)


@role_required(*REDACTEURS)
def edit(request, pk):
    return _write(request, _own(request, pk))


def _write(request, temoignage):
    forms = StoryForms(request, temoignage)
    if forms.is_valid():
        temoignage = actions.save_story(form=forms.form, chiffres=forms.chiffres, by=request.acteur)
        messages.success(request, "Le témoignage est enregistré.")
        step = "pages:temoignage_photos" if "continuer" in request.POST else "pages:temoignage_edit"
        return redirect(step, pk=temoignage.pk)
    context = {"temoignage": temoignage, "form": forms.form, "chiffres": forms.chiffres, "demande": forms.asked}
    return render(request, "pages/temoignage_form.html", context)


@role_required(*REDACTEURS)
def photos(request, pk):
    temoignage = _own(request, pk)
    form = PhotoForm(request.POST or None, request.FILES or None, instance=Photo(temoignage=temoignage))
    if form.is_valid():
        actions.save_photo(form=form, by=request.acteur)
        messages.success(request, "La photo est ajoutée.")
        return redirect("pages:temoignage_photos", pk=temoignage.pk)
    context = {"temoignage": temoignage, "photos": temoignage.photos.all(), "form": form}
    return render(request, "pages/temoignage_photos.html", context)


@role_required(*REDACTEURS)
def photo_edit(request, pk, photo_pk):
    temoignage = _own(request, pk)
    photo = get_object_or_404(temoignage.photos, pk=photo_pk)
    form = PhotoForm(request.POST or None, request.FILES or None, instance=photo)
    if form.is_valid():
        actions.save_photo(form=form, by=request.acteur)
        messages.success(request, "La photo est enregistrée.")
        return redirect("pages:temoignage_photos", pk=temoignage.pk)
    return render(request, "pages/photo_form.html", {"temoignage": temoignage, "photo": photo, "form": form})


@role_required(*REDACTEURS)
@require_POST
def photo_delete(request, pk, photo_pk):
    temoignage = _own(request, pk)
    actions.delete_photo(get_object_or_404(temoignage.photos, pk=photo_pk), by=request.acteur)
    messages.success(request, "La photo est supprimée.")
    return redirect("pages:temoignage_photos", pk=temoignage.pk)


@role_required(*REDACTEURS)
def preview(request, pk):
    """The public page of a story, whatever its state, under a banner."""
    temoignage = get_object_or_404(Temoignage.objects.editable_by(request.acteur).for_detail(), pk=pk)
    context = story_context(temoignage, request) | {"apercu": True}
    return render(request, "pages/temoignage_detail.html", context)


@role_required(*REDACTEURS)
def publication(request, pk):
    """What is missing, and the next step: read through, publish, withdraw."""
    temoignage = _own(request, pk)
    if request.method == "POST" and _next_step(request, temoignage):
        return redirect("pages:temoignage_publication", pk=temoignage.pk)
    context = {"temoignage": temoignage, "manques": actions.missing(temoignage)}
    return render(request, "pages/temoignage_publication.html", context)


def _next_step(request, temoignage) -> bool:
    """Do what the pressed button asks for; False when it could not be done."""
    if "relire" in request.POST and temoignage.statut == Temoignage.Statut.BROUILLON:
        actions.mark_read(temoignage, by=request.acteur)
        messages.success(request, "Le témoignage est marqué comme relu.")
    elif "publier" in request.POST and temoignage.statut != Temoignage.Statut.PUBLIE:
        try:
            actions.publish(temoignage, by=request.acteur, on=timezone.localdate())
        except ValidationError:
            messages.error(request, "Le témoignage n'est pas publié\u00a0: complétez d'abord ce qui manque.")
            return False
        messages.success(request, "Le témoignage est publié.")
    elif "depublier" in request.POST and temoignage.statut != Temoignage.Statut.BROUILLON:
        actions.unpublish(temoignage, by=request.acteur)
        messages.success(request, "Le témoignage est revenu à l'état de brouillon\u00a0: il n'est plus visible.")
    return True


@role_required(*REDACTEURS)
def delete(request, pk):
    temoignage = _own(request, pk)
    if request.method == "POST":
        actions.delete_story(temoignage, by=request.acteur)
        messages.success(request, "Le témoignage est supprimé.")
        return redirect("pages:mes_temoignages")
    return render(request, "pages/temoignage_delete.html", {"temoignage": temoignage})


def _own(request, pk):
    return get_object_or_404(Temoignage.objects.editable_by(request.acteur), pk=pk)

"""Conventions: what buyers entrust to a facilitator's body, and where each service stands."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from clauses.actions import conventions as actions
from clauses.enums import StatutService
from clauses.forms.conventions import ConventionForm
from clauses.models import Convention, Facilitateur
from portal.pagination import paginate
from portal.pdf import pdf_response, render_pdf
from portal.permissions import Role, role_required
from portal.templatetags.formats import euros, jour
from structures.zones import describe

PARTIES = (Role.FACILITATEUR, Role.ACHETEUR)


@role_required(*PARTIES)
def conventions(request):
    found = Convention.objects.visible_to(request.acteur).select_related("facilitateur__organisation")
    page = paginate(found.prefetch_related("parties__acheteur__organisation"), request)
    return render(request, "clauses/convention_list.html", {"page": page, "on": timezone.localdate()})


@role_required(*PARTIES)
def convention(request, pk):
    found = get_object_or_404(_whole(request), pk=pk)
    context = {
        "convention": found,
        "zone": describe([found.zone])[found.zone_id] if found.zone else "",
        "may_edit": Convention.objects.editable_by(request.acteur).filter(pk=pk).exists(),
        "statuts": StatutService.choices,
    }
    return render(request, "clauses/convention_detail.html", context)


@role_required(Role.FACILITATEUR)
def edit(request, pk=None):
    """A new convention, or one to change; nothing else of the page depends on which."""
    facilitateur = get_object_or_404(Facilitateur.objects.acting(request.acteur))
    found = get_object_or_404(Convention.objects.editable_by(request.acteur), pk=pk) if pk else Convention()
    form = ConventionForm(request.POST or None, instance=found)
    if form.is_valid():
        actions.save_convention(form=form, facilitateur=facilitateur, by=request.acteur)
        messages.success(request, "La convention est enregistrée.")
        return redirect(found)
    return render(request, "clauses/convention_form.html", {"form": form, "convention": found})


@require_POST
@role_required(Role.FACILITATEUR)
def service(request, pk, service_pk):
    """Where one service stands."""
    found = get_object_or_404(Convention.objects.editable_by(request.acteur), pk=pk)
    row = get_object_or_404(found.services.all(), pk=service_pk)
    if request.POST.get("statut") in StatutService.values:
        row.statut = request.POST["statut"]
        row.save()
        messages.success(request, "L'avancement est enregistré.")
    else:
        messages.error(request, "Choisissez un avancement de la liste.")
    return redirect(found)


@role_required(*PARTIES)
def pdf(request, pk):
    """The convention to sign, from our own model text."""
    found = get_object_or_404(_whole(request), pk=pk)
    data = {
        "titre": found.intitule,
        "organisme": found.facilitateur.organisation.nom,
        "acheteurs": [str(partie) for partie in found.parties.all()],
        "debut": jour(found.date_debut),
        "fin": jour(found.date_fin),
        "territoire": describe([found.zone])[found.zone_id] if found.zone else "",
        "services": [row.get_service_display() for row in found.services.all()],
        "contribution": euros(found.contribution_an) if found.contribution_an else "",
        "preavis": found.preavis_mois,
        "tacite": found.tacite,
    }
    return pdf_response(render_pdf("convention", data), f"convention {found.intitule}")


def _whole(request):
    visible = Convention.objects.visible_to(request.acteur).select_related("facilitateur__organisation", "zone")
    return visible.prefetch_related("parties__acheteur__organisation", "services", "suites")

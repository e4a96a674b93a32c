"""Conventions: what buyers entrust to a facilitator's body, and where each service stands."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from clauses import parametres
from clauses.accords import regles_of
from clauses.actions import conventions as actions
from clauses.enums import StatutService
from clauses.forms.conventions import ConventionForm, parties_form, suite_proposee
from clauses.forms.suivi import TacheForm
from clauses.models import Convention, Facilitateur, Tache
from clauses.rules.conventions import limite_denonciation
from marches.models import Acheteur
from portal.pagination import paginate
from portal.pdf import pdf_response, render_pdf
from portal.permissions import Role, role_required
from portal.templatetags.formats import euros, jour
from structures.zones import describe

PARTIES = (Role.FACILITATEUR, Role.ACHETEUR)
SUGGESTED = 100  # buyers proposed while a SIRET is typed


@role_required(*PARTIES)
def conventions(request):
    found = Convention.objects.visible_to(request.acteur).select_related("facilitateur__organisation")
    page = paginate(found.prefetch_related("parties__acheteur__organisation", "suites"), request)
    return render(request, "clauses/convention_list.html", {"page": page, "on": timezone.localdate()})


@role_required(*PARTIES)
def convention(request, pk):
    found = get_object_or_404(_whole(request), pk=pk)
    return _detail(request, found)


@role_required(Role.FACILITATEUR)
def edit(request, pk=None):
    """A new convention, or one to change; nothing else of the page depends on which."""
    found = get_object_or_404(Convention.objects.editable_by(request.acteur), pk=pk) if pk else Convention()
    return _edit(request, found, found if pk else None)


@role_required(Role.FACILITATEUR)
def suite(request, pk):
    """The convention that follows another: its parties, services and rules again, over the next period."""
    former = get_object_or_404(Convention.objects.editable_by(request.acteur), pk=pk)
    following = former.suites.first()
    if following is not None:
        messages.info(request, "Une convention fait déjà suite à celle-ci\u00a0: la voici.")
        return redirect(following)
    return _edit(request, Convention(remplace=former), former, initial=suite_proposee(former))


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


@require_POST
@role_required(Role.FACILITATEUR)
def tache(request, pk):
    """Something to do under the convention: a steering committee, a yearly report."""
    get_object_or_404(Convention.objects.editable_by(request.acteur), pk=pk)
    found = get_object_or_404(_whole(request), pk=pk)
    form = TacheForm(request.POST)
    if not form.is_valid():
        return _detail(request, found, form)
    Tache.objects.create(convention=found, par=request.acteur.user, **form.cleaned_data)
    messages.success(request, "La tâche est ajoutée.")
    return redirect(found)


@role_required(*PARTIES)
def pdf(request, pk):
    """The convention to sign, from our own model text."""
    found = get_object_or_404(_whole(request), pk=pk)
    regles = regles_of(found, found.date_debut)
    data = {
        "titre": found.intitule,
        "organisme": found.facilitateur.organisation.nom,
        "acheteurs": [str(partie) for partie in found.parties.all()],
        "signee": jour(found.signee_le) if found.signee_le else "",
        "fait_suite": f"«\u00a0{found.remplace.intitule}\u00a0», du {jour(found.remplace.date_debut)} au "
        f"{jour(found.remplace.date_fin)}"
        if found.remplace
        else "",
        "debut": jour(found.date_debut),
        "fin": jour(found.date_fin),
        "territoire": describe([found.zone])[found.zone_id] if found.zone else "",
        "services": [row.get_service_display() for row in found.services.all()],
        "contribution": euros(found.contribution_an) if found.contribution_an else "",
        "parts": [
            {"acheteur": str(partie), "montant": euros(partie.contribution_an)}
            for partie in found.parties.all()
            if partie.contribution_an is not None
        ],
        "preavis": found.preavis_mois,
        "tacite": found.tacite,
        "eligibilite": regles.eligibilite_mois,
        "cdi": regles.cdi_mois,
        "jour": regles.jour_declaration,
        "conservation": int(parametres.seuil("conservation_mois", found.date_debut)),
    }
    return pdf_response(render_pdf("convention", data), f"convention {found.intitule}")


def _detail(request, found, tache_form=None):
    on = timezone.localdate()
    may_edit = Convention.objects.editable_by(request.acteur).filter(pk=found.pk).exists()
    context = {
        "convention": found,
        "zone": describe([found.zone])[found.zone_id] if found.zone else "",
        "may_edit": may_edit,
        "statuts": StatutService.choices,
        "regles": regles_of(found, max(found.date_debut, min(on, found.date_fin))),
        "limite": limite_denonciation(found.date_fin, found.preavis_mois) if found.tacite else None,
        "nombre_clauses": found.clauses.count(),
        "taches": found.taches.all()[:50] if may_edit else [],
        "tache_form": (tache_form or TacheForm()) if may_edit else None,
        "on": on,
    }
    return render(request, "clauses/convention_detail.html", context)


def _edit(request, found, source, initial=None):
    """The form of `found`; `source`, itself or the one it follows, gives the first buyers."""
    facilitateur = get_object_or_404(Facilitateur.objects.acting(request.acteur))
    form = ConventionForm(request.POST or None, instance=found, initial=initial)
    parties = parties_form(request.POST or None, form, source)
    if form.is_valid() and parties.is_valid():
        actions.save_convention(form=form, parties=parties.parties, facilitateur=facilitateur, by=request.acteur)
        messages.success(request, "La convention est enregistrée.")
        return redirect(found)
    known = Acheteur.objects.filter(marches__lots__clauses__facilitateur=facilitateur) | Acheteur.objects.filter(
        conventions__convention__facilitateur=facilitateur
    )
    context = {
        "form": form,
        "parties": parties,
        "convention": found,
        "acheteurs": known.select_related("organisation").distinct()[:SUGGESTED],
    }
    return render(request, "clauses/convention_form.html", context)


def _whole(request):
    visible = Convention.objects.visible_to(request.acteur)
    visible = visible.select_related("facilitateur__organisation", "zone", "remplace")
    return visible.prefetch_related("parties__acheteur__organisation", "services", "suites")

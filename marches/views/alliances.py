"""Alliances: structures ready to answer together. Open to everyone; written by their members."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from marches import presentation
from marches.actions import alliances as actions
from marches.filters import AllianceFilter
from marches.forms.alliances import AllianceForm, Membres
from marches.models import Alliance, MembreAlliance
from marches.notifications.alliances import jeton, member_of
from portal.pagination import paginate
from portal.permissions import Role, role_required
from structures import zones
from structures.models import Structure
from structures.views.suppression import confirm_deletion

WRITERS = (Role.STRUCTURE, Role.RESEAU, Role.ADMINISTRATION)


@login_not_required
def list(request):
    shown = Alliance.objects.visible_to(request.acteur).annotate(nombre=Count("membres", distinct=True))
    filtre = AllianceFilter(request.GET, queryset=shown)
    rows = filtre.qs.select_related("zone").prefetch_related("secteurs").order_by("nom", "pk")
    page = paginate(rows, request)
    places = zones.describe({alliance.zone for alliance in page if alliance.zone})
    context = {
        "filtre": filtre,
        "page": page,
        "cartes": [(alliance, places.get(alliance.zone_id or 0, "")) for alliance in page],
        "peut_creer": request.acteur.has(*WRITERS),
    }
    return render(request, "marches/alliance_list.html", context)


@login_not_required
def detail(request, pk, slug):
    shown = Structure.objects.select_related("departement").defer("racines", "description")
    members = MembreAlliance.objects.prefetch_related(Prefetch("structure", queryset=shown))
    rows = Alliance.objects.visible_to(request.acteur).select_related("zone")
    alliance = get_object_or_404(
        rows.prefetch_related(Prefetch("membres", queryset=members), "secteurs"), pk=pk
    )  # fmt: skip
    if slug != alliance.slug:
        return redirect(alliance, permanent=True)
    membres = [membre for membre in alliance.membres.all() if membre.structure.publiee]
    mine = _mine(request.acteur, membres)
    kinds = {membre.structure.kind for membre in membres}
    context = {
        "alliance": alliance,
        "membres": [(membre, jeton(membre) if membre.structure_id in mine else "") for membre in membres],
        "zone": zones.describe([alliance.zone])[alliance.zone_id] if alliance.zone else "",
        "reponses": presentation.group_may_answer(kinds, timezone.localdate()),
        "editable": Alliance.objects.editable_by(request.acteur).filter(pk=pk).exists(),
        "supprimable": Alliance.objects.deletable_by(request.acteur).filter(pk=pk).exists(),
        "peut_repondre": request.acteur.has(Role.STRUCTURE, Role.ADMINISTRATION),
        "derniere": alliance.history.order_by("-history_date").values_list("history_date", flat=True).first(),
    }
    return render(request, "marches/alliance_detail.html", context)


def _mine(acteur, membres) -> set[int]:
    if not acteur.has(*WRITERS):
        return set()
    pks = [membre.structure_id for membre in membres]
    return set(Structure.objects.editable_by(acteur).filter(pk__in=pks).values_list("pk", flat=True))


@role_required(*WRITERS)
def create(request):
    return _form(request, Alliance())


@role_required(*WRITERS)
def edit(request, pk):
    return _form(request, get_object_or_404(Alliance.objects.editable_by(request.acteur), pk=pk))


@role_required(*WRITERS)
def supprimer(request, pk):
    alliance = get_object_or_404(Alliance.objects.deletable_by(request.acteur), pk=pk)
    return confirm_deletion(
        request, alliance, titre="Supprimer l'alliance",
        consequences=(
            "Les fiches de ses membres restent dans l'annuaire, et ne la nomment plus.",
            "Les groupements déjà formés pour un lot ne changent pas.",
            "Sa page disparaît\u00a0: ses liens ne marcheront plus.",
        ),
        delete=lambda: actions.delete_alliance(alliance, by=request.acteur),
        fait=f"L'alliance «\u00a0{alliance.nom}\u00a0» est supprimée.", suite="marches:alliances",
    )  # fmt: skip


def _form(request, alliance):
    is_new = alliance.pk is None
    form = AllianceForm(request.POST or None, instance=alliance)
    membres = Membres(
        request.POST or None, initial=_initial(alliance, request.acteur), prefix="membres", acteur=request.acteur
    )
    if form.is_valid() and membres.is_valid():
        alliance = actions.save_alliance(form=form, rows=membres.rows, by=request.acteur)
        messages.success(
            request, "L'alliance est enregistrée\u00a0; les structures que vous y avez ajoutées sont prévenues."
        )
        return redirect(alliance)
    context = {
        "form": form,
        "membres": membres,
        "titre": "Présenter une alliance" if is_new else "Modifier l'alliance",
        "retour": reverse("marches:alliances") if is_new else alliance.get_absolute_url(),
    }
    return render(request, "marches/alliance_form.html", context)


def _initial(alliance, acteur):
    if alliance.pk:
        rows = alliance.membres.select_related("structure__organisation")
        return [{"structure": row.structure, "apport": row.apport, "pilote": row.pilote} for row in rows]
    own = Structure.objects.filter(organisation=acteur.organisation_id or 0, remplacee_par=None)
    first = own.select_related("organisation").order_by("pk").first() if acteur.has(Role.STRUCTURE) else None
    return [{"structure": first, "apport": "", "pilote": False}] if first else []


@login_not_required
def quitter(request, jeton):
    """Leave an alliance with the link received: a page asks, a click answers; no account is needed."""
    membre = member_of(jeton)
    if membre is None:
        raise Http404("Ce lien n'est plus valable\u00a0: la structure a déjà quitté l'alliance.")
    if request.method == "POST":
        alliance = actions.leave(membre=membre, user=request.acteur.user)
        messages.success(request, f"{membre.structure.nom} ne fait plus partie de cette alliance.")
        return redirect(alliance if alliance and alliance.publiee else "marches:alliances")
    return render(request, "marches/alliance_quitter.html", {"membre": membre, "jeton": jeton})

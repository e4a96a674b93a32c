"""Facilitators: who covers a place, the page of one, what it is asked."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from clauses import rules
from clauses.actions import facilitateurs as actions
from clauses.enums import ServiceDelegue
from clauses.forms.facilitateurs import DemandeForm, FacilitateurForm
from clauses.models import Convention, DemandeFacilitateur, Facilitateur, Relais
from portal.pagination import paginate
from portal.permissions import Role, role_required
from structures.enums import Couverture, NiveauLieu
from structures.lieux import resolve
from structures.templatetags.carte import carte
from structures.zones import describe, places_covering

MOST_RELAYS = 40
TOO_MANY = "Trop de messages sont partis aujourd'hui vers ce facilitateur ou de cette adresse\u00a0: réessayez demain."


@login_not_required
def facilitateurs(request):
    """Everybody, or those of a place (`ou`), the single desk first; where there is none, where else to turn."""
    recherche = resolve(request.GET.get("ou"))
    lieu = recherche.lieu
    everywhere = lieu is None or lieu.niveau == NiveauLieu.FRANCE
    found = Facilitateur.objects.select_related("organisation").order_by("organisation__nom_tri", "pk")
    if recherche.is_unknown:
        found = found.none()
    elif not everywhere:
        found = Facilitateur.objects.covering(lieu)
    page = paginate(found.select_related("organisation__commune", "zone"), request)
    zones = describe(row.zone for row in page if row.zone)
    context = {
        "recherche": recherche,
        "lieu": None if everywhere else lieu,
        "candidats": [(c, f"?ou={c.parametre}") for c in recherche.candidats] if recherche.is_ambiguous else [],
        "page": page,
        "rows": [(row, zones.get(row.zone_id, "")) for row in page],
        "carte": carte(
            Facilitateur.objects.par_departement(),
            lambda code: f"{reverse('clauses:facilitateurs')}?ou={NiveauLieu.DEPARTEMENT.value}-{code}",
        ),
    }
    if not everywhere:
        relays = list(Relais.objects.near(lieu)[:MOST_RELAYS])
        context |= {
            "verdict": _guichet_unique(lieu),
            "relais": [] if page.count else [row for row in relays if not row.est_prive],
            "experts": [row for row in relays if row.est_prive],
        }
    return render(request, "clauses/facilitateur_list.html", context)


def _guichet_unique(lieu):
    """The verdict on those who call themselves the single desk of `lieu`; three queries."""
    claims = list(Facilitateur.objects.covering(lieu).filter(guichet_unique=True)[:20])
    touching = places_covering((lieu,)).filter(zone__in=[c.zone_id for c in claims if c.zone_id])
    rows = touching.values_list("zone", "couverture", "niveau")
    partial = {zone for zone, couverture, _ in rows if couverture == Couverture.PARTIEL}
    whole = {zone for zone, couverture, _ in rows if couverture == Couverture.ENTIER}
    in_part: set[int | None] = set(partial - whole)
    if lieu.niveau != NiveauLieu.COMMUNE:  # a body known by its seat alone says nothing of a larger place
        in_part.add(None)
    names = [(c.organisation.nom, c.zone_id in in_part) for c in claims]
    entiers = [name for name, is_part in names if not is_part]
    return rules.guichet_unique(entiers, [name for name, is_part in names if is_part], lieu.libelle)


@login_not_required
def facilitateur(request, pk):
    """The page of a body, and the message that the portal carries to it."""
    found = get_object_or_404(Facilitateur.objects.select_related("organisation__commune", "zone"), pk=pk)
    on, acteur = timezone.localdate(), request.acteur
    demande = DemandeFacilitateur()
    initial = {"courriel": "" if acteur.is_visitor else acteur.user.email}
    form = DemandeForm(request.POST or None, instance=demande, initial=initial)
    reachable = any(actions.readers(found))
    if reachable and form.is_valid():
        if actions.may_ask(found, form.cleaned_data["courriel"]):
            actions.ask(facilitateur=found, demande=demande, lieu=form.cleaned_data["ou"], by=acteur, on=on)
            messages.success(request, f"Votre message est transmis à {found.organisation.nom}.")
            return redirect(found)
        form.add_error(None, TOO_MANY)
    clauses = found.clauses.all()
    context = {
        "facilitateur": found,
        "zone": describe([found.zone])[found.zone_id] if found.zone else "",
        "conventions": Convention.objects.filter(facilitateur=found, date_debut__lte=on, date_fin__gte=on)
        .exclude(signee_le=None)
        .prefetch_related("parties__acheteur__organisation")[:20],
        "clauses_en_cours": clauses.filter(date_debut__lte=on, date_fin__gte=on).count(),
        "clauses_suivies": clauses.count(),
        "services": ServiceDelegue.labels,
        "form": form,
        "reachable": reachable,
        "is_mine": Facilitateur.objects.acting(acteur).filter(pk=pk).exists(),
    }
    return render(request, "clauses/facilitateur_detail.html", context)


@role_required(Role.FACILITATEUR)
def edit(request):
    """A body writes its own page: what it is, where it works, how to reach it."""
    found = get_object_or_404(Facilitateur.objects.acting(request.acteur).select_related("organisation", "zone"))
    form = FacilitateurForm(request.POST or None, instance=found)
    if form.is_valid():
        actions.save_facilitateur(form=form)
        messages.success(request, "Votre page est enregistrée.")
        return redirect(found)
    return render(request, "clauses/facilitateur_form.html", {"form": form, "facilitateur": found})


@role_required(Role.FACILITATEUR)
def demandes(request):
    """What buyers and visitors ask, what waits first."""
    mine = DemandeFacilitateur.objects.received_by(request.acteur).select_related("organisation", "commune")
    page = paginate(mine.waiting_first(), request)
    waiting = mine.filter(traitee_le=None).count()
    return render(request, "clauses/demande_list.html", {"page": page, "waiting": waiting})


@require_POST
@role_required(Role.FACILITATEUR)
def traiter(request, pk):
    demande = get_object_or_404(DemandeFacilitateur.objects.received_by(request.acteur), pk=pk)
    actions.close_request(demande, timezone.localdate())
    messages.success(request, "La demande est marquée comme traitée. Elle sera effacée dans six mois.")
    return redirect("clauses:demandes")

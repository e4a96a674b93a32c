"""The days of contracts: one lot's renewals, everybody's calendar, the same for other calendars (iCalendar)."""

from itertools import groupby

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from marches.actions import ActionRefusee
from marches.actions import reconductions as actions
from marches.echeances import (
    a_venir,
    calendrier_of,
    echeances_of,
    horizon,
    jours_des_etages,
    preavis_par_defaut,
    with_echeances,
)
from marches.exporters.agenda import as_ics
from marches.forms.reconductions import DEFAULT_HORIZON, DecisionForm, EcheancesForm
from marches.models import Lot
from marches.rules.dates import add_months
from marches.views.champs import own_lot, writers
from portal.pagination import paginate
from portal.permissions import Acteur, Role, role_required
from portal.search import filter_words

followers = role_required(Role.ACHETEUR, Role.STRUCTURE, Role.ENTREPRISE)
PER_PAGE = 60
MOST_EVENTS = 2_000  # of one calendar file
FEED_MONTHS = 60


@writers
def reconductions(request, pk):
    """The renewals of a lot, and the decision on the next one."""
    lot = own_lot(request, pk)
    on = timezone.localdate()
    cal = calendrier_of(lot, on)
    rank = cal.dernier_rang + 1
    tranche = next((each for each in cal.tranches if each.rang == rank), None)
    form = None
    if tranche is not None:
        form = DecisionForm(request.POST if request.method == "POST" else None, tranche=tranche, on=on)
        if form.is_valid():
            try:
                actions.decider(lot=lot, rang=rank, by=request.acteur, on=on, **form.cleaned_data)
            except ActionRefusee as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "La décision est enregistrée.")
                return redirect(lot)
    context = {
        "lot": lot,
        "cal": cal,
        "tranche": tranche,
        "form": form,
        "decisions": lot.decisions_reconduction.select_related("par").order_by("rang"),
        "preavis": None if lot.preavis_jours is not None else preavis_par_defaut(on),
    }
    return render(request, "marches/lot_reconductions.html", context)


@writers
@require_POST
def retirer(request, pk, rang):
    lot = own_lot(request, pk)
    try:
        actions.retirer(lot=lot, rang=rang, by=request.acteur)
    except ActionRefusee as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "La décision est retirée.")
    return redirect("marches:lot_reconductions", pk=pk)


# Calendar -------------------------------------------------------------------------------------------------------------
@followers
def echeances(request):
    """What is to come of one's contracts, month by month."""
    on = timezone.localdate()
    form = EcheancesForm({"horizon": DEFAULT_HORIZON} | request.GET.dict())
    lots = filter_words(Lot.objects.followed_by(request.acteur), form.words)
    found = a_venir(with_echeances(lots, on), on, horizon(on, form.months), form.genres)
    page = paginate(found, request, per_page=PER_PAGE)
    agenda = actions.mon_agenda(request.acteur)
    context = {
        "form": form,
        "page": page,
        "mois": [(month, list(rows)) for month, rows in groupby(page.rows, key=lambda each: each.le.replace(day=1))],
        "bande": _band(found, on, form.months),
        "on": on,
        "agenda": _address(agenda) if agenda else "",
        "acheteur": request.acteur.has(Role.ACHETEUR),
    }
    return render(request, "marches/echeances.html", context)


def _band(found, on, months):
    """The twelve months to come, at most, each with how many days it holds."""
    first = on.replace(day=1)
    counts: dict = {}
    for each in found:
        counts[each.le.replace(day=1)] = counts.get(each.le.replace(day=1), 0) + 1
    return [(month, counts.get(month, 0)) for month in (add_months(first, n) for n in range(min(months, 12)))]


def _address(agenda) -> str:
    return f"{settings.SITE_URL}{reverse('marches:agenda', args=[actions.jeton(agenda)])}"


@followers
@require_POST
def agenda_ouvrir(request):
    """A new secret address; the former one, if any, is withdrawn."""
    actions.ouvrir(request.acteur)
    messages.success(
        request, "L'adresse de votre agenda est prête. La précédente, s'il y en avait une, ne marche plus."
    )
    return redirect("marches:echeances")


@followers
@require_POST
def agenda_fermer(request):
    actions.fermer(request.acteur)
    messages.success(request, "L'adresse de l'agenda est retirée\u00a0: elle n'ouvre plus rien.")
    return redirect("marches:echeances")


@login_not_required
@never_cache
def agenda(request, jeton):
    """The calendar of an organisation, for those who hold its address."""
    found = actions.agenda_of(jeton)
    if found is None:
        raise Http404("Cet agenda n'existe pas, ou son adresse a été changée.")
    on = timezone.localdate()
    acteur = Acteur(organisation=found.organisation, role=Role(found.role))
    lots = with_echeances(Lot.objects.followed_by(acteur).published(), on)
    coming = [*a_venir(lots, on, horizon(on, FEED_MONTHS))[:MOST_EVENTS], *jours_des_etages(acteur, on)]
    response = _ics(request, coming, f"Échéances des marchés – {found.organisation.nom}", "echeances")
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@login_not_required
def lot_ics(request, pk):
    """The days of one lot, to add to any calendar."""
    on = timezone.localdate()
    rows = Lot.objects.visible_to(request.acteur).select_related("marche__acheteur__organisation")
    lot = get_object_or_404(rows.prefetch_related("decisions_reconduction").defer("racines"), pk=pk)
    return _ics(request, echeances_of(lot, on), f"Échéances\u00a0: {lot.objet[:100]}", f"lot-{lot.pk}")


def _ics(request, coming, name, filename) -> HttpResponse:
    host = request.get_host().partition(":")[0]
    content = as_ics(coming, nom=name, site=settings.SITE_URL, hote=host)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{filename}.ics"'
    return response

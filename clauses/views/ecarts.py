"""One page for a gap, whoever reads it: what happened, what is to be done by whom; its two letters."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from clauses import lettres
from clauses.actions import ecarts as actions
from clauses.enums import EtapeEcart
from clauses.forms.ecarts import ConstatForm, DecisionForm, ObservationsForm, RepartitionForm, SuiteForm
from clauses.models import ClauseSociale, Ecart
from clauses.parametres import seuil
from clauses.querysets import DECLARENTS
from clauses.rules import peut
from portal.pdf import pdf_response
from portal.permissions import Role, role_required

PARTIES = (Role.FACILITATEUR, Role.ACHETEUR, *DECLARENTS)


@role_required(Role.FACILITATEUR)
def constater(request, clause_pk):
    """Find the gap of a clause on a day."""
    on = timezone.localdate()
    clauses = ClauseSociale.objects.editable_by(request.acteur).with_suivi(on).for_cards()
    clause = get_object_or_404(clauses, pk=clause_pk)
    form = ConstatForm(request.POST or None, aujourdhui=on, initial={"on": min(on, clause.date_fin)})
    if form.is_valid():
        try:
            ecart = actions.constater(clause, by=request.acteur, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "L'écart est constaté. Relisez-le, puis notifiez-le à l'entreprise.")
            return redirect(ecart)
    return render(request, "clauses/ecart_form.html", {"form": form, "clause": clause, "on": on})


@role_required(*PARTIES)
def ecart(request, pk):
    return _page(request, _found(Ecart.objects.visible_to(request.acteur), pk))


@require_POST
@role_required(Role.FACILITATEUR)
def notifier(request, pk):
    found = _found(Ecart.objects.editable_by(request.acteur), pk)
    return _step(request, found, actions.notifier, "L'entreprise est prévenue par courriel.")


@require_POST
@role_required(Role.FACILITATEUR)
def abandonner(request, pk):
    found = _found(Ecart.objects.editable_by(request.acteur), pk)
    return _step(request, found, actions.abandonner, "L'écart est effacé.", then=found.clause)


@require_POST
@role_required(*DECLARENTS)
def observer(request, pk):
    found = _found(Ecart.objects.observable_by(request.acteur), pk)
    form = ObservationsForm(request.POST)
    return _step(request, found, actions.observer, "Vos observations sont transmises au facilitateur.", form)


@require_POST
@role_required(Role.FACILITATEUR)
def proposer(request, pk):
    found = _found(Ecart.objects.editable_by(request.acteur), pk)
    form = SuiteForm(request.POST, ecart=found, on=timezone.localdate())
    return _step(request, found, actions.proposer, "La proposition est transmise à l'acheteur.", form)


@require_POST
@role_required(Role.ACHETEUR)
def decider(request, pk):
    """The buyer's own: the facilitator is refused by the role, other buyers by the reach."""
    found = _found(Ecart.objects.decidable_by(request.acteur), pk)
    form = DecisionForm(request.POST, ecart=found, on=timezone.localdate())
    return _step(request, found, actions.decider, "La décision est prise\u00a0; l'entreprise est prévenue.", form)


@require_POST
@role_required(*DECLARENTS)
def repartir(request, pk):
    """The spokesperson's own."""
    found = _found(Ecart.objects.observable_by(request.acteur), pk)
    organisations = actions.membres(found.clause)
    if not organisations or organisations[0].pk != request.acteur.organisation_id:
        raise Http404
    form = RepartitionForm(request.POST, ecart=found, organisations=organisations)
    return _step(request, found, actions.repartir, "La répartition est enregistrée.", form)


@role_required(*PARTIES)
def lettre(request, pk):
    """The notice to the company."""
    found = _found(Ecart.objects.visible_to(request.acteur), pk)
    return pdf_response(lettres.notification(found), f"ecart-{found.pk}-notification")


@role_required(*PARTIES)
def lettre_decision(request, pk):
    """The decision of the buyer, once taken."""
    found = _found(Ecart.objects.visible_to(request.acteur).filter(etape=EtapeEcart.CLOS), pk)
    return pdf_response(lettres.decision(found), f"ecart-{found.pk}-decision")


def _found(ecarts, pk):
    return get_object_or_404(ecarts.for_page(), pk=pk)


def _step(request, found, action, done, form=None, then=None):
    """Take one step; a refusal comes back on the page, beside what was typed."""
    if form is not None and not form.is_valid():
        return _page(request, found, form)
    given = form.given() if form is not None else {}
    try:
        action(found, on=timezone.localdate(), by=request.acteur, **given)
    except ValidationError as error:
        if form is None:
            messages.error(request, " ".join(error.messages))
            return redirect(found)
        form.add_error(None, " ".join(error.messages))
        return _page(request, found, form)
    messages.success(request, done)
    return redirect(then or found)


def _page(request, found, form=None):
    acteur, on = request.acteur, timezone.localdate()
    membres = actions.membres(found.clause)
    step, form = _next_step(found, acteur, on, membres, form)
    closed = found.etape == EtapeEcart.CLOS
    return render(
        request,
        "clauses/ecart_detail.html",
        {
            "ecart": found,
            "clause": found.clause,
            "prevue": actions.prevue(found),
            "step": step,
            "delai": seuil("ecart_observations_jours", on),
            "form": form,
            "group": len(membres) > 1,
            "parts": found.parts.select_related("organisation") if closed else [],
            # What the facilitator proposes is between it and the buyer until the decision.
            "shows_proposal": closed or acteur.has(Role.FACILITATEUR, Role.ACHETEUR),
            "closed": closed,
            "on": on,
        },
    )


def _next_step(found, acteur, on, membres, form):
    """What this `Acteur` may do now: the name of the step and its form; the form sent back when it was refused."""

    def open_now(action):
        return peut(action, found.etape, on, found.delai_observations).is_ok

    if acteur.has(Role.FACILITATEUR):
        if open_now("notifier"):
            return "notifier", form
        if open_now("proposer"):
            return "proposer", form or SuiteForm(ecart=found, on=on)
    elif acteur.has(Role.ACHETEUR):
        if open_now("decider"):
            return "decider", form or DecisionForm(ecart=found, on=on)
    elif open_now("observer"):
        return "observer", form or ObservationsForm()
    elif found.montant is not None and len(membres) > 1 and membres[0].pk == acteur.organisation_id:
        return "repartir", form or RepartitionForm(ecart=found, organisations=membres)
    # Refused because it is no longer its turn: what was typed comes back, under the reason.
    return "", form

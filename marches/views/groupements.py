"""Groups of bidders: one's own, one of them, its form, its print; an alliance that answers a lot."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import Truncator
from django.views.decorators.http import require_POST

from marches import juridique, presentation
from marches.actions import groupements as actions
from marches.actions.registre import ActionRefusee
from marches.enums import FormeGroupement
from marches.forms.groupements import ChangementForm, GroupementForm, Membres, ProposerForm
from marches.models import Alliance, Groupement, Lot
from portal.pagination import paginate
from portal.permissions import Role, role_required
from structures.models import Structure

BIDDERS = (Role.STRUCTURE, Role.ENTREPRISE)
BUYERS = (Role.ACHETEUR, Role.ADMINISTRATION)
MOST_ALLIANCES = 10
LOT = "lot__marche__acheteur__organisation"


@role_required(*BIDDERS)
def list(request):
    """The groups one belongs to: those in preparation first, then those that hold a lot."""
    rows = Groupement.objects.of(request.acteur).select_related(LOT).with_membres()
    page = paginate(rows.order_by("retenu", "-pk"), request)
    return render(request, "marches/groupement_list.html", {"page": page, "moi": request.acteur.organisation_id})


@login_not_required
def detail(request, pk):
    return _detail(request, _seen(request, pk))


def _detail(request, groupement, changement=None):
    acteur = request.acteur
    editable = Groupement.objects.editable_by(acteur).filter(pk=groupement.pk).exists()
    inside = groupement.est_candidat or editable or any(
        membre.organisation_id == acteur.organisation_id for membre in groupement.membres.all()
    )  # fmt: skip
    if changement is None and editable and groupement.candidature_le:
        changement = ChangementForm(groupement=groupement)
    context = {
        "vu": presentation.groupe_vu(groupement),
        "groupement": groupement,
        "lot": groupement.lot,
        "verdicts": juridique.verdicts_groupement(groupement) if inside else [],
        "changements": groupement.changements.select_related("organisation"),
        "changement": changement,
        "editable": editable,
        "a_retenir": groupement.est_candidat and acteur.has(*BUYERS),
        "supprimable": editable and groupement.est_candidat,
        "on": timezone.localdate(),
    }
    return render(request, "marches/groupement_detail.html", context)


@login_not_required
def imprimer(request, pk):
    """The summary on paper: lot, form, members, tasks, shares, rules that apply."""
    groupement = _seen(request, pk)
    context = {
        "vu": presentation.groupe_vu(groupement),
        "groupement": groupement,
        "lot": groupement.lot,
        "changements": groupement.changements.select_related("organisation"),
    }
    return render(request, "marches/groupement_imprimer.html", context)


@role_required(*BIDDERS, *BUYERS)
def create(request, lot_pk):
    """A buyer says which group won; a structure or a company prepares an application."""
    lots = Lot.objects.editable_by(request.acteur) if request.acteur.has(*BUYERS) else Lot.objects.published()
    lot = get_object_or_404(lots.select_related("marche__acheteur__organisation"), pk=lot_pk)
    return _form(request, Groupement(lot=lot, forme=FormeGroupement.CONJOINT))


@role_required(*BIDDERS, *BUYERS)
def edit(request, pk):
    rows = Groupement.objects.editable_by(request.acteur).select_related(LOT).with_membres()
    return _form(request, get_object_or_404(rows, pk=pk))


def _form(request, groupement):
    form = GroupementForm(request.POST or None, instance=groupement)
    membres = Membres(
        request.POST or None, initial=_initial(groupement, request.acteur), prefix="membres", acteur=request.acteur
    )
    if request.method == "POST" and form.is_valid() and membres.is_valid():
        before = set(groupement.membres.values_list("organisation", flat=True)) if groupement.pk else set()
        try:
            saved = actions.save_groupement(groupement=groupement, form=form, rows=membres.rows, by=request.acteur)
        except ActionRefusee as refusal:
            form.add_error(None, str(refusal))
        else:
            arrived = (
                set(saved.membres.values_list("organisation", flat=True)) - before - {request.acteur.organisation_id}
            )
            told = "\u00a0; les membres ajoutés sont prévenus" if arrived else ""
            messages.success(request, f"Le groupement est enregistré{told}.")
            return redirect(saved)
    prepare = not groupement.pk and request.acteur.has(*BIDDERS)
    mine = Alliance.objects.editable_by(request.acteur)
    context = {
        "form": form,
        "membres": membres,
        "groupement": groupement,
        "lot": groupement.lot,
        "titre": "Modifier le groupement" if groupement.pk else _titre(request.acteur),
        "retour": groupement.get_absolute_url() if groupement.pk else groupement.lot.get_absolute_url(),
        "nom_parent": "Groupement" if groupement.pk else Truncator(groupement.lot).chars(50),
        "prepare": prepare,
        "alliances": [*mine.order_by("nom")[:MOST_ALLIANCES]] if prepare else [],
    }
    return render(request, "marches/groupement_form.html", context)


@require_POST
@role_required(*BIDDERS, *BUYERS)
def supprimer(request, pk):
    groupement = get_object_or_404(Groupement.objects.editable_by(request.acteur).select_related("lot"), pk=pk)
    try:
        actions.delete_groupement(groupement=groupement, by=request.acteur)
    except ActionRefusee as refusal:
        messages.warning(request, str(refusal))
        return redirect(groupement)
    messages.success(request, "Le groupement en préparation est supprimé.")
    return redirect(groupement.lot)


@require_POST
@role_required(*BUYERS)
def retenir(request, pk):
    """The buyer chooses a group that applied."""
    seen = Groupement.objects.visible_to(request.acteur).filter(lot__in=Lot.objects.editable_by(request.acteur))
    groupement = get_object_or_404(seen, pk=pk)
    try:
        actions.choose(groupement=groupement, by=request.acteur)
    except ActionRefusee as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "Ce groupement est titulaire du lot\u00a0; ses membres en sont les titulaires.")
    return redirect(groupement)


@require_POST
@role_required(*BIDDERS, *BUYERS)
def changer(request, pk):
    rows = Groupement.objects.editable_by(request.acteur).select_related(LOT).with_membres()
    groupement = get_object_or_404(rows, pk=pk)
    form = ChangementForm(request.POST, groupement=groupement)
    if form.is_valid():
        try:
            actions.change(form=form, by=request.acteur)
        except ActionRefusee as refusal:
            form.add_error("organisme", str(refusal))
        else:
            messages.success(request, "Le changement est noté, et la composition du groupement est à jour.")
            return redirect(groupement)
    return _detail(request, groupement, changement=form)


@role_required(Role.STRUCTURE, Role.ADMINISTRATION)
def proposer(request, pk):
    """An alliance becomes a candidate group on a lot."""
    alliance = get_object_or_404(Alliance.objects.editable_by(request.acteur), pk=pk)
    form = ProposerForm(
        request.POST or None, alliance=alliance, acteur=request.acteur, initial={"lot": request.GET.get("lot", "")}
    )
    if form.is_valid():
        try:
            groupement = actions.from_alliance(
                alliance=alliance, lot=form.cleaned_data["lot"], forme=form.cleaned_data["forme"], by=request.acteur
            )
        except ActionRefusee as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, "Le groupement est prêt à compléter\u00a0: donnez à chacun sa part et ses tâches."
            )
            return redirect(groupement)
    context = {"form": form, "alliance": alliance, "lot": form.asked}
    return render(request, "marches/alliance_proposer.html", context)


def _seen(request, pk):
    rows = Groupement.objects.visible_to(request.acteur).select_related(LOT).with_membres()
    return get_object_or_404(rows, pk=pk)


def _titre(acteur) -> str:
    return "Groupement titulaire du lot" if acteur.has(*BUYERS) else "Préparer un groupement"


def _initial(groupement, acteur):
    if groupement.pk:
        return [
            {name: getattr(membre, name) for name in actions.TYPED}
            | {"organisme": membre.structure or membre.organisation}
            for membre in groupement.membres.all()
        ]
    if not acteur.has(*BIDDERS):
        return []
    own = Structure.objects.listed().filter(organisation=acteur.organisation_id).select_related("organisation")
    first = own.order_by("pk").first()
    return [{"organisme": first or acteur.organisation, "mandataire": True}]

"""Claiming a card, and answering claims."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from portal.limites import spend
from portal.pagination import paginate
from portal.permissions import Role, role_required
from structures.actions import revendications as actions
from structures.enums import EtatDemande
from structures.forms.revendications import RefusForm, RevendicationForm
from structures.middleware import SESSION_KEY
from structures.models import Revendication, Structure

MOST_CLAIMS, MOST_LINKS, MOST_TRIES = 5, 5, 20  # a day, for each user
TOO_MANY = "Vous avez fait trop de demandes aujourd'hui\u00a0: réessayez demain."
SENT = "Votre demande est enregistrée."


def revendiquer(request, pk):
    structure = get_object_or_404(Structure.objects.listed().select_related("organisation"), pk=pk)
    if actions.is_member(structure, request.user):
        if request.acteur.has(Role.STRUCTURE) and request.acteur.organisation_id == structure.organisation_id:
            messages.info(request, "Vous faites déjà partie de cette structure.")
            return redirect("structures:ma_fiche")
        messages.info(
            request, "Vous faites déjà partie de cette structure\u00a0: choisissez-la en haut de page pour agir."
        )
        return redirect(structure)
    pending = actions.pending_of(structure, request.user)
    form = None
    if pending is None:
        form = RevendicationForm(request.POST or None, structure=structure)
        if request.method == "POST" and not spend("revendication_essai", request.user.pk, MOST_TRIES):
            form.add_error(None, TOO_MANY)
        elif form.is_valid():
            if spend("revendication", request.user.pk, MOST_CLAIMS):
                actions.claim(structure=structure, user=request.user, **form.cleaned_data)
                messages.success(request, SENT)
                return redirect("structures:revendiquer", pk=pk)
            form.add_error(None, TOO_MANY)
    elif request.method == "POST":
        _on_pending(request, pending)
        return redirect("structures:revendiquer", pk=pk)
    context = {
        "structure": structure,
        "form": form,
        "demande": pending,
        "lien_perime": pending is not None and actions.is_link_over(pending, timezone.now()),
        "refus": _last_refusal(structure, request.user) if pending is None else None,
    }
    return render(request, "structures/revendication_form.html", context)


def _on_pending(request, pending) -> None:
    """Send the link again, or give up, as the pressed button asks."""
    if "abandonner" in request.POST:
        actions.give_up(pending)
        messages.success(request, "Votre demande est abandonnée.")
    elif "renvoyer" in request.POST and pending.etat == EtatDemande.A_CONFIRMER:
        if spend("revendication_lien", request.user.pk, MOST_LINKS):
            actions.renew_link(pending)
            messages.success(request, "Un nouveau lien est envoyé\u00a0; l'ancien ne marche plus.")
        else:
            messages.error(request, TOO_MANY)


def _last_refusal(structure, user):
    last = Revendication.objects.filter(structure=structure, user=user).order_by("-cree_le").first()
    return last if last and last.etat == EtatDemande.REFUSEE else None


def revendication_confirmer(request, token):
    """The link received by e-mail: of use to the claimant alone, so that nobody confirms for another."""
    demande = get_object_or_404(
        Revendication.objects.select_related("structure"), jeton=token, user=request.user,
        etat__in=(EtatDemande.A_CONFIRMER, EtatDemande.ACCEPTEE),
    )  # fmt: skip
    now = timezone.now()
    over = actions.is_link_over(demande, now)
    if request.method == "POST" and not over:
        try:
            membre = actions.confirm(demande, now)
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            if membre:
                request.session[SESSION_KEY] = membre.pk  # from here on one acts for the structure just joined
                messages.success(request, "Vous faites maintenant partie de cette structure\u00a0: complétez sa fiche.")
                return redirect("structures:ma_fiche")
        return redirect("structures:revendiquer", pk=demande.structure_id)
    return render(request, "structures/revendication_confirmer.html", {"demande": demande, "lien_perime": over})


@role_required(Role.STRUCTURE, Role.RESEAU, Role.ADMINISTRATION)
def revendications(request):
    """Claims that wait for an answer of ours, oldest first."""
    demandes = Revendication.objects.decidable_by(request.acteur)
    page = paginate(demandes.select_related("structure__departement", "user").order_by("cree_le", "pk"), request)
    return render(request, "structures/revendication_list.html", {"page": page})


@role_required(Role.STRUCTURE, Role.RESEAU, Role.ADMINISTRATION)
def revendication(request, pk):
    """One claim: who, for what, and the answer."""
    demande = get_object_or_404(
        Revendication.objects.decidable_by(request.acteur).select_related("structure__organisation", "user"), pk=pk
    )
    form = RefusForm(request.POST if "refuser" in request.POST else None)
    if request.method == "POST" and _answer(request, demande, form):
        return redirect("structures:revendications")
    context = {"demande": demande, "form": form, "sans_organisation": demande.structure.organisation_id is None}
    return render(request, "structures/revendication_detail.html", context)


def _answer(request, demande, form) -> bool:
    """Do what the pressed button asks; False when the page must be shown again."""
    now = timezone.now()
    if "accepter" in request.POST:
        try:
            done = actions.accept(demande, by=request.acteur, now=now)
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return False
        said = f"{demande.user.email} fait maintenant partie de «\u00a0{demande.structure.nom}\u00a0»."
    elif form.is_valid():
        motif = form.cleaned_data["motif"]
        done = actions.refuse(demande, motif=motif, by=request.acteur, now=now)
        said = "La demande est refusée\u00a0; la personne reçoit votre motif."
    else:
        return False
    if done:
        messages.success(request, said)
    else:
        messages.info(request, "Quelqu'un d'autre a déjà répondu à cette demande.")
    return True

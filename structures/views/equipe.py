"""The people of one's organisation: who they are, whom to invite or remove, how to leave."""

from allauth.account.models import EmailAddress
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from portal.limites import spend
from portal.permissions import Role, role_required
from structures.actions import equipe as actions
from structures.forms.revendications import InvitationForm
from structures.middleware import SESSION_KEY
from structures.models import Invitation, Membre
from structures.models.organisations import profil_pour

MOST_INVITATIONS = 20  # a day, for each user


@role_required(*Role)
def equipe(request):
    """Members of the organisation one acts for, and invitations of one's role."""
    form = InvitationForm(request.POST or None, acteur=request.acteur)
    if form.is_valid():
        if spend("invitation", request.user.pk, MOST_INVITATIONS):
            actions.invite(courriel=form.cleaned_data["courriel"], by=request.acteur)
            messages.success(request, f"L'invitation est envoyée à {form.cleaned_data['courriel']}.")
            return redirect("structures:equipe")
        form.add_error(None, "Vous avez envoyé trop d'invitations aujourd'hui\u00a0: réessayez demain.")
    membres = (
        Membre.objects.active().with_genre().filter(organisation=request.acteur.organisation).select_related("user")
    )
    context = {
        "form": form,
        "equipe": membres.order_by("role", "user__email"),
        "retirables": set(actions.removable_by(request.acteur).values_list("pk", flat=True)),
        "invitations": _open(request).order_by("expire_le", "pk"),
        "maintenant": timezone.now(),
    }
    return render(request, "structures/equipe.html", context)


@role_required(*Role)
@require_POST
def invitation_revoquer(request, pk):
    get_object_or_404(_open(request), pk=pk).delete()
    messages.success(request, "L'invitation est retirée\u00a0: son lien ne marche plus.")
    return redirect("structures:equipe")


@role_required(*Role)
def quitter(request, pk):
    """Leave an organisation; the last one is told what it means, and says it twice."""
    membre = get_object_or_404(
        Membre.objects.active().with_genre().select_related("organisation"), pk=pk, user=request.user
    )
    dernier = actions.is_last(membre)
    if request.method == "POST" and (not dernier or "confirme" in request.POST):
        actions.leave(membre)
        messages.success(request, f"Vous ne faites plus partie de «\u00a0{membre.organisation.nom}\u00a0».")
        return redirect("pages:tableau_de_bord")
    if request.method == "POST":
        messages.error(request, "Cochez la case pour confirmer votre départ.")
    return render(request, "structures/quitter.html", {"membre": membre, "dernier": dernier})


@role_required(*Role)
def retirer(request, pk):
    """Asks first, then takes a colleague out of the team."""
    membres = actions.removable_by(request.acteur).select_related("user", "organisation")
    membre = get_object_or_404(membres, pk=pk)
    if request.method == "POST":
        if actions.remove(membre, by=request.acteur):
            messages.success(request, f"{membre.user.email} ne fait plus partie de l'équipe, et en est prévenu.")
        else:
            messages.warning(request, "L'équipe a changé entre-temps\u00a0: voici où elle en est.")
        return redirect("structures:equipe")
    return render(request, "structures/equipe_retirer.html", {"membre": membre})


@login_not_required
def invitation(request, token):
    """What the invited person opens: they join with the account of the invited address, or make one."""
    invitation = get_object_or_404(Invitation.objects.select_related("organisation"), jeton=token)
    now = timezone.now()
    context = {
        "invitation": invitation,
        "profil": profil_pour(invitation.role, invitation.organisation),
        "valable": invitation.acceptee_le is None and invitation.expire_le > now,
        "deja_membre": request.user.is_authenticated and actions.belongs(request.user, invitation),
        "sienne": request.user.is_authenticated and _owns(request.user, invitation.courriel),
    }
    if request.method == "POST" and context["valable"] and context["sienne"]:
        membre = actions.accept(invitation, request.user, now)
        if membre:
            request.session[SESSION_KEY] = membre.pk
            messages.success(request, f"Bienvenue dans l'équipe de «\u00a0{invitation.organisation.nom}\u00a0».")
            return redirect("pages:tableau_de_bord")
        return redirect("structures:invitation", token=token)
    return render(request, "structures/invitation.html", context)


def _owns(user, courriel: str) -> bool:
    """Whether this address is the user's, and was proved to be."""
    if user.email == courriel:
        return True
    return EmailAddress.objects.filter(user=user, verified=True, email__iexact=courriel).exists()


def _open(request):
    """Invitations of one's organisation and role that nobody used."""
    return Invitation.objects.filter(
        organisation=request.acteur.organisation, role=request.acteur.role, acceptee_le=None
    )

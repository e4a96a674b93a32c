"""Conversations with a structure: no address is shown to anybody, the link of an e-mail is enough to answer."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.pagination import paginate
from portal.permissions import role_required
from structures.actions import echanges as actions
from structures.enums import Sens
from structures.forms.echanges import EchangeForm, ReponseForm
from structures.models import Echange, ListeFavoris, Structure
from structures.views.favoris import USERS

TOO_MANY_TODAY = "Vous avez ouvert {} échanges aujourd'hui, le nombre permis\u00a0: revenez demain."
TOO_MANY_MESSAGES = "Vous avez envoyé {} messages aujourd'hui, le nombre permis\u00a0: revenez demain."


@role_required(*USERS)
def echanges(request):
    found = Echange.objects.visible_to(request.acteur).with_unread(request.acteur).unread_first()
    page = paginate(found.select_related("organisation", "structure__organisation"), request)
    rows = [(echange, echange.received_by(request.acteur) == Sens.VERS_ACHETEUR) for echange in page]
    return render(request, "structures/echange_list.html", {"page": page, "rows": rows})


@role_required(*USERS)
def nouveau(request, pk):
    structure = get_object_or_404(Structure.objects.listed().select_related("organisation"), pk=pk)
    obstacle = actions.obstacles(request.acteur, [structure]).get(structure.pk, "")
    form = EchangeForm(request.POST or None)
    if not obstacle and form.is_valid() and _allowed(request, form, 1):
        (echange,) = actions.open_exchanges(
            structures=[structure],
            sujet=form.cleaned_data["sujet"],
            texte=form.cleaned_data["message"],
            by=request.acteur,
        )
        messages.success(request, f"Votre message est transmis à {structure.nom}. Vous serez prévenu de sa réponse.")
        return redirect(echange)
    context = {"structure": structure, "obstacle": obstacle, "form": form, "fonction": request.user.fonction}
    return render(request, "structures/echange_form.html", context)


@role_required(*USERS)
def ecrire(request, pk):
    """One message to several structures of the list `pk`, given by `s`; the others are named with what stops them."""
    liste = get_object_or_404(ListeFavoris.objects.visible_to(request.acteur), pk=pk)
    form = EchangeForm(request.POST or None)
    chosen = list(_of_list(liste, _asked(request)))
    stopped = actions.obstacles(request.acteur, chosen)
    ready = [structure for structure in chosen if structure.pk not in stopped]
    trop = len(chosen) > actions.MOST_AT_ONCE
    if form.is_valid() and ready and not trop and _allowed(request, form, len(ready)):
        given = form.cleaned_data
        actions.open_exchanges(structures=ready, sujet=given["sujet"], texte=given["message"], by=request.acteur)
        messages.success(request, _sent(len(ready)))
        return redirect("structures:echanges")
    context = {
        "liste": liste,
        "form": form,
        "destinataires": ready,
        "ecartees": [(structure, stopped[structure.pk]) for structure in chosen if structure.pk in stopped],
        "trop": trop,
        "maximum": actions.MOST_AT_ONCE,
    }
    return render(request, "structures/echange_plusieurs.html", context)


def _of_list(liste: ListeFavoris, keys: list[int]):
    return Structure.objects.filter(favoris__liste=liste, pk__in=keys).select_related("organisation").by_name()


@role_required(*USERS)
def echange(request, pk):
    found = Echange.objects.visible_to(request.acteur).select_related("organisation", "structure__organisation")
    echange = get_object_or_404(found, pk=pk)
    form = ReponseForm(request.POST or None)
    if form.is_valid() and _open(request, echange, form):
        actions.answer(echange=echange, texte=form.cleaned_data["message"], by=request.acteur)
        messages.success(request, "Votre message est transmis.")
        return redirect(echange)
    context = _thread(echange, received=echange.received_by(request.acteur)) | {"form": form}
    actions.mark_read(echange, request.acteur)
    return render(request, "structures/echange_detail.html", context)


@role_required(*USERS)
@require_POST
def fermer(request, pk):
    """For the structure only: no more messages from this organisation."""
    mine = Echange.objects.visible_to(request.acteur).exclude(organisation=request.acteur.organisation_id)
    echange = get_object_or_404(mine.select_related("organisation"), pk=pk)
    actions.close(echange)
    messages.success(request, f"{echange.organisation.nom} ne peut plus vous écrire.")
    return redirect(echange)


@login_not_required
@never_cache
def reponse(request, jeton):
    """The page of the link that a structure without account receives. Opening it changes nothing: mail filters do."""
    found = Echange.objects.select_related("organisation", "structure__organisation")
    if "\x00" in jeton:
        raise Http404
    echange = get_object_or_404(found, jeton=jeton)
    if request.POST.get("action") == "fermer":
        actions.close(echange)
        messages.success(request, f"{echange.organisation.nom} ne peut plus vous écrire.")
        return redirect("structures:echange_reponse", jeton=jeton)
    form = ReponseForm(request.POST or None)
    if form.is_valid() and _open_by_link(echange, form):
        actions.answer(echange=echange, texte=form.cleaned_data["message"], by=None)
        messages.success(request, f"Votre réponse est transmise à {echange.organisation.nom}.")
        return redirect("structures:echange_reponse", jeton=jeton)
    context = _thread(echange, received=Sens.VERS_STRUCTURE)
    context |= {"form": form, "rejointe": actions.has_members(echange.structure)}
    response = render(request, "structures/echange_reponse.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _thread(echange: Echange, *, received: Sens) -> dict:
    """The conversation as one side reads it: each message, whether it was received, and whether it is new."""
    rows = [
        (message, message.sens == received, message.sens == received and message.lu_le is None)
        for message in echange.messages.select_related("par")[: actions.MOST_MESSAGES]
    ]
    return {"echange": echange, "lignes": rows, "cote_structure": received == Sens.VERS_STRUCTURE}


def _asked(request) -> list[int]:
    """Keys of the structures ticked, from the query string or from the form; what is no number is left out."""
    given = request.POST.getlist("s") or request.GET.getlist("s")
    return [int(key) for key in given[:500] if key.isascii() and key.isdecimal() and len(key) < 19]


def _allowed(request, form, wanted: int) -> bool:
    """Whether today's limits let this person open `wanted` conversations; otherwise the form says why."""
    if actions.left_today(request.acteur, timezone.now()) < wanted:
        form.add_error(None, TOO_MANY_TODAY.format(settings.ECHANGES_PAR_JOUR))
    return form.is_valid()


def _open(request, echange: Echange, form) -> bool:
    if echange.ferme_le:
        form.add_error(None, "Cet échange est fermé\u00a0: votre message n'est pas parti.")
    elif _is_full(echange):
        form.add_error(None, "Cet échange est long\u00a0: ouvrez-en un autre depuis la fiche de la structure.")
    elif not actions.may_write(request.acteur, timezone.now()):
        form.add_error(None, TOO_MANY_MESSAGES.format(settings.MESSAGES_PAR_JOUR))
    return form.is_valid()


def _open_by_link(echange: Echange, form) -> bool:
    if echange.ferme_le:
        form.add_error(None, "Cet échange est fermé\u00a0: votre réponse n'est pas partie.")
    elif _is_full(echange) or not actions.may_answer_by_link(echange, timezone.now()):
        form.add_error(None, "Ce lien a assez servi aujourd'hui\u00a0: revenez demain, ou connectez-vous.")
    return form.is_valid()


def _is_full(echange: Echange) -> bool:
    return echange.messages.count() >= actions.MOST_MESSAGES


def _sent(number: int) -> str:
    if number == 1:
        return "Votre message est transmis à une structure\u00a0: vous serez prévenu de sa réponse."
    return f"Votre message est transmis à {number} structures\u00a0: vous serez prévenu de leurs réponses."

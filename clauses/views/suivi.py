"""The life of a clause, for its facilitator alone: opening balance, hand-over, invitation, meetings, tasks."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from clauses.actions import passations, reunions
from clauses.forms.suivi import InviterForm, PassationForm, ReponseForm, RepriseForm, ReunionForm, TacheForm
from clauses.models import ClauseSociale, Convention, Facilitateur, Passation, Tache
from portal.permissions import Role, role_required


@role_required(Role.FACILITATEUR)
def reprise(request, pk):
    clause = _clause(request, pk)
    on = timezone.localdate()
    form = RepriseForm(request.POST or None, clause=clause, initial={"justificatif_vu_le": on})

    def save(**data):
        passations.reprendre(clause, on=on, by=request.acteur, **data)

    return _page(request, clause, form, save, titre="Reprendre un suivi en cours", bouton="Enregistrer la reprise",
                 fait="Les heures reprises comptent désormais parmi les heures acceptées.",
                 intro="Pour les heures réalisées avant l'arrivée de la clause dans le portail, sur justificatif.",
                 )  # fmt: skip


@role_required(Role.FACILITATEUR)
def passer(request, pk):
    clause = _clause(request, pk)
    form = PassationForm(request.POST or None, clause=clause)

    def save(**data):
        passations.proposer(clause, by=request.acteur, **data)

    return _page(
        request, clause, form, save, titre="Confier la clause à un autre facilitateur", bouton="Proposer la passation",
        fait="La passation est proposée\u00a0; la clause reste à vous jusqu'à la réponse.",
        intro="Une fois la passation acceptée, la clause passe avec ses mois, ses écarts, ses réunions et ses tâches, "
              "ainsi que les personnes comptées sur elle seule. Vous ne l'ouvrirez plus\u00a0; vos bilans signés vous "
              "restent.",
    )  # fmt: skip


@role_required(Role.FACILITATEUR)
def passation(request, pk):
    """What the receiving body reads of the clause before it answers."""
    rows = Passation.objects.filter(vers__organisation=request.acteur.organisation_id, acceptee=None)
    found = get_object_or_404(rows.select_related("de__organisation", "vers__organisation"), pk=pk)
    on = timezone.localdate()
    clause = ClauseSociale.objects.with_suivi(on).for_cards().get(pk=found.clause_id)
    form = ReponseForm(request.POST or None)
    if form.is_valid():
        try:
            passations.repondre(found, by=request.acteur, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "Votre réponse est transmise.")
            return redirect(clause if form.cleaned_data["acceptee"] else "clauses:list")
    context = {"passation": found, "clause": clause, "form": form, "on": on}
    return render(request, "clauses/passation_detail.html", context)


@require_POST
@role_required(Role.FACILITATEUR)
def passation_retirer(request, pk):
    """The body that offered the clause keeps it after all."""
    rows = Passation.objects.filter(de__organisation=request.acteur.organisation_id, acceptee=None)
    found = get_object_or_404(rows.select_related("clause"), pk=pk)
    try:
        passations.retirer(found)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, "La proposition est retirée\u00a0: la clause reste à vous.")
    return redirect(found.clause)


@role_required(Role.FACILITATEUR)
def inviter(request, pk):
    clause = _clause(request, pk)
    form = InviterForm(request.POST or None, clause=clause)

    def save(**data):
        reunions.inviter(clause, by=request.acteur, **data)

    return _page(request, clause, form, save, titre="Inviter le titulaire", bouton="Envoyer l'invitation",
                 fait="L'invitation est envoyée.",
                 intro="L'entreprise ouvre son compte et déclare elle-même ses mois.")  # fmt: skip


@role_required(Role.FACILITATEUR)
def reunion(request, pk):
    clause = _clause(request, pk)
    form = ReunionForm(request.POST or None, initial={"le": timezone.localdate()})

    def save(**data):
        reunions.noter_reunion(clause, by=request.acteur, **data)

    return _page(request, clause, form, save, titre="Noter une réunion", bouton="Enregistrer",
                 fait="La réunion est notée.")  # fmt: skip


@role_required(Role.FACILITATEUR)
def tache(request, pk):
    clause = _clause(request, pk)
    form = TacheForm(request.POST or None)

    def save(**data):
        Tache.objects.create(clause=clause, par=request.acteur.user, **data)

    return _page(request, clause, form, save, titre="Ajouter une tâche", bouton="Ajouter",
                 fait="La tâche est ajoutée.")  # fmt: skip


@require_POST
@role_required(Role.FACILITATEUR)
def tache_faite(request, pk):
    followed = ClauseSociale.objects.editable_by(request.acteur)
    agreed = Convention.objects.editable_by(request.acteur)
    mine = Q(clause__in=followed.values("pk")) | Q(convention__in=agreed.values("pk"))
    found = get_object_or_404(Tache.objects.filter(mine).select_related("clause", "convention"), pk=pk)
    reunions.terminer(found, on=timezone.localdate())
    if found.clause is not None:
        return redirect(found.clause)
    return redirect("clauses:convention", pk=found.convention_id)


def _clause(request, pk):
    if not Facilitateur.objects.acting(request.acteur).exists():
        raise Http404
    return get_object_or_404(ClauseSociale.objects.editable_by(request.acteur).for_cards(), pk=pk)


def _page(request, clause, form, save, *, titre, bouton, fait, intro=""):
    """One form about a clause: saved and back to the clause, or shown again with what the action refused."""
    if form.is_valid():
        try:
            save(**form.cleaned_data)
        except ValidationError as error:
            _tell(form, error)
        else:
            messages.success(request, fait)
            return redirect(clause)
    context = {"form": form, "clause": clause, "titre": titre, "bouton": bouton, "intro": intro}
    return render(request, "clauses/suivi_form.html", context)


def _tell(form, error):
    """A refusal under its field where the form has it, else above all."""
    by_field = error.error_dict if hasattr(error, "error_dict") else {None: error.error_list}
    for name, reasons in by_field.items():
        form.add_error(name if name in form.fields else None, reasons)

"""The facts of an assignment: dates, contract, and for a person lent, where and to whom."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render

from clauses.actions import consulter
from clauses.actions.participants import update_affectation
from clauses.forms import AffectationModifieeForm
from clauses.models import Affectation, Participant
from clauses.presentation import histoire_affectation
from portal.permissions import Role, role_required


@role_required(Role.FACILITATEUR)
def edit(request, pk):
    people = Participant.objects.editable_by(request.acteur).values("pk")
    rows = Affectation.objects.filter(participant__in=people)
    affectation = get_object_or_404(rows.select_related("participant", "employeur", "utilisateur"), pk=pk)
    if request.method == "GET":
        consulter(affectation.participant, "affectation", by=request.acteur)
    form = AffectationModifieeForm(request.POST or None, instance=affectation)
    if form.is_valid():
        try:
            update_affectation(form=form, by=request.acteur)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "L'affectation est enregistrée.")
            return redirect(affectation.participant)
    return render(
        request,
        "clauses/affectation_form.html",
        {
            "form": form,
            "affectation": affectation,
            "participant": affectation.participant,
            "changements": histoire_affectation(affectation, request.acteur),
        },
    )

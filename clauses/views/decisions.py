"""Decisions on the lines of a month, and what their declarer does next."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from clauses import actions
from clauses.forms import AnnulationForm, CorrectionForm, RefusForm
from clauses.models import Declaration, Imputation, LigneHeures
from clauses.presentation import histoire
from clauses.views.declarations import OPEN, address, months, page
from portal.permissions import Role, role_required


@require_POST
@role_required(Role.FACILITATEUR)
def accept_all_clean(request, pk):
    month = get_object_or_404(Declaration.objects.decidable_by(request.acteur).select_related("clause"), pk=pk)
    accepted, left = actions.accept_all_clean(month, by=request.acteur)
    if accepted:
        plural = "s" if accepted > 1 else ""
        messages.success(request, f"{accepted} ligne{plural} acceptée{plural}.")
    if left:
        messages.warning(request, f"À regarder une par une\u00a0: {left}.")
    if not accepted and not left:
        messages.info(request, "Aucune ligne n'attend de décision.")
    return redirect(month)


@require_POST
@role_required(Role.FACILITATEUR)
def accept(request, pk):
    return _done(request, _decidable(request, pk), actions.accept, "La ligne est acceptée.")


@require_POST
@role_required(Role.FACILITATEUR)
def refuse(request, pk):
    imputation = _decidable(request, pk)
    form = RefusForm(request.POST, prefix=f"refus-{imputation.pk}")
    said = "La ligne est refusée\u00a0; le déclarant en lit le motif ici et par courriel."
    return _typed(request, imputation, form, ["motif"], actions.refuse, said, "refus")


@require_POST
@role_required(Role.FACILITATEUR)
def cancel(request, pk):
    imputation = _decidable(request, pk)
    form = AnnulationForm(request.POST, prefix=f"annulation-{imputation.pk}")
    said = "L'acceptation est annulée\u00a0: ces heures ne comptent plus."
    return _typed(request, imputation, form, ["motif"], actions.cancel, said, "annulations")


@require_POST
@role_required(*OPEN)
def correct(request, pk):
    imputation = _editable(request, pk)
    form = CorrectionForm(request.POST, prefix=f"correction-{imputation.pk}")
    said = "La correction est en brouillon\u00a0: transmettez-la avec le mois."
    return _typed(request, imputation, form, ["travail", "formation"], actions.correct, said, "corrections")


@require_POST
@role_required(*OPEN)
def renoncer(request, pk):
    said = "La ligne est abandonnée\u00a0: elle ne compte pas et n'attend plus rien."
    return _done(request, _editable(request, pk), actions.renoncer, said)


@role_required(*OPEN)
def historique(request, pk, ligne_pk):
    """What became of a line, clause by clause: who, when, before, after."""
    month = get_object_or_404(months(request.acteur), pk=pk)
    line = get_object_or_404(
        LigneHeures.objects.filter(imputations__declaration=month).distinct().select_related(
            "affectation__participant", "affectation__employeur"
        ),
        pk=ligne_pk,
    )  # fmt: skip
    rows = (
        Imputation.objects.filter(ligne=line, declaration__in=Declaration.objects.visible_to(request.acteur))
        .select_related("clause__lot__marche", "saisie_par", "transmise_par", "decidee_par", "remplace")
        .order_by("clause_id", "pk")
    )
    return render(
        request,
        "clauses/ligne_histoire.html",
        {"declaration": month, "clause": month.clause, "ligne": line, "parts": histoire(rows)},
    )


# Inside ---------------------------------------------------------------------------------------------------------------
def _done(request, imputation, action, said: str):
    """One click: what the action answers is said on the page of the month."""
    try:
        action(imputation, by=request.acteur)
        messages.success(request, said)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(address(request, imputation.declaration))


def _typed(request, imputation, form, fields: list[str], action, said: str, name: str):
    """A few typed fields: the month again when it is done, the page with its errors, under `name`, when it is not."""
    if form.is_valid():
        try:
            action(imputation, *(form.cleaned_data[field] for field in fields), by=request.acteur)
            messages.success(request, said)
            return redirect(address(request, imputation.declaration))
        except ValidationError as error:
            form.add_error(None, error)
    return page(request, _month_of(request, imputation), **{name: {imputation.pk: form}})


def _month_of(request, imputation):
    return get_object_or_404(months(request.acteur), pk=imputation.declaration_id)


def _decidable(request, pk):
    """A line that this `Acteur` may accept or refuse; 404 otherwise."""
    rows = Declaration.objects.decidable_by(request.acteur).values("pk")
    return get_object_or_404(Imputation.objects.filter(declaration__in=rows).select_related("declaration"), pk=pk)


def _editable(request, pk):
    """A line that this `Acteur` may correct or give up; 404 otherwise."""
    rows = Declaration.objects.editable_by(request.acteur).values("pk")
    return get_object_or_404(Imputation.objects.filter(declaration__in=rows).select_related("declaration"), pk=pk)

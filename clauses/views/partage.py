"""The hours of one person shared between several clauses of one declarer."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from clauses import actions
from clauses.actions import Saisie
from clauses.actions.partage import accepter_mutualisation, derniere_part, empreinte, juger_partage, repartir
from clauses.forms import MutualisationForm, SaisieForm
from clauses.models import ClauseSociale, LigneHeures
from clauses.views.declarations import OPEN, annonce_de, months
from clauses.views.grille import followed, is_known, shown
from portal.permissions import Role, role_required
from portal.verdict import Verdict

CARRIED = Verdict.information(
    "Les heures écrites dans la grille sont reprises ci-dessous, dans la part de cette clause\u00a0; elles ne sont pas "
    "encore enregistrées.",
    remede="Complétez le total et les autres parts, puis enregistrez le partage.",
)


@role_required(*OPEN)
def partager(request, pk, affectation_pk):
    """Hours done in all, and the part of each clause; works as it is, without a script."""
    month = get_object_or_404(months(request.acteur), pk=pk)
    affectation = _reached(request, month, affectation_pk)
    line = LigneHeures.objects.prefetch_related("imputations").filter(affectation=affectation, du=month.mois).first()
    data = request.POST if request.method == "POST" else None
    total = _form(data, "total", line, "en tout")
    clauses = actions.clauses_partageables(month)
    carried = _carried(request)
    parts = [
        (
            clause,
            _form(
                data, f"c{clause.pk}", derniere_part(line, clause.pk), str(clause.lot),
                carried if clause.pk == month.clause_id else None,
            ),
        )
        for clause in clauses
    ]  # fmt: skip
    seen, problem = empreinte(line), ""
    if data is not None:
        seen = data.get("vu", "")[:40]
        try:
            problem = _save(request, month, affectation, total, parts, seen)
        except actions.Conflit as error:  # what is saved is shown beside: the next save is informed
            problem, seen = " ".join(error.messages), empreinte(line)
        if not problem:
            messages.success(request, "Le partage est enregistré en brouillon\u00a0: transmettez chaque mois concerné.")
            return redirect(month)
    return render(
        request,
        "clauses/partage.html",
        {
            "declaration": month,
            "affectation": affectation,
            "ligne": line,
            "total": total,
            "parts": [(clause, form, derniere_part(line, clause.pk)) for clause, form in parts],
            "verdict": juger_partage(clauses, month.organisation_id, timezone.localdate()),
            "seen": seen,
            "close": annonce_de(month),
            "carried": CARRIED if carried and data is None else None,
            "problem": problem,
        },
    )


@role_required(Role.FACILITATEUR)
def mutualiser(request, pk):
    """The agreement of the buyer, without which no hour of this clause is shared."""
    clauses = ClauseSociale.objects.editable_by(request.acteur).select_related("lot__marche__acheteur__organisation")
    clause = get_object_or_404(clauses, pk=pk)
    initial = {"mutualisation_acceptee_le": clause.mutualisation_acceptee_le}
    form = MutualisationForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            accepter_mutualisation(
                clause, form.cleaned_data["mutualisation_acceptee_le"], on=timezone.localdate(), by=request.acteur
            )
        except ValidationError as error:
            form.add_error("mutualisation_acceptee_le", error)
        else:
            messages.success(request, "L'accord de l'acheteur est noté.")
            return redirect(clause)
    return render(request, "clauses/mutualisation.html", {"form": form, "clause": clause})


def _reached(request, month, affectation_pk):
    """An assignment of the month whose code this declarer knows: employed by it, or already in one of its months."""
    affectation = get_object_or_404(followed(month), pk=affectation_pk)
    if not is_known(month, affectation):
        raise Http404("Cette personne n'est pas déclarée par cette organisation.")
    return affectation


def _form(data, prefix: str, saved, de: str, carried=None) -> SaisieForm:
    """`carried`: what was typed in the grid stands before what is saved."""
    kept = {"travail": shown(saved.heures_travail), "formation": shown(saved.heures_formation)} if saved else None
    return SaisieForm(data, initial=carried or kept, prefix=prefix, de=de)


def _carried(request) -> dict | None:
    """Hours typed in the grid of this clause that could not be saved there; None when nothing came along."""
    typed = SaisieForm({name: request.GET.get(name, "")[:9] for name in ("travail", "formation")})
    if not typed.is_valid() or not any(typed.cleaned_data.values()):
        return None
    return {name: shown(hours) for name, hours in typed.cleaned_data.items()}


def _save(request, month, affectation, total, parts, seen) -> str:
    """Why nothing was saved; "" when it was. `Conflit` when somebody else has changed these hours."""
    every: list[forms.Form] = [total, *(form for _, form in parts)]
    if [form for form in every if not form.is_valid()]:  # each says what is wrong, not only the first
        return "Corrigez les cases signalées\u00a0: rien n'a encore été enregistré."
    said = {
        clause.pk: Saisie(affectation.pk, form.cleaned_data["travail"], form.cleaned_data["formation"])
        for clause, form in parts
    }
    worked = Saisie(affectation.pk, total.cleaned_data["travail"], total.cleaned_data["formation"])
    try:
        repartir(month, affectation, worked, said, on=timezone.localdate(), by=request.acteur, seen=seen)
    except actions.Conflit:
        raise
    except ValidationError as error:
        return " ".join(error.messages)
    return ""

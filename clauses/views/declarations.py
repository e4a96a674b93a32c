"""A month of hours: the grid to fill, and the lines to check."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from clauses import actions
from clauses.actions import Saisie
from clauses.controles import current_imputations, is_clean, verdicts_by_imputation
from clauses.enums import Etat
from clauses.forms import AnnulationForm, CorrectionForm, RefusForm, SaisieForm
from clauses.models import Affectation, Declaration, Imputation
from clauses.rules import dernier_du_mois
from portal.permissions import Role, role_required

OPEN = (Role.FACILITATEUR, Role.ENTREPRISE, Role.STRUCTURE)
MOST_ROWS = 200
KEY = re.compile(r"(\d{1,18}):([\w-]{1,20})")


@dataclass
class Rang:
    """A row to fill: the person under one assignment, its two cells, and what is saved of it."""

    affectation: Affectation
    form: SaisieForm
    saved: Imputation | None = None
    conflict: bool = False

    @property
    def key(self) -> str:
        """The code goes with the number: nobody reaches a person whose code they do not know."""
        return f"{self.affectation.pk}:{self.affectation.participant.code}"


@dataclass
class Ligne:
    """A row already sent: its state, what was checked, and what may be done about it."""

    imputation: Imputation
    verdicts: list = field(default_factory=list)
    clean: bool = False
    correction: Any = None
    refus: Any = None
    annulation: Any = None


@role_required(*OPEN)
def declaration(request, pk):
    """The month: what is still to type on one side, what was sent on the other."""
    month = get_object_or_404(_months(request.acteur), pk=pk)
    if request.method == "POST":
        return _save(request, month)
    return _page(request, month)


@require_POST
@role_required(Role.FACILITATEUR)
def accept_all_clean(request, pk):
    month = get_object_or_404(Declaration.objects.decidable_by(request.acteur), pk=pk)
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
    imputation = _decidable(request, pk)
    try:
        actions.accept(imputation, by=request.acteur)
        messages.success(request, "La ligne est acceptée.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(imputation.declaration)


@require_POST
@role_required(Role.FACILITATEUR)
def refuse(request, pk):
    imputation = _decidable(request, pk)
    form = RefusForm(request.POST, prefix=f"refus-{imputation.pk}")
    if form.is_valid():
        try:
            actions.refuse(imputation, form.cleaned_data["motif"], by=request.acteur)
            messages.success(request, "La ligne est refusée\u00a0; le déclarant en lit le motif.")
            return redirect(imputation.declaration)
        except ValidationError as error:
            form.add_error(None, error)
    return _page(request, _month_of(request, imputation), refus={imputation.pk: form})


@require_POST
@role_required(Role.FACILITATEUR)
def cancel(request, pk):
    imputation = _decidable(request, pk)
    form = AnnulationForm(request.POST, prefix=f"annulation-{imputation.pk}")
    if form.is_valid():
        try:
            actions.cancel(imputation, form.cleaned_data["motif"], by=request.acteur)
            messages.success(request, "L'acceptation est annulée\u00a0: ces heures ne comptent plus.")
            return redirect(imputation.declaration)
        except ValidationError as error:
            form.add_error(None, error)
    return _page(request, _month_of(request, imputation), annulations={imputation.pk: form})


@require_POST
@role_required(*OPEN)
def correct(request, pk):
    months = Declaration.objects.editable_by(request.acteur).values("pk")
    imputation = get_object_or_404(
        Imputation.objects.filter(declaration__in=months).select_related("declaration"), pk=pk
    )
    form = CorrectionForm(request.POST, prefix=f"correction-{imputation.pk}")
    if form.is_valid():
        try:
            actions.correct(imputation, form.cleaned_data["travail"], form.cleaned_data["formation"], by=request.acteur)
            messages.success(request, "La correction est en brouillon\u00a0: transmettez-la avec le mois.")
            return redirect(imputation.declaration)
        except ValidationError as error:
            form.add_error(None, error)
    return _page(request, _month_of(request, imputation), corrections={imputation.pk: form})


# Inside -------------------------------------------------------------------------------------------------------------
def _months(acteur):
    return (
        Declaration.objects.visible_to(acteur)
        .select_related("organisation", "modifiee_par", "clause__facilitateur__organisation", "clause__lot__marche")
        .with_etat()
        .with_heures()
    )


def _month_of(request, imputation):
    return get_object_or_404(_months(request.acteur), pk=imputation.declaration_id)


def _decidable(request, pk):
    months = Declaration.objects.decidable_by(request.acteur).values("pk")
    return get_object_or_404(Imputation.objects.filter(declaration__in=months).select_related("declaration"), pk=pk)


def _save(request, month):
    """One form, four buttons: save, send, add a person, copy the month before. Nothing typed is ever lost."""
    action = request.POST.get("action", "enregistrer")
    rows = _rows(request, month)
    code = request.POST.get("code", "").strip()
    if action == "ajouter" or code:  # Enter in the box of the code presses the first button of the form
        error = _add_by_code(month, rows, code)
        return _page(request, month, rows=rows, code_error=error, code=code)
    if action == "copier":
        copied = actions.previous_month(month)
        _copy(month, rows, copied)
        if copied:
            messages.info(request, "Les heures du mois précédent sont recopiées\u00a0: vérifiez-les puis enregistrez.")
        else:
            messages.warning(request, "Aucun mois précédent à recopier.")
        return _page(request, month, rows=rows)
    invalid = [row for row in rows if not row.form.is_valid()]  # every row says what is wrong, not only the first
    if invalid:
        return _page(
            request, month, rows=rows, problem="Corrigez les cases signalées\u00a0: rien n'a encore été enregistré."
        )
    version = request.POST.get("version", "")
    version = int(version) if re.fullmatch(r"[0-9]{1,9}", version) else -1
    saisies = [
        Saisie(row.affectation.pk, row.form.cleaned_data["travail"], row.form.cleaned_data["formation"]) for row in rows
    ]
    try:
        if action == "transmettre":
            sent = actions.save_and_send(month, saisies, version=version, by=request.acteur)
            plural = "s" if sent > 1 else ""
            messages.success(request, f"Le mois est transmis\u00a0: {sent} ligne{plural}.")
        else:
            actions.save_month(month, saisies, version=version, by=request.acteur)
            messages.success(request, "Le brouillon est enregistré.")
    except actions.Conflit as error:
        month = _months(request.acteur).get(pk=month.pk)  # their hours, their version: the next save is an informed one
        _show_conflict(month, rows)
        return _page(request, month, rows=rows, problem=" ".join(error.messages), conflict=True)
    except ValidationError as error:
        month = _months(request.acteur).get(pk=month.pk)
        return _page(request, month, rows=rows, problem=" ".join(error.messages))
    return redirect(month)


def _page(request, month, rows=None, corrections=None, refus=None, annulations=None, **more):
    imputations = current_imputations(month)
    decides = request.acteur.has(Role.FACILITATEUR)
    sent = [i for i in imputations if i.etat != Etat.BROUILLON]
    verdicts = verdicts_by_imputation(month, imputations) if decides else {}
    lines = [_line(i, verdicts, decides, corrections or {}, refus or {}, annulations or {}) for i in sent]
    rows_are_new = rows is None
    if rows_are_new:
        rows = _initial_rows(request, month, imputations)
    waiting = [line for line in lines if line.imputation.etat == Etat.TRANSMISE]
    return render(
        request,
        "clauses/declaration_detail.html",
        {
            "declaration": month,
            "clause": month.clause,
            "rows": rows,
            "lines": lines,
            "draft_verdicts": [
                (row, verdicts.get(row.saved.pk)) for row in rows if row.saved and verdicts.get(row.saved.pk)
            ],
            # The version the rows were first shown with: only a page that shows a conflict may move on to the new one.
            "version": month.version if rows_are_new or more.get("conflict") else request.POST.get("version", ""),
            "decides": decides,
            "waiting": waiting,
            "clean_count": sum(line.clean for line in waiting),
            "row_errors": [row for row in rows if row.form.is_bound and row.form.errors],
            **more,
        },
    )


def _line(imputation, verdicts, decides, corrections, refus, annulations) -> Ligne:
    found = verdicts.get(imputation.pk, [])
    line = Ligne(imputation, found, clean=imputation.pk in verdicts and is_clean(found))
    if imputation.etat in {Etat.ACCEPTEE, Etat.REFUSEE}:
        line.correction = corrections.get(imputation.pk) or CorrectionForm(
            prefix=f"correction-{imputation.pk}",
            initial={"travail": _shown(imputation.heures_travail), "formation": _shown(imputation.heures_formation)},
        )
        if imputation.etat == Etat.ACCEPTEE and decides:
            line.annulation = annulations.get(imputation.pk) or AnnulationForm(prefix=f"annulation-{imputation.pk}")
    elif imputation.etat == Etat.TRANSMISE and decides:
        line.refus = refus.get(imputation.pk) or RefusForm(prefix=f"refus-{imputation.pk}")
    return line


def _candidates(month):
    """Assignments of the month likely on this clause: employed by who declares, or already declared on it."""
    last = dernier_du_mois(month.mois)
    likely = Q(employeur=month.organisation_id) | Q(
        lignes__imputations__clause=month.clause_id,
        lignes__imputations__declaration__organisation=month.organisation_id,
    )
    return (
        _followed(month)
        .filter(likely, date_debut__lte=last)
        .exclude(date_fin__lt=month.mois)
        .exclude(lignes__du=month.mois)
        .distinct()
    )


def _followed(month):
    """Assignments that may be declared on this clause."""
    return actions.affectations_suivies(month.clause).order_by("participant__code", "pk")


def _initial_rows(request, month, imputations) -> list[Rang]:
    drafts = [i for i in imputations if i.etat == Etat.BROUILLON and i.ligne.affectation]
    rows = [_row(i.ligne.affectation, i) for i in drafts]
    return rows + [_row(affectation) for affectation in _candidates(month)[: MOST_ROWS - len(rows)]]


def _row(affectation, saved=None, data=None) -> Rang:
    initial = {"travail": _shown(saved.heures_travail), "formation": _shown(saved.heures_formation)} if saved else None
    return Rang(affectation, SaisieForm(data, initial=initial, prefix=f"l{affectation.pk}"), saved)


def _rows(request, month) -> list[Rang]:
    """The rows sent back by the form: each names an assignment with the code of its person, both must agree."""
    keys = [KEY.fullmatch(key) for key in request.POST.getlist("affectation")[:MOST_ROWS]]
    wanted = {int(key[1]): key[2] for key in keys if key}
    known = _followed(month).in_bulk(wanted)
    saved = {i.ligne.affectation_id: i for i in current_imputations(month)}
    rows = []
    for number, code in wanted.items():
        affectation = known.get(number)
        imputation = saved.get(number)
        if affectation is None or affectation.participant.code != code:
            continue
        # Sent by somebody else in the meantime: an empty row has nothing to say about it.
        draft = imputation if imputation and imputation.etat == Etat.BROUILLON else None
        typed = any(request.POST.get(f"l{number}-{name}", "").strip() for name in ("travail", "formation"))
        if imputation and not draft and not typed:
            continue
        rows.append(_row(affectation, draft, request.POST))
    return rows


def _shown(hours):
    """Hours as one types them: « 41 » rather than « 41,00 », nothing for 0."""
    return Decimal(f"{hours:f}".rstrip("0").rstrip(".")) if hours else None


def _add_by_code(month, rows, code) -> str:
    """Rows for the assignments of this code in the month; a reason when there is none."""
    code = code.replace("\x00", "").strip().upper()[:20]
    if not code:
        return "Écrivez le code de la personne, par exemple ABCD-7K3M."
    present = {row.affectation.pk for row in rows}
    declared = set(Imputation.objects.filter(declaration=month).values_list("ligne__affectation", flat=True))
    found = _followed(month).filter(participant__code=code, date_debut__lte=dernier_du_mois(month.mois))
    found = [a for a in found.exclude(date_fin__lt=month.mois) if a.pk not in declared]
    if not found:
        return (
            f"Aucune affectation à ajouter pour le code «\u00a0{code}\u00a0» ce mois-ci\u00a0: voyez avec le "
            "facilitateur."
        )
    rows.extend(_row(affectation) for affectation in found if affectation.pk not in present)
    return ""


def _copy(month, rows, copied) -> None:
    """Fill the empty rows with the hours of the month before; what was typed stays."""
    present = {row.affectation.pk: row for row in rows}
    declared = set(Imputation.objects.filter(declaration=month).values_list("ligne__affectation", flat=True))
    for affectation in _followed(month).filter(pk__in=copied):
        row, before = present.get(affectation.pk), copied[affectation.pk]
        if row is None and affectation.pk in declared:
            continue
        typed = row is not None and any((row.form[name].value() or "") for name in ("travail", "formation"))
        if typed:
            continue
        form = SaisieForm(
            initial={"travail": _shown(before.travail), "formation": _shown(before.formation)},
            prefix=f"l{affectation.pk}",
        )
        if row is None:
            rows.append(Rang(affectation, form))
        else:
            row.form = form


def _show_conflict(month, rows) -> None:
    """Say beside each row what the other person has saved; add the rows they added."""
    saved = {i.ligne.affectation_id: i for i in current_imputations(month) if i.etat == Etat.BROUILLON}
    for row in rows:
        row.saved = saved.pop(row.affectation.pk, None)
        typed = (row.form.cleaned_data["travail"], row.form.cleaned_data["formation"])
        stored = (row.saved.heures_travail, row.saved.heures_formation) if row.saved else (0, 0)
        row.conflict = typed != stored
    rows.extend(_row(i.ligne.affectation, i) for i in saved.values() if i.ligne.affectation)

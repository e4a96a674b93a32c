"""A month of hours: the grid to fill, and the lines to check."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from clauses import actions
from clauses.actions import Saisie
from clauses.controles import current_imputations, is_clean, verdicts_by_imputation
from clauses.enums import Etat, EtatDeclaration
from clauses.forms import AnnulationForm, CorrectionForm, RefusForm
from clauses.models import Declaration, Imputation
from clauses.rules import annonce, echeance
from clauses.stats.closes import Closes
from clauses.views import grille
from portal.pagination import paginate
from portal.permissions import Role, role_required
from portal.verdict import Verdict

OPEN = (Role.FACILITATEUR, Role.ENTREPRISE, Role.STRUCTURE)
LINES = 10  # sent, shown on a page
MOST_TOLD = 4_000  # characters of what the page has told, sent back with it
BESIDE = 20  # rows to fill when lines sent are shown too: the page stays light
MOST_CHECKED = 500  # lines checked to show one page of them; beyond, those of the page alone
PENDING = "Un code est écrit et sa personne n'est pas dans la grille\u00a0: rien n'a encore été enregistré."
TEAM = re.compile(r"equipe:([A-Z0-9-]{0,7})")  # the rows of this team alone; all of them without a name
SHARED = re.compile(r"repartir(?::(\d{1,18}))?")  # of the person named, or of the one chosen in the list


@dataclass
class Ligne:
    """A row already sent: its state, what was checked, and what may be done about it."""

    imputation: Imputation
    verdicts: list = field(default_factory=list)
    clean: bool = False
    correction: Any = None
    refus: Any = None
    annulation: Any = None

    @property
    def blocked(self) -> bool:
        return any(verdict.is_blocking for verdict in self.verdicts)


@role_required(*OPEN)
def declaration(request, pk):
    """The month: what is still to type on one side, what was sent on the other."""
    month = get_object_or_404(months(request.acteur), pk=pk)
    if request.method == "POST":
        return _save(request, month)
    return page(request, month)


def months(acteur):
    """The months this `Acteur` sees, with what their page prints."""
    return (
        Declaration.objects.visible_to(acteur)
        .select_related("organisation", "modifiee_par", "clause__facilitateur__organisation", "clause__lot__marche")
        .with_etat()
        .with_heures()
        .with_jour_attendu(timezone.localdate())
    )


def annonce_de(month) -> Verdict:
    """Where what is accepted in this month from now on counts; ok unless its year is closed for the clause."""
    clause = month.clause
    return annonce(month.mois, timezone.now(), Closes([clause.pk]).moments(clause.pk, clause.facilitateur_id))


def address(request, month) -> str:
    """The page of the month, at the rows and lines that were shown."""
    kept = [f"{name}={request.GET[name]}" for name in ("page", "lignes") if request.GET.get(name, "").isdecimal()]
    kept += [f"equipe={team}"] if (team := _team(request)) else []
    return month.get_absolute_url() + ("?" + "&".join(kept) if kept else "")


def _team(request) -> str:
    """The team whose rows are shown; "" for all."""
    asked = request.GET.get("equipe", "")
    return asked if TEAM.fullmatch(f"equipe:{asked}") else ""


def page(request, month, rows=None, corrections=None, refus=None, annulations=None, **more):
    """The page of a month, with the forms in which something is wrong."""
    imputations = current_imputations(month)
    decides = request.acteur.has(Role.FACILITATEUR)
    sent = [i for i in imputations if i.etat != Etat.BROUILLON]
    waiting = [i for i in sent if i.etat == Etat.TRANSMISE]
    every = decides and len(waiting) <= MOST_CHECKED
    verdicts = verdicts_by_imputation(month, waiting) if every else {}
    asked = (corrections or {}) | (refus or {}) | (annulations or {})
    sent.sort(key=lambda i: _rank(i, verdicts, asked))
    shown = paginate(sent, request, per_page=LINES, parameter="lignes")
    if decides and not every:
        verdicts = verdicts_by_imputation(month, [i for i in shown if i.etat == Etat.TRANSMISE])
    lines = [_line(i, verdicts, decides, corrections or {}, refus or {}, annulations or {}) for i in shown]
    rows_are_new = rows is None
    grid, team = None, _team(request)
    every_row = grille.initial_rows(month, imputations)
    teams = sorted({affectation.equipe for affectation, _ in every_row} - {""})
    if rows_are_new:
        wanted = [each for each in every_row if not team or each[0].equipe == team]
        grid = paginate(wanted, request, per_page=BESIDE if sent else grille.ROWS)
        rows = [grille.row_of(*each) for each in grid]
        if not decides:
            grille.dire_avis(month, rows)
    shareable = len(actions.clauses_partageables(month)) > 1
    today = timezone.localdate()
    return render(
        request,
        "clauses/declaration_detail.html",
        {
            "declaration": month,
            "clause": month.clause,
            "address": address(request, month),
            "own": request.path == month.get_absolute_url(),  # elsewhere, links to other pages would lead nowhere
            "query": address(request, month).removeprefix(month.get_absolute_url()),
            "rows": rows,
            "teams": teams,
            "team": team,
            "grid": grid,
            "lines": lines,
            "lines_page": shown,
            "draft_verdicts": grille.draft_verdicts(month, rows) if decides else [],
            "relire": [row for row in rows if row.avis],
            "lus": "" if rows_are_new else request.POST.get("avis", "")[:MOST_TOLD],
            # The version the rows were first shown with: only a page that shows a conflict may move on to the new one.
            "version": month.version if rows_are_new or more.get("conflict") else request.POST.get("version", ""),
            "decides": decides,
            "waiting": len(waiting),
            "clean_count": sum(is_clean(found) for found in verdicts.values()) if every else None,
            "typed": not rows_are_new,  # on the page and not saved yet
            "row_errors": [row for row in rows if row.form.is_bound and row.form.errors],
            "drafts": sum(i.etat == Etat.BROUILLON for i in imputations),
            "nothing": month.etat == EtatDeclaration.OUVERTE,
            "late": month.est_en_retard(today),
            "due": echeance(month.mois, month.jour_attendu),
            "shareable": shareable,
            "elsewhere": grille.elsewhere(month) if shareable else [],
            "close": annonce_de(month),
            **more,
        },
    )


# What was sent --------------------------------------------------------------------------------------------------------
def _rank(imputation, verdicts, asked) -> tuple:
    """What is wrong first, then what waits, the lines with a remark before the others."""
    waits = imputation.etat == Etat.TRANSMISE
    return (
        imputation.pk not in asked,
        not waits,
        waits and is_clean(verdicts.get(imputation.pk, [])),
        imputation.etat != Etat.REFUSEE,
    )


def _line(imputation, verdicts, decides, corrections, refus, annulations) -> Ligne:
    found = verdicts.get(imputation.pk, [])
    line = Ligne(imputation, found, clean=imputation.pk in verdicts and is_clean(found))
    if imputation.etat in {Etat.ACCEPTEE, Etat.REFUSEE, Etat.RENONCEE}:
        line.correction = corrections.get(imputation.pk) or CorrectionForm(
            prefix=f"correction-{imputation.pk}",
            initial={
                "travail": grille.shown(imputation.heures_travail),
                "formation": grille.shown(imputation.heures_formation),
            },
        )
        if imputation.etat == Etat.ACCEPTEE and decides:
            line.annulation = annulations.get(imputation.pk) or AnnulationForm(prefix=f"annulation-{imputation.pk}")
    elif imputation.etat == Etat.TRANSMISE and decides:
        line.refus = refus.get(imputation.pk) or RefusForm(prefix=f"refus-{imputation.pk}")
    return line


# What is to type ------------------------------------------------------------------------------------------------------
def _save(request, month):
    """One form, seven buttons: save, send, share, see a team, add a person, copy the month before, nothing to declare.

    Nothing typed is ever lost.
    """
    action = request.POST.get("action", "enregistrer")
    rows = grille.rows_sent(request, month)
    code = request.POST.get("code", "").strip()
    # Enter in the box of the code presses the first button of the form.
    if action == "ajouter" or (code and action == "enregistrer"):
        error = grille.add_by_code(request, month, rows, code)
        return page(request, month, rows=rows, code_error=error, code=code if error else "")
    if code and action != "copier":
        error = "Ajoutez cette personne, ou effacez son code, puis recommencez."
        return page(request, month, rows=rows, problem=PENDING, code_error=error, code=code)
    if action == "copier":
        copied = actions.previous_month(month)
        grille.copy_rows(month, rows, copied)
        if copied:
            messages.info(request, "Les heures du mois précédent sont recopiées\u00a0: vérifiez-les puis enregistrez.")
        else:
            messages.warning(request, "Aucun mois précédent à recopier.")
        return page(request, month, rows=rows, code=code)
    invalid = [row for row in rows if not row.form.is_valid()]  # every row says what is wrong, not only the first
    if invalid:
        return page(
            request, month, rows=rows, problem="Corrigez les cases signalées\u00a0: rien n'a encore été enregistré."
        )
    version = request.POST.get("version", "")
    version = int(version) if re.fullmatch(r"[0-9]{1,9}", version) else -1
    saisies = [
        Saisie(row.affectation.pk, row.form.cleaned_data["travail"], row.form.cleaned_data["formation"]) for row in rows
    ]
    shared, chosen = SHARED.fullmatch(action), TEAM.fullmatch(action)
    try:
        if chosen:
            actions.save_month(month, saisies, version=version, by=request.acteur)
            return redirect(month.get_absolute_url() + (f"?equipe={chosen[1]}" if chosen[1] else ""))
        if shared:
            return _write_and_share(request, month, saisies, version, shared[1] or request.POST.get("personne", ""))
        doubtful = [] if request.acteur.has(Role.FACILITATEUR) else grille.douteuses(month, rows)
        _write(request, month, _once_more(request, action, doubtful), saisies, version, doubtful)
    except actions.Conflit as error:
        month = months(request.acteur).get(pk=month.pk)  # their hours, their version: the next save is an informed one
        grille.show_conflict(month, rows)
        return page(request, month, rows=rows, problem=" ".join(error.messages), conflict=True)
    except ValidationError as error:
        month = months(request.acteur).get(pk=month.pk)
        return page(request, month, rows=rows, problem=" ".join(error.messages))
    return redirect(address(request, month))


def _once_more(request, action, doubtful) -> str:
    """« Transmettre » saves only, once, while something to read again has not been shown: sent, a line is immutable."""
    shown = request.POST.get("avis", "").split()
    return "relire" if action == "transmettre" and any(row.dit not in shown for row in doubtful) else action


def _write(request, month, action, saisies, version, doubtful) -> None:
    if action == "transmettre":
        sent = actions.save_and_send(month, saisies, version=version, by=request.acteur)
        plural = "s" if sent > 1 else ""
        messages.success(request, f"Le mois est transmis\u00a0: {sent} ligne{plural}.")
    elif action == "rien":
        if any(row.heures for row in saisies):
            raise ValidationError(
                "Des heures sont écrites dans la grille\u00a0: effacez-les, ou enregistrez-les, avant de dire qu'il "
                "n'y a rien à déclarer."
            )
        actions.rien_a_declarer(month, version=version, by=request.acteur)
        messages.success(request, "C'est noté\u00a0: rien à déclarer pour ce mois.")
    else:
        actions.save_month(month, saisies, version=version, by=request.acteur)
        if not doubtful:
            messages.success(request, "Le brouillon est enregistré.")
            return
        unsent = ", pas encore transmis" if action == "relire" else ""
        several = "lignes signalées" if len(doubtful) > 1 else "ligne signalée"
        messages.warning(
            request,
            f"Le brouillon est enregistré{unsent}\u00a0: {len(doubtful)} {several}, à relire avant de transmettre.",
        )


def _write_and_share(request, month, saisies, version, chosen: str):
    """What is typed is kept as a draft, then the hours of this person are shared on their page.

    Hours that another clause counts already are not saved here: they go along, and stand in the part of this clause.
    """
    affectation = grille.followed(month).filter(pk=chosen).first() if re.fullmatch(r"[0-9]{1,18}", chosen) else None
    if affectation is None:
        raise ValidationError("Choisissez la personne dont vous répartissez les heures.")
    mine = next((row for row in saisies if row.affectation == affectation.pk and row.heures), None)
    known = grille.is_known(month, affectation)
    if not known and not mine:
        raise ValidationError(f"Écrivez d'abord des heures pour {affectation.participant}, puis répartissez-les.")
    address, carried = reverse("clauses:repartir", args=[month.pk, affectation.pk]), {}
    try:
        actions.save_month(month, saisies, version=version, by=request.acteur)
    except actions.Conflit:
        raise
    except ValidationError:
        if not mine or not known:
            raise
        others = [row for row in saisies if row is not mine]
        actions.save_month(month, others, version=version, by=request.acteur)
        carried = {"travail": f"{mine.travail:f}", "formation": f"{mine.formation:f}"}
    return redirect(f"{address}?{urlencode(carried)}" if carried else address)

"""The rows of the grid of a month: who may be in it, what was typed beside what is saved."""

import re
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q

from clauses import actions
from clauses.controles import (
    a_verifier,
    avis_du_declarant,
    current_imputations,
    plafonds_usuels,
    verdicts_by_imputation,
)
from clauses.enums import Etat
from clauses.forms import SaisieForm
from clauses.models import Affectation, Imputation, LigneHeures
from clauses.rules import a_relire, dernier_du_mois
from portal.limites import spend
from portal.permissions import Role
from portal.verdict import Verdict

MOST_ROWS = 200  # read from one form
ROWS = 50  # to fill, shown on a page
MOST_UNKNOWN = 40  # unknown codes a day: nobody finds people by trying
KEY = re.compile(r"(\d{1,18}):([\w-]{1,20})")


@dataclass
class Rang:
    """A row to fill: the person under one assignment, its two cells, and what is saved of it."""

    affectation: Affectation
    form: SaisieForm
    saved: Imputation | None = None
    conflict: bool = False
    avis: Sequence[Verdict] = ()  # what who declares may put right

    @property
    def dit(self) -> str:
        """These hours, as a page that told its advice sends them back."""
        return f"{self.affectation.pk}:{(self.total or Decimal(0)).normalize():f}"

    @property
    def key(self) -> str:
        """The code goes with the number: nobody reaches a person whose code they do not know."""
        return f"{self.affectation.pk}:{self.affectation.participant.code}"

    @property
    def total(self) -> Decimal | None:
        """The hours its two cells show, saved or not; None of nothing, or of what is not a number."""
        found = Decimal(0)
        for name in ("travail", "formation"):
            with suppress(ValidationError):
                found += self.form.fields[name].clean(self.form[name].value()) or 0
        return found or None


def is_known(month, affectation) -> bool:
    """Whether this declarer knows the person: it employs them, or has declared them in one of its months."""
    return affectation.employeur_id == month.organisation_id or affectation.lignes.filter(
        imputations__declaration__organisation=month.organisation_id
    ).exists()  # fmt: skip


def followed(month):
    """Assignments that may be declared on this clause."""
    return actions.affectations_suivies(month.clause).order_by("participant__code", "pk")


def candidates(month):
    """Assignments of the month likely on this clause: employed by who declares, or already declared on it."""
    last = dernier_du_mois(month.mois)
    # As a set of numbers: read by joins, each assignment of the body would be joined to all of its lines.
    declared = LigneHeures.objects.filter(
        imputations__declaration__clause=month.clause_id,
        imputations__declaration__organisation=month.organisation_id,
        affectation__isnull=False,
    )
    employed = Affectation.objects.filter(employeur=month.organisation_id)
    # The two sets as one, read first: otherwise every assignment of the country is.
    both = employed.order_by().values_list("pk").union(declared.order_by().values_list("affectation"))
    likely = [pk for (pk,) in both]
    this_month = LigneHeures.objects.filter(affectation=OuterRef("pk"), du=month.mois)
    return (
        followed(month)
        .filter(~Exists(this_month), pk__in=likely, date_debut__lte=last)
        .exclude(date_fin__lt=month.mois)
    )


def elsewhere(month):
    """Assignments of the month that this organisation declares on another clause, and not on this one."""
    here = Imputation.objects.filter(declaration=month).values("ligne")
    elsewhere = Q(lignes__du=month.mois, lignes__imputations__declaration__organisation=month.organisation_id)
    return followed(month).filter(elsewhere).exclude(lignes__in=here).distinct()[:ROWS]


def initial_rows(month, imputations) -> list[tuple]:
    """(assignment, its draft or None): drafts first, then who is likely in the month."""
    drafts = [(i.ligne.affectation, i) for i in imputations if i.etat == Etat.BROUILLON and i.ligne.affectation]
    return [*drafts, *((affectation, None) for affectation in candidates(month)[:MOST_ROWS])]


def row_of(affectation, saved=None, data=None) -> Rang:
    initial = {"travail": shown(saved.heures_travail), "formation": shown(saved.heures_formation)} if saved else None
    form = SaisieForm(data, initial=initial, prefix=f"l{affectation.pk}", de=affectation.participant.code)
    return Rang(affectation, form, saved)


def draft_verdicts(month, rows) -> list[tuple]:
    """What the facilitator should know of the drafts shown, before they are sent."""
    drafts = [row for row in rows if row.saved]
    verdicts = verdicts_by_imputation(month, [row.saved for row in drafts]) if drafts else {}
    return [(row, verdicts[row.saved.pk]) for row in drafts if verdicts.get(row.saved.pk)]


def dire_avis(month, rows) -> None:
    """Say beside the drafts shown what who declares may put right before sending them."""
    drafts = {row.saved.pk: row for row in rows if row.saved}
    for pk, verdicts in (avis_du_declarant(month, [row.saved for row in drafts.values()]) if drafts else {}).items():
        row = drafts[pk]
        row.avis = verdicts
        if verdicts:
            row.form.fields["travail"].widget.attrs["aria-describedby"] = f"avis-{row.affectation.pk}"


def douteuses(month, rows) -> list[Rang]:
    """The rows, all valid, whose hours as they are typed are to read again: no query."""
    plafonds, totals = plafonds_usuels(month.mois), defaultdict(Decimal)
    typed = [(row, row.form.cleaned_data["travail"] + row.form.cleaned_data["formation"]) for row in rows]
    for row, hours in typed:
        totals[row.affectation.participant_id] += hours
    return [
        row for row, hours in typed
        if hours and a_relire(
            a_verifier(month, row.affectation, hours, totals[row.affectation.participant_id]), plafonds
        )
    ]  # fmt: skip


def rows_sent(request, month) -> list[Rang]:
    """The rows sent back by the form: each names an assignment with the code of its person, both must agree."""
    keys = [KEY.fullmatch(key) for key in request.POST.getlist("affectation")[:MOST_ROWS]]
    wanted = {int(key[1]): key[2] for key in keys if key}
    known = followed(month).in_bulk(wanted)
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
        rows.append(row_of(affectation, draft, request.POST))
    return rows


def shown(hours):
    """Hours as one types them: « 41 » rather than « 41,00 », nothing for 0."""
    return Decimal(f"{hours.normalize():f}") if hours else None


def add_by_code(request, month, rows, code) -> str:
    """Rows for the assignments of this code in the month; a reason when there is none, or too many were tried."""
    code = code.replace("\x00", "").strip().upper()[:20]
    if not code:
        return "Écrivez le code de la personne, par exemple ABCD-7K3M."
    present = {row.affectation.pk for row in rows}
    declared = set(Imputation.objects.filter(declaration=month).values_list("ligne__affectation", flat=True))
    found = followed(month).filter(participant__code=code, date_debut__lte=dernier_du_mois(month.mois))
    found = [a for a in found.exclude(date_fin__lt=month.mois) if a.pk not in declared]
    if not found and any(a.participant.code == code for a in followed(month).filter(pk__in=declared)):
        return f"{code} est déjà dans ce mois\u00a0: ses heures sont transmises, corrigez-les plus haut."
    if not found:
        if not spend("code-inconnu", request.user.pk, MOST_UNKNOWN):
            return "Trop de codes inconnus aujourd'hui\u00a0: réessayez demain, ou demandez-les au facilitateur."
        facilitateur = request.acteur.has(Role.FACILITATEUR)
        remede = "vérifiez le code et ses dates d'affectation." if facilitateur else "voyez avec le facilitateur."
        return f"Aucune affectation à ajouter pour le code «\u00a0{code}\u00a0» ce mois-ci\u00a0: {remede}"
    rows.extend(row_of(affectation) for affectation in found if affectation.pk not in present)
    messages.info(request, f"{code} est dans la grille\u00a0: écrivez ses heures, puis enregistrez.")
    return ""


def copy_rows(month, rows, copied) -> None:
    """Fill the empty rows with the hours of the month before; what was typed stays."""
    present = {row.affectation.pk: row for row in rows}
    declared = set(Imputation.objects.filter(declaration=month).values_list("ligne__affectation", flat=True))
    for affectation in followed(month).filter(pk__in=copied):
        row, before = present.get(affectation.pk), copied[affectation.pk]
        if row is None and affectation.pk in declared:
            continue
        typed = row is not None and any((row.form[name].value() or "") for name in ("travail", "formation"))
        if typed:
            continue
        form = SaisieForm(
            initial={"travail": shown(before.travail), "formation": shown(before.formation)},
            prefix=f"l{affectation.pk}",
            de=affectation.participant.code,
        )
        if row is None:
            rows.append(Rang(affectation, form))
        else:
            row.form = form


def show_conflict(month, rows) -> None:
    """Say beside each row what the other person has saved; add the rows they added."""
    saved = {i.ligne.affectation_id: i for i in current_imputations(month) if i.etat == Etat.BROUILLON}
    for row in rows:
        row.saved = saved.pop(row.affectation.pk, None)
        typed = (row.form.cleaned_data["travail"], row.form.cleaned_data["formation"])
        stored = (row.saved.heures_travail, row.saved.heures_formation) if row.saved else (0, 0)
        row.conflict = typed != stored
    rows.extend(row_of(i.ligne.affectation, i) for i in list(saved.values())[:MOST_ROWS] if i.ligne.affectation)

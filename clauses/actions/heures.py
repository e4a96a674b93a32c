"""Months of hours: typed, sent, accepted, refused, corrected.

Two people on the same month: every write first raises the version of its row, which locks it (SQLite serialises
writers by itself); a form sent back with an old version is a `Conflit`, before anything is written.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone

from clauses.actions.clauses import declarants
from clauses.controles import current_imputations, is_clean, verdicts_by_imputation
from clauses.enums import Etat
from clauses.models import (
    Affectation,
    Declaration,
    Imputation,
    LigneHeures,
)
from clauses.rules import dernier_du_mois, premier_du_mois
from portal.permissions import Acteur
from portal.templatetags.formats import jour
from portal.templatetags.formats import mois as month_name

ZERO = Decimal(0)


class Conflit(ValidationError):
    """Somebody else has saved the same month since this form was shown."""


@dataclass(frozen=True)
class Saisie:
    """One row of the monthly grid: an assignment, its work and training hours. Both 0: no line."""

    affectation: int
    travail: Decimal = ZERO
    formation: Decimal = ZERO

    @property
    def heures(self) -> Decimal:
        return self.travail + self.formation


@transaction.atomic
def open_month(clause, organisation, mois: date, *, on: date, by: Acteur) -> Declaration:
    """The month of this organisation, opened or found; a month to come or outside the clause is refused."""
    mois = premier_du_mois(mois)
    if mois > on:
        raise ValidationError(f"Le mois de {month_name(mois)} n'a pas commencé.")
    if not premier_du_mois(clause.date_debut) <= mois <= clause.date_fin:
        raise ValidationError(
            f"Le mois de {month_name(mois)} est hors de la clause, "
            f"qui va du {jour(clause.date_debut)} au {jour(clause.date_fin)}."
        )
    if not declarants(clause).filter(pk=organisation.pk).exists():
        raise ValidationError(f"«\u00a0{organisation}\u00a0» n'est ni titulaire ni membre du groupement de ce lot.")
    declaration, _ = Declaration.objects.get_or_create(
        clause=clause, organisation=organisation, mois=mois, defaults={"modifiee_par": by.user}
    )
    return declaration


@transaction.atomic
def save_month(declaration, rows: list[Saisie], *, version: int, by: Acteur) -> Declaration:
    """Write the drafts of a month; rows of 0 hour are taken away, lines already sent are never touched.

    `version` is the one the form was shown with: `Conflit` when the month has been written since.
    """
    _claim(declaration, version, by)
    rows = list({row.affectation: row for row in rows}.values())
    facilitateur = declaration.clause.facilitateur_id
    affectations = (
        Affectation.objects.filter(participant__facilitateur=facilitateur)
        .select_related("participant")
        .prefetch_related("participant__eligibilites")
        .in_bulk([row.affectation for row in rows])
    )
    lines = {
        line.affectation_id: line
        for line in LigneHeures.objects.filter(affectation__in=affectations, du=declaration.mois).prefetch_related(
            "imputations"
        )
    }
    new_lines, new, changed, changed_lines, gone = [], [], [], [], []
    for row in rows:
        if row.affectation not in affectations:
            raise ValidationError("Une personne de la grille n'est pas suivie par le facilitateur de cette clause.")
        affectation, line = affectations[row.affectation], lines.get(row.affectation)
        current = _current(declaration, line, affectation) if line else None
        if current is not None and current.etat != Etat.BROUILLON:
            if row.heures != current.heures or row.formation != current.heures_formation:
                raise ValidationError(f"{affectation.participant}\u00a0: {_locked_reason(current.etat)}")
            continue
        if current is None and row.heures:
            if line is None:
                line = _new_line(affectation, declaration.mois, row)
                new_lines.append(line)
            new.append(_new_imputation(declaration, line, row, by))
        elif current is not None and row.heures:
            current.heures, current.heures_formation, current.saisie_par = row.heures, row.formation, by.user
            changed.append(current)
        elif current is not None:
            gone.append(current)
    try:
        with transaction.atomic():
            LigneHeures.objects.bulk_create(new_lines)
            Imputation.objects.bulk_create(new)
    except IntegrityError as error:  # another organisation has just declared the same assignment
        raise Conflit("Une de ces personnes vient d'être déclarée pour ce mois sur une autre clause.") from error
    Imputation.objects.bulk_update(changed, ["heures", "heures_formation", "saisie_par"])
    Imputation.objects.filter(pk__in=[imputation.pk for imputation in gone]).delete()
    touched = {i.ligne_id for i in [*new, *changed, *gone]} - {line.pk for line in new_lines}
    for line in LigneHeures.objects.filter(pk__in=touched).prefetch_related("imputations"):
        if _settle(line):
            changed_lines.append(line)
    LigneHeures.objects.bulk_update(changed_lines, ["heures_travail", "heures_formation"])
    LigneHeures.objects.filter(pk__in=touched, imputations=None).delete()
    return declaration


@transaction.atomic
def save_and_send(declaration, rows: list[Saisie], *, version: int, by: Acteur) -> int:
    """Save the grid and send the whole month in one go; nothing is saved when it cannot be sent."""
    save_month(declaration, rows, version=version, by=by)
    return send(declaration, by=by)


@transaction.atomic
def send(declaration, *, by: Acteur, version: int | None = None) -> int:
    """Every draft of the month is sent, and cannot change any more. Answers how many lines."""
    _claim(declaration, version, by)
    sent = declaration.imputations.filter(etat=Etat.BROUILLON).update(etat=Etat.TRANSMISE, transmise_le=timezone.now())
    if not sent:
        raise ValidationError("Il n'y a aucune ligne à transmettre\u00a0: saisissez d'abord des heures.")
    declaration.transmise_le = timezone.now()
    declaration.save(update_fields=["transmise_le"])
    return sent


@transaction.atomic
def accept(imputation, *, by: Acteur) -> Imputation:
    """A sent line counts from now on; what it corrects becomes « remplacée » at the same moment."""
    _claim(imputation.declaration, None, by)
    imputation = _decided(imputation, Etat.ACCEPTEE, by)
    Imputation.objects.filter(
        ligne=imputation.ligne_id, clause=imputation.clause_id, etat__in=[Etat.ACCEPTEE, Etat.REFUSEE]
    ).update(etat=Etat.REMPLACEE)
    imputation.save()
    _settle_and_save(imputation.ligne)
    return imputation


@transaction.atomic
def refuse(imputation, motif: str, *, by: Acteur) -> Imputation:
    """A sent line is refused, with a reason for the one who declares; a line it corrected still counts."""
    motif = (motif or "").strip()
    if not motif:
        raise ValidationError("Indiquez le motif du refus\u00a0: il est transmis au déclarant.")
    _claim(imputation.declaration, None, by)
    imputation = _decided(imputation, Etat.REFUSEE, by)
    imputation.motif_refus = motif
    imputation.full_clean(validate_unique=False, exclude=["saisie_par", "decidee_par"])
    imputation.save()
    _settle_and_save(imputation.ligne)
    return imputation


@transaction.atomic
def cancel(imputation, motif: str, *, by: Acteur) -> Imputation:
    """Take back an acceptance: a refused line, with its reason, replaces the accepted one, which counts no more.

    The accepted line keeps who accepted it and when; hours that were never worked are so brought to 0.
    """
    motif = (motif or "").strip()
    if not motif:
        raise ValidationError("Indiquez pourquoi l'acceptation est annulée\u00a0: le motif est transmis au déclarant.")
    _claim(imputation.declaration, None, by)
    accepted = Imputation.objects.select_related("ligne", "declaration").get(pk=imputation.pk)
    if accepted.etat != Etat.ACCEPTEE:
        raise ValidationError(
            f"Cette ligne est «\u00a0{accepted.get_etat_display().lower()}\u00a0»\u00a0: seule une ligne acceptée "
            "peut être annulée."
        )
    if Imputation.objects.filter(remplace=accepted).exists():
        raise ValidationError("Une correction de cette ligne existe déjà\u00a0: acceptez-la ou refusez-la d'abord.")
    refused = Imputation(
        ligne=accepted.ligne,
        clause_id=accepted.clause_id,
        declaration=accepted.declaration,
        heures=accepted.heures,
        heures_formation=accepted.heures_formation,
        etat=Etat.REFUSEE,
        motif_refus=motif,
        remplace=accepted,
        saisie_par=accepted.saisie_par,
        transmise_le=accepted.transmise_le,
        decidee_par=by.user,
        decidee_le=timezone.now(),
    )
    refused.full_clean(exclude=["saisie_par", "decidee_par"])
    Imputation.objects.filter(pk=accepted.pk).update(etat=Etat.REMPLACEE)
    refused.save()
    _settle_and_save(accepted.ligne)
    return refused


@transaction.atomic
def accept_all_clean(declaration, *, by: Acteur) -> tuple[int, int]:
    """Accept every sent line that no check stops; answers how many were accepted, how many are left to look at."""
    _claim(declaration, None, by)
    sent = [i for i in current_imputations(declaration) if i.etat == Etat.TRANSMISE]
    verdicts = verdicts_by_imputation(declaration, sent)
    # A person who has left the portal has no check any more: their line asks for a look.
    clean = [i for i in sent if i.pk in verdicts and is_clean(verdicts[i.pk])]
    for imputation in clean:
        accept(imputation, by=by)
    return len(clean), len(sent) - len(clean)


@transaction.atomic
def correct(imputation, travail: Decimal, formation: Decimal = ZERO, *, by: Acteur) -> Imputation:
    """A draft that will replace an accepted or refused line, once sent and accepted; until then the old one counts."""
    _claim(imputation.declaration, None, by)
    imputation = Imputation.objects.select_related("ligne", "declaration").get(pk=imputation.pk)
    if imputation.etat not in {Etat.ACCEPTEE, Etat.REFUSEE}:
        raise ValidationError(_locked_reason(imputation.etat))
    if Imputation.objects.filter(remplace=imputation).exists():
        raise ValidationError("Une correction de cette ligne existe déjà.")
    row = Saisie(imputation.ligne.affectation_id or 0, travail, formation)
    if row.heures <= 0:
        raise ValidationError("Indiquez les heures corrigées\u00a0; une ligne sans heure ne se transmet pas.")
    new = _new_imputation(imputation.declaration, imputation.ligne, row, by, remplace=imputation)
    new.full_clean(exclude=["saisie_par", "decidee_par"])
    new.save()
    _settle_and_save(imputation.ligne)
    return new


def previous_month(declaration) -> dict[int, Saisie]:
    """The rows of the last month this organisation declared before, by assignment still running: to copy."""
    earlier = Declaration.objects.filter(
        clause=declaration.clause_id, organisation=declaration.organisation_id, mois__lt=declaration.mois
    ).aggregate(last=Max("mois"))["last"]
    if earlier is None:
        return {}
    rows = Imputation.objects.filter(
        declaration__clause=declaration.clause_id,
        declaration__organisation=declaration.organisation_id,
        declaration__mois=earlier,
        remplacee_par=None,
        ligne__affectation__isnull=False,
    ).exclude(ligne__affectation__date_fin__lt=declaration.mois)
    saisies = (
        Saisie(i.ligne.affectation.pk, i.heures_travail, i.heures_formation)
        for i in rows.select_related("ligne__affectation")
    )
    return {saisie.affectation: saisie for saisie in saisies}


# Inside ---------------------------------------------------------------------------------------------------------------
def _claim(declaration, version: int | None, by: Acteur) -> None:
    """Lock the row of the month and raise its version; `Conflit` when it is no longer the one expected."""
    now = timezone.now()
    rows = Declaration.objects.filter(pk=declaration.pk)
    if version is not None:
        rows = rows.filter(version=version)
    if not rows.update(version=F("version") + 1, modifiee_le=now, modifiee_par=by.user):
        raise Conflit(
            "Quelqu'un a modifié ce mois pendant votre saisie\u00a0: rien n'a été écrasé, et vos heures sont toujours "
            "à l'écran. Comparez-les avec les heures enregistrées, puis enregistrez de nouveau."
        )
    declaration.refresh_from_db(fields=["version", "modifiee_le", "modifiee_par"])


def _decided(imputation, etat: Etat, by: Acteur) -> Imputation:
    """The imputation read again under the lock, ready to be saved in its new state."""
    imputation = Imputation.objects.select_related("ligne", "declaration").get(pk=imputation.pk)
    if imputation.etat != Etat.TRANSMISE:
        raise ValidationError(
            f"Cette ligne est «\u00a0{imputation.get_etat_display().lower()}\u00a0»\u00a0: "
            "seule une ligne transmise peut être acceptée ou refusée."
        )
    imputation.etat, imputation.decidee_par, imputation.decidee_le = etat, by.user, timezone.now()
    return imputation


def _locked_reason(etat: str) -> str:
    return {
        Etat.TRANSMISE: "cette ligne est transmise\u00a0; elle ne change plus avant la décision du facilitateur.",
        Etat.ACCEPTEE: "cette ligne est acceptée\u00a0; utilisez «\u00a0Corriger\u00a0».",
        Etat.REFUSEE: "cette ligne est refusée\u00a0; utilisez «\u00a0Corriger\u00a0».",
        Etat.REMPLACEE: "cette ligne a été remplacée par une correction.",
        Etat.BROUILLON: "cette ligne est un brouillon\u00a0; modifiez-la dans la grille.",
    }[Etat(etat)]


def _current(declaration, line, affectation) -> Imputation | None:
    """The latest imputation of the line in this month; ValidationError when the line belongs to another one."""
    imputations = list(line.imputations.all())
    if any(i.declaration_id != declaration.pk for i in imputations):
        raise ValidationError(
            f"{affectation.participant}\u00a0: cette affectation est déjà déclarée pour ce mois sur une autre clause "
            "ou par une autre organisation. Créez une seconde affectation pour les heures de ce marché."
        )
    return max(imputations, key=lambda i: i.pk, default=None)


def _new_line(affectation, mois: date, row: Saisie) -> LigneHeures:
    participant, last = affectation.participant, dernier_du_mois(mois)
    criteria = [e.critere for e in participant.eligibilites.all() if e.valable_du <= last and e.valable_au >= mois]
    return LigneHeures(
        affectation=affectation,
        employeur_id=affectation.employeur_id,
        du=mois,
        au=last,
        heures_travail=row.travail,
        heures_formation=row.formation,
        modalite=affectation.modalite,
        sexe=participant.sexe,
        tranche_age=participant.tranche_age,
        critere=criteria[0] if criteria else "",
        qpv=participant.qpv,
    )


def _new_imputation(declaration, line, row: Saisie, by: Acteur, **fields) -> Imputation:
    return Imputation(
        ligne=line,
        clause_id=declaration.clause_id,
        declaration=declaration,
        heures=row.heures,
        heures_formation=row.formation,
        saisie_par=by.user,
        **fields,
    )


def _settle(line: LigneHeures) -> bool:
    """Set the hours worked to what is claimed: the greatest of the live imputations, else the last one.

    So no imputation ever exceeds its line, whatever is corrected, refused or replaced. Answers whether it changed.
    """
    known = list(line.imputations.all())
    live = [i for i in known if i.etat in {Etat.BROUILLON, Etat.TRANSMISE, Etat.ACCEPTEE}]
    top = max(live, key=lambda i: (i.heures, i.pk), default=max(known, key=lambda i: i.pk, default=None))
    if top is None:
        return False
    before = line.heures_travail, line.heures_formation
    line.heures_travail, line.heures_formation = top.heures_travail, top.heures_formation
    return before != (line.heures_travail, line.heures_formation)


def _settle_and_save(line: LigneHeures) -> None:
    if _settle(line):
        line.save(update_fields=["heures_travail", "heures_formation"])

"""Months of hours: opened, typed, sent, said to be without hours.

Two people on the same month: every write first raises the version of its row, which locks it; a form sent back with an
old version is a `Conflit`, before anything is written.
"""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils import timezone

from clauses.actions.clauses import declarants
from clauses.actions.lignes import (
    LIVE,
    REPARTIR,
    Conflit,
    Saisie,
    claim,
    lock_lines,
    locked_reason,
    new_imputation,
    settle_all,
)
from clauses.enums import Etat
from clauses.models import Affectation, Declaration, Imputation, LigneHeures
from clauses.rules import dernier_du_mois, premier_du_mois
from portal.permissions import Acteur
from portal.templatetags.formats import de_mois, jour


def affectations_suivies(clause):
    """Assignments that may be declared on this clause: of people its facilitator follows, or counted on it before.

    The latter stay with the body that handed the clause over; the months they are in keep them within reach.
    """
    followed = Q(participant__facilitateur=clause.facilitateur_id)
    # Asked of these clauses alone: for the others, the OR would have every person of the country read.
    if clause.passations.filter(acceptee=True).exists():
        counted = Affectation.objects.filter(lignes__imputations__clause=clause)
        followed |= Q(participant__in=counted.values("participant"))
    return Affectation.objects.filter(followed).select_related("participant", "employeur")


@transaction.atomic
def open_month(clause, organisation, mois: date, *, on: date, by: Acteur) -> Declaration:
    """The month of this organisation, opened or found; a month to come or outside the clause is refused."""
    mois = premier_du_mois(mois)
    if mois > on:
        raise ValidationError(f"Le mois {de_mois(mois)} n'a pas commencé.")
    if not premier_du_mois(clause.date_debut) <= mois <= clause.date_fin:
        raise ValidationError(
            f"Le mois {de_mois(mois)} est hors de la clause, "
            f"qui va du {jour(clause.date_debut)} au {jour(clause.date_fin)}."
        )
    if not declarants(clause).filter(pk=organisation.pk).exists():
        raise ValidationError(f"«\u00a0{organisation}\u00a0» n'est ni titulaire ni membre du groupement de ce lot.")
    declaration, _ = Declaration.objects.get_or_create(
        clause=clause, organisation=organisation, mois=mois, defaults={"modifiee_par": by.user}
    )
    return declaration


@transaction.atomic
def save_month(declaration, rows: list[Saisie], *, version: int | None, by: Acteur) -> Declaration:
    """Write the drafts of a month; rows of 0 hour are taken away, lines already sent are never touched.

    `version` is the one the form was shown with: `Conflit` when the month has been written since; None: whatever it is.
    The same number of queries for one row as for a thousand.
    """
    claim(declaration, version, by)
    rows = list({row.affectation: row for row in rows}.values())
    affectations = (
        affectations_suivies(declaration.clause)
        .prefetch_related("participant__eligibilites")
        .in_bulk([row.affectation for row in rows])
    )
    known = LigneHeures.objects.filter(affectation__in=list(affectations), du=declaration.mois)
    lines = {line.affectation_id: line for line in lock_lines(known.values_list("pk", flat=True)).values()}
    new_lines, new, changed, gone = [], [], [], []
    for row in rows:
        if row.affectation not in affectations:
            raise ValidationError("Une personne de la grille n'est pas suivie par le facilitateur de cette clause.")
        affectation, line = affectations[row.affectation], lines.get(row.affectation)
        current = _current(declaration, line)
        if current is not None and current.etat != Etat.BROUILLON:
            if row.heures != current.heures or row.formation != current.heures_formation:
                raise ValidationError(f"{affectation.participant}\u00a0: {locked_reason(current.etat)}")
            continue
        if current is None and row.heures:
            if line is None:
                line = new_line(affectation, declaration.mois, row)
                new_lines.append(line)
            else:
                _refuse_claimed_elsewhere(declaration, line, affectation)
            new.append(new_imputation(declaration, line, row, by))
        elif current is not None and row.heures:
            if (current.heures, current.heures_formation) != (row.heures, row.formation):
                current.heures, current.heures_formation, current.saisie_par = row.heures, row.formation, by.user
                changed.append(current)
        elif current is not None:
            gone.append(current)
    create(new_lines, new)
    Imputation.objects.bulk_update(changed, ["heures", "heures_formation", "saisie_par"])
    Imputation.objects.filter(pk__in=[imputation.pk for imputation in gone]).delete()
    touched = {i.ligne_id for i in [*new, *changed, *gone]} - {line.pk for line in new_lines}
    if touched:
        settle_all(touched)
    return declaration


def create(lines: list[LigneHeures], imputations: list[Imputation]) -> None:
    """New lines and what they count for; `Conflit` when one has just been declared by somebody else."""
    try:
        with transaction.atomic():
            LigneHeures.objects.bulk_create(lines)
            Imputation.objects.bulk_create(imputations)
    except IntegrityError as error:
        raise Conflit(
            "Une de ces personnes vient d'être déclarée pour ce mois sur une autre clause\u00a0: rechargez la page, "
            "puis recommencez."
        ) from error


def new_line(affectation: Affectation, mois: date, row: Saisie, **fields: Any) -> LigneHeures:
    """A line of the whole month, with the coarse classes of the person; `participant.eligibilites` is read."""
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
        **fields,
    )


@transaction.atomic
def save_and_send(declaration, rows: list[Saisie], *, version: int, by: Acteur) -> int:
    """Save the grid and send the whole month in one go; nothing is saved when it cannot be sent."""
    save_month(declaration, rows, version=version, by=by)
    return send(declaration, by=by)


@transaction.atomic
def send(declaration, *, by: Acteur, version: int | None = None) -> int:
    """Every draft of the month is sent, and cannot change any more. Answers how many lines."""
    claim(declaration, version, by)
    now = timezone.now()
    sent = declaration.imputations.filter(etat=Etat.BROUILLON).update(
        etat=Etat.TRANSMISE, transmise_le=now, transmise_par=by.user
    )
    if not sent:
        raise ValidationError("Il n'y a aucune ligne à transmettre\u00a0: saisissez d'abord des heures.")
    declaration.transmise_le = now
    declaration.save(update_fields=["transmise_le"])
    return sent


@transaction.atomic
def rien_a_declarer(declaration, *, by: Acteur, version: int | None = None) -> Declaration:
    """The month is said to be without hours: nobody is reminded of it any more; hours may still be typed later."""
    claim(declaration, version, by)
    if declaration.imputations.exclude(etat__in=[Etat.RENONCEE, Etat.REMPLACEE]).exists():
        raise ValidationError(
            "Des heures sont saisies ou transmises pour ce mois\u00a0: videz d'abord les brouillons, ou renoncez aux "
            "lignes refusées."
        )
    declaration.transmise_le = timezone.now()
    declaration.save(update_fields=["transmise_le"])
    return declaration


def previous_month(declaration) -> dict[int, Saisie]:
    """The rows of the last month with hours this organisation declared before, by assignment still running: to copy."""
    earlier = Imputation.objects.filter(
        declaration__clause=declaration.clause_id,
        declaration__organisation=declaration.organisation_id,
        declaration__mois__lt=declaration.mois,
    ).aggregate(last=Max("declaration__mois"))["last"]
    if earlier is None:
        return {}
    rows = (
        Imputation.objects.filter(
            declaration__clause=declaration.clause_id,
            declaration__organisation=declaration.organisation_id,
            declaration__mois=earlier,
            remplacee_par=None,
            ligne__affectation__isnull=False,
        )
        .exclude(ligne__affectation__date_fin__lt=declaration.mois)
        .exclude(etat=Etat.RENONCEE)
    )
    saisies = (
        Saisie(i.ligne.affectation.pk, i.heures_travail, i.heures_formation)
        for i in rows.select_related("ligne__affectation")
    )
    return {saisie.affectation: saisie for saisie in saisies}


# Inside ---------------------------------------------------------------------------------------------------------------
def _current(declaration: Declaration, line: LigneHeures | None) -> Imputation | None:
    """The latest imputation of the line in this month."""
    if line is None:
        return None
    mine = [i for i in line.imputations.all() if i.declaration_id == declaration.pk]
    return max(mine, key=lambda i: i.pk, default=None)


def _refuse_claimed_elsewhere(declaration: Declaration, line: LigneHeures, affectation: Affectation) -> None:
    """ValidationError when another clause, or another declarer, already counts hours of this line."""
    others = [i for i in line.imputations.all() if i.etat in LIVE and i.declaration_id != declaration.pk]
    if not others:
        return
    owners = Declaration.objects.filter(pk__in={i.declaration_id for i in others})
    mine = not owners.exclude(organisation=declaration.organisation_id).exists()
    raise ValidationError(
        f"{affectation.participant}\u00a0: cette affectation est déjà déclarée pour ce mois sur une autre clause "
        "ou par une autre organisation. "
        + (REPARTIR if mine else "Créez une seconde affectation pour les heures de ce marché.")
    )

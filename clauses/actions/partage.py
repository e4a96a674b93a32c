"""The hours of one line shared between several clauses of one declarer, whose buyers agreed to it."""

import hashlib
from collections.abc import Iterable
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from clauses.actions.clauses import _save_with_history, declarants
from clauses.actions.lignes import LIVE, ZERO, Conflit, Saisie, claim, claims, lock_lines, locked_reason
from clauses.actions.mois import affectations_suivies, create, new_line
from clauses.enums import Etat
from clauses.models import Affectation, ClauseSociale, Declaration, Imputation, LigneHeures
from clauses.querysets import holders_q
from clauses.rules import ClausePartagee, dernier_du_mois, mutualisation_possible
from portal.permissions import Acteur
from portal.templatetags.formats import heures as h
from portal.verdict import Verdict


def clauses_partageables(declaration: Declaration) -> list[ClauseSociale]:
    """This clause first, then those of the same declarer, facilitator and month whose buyers accept to share."""
    clause, mois = declaration.clause, declaration.mois
    rows = (
        ClauseSociale.objects.filter(holders_q(declaration.organisation_id), facilitateur=clause.facilitateur_id)
        .filter(date_debut__lte=dernier_du_mois(mois), date_fin__gte=mois, mutualisation_acceptee_le__isnull=False)
        .exclude(pk=clause.pk)
    )
    return [clause, *rows.select_related("lot__marche").order_by("pk")]


def juger_partage(clauses: Iterable[ClauseSociale], declarant: int, on: date) -> Verdict:
    """`mutualisation_possible` between clauses of one declarer."""
    return mutualisation_possible(
        [ClausePartagee(str(c.lot), declarant, c.mutualisation_acceptee_le) for c in clauses], on
    )


def empreinte(line: LigneHeures | None) -> str:
    """What tells this state of a line from any other: a form sent back with an older one is a `Conflit`."""
    if line is None:
        return ""
    seen = [f"{line.heures_travail:.2f}", f"{line.heures_formation:.2f}"]
    for i in sorted(line.imputations.all(), key=lambda i: i.pk):
        seen.append(f"{i.pk}:{i.etat}:{i.heures:.2f}:{i.heures_formation:.2f}")
    return hashlib.sha256("|".join(seen).encode()).hexdigest()[:20]


def derniere_part(line: LigneHeures | None, clause: int) -> Imputation | None:
    """The last word of this clause on the line; None when it never counted any of it, or gave it up."""
    rows = [i for i in line.imputations.all() if i.clause_id == clause] if line else []
    last = max(rows, key=lambda i: i.pk, default=None)
    return None if last is not None and last.etat == Etat.RENONCEE else last


@transaction.atomic
def repartir(
    declaration: Declaration,
    affectation: Affectation,
    total: Saisie,
    parts: dict[int, Saisie],
    *,
    on: date,
    by: Acteur,
    seen: str | None = None,
) -> LigneHeures:
    """State the hours worked by a person in the month and the part of each clause, by its number: drafts to be sent.

    A part already decided is corrected by a new one; one that waits for a decision stays. `seen`: the `empreinte` the
    form was shown with, None: whatever it is. ValidationError when the parts exceed what was worked, or when a buyer
    has not agreed; `Conflit` when the line has changed.
    """
    line = LigneHeures.objects.prefetch_related("imputations").filter(affectation=affectation, du=declaration.mois)
    known = line.first()
    _check_sums(total, parts)
    _check_consent(declaration, known, parts, on)
    wanted = {pk for pk, part in parts.items() if part.heures}
    wanted |= {i.clause_id for i in known.imputations.all()} if known else set()
    months = ouvrir_mois_de(declaration, wanted, by)
    for month in sorted(months.values(), key=lambda month: month.pk):
        claim(month, None, by)
    # Taken away by somebody else in the meantime, it is made again.
    known = lock_lines([known.pk]).get(known.pk) if known else None
    if seen is not None and empreinte(known) != seen:
        raise Conflit(
            "Ces heures ont changé pendant votre saisie\u00a0: rien n'a été écrasé. Comparez avec ce qui est "
            "enregistré, puis recommencez."
        )
    if known is None:
        known = _open_line(declaration, affectation, total)
    for pk, part in parts.items():
        _write_part(known, months.get(pk), pk, part, by)
    return _state(known, total)


@transaction.atomic
def accepter_mutualisation(clause: ClauseSociale, le: date | None, *, on: date, by: Acteur) -> ClauseSociale:
    """Note the day from which the buyer accepts that hours be shared with its other clauses; None: it does not.

    ValidationError for a day to come, or when hours are shared already.
    """
    fresh = ClauseSociale.objects.select_for_update().get(pk=clause.pk)
    if le is not None and le > on:
        raise ValidationError("Écrivez un jour passé\u00a0: un accord à venir se note quand il est donné.")
    shared = LigneHeures.objects.filter(partagee=True, imputations__clause=fresh, imputations__etat__in=LIVE)
    if le is None and shared.exists():
        raise ValidationError("Des heures sont déjà partagées avec cette clause\u00a0: l'accord ne se retire plus.")
    fresh.mutualisation_acceptee_le = le
    _save_with_history(fresh, by, "mutualisation")
    return fresh


# Inside ---------------------------------------------------------------------------------------------------------------
def _check_sums(total: Saisie, parts: dict[int, Saisie]) -> None:
    if not total.heures:
        raise ValidationError("Indiquez les heures faites en tout par la personne ce mois-ci.")
    for name, word in (("travail", "de travail"), ("formation", "de formation")):
        asked = sum((getattr(part, name) for part in parts.values()), ZERO)
        if asked > getattr(total, name):
            raise ValidationError(
                f"Les parts comptent {h(asked)} {word}, pour {h(getattr(total, name))} en tout\u00a0: une heure ne "
                "compte que pour une clause."
            )


def _check_consent(declaration, line, parts, on) -> None:
    allowed = {clause.pk: clause for clause in clauses_partageables(declaration)}
    before = {i.clause_id for i in line.imputations.all()} if line else set()
    if not set(parts) <= set(allowed) | before:
        raise ValidationError("Une de ces clauses ne peut recevoir les heures de cette personne.")
    allowed |= ClauseSociale.objects.select_related("lot__marche").in_bulk(before - set(allowed))
    sharing = [allowed[pk] for pk, part in parts.items() if part.heures]
    verdict = juger_partage(sharing, declaration.organisation_id, on)
    if verdict.is_blocking:
        raise ValidationError(f"{verdict.reason} {verdict.remede}")


def ouvrir_mois_de(declaration: Declaration, clauses: set[int], by: Acteur) -> dict[int, Declaration]:
    """The month of each clause for this declarer, opened where it was not."""
    rows = Declaration.objects.filter(
        clause__in=clauses, organisation=declaration.organisation_id, mois=declaration.mois
    )
    found = {month.clause_id: month for month in rows}
    for clause in ClauseSociale.objects.filter(pk__in=clauses - set(found)).select_related("lot"):
        if not declarants(clause).filter(pk=declaration.organisation_id).exists():
            raise ValidationError(
                f"«\u00a0{declaration.organisation}\u00a0» ne déclare pas pour «\u00a0{clause.lot}\u00a0»."
            )
        found[clause.pk], _ = Declaration.objects.get_or_create(
            clause=clause, organisation=declaration.organisation, mois=declaration.mois,
            defaults={"modifiee_par": by.user},
        )  # fmt: skip
    return found


def _open_line(declaration, affectation, total: Saisie) -> LigneHeures:
    followed = affectations_suivies(declaration.clause).prefetch_related("participant__eligibilites")
    person = followed.filter(pk=affectation.pk).first()
    if person is None:
        raise ValidationError("Cette personne n'est pas suivie par le facilitateur de cette clause.")
    line = new_line(person, declaration.mois, total, partagee=True)
    create([line], [])
    return LigneHeures.objects.prefetch_related("imputations").get(pk=line.pk)


def _write_part(line: LigneHeures, month: Declaration | None, clause: int, part: Saisie, by: Acteur) -> None:
    last = max((i for i in line.imputations.all() if i.clause_id == clause), key=lambda i: i.pk, default=None)
    gone = last is None or last.etat == Etat.RENONCEE
    same = not gone and (part.heures, part.formation) == (last.heures, last.heures_formation)
    if same or (gone and not part.heures):
        return
    if last is not None and last.etat == Etat.TRANSMISE:
        raise ValidationError(f"{last.clause.lot}\u00a0: {locked_reason(Etat.TRANSMISE)}")
    if last is not None and last.etat == Etat.BROUILLON:
        if part.heures:
            last.heures, last.heures_formation, last.saisie_par = part.heures, part.formation, by.user
            last.save(update_fields=["heures", "heures_formation", "saisie_par"])
        else:
            last.delete()
        return
    if not part.heures:
        raise ValidationError(
            f"{last.clause.lot}\u00a0: une part déjà décidée ne s'efface pas. Renoncez à la ligne refusée, ou demandez "
            "au facilitateur d'annuler son acceptation."
        )
    Imputation.objects.create(
        ligne=line, clause_id=clause, declaration=month, heures=part.heures, heures_formation=part.formation,
        saisie_par=by.user, remplace=last,
    )  # fmt: skip


def _state(line: LigneHeures, total: Saisie) -> LigneHeures:
    """The hours worked, as stated; what is claimed, accepted parts included, never exceeds them."""
    line = LigneHeures.objects.prefetch_related("imputations").get(pk=line.pk)
    known = claims(line).values()
    claimed = sum((i.heures for i in known), ZERO)
    if claimed > total.heures:
        raise ValidationError(
            "Une part acceptée compte encore tant que sa baisse ne l'est pas à son tour\u00a0: transmettez d'abord la "
            "baisse, puis augmentez les autres parts."
        )
    if not line.imputations.all():
        line.delete()
        return line
    line.heures_travail, line.heures_formation = total.travail, total.formation
    line.partagee = len(known) > 1 or claimed < total.heures
    line.save(update_fields=["heures_travail", "heures_formation", "partagee"])
    return line

"""What every write of hours rests on: a month locked by its version, its lines locked, and claims that never exceed.

The hours worked of a line are never fewer than what the clauses claim together, each by the greatest of its live
imputations: the accepted one counts until its correction does. A line that one clause claims follows that claim; a
shared one keeps what « Répartir » stated. Locks are taken in one order, clause and body (`hold_years`), months, lines,
each by number: two writers never wait for each other. SQLite serialises writers by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone

from clauses.enums import Etat
from clauses.models import ClauseSociale, Declaration, Facilitateur, Imputation, LigneHeures
from portal.permissions import Acteur
from portal.templatetags.formats import heures as h

ZERO = Decimal(0)
LIVE = frozenset({Etat.BROUILLON, Etat.TRANSMISE, Etat.ACCEPTEE})
REPARTIR = "Ouvrez «\u00a0Répartir\u00a0» sur cette personne pour changer le total ou les parts."


class Conflit(ValidationError):
    """Somebody else has saved the same month, or the same line, since this form was shown."""


@dataclass(frozen=True)
class Saisie:
    """Hours typed: of an assignment in the grid, or of a clause in a shared line. Both 0: no line."""

    affectation: int
    travail: Decimal = ZERO
    formation: Decimal = ZERO

    @property
    def heures(self) -> Decimal:
        return self.travail + self.formation


def claim(declaration: Declaration, version: int | None, by: Acteur) -> None:
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


def hold_years(clause: int) -> None:
    """Nobody closes a year of this clause, nor hands it over, before this transaction ends: taken first.

    What is accepted is then dated after a closing that it waited for, or read by one that waits for it.
    """
    rows = ClauseSociale.objects.select_for_update(no_key=True).filter(pk=clause).order_by()
    body = rows.values_list("facilitateur", flat=True).first()
    Facilitateur.objects.select_for_update(no_key=True).filter(pk=body).order_by().values_list("pk").first()


def lock_lines(lines: Iterable[int]) -> dict[int, LigneHeures]:
    """The lines with all their imputations, locked in the order of their numbers. Two queries."""
    rows = LigneHeures.objects.select_for_update().filter(pk__in=list(lines)).order_by("pk")
    return {line.pk: line for line in rows.prefetch_related("imputations")}


def claims(line: LigneHeures) -> dict[int, Imputation]:
    """What each clause claims of the line: its greatest live imputation, the last one when two are equal."""
    found: dict[int, Imputation] = {}
    for imputation in line.imputations.all():
        known = found.get(imputation.clause_id)
        if imputation.etat in LIVE and (known is None or (imputation.heures, imputation.pk) > (known.heures, known.pk)):
            found[imputation.clause_id] = imputation
    return found


def settle(line: LigneHeures, *, asked: bool = True) -> bool:
    """Set the hours worked after a write; whether they changed. `line.imputations` must have been read since.

    `asked`: somebody asks for more, which may be refused (ValidationError); a decision only ever lowers a claim.
    """
    known = claims(line).values()
    if not known:
        return False
    travail = sum((i.heures_travail for i in known), ZERO)
    formation = sum((i.heures_formation for i in known), ZERO)
    if not line.partagee and len(known) > 1 and asked:
        raise ValidationError(f"Ces heures comptent déjà pour une autre clause. {REPARTIR}")
    if line.partagee:
        if asked and travail + formation > line.heures:
            raise ValidationError(
                f"{h(travail + formation)} seraient comptées pour {h(line.heures)} travaillées\u00a0: ces heures sont "
                f"partagées entre plusieurs clauses. {REPARTIR}"
            )
        return False
    before = line.heures_travail, line.heures_formation
    line.heures_travail, line.heures_formation = travail, formation
    return before != (travail, formation)


def settle_all(lines: Iterable[int], *, asked: bool = True) -> None:
    """Settle these lines once their imputations are written; lines left without any go away. Four queries at most."""
    ids = list(lines)
    found = list(LigneHeures.objects.filter(pk__in=ids).prefetch_related("imputations"))
    changed = [line for line in found if settle(line, asked=asked)]
    LigneHeures.objects.bulk_update(changed, ["heures_travail", "heures_formation"])
    empty = [line.pk for line in found if not line.imputations.all()]
    if empty:
        LigneHeures.objects.filter(pk__in=empty, imputations=None).delete()


def locked_reason(etat: str) -> str:
    return {
        Etat.TRANSMISE: "cette ligne est transmise\u00a0; elle ne change plus avant la décision du facilitateur.",
        Etat.ACCEPTEE: "cette ligne est acceptée\u00a0; utilisez «\u00a0Corriger\u00a0».",
        Etat.REFUSEE: "cette ligne est refusée\u00a0; utilisez «\u00a0Corriger\u00a0».",
        Etat.REMPLACEE: "cette ligne a été remplacée par une correction.",
        Etat.BROUILLON: "cette ligne est un brouillon\u00a0; modifiez-la dans la grille.",
        Etat.RENONCEE: "cette ligne est abandonnée\u00a0; utilisez «\u00a0Corriger\u00a0» pour la reprendre.",
    }[Etat(etat)]


def new_imputation(declaration: Declaration, line: LigneHeures, row: Saisie, by: Acteur, **fields) -> Imputation:
    return Imputation(
        ligne=line,
        clause_id=declaration.clause_id,
        declaration=declaration,
        heures=row.heures,
        heures_formation=row.formation,
        saisie_par=by.user,
        **fields,
    )

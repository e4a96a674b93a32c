"""A month of hours to fill in a spreadsheet: the people of the month, their hours so far, the columns read back."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from clauses.enums import Etat
from clauses.models import Affectation, Declaration, Imputation

ENTETES = (
    "Clause", "Marché", "Mois", "Code", "Affectation", "SIRET de l'employeur", "Employeur", "Métier", "Numéro de paie",
    "Heures de travail", "Heures de formation", "Heures faites en tout", "État",
)  # fmt: skip


def lignes(
    declaration: Declaration, imputations: Iterable[Imputation], candidates: Iterable[Affectation], lecteur: int | None
) -> Iterator[Sequence[Any]]:
    """Rows in the order of `ENTETES`: what is typed or sent, then who is likely in the month, without hours.

    The payroll number is its employer's alone: `lecteur` is the number of the organisation that reads.
    """
    for imputation in imputations:
        affectation = imputation.ligne.affectation
        if affectation is None or imputation.etat == Etat.RENONCEE:
            continue
        shared = imputation.ligne.heures if imputation.ligne.partagee else None
        yield _row(declaration, affectation, lecteur, imputation, shared)
    for affectation in candidates:
        yield _row(declaration, affectation, lecteur)


def _row(declaration, affectation, lecteur, imputation=None, shared=None) -> Sequence[Any]:
    employeur = affectation.employeur
    return (
        declaration.clause_id,
        str(declaration.clause.lot),
        f"{declaration.mois:%Y-%m}",
        affectation.participant.code,
        affectation.pk,
        str(employeur.identifiant or ""),
        str(employeur),
        affectation.metier,
        affectation.matricule if employeur.pk == lecteur else "",
        imputation.heures_travail if imputation else None,
        imputation.heures_formation if imputation else None,
        shared,
        imputation.get_etat_display() if imputation else "",
    )

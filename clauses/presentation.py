"""What pages print of the months of a clause."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from clauses.enums import EtatDeclaration
from clauses.models import Declaration


@dataclass(frozen=True)
class MoisDeclare:
    """One month of a clause, with the declaration of each organisation."""

    mois: date
    declarations: list[Declaration]

    @property
    def etat(self) -> EtatDeclaration:
        """The state that most asks for something."""
        states = {declaration.etat for declaration in self.declarations}
        return next(etat for etat in EtatDeclaration if etat in states)

    @property
    def calls(self) -> bool:
        """Whether somebody has to do something in this month."""
        return self.etat not in {EtatDeclaration.ACCEPTEE, EtatDeclaration.SANS_HEURES}

    @property
    def heures_declarees(self) -> Decimal:
        return sum((declaration.heures_declarees for declaration in self.declarations), Decimal(0))

    @property
    def heures_acceptees(self) -> Decimal:
        return sum((declaration.heures_acceptees for declaration in self.declarations), Decimal(0))


def by_month(declarations: Iterable[Declaration]) -> list[MoisDeclare]:
    """Declarations `with_etat().with_heures()`, already in the order of their months, month by month."""
    return [MoisDeclare(mois, list(rows)) for mois, rows in groupby(declarations, key=lambda d: d.mois)]

"""When a month is expected, and from when it is late. Pure functions."""

from datetime import date

from clauses.enums import EtatDeclaration
from marches.rules import add_months

# A month in one of these states still waits for the one who declares.
ATTENDUES = frozenset({EtatDeclaration.OUVERTE, EtatDeclaration.EN_SAISIE})


def echeance(mois: date, jour: int = 10) -> date:
    """The last day on which the hours of `mois` are expected: that day of the following month.

    Source: usage of facilitators, a parameter of conventions (C.4).
    """
    return add_months(mois.replace(day=1), 1).replace(day=jour)


def en_retard(mois: date, etat: str, on: date, jour: int = 10) -> bool:
    """Whether this month is late on the day `on`: nothing sent, and nothing said to be missing."""
    return etat in ATTENDUES and on > echeance(mois, jour)

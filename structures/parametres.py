"""Dated thresholds of the directory, read from the small CSV files of `structures/data/`."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from portal.parametres import Parametre, Parametres

_TABLES = Parametres(Path(__file__).resolve().parent / "data")


@dataclass(frozen=True)
class SeuilsPotentiel:
    """From which number of structures each rung of the recommendation is reached, and the dependency not to exceed."""

    marche: Parametre
    lots: Parametre
    clause: Parametre
    dependance: Parametre


def seuils_potentiel(on: date) -> SeuilsPotentiel:
    """The thresholds of `potentiel.csv` on this day."""
    return SeuilsPotentiel(
        marche=_TABLES.required("potentiel", on, "structures_marche"),
        lots=_TABLES.required("potentiel", on, "structures_lots"),
        clause=_TABLES.required("potentiel", on, "structures_clause"),
        dependance=_TABLES.required("potentiel", on, "dependance_maximum"),
    )

"""The essential data of public contracts (DECP), record by record, in each of their formats."""

from marches.rules.decp.etats import rassembler
from marches.rules.decp.lecture import FORMAT, FORMAT_2019, read_record, read_record_2019
from marches.rules.decp.noms import nom_prefere
from marches.rules.decp.tableau import FORMAT_CONSOLIDE, FORMAT_TABLEAU, read_row, read_row_consolide
from marches.rules.decp.types import ActeLu, Enregistrement, Identite, ModificationLue

__all__ = [
    "FORMAT", "FORMAT_2019", "FORMAT_CONSOLIDE", "FORMAT_TABLEAU", "ActeLu", "Enregistrement", "Identite",
    "ModificationLue", "nom_prefere", "rassembler", "read_record", "read_record_2019", "read_row", "read_row_consolide",
]  # fmt: skip

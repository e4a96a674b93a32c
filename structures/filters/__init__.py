"""The query string of the directory, read and checked; its meaning is in `directory`.

annuaire = StructureFilter(request.GET, queryset=Structure.objects.listed())
found = annuaire.qs             # filtered and ordered
question = annuaire.question    # what was understood
"""

from structures.filters.adresse import PARAMETRES, Adresse, Puce, Retrait, cle, sans
from structures.filters.annuaire import StructureFilter
from structures.filters.champs import LongSelect, every_sector, sector_choices

__all__ = [
    "PARAMETRES", "Adresse", "LongSelect", "Puce", "Retrait", "StructureFilter", "cle", "every_sector", "sans",
    "sector_choices",
]  # fmt: skip

"""All that an import leaves, told without ids: one JSON object, table → [rows, SHA-256 of them all].

Two databases where the same was imported give the same, however often the import was stopped.
"""

import hashlib
import json

import django

django.setup()

from marches.models import Acheteur, ActeSousTraitance, Lot, Marche, Modification, SourceLot, Titulaire  # noqa: E402
from portal.models import Importation  # noqa: E402
from structures.models import Organisation  # noqa: E402

MOMENTS = {"id", "cree_le", "modifie_le", "commencee_le", "terminee_le", "annulee_le"}
# Foreign keys, told by what they point to.
SAID_BY = {
    Lot: {"marche": "marche__cle"},
    Marche: {"acheteur": "acheteur__organisation__identifiant"},
    Acheteur: {"organisation": "organisation__identifiant"},
    Titulaire: {"lot": "lot__cle", "organisation": "organisation__identifiant"},
    Modification: {"lot": "lot__cle"},
    ActeSousTraitance: {"lot": "lot__cle", "sous_traitant": "sous_traitant__identifiant"},
    SourceLot: {"lot": "lot__cle", "importation": "importation__empreinte"},
    Organisation: {},
    Importation: {},
}


def table(model) -> list:
    said = SAID_BY[model]
    names = [said.get(field.name, field.attname) for field in model._meta.concrete_fields if field.name not in MOMENTS]
    lines = sorted(
        json.dumps(row, default=str, sort_keys=True, ensure_ascii=False)
        for row in model._default_manager.order_by().values_list(*names).iterator()
    )
    return [len(lines), hashlib.sha256("\n".join(lines).encode()).hexdigest()]


if __name__ == "__main__":
    unfinished = Importation.objects.filter(terminee_le=None).count()
    print(json.dumps({model.__name__: table(model) for model in SAID_BY} | {"inachevées": unfinished}))

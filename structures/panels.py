"""What the directory adds to the pages of lower and shared models: an import of structures can be taken back."""

from portal.panels import register
from portal.permissions import Role
from structures.actions.importations import FORMATS, can_be_taken_back


@register("portal.Importation", name="structures.annulation")
def annulation_panel(importation, acteur):
    if importation.format not in FORMATS or not acteur.has(Role.RESEAU, Role.ADMINISTRATION):
        return None
    return "structures/_importation_panel.html", {
        "importation": importation,
        "can_be_taken_back": can_be_taken_back(importation),
        "annulation": importation.rapport.get("annulation"),
        "echec": importation.rapport.get("echec", ""),
        "etape": "" if importation.terminee_le else importation.rapport.get("etape", ""),
    }

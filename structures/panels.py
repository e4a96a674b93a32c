"""What the directory adds to the pages of lower and shared models: an import of structures can be taken back; where the
members of a network are."""

from portal import perimetres
from portal.panels import register
from portal.permissions import Role
from structures.actions.annulation import EN_ANNULATION, can_be_taken_back
from structures.actions.importations import FORMATS
from structures.models import Structure


@perimetres.register(Role.RESEAU)
def departements_of_network(acteur):
    """The départements where its members sit; one query."""
    members = Structure.objects.listed().filter(reseaux__organisation=acteur.organisation_id or 0)
    return set(members.exclude(departement=None).order_by().values_list("departement", flat=True))


@register("portal.Importation", name="structures.annulation")
def annulation_panel(importation, acteur):
    if importation.format not in FORMATS or not acteur.has(Role.RESEAU, Role.ADMINISTRATION):
        return None
    return "structures/_importation_panel.html", {
        "importation": importation,
        "can_be_taken_back": can_be_taken_back(importation),
        "annulation": importation.rapport.get("annulation"),
        "en_annulation": EN_ANNULATION in importation.rapport,
        "echec": importation.rapport.get("echec", ""),
        "etape": "" if importation.terminee_le else importation.rapport.get("etape", ""),
    }

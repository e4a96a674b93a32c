"""Stories shown on the pages of the structures and contracts they tell about."""

from portal.pages.models import Temoignage
from portal.panels import register
from portal.permissions import Acteur

SHOWN = 3


@register("structures.Structure", order=50)
def stories_of_structure(structure, acteur):
    return _panel(Temoignage.objects.of_structure(structure), acteur)


@register("marches.Marche", order=50)
def stories_of_marche(marche, acteur):
    return _panel(Temoignage.objects.of_marche(marche), acteur)


def _panel(stories, acteur):
    """Published stories that `acteur` may read, the latest first; nothing at all when there is none."""
    shown = list(stories.open_to(acteur or Acteur()).select_related("auteur")[:SHOWN])
    return ("pages/_temoignages_panel.html", {"temoignages": shown}) if shown else None

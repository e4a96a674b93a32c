"""Stories shown on the pages of the structures and contracts they tell about."""

from portal.pages.depuis_bilan import source
from portal.pages.models import Charte, Temoignage
from portal.panels import register
from portal.permissions import Acteur, Role
from structures.stats.territoires import lieu_of

SHOWN = 3


@register(
    "structures.Structure",
    order=50,
    when=lambda pks: [Temoignage.structures.through.objects.filter(structure__in=pks)],
)
def stories_of_structure(structure, acteur):
    return _panel(Temoignage.objects.of_structure(structure), acteur)


def _of_marche(pks):
    """Rows that link a story to the contract, or to one of its lots."""
    return [
        Temoignage.marches.through.objects.filter(marche__in=pks),
        Temoignage.lots.through.objects.filter(lot__marche__in=pks),
    ]


@register("marches.Marche", order=50, when=_of_marche)
def stories_of_marche(marche, acteur):
    return _panel(Temoignage.objects.of_marche(marche), acteur)


@register("structures.Commune", order=50)
@register("structures.Epci", order=50)
@register("structures.Departement", order=50)
@register("structures.Region", order=50)
def stories_of_place(place, acteur):
    return _panel(Temoignage.objects.about_place(lieu_of(place)), acteur)


@register("structures.Commune", name="chartes", order=45)
@register("structures.Epci", name="chartes", order=45)
@register("structures.Departement", name="chartes", order=45)
@register("structures.Region", name="chartes", order=45)
def charters_of_place(place, acteur):
    """Charters whose territory reaches the place; one query."""
    rows = Charte.objects.filter(publiee=True).about_place(lieu_of(place)).with_nombre()
    shown = list(rows.order_by("-annee", "-pk")[:SHOWN])
    return ("pages/_chartes_panel.html", {"chartes": shown}) if shown else None


@register("structures.Secteur", order=50)
def stories_of_sector(secteur, acteur):
    return _panel(Temoignage.objects.about_secteur(secteur), acteur)


@register("structures.GroupeEconomique", order=50)
def stories_of_groupe(groupe, acteur):
    return _panel(Temoignage.objects.about_groupe(groupe), acteur)


@register("structures.Reseau", order=50)
def stories_of_reseau(reseau, acteur):
    """Stories that the network itself published."""
    return _panel(Temoignage.objects.filter(auteur=reseau.organisation_id or 0), acteur)


@register("clauses.Bilan", order=50)
def story_of_report(bilan, acteur):
    """To the facilitator who signed it: a story that starts from its figures, or the one already begun."""
    if acteur is None or not acteur.has(Role.FACILITATEUR) or not bilan.chiffres:
        return None
    begun = Temoignage.objects.filter(auteur=acteur.organisation_id, source=source(bilan)).only("titre").first()
    return "pages/_bilan_panel.html", {"recit": begun}


def _panel(stories, acteur):
    """Published stories that `acteur` may read, the latest first; nothing at all when there is none."""
    shown = list(stories.open_to(acteur or Acteur()).select_related("auteur")[:SHOWN])
    return ("pages/_temoignages_panel.html", {"temoignages": shown}) if shown else None

"""The public pages of the portal, for search engines; at most 50 000, as sitemaps.org asks."""

from collections.abc import Iterator
from itertools import chain, islice
from xml.sax.saxutils import escape

from django.urls import reverse

from marches.models import Marche
from portal.pages.models import Temoignage
from portal.permissions import Acteur
from structures.models import Departement, Region, Secteur, Structure

MOST = 50_000
FIXED = (
    "pages:accueil", "structures:list", "structures:territoires", "structures:secteurs", "structures:potentiel",
    "marches:list", "marches:appels", "clauses:calculateur", "pages:temoignages", "pages:chartes",
    "pages:statistiques",
)  # fmt: skip


def as_xml(request) -> Iterator[str]:
    """The file, one line at a time; six queries, read by slices."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    for address, changed in islice(_addresses(), MOST):
        lastmod = f"<lastmod>{changed:%Y-%m-%d}</lastmod>" if changed else ""
        yield f"<url><loc>{escape(request.build_absolute_uri(address))}</loc>{lastmod}</url>\n"
    yield "</urlset>\n"


def _addresses():
    stories = Temoignage.objects.open_to(Acteur()).only("pk", "titre", "modifie_le")
    structures = Structure.objects.listed().order_by("pk").only("pk", "nom", "modifiee_le")
    marches = Marche.objects.published().order_by("-pk").only("pk", "modifie_le")
    return chain(
        ((reverse(name), None) for name in FIXED),
        ((row.get_absolute_url(), None) for model in (Region, Departement) for row in model.objects.only("code")),
        ((secteur.get_absolute_url(), None) for secteur in Secteur.objects.only("code", "ordre")),
        ((story.get_absolute_url(), story.modifie_le) for story in stories.iterator()),
        ((structure.get_absolute_url(), structure.modifiee_le) for structure in structures.iterator()),
        ((marche.get_absolute_url(), marche.modifie_le) for marche in marches.iterator()),
    )

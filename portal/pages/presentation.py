"""What the page of a story prints: the same for its readers and for its author's preview."""

from marches.models import Marche
from portal.pages.models import Temoignage


def story_context(temoignage: Temoignage, request) -> dict:
    """Context of `pages/temoignage_detail.html`: pictures, figures and links, and addresses for sharing."""
    photos = list(temoignage.photos.all())
    linked = (
        Marche.objects.visible_to(request.acteur)
        .filter(pk__in=_marches(temoignage))
        .select_related("acheteur__organisation")
    )
    return {
        "temoignage": temoignage,
        "photos": photos,
        "chiffres": list(temoignage.chiffres.all()),
        "structures": list(temoignage.structures.visible_to(request.acteur).select_related("departement")),
        "marches": list(linked.defer("racines")),
        "lots": list(temoignage.lots.visible_to(request.acteur).select_related("marche").defer("racines")),
        "adresse": request.build_absolute_uri(temoignage.get_absolute_url()),
        "image_partage": request.build_absolute_uri(photos[0].image.url) if photos else "",
        "modifiable": Temoignage.objects.editable_by(request.acteur).filter(pk=temoignage.pk).exists(),
    }


def _marches(temoignage):
    return temoignage.marches.order_by().values("pk")

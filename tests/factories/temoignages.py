"""Stories, with their pictures and figures."""

from datetime import date
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile

from portal.pages.models import Charte, ChiffreCle, Photo, SignataireCharte, Temoignage
from tests.factories.nombres import _n
from tests.factories.structures import make_organisation


def make_temoignage(*, auteur=None, **given) -> Temoignage:
    """A published story, open to all; its author is the organisation of a network."""
    usual = {
        "titre": f"Témoignage {next(_n)}",
        "chapeau": "Un résumé.",
        "corps": "Un *récit*.",
        "auteur": auteur or make_organisation(),
        "statut": Temoignage.Statut.PUBLIE,
    }
    fields = usual | given
    if fields["statut"] == Temoignage.Statut.PUBLIE:
        fields.setdefault("publie_le", date(2026, 5, 12))
    return Temoignage.objects.create(**fields)


def make_image(width: int = 40, height: int = 30, kind: str = "PNG", name: str = "photo.png") -> SimpleUploadedFile:
    """A plain picture, as a browser would send it."""
    from PIL import Image

    content = BytesIO()
    Image.new("RGB", (width, height), (40, 90, 160)).save(content, kind)
    return SimpleUploadedFile(name, content.getvalue(), content_type=f"image/{kind.lower()}")


def make_photo(*, temoignage=None, image=None, **given) -> Photo:
    usual = {
        "temoignage": temoignage or make_temoignage(),
        "image": image or make_image(name=f"photo{next(_n)}.png"),
        "texte_alternatif": "Une équipe au travail",
        "credit": "Studio d'essai",
    }
    return Photo.objects.create(**usual | given)


def make_chiffre_cle(*, temoignage=None, **given) -> ChiffreCle:
    usual = {
        "temoignage": temoignage or make_temoignage(),
        "libelle": "Heures d'insertion",
        "valeur": "1 200",
        "unite": "heures",
        "periode": "2026",
        "source": "Bilan du marché",
    }
    return ChiffreCle.objects.create(**usual | given)


def make_charte(*, organisation=None, **given) -> Charte:
    """A published charter of the organisation of a network."""
    usual = {
        "nom": f"Charte {next(_n)}",
        "engagements": "Publier ses besoins.\nDésigner un facilitateur.",
        "annee": 2012,
        "organisation": organisation or make_organisation(),
        "publiee": True,
    }
    return Charte.objects.create(**usual | given)


def make_signataire_charte(*, charte=None, **given) -> SignataireCharte:
    usual = {"charte": charte or make_charte(), "nom": f"Signataire {next(_n)}", "nature": "collectivite"}
    return SignataireCharte.objects.create(**usual | given)

"""What keeps the card of a structure alive: claims, photos, labels, offers."""

from datetime import timedelta

from django.utils import timezone

from portal.permissions import Role
from structures.enums import EtatDemande
from structures.models import (
    Adhesion,
    CoEntreprise,
    Fondateur,
    Invitation,
    Label,
    LabelObtenu,
    LigneExport,
    Offre,
    PhotoStructure,
    ReferenceClient,
    Revendication,
)
from tests.factories.nombres import _n, make_siret
from tests.factories.socle import make_user
from tests.factories.structures import make_organisation, make_reseau, make_structure
from tests.factories.temoignages import make_image


def make_revendication(*, structure=None, user=None, **given) -> Revendication:
    """A claim that waits for an answer."""
    usual = {
        "structure": structure or make_structure(),
        "user": user or make_user(),
        "siret": make_siret(),
        "courriel": f"directrice{next(_n)}@exemple.fr",
        "etat": EtatDemande.EN_ATTENTE,
    }
    return Revendication.objects.create(**usual | given)


def make_adhesion(*, structure=None, **given) -> Adhesion:
    """A request to a network, or to the `groupe` given."""
    usual = {"structure": structure or make_structure()} | ({} if "groupe" in given else {"reseau": make_reseau()})
    return Adhesion.objects.create(**usual | given)


def make_invitation(*, organisation=None, **given) -> Invitation:
    usual = {
        "organisation": organisation or make_organisation(),
        "role": Role.STRUCTURE,
        "courriel": f"collegue{next(_n)}@exemple.fr",
        "expire_le": timezone.now() + timedelta(days=14),
    }
    return Invitation.objects.create(**usual | given)


def make_photo_structure(*, structure=None, image=None, **given) -> PhotoStructure:
    usual = {
        "structure": structure or make_structure(),
        "image": image or make_image(name=f"photo{next(_n)}.png"),
        "texte_alternatif": "Un atelier",
        "credit": "Studio d'essai",
    }
    return PhotoStructure.objects.create(**usual | given)


def make_co_entreprise(**given) -> CoEntreprise:
    return CoEntreprise.objects.create(**{"nom": f"Co-entreprise {next(_n)}", "objet": "Un objet."} | given)


def make_fondateur(*, co_entreprise=None, **given) -> Fondateur:
    usual = {"co_entreprise": co_entreprise or make_co_entreprise(), "nom": f"Fondateur {next(_n)}"}
    return Fondateur.objects.create(**usual | given)


def make_label(**given) -> Label:
    n = next(_n)
    usual = {"code": f"label-{n}", "nom": f"Label {n}", "presentation": "Ce qu'il atteste.", "ordre": n % 10_000}
    return Label.objects.create(**usual | given)


def make_label_obtenu(*, structure=None, label=None, **given) -> LabelObtenu:
    usual = {"structure": structure or make_structure(), "label": label or make_label()}
    return LabelObtenu.objects.create(**usual | given)


def make_ligne_export(*, structure=None, **given) -> LigneExport:
    structure = structure or make_structure()
    usual = {
        "structure": structure, "fiche_du": structure.modifiee_le, "empreinte": "0" * 40, "avant": "",
        "apres": "50;;;", "adresse": f"{structure.pk}-{structure.slug}/", "contact": ";",
    }  # fmt: skip
    return LigneExport.objects.create(**usual | given)


def make_offre(*, structure=None, **given) -> Offre:
    return Offre.objects.create(**{"structure": structure or make_structure(), "nom": f"Offre {next(_n)}"} | given)


def make_reference_client(*, structure=None, **given) -> ReferenceClient:
    usual = {"structure": structure or make_structure(), "client": f"Client {next(_n)}"}
    return ReferenceClient.objects.create(**usual | given)

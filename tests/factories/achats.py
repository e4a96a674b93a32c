"""What was really bought, and what its labour cost."""

from decimal import Decimal

from marches.models import AchatRealise, AttestationOeth, FichierAchats
from tests.factories.nombres import _n, make_siret
from tests.factories.structures import make_organisation


def make_fichier_achats(*, organisation=None, **given) -> FichierAchats:
    n = next(_n)
    usual = {"organisation": organisation or make_organisation(), "nom": f"achats{n}.csv", "empreinte": f"{n:064x}"}
    return FichierAchats.objects.create(**usual | given)


def make_achat_realise(*, fichier=None, organisation=None, structure=None, **given) -> AchatRealise:
    """A line of 100 €; with a `structure`, matched with its establishment."""
    fichier = fichier or make_fichier_achats(organisation=organisation)
    usual = {
        "fichier": fichier, "organisation": fichier.organisation, "ligne": next(_n), "annee": 2025,
        "montant": Decimal(100), "fournisseur": "Fournisseur", "siret_fournisseur": make_siret(),
    }  # fmt: skip
    if structure:
        number = structure.organisation.identifiant
        usual |= {"structure": structure, "kind": structure.kind, "siret_fournisseur": number}
    return AchatRealise.objects.create(**usual | given)


def make_attestation_oeth(*, organisation=None, **given) -> AttestationOeth:
    usual = {
        "organisation": organisation or make_organisation(), "annee": 2025, "siret_fournisseur": make_siret(),
        "cout_main_oeuvre": Decimal(6000),
    }  # fmt: skip
    return AttestationOeth.objects.create(**usual | given)

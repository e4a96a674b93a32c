"""Hand-made records of essential data, whole and refused; lots typed by hand; and what the exporters make of them."""

import json
from datetime import date
from decimal import Decimal
from io import BytesIO

from lxml import etree

from marches.exporters.decp_json import json_pieces
from marches.exporters.decp_xml import xml_pieces
from marches.exporters.lecture import Selection
from marches.exporters.ocds import ocds_pieces
from marches.importers.contrats import import_file
from marches.models import Lot, Marche
from tests import factories as make

TODAY = date(2026, 11, 26)


def everything() -> Selection:
    return Selection(Lot.objects.all(), Marche.objects.all())


def as_json(selection=None) -> dict:
    return json.loads(b"".join(json_pieces(selection or everything(), TODAY)))


def as_xml(selection=None):
    return etree.parse(BytesIO(b"".join(xml_pieces(selection or everything(), TODAY)))).getroot()


def as_ocds(selection=None) -> dict:
    pieces = ocds_pieces(selection or everything(), TODAY, uri="https://portail.test/x", base="https://portail.test")
    return json.loads(b"".join(pieces))


def published(**given) -> dict:
    """A whole record, as a platform publishes it."""
    usual = {
        "id": "2024-001", "acheteur": {"id": "80000001000010"}, "nature": "Marché", "objet": "Entretien des locaux",
        "codeCPV": "90911200", "techniques": {"technique": ["Accord-cadre"]},
        "modalitesExecution": {"modaliteExecution": ["Bons de commande"]}, "marcheInnovant": False,
        "ccag": "Fournitures courantes et services", "offresRecues": 3, "attributionAvance": True, "tauxAvance": 0.05,
        "typeGroupementOperateurs": "Pas de groupement", "sousTraitanceDeclaree": False,
        "procedure": "Procédure adaptée", "lieuExecution": {"code": "27229", "typeCode": "Code commune"},
        "dureeMois": 24, "dateNotification": "2024-03-01", "datePublicationDonnees": "2024-04-01", "montant": 90000.5,
        "typesPrix": {"typePrix": ["Définitif révisable"]}, "formePrix": "Unitaire",
        "titulaires": [{"titulaire": {"typeIdentifiant": "SIRET", "id": "80000002800012"}}],
        "considerationsSociales": {"considerationSociale": ["Clause sociale", "Marché réservé"]},
        "considerationsEnvironnementales": {"considerationEnvironnementale": ["Clause environnementale"]},
    }  # fmt: skip
    return {name: value for name, value in (usual | given).items() if value is not None}


def concession(**given) -> dict:
    usual = {
        "id": "DSP-1", "autoriteConcedante": {"id": "80000001000010"}, "nature": "Délégation de service public",
        "objet": "Fourrière", "procedure": "Procédure négociée ouverte", "dureeMois": 36,
        "dateSignature": "2024-06-18", "datePublicationDonnees": "2024-07-16", "dateDebutExecution": "2024-07-01",
        "valeurGlobale": 70000, "montantSubventionPublique": 0,
        "concessionnaires": [{"concessionnaire": {"typeIdentifiant": "SIRET", "id": "80000002800012"}}],
        "considerationsSociales": {"considerationSociale": ["Concession réservée"]},
        "considerationsEnvironnementales": {
            "considerationEnvironnementale": ["Pas de considération environnementale"]
        },
        "donneesExecution": [
            {"donneesAnnuelles": {"datePublicationDonneesExecution": "2025-07-01", "depensesInvestissement": 1200.5,
             "tarifs": [{"tarif": {"intituleTarif": "Enlèvement", "tarif": 121.27}}]}}
        ],
        "modifications": [
            {"modification": {"id": 1, "dateSignatureModification": "2025-01-02", "valeurGlobale": 71000,
             "datePublicationDonneesModification": "2025-01-10"}}
        ],
    }  # fmt: skip
    return {name: value for name, value in (usual | given).items() if value is not None}


ACTES = [
    {"acteSousTraitance": {"id": 1, "sousTraitant": {"typeIdentifiant": "SIRET", "id": "80000003600015"},
     "dureeMois": 2, "dateNotification": "2024-03-05", "datePublicationDonnees": "2024-04-01", "montant": 4000,
     "variationPrix": "Ferme"}}
]  # fmt: skip
CHANGES = [
    {"modificationActeSousTraitance": {"id": 1, "dateNotificationModificationSousTraitance": "2024-05-05",
     "datePublicationDonnees": "2024-05-06", "montant": 5000.25}}
]  # fmt: skip
MODIFICATIONS = [
    {"modification": {"id": 1, "dateNotificationModification": "2024-06-01",
     "datePublicationDonneesModification": "2024-06-10", "montant": 95000, "dureeMois": 30,
     "titulaires": [{"titulaire": {"typeIdentifiant": "TVA", "id": "BE0123456789"}}]}}
]  # fmt: skip
CASES = [
    published(),
    published(
        id="G-1", objet="Groupe conjoint & « Lot 2 » <peinture>", typeGroupementOperateurs="Conjoint",
        titulaires=[
            {"titulaire": {"typeIdentifiant": "SIRET", "id": "80000002800012"}},
            {"titulaire": {"typeIdentifiant": "HORS-UE", "id": "CH-123"}},
            {"titulaire": {"typeIdentifiant": "RIDET", "id": "0123456789"}},
        ],
    ),
    published(id="S-1", objet="Sous-traité", sousTraitanceDeclaree=True, actesSousTraitance=ACTES,
              modificationsActesSousTraitance=CHANGES, modifications=MODIFICATIONS),
    published(id="M-1", objet="Montant démesuré", montant=100000000000000000, tauxAvance=None, origineUE=0.4,
              origineFrance=0.2),
    published(id="N-1", objet="Nature rare", nature="Marché de défense ou de sécurité", idAccordCadre="AC-77"),
    concession(),
]  # fmt: skip
REFUSED = [
    published(id="X-1", objet="Sans titulaire", titulaires=[]),
    published(id="X-2", objet="Un euro moins", montant=0),
    published(id="X-3", objet="Numéro nul", modifications=[{"modification": {
        "id": 0, "dateNotificationModification": "2024-06-01", "datePublicationDonneesModification": "2024-06-10"}}]),
    published(id="un identifiant bien trop long", objet="Long"),
    published(id="X-5", objet="Sans offre", offresRecues="NC"),
]  # fmt: skip


def load(tmp_path, *records, name="entree.json"):
    contracts = [raw for raw in records if "acheteur" in raw]
    concessions = [raw for raw in records if "acheteur" not in raw]
    path = tmp_path / name
    path.write_text(json.dumps({"marches": {"marche": contracts, "contrat-concession": concessions}}))
    return import_file(path)


def records_of(found: dict) -> list[dict]:
    return [*found["marches"]["marche"], *found["marches"]["contrat-concession"]]


def make_typed(**given) -> Lot:
    """A lot typed by hand, with all that the format asks."""
    marche = {"reference": "2026-NET", "objet": "Nettoyage des collèges", "procedure": "Procédure adaptée"}
    marche |= given.pop("marche", {})
    usual = {
        "numero": "3", "objet": "Bayeux", "cpv": "90911200", "montant": Decimal("120000.50"), "duree_mois": 12,
        "reconductions": 2, "date_notification": date(2026, 3, 1), "forme_prix": "Forfaitaire", "offres_recues": 4,
        "departement": make.make_departement(),
    }  # fmt: skip
    lot = make.make_lot(marche=make.make_marche(**marche), **usual | given)
    return lot

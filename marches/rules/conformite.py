"""What the official format of essential data takes: a record put in its exact form, and what stands in the way.

Source: arrêtés of 22 December 2022, schema 2.0.3 and 2.0.4 (JSON), 2.0.2 (XSD). The format has no word for « unknown »:
a required value that is missing or wrong makes the whole record unfit. A value is never invented here; what is
written otherwise than received is told.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from marches.rules.valeurs import (
    VIDES,
    Champ,
    NonConforme,
    acheteur,
    booleen,
    cpv,
    entier,
    jour,
    liste,
    nombre,
    objet,
    parmi,
    suite,
    texte,
)  # fmt: skip

NATURES = ("Marché", "Marché de partenariat", "Marché de défense ou de sécurité")
NATURES_CONCESSION = (
    "Concession de travaux", "Concession de service", "Concession de service public", "Délégation de service public",
)  # fmt: skip
PROCEDURES = (
    "Procédure adaptée", "Appel d'offres ouvert", "Appel d'offres restreint", "Procédure avec négociation",
    "Marché passé sans publicité ni mise en concurrence préalable", "Dialogue compétitif",
)  # fmt: skip
PROCEDURES_CONCESSION = (
    "Procédure négociée ouverte", "Procédure non négociée ouverte", "Procédure négociée restreinte",
    "Procédure non négociée restreinte",
)  # fmt: skip
TECHNIQUES = (
    "Accord-cadre", "Concours", "Système de qualification", "Système d'acquisition dynamique",
    "Catalogue électronique", "Enchère électronique", "Sans objet",
)  # fmt: skip
MODALITES = ("Tranches", "Bons de commande", "Marchés subséquents", "Sans objet")
CCAG = (
    "Travaux", "Maitrise d'œuvre", "Fournitures courantes et services", "Marchés industriels",
    "Prestations intellectuelles", "Techniques de l'information et de la communication", "Pas de CCAG",
)  # fmt: skip
GROUPEMENTS = ("Conjoint", "Solidaire", "Pas de groupement")
LIEUX = (
    "Code postal", "Code commune", "Code arrondissement", "Code canton", "Code département", "Code région",
    "Code pays",
)  # fmt: skip
FORMES_PRIX = ("Unitaire", "Forfaitaire", "Mixte")
TYPES_PRIX = ("Définitif ferme", "Définitif actualisable", "Définitif révisable", "Provisoire")
VARIATIONS = ("Ferme", "Actualisable", "Révisable")
IDENTIFIANTS = ("SIRET", "TVA", "TAHITI", "RIDET", "FRWF", "IREP", "HORS-UE")
CLAUSE, CRITERE, RESERVE, RESERVEE = "Clause sociale", "Critère social", "Marché réservé", "Concession réservée"
PAS_SOCIAL, PAS_VERT = "Pas de considération sociale", "Pas de considération environnementale"
SOCIALES, SOCIALES_CONCESSION = (CLAUSE, CRITERE, RESERVE, PAS_SOCIAL), (CLAUSE, CRITERE, RESERVEE, PAS_SOCIAL)
VERTES = ("Clause environnementale", "Critère environnemental", PAS_VERT)
LONGEST_ID, LONGEST_OBJET = 16, 1000

_TYPES = {"tva intracommunautaire": "TVA", "hors ue": "HORS-UE", "frw": "FRWF"}


@dataclass
class Fiche:
    """A record in its exact form. `refus`: why it cannot be published; `notes`: what was left out or rewritten."""

    donnees: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refus: list[str] = field(default_factory=list)


LIBELLES = {
    "acheteur": "acheteur", "actesSousTraitance": "actes de sous-traitance",
    "attributionAvance": "avance accordée", "autoriteConcedante": "autorité concédante", "ccag": "CCAG",
    "codeCPV": "code CPV", "concessionnaires": "concessionnaires",
    "considerationsEnvironnementales": "considérations environnementales",
    "considerationsSociales": "considérations sociales", "dateDebutExecution": "début d'exécution",
    "dateNotification": "date de notification", "datePublicationDonnees": "date de publication des données",
    "dateSignature": "date de signature", "donneesExecution": "données d'exécution", "dureeMois": "durée en mois",
    "formePrix": "forme du prix (unitaire, forfaitaire ou mixte)", "id": "identifiant",
    "idAccordCadre": "identifiant de l'accord-cadre", "lieuExecution": "lieu d'exécution",
    "marcheInnovant": "marché innovant", "modalitesExecution": "modalités d'exécution",
    "modifications": "modifications", "modificationsActesSousTraitance": "modifications de la sous-traitance",
    "montant": "montant", "montantSubventionPublique": "subvention publique", "nature": "nature",
    "objet": "objet", "offresRecues": "nombre d'offres reçues", "origineFrance": "part de produits français",
    "origineUE": "part de produits européens", "procedure": "procédure",
    "sousTraitanceDeclaree": "sous-traitance déclarée", "tauxAvance": "taux de l'avance",
    "techniques": "techniques d'achat", "titulaires": "titulaires",
    "typeGroupementOperateurs": "type de groupement (conjoint ou solidaire)", "typesPrix": "types de prix",
    "valeurGlobale": "valeur globale",
}  # fmt: skip


def en_clair(motif: str) -> str:
    """A reason or a note that opens with the name the format gives a field, its plain name before."""
    match = re.match("«\u00a0(\\w+)\u00a0»[ \u00a0]?", motif)
    label = LIBELLES.get(match.group(1)) if match else None
    if not match or label is None:
        return motif
    return f"{label[0].upper()}{label[1:]} [{match.group(1)}]\u00a0: {motif[match.end() :].removeprefix(': ')}"


# Records ------------------------------------------------------------------------------------------------------------
CORPS = objet({"typeIdentifiant": Champ(parmi(IDENTIFIANTS, _TYPES)), "id": Champ(texte(1, 1000))})
MODIFICATION = objet(
    {
        "id": Champ(entier(1)),
        "dateNotificationModification": Champ(jour),
        "datePublicationDonneesModification": Champ(jour),
        "dureeMois": Champ(entier(1, rounded=True), requis=False, lie=True),
        "montant": Champ(nombre(1), requis=False, lie=True),
        "titulaires": Champ(suite("titulaire", CORPS), requis=False, lie=True),
    },
    {
        "dateNotification": "dateNotificationModification",
        "dateSignature": "dateNotificationModification",
        "datePublication": "datePublicationDonneesModification",
    },
)
MODIFICATION_CONCESSION = objet(
    {
        "id": Champ(entier(1)),
        "dateSignatureModification": Champ(jour),
        "datePublicationDonneesModification": Champ(jour),
        "dureeMois": Champ(entier(1, rounded=True), requis=False, lie=True),
        "valeurGlobale": Champ(nombre(1), requis=False, lie=True),
    },
    {
        "dateSignature": "dateSignatureModification",
        "dateNotification": "dateSignatureModification",
        "datePublication": "datePublicationDonneesModification",
        "montant": "valeurGlobale",
    },
)
ACTE = objet(
    {
        "id": Champ(entier(1)),
        "sousTraitant": Champ(CORPS),
        "dureeMois": Champ(entier(1, rounded=True)),
        "dateNotification": Champ(jour),
        "datePublicationDonnees": Champ(jour),
        "montant": Champ(nombre(1)),
        "variationPrix": Champ(parmi(VARIATIONS)),
    },
    {"dateNotification": "dateNotification", "datePublication": "datePublicationDonnees"},
)
MODIFICATION_ACTE = objet(
    {
        "id": Champ(entier(1)),
        "dateNotificationModificationSousTraitance": Champ(jour),
        "datePublicationDonnees": Champ(jour),
        "dureeMois": Champ(entier(1, rounded=True), requis=False, lie=True),
        "montant": Champ(nombre(1), requis=False, lie=True),
    },
    {"dateNotification": "dateNotificationModificationSousTraitance", "datePublication": "datePublicationDonnees"},
)
TARIF = objet({"intituleTarif": Champ(texte(0, 256)), "tarif": Champ(nombre(0))})
EXECUTION = objet(
    {
        "datePublicationDonneesExecution": Champ(jour),
        "depensesInvestissement": Champ(nombre(0)),
        "tarifs": Champ(suite("tarif", TARIF)),
    }
)
LIEU = objet({"code": Champ(texte(1, 1000)), "typeCode": Champ(parmi(LIEUX))})
MARCHE: dict[str, Champ] = {
    "id": Champ(texte(1, LONGEST_ID)),
    "acheteur": Champ(acheteur),
    "nature": Champ(parmi(NATURES)),
    "objet": Champ(texte(1, LONGEST_OBJET)),
    "codeCPV": Champ(cpv),
    "techniques": Champ(liste("technique", TECHNIQUES)),
    "modalitesExecution": Champ(liste("modaliteExecution", MODALITES)),
    "idAccordCadre": Champ(texte(1, LONGEST_ID), requis=False),
    "marcheInnovant": Champ(booleen),
    "ccag": Champ(parmi(CCAG)),
    "offresRecues": Champ(entier(1)),
    "attributionAvance": Champ(booleen),
    "tauxAvance": Champ(nombre(0, 1), requis=False),
    "typeGroupementOperateurs": Champ(parmi(GROUPEMENTS)),
    "sousTraitanceDeclaree": Champ(booleen),
    "actesSousTraitance": Champ(suite("acteSousTraitance", ACTE), requis=False, lie=True),
    "procedure": Champ(parmi(PROCEDURES)),
    "lieuExecution": Champ(LIEU),
    "dureeMois": Champ(entier(1, rounded=True)),
    "dateNotification": Champ(jour),
    "datePublicationDonnees": Champ(jour),
    "montant": Champ(nombre(1)),
    "typesPrix": Champ(liste("typePrix", TYPES_PRIX)),
    "formePrix": Champ(parmi(FORMES_PRIX)),
    "origineUE": Champ(nombre(0, 1), requis=False),
    "origineFrance": Champ(nombre(0, 1), requis=False),
    "titulaires": Champ(suite("titulaire", CORPS)),
    "considerationsSociales": Champ(liste("considerationSociale", SOCIALES)),
    "considerationsEnvironnementales": Champ(liste("considerationEnvironnementale", VERTES)),
    "modificationsActesSousTraitance": Champ(
        suite("modificationActeSousTraitance", MODIFICATION_ACTE), requis=False, lie=True
    ),
    "modifications": Champ(suite("modification", MODIFICATION), requis=False, lie=True),
}
CONCESSION: dict[str, Champ] = {
    "id": Champ(texte(1, LONGEST_ID)),
    "autoriteConcedante": Champ(acheteur),
    "nature": Champ(parmi(NATURES_CONCESSION)),
    "objet": Champ(texte(1, LONGEST_OBJET)),
    "procedure": Champ(parmi(PROCEDURES_CONCESSION)),
    "dureeMois": Champ(entier(1, rounded=True)),
    "dateSignature": Champ(jour),
    "datePublicationDonnees": Champ(jour),
    "dateDebutExecution": Champ(jour),
    "valeurGlobale": Champ(nombre(1)),
    "montantSubventionPublique": Champ(nombre(0)),
    "donneesExecution": Champ(suite("donneesAnnuelles", EXECUTION), requis=False, lie=True, vide=True),
    "concessionnaires": Champ(suite("concessionnaire", CORPS)),
    "considerationsSociales": Champ(liste("considerationSociale", SOCIALES_CONCESSION)),
    "considerationsEnvironnementales": Champ(liste("considerationEnvironnementale", VERTES)),
    "modifications": Champ(suite("modification", MODIFICATION_CONCESSION), requis=False, lie=True),
}


def mettre_en_forme(raw: dict[str, Any], *, concession: bool) -> Fiche:
    """`raw` as the official format has it; every obstacle is told, in French. Never raises."""
    fields = CONCESSION if concession else MARCHE
    fiche = Fiche()
    given: dict[str, Any] = {}
    for name, value in raw.items():
        if name in fields:
            given[name] = value
        elif value not in VIDES:
            fiche.notes.append(f"«\u00a0{name}\u00a0» n'existe pas dans le format\u00a0: retiré")
    for name, champ in fields.items():
        value = given.get(name)
        if value in VIDES:
            if champ.vide and value == []:
                continue
            given.pop(name, None)
            if champ.requis:
                fiche.refus.append(f"«\u00a0{name}\u00a0» manque")
            continue
        try:
            given[name] = champ.lire(value)
        except NonConforme as refusal:
            if champ.requis or champ.lie:
                fiche.refus.append(f"«\u00a0{name}\u00a0» {refusal}")
            else:
                fiche.notes.append(f"«\u00a0{name}\u00a0» {refusal}\u00a0: retiré")
            del given[name]
            continue
        if given[name] != value:
            fiche.notes.append(f"«\u00a0{name}\u00a0» réécrit dans la forme du format")
    fiche.donnees = given
    return fiche

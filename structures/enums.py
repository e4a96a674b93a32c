"""Closed lists of the directory, with their source."""

from django.db.models import TextChoices


class Kind(TextChoices):
    """Kinds of inclusive structures.

    Sources: Code du travail L. 5132-4 (EI, ETTI, AI, ACI), L. 5213-13 (EA), L. 5213-13-3 (EATT), L. 1253-1 (GEIQ);
    loi 2018-771 art. 83 (EITI); CASF L. 344-2 (ESAT); Code de la commande publique L. 2113-13-1 (SEP).
    """

    EI = "EI", "Entreprise d'insertion"
    AI = "AI", "Association intermédiaire"
    ACI = "ACI", "Atelier et chantier d'insertion"
    ETTI = "ETTI", "Entreprise de travail temporaire d'insertion"
    EITI = "EITI", "Entreprise d'insertion par le travail indépendant"
    GEIQ = "GEIQ", "Groupement d'employeurs pour l'insertion et la qualification"
    EA = "EA", "Entreprise adaptée"
    EATT = "EATT", "Entreprise adaptée de travail temporaire"
    ESAT = "ESAT", "Établissement ou service d'accompagnement par le travail"
    SEP = "SEP", "Structure de production en établissement pénitentiaire"


class Mode(TextChoices):
    """How a structure delivers: three ways that buyers must not confuse."""

    PRESTATION = "prestation", "Prestation de service"
    MISE_A_DISPOSITION = "mise_a_disposition", "Mise à disposition de personnel"
    FABRICATION = "fabrication", "Fabrication de biens"


class Origine(TextChoices):
    """Where a statement comes from; shown beside it."""

    DECLAREE = "declaree", "déclarée par la structure"
    DEDUITE = "deduite", "déduite du code d'activité"
    IMPORTEE = "importee", "reprise d'une source publique"


class TypeIdentifiant(TextChoices):
    """How an organisation is identified. Source: schéma DECP 2.0.3, `typeIdentifiant`, plus the wild values seen."""

    SIRET = "SIRET", "SIRET"
    TVA = "TVA", "TVA intracommunautaire"
    TAHITI = "TAHITI", "TAHITI"
    RIDET = "RIDET", "RIDET"
    FRWF = "FRWF", "FRWF"
    IREP = "IREP", "IREP"
    HORS_UE = "HORS-UE", "Hors Union européenne"
    AUTRE = "AUTRE", "Autre identifiant"


class NiveauLieu(TextChoices):
    """The five sizes of a place."""

    FRANCE = "france", "France"
    REGION = "region", "Région"
    DEPARTEMENT = "departement", "Département"
    EPCI = "epci", "Intercommunalité"
    COMMUNE = "commune", "Commune"


class Couverture(TextChoices):
    """How much of a place a zone covers."""

    ENTIER = "entier", "entièrement"
    PARTIEL = "partiel", "en partie"


class RolePrefere(TextChoices):
    """The place a structure prefers in a contract: alone, with others, or behind another."""

    TITULAIRE = "titulaire", "Titulaire"
    COTRAITANT = "cotraitant", "Cotraitant"
    SOUS_TRAITANT = "sous_traitant", "Sous-traitant"


class Bloc(TextChoices):
    """The blocks of a card, each with its own source and date."""

    IDENTITE = "identite", "Identité et contact"
    PRESENTATION = "presentation", "Présentation"
    ACTIVITES = "activites", "Activités et zones"
    CAPACITE = "capacite", "Moyens et capacité"
    REFERENCES = "references", "Références, offres et labels"
    PHOTOS = "photos", "Photos"


class EtatDemande(TextChoices):
    """Where a claim stands."""

    A_CONFIRMER = "a_confirmer", "Courriel à confirmer"
    EN_ATTENTE = "en_attente", "En attente d'une réponse"
    ACCEPTEE = "acceptee", "Acceptée"
    REFUSEE = "refusee", "Refusée"


class Sens(TextChoices):
    """Which way a message goes."""

    VERS_STRUCTURE = "vers_structure", "Vers la structure"
    VERS_ACHETEUR = "vers_acheteur", "Vers l'acheteur"

"""Closed lists of clauses and hours, with their source."""

from django.db.models import TextChoices


class TypeClause(TextChoices):
    """Ways of asking for insertion in a contract. Source: Code de la commande publique, articles in each label."""

    CONDITION = "condition", "Condition d'exécution (L. 2112-2)"
    CRITERE = "critere", "Critère d'attribution (R. 2152-7)"
    CONDITION_CRITERE = "condition_critere", "Condition d'exécution et critère d'attribution"
    RESERVE = "reserve", "Marché ou lot réservé (L. 2113-12 et suivants)"
    MARCHE_INSERTION = "marche_insertion", "Marché d'insertion (R. 2123-1, 3°)"
    AVENANT = "avenant", "Clause ajoutée par avenant"
    PRIVEE = "privee", "Clause d'un contrat privé"


class OrigineHeures(TextChoices):
    """Why hours are due."""

    INITIAL = "initial", "Contrat initial"
    RECONDUCTION = "reconduction", "Reconduction"
    AVENANT = "avenant", "Avenant"
    COMMANDE = "commande", "Bon de commande"
    SUBSEQUENT = "subsequent", "Marché subséquent"
    REPRISE = "reprise", "Reprise d'un suivi en cours"


class Critere(TextChoices):
    """Individual criteria of eligibility. Source: CCAG 2021, art. 16.1.1 (services) and 20.1.1 (works)."""

    DELD = "deld", "Demandeur d'emploi depuis plus de 12 mois"
    DETLD = "detld", "Demandeur d'emploi depuis plus de 24 mois"
    RSA = "rsa", "Bénéficiaire du RSA"
    MINIMA = "minima", "Bénéficiaire d'un autre minimum social"
    RQTH = "rqth", "Travailleur handicapé (obligation d'emploi)"
    JEUNE = "jeune", "Moins de 26 ans, sans emploi ni formation"
    SENIOR = "senior", "Plus de 50 ans"
    QUALIFICATION = "qualification", "Faible niveau de qualification"
    QPV = "qpv", "Habitant d'un quartier prioritaire"
    REFUGIE = "refugie", "Réfugié ou protégé"
    PARENT = "parent", "Parent isolé"
    STRUCTURE = "structure", "Parcours dans une structure inclusive (SIAE, EA, ESAT, GEIQ)"
    AUTRE = "autre", "Autre situation, sur avis motivé d'un prescripteur"


class Modalite(TextChoices):
    """How the hours are done. Source: reference guides of facilitators, reference.md C.4."""

    EMBAUCHE = "embauche", "Embauche directe"
    MISE_A_DISPOSITION = "mise_a_disposition", "Mise à disposition"
    SOUS_TRAITANCE = "sous_traitance", "Sous-traitance"
    COTRAITANCE = "cotraitance", "Cotraitance"
    REALISATION = "realisation", "Réalisation par la structure titulaire"


class TypeContrat(TextChoices):
    """What binds the person to the employer; users of an ESAT have no wage contract (CASF L. 344-2)."""

    CDI = "cdi", "CDI"
    CDD = "cdd", "CDD"
    CDDI = "cddi", "CDD d'insertion"
    MISSION = "mission", "Contrat de mission"
    APPRENTISSAGE = "apprentissage", "Apprentissage"
    PROFESSIONNALISATION = "professionnalisation", "Professionnalisation"
    USAGER_ESAT = "usager_esat", "Usager d'ESAT (sans contrat de travail)"
    AUTRE = "autre", "Autre contrat"


class Sexe(TextChoices):
    FEMME = "f", "Femme"
    HOMME = "h", "Homme"
    NON_RENSEIGNE = "n", "Non renseigné"


class NiveauFormation(TextChoices):
    """Levels of the national framework. Source: décret 2019-14."""

    INCONNU = "inconnu", "Non renseigné"
    INFRA_3 = "infra3", "Sans diplôme ou infra niveau 3"
    NIVEAU_3 = "3", "Niveau 3 (CAP, BEP)"
    NIVEAU_4 = "4", "Niveau 4 (baccalauréat)"
    NIVEAU_5 = "5", "Niveau 5 et plus"


class Etat(TextChoices):
    """Life of an imputation; once sent it is immutable, a correction is a new one that points to what it replaces."""

    BROUILLON = "brouillon", "Brouillon"
    TRANSMISE = "transmise", "Transmise"
    ACCEPTEE = "acceptee", "Acceptée"
    REFUSEE = "refusee", "Refusée"
    REMPLACEE = "remplacee", "Remplacée"


class EtatDeclaration(TextChoices):
    """State of a month, derived from its imputations and never stored: what somebody has to do comes first."""

    A_VERIFIER = "a_verifier", "À vérifier"
    A_CORRIGER = "a_corriger", "À corriger"
    EN_SAISIE = "en_saisie", "En saisie"
    ACCEPTEE = "acceptee", "Acceptée"
    OUVERTE = "ouverte", "À déclarer"

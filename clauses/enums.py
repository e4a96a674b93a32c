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
    REPORT = "report", "Report d'une clause sur une autre"


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


class GenrePrescripteur(TextChoices):
    """Who sent the person: the indicator « prescripteur » of national consolidations (reference guides, D).

    Services that would tell of health or of justice (MDPH, probation) are « other »: the criterion seen says enough.
    """

    FRANCE_TRAVAIL = "france_travail", "France Travail"
    MISSION_LOCALE = "mission_locale", "Mission locale"
    CAP_EMPLOI = "cap_emploi", "Cap emploi"
    PLIE = "plie", "PLIE"
    SOCIAL = "social", "Service social (département, CCAS)"
    STRUCTURE = "structure", "Structure inclusive"
    EMPLOYEUR = "employeur", "Employeur ou entreprise"
    SPONTANEE = "spontanee", "Candidature spontanée"
    AUTRE = "autre", "Autre organisme"


class Competence(TextChoices):
    """What a person can do on a site, to make up teams: a closed list of ours, nothing else is written of a person."""

    CONDUITE = "conduite", "Conduite (permis B)"
    ENGINS = "engins", "Conduite d'engins (CACES)"
    SOUDURE = "soudure", "Soudure"
    MACONNERIE = "maconnerie", "Maçonnerie"
    PEINTURE = "peinture", "Peinture"
    SOLS = "sols", "Pose de sols et de revêtements"
    MENUISERIE = "menuiserie", "Menuiserie"
    ELECTRICITE = "electricite", "Électricité"
    PLOMBERIE = "plomberie", "Plomberie"
    ESPACES_VERTS = "espaces_verts", "Entretien d'espaces verts"
    NETTOYAGE = "nettoyage", "Nettoyage"
    MANUTENTION = "manutention", "Manutention et logistique"
    CUISINE = "cuisine", "Cuisine et service"
    LINGE = "linge", "Blanchisserie"
    TRI = "tri", "Tri et recyclage"
    BUREAUTIQUE = "bureautique", "Bureautique"
    SECOURISME = "secourisme", "Secourisme au travail"


class TailleEntreprise(TextChoices):
    """Size of a company. Source: décret 2008-1354, art. 3 (head count; turnover is not asked)."""

    MICRO = "micro", "Moins de 10 salariés"
    PETITE = "petite", "10 à 249 salariés"
    INTERMEDIAIRE = "intermediaire", "250 à 4 999 salariés"
    GRANDE = "grande", "5 000 salariés ou plus"


class SourceFinancement(TextChoices):
    """Who pays for the facilitator's work in a year: an indicator of national consolidations (reference guides, D)."""

    FSE = "fse", "Fonds social européen (FSE+)"
    ETAT = "etat", "État"
    REGION = "region", "Région"
    DEPARTEMENT = "departement", "Département"
    BLOC_LOCAL = "bloc_local", "Commune ou intercommunalité"
    ACHETEURS = "acheteurs", "Contributions des acheteurs"
    BAILLEURS = "bailleurs", "Bailleurs et renouvellement urbain"
    PROPRES = "propres", "Fonds propres"
    AUTRE = "autre", "Autre financement"


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
    RENONCEE = "renoncee", "Abandonnée"  # a refused line that its declarer gives up; it may still be corrected


class EtatDeclaration(TextChoices):
    """State of a month, derived from its imputations and never stored: what somebody has to do comes first."""

    A_VERIFIER = "a_verifier", "À vérifier"
    A_CORRIGER = "a_corriger", "À corriger"
    EN_SAISIE = "en_saisie", "En saisie"
    ACCEPTEE = "acceptee", "Acceptée"
    OUVERTE = "ouverte", "À déclarer"
    SANS_HEURES = "sans_heures", "Rien à déclarer"


class NatureFacilitateur(TextChoices):
    """What kind of body employs the facilitator. Source: reference guides, part D."""

    MAISON_EMPLOI = "maison_emploi", "Maison de l'emploi"
    PLIE = "plie", "Plan local pour l'insertion et l'emploi"
    COLLECTIVITE = "collectivite", "Collectivité"
    ASSOCIATION = "association", "Association"
    GIP = "gip", "Groupement d'intérêt public"
    AUTRE = "autre", "Autre organisme"


class GenreRelais(TextChoices):
    """Where to turn where there is no facilitator, private experts apart."""

    MAISON_EMPLOI = "maison_emploi", "Maison de l'emploi"
    PLIE = "plie", "PLIE"
    MISSION_LOCALE = "mission_locale", "Mission locale"
    RESEAU = "reseau", "Réseau de structures inclusives"
    CLUB = "club", "Club d'entreprises"
    SERVICE = "service", "Service de l'État ou chambre consulaire"
    EXPERT = "expert", "Expert privé"


class ServiceDelegue(TextChoices):
    """The eight services that a buyer may entrust to a facilitator. Source: reference guides, part D."""

    CONSEIL = "conseil", "Conseiller sur la conception de la clause et son contrôle"
    REPERAGE = "reperage", "Repérer en amont les marchés concernés"
    OFFRE = "offre", "Préparer l'offre d'insertion du territoire"
    INTEGRATION = "integration", "Faciliter l'intégration des personnes, sans retarder le chantier"
    SUIVI = "suivi", "Suivre et évaluer l'exécution de la clause"
    CONTROLE = "controle", "Contrôler les données transmises par le titulaire"
    COMPTE_RENDU = "compte_rendu", "Rendre compte de l'avancement et des résultats"
    IMPACT = "impact", "Évaluer l'impact"


class StatutService(TextChoices):
    A_FAIRE = "a_faire", "À faire"
    EN_COURS = "en_cours", "En cours"
    FAIT = "fait", "Fait"


class MotifProlongation(TextChoices):
    """Why an eligibility goes on. Source: rules of the PASS IAE (C.3)."""

    FORMATION = "formation", "Fin d'une formation"
    RQTH = "rqth", "Travailleur handicapé"
    SENIOR = "senior", "50 ans et plus"
    DIFFICULTES = "difficultes", "Difficultés particulières (AI et ACI)"
    CDI = "cdi", "CDI d'inclusion, 57 ans et plus"
    CONVENTION = "convention", "Prévue par la convention"


class MotifEffacement(TextChoices):
    DEMANDE = "demande", "À la demande de la personne"
    TERME = "terme", "Terme de la conservation"
    ERREUR = "erreur", "Enregistrée par erreur"


class Situation(TextChoices):
    """What a person does at a follow-up. Source: indicators of the networks (D); durable: CDI, or CDD over 6 months."""

    CDI = "cdi", "CDI"
    CDD_LONG = "cdd_long", "CDD de plus de 6 mois"
    CDD_COURT = "cdd_court", "CDD de 6 mois ou moins, intérim"
    ALTERNANCE = "alternance", "Alternance"
    CREATION = "creation", "Création d'activité"
    PARCOURS = "parcours", "Suite du parcours d'insertion"
    FORMATION = "formation", "Formation"
    RECHERCHE = "recherche", "Recherche d'emploi"
    AUTRE = "autre", "Autre situation"
    INCONNUE = "inconnue", "Sans nouvelles"


class StatutFormation(TextChoices):
    PREVUE = "prevue", "Prévue"
    DEMANDEE = "demandee", "Financement demandé"
    ACCORDEE = "accordee", "Financement accordé"
    EN_COURS = "en_cours", "En cours"
    TERMINEE = "terminee", "Terminée"
    ABANDONNEE = "abandonnee", "Abandonnée"


class ResultatFormation(TextChoices):
    """What a training led to, once over."""

    OBTENUE = "obtenue", "Certification obtenue"
    PARTIELLE = "partielle", "Certification obtenue en partie"
    ECHEC = "echec", "Certification non obtenue"
    SUIVIE = "suivie", "Suivie, sans certification"


class EtapeEcart(TextChoices):
    """The adversarial step before any penalty. Source: CCAG 2021, reference guides (C.6)."""

    CONSTAT = "constat", "Constat"
    NOTIFIE = "notifie", "Notifié à l'entreprise"
    OBSERVATIONS = "observations", "Observations reçues"
    PROPOSITION = "proposition", "Proposition transmise à l'acheteur"
    CLOS = "clos", "Décision prise"


class SuiteEcart(TextChoices):
    RATTRAPAGE = "rattrapage", "Plan de rattrapage"
    REPORT = "report", "Report sur une autre clause"
    RENONCIATION = "renonciation", "Renonciation motivée"
    PENALITE = "penalite", "Pénalité"


class PorteeBilan(TextChoices):
    MARCHE = "marche", "Marché"
    ACHETEUR = "acheteur", "Acheteur"
    TERRITOIRE = "territoire", "Territoire"
    STRUCTURE = "structure", "Structure ou entreprise"


class EtapeProcedure(TextChoices):
    """Steps from the need to the first posts, the buyer's and the facilitator's, in the order of the table."""

    CALCUL = "calcul", "Calcul de la clause"
    REDACTION = "redaction", "Rédaction de la clause"
    DOSSIER = "dossier", "Dossier de consultation"
    AVIS = "avis", "Avis avant publication"
    VALIDATION = "validation", "Validation du dossier"
    PUBLICATION = "publication", "Publication de l'avis"
    REPONSES = "reponses", "Réponses aux questions"
    CONSULTATION = "consultation", "Remise des offres"
    AVIS_OFFRES = "avis_offres", "Avis sur les offres"
    ANALYSE = "analyse", "Analyse des offres"
    ATTRIBUTION = "attribution", "Attribution"
    NOTIFICATION = "notification", "Notification"
    REUNION = "reunion", "Réunion de lancement"
    POSTES = "postes", "Ouverture des postes"

    @property
    def du_facilitateur(self) -> bool:
        """Done by the facilitator; the buyer does the others."""
        return self.value in {"calcul", "redaction", "avis", "reponses", "avis_offres", "reunion", "postes"}


class EtatEtape(TextChoices):
    FAITE = "faite", "Faite"
    RETARD = "retard", "En retard"
    A_FAIRE = "a_faire", "À faire maintenant"
    A_VENIR = "a_venir", "À venir"

    @property
    def tone(self) -> str:
        """Colour of its badge, which always carries the word too."""
        return {"faite": "ok", "retard": "blocage", "a_faire": "accent"}.get(self.value, "neutre")


TRANCHES_AGE = {"<26": "Moins de 26 ans", "26-49": "De 26 à 49 ans", "50+": "50 ans et plus"}  # as `rules.tranche_age`

"""Closed lists of the register, with their source."""

from django.db.models import TextChoices


class Reservation(TextChoices):
    """To whom a lot is reserved. Source: Code de la commande publique, L. 2113-12 to L. 2113-16.

    The open formats (DECP, eForms) only say « réservé »: NON_PRECISEE.
    """

    AUCUNE = "aucune", "Non réservé"
    HANDICAP = "handicap", "Réservé handicap (EA, ESAT)"
    INSERTION = "insertion", "Réservé insertion (SIAE)"
    LES_DEUX = "les_deux", "Réservé handicap et insertion"
    PENITENTIAIRE = "penitentiaire", "Réservé production pénitentiaire"
    ESS = "ess", "Réservé économie sociale et solidaire"
    NON_PRECISEE = "non_precisee", "Réservé, catégorie non précisée"

    @property
    def tone(self) -> str:
        """Colour of its badge, which always carries the word too."""
        return {"handicap": "handicap", "insertion": "insertion"}.get(self.value, "accent")


class GenreAcheteur(TextChoices):
    """What decides the thresholds and the special rules of a buyer."""

    ETAT = "etat", "État et établissements publics"
    LOCAL = "local", "Collectivité territoriale et assimilé"
    RESEAUX = "reseaux", "Opérateur de réseaux (entité adjudicatrice)"
    BAILLEUR = "bailleur", "Bailleur social"
    HOPITAL = "hopital", "Établissement de santé"
    PRIVE = "prive", "Donneur d'ordre privé"
    INCONNU = "inconnu", "À préciser"


class TypeMarche(TextChoices):
    TRAVAUX = "travaux", "Travaux"
    SERVICES = "services", "Services"
    FOURNITURES = "fournitures", "Fournitures"
    INCONNU = "inconnu", "À préciser"


class NatureContrat(TextChoices):
    """Source: schéma DECP 2.0.3, `nature`, plus the private contracts that carry a clause."""

    MARCHE = "marche", "Marché"
    PARTENARIAT = "partenariat", "Marché de partenariat"
    DEFENSE = "defense", "Marché de défense ou de sécurité"
    CONCESSION = "concession", "Concession"
    PRIVE = "prive", "Contrat privé"


class FormeGroupement(TextChoices):
    """Source: Code de la commande publique, R. 2142-20."""

    CONJOINT = "conjoint", "Conjoint"
    SOLIDAIRE = "solidaire", "Solidaire"
    NON_PRECISEE = "non_precisee", "Forme non précisée"


class StatutLot(TextChoices):
    """Derived from dates and events, never stored."""

    EN_PREPARATION = "en_preparation", "En préparation"
    EN_CONSULTATION = "en_consultation", "En consultation"
    EN_ATTENTE = "en_attente", "Offres closes, résultat non publié"
    RESULTAT = "resultat", "Résultat publié, sans date"
    ATTRIBUE = "attribue", "Attribué"
    EN_COURS = "en_cours", "En cours"
    TERMINE = "termine", "Terminé"
    SANS_DATE = "sans_date", "Dates inconnues"


class MotifNonAllotissement(TextChoices):
    """Why a contract was not split into lots. Source: Code de la commande publique, L. 2113-11."""

    COORDINATION = "coordination", "L'acheteur ne peut assurer lui-même la coordination"
    CONCURRENCE = "concurrence", "L'allotissement restreindrait la concurrence"
    DIFFICULTE = "difficulte", "L'allotissement rendrait l'exécution plus difficile ou plus coûteuse"
    INFRUCTUOSITE = "infructuosite", "Risque de procédure infructueuse (opérateurs de réseaux)"


class CriteresAttribution(TextChoices):
    """On what offers are compared. Source: Code de la commande publique, R. 2152-7."""

    PRIX = "prix", "Le prix seul"
    COUT = "cout", "Le coût seul, selon une approche globale"
    PLUSIEURS = "plusieurs", "Plusieurs critères"


class GenreCritere(TextChoices):
    """What a criterion bears on. Source: eForms code list `award-criterion-type` (BT-539)."""

    PRIX = "prix", "Prix"
    COUT = "cout", "Coût"
    QUALITE = "qualite", "Qualité"


class UnitePonderation(TextChoices):
    """What the weights of criteria are counted in. Source: Code de la commande publique, R. 2152-12."""

    POURCENTAGE = "pourcentage", "Pourcentage"
    POINTS = "points", "Points"
    ORDRE = "ordre", "Ordre décroissant d'importance"
    INCONNUE = "inconnue", "Pondération non indiquée"


class MotifDispense(TextChoices):
    """Why a contract above the thresholds has no social condition. Source: L. 2112-2-1 (L. 3114-2-1: 2 and 3 only)."""

    SOLUTION = "solution", "Le besoin peut être satisfait par une solution immédiatement disponible"
    LIEN = "lien", "Aucun lien suffisant avec l'objet du marché"
    CONCURRENCE = "concurrence", "Restriction de concurrence, ou exécution techniquement ou économiquement difficile"
    TRAVAUX_COURTS = "travaux_courts", "Marché de travaux d'une durée inférieure à six mois"


class StatutSousTraitance(TextChoices):
    """Source: Code de la commande publique, L. 2193-4 (acceptance and terms of payment)."""

    DECLARE = "declare", "Déclaré"
    ACCEPTE = "accepte", "Accepté"
    REFUSE = "refuse", "Refusé"


class TypeSite(TextChoices):
    """Where a contract is performed, for those performed in many places."""

    COLLEGE = "college", "Collège"
    LYCEE = "lycee", "Lycée"
    ECOLE = "ecole", "École"
    CRECHE = "creche", "Crèche"
    MAIRIE = "mairie", "Mairie ou bâtiment administratif"
    SANTE = "sante", "Établissement de santé"
    LOGEMENT = "logement", "Résidence ou immeuble de logements"
    ESPACE = "espace", "Espace public"
    AUTRE = "autre", "Autre site"


class DecisionReconduction(TextChoices):
    RECONDUIT = "reconduit", "Reconduit"
    NON_RECONDUIT = "non_reconduit", "Non reconduit"


class EtatReconduction(TextChoices):
    """What is known of one renewal on a day, derived from the contract and from what was decided; never stored."""

    TACITE = "tacite", "Tacite, sauf décision contraire"
    A_DECIDER = "a_decider", "À décider par écrit"
    DECIDEE = "decidee", "Décidée"
    REFUSEE = "refusee", "Non reconduit"
    SANS_DECISION = "sans_decision", "Sans décision\u00a0: le contrat a pris fin"

    @property
    def tone(self) -> str:
        """Colour of its badge, which always carries the word too."""
        return {"a_decider": "accent", "decidee": "ok", "refusee": "neutre", "sans_decision": "neutre"}.get(
            self.value, "information"
        )


class GenreEcheance(TextChoices):
    """The days of a contract that somebody waits for."""

    DECISION = "decision", "Décision de reconduction"
    RECONDUCTION = "reconduction", "Début de reconduction"
    FIN = "fin", "Fin de contrat"

    @property
    def tone(self) -> str:
        """Colour of its badge, which always carries the word too."""
        return {"decision": "accent", "fin": "avertissement"}.get(self.value, "information")


class Initiateur(TextChoices):
    """Who had the idea of a group."""

    STRUCTURE = "structure", "Une des structures"
    ENSEMBLE = "ensemble", "Plusieurs structures ensemble"
    RESEAU = "reseau", "Un réseau"
    ACHETEUR = "acheteur", "L'acheteur"
    FACILITATEUR = "facilitateur", "Un facilitateur"


class MotifChangement(TextChoices):
    """Why the members of a group changed after the application. Source: R. 2142-26."""

    RESTRUCTURATION = "restructuration", "Opération de restructuration de société"
    IMPOSSIBILITE = "impossibilite", "Un membre ne peut accomplir sa tâche pour une raison qui n'est pas de son fait"
    AUTRE = "autre", "Autre raison"


class FormatAvis(TextChoices):
    """The notice formats that are read."""

    EFORMS = "eforms", "eForms"
    TED = "ted_r209", "TED R2.0.9"
    BOAMP = "boamp_2017", "BOAMP (ancien format)"


class NatureAvis(TextChoices):
    """What a notice does in the life of a procedure. Source: eForms code lists `form-type` and `notice-type`."""

    PREINFORMATION = "preinformation", "Préinformation"
    CONSULTATION = "consultation", "Appel à la concurrence"
    RECTIFICATIF = "rectificatif", "Rectificatif"
    ATTRIBUTION = "attribution", "Attribution"
    MODIFICATION = "modification", "Modification du contrat"
    AUTRE = "autre", "Autre avis"


class RolePartie(TextChoices):
    """What a body named by a notice is to the contract."""

    ACHETEUR = "acheteur", "Acheteur"
    TITULAIRE = "titulaire", "Titulaire"
    SOUS_TRAITANT = "sous_traitant", "Sous-traitant"


class SujetLegal(TextChoices):
    """What a contract may rest on, whose article changed with the codes. Source: `marches/data/bases_legales.csv`."""

    BESOIN = "besoin", "Définition du besoin"
    CONDITION = "condition", "Condition d'exécution"
    CRITERE = "critere", "Critère d'attribution"
    HANDICAP = "handicap", "Réservation au handicap"
    INSERTION = "insertion", "Réservation à l'insertion"
    LES_DEUX = "les_deux", "Réservation aux deux secteurs"
    PENITENTIAIRE = "penitentiaire", "Réservation pénitentiaire"
    ESS = "ess", "Réservation à l'économie sociale et solidaire"
    NON_PRECISEE = "non_precisee", "Réservation sans précision"
    MARCHE_INSERTION = "marche_insertion", "Marché d'insertion"


class RegimeProcedure(TextChoices):
    """Source: Code de la commande publique, L. 2120-1."""

    DISPENSE = "dispense", "Sans publicité ni mise en concurrence préalables"
    MAPA = "mapa", "Procédure adaptée"
    FORMALISEE = "formalisee", "Procédure formalisée"


class StatutParticulier(TextChoices):
    """Operators that are in no list of the law, and are often taken for one. Source: reference of the trade."""

    AUCUN = "", "Aucun"
    REGIE = "regie", "Régie de quartier ou de territoire sans convention d'EI ni d'ACI"
    OACAS = "oacas", "Organisme d'accueil communautaire (Emmaüs…)"

    @property
    def court(self) -> str:
        """In a word, beside a name."""
        return {"regie": "régie", "oacas": "OACAS"}.get(self.value, "")


class SujetQuestion(TextChoices):
    """What a question on a consultation is about: the facilitator of the clause answers those on the clause too."""

    CLAUSE = "clause", "Clause sociale, heures d'insertion, réservation"
    PRESTATION = "prestation", "Prestations, quantités, sites"
    PROCEDURE = "procedure", "Candidature, offre, calendrier"
    AUTRE = "autre", "Autre sujet"


class EtatQuestion(TextChoices):
    ATTENTE = "attente", "Réponse attendue"
    PUBLIEE = "publiee", "Réponse publiée"
    ECARTEE = "ecartee", "Écartée"

    @property
    def tone(self) -> str:
        """Colour of its badge, which always carries the word too."""
        return {"attente": "accent", "publiee": "ok"}.get(self.value, "neutre")


class MotifEcart(TextChoices):
    """Why a question on a consultation gets no answer; its author alone reads it."""

    HORS_SUJET = "hors_sujet", "Sans rapport avec cette consultation"
    DEJA_DIT = "deja_dit", "La réponse est déjà dans les documents ou publiée ici"
    SECRET = "secret", "La réponse porterait atteinte au secret des affaires ou à l'égalité des candidats"
    OFFRE = "offre", "Cela relève de votre offre\u00a0: l'acheteur ne peut vous conseiller"
    AUTRE = "autre", "Autre raison"

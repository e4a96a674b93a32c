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
    ATTRIBUE = "attribue", "Attribué"
    EN_COURS = "en_cours", "En cours"
    TERMINE = "termine", "Terminé"
    SANS_DATE = "sans_date", "Dates inconnues"

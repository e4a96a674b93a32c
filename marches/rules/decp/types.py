"""What one record of a lot says, typed, whatever the format it was written in."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from marches.enums import NatureContrat
from structures.enums import TypeIdentifiant

Identite = tuple[str, str]  # type of identifier, identifier
SIRET, KINDS = TypeIdentifiant.SIRET.value, frozenset(TypeIdentifiant.values)  # read once: enumerations are slow


@dataclass(frozen=True)
class ModificationLue:
    numero: str
    date_notification: date | None
    date_publication: date | None
    duree_mois: int | None
    montant: Decimal | None
    titulaires: tuple[Identite, ...] = ()
    objet: str = ""

    @property
    def cle(self) -> tuple[str, date | None]:
        return self.numero, self.date_notification


@dataclass(frozen=True)
class ActeLu:
    numero: str
    sous_traitant: Identite
    date_notification: date | None
    date_publication: date | None
    duree_mois: int | None
    montant: Decimal | None
    variation_prix: str

    @property
    def cle(self) -> tuple[str, Identite]:
        return self.numero, self.sous_traitant


@dataclass
class Enregistrement:
    """One record of a lot, typed. `problemes` are (reason, value) pairs in French; `refus` sets the record aside.

    `denominations` are the names that the file gives to bodies. `etat` is not empty in flat tables, where one state of
    a lot takes a row for each holder: the rows of one lot with the same `etat` say one thing together. `instantane`
    marks the rows whose notification is the one of their state, be it the contract or a later modification.
    """

    acheteur: str = ""
    identifiant: str = ""
    objet: str = ""
    nature: NatureContrat = NatureContrat.MARCHE
    accord_cadre: str = ""
    cpv: str = ""
    procedure: str = ""
    techniques: str = ""
    ccag: str = ""
    lieu_code: str = ""
    lieu_type: str = ""
    montant: Decimal | None = None
    duree_mois: int | None = None
    date_notification: date | None = None
    date_publication: date | None = None
    date_debut: date | None = None
    forme_prix: str = ""
    forme_groupement: str = ""
    offres_recues: int | None = None
    sous_traitance_declaree: bool | None = None
    considerations: frozenset[str] | None = None
    titulaires: tuple[Identite, ...] = ()
    modifications: list[ModificationLue] = field(default_factory=list)
    actes: list[ActeLu] = field(default_factory=list)
    modifications_actes: list[ModificationLue] = field(default_factory=list)
    denominations: dict[Identite, str] = field(default_factory=dict)
    etat: str = ""
    instantane: bool = False
    problemes: list[tuple[str, str]] = field(default_factory=list)
    refus: str = ""

    @property
    def publie_le(self) -> date | None:
        """The day of the last thing the record tells: its order among the records of its lot.

        The day of notification when the record gives no day of publication at all.
        """
        days = [self.date_publication]
        for part in (*self.modifications, *self.actes, *self.modifications_actes):
            days.append(part.date_publication or part.date_notification)
        return max((day for day in days if day), default=self.date_notification)

    @property
    def clause_sociale(self) -> bool:
        return "clause sociale" in (self.considerations or ())

    @property
    def critere_social(self) -> bool:
        return "critere social" in (self.considerations or ())

    @property
    def reserve(self) -> bool:
        return bool({"marche reserve", "concession reservee"} & (self.considerations or frozenset()))

    @property
    def identites(self) -> set[Identite]:
        """Every body the record names, its buyer included."""
        named = {(SIRET, self.acheteur), *self.titulaires}
        named.update(acte.sous_traitant for acte in self.actes)
        return named.union(*(modification.titulaires for modification in self.modifications))

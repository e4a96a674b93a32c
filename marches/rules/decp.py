"""How one record of the DECP 2022 format reads: typed values, and what is wrong with it.

Source: arrêtés du 22 décembre 2022 on the essential data of public contracts and of concessions, schema 2.0.x.
Nothing is corrected: a value that cannot be used is left empty and told in `problemes`.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from marches.enums import NatureContrat
from portal import siret, text
from portal.siret import clean
from structures.enums import TypeIdentifiant

FORMAT = "decp-2022"
# The records of a file say the same few words and name the same few bodies.
fold = lru_cache(maxsize=1_000)(text.fold)
is_siret = lru_cache(maxsize=5_000)(siret.is_siret)
Identite = tuple[str, str]  # type of identifier, identifier

FIRST_YEAR, LAST_YEAR = 1990, 2100
LARGEST_AMOUNT = Decimal(10) ** 18  # what the column holds
SUSPECT_AMOUNT = Decimal(10) ** 9
SUSPECT_MONTHS = 360
LARGEST_INTEGER = 2_147_483_647
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T[\d:.]+)?(?:Z|[+-]\d{2}:?\d{2})?")
_CPV = re.compile(r"\d{8}(-\d)?")
_TYPES = {"tva intracommunautaire": "TVA", "hors ue": "HORS-UE", "frw": "FRWF", "siret": "SIRET"}
_NATURES = {
    "marche": NatureContrat.MARCHE,
    "marche de partenariat": NatureContrat.PARTENARIAT,
    "marche de defense ou de securite": NatureContrat.DEFENSE,
}


@dataclass(frozen=True)
class ModificationLue:
    numero: str
    date_notification: date | None
    date_publication: date | None
    duree_mois: int | None
    montant: Decimal | None
    titulaires: tuple[Identite, ...] = ()

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
    """One record of a lot, typed. `problemes` are (reason, value) pairs in French; `refus` sets the record aside."""

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
    denominations: dict[Identite, str] = field(default_factory=dict)  # names, where the format gives some
    problemes: list[tuple[str, str]] = field(default_factory=list)
    refus: str = ""

    @property
    def publie_le(self) -> date | None:
        """The day of the last thing the record tells: its order among the records of its lot."""
        days = [self.date_publication]
        for part in (*self.modifications, *self.actes, *self.modifications_actes):
            days.append(part.date_publication or part.date_notification)
        return max((day for day in days if day), default=None)

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
        named = {(TypeIdentifiant.SIRET.value, self.acheteur), *self.titulaires}
        named.update(acte.sous_traitant for acte in self.actes)
        return named.union(*(modification.titulaires for modification in self.modifications))


def read_record(raw: Any) -> Enregistrement:
    """`raw`, one element of `marche` or `contrat-concession`, as typed values; never raises."""
    lu = Enregistrement()
    if not isinstance(raw, dict):
        lu.refus = "l'enregistrement n'est pas un objet JSON"
        return lu
    read = _Reader(raw, lu)
    concession = "autoriteConcedante" in raw
    buyer = raw.get("autoriteConcedante" if concession else "acheteur")
    lu.acheteur = clean(_plain(buyer.get("id") if isinstance(buyer, dict) else buyer)).upper()[:60]
    lu.objet = _plain(raw.get("objet"))
    if not lu.acheteur:
        lu.refus = "acheteur sans identifiant"
    elif not lu.objet:
        lu.refus = "objet absent"
    if lu.refus:
        return lu
    if not is_siret(lu.acheteur):
        read.problem("SIRET de l'acheteur invalide", lu.acheteur)
    lu.identifiant = _plain(raw.get("id"))
    if not lu.identifiant:
        read.problem("identifiant du marché absent")
    nature = fold(_plain(raw.get("nature")))
    lu.nature = NatureContrat.CONCESSION if concession else _NATURES.get(nature, NatureContrat.MARCHE)
    if not concession and nature not in _NATURES:
        read.problem("nature inconnue", nature)
    lu.accord_cadre = read.text("idAccordCadre", 60)
    lu.cpv = read.text("codeCPV", 10)
    if lu.cpv and not _CPV.fullmatch(lu.cpv):
        read.problem("code CPV invalide", lu.cpv)
    lu.procedure, lu.ccag = read.text("procedure", 100), read.text("ccag", 60)
    lu.techniques = ", ".join(_words(raw.get("techniques"), "technique"))[:200]
    lu.forme_prix, lu.forme_groupement = read.text("formePrix", 40), read.text("typeGroupementOperateurs", 30)
    lieu = raw.get("lieuExecution")
    if isinstance(lieu, dict):
        lu.lieu_code, lu.lieu_type = _plain(lieu.get("code"))[:20], _plain(lieu.get("typeCode"))[:30]
    lu.montant = read.amount("valeurGlobale" if concession else "montant")
    lu.duree_mois = read.whole("dureeMois", "durée", SUSPECT_MONTHS)
    lu.date_notification = read.day("dateSignature" if concession else "dateNotification")
    lu.date_publication = read.day("datePublicationDonnees")
    lu.date_debut = read.day("dateDebutExecution")
    lu.offres_recues = read.whole("offresRecues", "nombre d'offres")
    declared = raw.get("sousTraitanceDeclaree")
    lu.sous_traitance_declaree = declared if isinstance(declared, bool) else None
    if raw.get("considerationsSociales") is not None:
        lu.considerations = frozenset(
            fold(word) for word in _words(raw["considerationsSociales"], "considerationSociale")
        )
    holders = ("concessionnaires", "concessionnaire") if concession else ("titulaires", "titulaire")
    lu.titulaires = read.bodies(raw.get(holders[0]), holders[1], "titulaire")
    if not lu.titulaires:
        read.problem("aucun titulaire")
    read.parts()
    return lu


class _Reader:
    """Reads the values of one record, and notes in `lu.problemes` those that cannot be used."""

    def __init__(self, raw: dict, lu: Enregistrement):
        self.raw, self.lu = raw, lu

    def problem(self, reason: str, value: Any = "") -> None:
        problem = (reason, str(value)[:100])
        if problem not in self.lu.problemes:
            self.lu.problemes.append(problem)

    def text(self, key: str, length: int) -> str:
        return _plain(self.raw.get(key))[:length]

    def day(self, key: str, source: dict | None = None) -> date | None:
        value = (self.raw if source is None else source).get(key)
        if value in (None, ""):
            return None
        match = _DAY.fullmatch(_plain(value))
        try:
            day = date(*map(int, match.groups())) if match else None
        except ValueError:
            day = None
        if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
            self.problem(f"date illisible ou impossible ({key})", value)
            return None
        return day

    def amount(self, key: str, source: dict | None = None) -> Decimal | None:
        """Amount in euros, 2 places; kept when it looks wrong (0, 1, more than 10^9), empty when it is no number."""
        value = (self.raw if source is None else source).get(key)
        if value is None or value == "":
            return None
        try:
            number = Decimal("x" if isinstance(value, bool) else "".join(_plain(value).replace(",", ".").split()))
        except InvalidOperation:
            number = Decimal("nan")
        if not number.is_finite() or abs(number) >= LARGEST_AMOUNT:
            self.problem(f"montant illisible ({key})", value)
            return None
        if number <= 1 or number > SUSPECT_AMOUNT:
            self.problem(f"montant invraisemblable ({key})", value)
        return number.quantize(Decimal("0.01"))

    def whole(self, key: str, name: str, suspect: int = LARGEST_INTEGER, source: dict | None = None) -> int | None:
        value = (self.raw if source is None else source).get(key)
        if value is None or value == "":
            return None
        try:
            number = Decimal("x" if isinstance(value, bool) else _plain(value))
        except InvalidOperation:
            number = Decimal("nan")
        if not number.is_finite() or not 0 <= number <= LARGEST_INTEGER:
            self.problem(f"{name} illisible ({key})", value)
            return None
        if number != number.to_integral_value() or number > suspect:
            self.problem(f"{name} invraisemblable ({key})", value)
        return int(-(-number // 1))  # the format asks for the next whole number

    def bodies(self, value: Any, key: str, what: str) -> tuple[Identite, ...]:
        found = [self.body(item, what) for item in _items(value, key)]
        return tuple(dict.fromkeys(identity for identity in found if identity))

    def body(self, item: Any, what: str) -> Identite | None:
        item = item if isinstance(item, dict) else {"id": item}
        identifier = clean(_plain(item.get("id"))).upper()[:60]
        if not identifier:
            self.problem(f"{what} sans identifiant")
            return None
        announced = _plain(item.get("typeIdentifiant")) or TypeIdentifiant.SIRET.value
        kind = _TYPES.get(fold(announced), announced.upper())
        if kind not in TypeIdentifiant.values:
            self.problem("type d'identifiant hors liste", announced)
            kind = TypeIdentifiant.AUTRE.value
        if kind == TypeIdentifiant.SIRET and not is_siret(identifier):
            self.problem(f"SIRET invalide ({what})", identifier)
        return kind, identifier

    def parts(self) -> None:
        """Modifications, subcontracts and their own modifications."""
        for item in _items(self.raw.get("modifications"), "modification"):
            if isinstance(item, dict):
                self.lu.modifications.append(self.modification(item))
        for item in _items(self.raw.get("actesSousTraitance"), "acteSousTraitance"):
            body = self.body(item.get("sousTraitant"), "sous-traitant") if isinstance(item, dict) else None
            if body:
                self.lu.actes.append(
                    ActeLu(
                        numero=_plain(item.get("id"))[:20],
                        sous_traitant=body,
                        date_notification=self.day("dateNotification", item),
                        date_publication=self.day("datePublicationDonnees", item),
                        duree_mois=self.whole("dureeMois", "durée", SUSPECT_MONTHS, item),
                        montant=self.amount("montant", item),
                        variation_prix=_plain(item.get("variationPrix"))[:30],
                    )
                )
        for item in _items(self.raw.get("modificationsActesSousTraitance"), "modificationActeSousTraitance"):
            if isinstance(item, dict):
                self.lu.modifications_actes.append(self.modification(item))

    def modification(self, item: dict) -> ModificationLue:
        # Platforms name the same two days in several ways.
        notified = next((key for key in item if key.startswith(("dateNotification", "dateSignature"))), "")
        published = next((key for key in item if key.startswith("datePublication")), "")
        return ModificationLue(
            numero=_plain(item.get("id"))[:20],
            date_notification=self.day(notified, item),
            date_publication=self.day(published, item),
            duree_mois=self.whole("dureeMois", "durée", SUSPECT_MONTHS, item),
            montant=self.amount("montant" if "montant" in item else "valeurGlobale", item),
            titulaires=self.bodies(item.get("titulaires"), "titulaire", "titulaire"),
        )


def _plain(value: Any) -> str:
    """A value of one line as text: "" for None, lists and objects."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    return " ".join(str(value).split())


def _items(value: Any, key: str) -> list:
    """The elements of a list, whether or not each one is wrapped under `key`."""
    if isinstance(value, dict):
        value = value.get(key, [])
    if not isinstance(value, list):
        value = [] if value is None else [value]
    return [item[key] if isinstance(item, dict) and set(item) == {key} else item for item in value]


def _words(value: Any, key: str) -> list[str]:
    return [text for text in map(_plain, _items(value, key)) if text]

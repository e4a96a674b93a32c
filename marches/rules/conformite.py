"""What the official format of essential data takes: a record put in its exact form, and what stands in the way.

Source: arrêtés of 22 December 2022, schema 2.0.3 and 2.0.4 (JSON), 2.0.2 (XSD). The format has no word for « unknown »:
a required value that is missing or wrong makes the whole record unfit. A value is never invented here; what is
written otherwise than received is told.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from portal import text

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

_OUI_NON = {"oui": True, "true": True, "1": True, "non": False, "false": False, "0": False}
_TYPES = {"tva intracommunautaire": "TVA", "hors ue": "HORS-UE", "frw": "FRWF"}
# Midnight added to a day, or a zone, changes nothing of it.
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T00:00(?::00(?:\.0+)?)?)?(?:Z|[+-]\d{2}:?\d{2})?")
fold = lru_cache(maxsize=2_000)(text.fold)


class NonConforme(Exception):
    """A value that the format refuses; the message, in French, says why."""


@dataclass
class Fiche:
    """A record in its exact form. `refus`: why it cannot be published; `notes`: what was left out or rewritten."""

    donnees: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refus: list[str] = field(default_factory=list)


Lire = Callable[[Any], Any]


@dataclass(frozen=True)
class Champ:
    """How a field reads. One that is neither `requis` nor `lie` is left out alone when it is wrong."""

    lire: Lire
    requis: bool = True
    lie: bool = False  # what it says changes the others: never left out alone
    vide: bool = False  # may be an empty list


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


# Values -------------------------------------------------------------------------------------------------------------
def texte(shortest: int, longest: int) -> Lire:
    def lire(value: Any) -> str:
        if isinstance(value, (dict, list, bool)):
            raise NonConforme("n'est pas un texte")
        written = value if isinstance(value, str) else str(value)
        if len(written.strip()) < shortest:
            raise NonConforme("est vide")
        if len(written) > longest:
            raise NonConforme(f"dépasse {longest} caractères")
        return written

    return lire


def parmi(values: Iterable[str], others: dict[str, str] | None = None) -> Lire:
    """One of `values`, whatever its case and accents; `others` are folded forms with what they stand for."""
    exact = tuple(values)
    known = {text.fold(value): value for value in exact} | (others or {})

    def lire(value: Any) -> str:
        if isinstance(value, str) and value in exact:
            return value
        found = known.get(fold(value)) if isinstance(value, str) else None
        if found is None:
            raise NonConforme(f"a une valeur hors liste («\u00a0{str(value)[:60]}\u00a0»)")
        return found

    return lire


def liste(key: str, values: Iterable[str]) -> Lire:
    """{key: [words]}, each of `values`, once."""
    mot = parmi(values)

    def lire(value: Any) -> dict[str, list[str]]:
        words = value.get(key) if isinstance(value, dict) else value
        words = words if isinstance(words, list) else [words]
        kept = list(dict.fromkeys(mot(word) for word in words if word not in (None, "")))
        if not kept:
            raise NonConforme("est vide")
        return {key: kept}

    return lire


def nombre(least: int, most: int | None = None) -> Lire:
    def lire(value: Any) -> int | float:
        number = _decimal(value)
        if number < least:
            raise NonConforme(f"est inférieur à {least} ({value})")
        if most is not None and number > most:
            raise NonConforme(f"dépasse {most} ({value})")
        return value if isinstance(value, (int, float)) else _plain(number)

    return lire


def entier(least: int, *, rounded: bool = False) -> Lire:
    """A whole number; the next one, where the format asks for it."""

    def lire(value: Any) -> int:
        number = _decimal(value)
        whole = int(-(-number // 1))
        if whole != number and not rounded:
            raise NonConforme(f"n'est pas un nombre entier ({value})")
        if whole < least:
            raise NonConforme(f"est inférieur à {least} ({value})")
        return whole

    return lire


def _decimal(value: Any) -> Decimal:
    try:
        number = Decimal("x" if isinstance(value, bool) else str(value).strip())
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise NonConforme(f"n'est pas un nombre («\u00a0{str(value)[:60]}\u00a0»)")
    return number


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def booleen(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    found = _OUI_NON.get(str(value).strip().lower())
    if found is None:
        raise NonConforme(f"n'est ni vrai ni faux («\u00a0{str(value)[:60]}\u00a0»)")
    return found


def jour(value: Any) -> str:
    match = _DAY.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        if match:
            return date.fromisoformat(match.group(1)).isoformat()
    except ValueError:
        pass
    raise NonConforme(f"n'est pas une date AAAA-MM-JJ («\u00a0{str(value)[:60]}\u00a0»)")


def cpv(value: Any) -> str:
    written = str(value).strip()
    if not re.fullmatch(r"[0-9]{8}(-[0-9])?", written):
        raise NonConforme(f"n'est pas un code de 8 chiffres («\u00a0{written[:60]}\u00a0»)")
    return written


def acheteur(value: Any) -> dict[str, Any]:
    given = value if isinstance(value, dict) else {"id": value}
    number = re.sub(r"\s", "", str(given.get("id") or ""))
    if not re.fullmatch("[0-9]{14}", number):
        raise NonConforme(f"n'a pas de SIRET de 14 chiffres («\u00a0{number[:60]}\u00a0»)")
    return given | {"id": number}


def objet(fields: dict[str, Champ], names: dict[str, str] | None = None) -> Lire:
    """An object of these fields; others stay, since the JSON schema takes them. `names`: start of a key → its name."""

    def lire(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise NonConforme("n'a pas la forme attendue")
        given = {_named(key, fields, names or {}): item for key, item in value.items()}
        found = {key: item for key, item in given.items() if key not in fields and item not in VIDES}
        for name, champ in fields.items():
            item = given.get(name)
            if item in VIDES:
                if champ.requis:
                    raise NonConforme(f"n'a pas de «\u00a0{name}\u00a0»")
                continue
            try:
                found[name] = champ.lire(item)
            except NonConforme as refusal:
                if not champ.requis and not champ.lie:
                    continue
                raise NonConforme(f"a un «\u00a0{name}\u00a0» qui {refusal}") from None
        return {key: found[key] for key in given if key in found}

    return lire


def _named(key: str, fields: dict[str, Champ], names: dict[str, str]) -> str:
    """Platforms add words to the names of days: the format has one for each."""
    if key in fields:
        return key
    return next((name for start, name in names.items() if key.startswith(start)), key)


def suite(key: str, lire_un: Lire) -> Lire:
    """[{key: element}], each once; elements that are not wrapped yet are."""

    def lire(value: Any) -> list[dict[str, Any]]:
        items = value.get(key, []) if isinstance(value, dict) else value
        items = items if isinstance(items, list) else [items]
        found: list[dict[str, Any]] = []
        for item in items:
            inner = item[key] if isinstance(item, dict) and set(item) == {key} else item
            element = {key: lire_un(inner)}
            if element not in found:
                found.append(element)
        if not found:
            raise NonConforme("est vide")
        return found

    return lire


# Records ------------------------------------------------------------------------------------------------------------
VIDES: tuple[Any, ...] = (None, "", [], {})
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

"""How the values of a record read: days, amounts, whole numbers, bodies; what cannot be used is told, never corrected.

Several ways of writing the same value are accepted (« 2019-1-1 », « 01/01/2019 », « 1 234,56 € », oui/true/1); a value
that could mean two things is not.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from marches.rules.decp.noms import LOST, est_un_nom, nom_prefere
from marches.rules.decp.types import KINDS, SIRET, ActeLu, Enregistrement, Identite, ModificationLue
from portal import siret, text
from structures.enums import TypeIdentifiant

# The records of a file say the same few words and name the same few bodies.
fold = lru_cache(maxsize=1_000)(text.fold)
clean = lru_cache(maxsize=5_000)(siret.clean)
is_siret = lru_cache(maxsize=5_000)(siret.is_siret)

FIRST_YEAR, LAST_YEAR = 1990, 2100
LARGEST_AMOUNT = Decimal(10) ** 18  # what the column holds
SUSPECT_AMOUNT = Decimal(999_999_999)  # typed for « unknown », as 0 and 1 are; beyond it, a typing mistake
SUSPECT_MONTHS = 360
LARGEST_INTEGER = 2_147_483_647
PARIS = ZoneInfo("Europe/Paris")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ][\d:.]+)?(?:Z|[+-]\d{2}:?\d{2})?")
_FRENCH_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})")
_EURO = re.compile(r"\s*(?:€|eur(?:os?)?)\s*(?:ht)?\s*$", re.IGNORECASE)
_TYPES = {"tva intracommunautaire": "TVA", "hors ue": "HORS-UE", "frw": "FRWF", "siret": "SIRET"}
_BOOLEANS = {
    "oui": True, "true": True, "vrai": True, "1": True, "non": False, "false": False, "faux": False, "0": False,
}  # fmt: skip
_CHANGE_XML = "modificationActesSousTraitance"  # how the XML schema writes the singular
_KEYS_OF_A_BODY = frozenset(["typeidentifiant", "id", "denominationsociale"])


class Lecteur:
    """Reads the values of one record, and notes in `lu.problemes` those that cannot be used."""

    def __init__(self, raw: dict, lu: Enregistrement):
        self.raw, self.lu = raw, lu

    def problem(self, reason: str, value: Any = "") -> None:
        problem = (reason, str(value)[:100])
        if problem not in self.lu.problemes:
            self.lu.problemes.append(problem)

    def text(self, key: str, length: int) -> str:
        return plain(self.raw.get(key))[:length]

    def day(self, key: str, source: dict | None = None) -> date | None:
        value = (self.raw if source is None else source).get(key)
        if value in (None, ""):
            return None
        try:
            day = _day(plain(value))
        except (ValueError, OverflowError):
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
        words = _EURO.sub("", plain(value)).replace(",", ".")
        try:
            number = Decimal("x" if isinstance(value, bool) else "".join(words.split()))
        except InvalidOperation:
            number = Decimal("nan")
        if not number.is_finite() or abs(number) >= LARGEST_AMOUNT:
            self.problem(f"montant illisible ({key})", value)
            return None
        if number <= 1 or number >= SUSPECT_AMOUNT:
            self.problem(f"montant invraisemblable ({key})", value)
        return number.quantize(Decimal("0.01"))

    def whole(self, key: str, name: str, suspect: int = LARGEST_INTEGER, source: dict | None = None) -> int | None:
        value = (self.raw if source is None else source).get(key)
        if value is None or value == "":
            return None
        try:
            number = Decimal("x" if isinstance(value, bool) else plain(value))
        except InvalidOperation:
            number = Decimal("nan")
        if not number.is_finite() or not 0 <= number <= LARGEST_INTEGER:
            self.problem(f"{name} illisible ({key})", value)
            return None
        if number != number.to_integral_value() or number > suspect:
            self.problem(f"{name} invraisemblable ({key})", value)
        return int(number.to_integral_value(ROUND_CEILING))  # the format asks for the next whole number

    def boolean(self, key: str) -> bool | None:
        value = self.raw.get(key)
        if value is None or value == "" or isinstance(value, bool):
            return None if value == "" else value
        known = _BOOLEANS.get(fold(plain(value)))
        if known is None:
            self.problem(f"réponse par oui ou non illisible ({key})", value)
        return known

    # Bodies -----------------------------------------------------------------------------------------------------------
    def bodies(self, value: Any, key: str, what: str) -> tuple[Identite, ...]:
        found = [self.body(item, what) for item in items(value, key)]
        return tuple(dict.fromkeys(identity for identity in found if identity))

    def body(self, item: Any, what: str) -> Identite | None:
        item = item if isinstance(item, dict) else {"id": item}
        identifier = clean(plain(item.get("id"))).upper()[:60]
        if not identifier:
            self.problem(f"{what} sans identifiant", item.get("denominationSociale") or "")
            return None
        if identifier.lower() in _KEYS_OF_A_BODY:  # an object written as the list of its keys
            self.problem(f"{what} illisible", item.get("id"))
            return None
        announced = plain(item.get("typeIdentifiant")) or SIRET
        kind = _TYPES.get(fold(announced), announced.upper())
        if kind not in KINDS:
            self.problem("type d'identifiant hors liste", announced)
            kind = TypeIdentifiant.AUTRE.value
        if kind == SIRET and not is_siret(identifier):
            self.problem(f"SIRET invalide ({what})", identifier)
        self.name((kind, identifier), item.get("denominationSociale"))
        return kind, identifier

    def name(self, identity: Identite, value: Any) -> None:
        """Keep the name that the file gives to a body; the title of a budget is none."""
        name = plain(value)[:250]
        if not est_un_nom(name):
            return
        if LOST in name:
            self.problem("caractères perdus dans un nom", name)
        self.lu.denominations[identity] = nom_prefere(name, self.lu.denominations.get(identity, ""))

    # Modifications and subcontracts -----------------------------------------------------------------------------------
    def parts(self) -> None:
        """Modifications, subcontracts and their own modifications."""
        keys = set()
        for rank, item in enumerate(items(self.raw.get("modifications"), "modification"), start=1):
            if not isinstance(item, dict):
                self.problem("modification illisible", item)
                continue
            part = self.modification(item)
            if not part.numero and (part.date_notification is None or part.cle in keys):
                # The format of 2019 gives no number: the rank tells apart what the day does not.
                part = self.modification(item | {"id": rank})
            keys.add(part.cle)
            self.lu.modifications.append(part)
        for item in items(self.raw.get("actesSousTraitance"), "acteSousTraitance"):
            body = self.body(item.get("sousTraitant"), "sous-traitant") if isinstance(item, dict) else None
            if body:
                self.lu.actes.append(
                    ActeLu(
                        numero=plain(item.get("id"))[:20],
                        sous_traitant=body,
                        date_notification=self.day("dateNotification", item),
                        date_publication=self.day("datePublicationDonnees", item),
                        duree_mois=self.whole("dureeMois", "durée", SUSPECT_MONTHS, item),
                        montant=self.amount("montant", item),
                        variation_prix=plain(item.get("variationPrix"))[:30],
                    )
                )
        changes = self.raw.get("modificationsActesSousTraitance")
        if isinstance(changes, dict):
            changes = changes.get(_CHANGE_XML, changes)
        for item in items(changes, "modificationActeSousTraitance"):
            if isinstance(item, dict):
                self.lu.modifications_actes.append(self.modification(item.get(_CHANGE_XML, item)))

    def modification(self, item: dict) -> ModificationLue:
        # Platforms name the same two days in several ways.
        notified = next((key for key in item if key.startswith(("dateNotification", "dateSignature"))), "")
        published = next((key for key in item if key.startswith("datePublication")), "")
        return ModificationLue(
            numero=plain(item.get("id"))[:20],
            date_notification=self.day(notified, item),
            date_publication=self.day(published, item),
            duree_mois=self.whole("dureeMois", "durée", SUSPECT_MONTHS, item),
            montant=self.amount("montant" if "montant" in item else "valeurGlobale", item),
            titulaires=self.bodies(item.get("titulaires"), "titulaire", "titulaire"),
            objet=plain(item.get("objetModification"))[:500],
        )


def _day(value: str) -> date | None:
    """The day a text tells, in Paris when it is an instant with its zone; ValueError when there is no such day."""
    if _INSTANT.fullmatch(value):
        return datetime.fromisoformat(value).astimezone(PARIS).date()
    if match := _DAY.fullmatch(value):
        year, month, day = match.groups()
    elif match := _FRENCH_DAY.fullmatch(value):
        day, month, year = match.groups()
    else:
        return None
    return date(int(year), int(month), int(day))


def plain(value: Any) -> str:
    """A value of one line as text: "" for None, lists and objects."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    return " ".join(str(value).split())


def items(value: Any, key: str) -> list:
    """The elements of a list, whether or not they are wrapped under `key`, alone or all together, at any depth."""
    if isinstance(value, dict) and key not in value:
        value = [value] if "id" in value else []
    return list(_unwrapped(value, key))


def _unwrapped(value: Any, key: str) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _unwrapped(item, key)
    elif isinstance(value, dict) and key in value and (len(value) == 1 or "id" not in value):
        yield from _unwrapped(value[key], key)
    elif value is not None and value != "":
        yield value


def words(value: Any, key: str) -> list[str]:
    return [text for text in map(plain, items(value, key)) if text]


def nested(raw: dict) -> dict:
    """`raw` where « acheteur.id », a flattened key, is again `acheteur: {id}`; what is nested already wins."""
    flat = [key for key in raw if "." in key]
    if not flat:
        return raw
    raw = dict(raw)
    for key in flat:
        value = raw.pop(key)
        name, _, inner = key.partition(".")
        holder = raw.get(name)
        raw[name] = {inner: value} | holder if isinstance(holder, dict) else {inner: value}
    return raw

"""How each value of the official format of essential data is read: one function per kind of value.

It gives the value in its exact form, or raises `NonConforme` with what is wrong, in French. Source: arrêtés of
22 December 2022, schema 2.0.3 and 2.0.4 (JSON), 2.0.2 (XSD).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from portal import text

VIDES: tuple[Any, ...] = (None, "", [], {})
_OUI_NON = {"oui": True, "true": True, "1": True, "non": False, "false": False, "0": False}
# Midnight added to a day, or a zone, changes nothing of it.
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T00:00(?::00(?:\.0+)?)?)?(?:Z|[+-]\d{2}:?\d{2})?")
fold = lru_cache(maxsize=2_000)(text.fold)


class NonConforme(Exception):
    """A value that the format refuses; the message, in French, says why."""


Lire = Callable[[Any], Any]


@dataclass(frozen=True)
class Champ:
    """How a field reads. One that is neither `requis` nor `lie` is left out alone when it is wrong."""

    lire: Lire
    requis: bool = True
    lie: bool = False  # what it says changes the others: never left out alone
    vide: bool = False  # may be an empty list


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

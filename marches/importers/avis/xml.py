"""XML read without trust: no DTD, no entity, no network, bounded size; and texts without anybody's contact details."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

from portal.imports import FichierRefuse
from portal.siret import is_siret

UNSTORABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters, lone surrogates
LARGEST = 20 * 1024 * 1024  # bytes of one notice
LONGEST = 20_000  # characters kept of one text
FIRST_YEAR, LAST_YEAR = 1990, 2100
LARGEST_AMOUNT = Decimal(10) ** 18
LARGEST_INTEGER = 2_147_483_647
MONTHS_OF = {"MONTH": Decimal(1), "YEAR": Decimal(12), "DAY": Decimal(12) / 365, "WEEK": Decimal(84) / 365}

_MAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w/.-])(?:\+\s?33\s?(?:\(0\)\s?)?|\(\+33\)\s?|0033\s?|0)[1-9](?:[\s.-]?\d{2}){4}(?![\d/-])")
_PERSON = re.compile(
    r"(?i)\s*[,;(–—-]?\s*(?:à l['’]attention de|a l['’]attention de|représentée? par|contact\s*:)\s.*$", re.DOTALL
)
_WORD = r"[A-ZÀ-Þ][\w'’-]+"
_CIVIL = re.compile(rf"\b(?:M\.|MM\.|Mr|Mme|Mmes|Mlle|Monsieur|Madame)\s+{_WORD}(?:[ -]+{_WORD}){{0,3}}")
_ASKED = re.compile(
    r"\b((?i:contact|référente?|correspondante?|interlocut(?:eur|rice)|suivi par|adresser à))\s*:?\s+"
    rf"{_WORD}(?:[ -]+{_WORD}){{1,3}}"
)
REMOVED, NAME_REMOVED = "[coordonnées retirées]", "[nom retiré]"


def parse(content: bytes) -> Any:
    """The root element of a notice; FichierRefuse, in French, when the bytes are no such XML."""
    if len(content) > LARGEST:
        raise FichierRefuse("L'avis pèse plus de 20\u00a0Mo\u00a0: ce n'est pas un avis de marché.")
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FichierRefuse(f"Le fichier n'est pas un XML valide ({_short(error)}).") from error
    if root.getroottree().docinfo.doctype:
        raise FichierRefuse(
            "Le fichier déclare une DTD («\u00a0DOCTYPE\u00a0»)\u00a0: un avis de marché n'en a pas. Il est refusé."
        )
    return root


def _short(error: Exception) -> str:
    line = getattr(error, "lineno", None)
    return f"erreur à la ligne {line}" if line else "contenu illisible"


def name_of(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def all_of(element: Any, *path: str) -> Iterator[Any]:
    """The descendants at the end of a path of local names."""
    if element is None:
        return
    first, *rest = path
    for child in element:
        if name_of(child) == first:
            if rest:
                yield from all_of(child, *rest)
            else:
                yield child


def one(element: Any, *path: str) -> Any:
    return next(all_of(element, *path), None)


def coded(elements: Any, name: str, value: str) -> list[str]:
    """The texts of the elements that bear this attribute (`listName`, `schemeName`)."""
    return [text(element) for element in elements if element.get(name) == value and text(element)]


def text(element: Any) -> str:
    """All the words of an element on one line; contact details taken out, what no database stores too."""
    return without_names(scrub(words_of(element)))


def words_of(element: Any) -> str:
    if element is None:
        return ""
    if not len(element):
        return " ".join((element.text or "").split())
    pieces: list[str] = []
    for part in element.iter():
        if not isinstance(part.tag, str):
            continue
        inline = name_of(part) == "FT"  # « 1<FT TYPE="SUP">er</FT> »: superscripts and the like stay in their word
        pieces += ["" if inline else " ", part.text or ""]
        pieces += [part.tail or ""] if inline and part is not element else []
    return " ".join("".join(pieces).split())


def without_names(words: str) -> str:
    """`words` without the people they name: « M. Dupont » and the like; « Monsieur le maire » stays."""
    return _ASKED.sub(rf"\1 {NAME_REMOVED}", _CIVIL.sub(NAME_REMOVED, words))


def body_name(element: Any) -> str:
    """The name of a body, which may be that of a sole trader, without the person it is addressed to."""
    return without_person(scrub(words_of(element)))[:500]


def scrub(words: str) -> str:
    """`words` without e-mail addresses nor telephone numbers."""
    words = UNSTORABLE.sub("", words)[:LONGEST]
    if not any(char.isalpha() for char in words):
        return words  # a number, a day, an amount: « 078101-2022 » is no telephone number
    if "@" in words:
        words = _MAIL.sub(REMOVED, words)
    return _PHONE.sub(REMOVED, words)


def without_person(words: str) -> str:
    """The name of a body without the person it is addressed to."""
    return _PERSON.sub("", words).strip(" ,;-–—") or words


def day(words: str) -> date | None:
    """« 2026-11-26 », « 2026-11-26+01:00 », « 20261126 » as a day."""
    digits = re.match(r"(\d{4})-?(\d{2})-?(\d{2})", words)
    if not digits or not FIRST_YEAR <= int(digits[1]) <= LAST_YEAR:
        return None
    try:
        return date(int(digits[1]), int(digits[2]), int(digits[3]))
    except ValueError:
        return None


def limit(day_words: str, time_words: str) -> str:
    """A deadline in ISO 8601 with the offset that the file wrote, on the time or else on the day."""
    on = day(day_words)
    if on is None:
        return ""
    offset = re.search(r"(Z|[+-]\d{2}:\d{2})$", time_words) or re.search(r"(Z|[+-]\d{2}:\d{2})$", day_words)
    zone = offset[1].replace("Z", "+00:00") if offset else ""
    if zone and not (int(zone[1:3]) <= 14 and int(zone[4:]) < 60):
        zone = ""
    clock = re.match(r"([01]\d|2[0-3]):([0-5]\d)", time_words)
    return f"{on.isoformat()}T{clock[1]}:{clock[2]}:00{zone}" if clock else on.isoformat()


def amount(words: str) -> Decimal | None:
    """Euros; None for what is no amount, negative or beyond what the register stores."""
    try:
        value = Decimal(words.replace(" ", "").replace(",", "."))
    except InvalidOperation:
        return None
    return value.quantize(Decimal("0.01")) if value.is_finite() and 0 <= value < LARGEST_AMOUNT else None


def whole(words: str) -> int | None:
    """A count; None for what is none."""
    value = amount(words)
    return int(value) if value is not None and value == int(value) and value <= LARGEST_INTEGER else None


def months(value: str, unit: str) -> int | None:
    """A duration in whole months: 1 year = 12; 30 days or 4 weeks and less are one month, rounded to the nearest."""
    number = amount(value)
    if not number:
        return None
    factor = MONTHS_OF.get(unit.upper())
    if factor is None:
        return None
    found = max(round(number * factor), 1)
    return found if found <= LARGEST_INTEGER else None


def siret(words: str) -> str:
    """The valid SIRET written in an identifier (« SIRET 123 456 789 00012 »), else ""."""
    digits = "".join(re.findall(r"\d", words))
    return digits if len(digits) == 14 and is_siret(digits) else ""


def web(words: str) -> str:
    """An address that a link may open; "" for any other."""
    words = words.strip()
    if words.lower().startswith("www."):
        words = f"https://{words}"
    good = re.match(r"(?i)https?://[^\s<>\"']+$", words)
    return words if good and len(words) <= 500 else ""


def number_oj(words: str) -> str:
    """The number of a notice in the Official Journal: « 2020/S 089-212563 », « 00212563-2020 » → « 212563-2020 »."""
    if found := re.search(r"(\d{4})/S\s*\d+\s*-\s*(\d+)", words):
        return f"{int(found[2]):06d}-{found[1]}"
    if found := re.fullmatch(r"\s*(\d{1,9})-(\d{4})\s*", words):
        return f"{int(found[1]):06d}-{found[2]}"
    return ""


def lot_number(words: str) -> str:
    """« LOT-0001 », « Lot 1 », « 01 » → « 1 »; « LOT-0000 », « unique » → "" (a contract of one lot)."""
    words = re.sub(r"(?i)^\s*(?:lot|par)\b[\s\-–:n°º]*", "", words).strip(" -–:")
    # « 4 BASSE-TERRE », « 1: GROS ŒUVRE »
    if numbered := re.match(r"(\d{1,3}\s?[A-Za-z]?)\b\s*(?:$|[:–—«\s]|-\s)", words):
        words = numbered[1].replace(" ", "")
    if words.isdigit():
        return str(int(words)) if int(words) else ""
    return "" if words.lower() in {"unique", ""} else words[:20]

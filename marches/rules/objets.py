"""What the published title of a lot says: its number, its own subject, the title it shares with its neighbours."""

import html
import re
from dataclasses import dataclass
from functools import lru_cache

from marches.enums import GenreAcheteur, TypeMarche
from portal.text import fold

_ENTITY = re.compile(r"(?:&|et)#(\d{2,4})\s?[;,]")
_TAG = re.compile(r"<\s*/?\s*(?:br|p|b|i|u|em|strong|span|div|li|ul|ol|sup|sub)\b[^<>]{0,100}>", re.IGNORECASE)
# « _ » parts words here: « Travaux_LOT01_Gros œuvre ». U+FFFD may be any accented letter, as in « îlot ».
_START, _END = r"(?<![^\W\d_])(?<!\ufffd)", r"(?![^\W_])(?!\ufffd)"
_ROMAN = r"(?-i:X{1,2}(?:IX|IV|V?I{0,3})|IX|IV|VI{1,3}|I{2,3})"
_NUMBER = "|".join(
    (
        rf"\d{{1,3}}\s?(?:bis|ter|quater){_END}",
        rf"\d{{1,3}}(?:[.\-/]\d{{1,2}}(?!\d))?\s?[A-Za-z]?{_END}",
        r"\d{1,4}(?![^\W_])",
        r"(?-i:\d{1,2}(?=[A-ZÀ-Þ]{3}))",  # « LOT 01GROS OEUVRE »
        rf"{_ROMAN}{_END}",
        r"[A-Za-z]\d{0,2}(?=\s*(?:[:)–—\-]|$))",
        r"(?-i:[A-Z]\d{2})(?=\s)",  # « Lot C01 Cloisons »
    )
)
_N = r"(?:n(?:um[ée]ro)?\s*[°ºo.\ufffd]{0,2}\s*)?"
_MENTION = re.compile(rf"{_START}lot(?!s)(?:[\s\-–_]*|\s*[.:](?=\d)){_N}(?P<num>{_NUMBER})", re.IGNORECASE)
# « Cet avis concerne les lots n° 11 : … et lot n° 12 : … »
_LOTS_NUMBERED = re.compile(rf"{_START}lots\s+{_N}\d", re.IGNORECASE)
_PLURAL_END = re.compile(rf"{_START}lots\s+(?P<num>\d{{1,4}})\s*$", re.IGNORECASE)
# « Lots 1 et 2 », « (lots n° 5, 17a et 17b). »: several lots awarded together, at the end of the text.
_SEVERAL = re.compile(
    rf"{_START}lots\s+{_N}(?P<num>\d{{1,3}}[A-Za-z]?"
    rf"(?:\s*(?:,|&|/|\bet\b|\bà\b|\ba\b)\s*\d{{1,3}}[A-Za-z]?{_END})+)[\s.)]*$",
    re.IGNORECASE,
)
_AND = re.compile(r"\b(?:et|&)\s*$", re.IGNORECASE)
_BARE = re.compile(rf"{_START}(?:Lot|LOT)\s*[:–—\-]?\s+(?=[A-ZÀ-Þ])")
_YEAR = re.compile(r"(?:19|20)\d\d")
_UNIQUE = re.compile(r"[\s:–—\-.,(]*(?<!\w)lot unique\s*\)?\s*$", re.IGNORECASE)
_COLON = re.compile(r"\s*\)?\s*:")
_NOT_A_LOT = frozenset(
    ["du", "le", "un", "ce", "chaque", "par", "au", "dans", "d", "l", "departement", "cma", "relance", "ilot"]
)
_ARTICLE = frozenset(["du", "le", "un", "ce", "au", "d", "l", "de", "des"])
# « Relance des lots 3 et 8 »: each record may be any of them.
_OF_SEVERAL = frozenset(["des", "les", "aux", "relance", "relances", "reconsultation", "publicite", "consultation"])
_NOT_A_NAME = frozenset(["de", "du", "des", "d", "unique", "et", "a", "au", "aux", "en", "et", "la", "le", "les", "n"])
_SEPARATORS = " \t:;,.–—-_/"
_EDGES = _SEPARATORS + "()"
_QUOTES = {'"': '"', "«": "»", "“": "”"}
LONGEST_NUMBER = 20  # characters of the column
SHORTEST_TITLE = 12  # folded characters: « Relance » or « Travaux » tell nothing of a contract


@dataclass(frozen=True)
class Titre:
    """`commun` is "" when the text has no usable title before the mention of the lot."""

    numero: str
    objet: str
    commun: str


def clean_text(text: str) -> str:
    """`text` on one line, without HTML tags, the broken entities of some platforms (« et#8211, ») given back."""
    text = _TAG.sub(" ", text) if "<" in text else text
    text = _ENTITY.sub(lambda entity: chr(int(entity[1])) if int(entity[1]) >= 32 else " ", text)
    return " ".join(html.unescape(text).split())


def read_titre(text: str) -> Titre:
    """The number and the subject of a lot, and the title shared with the other lots, guessed from the published text.

    « Groupe scolaire : Lot 4 : Electricité » → 4, « Electricité », « Groupe scolaire ». Two numbers in a row
    (« Lot 2: Lot n° 3 : ») are the platform's rank then the buyer's number: the last one counts. Without a lot, the
    subject is the whole text.
    """
    text = clean_text(text)
    if unique := _UNIQUE.search(text):
        text = _trimmed(text[: unique.start()]) or text
        return Titre("", text, text)
    mentions = [mention for mention in _MENTION.finditer(text) if not _YEAR.fullmatch(mention["num"])]
    if mentions and _LOTS_NUMBERED.search(text) and _AND.search(text[: mentions[-1].start()]):
        return Titre("", text, "")
    if not mentions:
        if several := _several(text):
            return several
        if plural := _PLURAL_END.search(text):
            commun = _trimmed(text[: plural.start()])
            return Titre(_number(plural["num"]), text, commun)
        return _bare(text)
    with_colon = [mention for mention in mentions if _COLON.match(text, mention.end())]
    chosen = with_colon[-1] if with_colon else mentions[0]
    for following in mentions:  # « Lot 1 : LOT 1 - Gros œuvre », « Lot 1: Lot 1 »
        if following.start() > chosen.end() and not text[chosen.end() : following.start()].strip(_EDGES):
            chosen = following
    number = _number(chosen["num"])
    before, after = text[: chosen.start()], text[chosen.end() :]
    if (fold(before).split() or [""])[-1] in _ARTICLE:  # « Relance du lot n°1 déclaré sans suite »
        return Titre(number, text, "")
    commun = _without_last_mention(before)
    subject = _trimmed(after)
    return Titre(number, subject or (commun if _useful(commun) else text), commun if _useful(commun) else "")


def _several(text: str) -> Titre | None:
    """« Achat de papier - lots 1 et 2 »: one record for several lots; None when the lots are only spoken of."""
    found = _SEVERAL.search(text)
    if not found or len(_LOTS_NUMBERED.findall(text)) > 1:
        return None
    numbers = " ".join(re.sub(r"\s*,", ",", found["num"].lower()).replace("/", ", ").split())
    before = text[: found.start()]
    if len(numbers) > LONGEST_NUMBER or (fold(before).split() or [""])[-1] in _OF_SEVERAL:
        return None
    commun = _trimmed(before)
    return Titre(numbers, text, commun if _useful(commun) else "")


def _bare(text: str) -> Titre:
    """A lot named without number: « Maison de santé Lot Menuiseries intérieures »."""
    for mention in _BARE.finditer(text):
        before, after = _trimmed(text[: mention.start()]), _trimmed(text[mention.end() :])
        previous, following = fold(before).split(), fold(after).split()
        if not _useful(before) or previous[-1] in _NOT_A_LOT or not following or following[0] in _NOT_A_NAME:
            continue
        return Titre("", after, before)
    return Titre("", text, "")


def _without_last_mention(before: str) -> str:
    """The title without the mentions that end it: « Résidence: Lot 7 ( » → « Résidence »."""
    title = _trimmed(before)
    while mentions := [m for m in _MENTION.finditer(title) if not title[m.end() :].strip(_EDGES)]:
        title = _trimmed(title[: mentions[-1].start()])
    return title


def _trimmed(text: str) -> str:
    """`text` without the separators at its ends, nor parentheses and quotes that have no other half or hold it all."""
    previous = None
    while text != previous:
        previous = text
        text = text.strip(_SEPARATORS)
        if text.endswith("(") or (text.endswith(")") and text.count(")") > text.count("(")):
            text = text[:-1]
        if text.startswith(")") or (text.startswith("(") and text.count("(") > text.count(")")):
            text = text[1:]
        if text.startswith("(") and text.find(")") == len(text) - 1:
            text = text[1:-1]
        closing = _QUOTES.get(text[:1])
        if closing and len(text) > 1 and text.find(closing, 1) == len(text) - 1:
            text = text[1:-1]
    return text


def _useful(title: str) -> bool:
    return len(fold(title)) >= SHORTEST_TITLE


def _number(text: str) -> str:
    """« 04 » → « 4 », « 01a » → « 1A », « 00 » → « 0 »."""
    text = text.replace(" ", "").upper()
    return re.sub(r"^0+(?=\d)", "", text)


# Identity -----------------------------------------------------------------------------------------------------------
_LIGATURES = str.maketrans({"œ": "\ufffd", "æ": "\ufffd", "Œ": "\ufffd", "Æ": "\ufffd"})
_BEARS_ACCENTS = str.maketrans(dict.fromkeys("aceiouy", "*"))


class _Folded(dict):
    """What each character of a word folds to, found once: `str.translate` then folds a word without a loop of ours."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = "\ufffd" if code == 0xFFFD else fold(chr(code))
        return folded


_FOLDED = _Folded()


@lru_cache(maxsize=2_000)
def skeleton(text: str) -> str:
    """`text` in a form that accents, case, punctuation and characters lost in a transfer (U+FFFD) do not change.

    In words of three letters or more, every letter that French may accent becomes « * »: « Bâtiment », « BATIMENT »
    and « B�timent » give one form, while « Est » and « Ouest » stay two. Short words and numbers stay as they are.
    """
    words = []
    for word in re.split(r"[^\w\ufffd]+|_", text.translate(_LIGATURES)):
        letters = word.translate(_FOLDED)
        if not letters:
            continue
        if letters == "\ufffd":
            letters = "a"  # « à », the one French word that is a single accented letter in practice
        if len(letters) >= 3 and (letters.isalpha() or not any(map(str.isdigit, letters))):
            letters = letters.replace("oe", "\ufffd").replace("ae", "\ufffd")
            letters = letters.translate(_BEARS_ACCENTS).replace("\ufffd", "*")
        words.append(letters)
    return " ".join(words)


# Buyers -------------------------------------------------------------------------------------------------------------
_BAILLEUR = frozenset(["habitat", "oph", "opac", "hlm", "logement", "logements"])
_HOPITAL = ("centre hospitalier", "hopital", "hospices civils", "chu ", "chru ", "assistance publique hopitaux")


def genre_probable(siren: str, nom: str) -> GenreAcheteur:
    """The kind of a buyer, when its name or the first digits of its SIREN leave little doubt; INCONNU otherwise.

    Source: INSEE gives public bodies SIREN numbers that begin with 1 (State) or 2 (local), the second digit telling
    the family (21 communes, 22 départements, 23 régions, 24 and 20 intercommunalities, 25 syndicats).
    """
    words = fold(nom)
    if words.startswith(_HOPITAL) or any(f" {start}" in f" {words} " for start in _HOPITAL):
        return GenreAcheteur.HOPITAL
    if _BAILLEUR & set(words.split()):
        return GenreAcheteur.BAILLEUR
    if siren[:2] in {"11", "12", "13"}:
        return GenreAcheteur.ETAT
    if siren[:2] in {"20", "21", "22", "23", "24", "25"}:
        return GenreAcheteur.LOCAL
    return GenreAcheteur.INCONNU


def type_marche(cpv: str) -> TypeMarche:
    """Works, services or supplies, by the division of the CPV. Source: règlement (CE) 213/2008, annexe I."""
    if not re.match(r"\d\d", cpv):
        return TypeMarche.INCONNU
    division = int(cpv[:2])
    if division == 45:
        return TypeMarche.TRAVAUX
    return TypeMarche.SERVICES if division >= 50 else TypeMarche.FOURNITURES


# Words of a title that say more than a supply: works, or something set up on the spot.
_OUVRAGE = frozenset({
    "travaux", "construction", "renovation", "refection", "rehabilitation", "renouvellement", "amenagement",
    "installation", "pose", "maintenance", "entretien", "montage", "raccordement",
})  # fmt: skip


def type_probable(cpv: str, objet: str) -> TypeMarche:
    """`type_marche`, unknown where the code says supplies and the title works or an installation.

    Platforms often take the code of what is laid (44111400, paints) for the works that lay it.
    """
    found = type_marche(cpv)
    if found == TypeMarche.FOURNITURES and _OUVRAGE & set(re.findall(r"[a-z]+", fold(objet))):
        return TypeMarche.INCONNU
    return found

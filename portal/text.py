"""French text made comparable: folding, words, stems.

Both sides of a search go through `stems`, so that « Bâtiments » finds « batiment » on every database engine.
"""

import re
import unicodedata
from functools import lru_cache

from snowballstemmer.french_stemmer import FrenchStemmer

# Written folded. « est » (east), « pas » (Pas-de-Calais), « son », « car » and « or » are also nouns: they stay.
_NOT_LOOKED_FOR = """
    l d j n s qu jusqu lorsqu puisqu le la les un une des du de au aux a en et ou ni que qui quoi dont
    par pour sur sous dans avec sans chez ce cet cette ces sa ses leur leurs notre nos votre vos y il elle ils elles
"""
STOP_WORDS = frozenset(_NOT_LOOKED_FOR.split())
LONGEST_STEM = 60  # characters; PostgreSQL refuses a query word of more than 2 kB

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})
_ACRONYM = re.compile(r"(?<!\w)[^\W\d](?:\.[^\W\d])+(?!\w)\.?")
_ARTICLES = {"le ": "du ", "les ": "des "}
_H_MUET = ("he", "hi", "hy", "hau", "hal")


class _Folding(dict):
    """What each character folds to, found once and kept: `str.translate` then folds a text without a loop of ours.

    Letters and digits lose case and accents, what cannot be seen vanishes, a full stop waits for the acronyms, and
    anything else becomes a space.
    """

    def __missing__(self, code: int) -> str:
        letters = _without_marks(_without_marks(chr(code)).casefold()).translate(_LIGATURES)
        self[code] = folded = "".join(char if char.isalnum() or char == "." else " " for char in letters)
        return folded


_FOLDING = _Folding()


def fold(text: str | None) -> str:
    """`text` in lower case, without accents or punctuation, words separated by one space; "" for None.

    « L'Étape du Cœur » → "l etape du coeur"; « E.S.A.T. » → "esat". Control characters (NUL among them) vanish;
    folding twice changes nothing.
    """
    letters = (text or "").translate(_FOLDING)
    if "." in letters:
        letters = _ACRONYM.sub(lambda acronym: acronym[0].replace(".", ""), letters).replace(".", " ")
    return " ".join(letters.split())


def tokens(text: str | None) -> list[str]:
    """The folded words of `text`, in order, stop words included."""
    return fold(text).split()


def stems(text: str | None) -> list[str]:
    """The French stems of `text`, in order, stop words dropped and numbers kept.

    Folding comes before stemming: a stem never depends on how accents were typed.
    """
    return [
        token[:LONGEST_STEM] if token.isdigit() else _stem(token) for token in tokens(text) if token not in STOP_WORDS
    ]


def racines(*texts: str | None) -> str:
    """The stems of all `texts`, each once, as " stem stem "; "" when there is none.

    The spaces at both ends let `LIKE '% stem %'` find whole stems only.
    """
    unique = dict.fromkeys(stem for text in texts for stem in stems(text))
    return f" {' '.join(unique)} " if unique else ""


def sort_key(text: str | None) -> str:
    """Folded `text`, for an alphabetical order where É stands with E."""
    return fold(text)


def de_lieu(nom: str) -> str:
    """« de » before a place, as French writes it: « d'Évreux », « du Havre », « des Andelys », « de La Rochelle »."""
    for article, contracted in _ARTICLES.items():
        if nom.lower().startswith(article):
            return contracted + nom[len(article) :]
    first = fold(nom)
    if first.startswith(("la ", "l ")):
        return f"de {nom}"
    if first.startswith("y"):
        vowel = first[1:2] not in set("aeou")  # « d'Yvetot », « de Yerres »
    else:
        vowel = first.startswith((*"aeiou", *_H_MUET))
    return f"d'{nom}" if vowel else f"de {nom}"


def slugify_fr(text: str | None, max_length: int = 60) -> str:
    """`text` as part of an address: ASCII words joined by hyphens, cut between words at `max_length` characters.

    Only a first word that is too long by itself is cut inside. May be "" (no Latin letter in `text`).
    """
    words = fold(text).encode("ascii", "ignore").decode().split()
    slug = "-".join(words)
    if len(slug) <= max_length:
        return slug
    return slug[: max_length + 1].rpartition("-")[0] or slug[:max_length]


def _without_marks(text: str) -> str:
    """`text` decomposed, without accents nor invisible characters; line ends and tabs become spaces."""
    return "".join(
        " " if char.isspace() else char
        for char in unicodedata.normalize("NFKD", text)
        if char.isspace() or unicodedata.category(char) not in {"Mn", "Me", "Cc", "Cf"}
    )


@lru_cache(maxsize=50_000)
def _stem(token: str) -> str:
    # A stemmer keeps its word in itself: one for each call, or two threads would mix their words.
    return FrenchStemmer().stemWord(token)[:LONGEST_STEM]

"""Addresses of the directory: the same search with a criterion more or less, whatever else the address carries."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

# Every criterion, in the order of the form. `ou` is typed (several places are set apart by « ; »), `lieu` is chosen.
PARAMETRES = (
    *("q", "ou", "lieu", "rayon", "secteur", "kind", "famille", "reservable", "mode", "mise_a_disposition"),
    *("titulaire", "a_cotraite", "formee", "reseau", "label", "ges", "capacite_min", "effectif_min", "effectif_max"),
    *("mois", "qpv", "zrr", "completude_min", "tri"),
)
COMPARE, VUE = "s", "vue"
LONGEST = 400  # of a value: ten places fit, and forty links may carry it
KEPT = (*PARAMETRES, COMPARE, VUE)  # the page number is never kept


@dataclass(frozen=True)
class Puce:
    """An active filter, and the address of the same search without it."""

    libelle: str
    url: str


@dataclass(frozen=True)
class Retrait:
    """A criterion in words, and what changes in the address when it goes."""

    libelle: str
    changements: dict


def cle(data: QueryDict) -> str:
    """What is asked, whatever the page, the view and the structures to compare: the same text for the same search."""
    return urlencode(list(_pairs(data, PARAMETRES, longest=None)))


def sans(data: QueryDict, *names: str) -> str:
    """The query string of this search without these parameters; "" when nothing remains."""
    return urlencode(list(_pairs(data, [name for name in KEPT if name not in names])))


@dataclass(frozen=True)
class Adresse:
    """The address of a search, from which others are made."""

    data: QueryDict

    def url(self, **changes) -> str:
        """This search with these parameters changed: None takes one away, a list gives several values."""
        return f"?{urlencode(self.paires(**changes))}"

    def paires(self, **changes) -> list[tuple[str, str]]:
        """The same as (name, value) of the hidden fields of a form."""
        pairs = [(name, value) for name, value in _pairs(self.data, KEPT) if name not in changes]
        for name, value in changes.items():
            values = value if isinstance(value, list | tuple) else [value]
            pairs += [(name, str(each)) for each in values if each not in (None, "")]
        return pairs

    def puces(self, retraits: Iterable[Retrait]) -> list[Puce]:
        return [Puce(retrait.libelle, self.url(**retrait.changements)) for retrait in retraits]


def _pairs(data: QueryDict, names: Iterable[str], longest: int | None = LONGEST):
    for name in names:
        if name not in data:  # most are not, and this is asked many times a page
            continue
        for value in dict.fromkeys(data.getlist(name)):
            if value and (stripped := value.replace("\x00", " ").strip()):
                yield name, stripped[:longest]

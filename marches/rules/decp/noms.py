"""Names that files of essential data give to bodies: what is one, and which of two is kept."""

from portal.text import fold

LOST = "\ufffd"
_NOT_A_NAME = frozenset(["test", "nc", "n c", "bp", "inconnu", "inconnue", "neant", "nan", "non renseigne"])
_BUDGETS = ("budget principal", "budget annexe", "exercice budgetaire")
_ROLES = frozenset(["budget", "principal", "mandataire", "groupement", "gpt", "cotraitant"])


def est_un_nom(text: str) -> bool:
    """Whether a text names a body: public treasuries often give the title of a budget instead."""
    words = fold(text)
    return bool(words) and words not in _NOT_A_NAME and not words.lstrip("0123456789 ").startswith(_BUDGETS)


def nom_prefere(un: str, autre: str) -> str:
    """The better of two names of one body, the same for any order in which files come.

    One without lost characters, then without a role (« mandataire du groupement… »), then not all in capitals, then
    the longer.
    """
    return max(un, autre, key=_merit)


def _merit(name: str) -> tuple:
    words = set(fold(name).split())
    return bool(words), LOST not in name, not words & _ROLES, name != name.upper(), len(name), name

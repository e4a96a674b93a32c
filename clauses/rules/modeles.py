"""Model texts: their variables in braces, and what a text must say before it is published."""

import re
from collections.abc import Mapping

from portal.verdict import Verdict

VARIABLES = {
    "acheteur": "l'acheteur",
    "contact": "le contact du facilitateur",
    "date_debut": "la date de début",
    "date_fin": "la date de fin",
    "facilitateur": "le facilitateur",
    "heures": "le nombre d'heures",
    "lot": "l'objet du lot",
    "publics": "les publics éligibles",
    "taux": "le taux d'insertion",
}
CCAG = "CCAG 2021, articles 16.1.1 (services) et 20.1.1 (travaux)"
SHORTEST = 6  # characters of a value that may be looked for in a text: shorter, it could be anything
_BRACES = re.compile(r"\{([a-z_]{1,30})\}")
_INCONNUE = "Variable inconnue\u00a0: {{{}}}. Variables permises\u00a0: {}."


def variables(texte: str) -> list[str]:
    """Variables of a text, each once; ValueError, in French, for one that nothing can fill."""
    found = list(dict.fromkeys(_BRACES.findall(texte)))
    for name in found:
        if name not in VARIABLES:
            raise ValueError(_INCONNUE.format(name, ", ".join(VARIABLES)))
    return found


def remplir(texte: str, valeurs: Mapping[str, str]) -> str:
    """`texte` with its variables filled; one without a value is said in brackets, never left out in silence.

    What is put in is not read again: a brace typed by somebody stays a brace.
    """
    return _BRACES.sub(lambda m: valeurs.get(m[1]) or f"[à compléter\u00a0: {VARIABLES.get(m[1], m[1])}]", texte)


def adapter(texte: str, avant: Mapping[str, str], apres: Mapping[str, str]) -> str:
    """The text signed on one contract, for another: what the first lot had put in it becomes what the second puts.

    Only whole values are replaced, hours only where the word follows (a penalty of 40 € is no volume of 40 hours); what
    the second lot does not know is said in brackets. What was written by hand stays.
    """
    told = {name: avant[name] for name in VARIABLES if len(avant.get(name, "")) >= SHORTEST and name != "heures"}
    patterns = [(name, re.escape(value)) for name, value in sorted(told.items(), key=lambda item: -len(item[1]))]
    if avant.get("heures"):
        digits = re.escape(avant["heures"]).replace("\u202f", r"[\s\u00a0\u202f]?")
        patterns.append(("heures", rf"(?<![\d,.]){digits}(?=[\s\u00a0\u202f]*(?:heures?\b|h\b))"))
    if not patterns:
        return texte
    found = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in patterns))
    return found.sub(lambda m: apres.get(m.lastgroup or "") or f"[à compléter\u00a0: {VARIABLES[m.lastgroup]}]", texte)


def mentions(valeurs: Mapping[str, str]) -> list[Verdict]:
    """Whether a clause says the four things it needs: scope, facilitator's contact, eligible people, volume of hours.

    Source: CCAG 2021, art. 16.1.1 and 20.1.1; a clause without a figure has no effect (State purchasing directorate).
    """
    needed = {
        "lot": "Le périmètre n'est pas dit\u00a0: nommez le lot.",
        "contact": "Le contact du facilitateur manque\u00a0: l'entreprise ne saurait à qui s'adresser.",
        "publics": "Les publics éligibles ne sont pas décrits.",
        "heures": "Aucun volume d'heures\u00a0: une clause sans chiffre reste sans effet.",
    }
    return [Verdict.blocage(said, source=CCAG) for name, said in needed.items() if not valeurs.get(name)]

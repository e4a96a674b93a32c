"""Reading again the text of a clause: what it must say, and words that often hide an unlawful demand. Pure functions.

Words are only signs: apart from what is missing, each verdict asks a person to read the sentence again.
"""

import re

from clauses.enums import TypeClause
from clauses.rules.modeles import mentions
from portal.text import fold
from portal.verdict import Niveau, Verdict

CCP = "Code de la commande publique, L. 3 et L. 2112-2"
SANS_CHIFFRE_PERMIS = {TypeClause.CRITERE, TypeClause.RESERVE, TypeClause.MARCHE_INSERTION}
_MUST = r"(?:doit|doivent|devra|devront|obligatoirement|exclusivement|uniquement|impose|imperativement)"
_WAY = (
    r"(?:embauche directe|sous.trait|mise a disposition|interim|association intermediaire|geiq|etti|regie de quartier)"
)
_PLACE = r"(?:reside|residant|domicili|habitant|habiter)"
_ONLY = r"(?:uniquement|exclusivement|seulement)"
_LEFT_OUT = r"(?:sauf|dispense|exonere|a l.exception)"
# Looked for in the text without accents nor capitals, inside one sentence.
SIGNES = {
    "residence": (
        re.compile(rf"{_MUST}.{{0,120}}{_PLACE}|main.d.oeuvre locale|emploi local"),
        Verdict.avertissement(
            "Le texte semble exiger une résidence locale, sans lien avec l'objet du marché.",
            source=f"{CCP}\u00a0; principe de non-discrimination",
            remede="Décrivez des publics éligibles, sans condition de domicile.",
        ),
    ),
    "modalite": (
        re.compile(rf"{_MUST}.{{0,120}}{_WAY}"),
        Verdict.avertissement(
            "Le texte semble imposer la manière de réaliser les heures.",
            source=CCP,
            remede="Laissez l'entreprise choisir\u00a0: embauche, mise à disposition, sous-traitance ou cotraitance.",
        ),
    ),
    "discrimination": (
        re.compile(rf"nationalite|de sexe (?:masculin|feminin)|(?:hommes|femmes|francais) {_ONLY}"),
        Verdict.avertissement(
            "Le texte semble réserver les heures selon le sexe, l'origine ou la nationalité.",
            source="Code du travail, L. 1132-1",
            remede="Décrivez des situations face à l'emploi, jamais une origine ou un sexe.",
        ),
    ),
    "tous": (
        re.compile(rf"{_LEFT_OUT}.{{0,80}}(?:candidat|soumissionnaire|entreprises? locale|pme)"),
        Verdict.avertissement(
            "Le texte semble dispenser certains candidats de la clause.",
            source=f"{CCP}\u00a0; égalité de traitement",
            remede="La clause s'applique de la même façon à tous les candidats du lot.",
        ),
    ),
}  # fmt: skip
_SENTENCES = re.compile(r"[.;!?\n]+")
_HOURS = re.compile(r"\bheures?\b|\d\s?h\b")


def relire(texte: str, *, type: str, heures, lot: str, contact: str, publics: str) -> list[Verdict]:
    """What the clause leaves out or says too much, the most serious first; [] when there is nothing to say.

    A condition of performance without a figure is refused: it has no effect. Where hours come from the offer
    (criterion) or from the holder itself (reserved contract), a missing figure is only told.
    Source: CCAG 2021, art. 16.1.1 and 20.1.1; Code de la commande publique, L. 3 and L. 2112-2.
    """
    given = {"lot": lot, "contact": contact, "publics": publics, "heures": str(heures) if heures else ""}
    found = mentions(given)
    if not heures and type in SANS_CHIFFRE_PERMIS:
        found = [v for v in found if "chiffre" not in v.reason]
        found.append(
            Verdict.information("Aucun volume d'heures\u00a0: il vient alors de l'offre ou de la réservation.")
        )
    sentences = [fold(sentence) for sentence in _SENTENCES.split(texte)]
    if not any(sentences):
        found.append(Verdict.information("Le texte signé n'est pas enregistré\u00a0: il ne peut être relu."))
    else:
        found += [verdict for sign, verdict in SIGNES.values() if any(sign.search(words) for words in sentences)]
        if not any(_HOURS.search(words) for words in sentences):
            found.append(
                Verdict.avertissement(
                    "Le texte ne parle pas d'heures\u00a0: un nombre d'emplois ou un pourcentage ne se vérifie pas.",
                    source="Guides des clauses sociales",
                    remede="Exprimez l'engagement en heures de travail.",
                )
            )
    return sorted(found, key=lambda verdict: -Niveau(verdict.level).rank)


def relire_modele(texte: str, type: str) -> list[Verdict]:
    """What a model text lacks before it is published: the four mentions, as variables or in words for the hours.

    Same source as `relire`.
    """
    told = {name: name if f"{{{name}}}" in texte else "" for name in ("lot", "contact", "publics", "heures")}
    hours = told.pop("heures") or bool(re.search(r"\d[\d\s\u00a0\u202f]*(?:heures?\b|h\b)", texte))
    return relire(texte, type=type, heures=1 if hours else 0, **told)

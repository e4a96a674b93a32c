"""Rules of the directory: pure functions, each with its source."""

import re
from collections.abc import Mapping
from datetime import date

from portal.verdict import Verdict
from structures.enums import Kind, Mode

# Code du travail L. 5132-4: structures of insertion through economic activity.
SIAE = frozenset({Kind.EI, Kind.AI, Kind.ACI, Kind.ETTI, Kind.EITI})
# Code de la commande publique L. 2113-12: adapted companies, ESAT and the like.
HANDICAP = frozenset({Kind.EA, Kind.EATT, Kind.ESAT})

# What each kind does, in one plain sentence, with the text that says so.
PRESENTATIONS = {
    Kind.EI: (
        "Entreprise qui vend des biens ou des services et salarie, avec un accompagnement, des personnes éloignées de "
        "l'emploi.",
        "Code du travail, L. 5132-5",
    ),
    Kind.AI: (
        "Association qui met du personnel en parcours d'insertion à disposition de collectivités, d'entreprises ou de "
        "particuliers.",
        "Code du travail, L. 5132-7",
    ),
    Kind.ACI: (
        "Atelier ou chantier qui embauche et encadre des personnes très éloignées de l'emploi, sur des travaux "
        "d'utilité sociale.",
        "Code du travail, L. 5132-15",
    ),
    Kind.ETTI: (
        "Agence d'intérim dont les intérimaires sont en parcours d'insertion et suivis pendant leurs missions.",
        "Code du travail, L. 5132-6",
    ),
    Kind.EITI: (
        "Structure qui aide des travailleurs indépendants éloignés de l'emploi à trouver et à tenir leurs contrats.",
        "Code du travail, L. 5132-4",
    ),
    Kind.GEIQ: (
        "Groupement d'employeurs qui recrute et forme des personnes en alternance, puis les met à disposition de ses "
        "adhérents.",
        "Code du travail, L. 1253-1",
    ),
    Kind.EA: (
        "Entreprise du milieu ordinaire dont une large part des salariés sont reconnus travailleurs handicapés.",
        "Code du travail, L. 5213-13",
    ),
    Kind.EATT: (
        "Entreprise adaptée qui fait de l'intérim : ses intérimaires sont reconnus travailleurs handicapés.",
        "Code du travail, L. 5213-13-1",
    ),
    Kind.ESAT: (
        "Établissement médico-social où des personnes handicapées travaillent avec un accompagnement adapté.",
        "Code de l'action sociale et des familles, L. 344-2",
    ),
    Kind.SEP: (
        "Structure qui emploie des personnes détenues à la production de biens ou de services.",
        "Code de la commande publique, L. 2113-13-1",
    ),
}

_BY_PLACEMENT = frozenset({Kind.AI, Kind.ETTI, Kind.EATT, Kind.GEIQ})


def usual_mode(kind: str) -> Mode:
    """How a structure of this kind delivers when nobody said so: people placed, or a service.

    Source: Code du travail L. 5132-6 (ETTI), L. 5132-7 (AI), L. 5213-13-1 (EATT), L. 1253-1 (GEIQ).
    """
    return Mode.MISE_A_DISPOSITION if kind in _BY_PLACEMENT else Mode.PRESTATION


def longest_prefix(prefixes: Mapping[str, str], code: str) -> str | None:
    """What the longest prefix of `code` in `prefixes` stands for; None when there is none.

    Source: `structures/data/README.md` (CPV, NAF and ROME lists are trees read from the left).
    """
    cleaned = re.sub(r"[^0-9A-Z]", "", code.upper())
    return next((prefixes[cleaned[:size]] for size in range(len(cleaned), 0, -1) if cleaned[:size] in prefixes), None)


def convention_state(start: date | None, end: date | None, on: date) -> Verdict:
    """Whether the convention or approval runs on the day `on`, both ends included.

    Source: Code du travail R. 5132-1 and following: a SIAE acts under a convention signed for a term.
    """
    if start and on < start:
        return Verdict.information(f"La convention ne commence que le {start:%d/%m/%Y}.")
    if end and on > end:
        return Verdict.avertissement(
            f"La convention connue a pris fin le {end:%d/%m/%Y} : demandez à la structure si elle est renouvelée."
        )
    return Verdict.ok()

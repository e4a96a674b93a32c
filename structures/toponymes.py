"""How French names places: « tout le Calvados », « de l'Isère », « des Landes », « à Paris », « dans l'Eure »."""

from portal.text import de_lieu
from structures.enums import NiveauLieu
from structures.lieux import Lieu

# Article of each département (or collectivity overseas), by INSEE code; SANS_ARTICLE and the unknown ones take none.
LE = frozenset({
    "14", "15", "18", "25", "29", "30", "32", "39", "41", "45", "46", "47", "49", "56", "59", "62", "63", "67", "68",
    "69", "81", "82", "83", "84", "90", "94", "95",
})  # fmt: skip
LA = frozenset({
    "16", "17", "19", "2A", "2B", "21", "23", "24", "26", "31", "33", "42", "43", "44", "48", "50", "51", "52", "53",
    "54", "55", "57", "58", "70", "71", "72", "73", "74", "76", "77", "80", "85", "86", "87", "93", "971", "972", "973",
    "987", "988",
})  # fmt: skip
LES = frozenset({"04", "05", "06", "08", "13", "22", "40", "64", "65", "66", "78", "79", "88", "92"})
L_MASCULIN = frozenset({"01", "03", "12", "28", "34", "36", "37"})
L_FEMININ = frozenset({"02", "07", "09", "10", "11", "27", "35", "38", "60", "61", "89", "91"})
SANS_ARTICLE = {
    "75": "tout Paris", "974": "toute La Réunion", "975": "tout Saint-Pierre-et-Miquelon", "976": "tout Mayotte",
    "977": "tout Saint-Barthélemy", "978": "tout Saint-Martin", "986": "tout Wallis et Futuna",
}  # fmt: skip
EN = frozenset({"2A", "2B", "971", "972", "973", "987", "988"})  # islands and Guyane: « en Guyane »
MASCULINS_PLURIELS = {"92"}

# Région → what comes before its name after « tout », « de » and « dans ».
REGIONS = {
    "01": ("toute la ", "de ", "en "), "02": ("toute la ", "de ", "en "), "03": ("toute la ", "de ", "en "),
    "04": ("toute ", "de ", "à "), "06": ("tout ", "de ", "à "), "11": ("toute l'", "d'", "en "),
    "24": ("tout le ", "du ", "en "), "27": ("toute la ", "de ", "en "), "28": ("toute la ", "de ", "en "),
    "32": ("tous les ", "des ", "dans les "), "44": ("tout le ", "du ", "dans le "),
    "52": ("tous les ", "des ", "dans les "), "53": ("toute la ", "de ", "en "), "75": ("toute la ", "de ", "en "),
    "76": ("toute l'", "d'", "en "), "84": ("toute l'", "d'", "en "), "93": ("toute la ", "de ", "en "),
    "94": ("toute la ", "de ", "en "), "975": ("tout ", "de ", "à "), "977": ("tout ", "de ", "à "),
    "978": ("tout ", "de ", "à "), "986": ("tout ", "de ", "à "), "987": ("toute la ", "de ", "en "),
    "988": ("toute la ", "de ", "en "),
}  # fmt: skip


def tout(niveau: str, code: str, nom: str) -> str:
    """« tout le Calvados », « toutes les Landes », « toute la Normandie », « toute la communauté… », « Évreux »."""
    if niveau == NiveauLieu.FRANCE:
        return "toute la France"
    if niveau == NiveauLieu.REGION:
        return f"{REGIONS[code][0]}{nom}" if code in REGIONS else f"toute la région {nom}"
    if niveau == NiveauLieu.EPCI and (common := _common_epci(nom)):
        return f"toute la {common}"
    if niveau != NiveauLieu.DEPARTEMENT:
        return nom
    if code in LES:
        return f"{'tous' if code in MASCULINS_PLURIELS else 'toutes'} les {nom}"
    if code in LA | L_FEMININ:
        return f"toute {articled(code, nom)}"
    return SANS_ARTICLE.get(code) or f"tout {articled(code, nom)}"


def une_partie(niveau: str, code: str, nom: str) -> str:
    """« une partie de l'Orne », « une partie de la France »."""
    return f"une partie {'de la France' if niveau == NiveauLieu.FRANCE else de(niveau, code, nom)}"


def de(niveau: str, code: str, nom: str) -> str:
    """« du Calvados », « de l'Isère », « des Landes », « de Normandie », « d'Évreux »."""
    if niveau == NiveauLieu.FRANCE:
        return "de France"
    if niveau == NiveauLieu.REGION and code in REGIONS:
        return f"{REGIONS[code][1]}{nom}"
    if niveau == NiveauLieu.EPCI and (common := _common_epci(nom)):
        return f"de la {common}"
    if niveau != NiveauLieu.DEPARTEMENT:
        return de_lieu(nom)
    if code in LE:
        return f"du {nom}"
    return f"des {nom}" if code in LES else f"de {articled(code, nom)}"


def dans(niveau: str, code: str, nom: str) -> str:
    """« dans le Calvados », « à Paris », « en Normandie », « à Évreux », « au Havre »."""
    if niveau == NiveauLieu.FRANCE:
        return "en France"
    if niveau == NiveauLieu.REGION:
        return f"{REGIONS[code][2] if code in REGIONS else 'en '}{nom}"
    if niveau == NiveauLieu.EPCI:
        return f"dans la {common}" if (common := _common_epci(nom)) else f"dans {nom}"
    if niveau == NiveauLieu.DEPARTEMENT and code in EN:
        return f"en {nom}"
    if niveau == NiveauLieu.DEPARTEMENT and code not in SANS_ARTICLE:
        return f"dans {articled(code, nom)}"
    return a(nom)


def a(nom: str) -> str:
    """« à Caen », « au Mans », « aux Ulis »."""
    if nom.startswith(("Le ", "Les ")):
        return ("au " if nom.startswith("Le ") else "aux ") + nom.partition(" ")[2]
    return f"à {nom}"


def articled(code: str, nom: str) -> str:
    """A département with its article: « le Calvados », « la Manche », « l'Isère », « les Landes », « Paris »."""
    if code in LE:
        return f"le {nom}"
    if code in LA:
        return f"la {nom}"
    if code in LES:
        return f"les {nom}"
    return f"l'{nom}" if code in L_MASCULIN | L_FEMININ else nom


def du_lieu(lieu: Lieu) -> str:
    return de(lieu.niveau, lieu.code, lieu.nom)


def tout_le_lieu(lieu: Lieu) -> str:
    return tout(lieu.niveau, lieu.code, lieu.nom)


def dans_le_lieu(lieu: Lieu) -> str:
    return dans(lieu.niveau, lieu.code, lieu.nom)


def _common_epci(nom: str) -> str:
    """« communauté de communes… », « métropole… » for the names that are nouns; "" for « Bordeaux Métropole »."""
    return nom[0].lower() + nom[1:] if nom.startswith(("Communauté ", "Métropole ")) else ""

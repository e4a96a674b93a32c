"""What people write in tables, recognised: kinds, sectors, modes, places, addresses that name a person."""

import re

from rapidfuzz import fuzz, process

from portal.text import fold, stems
from structures.enums import Kind, Mode, NiveauLieu
from structures.lieux import Lieu, fold_place, resolve
from structures.models import Departement, Epci, Region, Secteur

NEAREST = 90  # of 100
SEPARATORS = re.compile(r"[;|\n]")
KIND_WORDS = {
    Kind.EI: ("entreprise insertion", "ei siae"),
    Kind.AI: ("association intermediaire", "ai siae"),
    Kind.ACI: (
        "atelier chantier insertion", "chantier insertion", "atelier insertion", "ateliers et chantiers insertion",
        "atelier et chantier d insertion", "ateliers et chantiers d insertion", "chantier d insertion",
    ),
    Kind.ETTI: ("entreprise travail temporaire insertion", "interim insertion", "agence interim insertion"),
    Kind.EITI: ("entreprise insertion travail independant", "entreprise d insertion par le travail independant"),
    Kind.GEIQ: ("groupement employeurs insertion qualification",),
    Kind.EA: ("entreprise adaptee", "entreprises adaptees", "atelier protege", "cdtd"),
    Kind.EATT: ("entreprise adaptee travail temporaire", "entreprise adaptee de travail temporaire", "ea tt"),
    Kind.ESAT: ("etablissement service aide travail", "etablissement et service d aide par le travail", "cat",
                "centre aide travail"),
    Kind.SEP: ("structure penitentiaire", "etablissement penitentiaire", "atelier penitentiaire", "prison"),
}  # fmt: skip
MODE_WORDS = {
    Mode.PRESTATION: ("prestation", "prestations", "service", "services", "presta"),
    Mode.MISE_A_DISPOSITION: ("mise a disposition", "mad", "mise a disposition de personnel", "interim", "placement"),
    Mode.FABRICATION: ("fabrication", "fabrication de biens", "production", "fabrication et vente de biens"),
}
LIST_WORDS = re.compile(r",| et ")  # « Lille, Caen et Orne »; looked for only where the whole names no place
NOTHING = {
    f"{no} {word}{e}" for no in ("non", "pas") for word in ("declare", "precise", "renseigne") for e in ("", "e")
}
NOTHING |= {"inconnu", "inconnue", "neant", "n a", "nc"}
FRANCE_WORDS = {"france", "france entiere", "toute la france", "national", "nationale", "territoire national"}
# An address that nobody bears as a name.
_FUNCTIONS = """
    accueil aci adherents admin administratif administration agence ai assistante asso association atelier dg
    ateliers bonjour boutique bureau chantier chantiers client clients com commande commandes commercial
    commerciale communication compta comptabilite contact contacts devis dir direction ea eatt ei eiti emploi
    entreprise equipe esat etablissement etti geiq gestion hello info information informations infos insertion
    interim mail mairie marches office pole postmaster production recrutement responsable rh secretaire
    secretariat service services siae siege site standard support travail vente ventes
"""
GENERIC = frozenset(_FUNCTIONS.split())


def kind_of(text: str) -> str | None:
    """« ACI », « Chantier d'insertion », « Ateliers et chantiers d'insertion (ACI) » → "ACI"; None when unknown."""
    words = fold(text)
    if not words:
        return None
    for word in [words.replace(" ", ""), *words.split()]:
        if word.upper() in Kind.values:
            return word.upper()
    return _KINDS.get(words) or _nearest(words, _KINDS)


def mode_of(text: str) -> str | None:
    words = fold(text)
    return _MODES.get(words) or _nearest(words, _MODES) if words else None


def looks_personal(address: str, *texts: str) -> bool:
    """Whether an e-mail address may bear the name of a person: nothing in it is a function, the structure's own name
    (`texts`) or its domain. The method is ours, and rather too careful than not enough."""
    local, _, domain = address.partition("@")
    known = GENERIC | {word for text in texts for word in fold(text).split()}
    own = fold(domain.rpartition(".")[0]).replace(" ", "")
    parts = [part for part in re.split(r"[^a-z]+", fold(local)) if len(part) > 1]
    whole = "".join(parts)
    own += "".join(fold(text).replace(" ", "") for text in texts)
    if not parts:
        return False  # « 2501@exemple.fr »
    return not any(part in known for part in parts) and not (len(whole) > 2 and whole in own)


class Secteurs:
    """Sectors by code, name or synonym; read once (one query)."""

    def __init__(self):
        self._by_name: dict[str, str] = {}
        self._by_stems: dict[frozenset[str], str] = {}
        rows = list(Secteur.objects.order_by("ordre", "pk").values_list("code", "nom", "synonymes", "parent"))
        # A code or a name wins over a synonym, a sector over the family of the same name.
        for code, nom, _, _ in sorted(rows, key=lambda row: row[3] is None):
            self._by_name.setdefault(fold(code), code)
            self._by_name.setdefault(fold(nom), code)
        for code, _, synonyms, _ in rows:
            for synonym in re.split(r"[,;|]", synonyms):
                if words := fold(synonym):
                    self._by_name.setdefault(words, code)
        for words, code in self._by_name.items():
            self._by_stems.setdefault(frozenset(stems(words)), code)

    def read(self, text: str) -> tuple[list[str], list[str]]:
        """The codes of the sectors written in one cell, and the words that name none."""
        codes: dict[str, None] = {}
        unknown: list[str] = []
        for part in filter(None, (part.strip() for part in SEPARATORS.split(text))):
            if code := self._one(part):
                codes[code] = None
                continue
            smaller = [each.strip() for each in part.split(",") if each.strip()]
            for each in smaller:
                found = self._one(each) if len(smaller) > 1 else None
                if found:
                    codes[found] = None
                else:
                    unknown.append(each)
        return list(codes), unknown

    def _one(self, text: str) -> str | None:
        words = fold(text)
        if not words:
            return None
        found = self._by_name.get(words) or self._by_stems.get(frozenset(stems(words)))
        return found or _nearest(words, self._by_name)


class Lieux:
    """Places written in cells: « France », « 14 », « Calvados ; Orne », « Caen ». Towns are looked up once each."""

    def __init__(self):
        self._known: dict[str, tuple[str, str] | None] = {}
        for niveau, model in (
            (NiveauLieu.EPCI, Epci), (NiveauLieu.REGION, Region), (NiveauLieu.DEPARTEMENT, Departement),
        ):  # fmt: skip
            for code, nom in model.objects.values_list("pk", "nom"):
                self._known[fold_place(nom)] = (niveau.value, code)
        for code in Departement.objects.values_list("pk", flat=True):
            self._known[code.lower()] = (NiveauLieu.DEPARTEMENT.value, code)
            self._known[code.lower().lstrip("0")] = (NiveauLieu.DEPARTEMENT.value, code)

    def read(self, text: str) -> tuple[list[tuple[str, str]], list[str]]:
        """The (niveau, code) places written in one cell, and the words that name none."""
        places: dict[tuple[str, str], None] = {}
        unknown: list[str] = []
        for part in filter(None, (part.strip() for part in SEPARATORS.split(text))):
            found = self._one(part)
            if fold(part) in NOTHING:
                continue
            several = [each.strip() for each in LIST_WORDS.split(part) if each.strip()] if not found else []
            if found:
                places[found] = None
            for each in several:
                place = self._one(each) if len(several) > 1 else None
                if place:
                    places[place] = None
                else:
                    unknown.append(each)
        return list(places), unknown

    def _one(self, text: str) -> tuple[str, str] | None:
        words = fold_place(text)
        if words in FRANCE_WORDS:
            return (NiveauLieu.FRANCE.value, "")
        if words not in self._known:
            lieu: Lieu | None = resolve(text).lieu if len(words) > 2 else None
            self._known[words] = (lieu.niveau.value, lieu.code) if lieu else None
        return self._known[words]


def _nearest(words: str, known: dict[str, str]) -> str | None:
    """What is nearly written so in `known`; short words are never guessed."""
    found = process.extractOne(words, list(known), scorer=fuzz.ratio, score_cutoff=NEAREST) if len(words) > 4 else None
    return known[found[0]] if found else None


def _table(words, labels) -> dict[str, str]:
    found = {fold(label): value for value, label in labels}
    return found | {fold(each): key.value for key, several in words.items() for each in several}


_KINDS = _table(KIND_WORDS, Kind.choices)
_MODES = _table(MODE_WORDS, Mode.choices)

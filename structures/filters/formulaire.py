"""The form of the directory, as plain values: criteria in groups, each choice with the number it would give."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from structures.directory.facettes import Facettes
from structures.enums import Kind, Mode
from structures.filters.annuaire import FAMILLES, MOIS, OUI, RESERVABLE, TITULAIRE, StructureFilter


@dataclass(frozen=True, slots=True)
class Choix:
    """`nombre` is None where choices are not counted."""

    nom: str
    valeur: str
    libelle: str
    actif: bool
    nombre: int | None = None


@dataclass(frozen=True, slots=True)
class Champ:
    """One criterion. `sorte`: cases, liste, nombre."""

    nom: str
    libelle: str
    sorte: str
    choix: list[Choix] = field(default_factory=list)
    valeur: str = ""
    erreur: str = ""
    least: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True)
class Groupe:
    titre: str
    champs: list[Champ]
    ouvert: bool


@dataclass(frozen=True)
class Formulaire:
    q: str
    ou: str
    rayon: Champ
    secteurs: list[Choix]  # those already chosen
    familles: list  # the others, by family
    groupes: list[Groupe]
    tri: str
    erreurs: dict[str, str]


def formulaire(annuaire: StructureFilter, facettes: Facettes) -> Formulaire:
    given, question, counts, wrong = annuaire.given, annuaire.question, facettes.choix, annuaire.ecartes()

    def boxes(nom: str, libelle: str, words: Iterable[tuple[str, str]]) -> Champ:
        counted = counts.get(nom)
        choix = [
            Choix(nom, value, said, value in given[nom], None if counted is None else counted.get(value, 0))
            for value, said in words
        ]
        return Champ(nom, libelle, "cases", choix, erreur=wrong.get(nom, ""))

    def yes(*names: str) -> Champ:
        choix = [Choix(nom, "1", OUI[nom], given[nom], counts[nom].get("1", 0)) for nom in names]
        return Champ("", "", "cases", choix, erreur=" ".join(wrong[nom] for nom in names if nom in wrong))

    def one(nom: str, words: Iterable[tuple[str, str]]) -> Champ:
        choix = [Choix(nom, value, said, value == given[nom], counts[nom].get(value, 0)) for value, said in words]
        return Champ(nom, annuaire.filters[nom].label, "liste", choix, erreur=wrong.get(nom, ""))

    def number(nom: str) -> Champ:
        form_field = annuaire.form.fields[nom]
        valeur = "" if given[nom] is None else str(given[nom])
        return Champ(nom, form_field.label, "nombre", [], valeur, wrong.get(nom, ""), form_field.least, form_field.most)

    def group(titre: str, *champs: Champ) -> Groupe:
        shown = [champ for champ in champs if champ.choix or champ.sorte == "nombre"]
        is_open = any(champ.valeur or champ.erreur or any(choix.actif for choix in champ.choix) for champ in shown)
        return Groupe(titre, shown, is_open)

    kinds = [(kind.value, f"{kind.label} ({kind.value})") for kind in Kind]
    return Formulaire(
        q=question.words,
        ou=annuaire.typed_places,
        rayon=number("rayon"),
        secteurs=[Choix("secteur", secteur.code, secteur.nom, True) for secteur in question.secteurs],
        familles=annuaire.filters["secteur"].extra["choices"],
        groupes=[
            group("Type de structure", boxes("kind", "Type de structure", kinds), one("famille", FAMILLES.items()),
                  one("reservable", RESERVABLE.items())),
            group("Mode de réponse", one("mode", Mode.choices), yes("mise_a_disposition")),
            group("Expérience des marchés publics", one("titulaire", TITULAIRE.items()), yes("a_cotraite", "formee")),
            group("Réseaux, labels et groupes", boxes("reseau", "Réseau", annuaire.reseaux.items()),
                  boxes("label", "Label", annuaire.labels.items()), yes("ges")),
            group("Taille et calendrier", number("capacite_min"), number("effectif_min"), number("effectif_max"),
                  boxes("mois", "Disponible (faible activité) en", MOIS.items())),
            group("Siège et fiche", yes("qpv", "zrr"), number("completude_min")),
        ],
        tri=question.tri,
        erreurs=wrong,
    )  # fmt: skip

"""Names of places inside a sentence: every département and every région."""

import csv
from pathlib import Path

import pytest

from structures import toponymes
from structures.toponymes import a, dans, de, tout, une_partie

DATA = Path(toponymes.__file__).parent / "data"
TOUT = """
01 tout l'Ain|02 toute l'Aisne|03 tout l'Allier|04 toutes les Alpes-de-Haute-Provence|05 toutes les Hautes-Alpes
06 toutes les Alpes-Maritimes|07 toute l'Ardèche|08 toutes les Ardennes|09 toute l'Ariège|10 toute l'Aube
11 toute l'Aude|12 tout l'Aveyron|13 toutes les Bouches-du-Rhône|14 tout le Calvados|15 tout le Cantal
16 toute la Charente|17 toute la Charente-Maritime|18 tout le Cher|19 toute la Corrèze|21 toute la Côte-d'Or
22 toutes les Côtes-d'Armor|23 toute la Creuse|24 toute la Dordogne|25 tout le Doubs|26 toute la Drôme
27 toute l'Eure|28 tout l'Eure-et-Loir|29 tout le Finistère|2A toute la Corse-du-Sud|2B toute la Haute-Corse
30 tout le Gard|31 toute la Haute-Garonne|32 tout le Gers|33 toute la Gironde|34 tout l'Hérault
35 toute l'Ille-et-Vilaine|36 tout l'Indre|37 tout l'Indre-et-Loire|38 toute l'Isère|39 tout le Jura
40 toutes les Landes|41 tout le Loir-et-Cher|42 toute la Loire|43 toute la Haute-Loire|44 toute la Loire-Atlantique
45 tout le Loiret|46 tout le Lot|47 tout le Lot-et-Garonne|48 toute la Lozère|49 tout le Maine-et-Loire
50 toute la Manche|51 toute la Marne|52 toute la Haute-Marne|53 toute la Mayenne|54 toute la Meurthe-et-Moselle
55 toute la Meuse|56 tout le Morbihan|57 toute la Moselle|58 toute la Nièvre|59 tout le Nord|60 toute l'Oise
61 toute l'Orne|62 tout le Pas-de-Calais|63 tout le Puy-de-Dôme|64 toutes les Pyrénées-Atlantiques
65 toutes les Hautes-Pyrénées|66 toutes les Pyrénées-Orientales|67 tout le Bas-Rhin|68 tout le Haut-Rhin
69 tout le Rhône|70 toute la Haute-Saône|71 toute la Saône-et-Loire|72 toute la Sarthe|73 toute la Savoie
74 toute la Haute-Savoie|75 tout Paris|76 toute la Seine-Maritime|77 toute la Seine-et-Marne|78 toutes les Yvelines
79 toutes les Deux-Sèvres|80 toute la Somme|81 tout le Tarn|82 tout le Tarn-et-Garonne|83 tout le Var
84 tout le Vaucluse|85 toute la Vendée|86 toute la Vienne|87 toute la Haute-Vienne|88 toutes les Vosges
89 toute l'Yonne|90 tout le Territoire de Belfort|91 toute l'Essonne|92 tous les Hauts-de-Seine
93 toute la Seine-Saint-Denis|94 tout le Val-de-Marne|95 tout le Val-d'Oise|971 toute la Guadeloupe
972 toute la Martinique|973 toute la Guyane|974 toute La Réunion|976 tout Mayotte
975 tout Saint-Pierre-et-Miquelon|977 tout Saint-Barthélemy|978 tout Saint-Martin|986 tout Wallis et Futuna
987 toute la Polynésie française|988 toute la Nouvelle-Calédonie
"""
TOUT_DEPARTEMENT = dict(item.split(" ", 1) for line in TOUT.split("\n") if line for item in line.split("|"))
REGIONS = {
    "01": ("toute la Guadeloupe", "de Guadeloupe"), "02": ("toute la Martinique", "de Martinique"),
    "03": ("toute la Guyane", "de Guyane"), "04": ("toute La Réunion", "de La Réunion"),
    "06": ("tout Mayotte", "de Mayotte"), "11": ("toute l'Île-de-France", "d'Île-de-France"),
    "24": ("tout le Centre-Val de Loire", "du Centre-Val de Loire"),
    "27": ("toute la Bourgogne-Franche-Comté", "de Bourgogne-Franche-Comté"),
    "28": ("toute la Normandie", "de Normandie"), "32": ("tous les Hauts-de-France", "des Hauts-de-France"),
    "44": ("tout le Grand Est", "du Grand Est"), "52": ("tous les Pays de la Loire", "des Pays de la Loire"),
    "53": ("toute la Bretagne", "de Bretagne"), "75": ("toute la Nouvelle-Aquitaine", "de Nouvelle-Aquitaine"),
    "76": ("toute l'Occitanie", "d'Occitanie"),
    "84": ("toute l'Auvergne-Rhône-Alpes", "d'Auvergne-Rhône-Alpes"),
    "93": ("toute la Provence-Alpes-Côte d'Azur", "de Provence-Alpes-Côte d'Azur"),
    "94": ("toute la Corse", "de Corse"),
    "975": ("tout Saint-Pierre-et-Miquelon", "de Saint-Pierre-et-Miquelon"),
    "977": ("tout Saint-Barthélemy", "de Saint-Barthélemy"), "978": ("tout Saint-Martin", "de Saint-Martin"),
    "986": ("tout Wallis et Futuna", "de Wallis et Futuna"),
    "987": ("toute la Polynésie française", "de Polynésie française"),
    "988": ("toute la Nouvelle-Calédonie", "de Nouvelle-Calédonie"),
}  # fmt: skip


def read(name):
    with (DATA / name).open(encoding="utf-8") as lines:
        return {line["code"]: line["nom"] for line in csv.DictReader(lines)}


DEPARTEMENTS = read("departements.csv")
# « tout le » → « du », as French contracts it.
CONTRACTED = {"tout le ": "du ", "tous les ": "des ", "toutes les ": "des "}


def test_all_of_them_are_in_the_tables():
    assert len(DEPARTEMENTS) == 101 + 6
    assert TOUT_DEPARTEMENT.keys() == DEPARTEMENTS.keys()
    assert REGIONS.keys() == read("regions.csv").keys()


@pytest.mark.parametrize("code", DEPARTEMENTS)
def test_departement(code):
    nom, said = DEPARTEMENTS[code], TOUT_DEPARTEMENT[code]
    assert tout("departement", code, nom) == said
    start = next((start for start in CONTRACTED if said.startswith(start)), None)
    of = CONTRACTED[start] + nom if start else "de " + said.removeprefix("toute ").removeprefix("tout ")
    assert de("departement", code, nom) == of
    assert une_partie("departement", code, nom) == f"une partie {of}"
    inside = dans("departement", code, nom)
    if code in {"75", "974", "975", "976", "977", "978", "986"}:
        assert inside == f"à {nom}"
    elif code in {"2A", "2B", "971", "972", "973", "987", "988"}:
        assert inside == f"en {nom}"
    else:
        assert inside == f"dans {said.split(' ', 1)[1]}"


@pytest.mark.parametrize("code", REGIONS)
def test_region(code):
    nom = read("regions.csv")[code]
    assert (tout("region", code, nom), de("region", code, nom)) == REGIONS[code]
    assert dans("region", code, nom).endswith(nom)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (de("commune", "27229", "Évreux"), "d'Évreux"),
        (de("commune", "76351", "Le Havre"), "du Havre"),
        (de("france", "", "France"), "de France"),
        (tout("france", "", "France"), "toute la France"),
        (une_partie("france", "", "France"), "une partie de la France"),
        (tout("epci", "1", "Communauté de communes du Créonnais"), "toute la communauté de communes du Créonnais"),
        (tout("epci", "1", "Bordeaux Métropole"), "Bordeaux Métropole"),
        (de("epci", "1", "Métropole de Lyon"), "de la métropole de Lyon"),
        (de("epci", "1", "Bordeaux Métropole"), "de Bordeaux Métropole"),
        (dans("epci", "1", "Métropole de Lyon"), "dans la métropole de Lyon"),
        (dans("commune", "1", "Les Ulis"), "aux Ulis"),
        (dans("france", "", ""), "en France"),
        (a("Le Mans"), "au Mans"),
        (tout("departement", "99", "Inconnu"), "tout Inconnu"),
        (tout("region", "99", "Inconnue"), "toute la région Inconnue"),
    ],
)
def test_other_places(said, expected):
    assert said == expected

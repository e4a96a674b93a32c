"""Lots recovered from published titles as platforms and buyers write them; the original text is another column."""

import pytest

from marches.rules import read_titre
from marches.rules.objets import clean_text

GYM = "Réhabilitation du gymnase"
TITRES = [  # published text, number, subject, common title
    (f"{GYM} - Lot II : Charpente", "II", "Charpente", GYM),
    (f"{GYM} - LOT XIV Peinture", "XIV", "Peinture", GYM),
    (f"{GYM} : Lot V : Sols", "V", "Sols", GYM),
    ("Lot vi des travaux du gymnase", "", "Lot vi des travaux du gymnase", ""),
    (f"{GYM} - Lot n°1bis : Curage", "1BIS", "Curage", GYM),
    (f"{GYM} - LOT 4 BIS : Zinguerie", "4BIS", "Zinguerie", GYM),
    (f"{GYM}_LOT01_GROS OEUVRE", "1", "GROS OEUVRE", GYM),
    (f"{GYM}_Lot 12_Plomberie_Sanitaire", "12", "Plomberie_Sanitaire", GYM),
    (f"{GYM} - LOT.10-ELECTRICITE", "10", "ELECTRICITE", GYM),
    ("LOT.2 PLAN D'EAU", "2", "PLAN D'EAU", ""),
    (f"{GYM} Lot :08 paillasses", "8", "paillasses", GYM),
    (f"{GYM} (lot :2 Vestiaires)", "2", "Vestiaires", GYM),
    ("Achat d'un lot : 2 véhicules", "", "Achat d'un lot : 2 véhicules", ""),
    (f"{GYM} LOT 01GROS OEUVRE", "1", "GROS OEUVRE", GYM),
    ("LOT 1VRD ZONE ARTISANALE", "1", "VRD ZONE ARTISANALE", ""),
    (f"{GYM}-Lot C01 Cloisons", "C01", "Cloisons", GYM),
    ("Abords du lot K1 (collège)", "", "Abords du lot K1 (collège)", ""),
    # Characters lost in a transfer: kept as they are, the number is read all the same.
    ("R\ufffdfection du gymnase - Lot n\ufffd3 Ma\ufffdonnerie", "3", "Ma\ufffdonnerie", "R\ufffdfection du gymnase"),
    ("R\ufffdfection du gymnase LOT N\ufffd 4", "4", "R\ufffdfection du gymnase", "R\ufffdfection du gymnase"),
    ("March\ufffd HM lot n\ufffd73 r\ufffdgion Sud", "73", "r\ufffdgion Sud", ""),
    ("Abords de l'\ufffdlot 26 C", "", "Abords de l'\ufffdlot 26 C", ""),
    # Several lots in one record.
    ("Achat de papier numérique - lots 1 et 2", "1 et 2", None, "Achat de papier numérique"),
    ("ACHAT DE CARBURANT - LOTS 1 ET 2", "1 et 2", None, "ACHAT DE CARBURANT"),
    ("Équipements de sport Lots 1 à 4", "1 à 4", None, "Équipements de sport"),
    ("Cuisine du groupe scolaire (lots n° 5, 17a et 17b).", "5, 17a et 17b", None, "Cuisine du groupe scolaire"),
    ("Espaces verts (lots 1, 2, 3, 4, 5, 6, 7, 8, 9 et 10)", "", None, ""),
    ("Camions RENAULT (lots 1 et 2) et de marques diverses (lots 6 et 7)", "", None, ""),
    ("Équipements de sport Lots 1 \ufffd 4", "", None, ""),
    # Lots that are only spoken of.
    (f"{GYM} - Relance des lots 3 et 8", "", None, ""),
    (f"{GYM}. Cet avis concerne les lots n°11: Plomberie et lot n° 12 : Électricité", "", None, ""),
    (f"{GYM} - Lots 3,8,9 relancés Lot 8 : Carrelage", "8", "Carrelage", f"{GYM} - Lots 3,8,9 relancés"),
    ("Travaux de voirie, allotissement géographique", "", None, ""),
    ("Viabilisation du lotissement 12", "", None, ""),
    ("Entretien du patrimoine, marché alloti en 6 lots", "", None, ""),
    ("Voirie du département du Lot 2019", "", None, ""),
    ("Travaux à Villeneuve sur Lot 2024", "", None, ""),
    # Tags of a web page.
    (f"{GYM}<br />Lot 3 : Vestiaires<br/>", "3", "Vestiaires", GYM),
]


@pytest.mark.parametrize(("text", "numero", "objet", "commun"), TITRES)
def test_read_titre(text, numero, objet, commun):
    found = read_titre(text)
    assert (found.numero, found.objet, found.commun) == (numero, text if objet is None else objet, commun)
    assert len(found.numero) <= 20


@pytest.mark.parametrize("text", ["lots " + "1, " * 5_000 + "x", "lot " * 5_000, "<br" * 5_000, "Lot " + "X" * 5_000])
def test_long_texts_are_read_at_once(text):
    read_titre(text)  # no regular expression that loops: the suite would hang


def test_text_is_given_back_without_tags_nor_broken_entities():
    assert clean_text("A<br />B et#8211, C &amp; D <b>E</b> 5 < 6") == "A B – C & D E 5 < 6"

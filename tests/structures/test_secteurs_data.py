"""Contrôle du fichier structures/data/secteurs.csv : ni base, ni dépendance extérieure."""

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest

FICHIER = Path(__file__).resolve().parents[2] / "structures" / "data" / "secteurs.csv"
COLONNES = [
    "code",
    "nom",
    "parent",
    "cpv",
    "naf",
    "rome",
    "part_main_oeuvre",
    "source_part",
    "synonymes",
    "mode_usuel",
]
MODES = {"prestation", "fabrication", "mise_a_disposition", ""}
FORMES = {
    "cpv": re.compile(r"\d{2,8}"),
    "naf": re.compile(r"\d{2,4}|\d{4}[A-Z]"),
    "rome": re.compile(r"[A-N]\d{0,4}"),
}
# Ces codes décrivent le statut de la structure (insertion, ESAT, intérim, collectivité…), pas son métier.
NAF_MUETS = [
    "8899B", "9499Z", "8810C", "7820Z", "7830Z", "7810Z", "7010Z",
    "8411Z", "8413Z", "8790A", "8790B", "8299Z", "8899A", "9609Z",
]  # fmt: skip


def lire():
    with FICHIER.open(encoding="utf-8", newline="") as fichier:
        return list(csv.DictReader(fichier, delimiter=";"))


SECTEURS = lire()
CODES = [s["code"] for s in SECTEURS]


def index(colonne):
    return {prefixe: s["code"] for s in SECTEURS for prefixe in s[colonne].split()}


def secteur_de(colonne, code):
    """Le plus long préfixe l'emporte."""
    prefixes = index(colonne)
    return next((prefixes[code[:n]] for n in range(len(code), 0, -1) if code[:n] in prefixes), None)


def test_entete_et_encodage():
    brut = FICHIER.read_bytes()
    assert not brut.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in brut
    texte = brut.decode("utf-8")
    assert texte.splitlines()[0] == ";".join(COLONNES)
    assert texte.endswith("\n")
    assert all(not re.search(r"[\u200b\ufeff\ufffd\t]", ligne) for ligne in texte.splitlines())
    assert all(None not in s and None not in s.values() for s in SECTEURS)


def test_codes_uniques_et_lisibles():
    assert len(set(CODES)) == len(CODES)
    mot = r"[a-z0-9]+(?:-[a-z0-9]+)*"
    assert [c for c in CODES if not re.fullmatch(rf"{mot}(?:\.{mot})?", c)] == []


def test_deux_niveaux_parent_avant_enfant():
    vus = set()
    for s in SECTEURS:
        attendu = s["code"].rpartition(".")[0]
        assert s["parent"] == attendu, s["code"]
        assert s["parent"] == "" or s["parent"] in vus, s["code"]
        if not s["parent"]:
            vus.add(s["code"])


def test_chaque_premier_niveau_a_cinq_a_dix_enfants():
    for code in (s["code"] for s in SECTEURS if not s["parent"]):
        assert 5 <= sum(s["parent"] == code for s in SECTEURS) <= 10, code


def test_noms_uniques_et_courts():
    noms = [s["nom"].casefold() for s in SECTEURS]
    assert len(set(noms)) == len(noms)
    assert [s["nom"] for s in SECTEURS if not 3 <= len(s["nom"]) <= 60] == []


@pytest.mark.parametrize("colonne", ["cpv", "naf", "rome"])
def test_prefixes_bien_formes_et_sans_doublon(colonne):
    prefixes = [p for s in SECTEURS for p in s[colonne].split()]
    assert prefixes
    assert [p for p in prefixes if not FORMES[colonne].fullmatch(p)] == []
    assert sorted(p for p in set(prefixes) if prefixes.count(p) > 1) == []
    if colonne == "cpv":
        # « 450 » et « 45 » désigneraient la même division une fois les zéros de droite retirés
        courts = {}
        for p in prefixes:
            courts.setdefault(p[:2] + p[2:].rstrip("0"), set()).add(p)
        assert [v for v in courts.values() if len(v) > 1] == []


@pytest.mark.parametrize("code", NAF_MUETS)
def test_naf_de_statut_sans_secteur(code):
    assert secteur_de("naf", code) is None


def test_part_entre_0_et_1_et_sourcee():
    for s in SECTEURS:
        if s["part_main_oeuvre"]:
            assert 0 < Decimal(s["part_main_oeuvre"]) <= 1, s["code"]
        assert bool(s["part_main_oeuvre"]) == bool(s["source_part"]), s["code"]


def test_synonymes():
    for s in SECTEURS:
        mots = s["synonymes"].split(",") if s["synonymes"] else []
        assert mots or not s["parent"], s["code"]
        assert all(m and m == m.strip() for m in mots), s["code"]
        assert len(set(mots)) == len(mots), s["code"]


def test_modes_connus():
    assert {s["mode_usuel"] for s in SECTEURS} <= MODES


def test_pas_d_espace_superflue():
    for s in SECTEURS:
        for colonne, valeur in s.items():
            assert valeur == valeur.strip(), (s["code"], colonne)
            assert "  " not in valeur, (s["code"], colonne)


@pytest.mark.parametrize(
    ("colonne", "code", "attendu"),
    [
        ("cpv", "77310000", "espaces-verts.entretien"),
        ("cpv", "45112710", "espaces-verts.creation"),
        ("cpv", "45442100", "second-oeuvre.peinture"),
        ("cpv", "45262522", "gros-oeuvre.maconnerie"),
        ("cpv", "90919300", "proprete.ecoles"),
        ("cpv", "90511400", "dechets.papiers-cartons"),
        ("cpv", "72254000", "numerique.tests"),
        ("cpv", "72312000", "administratif.saisie"),
        ("cpv", "55523100", "restauration.scolaire"),
        ("cpv", "66510000", "etudes.assurance"),
        ("cpv", "45000000", "gros-oeuvre"),
        ("cpv", "98000000", None),
        ("naf", "8130Z", "espaces-verts.entretien"),
        ("naf", "8121Z", "proprete.bureaux"),
        ("naf", "3832Z", "dechets.tri"),
        ("rome", "A1203", "espaces-verts.entretien"),
        ("rome", "K2204", "proprete.bureaux"),
        ("rome", "H2913", "industrie.soudure"),
    ],
)
def test_reconnaissance_par_plus_long_prefixe(colonne, code, attendu):
    assert secteur_de(colonne, code) == attendu


@pytest.mark.parametrize(
    ("mot", "code"),
    [
        ("astem", "renfort.atsem"),
        ("cantine", "restauration.scolaire"),
        ("services techniques", "renfort.services-techniques"),
        ("cagette", "dechets.papiers-cartons"),
        ("calendrier", "communication.distribution"),
        ("recette", "numerique.tests"),
        ("soudeur", "industrie.soudure"),
        ("manœuvre", "gros-oeuvre.aide-chantier"),
        ("conducteur d'engin", "travaux-publics.terrassement"),
        ("pose de revêtement", "second-oeuvre.sols"),
        ("plantation", "espaces-verts.plantation"),
        ("comptabilité", "formation.support"),
        ("travaux", "gros-oeuvre"),
        ("nettoyer", "proprete.bureaux"),
        ("paysagiste", "espaces-verts.creation"),
    ],
)
def test_mots_des_acheteurs(mot, code):
    synonymes = {s["code"]: s["synonymes"].split(",") for s in SECTEURS}
    assert mot in synonymes[code]

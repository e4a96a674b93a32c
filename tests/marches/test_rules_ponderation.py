"""What criteria weigh: typed, published, added up; golden legal cases of R. 2152-11 and R. 2152-12."""

from datetime import date
from decimal import Decimal

import pytest

from marches.enums import CriteresAttribution, GenreCritere, UnitePonderation
from marches.rules import ponderation as p
from marches.rules.ponderation import Critere, CriterePublie, Grille, grille_of, grille_publiee, lire_grille
from tests.marches.cas_juridiques import (
    CONCESSION,
    DEFENSE,
    EN_2018,
    EN_2026,
    INFO,
    MARCHE,
    OK,
    PARTENARIAT,
    PRIVE,
    WARN,
    Cas,
)

D = Decimal
PRIX, COUT, QUALITE = GenreCritere.PRIX, GenreCritere.COUT, GenreCritere.QUALITE
POURCENTAGE, POINTS = UnitePonderation.POURCENTAGE, UnitePonderation.POINTS
ORDRE, INCONNUE = UnitePonderation.ORDRE, UnitePonderation.INCONNUE
DERNIER, PREMIER = date(2019, 3, 31), date(2019, 4, 1)  # of the décret of 2016; of the Code


def grille(*poids, unite=POURCENTAGE):
    rows = [Critere(f"Critère {rang}", QUALITE, None if each is None else D(each)) for rang, each in enumerate(poids)]
    return Grille(unite, tuple(rows))


def pese(*poids, procedure="Appel d'offres ouvert", nature=MARCHE, on=EN_2026, publiee=False, unite=POURCENTAGE):
    return p.ponderation(grille(*poids, unite=unite), procedure, nature, on, publiee)


def fait(*poids, nature=MARCHE, on=EN_2026, publiee=False, unite=POURCENTAGE):
    return p.somme(grille(*poids, unite=unite), nature, on, publiee)


def concorde(annonces, *genres, nature=MARCHE):
    rows = tuple(Critere(f"Critère {rang}", genre) for rang, genre in enumerate(genres))
    return p.criteres_concordants(Grille(ORDRE, rows) if rows else None, annonces, nature, EN_2026)


FOURCHETTE = Grille(POURCENTAGE, (Critere("Prix", PRIX, D(40), D(60)), Critere("Qualité", QUALITE, D(50))))
MILIEU = Grille(POURCENTAGE, (Critere("Prix", PRIX, D(40), milieu=True), Critere("Qualité", QUALITE, D(50))))
COURTE = Grille(POURCENTAGE, (Critere("Prix", PRIX, D(30), D(40)), Critere("Qualité", QUALITE, D(50))))
CAS = [
    # Weighted, in a formal procedure
    Cas("R. 2152-12", "tous pondérés", lambda: pese(60, 40), OK),
    Cas("R. 2152-12", "en points", lambda: pese(60, 30, unite=POINTS), OK),
    Cas("R. 2152-12", "ordre d'importance", lambda: pese(None, None, unite=ORDRE), WARN, "classés sans être pondérés"),
    Cas("R. 2152-12", "un poids manque", lambda: pese(60, None), WARN, "Un critère n'a pas de poids"),
    Cas("R. 2152-12", "deux manquent", lambda: pese(60, None, None), WARN, "2 critères"),
    Cas("R. 2152-12", "un seul critère", lambda: pese(None, unite=ORDRE), OK),
    Cas("R. 2152-12", "dialogue", lambda: pese(None, None, procedure="Dialogue compétitif", unite=ORDRE), WARN),
    Cas("R. 2152-12", "négociation", lambda: pese(1, None, procedure="Procédure avec négociation"), WARN),
    Cas("R. 2152-12", "restreint", lambda: pese(1, None, procedure="Appel d'offres restreint"), WARN),
    Cas("R. 2152-12", "partenariat", lambda: pese(None, None, nature=PARTENARIAT, unite=ORDRE), WARN),
    Cas("", "procédure adaptée", lambda: pese(None, None, procedure="Procédure adaptée", unite=ORDRE), OK),
    Cas("", "sans publicité", lambda: pese(1, None, procedure="Sans publicité ni mise en concurrence"), OK),
    Cas("", "procédure inconnue", lambda: pese(None, None, procedure="", unite=ORDRE), OK),
    Cas("", "concession", lambda: pese(None, None, nature=CONCESSION, unite=ORDRE), OK),
    Cas("", "défense", lambda: pese(None, None, nature=DEFENSE, unite=ORDRE), OK),
    Cas("", "contrat privé", lambda: pese(None, None, nature=PRIVE, unite=ORDRE), OK),
    Cas("2016-360", "décret, dernier jour", lambda: pese(None, None, on=DERNIER, unite=ORDRE), WARN, "classés"),
    Cas("R. 2152-12", "code, premier jour", lambda: pese(None, None, on=PREMIER, unite=ORDRE), WARN, "classés"),
    Cas("2016-360", "en 2018", lambda: pese(60, None, on=EN_2018), WARN),
    Cas("", "avant le décret", lambda: pese(60, None, on=date(2016, 3, 31)), OK),
    Cas("R. 2152-11", "avis sans poids", lambda: pese(None, None, publiee=True, unite=INCONNUE), INFO, "avis"),
    Cas("2016-360", "avis de 2018", lambda: pese(None, None, on=EN_2018, publiee=True, unite=INCONNUE), INFO),
    Cas("", "critères inconnus", lambda: p.ponderation(None, "Appel d'offres ouvert", MARCHE, EN_2026), OK),
    # Added up
    Cas("R. 2152-11", "100 %", lambda: fait("33.33", "33.33", "33.34"), OK),
    Cas("R. 2152-11", "95 %", lambda: fait(60, 35), WARN, "il manque 5\u00a0points"),
    Cas("R. 2152-11", "99,5 %", lambda: fait(60, "39.5"), WARN, "il manque 0,5\u00a0point pour"),
    Cas("R. 2152-11", "130 %", lambda: fait(60, 70), WARN, "il y a 30\u00a0points de trop"),
    Cas("R. 2152-11", "sous-critères d'un avis", lambda: fait(60, 60, 40, 40, publiee=True), INFO, "200\u00a0%"),
    Cas("", "points", lambda: fait(60, 70, unite=POINTS), OK),
    Cas("", "un poids manque", lambda: fait(60, None), OK),
    Cas("", "concession, 95 %", lambda: fait(60, 35, nature=CONCESSION), OK),
    Cas("R. 2152-12", "une fourchette qui atteint 100", lambda: p.somme(FOURCHETTE, MARCHE, EN_2026), OK),
    Cas("R. 2152-11", "une fourchette trop courte", lambda: p.somme(COURTE, MARCHE, EN_2026), WARN, "de 80 à 90"),
    Cas("", "le milieu d'une fourchette ne dit rien", lambda: p.somme(MILIEU, MARCHE, EN_2026), OK),
    # Beside what the contract announces
    Cas("R. 2152-7", "prix seul, prix", lambda: concorde(CriteresAttribution.PRIX, PRIX), OK),
    Cas("R. 2152-7", "prix, deux", lambda: concorde(CriteresAttribution.PRIX, PRIX, QUALITE), WARN, "le prix seul"),
    Cas("R. 2152-7", "coût seul, prix", lambda: concorde(CriteresAttribution.COUT, PRIX), WARN, "un seul critère"),
    Cas("R. 2152-7", "coût seul, coût", lambda: concorde(CriteresAttribution.COUT, COUT), OK),
    Cas("R. 2152-7", "plusieurs, un seul", lambda: concorde(CriteresAttribution.PLUSIEURS, PRIX), WARN, "plusieurs"),
    Cas("R. 2152-7", "plusieurs, deux", lambda: concorde(CriteresAttribution.PLUSIEURS, PRIX, QUALITE), OK),
    Cas("", "rien d'annoncé", lambda: concorde("", PRIX), OK),
    Cas("", "concession", lambda: concorde(CriteresAttribution.PRIX, QUALITE, nature=CONCESSION), OK),
]  # fmt: skip


@pytest.mark.parametrize("cas", CAS, ids=str)
def test_golden_cases(cas):
    cas.check()


@pytest.mark.parametrize(
    ("typed", "unite", "expected"),
    [
        ("Prix : 40 %\nValeur technique : 60 %", POURCENTAGE,
         [("Prix", PRIX, "40"), ("Valeur technique", QUALITE, "60")]),
        ("- Coût global (45 %)\n- Insertion professionnelle – 15,5 %", POURCENTAGE,
         [("Coût global", COUT, "45"), ("Insertion professionnelle", QUALITE, "15.5")]),
        ("1. Prix des prestations 60 points\n2. RSE 2030 40 pts", POINTS,
         [("Prix des prestations", PRIX, "60"), ("RSE 2030", QUALITE, "40")]),
        ("Valeur technique\n\n  Prix  ", ORDRE, [("Valeur technique", QUALITE, None), ("Prix", PRIX, None)]),
        ("Prix : 40 %\nDélai", POURCENTAGE, [("Prix", PRIX, "40"), ("Délai", QUALITE, None)]),
    ],
)  # fmt: skip
def test_lines_are_read(typed, unite, expected):
    found, faults = lire_grille(typed)
    assert faults == []
    assert found.unite == unite
    assert [(c.nom, c.genre, None if c.poids is None else str(c.poids)) for c in found.criteres] == expected
    again, _ = lire_grille("\n".join(found.lignes))  # what is shown is what one may type
    assert again == found
    assert grille_of(found.en_json) == found


@pytest.mark.parametrize("typed", ["Prix : 30 à 40 %", "Prix : 30 % à 40 %", "Prix (30-40 %)", "Prix : 30 – 40 %"])
def test_a_range_is_read(typed):
    found, faults = lire_grille(typed)
    (critere,) = found.criteres
    assert (critere.nom, critere.poids, critere.jusque, faults) == ("Prix", D(30), D(40), [])
    assert found.lignes == ["Prix\u00a0: 30 à 40\u00a0%"]


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("Prix : 40", "écrivez l'unité"),
        ("Prix (40)", "écrivez l'unité"),
        (": 40 %", "il manque le nom"),
        ("Prix : 140 %", "ne dépasse pas 100"),
        ("Prix : 0 %", "supérieur à 0"),
        ("Prix : 60 à 40 %", "du plus petit au plus grand"),
        ("Prix : 40 %\nprix : 60 %", "déjà donné"),
        ("Prix : 40 %\nQualité : 60 points", "choisissez l'un ou l'autre"),
        ("Qualité " + "très " * 200 + ": 40 %", "400 caractères"),
        ("\n".join(f"Critère {rang}" for rang in range(31)), "30 critères au plus"),
    ],
)
def test_what_is_wrong_is_said(typed, fault):
    found, faults = lire_grille(typed)
    assert found is None
    assert any(fault in said for said in faults), faults


@pytest.mark.parametrize("typed", ["", "\n \n", "\u00a0"])
def test_nothing_typed_is_nothing(typed):
    assert lire_grille(typed) == (None, [])


def test_a_long_line_costs_little():
    found, faults = lire_grille("Prix : " + ": 4 " * 3_500 + "% x")
    assert found is None
    assert faults


@pytest.mark.parametrize(
    ("rows", "unite", "poids"),
    [
        ([("", "price", "40", "per-exa"), ("Qualité", "quality", "60", "per-exa")], POURCENTAGE, ["40", "60"]),
        ([("", "price", "0.4", "dec-exa"), ("Qualité", "quality", "0.6", "dec-exa")], POURCENTAGE, ["40", "60"]),
        ([("", "price", "45", "dec-exa"), ("Qualité", "quality", "55", "dec-exa")], POURCENTAGE, ["45", "55"]),
        ([("", "price", "45", "dec-exa"), ("Qualité", "quality", "60", "dec-exa")], POINTS, ["45", "60"]),
        ([("", "price", "50", "poi-exa"), ("Qualité", "quality", "50", "poi-exa")], POINTS, ["50", "50"]),
        ([("", "price", "2", "ord-imp"), ("Qualité", "quality", "1", "ord-imp")], ORDRE, [None, None]),
        ([("", "price", "1", "ord-imp"), ("Qualité", "quality", "1", "ord-imp")], INCONNUE, [None, None]),
        ([("", "price", "40", ""), ("Qualité", "quality", "60 ", "")], POURCENTAGE, ["40", "60"]),
        ([("", "price", "40 %", ""), ("Qualité", "quality", "55 %", "")], POURCENTAGE, ["40", "55"]),
        ([("", "price", "30", ""), ("Qualité", "quality", "40", "")], POINTS, ["30", "40"]),
        ([("", "price", "30 points", ""), ("Qualité", "quality", "70 points", "")], POINTS, ["30", "70"]),
        ([("", "price", "Voir le règlement", ""), ("Qualité", "quality", "", "")], INCONNUE, [None, None]),
        ([("", "price", "40", "per-exa"), ("Qualité", "quality", "60", "poi-exa")], INCONNUE, [None, None]),
        ([("", "price", "0", "per-exa"), ("Qualité", "quality", "100", "per-exa")], POURCENTAGE, [None, "100"]),
    ],
)
def test_published_weights(rows, unite, poids):
    found = grille_publiee(CriterePublie(*row) for row in rows)
    assert found.unite == unite
    assert [None if c.poids is None else str(c.poids) for c in found.criteres] == poids
    assert grille_of(found.en_json) == found


def test_an_order_of_importance_is_put_in_order():
    found = grille_publiee(
        [CriterePublie("Délai", "quality", "2", "ord-imp"), CriterePublie("", "price", "1", "ord-imp")]
    )
    assert [critere.nom for critere in found.criteres] == ["Prix", "Délai"]


def test_the_middle_of_a_range_is_said():
    (said,) = grille_publiee([CriterePublie("Délai", "quality", "45", "per-mid")]).lignes
    assert said == "Délai\u00a0: 45\u00a0% (milieu d'une fourchette)"


@pytest.mark.parametrize("rows", [[], [("", "", "", "")], [("", "quality", "40", "per-exa")]])
def test_criteria_without_a_name_are_none(rows):
    assert grille_publiee(CriterePublie(*row) for row in rows) is None


def test_names_too_long_are_cut():
    (critere,) = grille_publiee([CriterePublie("x" * 900, "quality")]).criteres
    assert len(critere.nom) == 400
    assert critere.nom.endswith("…")


@pytest.mark.parametrize(
    ("procedure", "formelle"),
    [
        ("Appel d'offres ouvert", True), ("Appel d’offres restreint", True), ("Procédure avec négociation", True),
        ("Dialogue compétitif", True), ("Procédure adaptée", False), ("", None), ("Concours", None),
        ("Marché passé sans publicité ni mise en concurrence préalable", False),
        ("Procédure négociée avec mise en concurrence préalable", True),
    ],
)  # fmt: skip
def test_formal_procedures(procedure, formelle):
    assert p.est_formalisee(procedure) is formelle

"""The question asked of the directory: words, criteria, order; what the reader is told of each."""

from dataclasses import fields
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from marches.enums import Reservation
from marches.rules import may_answer
from portal.verdict import Niveau
from structures.directory import (
    Question,
    activities,
    criteres,
    order_explained,
    search,
    search_corrected,
)  # fmt: skip
from structures.directory.spelling import vocabulary, word_of
from structures.enums import Kind, Mode
from structures.lieux import from_parametre
from structures.models import GroupeEconomique, Label, Structure
from structures.rules import FAMILLES, kinds_reservables, reservable, reservable_q
from structures.search_index import reindex
from tests.factories import make_activite, make_reseau, make_secteur, make_structure
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)


@pytest.fixture
def country(db):
    return make_country()


def names(question, corrected=False):
    found = (search_corrected if corrected else search)(Structure.objects.listed(), question)
    return None if found is None else [structure.nom for structure in found]


def settle(nom, commune=None, **given):
    place = {"commune": commune, "departement": commune.departement, "ville": commune.nom,
             "latitude": commune.latitude, "longitude": commune.longitude} if commune else {}  # fmt: skip
    structure = make_structure(nom=nom, **place | given)
    reindex([structure.pk])
    return structure


# Words --------------------------------------------------------------------------------------------------------------
@pytest.fixture
def worded(country):
    structure = settle(
        "L'Étape du Cœur", country.caen, enseigne="Ateliers Réunis", description="Nous blanchissons le linge à façon."
    )
    make_activite(structure=structure, secteur=country.proprete, precision="vitrerie en hauteur")
    structure.offres.create(nom="Paniers de légumes", description="livrés chaque vendredi")
    structure.references.create(client="Mairie de Bayeux", objet="entretien des écoles")
    structure.reseaux.add(make_reseau(nom="Fédération Horizon"))
    label = Label.objects.create(code="essai-rse", nom="Qualité Sociale", presentation="…")
    structure.labels.create(label=label)
    reindex([structure.pk])
    settle("Autre", country.evreux)
    return structure


@pytest.mark.parametrize(
    "words",
    [
        "etape coeur", "L'ÉTAPE DU CŒUR", "l’étape", "ateliers", "atelier reuni", "blanchir linge", "caen", "calvados",
        "panier legume", "vendredi", "bayeux", "écoles", "horizon", "qualité sociale", "vitrerie", "propreté",
        "entreprises d'insertion caen",
    ],
)  # fmt: skip
def test_every_part_of_a_card_is_searched(worded, words):
    assert names(Question(words=words)) == ["L'Étape du Cœur"]


@pytest.mark.parametrize("words", ["", "   ", "le la les", "d'une", "?!", "\x00"])
def test_words_without_meaning_show_everything(worded, words):
    assert len(names(Question(words=words))) == 2


def test_a_number_with_spaces_finds_its_structure(worded):
    siret = worded.organisation.identifiant
    assert names(Question(words=f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}")) == [worded.nom]
    assert names(Question(words=f" {siret[:3]} {siret[3:6]} {siret[6:9]} ")) == [worded.nom]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("propretee", {"propretee": "propreté"}),  # a sector
        ("atteliers", {"atteliers": "ateliers"}),  # a name
        ("Bayeu", {"bayeu": "bayeux"}),  # a reference
        ("panniers caen", {"panniers": "paniers"}),  # an offer
    ],
)
def test_a_mistyped_word_is_corrected_with_a_real_word(worded, typed, said):
    cache.clear()
    question = Question(words=typed)
    assert names(question) == []
    assert names(question, corrected=True) == ["L'Étape du Cœur"]
    assert question.corrected == said


def test_words_that_are_known_or_far_from_any_are_not_corrected(worded):
    cache.clear()
    assert names(Question(words="horizon blanchir"), corrected=True) is None
    assert names(Question(words="xylophone"), corrected=True) is None
    assert names(Question(words="123 456 789"), corrected=True) is None
    assert "horizon" in vocabulary()
    assert word_of("zzz") == "zzz"


# Criteria ------------------------------------------------------------------------------------------------------------
def test_each_criterion_keeps_who_it_says(country):
    reseau = make_reseau(slug="horizon")
    label = Label.objects.create(code="rse", nom="RSE", presentation="…")
    yes = settle(
        "Oui", country.caen, kind=Kind.ESAT, capacite=40, effectif=30, mois_creux=0b1100, formes_commande_publique=2,
        siege_qpv=True, siege_zrr=True, a_cotraite=True, groupe=GroupeEconomique.objects.create(nom="GES"),
        titulaire_depuis=date(2020, 1, 1), titulaire_jusqu_au=timezone.localdate() + timedelta(days=1),
        courriel="contact@exemple.invalid",
    )  # fmt: skip
    make_activite(structure=yes, mode=Mode.MISE_A_DISPOSITION)
    yes.reseaux.add(reseau)
    yes.labels.create(label=label, valable_jusqu_au=timezone.localdate())
    no = settle("Non", country.caen, kind=Kind.EI, titulaire_depuis=None, siege_qpv=False)
    no.labels.create(label=label, valable_jusqu_au=timezone.localdate() - timedelta(days=1))
    reindex()
    asked = {
        "kinds": ("ESAT", "EA"), "famille": "handicap", "reseaux": ("horizon", "inconnu"), "labels": ("rse",),
        "ges": True, "a_cotraite": True, "titulaire": "tient", "mise_a_disposition": True, "capacite_min": 40,
        "effectif_min": 30, "effectif_max": 30, "mois": (3, 4), "formee": True, "qpv": True, "zrr": True,
        "completude_min": 10, "reservable": "handicap",
    }  # fmt: skip
    for name, value in asked.items():
        assert names(Question(**{name: value})) == ["Oui"], name
    assert names(Question(**asked)) == ["Oui"]
    assert set(criteres(Question(**asked), TODAY)) == set(asked)
    assert criteres(Question(), TODAY) == {}
    others = {"words", "secteurs", "mode", "lieux", "rayon_km", "tri", "corrected"}
    assert {field.name for field in fields(Question)} == set(asked) | others  # every field has its cell above


def test_zero_asks_for_nothing(country):
    settle("Vide", country.caen)
    assert names(Question(effectif_min=0, capacite_min=0, completude_min=0)) == ["Vide"]
    settle("Petite", country.caen, effectif=0)
    assert names(Question(effectif_max=0)) == ["Petite"]


def test_holding_now_and_having_held(country):
    today = timezone.localdate()
    settle("Tient", country.caen, titulaire_depuis=today, titulaire_jusqu_au=today)
    settle("A tenu", country.caen, titulaire_depuis=date(2019, 1, 1), titulaire_jusqu_au=today - timedelta(days=1))
    settle("Fin inconnue", country.caen, titulaire_depuis=date(2019, 1, 1))
    settle("Jamais", country.caen)
    assert names(Question(titulaire="tient")) == ["Tient"]
    assert sorted(names(Question(titulaire="a_tenu"))) == ["A tenu", "Fin inconnue", "Tient"]


def test_every_month_asked_must_be_a_low_one(country):
    settle("Été", country.caen, mois_creux=0b11000000)
    settle("Juillet", country.caen, mois_creux=0b1000000)
    assert sorted(names(Question(mois=(7,)))) == ["Juillet", "Été"]
    assert names(Question(mois=(7, 8))) == ["Été"]
    assert names(Question(mois=(1,))) == []


def test_modes(country):
    lends = settle("AI", country.caen, kind=Kind.AI)
    make_activite(structure=lends, secteur=country.proprete, mode=Mode.MISE_A_DISPOSITION)
    serves = settle("EI", country.caen)
    make_activite(structure=serves, secteur=country.entretien)
    assert names(Question(mode=Mode.PRESTATION)) == ["AI", "EI"]
    assert names(Question(mode=Mode.MISE_A_DISPOSITION)) == ["AI"]
    assert names(Question(mode=Mode.PRESTATION, secteurs=(country.jardins,))) == ["EI"]
    assert names(Question(mode=Mode.PRESTATION, secteurs=(country.jardins, country.proprete))) == ["AI", "EI"]
    assert {activite.structure for activite in activities(Question(mode=Mode.PRESTATION))} == {lends, serves}
    place = (from_parametre("commune-14118"),)
    assert names(Question(mode=Mode.PRESTATION, lieux=place)) == ["AI", "EI"]
    assert names(Question(mode=Mode.PRESTATION, lieux=place, rayon_km=5)) == ["AI", "EI"]


def test_a_structure_is_listed_once(country):
    structure = settle("Une", country.caen)
    for reseau in ("a", "b"):
        structure.reseaux.add(make_reseau(slug=reseau))
    for _ in range(3):
        make_activite(structure=structure, secteur=make_secteur(parent=country.jardins))
    question = Question(secteurs=(country.jardins,), reseaux=("a", "b"), lieux=(from_parametre("departement-14"),))
    assert names(question) == ["Une"]
    assert search(Structure.objects.listed(), question).count() == 1


# Reservations --------------------------------------------------------------------------------------------------------
DAYS = [date(2018, 1, 1), date(2020, 12, 8), date(2020, 12, 9), date(2022, 10, 20), date(2022, 10, 21), TODAY,
        date(2026, 12, 23)]  # fmt: skip


@pytest.mark.parametrize("on", DAYS, ids=str)
def test_one_law_for_the_directory_and_the_register(db, on):
    by_kind = {make_structure(kind=kind).pk: kind for kind in Kind}
    for reservation in (Reservation.HANDICAP, Reservation.INSERTION, Reservation.LES_DEUX, Reservation.PENITENTIAIRE):
        expected = {kind for kind in Kind if may_answer(kind, reservation, on).level == Niveau.OK}
        assert {kind for kind in Kind if reservable(kind, reservation, on)} == expected
        found = Structure.objects.filter(reservable_q(reservation, on)).values_list("pk", flat=True)
        assert {by_kind[pk] for pk in found} == expected


def test_what_the_law_says_today():
    assert kinds_reservables("handicap", TODAY) == {Kind.EA, Kind.EATT, Kind.ESAT}
    assert kinds_reservables("insertion", TODAY) == {Kind.EI, Kind.AI, Kind.ACI, Kind.ETTI}  # neither EITI nor GEIQ
    assert kinds_reservables("les_deux", date(2020, 12, 8)) == set()
    assert kinds_reservables("autre chose", TODAY) == set()
    assert FAMILLES["insertion"] >= kinds_reservables("insertion", TODAY)
    assert Kind.SEP not in FAMILLES["insertion"] | FAMILLES["handicap"]


# Order ---------------------------------------------------------------------------------------------------------------
def test_orders(country):
    settle("Complète", country.evreux, courriel="a@exemple.invalid", telephone="01", effectif=3)
    settle("Bayeux", country.ifs, verifiee_le=date(2026, 1, 1))
    settle("Arras", country.caen, verifiee_le=date(2026, 6, 1))
    settle("Sans adresse", donnees_du=date(2026, 9, 1))
    caen = (from_parametre("france"),)
    assert names(Question()) == names(Question(tri="pertinence")) == ["Complète", "Arras", "Bayeux", "Sans adresse"]
    assert names(Question(tri="nom")) == ["Arras", "Bayeux", "Complète", "Sans adresse"]
    assert names(Question(tri="recent")) == ["Arras", "Bayeux", "Sans adresse", "Complète"]
    assert names(Question(tri="distance", lieux=caen)) == names(Question())  # no commune to count from
    around = (from_parametre("commune-14118"),)
    assert names(Question(lieux=around, rayon_km=300)) == ["Arras", "Bayeux", "Complète"]
    assert names(Question(lieux=around, rayon_km=300, tri="nom")) == ["Arras", "Bayeux", "Complète"]
    assert names(Question(lieux=around, rayon_km=300, tri="pertinence")) == ["Complète", "Arras", "Bayeux"]


def test_a_name_that_holds_the_words_comes_before_a_better_card(country):
    settle("Tous travaux", country.caen, description="Jardins et vergers.", courriel="a@exemple.invalid")
    settle("Jardins de Caen", country.caen)
    assert names(Question(words="jardins")) == ["Jardins de Caen", "Tous travaux"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "fiches les plus complètes"),
        ({"words": "linge"}, "dont le nom contient vos mots d'abord"),
        ({"words": "123456789"}, "Les fiches les plus complètes"),
        ({"tri": "nom"}, "Par ordre alphabétique."),
        ({"tri": "recent"}, "vérifiées"),
        ({"tri": "distance"}, "fiches les plus complètes"),
    ],
)
def test_the_order_is_explained(asked, said):
    assert said in order_explained(Question(**asked))


def test_the_distance_is_explained(country):
    place = (from_parametre("commune-27229"),)
    assert order_explained(Question(lieux=place)).startswith("Du siège le plus proche d'Évreux")
    assert order_explained(Question(lieux=place, tri="nom")) == "Par ordre alphabétique."

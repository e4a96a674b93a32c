"""What is computed from a card: its words, how complete it is, its rank."""

from datetime import date

import pytest
from django.core.files.base import ContentFile

from portal.verdict import Niveau
from structures.enums import Bloc, Kind, Origine
from structures.models import Label, Structure
from structures.rules import ELEMENTS, completude, experimentation_state, rang
from structures.search_index import completude_de, faits, reindex
from structures.zones import make_zone
from tests.factories import make_activite, make_departement, make_reseau, make_secteur, make_structure

pytestmark = pytest.mark.django_db
EVERYTHING = {name for name, *_ in ELEMENTS}


@pytest.mark.parametrize(("held", "pourcent"), [((), 0), (EVERYTHING, 100), (["courriel", "inconnu"], 8)])
def test_points_make_a_hundred(held, pourcent):
    assert completude(held).pourcent == pourcent


def test_what_brings_most_comes_first():
    missing = completude(["activite_situee"]).manquants
    assert missing[0] == (Bloc.ACTIVITES, "Confirmez ou choisissez vous-même vos secteurs d'activité", 12)
    assert [points for _, _, points in missing] == sorted((points for _, _, points in missing), reverse=True)
    assert sum(points for _, _, points in missing) == 85
    assert {bloc for bloc, _, _ in completude(()).manquants} == set(Bloc)  # each block of the card has its part


@pytest.mark.parametrize(
    ("given", "expected"),
    [((0, False, False), 0), ((60, True, False), 80), ((60, False, True), 70), ((100, True, True), 130)],
)
def test_rank(given, expected):
    assert rang(*given) == expected


@pytest.mark.parametrize(
    ("kind", "on", "level"),
    [
        (Kind.EITI, date(2026, 12, 22), Niveau.INFORMATION),
        (Kind.EITI, date(2026, 12, 23), Niveau.AVERTISSEMENT),
        (Kind.EI, date(2030, 1, 1), Niveau.OK),
    ],
)
def test_the_end_of_an_experiment_is_said_before_and_after(kind, on, level):
    assert experimentation_state(kind, on).level == level


def whole_card():
    """A card that holds everything."""
    structure = make_structure(
        description="d" * 80, courriel="a@exemple.invalid", telephone="01", site="https://exemple.invalid", effectif=3,
        effectif_parcours=2, chiffre_affaires=1, mois_creux=1, formes_commande_publique=1, role_prefere="titulaire",
        convention_fin=date(2026, 1, 1), logo="logo.png",
    )  # fmt: skip
    make_departement(code="14")
    make_activite(structure=structure, zone=make_zone([("departement", "14")]))
    structure.offres.create(nom="Offre")
    structure.references.create(client="Mairie")
    structure.labels.create(label=Label.objects.create(code="x", nom="X", presentation="…"))
    structure.photos.create(image="photo.png", texte_alternatif="Un atelier", credit="Nous", largeur=1, hauteur=1)
    return structure


def test_a_whole_card_holds_every_fact(db, monkeypatch):
    monkeypatch.setattr("django.db.models.fields.files.ImageFieldFile.open", lambda *_: ContentFile(b""), raising=False)
    structure = whole_card()
    assert faits(structure) == EVERYTHING
    assert completude_de(structure).manquants == []
    reindex([structure.pk])
    structure.refresh_from_db()
    assert (structure.completude, structure.rang) == (100, 100)


def test_an_empty_card_and_what_does_not_count(db):
    structure = make_structure(description="Trop court.")
    make_activite(structure=structure, origine=Origine.DEDUITE)
    assert faits(structure) == set()
    structure.capacite = 12
    assert faits(structure) == {"effectif"}
    make_activite(structure=structure, secteur=make_secteur())
    assert faits(structure) == {"effectif", "activite_declaree"}


def test_the_register_raises_the_rank(db):
    holder = make_structure(titulaire_depuis=date(2020, 1, 1), courriel="a@exemple.invalid")
    partner = make_structure(a_cotraite=True)
    assert reindex() == 2
    rangs = dict(Structure.objects.values_list("pk", "rang"))
    assert rangs == {holder.pk: 28, partner.pk: 10}
    assert reindex() == 0  # nothing left to change


def test_reindexing_touches_nothing_else(db):
    structure = make_structure()
    before = Structure.objects.values().get()
    structure.reseaux.add(make_reseau(nom="Horizon"))
    Structure.objects.update(nom="Nouveau nom", rang=7)
    assert reindex([structure.pk, structure.pk]) == 1
    after = Structure.objects.values().get()
    assert " horizon " in after["racines"]
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"nom", "racines"}
    assert structure.history.count() == 1


def test_queries_do_not_grow(db, django_assert_num_queries):
    made = [make_structure(nom=f"Structure {rank}") for rank in range(12)]
    for structure in made:
        structure.offres.create(nom="Offre")
        make_activite(structure=structure)
    with django_assert_num_queries(20):  # sectors, six around, the cards, their writing, eleven for their lines
        reindex([structure.pk for structure in made[:2]])
    with django_assert_num_queries(20):
        reindex([structure.pk for structure in made[2:]])

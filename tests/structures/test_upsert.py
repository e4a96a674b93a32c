"""Records fold in order of publication, under what people typed."""

from datetime import date
from itertools import permutations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.imports import ImportReport
from structures.enums import Origine
from structures.models import Activite, Structure
from structures.upsert import Fiche, import_fiches
from tests.factories import make_activite, make_importation, make_secteur, make_siret
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db
SIRET = make_siret(nic=77)
SHOWN = ("nom", "enseigne", "adresse", "ville", "commune_id", "departement_id", "latitude", "longitude", "site",
         "departements_convention", "donnees_du", "source", "racines")  # fmt: skip


@pytest.fixture
def country(db):
    return make_country()


def bring(format, *fiches):
    report = ImportReport("essai")
    report.read(len(fiches))
    import_fiches(list(fiches), make_importation(format=format), report)
    report.check()
    return report


def fiche(day=date(2019, 7, 1), cle="k", activites=(), **champs):
    return Fiche(1, cle, "EI", SIRET, champs={"nom": "LES JARDINS"} | champs, activites=list(activites), publie_le=day)


def shown():
    structure = Structure.objects.get()
    values = {name: getattr(structure, name) for name in SHOWN}
    activities = sorted(structure.activites.values_list("secteur__code", "mode"))
    organisation = structure.organisation
    return values, activities, (organisation.denomination, organisation.naf, organisation.commune_id)


def test_the_most_recent_record_wins_field_by_field(country):
    bring("asp", fiche(site="https://a.fr", ville="Caen", commune_id="14118"))
    bring("emplois", fiche(date(2020, 12, 18), nom="Les Jardins", ville="Ifs", commune_id="14341"))
    structure = Structure.objects.get()
    assert (structure.nom, structure.site, structure.commune_id) == ("Les Jardins", "https://a.fr", "14341")


def test_an_older_file_read_later_changes_nothing_shown(country):
    bring("emplois", fiche(date(2020, 12, 18), nom="Les Jardins"))
    before = shown()[0]["nom"]
    bring("asp", fiche(nom="ANCIEN NOM"))
    assert shown()[0]["nom"] == before
    assert bring("emplois", fiche(date(2018, 1, 1), nom="Encore plus ancien")).inchanges == 1
    assert shown()[0]["nom"] == before


def test_the_same_line_twice_is_unchanged(country):
    assert bring("asp", fiche()).crees == 1
    written = Structure.objects.get().modifiee_le
    assert bring("asp", fiche()).inchanges == 1
    assert Structure.objects.get().modifiee_le == written


def test_a_corrected_line_updates(country):
    bring("asp", fiche())
    assert bring("asp", fiche(nom="JARDINS DU PORT")).mis_a_jour == 1
    assert Structure.objects.get().nom == "JARDINS DU PORT"
    assert " port " in Structure.objects.get().racines


def test_typed_fields_win(country):
    bring("asp", fiche(ville="Caen", commune_id="14118", site="https://a.fr"))
    structure = Structure.objects.get()
    structure.nom, structure.champs_saisis = "Notre nom", ["nom", "commune"]
    structure.save()
    bring("emplois", fiche(date(2020, 1, 1), nom="Autre", ville="Ifs", commune_id="14341", site="https://b.fr"))
    structure.refresh_from_db()
    assert (structure.nom, structure.commune_id, structure.ville) == ("Notre nom", "14118", "Caen")
    assert structure.site == "https://b.fr"


def test_a_typed_organisation_name_stays(country):
    bring("asp", fiche())
    organisation = Structure.objects.get().organisation
    organisation.denomination, organisation.source_denomination = "Nom saisi", "saisie"
    organisation.save()
    bring("asp", fiche(nom="AUTRE"))
    organisation.refresh_from_db()
    assert organisation.denomination == "Nom saisi"


def test_deduced_activities_follow_and_declared_ones_stay(country):
    bring("asp", fiche(activites=[("jardins.entretien", "prestation")]))
    structure = Structure.objects.get()
    declared = make_activite(structure=structure, secteur=make_secteur(code="declare"), origine=Origine.DECLAREE)
    bring("asp", fiche(activites=[("proprete", "prestation")]))
    assert set(structure.activites.values_list("secteur__code", flat=True)) == {"proprete", "declare"}
    assert Activite.objects.filter(pk=declared.pk).exists()
    # what a person took away does not come back
    structure.champs_saisis = ["activites"]
    structure.save()
    structure.activites.all().delete()
    bring("asp", fiche(activites=[("jardins.entretien", "prestation")]))
    assert not structure.activites.exists()


def test_a_declared_activity_is_not_doubled(country):
    bring("asp", fiche())
    structure = Structure.objects.get()
    make_activite(structure=structure, secteur=country.proprete, mode="prestation", origine=Origine.DECLAREE)
    bring("asp", fiche(activites=[("proprete", "prestation")]))
    assert structure.activites.get().origine == Origine.DECLAREE


RECORDS = [
    ("asp", fiche(date(2019, 7, 1), "a", nom="A", ville="Caen", commune_id="14118", departements_convention=["14"])),
    (
        "asp",
        fiche(date(2019, 7, 1), "b", nom="A", departements_convention=["27"], activites=[("proprete", "prestation")]),
    ),
    ("emplois", fiche(date(2020, 12, 18), "a", nom="B", latitude=49.0, longitude=0.1, ville="Ifs", commune_id="14341")),
    ("geiq", fiche(date(2019, 11, 1), "a", nom="C", enseigne="E", naf="8130Z")),
    ("geiq", fiche(date(2020, 12, 18), "c", nom="D", adresse="ici", ville="Caen", commune_id="14118")),
    ("esat", fiche(None, "a", nom="F", denomination="G", activites=[("jardins.entretien", "prestation")])),
]


def outcome(order):
    """What shows after these records came one file each, undone afterwards."""
    with transaction.atomic():
        for index in order:
            format, record = RECORDS[index]
            bring(format, record)
        result = shown()
        transaction.set_rollback(True)
    return result


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(len(RECORDS))))
def test_the_order_of_files_changes_nothing(country, order):
    assert outcome(order) == outcome(range(len(RECORDS)))


def test_the_order_of_lines_changes_nothing(country):
    lines = [record for format, record in RECORDS if format == "geiq"]
    results = []
    for order in permutations(lines):
        with transaction.atomic():
            bring("geiq", *order)
            results.append(shown())
            transaction.set_rollback(True)
    assert results[0] == results[1]

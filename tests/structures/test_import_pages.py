"""Import with mapping: file, columns, preview that writes nothing, confirmation, report, and back."""

import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from portal.imports import ImportReport
from portal.models import Depot, Importation
from portal.permissions import Role
from structures.actions import essais
from structures.actions import importations as actions
from structures.importers import asp
from structures.importers.common import import_file
from structures.importers.mots import Lieux, Secteurs, kind_of, looks_personal, mode_of
from structures.models import Activite, Favori, ListeFavoris, Organisation, SourceStructure, Structure
from tests.conftest import sign_in
from tests.factories import make_activite, make_organisation, make_reseau, make_siret, make_structure
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db
A, B, C, D = (make_siret(nic=nic) for nic in (61, 62, 63, 64))
HEADER = "N° SIRET;Catégorie;Raison sociale;CP;Commune;Mail;Métiers;Territoire;Directrice"
COLUMNS = {
    "siret": "N° SIRET", "type": "Catégorie", "nom": "Raison sociale", "code_postal": "CP", "ville": "Commune",
    "courriel": "Mail", "secteurs": "Métiers", "zone": "Territoire",
}  # fmt: skip


@pytest.fixture
def country(db):
    return make_country()


def line(siret=A, kind="Chantier d'insertion", nom="Les Jardins", cp="14123", city="Ifs", mail="contact@ifs.invalid",
         sectors="Jardinage", zone="14 ; Eure"):  # fmt: skip
    return f'{siret};{kind};{nom};{cp};{city};{mail};"{sectors}";"{zone}";Mme Untelle'


def upload(client, *lines, header=HEADER, name="réseau.csv"):
    content = "\n".join([header, *lines]).encode()
    response = client.post(reverse("structures:import_structures"), {"fichier": SimpleUploadedFile(name, content)})
    return response, Depot.objects.order_by("-pk").first()


def choose(client, depot, **given):
    return client.post(reverse("structures:import_correspondance", args=[depot.pk]), COLUMNS | given)


def do_import(client, *lines, **given) -> Importation:
    response, depot = upload(client, *lines)
    assert response.status_code == 302, response.content.decode()
    assert choose(client, depot, **given).status_code == 302
    response = client.post(reverse("structures:import_confirmer", args=[depot.pk]))
    importation = Importation.objects.first()
    assert response.url == reverse("pages:importation", args=[importation.pk])
    return importation


def take_back(client, importation):
    client.post(reverse("structures:importation_annuler", args=[importation.pk]))
    importation.refresh_from_db()
    return importation.rapport["annulation"]


# Steps --------------------------------------------------------------------------------------------------------------
def test_from_the_file_to_the_report(country, client_reseau):
    response, depot = upload(client_reseau, line(), line(siret="", nom="Sans"), line(siret=B, kind="Boulangerie"))
    assert response.url == reverse("structures:import_correspondance", args=[depot.pk])
    page = client_reseau.get(response.url).content.decode()
    assert re.search(r'<option value="N° SIRET" selected>', page)
    response = choose(client_reseau, depot)
    assert response.url == reverse("structures:import_apercu", args=[depot.pk])
    before = (Structure.objects.count(), Organisation.objects.count(), Importation.objects.count())
    page = client_reseau.get(response.url).content.decode()
    assert "Ligne sans SIRET" in page
    assert "Boulangerie" in page
    assert "Créée" in page
    assert (Structure.objects.count(), Organisation.objects.count(), Importation.objects.count()) == before
    response = client_reseau.post(reverse("structures:import_confirmer", args=[depot.pk]))
    importation = Importation.objects.get()
    assert (importation.rapport["crees"], len(importation.rapport["ecartes"])) == (1, 2)
    assert not Depot.objects.exists()
    structure = Structure.objects.get(organisation__identifiant=A)
    assert (structure.kind, structure.nom, structure.commune_id) == ("ACI", "Les Jardins", "14341")
    assert structure.courriel == "contact@ifs.invalid"
    assert structure.reseaux.get().organisation == client_reseau.acteur_organisation
    activite = structure.activites.get()
    assert (activite.secteur.code, activite.origine) == ("jardins.entretien", "importee")
    assert set(activite.zone.lieux.filter(declare=True).values_list("niveau", "code")) == {
        ("departement", "14"),
        ("departement", "27"),
    }
    assert "Untelle" not in str(SourceStructure.objects.get().donnees)
    page = client_reseau.get(response.url).content.decode()
    assert "Annuler cet import" in page
    listed = client_reseau.get(reverse("structures:importations")).content.decode()
    assert "réseau.csv" in listed


def test_the_preview_counts_what_the_import_does(country, client_reseau):
    do_import(client_reseau, line(), line(siret=B, nom="B"))
    lines = [line(), line(siret=B, nom="Nouveau nom"), line(siret=C), line(siret=C), line(siret=D, kind="?"),
             line(siret=C, nom="Encore")]  # fmt: skip
    _, depot = upload(client_reseau, *lines)
    choose(client_reseau, depot)
    depot.refresh_from_db()
    foreseen = essais.essayer(depot, timezone.localdate()).report
    foreseen.check()
    client_reseau.post(reverse("structures:import_confirmer", args=[depot.pk]))
    done = Importation.objects.first().rapport
    assert {name: done[name] for name in ("lus", "crees", "mis_a_jour", "inchanges")} == {
        "lus": foreseen.lus, "crees": foreseen.crees, "mis_a_jour": foreseen.mis_a_jour,
        "inchanges": foreseen.inchanges,
    }  # fmt: skip
    assert (foreseen.crees, foreseen.inchanges, len(foreseen.ecartes)) == (1, 2, 1)


def test_many_lines_go_to_the_queue(country, client_reseau, monkeypatch):
    monkeypatch.setattr(actions, "FEW", 1)
    importation = do_import(client_reseau, line(), line(siret=B))
    assert importation.rapport["crees"] == 2  # the tests run the queue at once
    actions.run(importation.pk, 0)  # a second run changes nothing
    importation.refresh_from_db()
    assert importation.rapport["crees"] == 2


def test_a_file_gone_meanwhile_is_told(country, client_reseau):
    importation = Importation.objects.create(
        format="tableau", fichier="x", rapport={"organisation": client_reseau.acteur_organisation.pk}
    )
    actions.run(importation.pk, 0)
    page = client_reseau.get(reverse("pages:importation", args=[importation.pk])).content.decode()
    assert "déposez-le de nouveau" in page
    assert "Annuler cet import" not in page


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4 x", b"SIRET;Nom\n", b"\x00\x00", b"\x1f\x8bxx"])
def test_files_that_cannot_be_read(country, client_reseau, content):
    file = SimpleUploadedFile("x.csv", content)
    response = client_reseau.post(reverse("structures:import_structures"), {"fichier": file})
    assert response.status_code == 200
    assert "form-errors" in response.content.decode()
    assert client_reseau.post(reverse("structures:import_structures")).status_code == 200


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"siret": ""}, "Indiquez la colonne"),
        ({"type": ""}, "Indiquez la colonne du type"),
        ({"nom": "N° SIRET"}, "déjà prise"),
        ({"nom": "absente"}, "pas dans votre fichier"),
        ({"kind_defaut": "XYZ", "type": ""}, "XYZ"),
    ],
)
def test_columns_that_do_not_do(country, client_reseau, given, message):
    _, depot = upload(client_reseau, line())
    response = choose(client_reseau, depot, **given)
    assert response.status_code == 200
    assert message in response.content.decode()


def test_one_kind_for_all_lines(country, client_administration):
    do_import(client_administration, line(kind=""), type="", kind_defaut="EA")
    structure = Structure.objects.get(organisation__identifiant=A)
    assert structure.kind == "EA"
    assert not structure.reseaux.exists()  # the administration speaks for no network


def test_steps_cannot_be_skipped_nor_borrowed(country, client_reseau):
    _, depot = upload(client_reseau, line())
    for name, method in (("import_apercu", "get"), ("import_confirmer", "post")):
        response = getattr(client_reseau, method)(reverse(f"structures:{name}", args=[depot.pk]))
        assert response.url == reverse("structures:import_correspondance", args=[depot.pk])
    other = sign_in(Role.RESEAU)
    for name in ("import_correspondance", "import_apercu"):
        assert other.get(reverse(f"structures:{name}", args=[depot.pk])).status_code == 404
    assert client_reseau.get(f"/structures/importer/{10**30}/apercu/").status_code == 404
    client_reseau.post(reverse("structures:import_abandonner", args=[depot.pk]))
    assert not Depot.objects.exists()
    assert not Structure.objects.filter(organisation__identifiant=A).exists()


# What an import may touch -------------------------------------------------------------------------------------------
def test_typed_fields_are_never_overwritten(country, client_reseau):
    structure = make_structure(
        organisation=make_organisation(identifiant=A), kind="ACI", nom="Nom saisi", courriel="saisi@x.invalid",
        champs_saisis=["nom", "courriel", "activites"],
    )  # fmt: skip
    make_activite(structure=structure, secteur=country.proprete)
    do_import(client_reseau, line())
    structure.refresh_from_db()
    assert (structure.nom, structure.courriel) == ("Nom saisi", "saisi@x.invalid")
    assert structure.activites.get().secteur == country.proprete
    assert structure.reseaux.count() == 1


def test_a_card_without_any_source_was_typed(country, client_reseau):
    structure = make_structure(organisation=make_organisation(identifiant=A), kind="ACI", nom="Fait main", telephone="")
    do_import(client_reseau, line())
    do_import(client_reseau, line(nom="Autre nom"))
    structure.refresh_from_db()
    assert structure.nom == "Fait main"
    assert structure.courriel == "contact@ifs.invalid"  # it had none


def test_a_known_structure_needs_no_name(country, client_reseau):
    make_structure(organisation=make_organisation(identifiant=A), kind="ACI", nom="Connue")
    importation = do_import(client_reseau, line(nom=""), line(siret=B, nom=""))
    assert Structure.objects.get(organisation__identifiant=A).reseaux.count() == 1
    assert [ecart["ligne"] for ecart in importation.rapport["ecartes"]] == [3]


def test_a_structure_named_twice_is_told(country, client_reseau):
    importation = do_import(client_reseau, line(), line(nom="Les Jardins d'Ifs"))
    report = importation.rapport
    assert (report["lus"], report["crees"] + report["mis_a_jour"] + report["inchanges"]) == (2, 2)
    assert report["raisons_signalees"]["structure déjà nommée plus haut, complétée par cette ligne"] == 1
    assert [row["valeur"] for row in report["signalements"] if "déjà nommée" in row["raison"]] == ["ligne 2"]
    assert Structure.objects.get(organisation__identifiant=A).nom == "Les Jardins d'Ifs"


def test_two_networks_do_not_erase_each_other(country, client_reseau):
    do_import(client_reseau, line())
    other = sign_in(Role.RESEAU, organisation=make_reseau(nom="Autre", organisation=make_organisation()).organisation)
    second = do_import(other, line(nom="Vu par l'autre"))
    structure = Structure.objects.get(organisation__identifiant=A)
    assert structure.reseaux.count() == 2
    take_back(other, second)
    structure.refresh_from_db()
    assert structure.nom == "Les Jardins"
    assert structure.reseaux.get().organisation == client_reseau.acteur_organisation


# Back ---------------------------------------------------------------------------------------------------------------
def test_taking_back_removes_what_only_it_held(country, client_reseau):
    importation = do_import(client_reseau, line(), line(siret=B, nom="B"))
    pk = Structure.objects.get(organisation__identifiant=A).pk
    said = take_back(client_reseau, importation)
    assert (said["retirees"], said["organisations"]) == (2, 2)
    assert not Structure.objects.filter(organisation__identifiant__in=[A, B]).exists()
    assert not Organisation.objects.filter(identifiant__in=[A, B]).exists()
    assert not SourceStructure.objects.exists()
    history = Structure.history.filter(id=pk, history_type="-").get()
    assert (history.history_user, history.history_change_reason) == (client_reseau.user, "import_annule")
    page = client_reseau.get(reverse("pages:importation", args=[importation.pk])).content.decode()
    assert "Cet import a été annulé" in page
    again = client_reseau.post(reverse("structures:importation_annuler", args=[importation.pk]), follow=True)
    assert "déjà annulé" in again.content.decode()


def test_taking_back_gives_other_sources_their_say(country, client_reseau, tmp_path):
    path = tmp_path / "asp.csv"
    path.write_text(
        "MESURE;CODE_DEPARTEMENT;LIBELLE_DPT;CODE_POSTAL;COMMUNE;CODE_NAF2;NATURE_JURIDIQUE;SIRET;"
        "DENOMINATION_SOCIALE;NUM_RUE;NOM_RUE;CODE_POST_COM;LIB_COM\n"
        f"ACI;014;CALVADOS;14000;CAEN;8130Z;Association;{A};NOM ASP;1;Rue;14000;CAEN\n"
    )
    import_file(asp.FORMAT, path)
    structure = Structure.objects.get()

    def shown():
        structure.refresh_from_db()
        activities = structure.activites.values_list("secteur__code", "mode", "origine", "zone")
        return structure.nom, structure.commune_id, structure.courriel, sorted(activities), structure.source

    before = shown()
    importation = do_import(client_reseau, line(sectors="Jardinage ; Propreté"))
    assert shown()[:2] == ("Les Jardins", "14341")
    said = take_back(client_reseau, importation)
    assert shown() == before
    assert not structure.reseaux.exists()
    assert (said["retrouvees"], said["retirees"]) == (1, 0)


def test_taking_back_a_second_file_gives_back_the_first(country, client_reseau):
    first = do_import(client_reseau, line())
    second = do_import(client_reseau, line(nom="Nouveau nom"))
    take_back(client_reseau, second)
    structure = Structure.objects.get(organisation__identifiant=A)
    assert structure.nom == "Les Jardins"
    assert structure.reseaux.exists()
    take_back(client_reseau, first)
    assert not Structure.objects.filter(pk=structure.pk).exists()


def test_taking_back_the_first_file_then_the_second(country, client_reseau):
    first = do_import(client_reseau, line())
    second = do_import(client_reseau, line(nom="Nouveau nom"))
    assert take_back(client_reseau, first)["retirees"] == 0
    assert Structure.objects.get(organisation__identifiant=A).nom == "Nouveau nom"
    assert take_back(client_reseau, second)["retirees"] == 1


def test_what_people_wrote_since_is_kept(country, client_reseau):
    importation = do_import(client_reseau, line())
    structure = Structure.objects.get(organisation__identifiant=A)
    structure.nom, structure.champs_saisis = "Saisi depuis", ["nom"]
    structure.save()
    said = take_back(client_reseau, importation)
    structure.refresh_from_db()
    assert said["gardees"] == ["Saisi depuis"]
    assert (structure.publiee, structure.nom, structure.courriel) == (True, "Saisi depuis", "")
    assert not structure.activites.exists()


def test_what_other_rows_hold_is_hidden(country, client_reseau, client_acheteur):
    importation = do_import(client_reseau, line())
    structure = Structure.objects.get(organisation__identifiant=A)
    liste = ListeFavoris.objects.create(organisation=client_acheteur.acteur_organisation, nom="Ma liste")
    Favori.objects.create(liste=liste, structure=structure)
    said = take_back(client_reseau, importation)
    structure.refresh_from_db()
    assert (said["depubliees"], structure.publiee) == (["Les Jardins"], False)
    assert Favori.objects.exists()


def test_hand_made_cards_survive(country, client_reseau):
    structure = make_structure(organisation=make_organisation(identifiant=A), kind="ACI", nom="Fait main")
    said = take_back(client_reseau, do_import(client_reseau, line()))
    structure.refresh_from_db()
    assert (structure.publiee, structure.nom, structure.courriel) == (True, "Fait main", "")
    assert said["gardees"] == ["Fait main"]


def test_networks_see_their_own_imports_only(country, client_reseau, client_administration):
    importation = do_import(client_reseau, line())
    other = sign_in(Role.RESEAU)
    assert other.get(reverse("structures:importation_annuler", args=[importation.pk])).status_code == 404
    assert other.get(reverse("pages:importation", args=[importation.pk])).status_code == 404
    assert "réseau.csv" not in other.get(reverse("structures:importations")).content.decode()
    assert "réseau.csv" in client_administration.get(reverse("structures:importations")).content.decode()


# Words --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("ACI", "ACI"), ("aci", "ACI"), ("Chantier d'insertion", "ACI"), ("Atelier et chantier d’insertion", "ACI"),
        ("Ateliers et Chantiers d'Insertion (ACI)", "ACI"), ("Entreprise d'insertion", "EI"), ("E.S.A.T.", "ESAT"),
        ("Entreprise adaptee", "EA"), ("Entreprise adaptée de travail temporaire", "EATT"), ("EATT", "EATT"),
        ("Association intermédiare", "AI"), ("GEIQ BTP", "GEIQ"), ("Boulangerie", None), ("", None), ("\x00", None),
    ],
)  # fmt: skip
def test_kinds(written, kind):
    assert kind_of(written) == kind


@pytest.mark.parametrize(
    ("written", "mode"),
    [("Prestation", "prestation"), ("MAD", "mise_a_disposition"), ("mise à disposition", "mise_a_disposition"),
     ("Fabrication", "fabrication"), ("autre", None), ("", None)],
)  # fmt: skip
def test_modes(written, mode):
    assert mode_of(written) == mode


def test_sectors_and_places(country):
    sectors, places = Secteurs(), Lieux()
    assert sectors.read("jardins.entretien; Propreté | tonte") == (["jardins.entretien", "proprete"], [])
    assert sectors.read("Jardinage, propreté") == (["jardins.entretien", "proprete"], [])
    assert sectors.read("Astronautique") == ([], ["Astronautique"])
    assert sectors.read("") == ([], [])
    assert places.read("France") == ([("france", "")], [])
    assert places.read("14, 27") == ([("departement", "14"), ("departement", "27")], [])
    assert places.read("Normandie ; Caen") == ([("region", "28"), ("commune", "14118")], [])
    assert places.read("Calvados, Évreux et Normandie")[0] == [
        ("departement", "14"), ("commune", "27229"), ("region", "28"),
    ]  # fmt: skip
    assert places.read("non déclarée") == places.read("N/A") == ([], [])
    assert places.read("Nulle-Part-sur-Rien; 99") == ([], ["Nulle-Part-sur-Rien", "99"])


@pytest.mark.parametrize(
    ("address", "personal"),
    [
        ("contact@x.invalid", False), ("jean.martin@gmail.com", True), ("j.martin@gmail.com", True),
        ("jmartin@orange.fr", True), ("lesjardins@orange.fr", False), ("esat.caen@asso.fr", False),
        ("jardins-ifs@orange.fr", False), ("ifs@ifs.fr", False), ("2501@x.fr", False),
        ("direction.martin@x.fr", False), ("accueil.14@x.fr", False),
    ],
)  # fmt: skip
def test_addresses_of_people(address, personal):
    assert looks_personal(address, "Les Jardins d'Ifs", "") == personal


def test_dates_and_doubts_are_flagged(country, client_reseau):
    _, depot = upload(client_reseau, f"{A};EI;X;32/13/2020;01/02/2026;-3", header="SIRET;Type;Nom;Début;Fin;Places")
    depot.choix = {
        "colonnes": {"siret": "SIRET", "type": "Type", "nom": "Nom", "convention_debut": "Début",
                     "convention_fin": "Fin", "capacite": "Places"},
    }  # fmt: skip
    report = ImportReport("x")
    from structures.importers.depots import Choix, fiches

    (fiche,) = fiches(depot, Choix.read(depot.choix), report, date(2026, 1, 1))
    assert (fiche.champs["convention_debut"], fiche.champs["convention_fin"]) == (None, "2026-02-01")
    assert fiche.champs["capacite"] is None
    assert fiche.signalements == [("date illisible, laissée de côté", "32/13/2020")]


def test_activities_disappear_with_the_file_that_said_them(country, client_reseau):
    do_import(client_reseau, line(sectors="Jardinage ; Propreté"))
    do_import(client_reseau, line(sectors="Propreté", zone=""))
    activite = Activite.objects.get()
    assert (activite.secteur, activite.zone) == (country.proprete, None)

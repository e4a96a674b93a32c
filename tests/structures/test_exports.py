"""Exports of the directory: columns by role, cells disarmed, streamed pieces, data·inclusion."""

import csv
import html
import io
import json
import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from portal.permissions import Acteur, Role
from structures.enums import Kind
from structures.exporters import annuaire, cellules, data_inclusion, lecture, lignes
from structures.models import Label, LabelObtenu, Structure
from structures.zones import make_zone
from tests.conftest import sign_in
from tests.factories import make_activite, make_organisation, make_reseau, make_siret, make_structure, make_user
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db
URL = "/structures/export/"
DAY = date(2026, 11, 22)


@pytest.fixture
def country(db):
    return make_country()


@pytest.fixture
def jardins(country):
    structure = make_structure(
        organisation=make_organisation(identifiant=make_siret(nic=77)),
        kind=Kind.ACI,
        nom="Les Jardins d'Ifs",
        enseigne="=cmd()",
        adresse="1 rue du Port",
        code_postal="14123",
        ville="Ifs",
        commune=country.ifs,
        latitude=49.138,
        longitude=-0.353,
        courriel="contact@jardins.invalid",
        telephone="+33 2 31 00 00 00",
        site="https://jardins.invalid",
        capacite=12,
        convention_fin=date(2027, 12, 31),
        source="Liste",
        donnees_du=date(2026, 1, 31),
    )
    zone = make_zone([("departement", "14"), ("departement", "27")])
    make_activite(structure=structure, secteur=country.entretien, zone=zone)
    make_activite(structure=structure, secteur=country.proprete, zone=zone, mode="mise_a_disposition")
    structure.reseaux.add(make_reseau(nom="Chantier école", slug="chantier-ecole"))
    LabelObtenu.objects.create(structure=structure, label=Label.objects.create(code="lab", nom="Label vert"))
    return structure


def read_csv(response) -> list[dict]:
    assert response.status_code == 200
    content = b"".join(response.streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_csv_says_everything_the_list_shows(client, jardins):
    response = client.get(URL)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert "structures-inclusives-" in response["Content-Disposition"]
    (row,) = read_csv(response)
    assert row == {
        "SIRET": jardins.organisation.identifiant,
        "SIREN": jardins.organisation.siren,
        "Autre identifiant": "",
        "Type": "ACI",
        "Type en clair": "Atelier et chantier d'insertion",
        "Nom": "Les Jardins d'Ifs",
        "Enseigne": "'=cmd()",
        "Secteurs": row["Secteurs"],
        "Modes": "Mise à disposition de personnel | Prestation de service",
        "Zone d'intervention": "Calvados et Eure",
        "Adresse": "1 rue du Port",
        "Code postal": "14123",
        "Ville": "Ifs",
        "Code commune (INSEE)": "14341",
        "Code département": "14",
        "Département": "Calvados",
        "Région": "Normandie",
        "Latitude": "49,13800",
        "Longitude": "-0,35300",
        "Places": "12",
        "Effectif": "",
        "Réseaux": "Chantier école",
        "Labels": "Label vert",
        "Fin de convention": "2027-12-31",
        "Lots réservés": "insertion",
        "Complétude (%)": "0",
        "Source": "Liste",
        "Date des données": "2026-01-31",
        "Site": "https://jardins.invalid",
        "Fiche": f"http://testserver{jardins.get_absolute_url()}",
    }
    assert set(row["Secteurs"].split(" | ")) == {"Entretien des espaces verts", "Propreté"}


def test_the_query_string_of_the_list_chooses_the_rows(client, jardins, country):
    make_structure(nom="Loin", kind=Kind.ESAT, commune=country.evreux, ville="Évreux")
    assert [row["Nom"] for row in read_csv(client.get(URL, {"kind": "ESAT"}))] == ["Loin"]
    assert len(read_csv(client.get(URL))) == 2
    assert read_csv(client.get(URL, {"q": "introuvablexyz"})) == []


def test_unlisted_structures_stay_inside(client, jardins):
    make_structure(nom="Cachée", publiee=False)
    make_structure(nom="Ancienne", remplacee_par=jardins)
    assert [row["Nom"] for row in read_csv(client.get(URL))] == ["Les Jardins d'Ifs"]


# Columns by role ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [None, "compte", *Role])
def test_contact_columns_go_with_a_role(role, jardins):
    if role is None:
        client = Client()
    elif role == "compte":  # signed in, and nobody's colleague
        client = Client()
        client.force_login(make_user())
    else:
        client = sign_in(role)
    row = next(row for row in read_csv(client.get(URL)) if row["Nom"].startswith("Les Jardins"))
    if role in (None, "compte"):
        assert tuple(row) == cellules.OPEN
        assert "contact@jardins.invalid" not in row.values()
    else:
        assert tuple(row) == cellules.OPEN + cellules.CONTACT
        assert (row["Courriel public"], row["Téléphone public"]) == ("contact@jardins.invalid", "'+33 2 31 00 00 00")


@pytest.mark.parametrize(
    "forged",
    ["contact=1", "role=administration", "colonnes=Courriel+public", "acteur=1", "tender=1", "favorite_list=1",
     "columns=courriel", "contact=True&base=http://pirate.invalid/", "on=2000-01-01"],
)  # fmt: skip
def test_no_parameter_changes_the_columns(client, jardins, forged):
    plain = b"".join(client.get(URL).streaming_content)
    assert b"".join(client.get(f"{URL}?{forged}").streaming_content) == plain
    asked = json.loads(b"".join(client.get(f"{URL}?format=json&{forged}").streaming_content))
    assert {each["courriel"] for each in asked} == {None}


@pytest.mark.parametrize("query", ["format=pdf", "format=%00", "page=" + "9" * 30, "rayon=x", "secteur=%00", "lieu=x"])
def test_bad_parameters_never_fail(client, jardins, query):
    assert client.get(f"{URL}?{query}").status_code == 200


# Other formats ------------------------------------------------------------------------------------------------------
def test_xlsx(client_acheteur, jardins):
    response = client_acheteur.get(URL, {"format": "xlsx"})
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(response.streaming_content)))
    header, row = book.get_sheet_by_index(0).to_python()
    assert tuple(header) == cellules.OPEN + cellules.CONTACT
    found = dict(zip(header, row, strict=True))
    assert found["SIRET"] == jardins.organisation.identifiant
    assert (found["Places"], found["Latitude"]) == (12, 49.138)
    assert found["Fin de convention"] == date(2027, 12, 31)
    assert found["Enseigne"] == "=cmd()"  # text, never a formula


def test_a_workbook_too_large_sends_back_to_csv(client, jardins, monkeypatch):
    make_structure()
    monkeypatch.setattr(annuaire, "LARGEST_SHEET", 1)
    response = client.get(URL, {"format": "xlsx", "kind": ["ACI", "EI"]}, follow=True)
    assert response.redirect_chain[0][0].startswith("/structures/?kind=ACI&kind=EI")
    assert "choisissez le format CSV" in response.content.decode()


def test_data_inclusion(client_acheteur, client, jardins):
    (made,) = [
        each
        for each in json.loads(b"".join(client_acheteur.get(URL, {"format": "json"}).streaming_content))
        if each["nom"].startswith("Les Jardins")
    ]
    siret = jardins.organisation.identifiant
    assert made["id"] == f"portail-achats-responsables--{siret}-ACI"
    assert (made["siret"], made["code_insee"], made["code_postal"], made["commune"]) == (siret, "14341", "14123", "Ifs")
    assert made["reseaux_porteurs"] == ["aci", "chantier-ecole"]
    assert made["courriel"] == "contact@jardins.invalid"
    assert made["lien_source"] == f"http://testserver{jardins.get_absolute_url()}"
    (seen,) = json.loads(b"".join(client.get(URL, {"format": "json", "kind": "ACI"}).streaming_content))
    assert (seen["courriel"], seen["telephone"], seen["site_web"]) == (None, None, "https://jardins.invalid")


def test_an_empty_result_is_an_empty_file(client, country):
    assert json.loads(b"".join(client.get(URL, {"format": "json"}).streaming_content)) == []
    assert read_csv(client.get(URL)) == []


@pytest.mark.parametrize(
    ("nom", "written"),
    [("Régie", "Régie"), ("AB", "AB (EI)"), ("A. B.", "A. B"), ("x" * 200, "x" * 150), ("Fin...", "Fin"), ("", "(EI)")],
)
def test_names_fit_the_format(nom, written):
    assert data_inclusion.name_of(nom, "EI") == written


# How it is read -----------------------------------------------------------------------------------------------------
def test_addresses_are_those_of_the_cards(db):
    for nom in ["Les Jardins d'Ifs", "œuvre Æ", "Ж", "", "a" * 80, "mot " * 30, "E.S.A.T. du Nord", "Été–Hiver (14)"]:
        structure = make_structure(nom=nom)
        assert f"/structures/{cellules.address(structure.pk, structure.nom_tri)}" == structure.get_absolute_url()


def test_queries_do_not_grow_with_rows(client, jardins, country, django_assert_max_num_queries):
    for _ in range(9):
        make_activite(structure=make_structure(), secteur=country.entretien, zone=make_zone([("commune", "14118")]))
    lignes.keep_stale()
    with django_assert_max_num_queries(11):
        assert len(read_csv(client.get(URL))) == 10


def test_pieces_follow_each_other(client, jardins, country, monkeypatch):
    for rank in range(7):
        make_structure(nom=f"Structure {rank}")
    monkeypatch.setattr(lecture, "PIECE", 3)
    assert len({row["Nom"] for row in read_csv(client.get(URL))}) == 8
    assert len(json.loads(b"".join(client.get(URL, {"format": "json"}).streaming_content))) == 8


@pytest.mark.parametrize("size", [1, 2_000])
def test_zones_are_said_in_small_and_large_results(client, jardins, country, monkeypatch, size):
    monkeypatch.setattr(lecture, "PIECE", size)
    make_activite(structure=make_structure(nom="B"), secteur=country.entretien, zone=make_zone([("france", "")]))
    make_activite(
        structure=make_structure(nom="C"), secteur=country.entretien, zone=make_zone(centre=(49.0, 0.5), rayon_km=30)
    )
    zones = {row["Nom"]: row["Zone d'intervention"] for row in read_csv(client.get(URL))}
    assert zones == {"Les Jardins d'Ifs": "Calvados et Eure", "B": "toute la France", "C": "rayon de 30\u00a0km"}


def test_rows_far_apart_are_read_one_by_one(client, jardins, country):
    far = make_structure(pk=jardins.pk + 1_000_000, nom="Loin")
    make_activite(structure=far, secteur=country.proprete)
    assert {row["Nom"]: row["Secteurs"] for row in read_csv(client.get(URL))}["Loin"] == "Propreté"


def test_a_file_cut_short_says_so(jardins, monkeypatch):
    def broken(pieces):
        def read(*args, **options):
            yield from pieces(*args, **options)
            raise RuntimeError("connexion perdue")

        return read

    monkeypatch.setattr(lignes.Lines, "pieces", broken(lignes.Lines.pieces))
    monkeypatch.setattr(data_inclusion, "pieces", broken(data_inclusion.pieces))
    found, wanted = Structure.objects.all(), {"contact": False, "base": "/"}
    lines = annuaire.csv_lines(found, on=DAY, **wanted)
    said = next(lines) + next(lines) + next(lines)
    assert "incomplet" in said.decode().splitlines()[-1]
    with pytest.raises(RuntimeError):
        next(lines)
    written = data_inclusion.json_pieces(found, **wanted)
    text = next(written) + next(written)
    with pytest.raises(RuntimeError):
        next(written)
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(text)


@pytest.mark.parametrize("cell", ["=1+1", "+33", "-x", "@a", "'=1", " =1", "\t=1", "＝1", "a\x07b", "l'eau", "", "'"])
def test_fast_cells_are_those_of_the_tables(cell):
    from portal.tables import printed

    assert cellules._text(cell) == printed(cell)


@pytest.mark.parametrize("cell", ["a;b", 'a"b', "a\nb", "a\r\nb", "a\rb", ";", '"', "", "é", "a | b"])
def test_fast_lines_are_those_of_the_csv_module(cell):
    row = ["1", cell, "fin"]
    slow = io.StringIO(newline="")
    csv.writer(slow, delimiter=";", lineterminator="\r\n").writerows([row, row])
    assert f"{lignes.written(row)}\r\n" * 2 == slow.getvalue()


def test_who_sees_contact():
    assert not annuaire.sees_contact(Acteur())
    assert not annuaire.sees_contact(Acteur(user=object()))
    assert annuaire.sees_contact(Acteur(user=object(), role=Role.ACHETEUR))


def test_the_url_is_the_one_of_the_page(client, jardins):
    assert reverse("structures:export") == URL
    page = client.get("/structures/", {"kind": "ACI", "ou": "Ifs"}).content.decode()
    offered = [html.unescape(found) for found in re.findall(rf'href="({URL}[^"]*)"', page)]
    assert len(offered) == 3
    for address, start in zip(offered, (b"\xef\xbb\xbfSIRET", b"PK", b"["), strict=True):
        response = client.get(address)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        assert content.startswith(start), address
        assert "kind=ACI" in address

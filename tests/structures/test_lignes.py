"""The lines of the export kept ready made: always those that would be computed."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.models import Importation
from portal.permissions import Role
from structures.actions.activites import ZoneDemandee, copy_zone, delete_activite, save_activite
from structures.actions.edition import save_fields, save_lists
from structures.enums import Bloc, Kind
from structures.exporters import annuaire, cellules, lecture, lignes
from structures.models import (
    Commune,
    Departement,
    Label,
    LigneExport,
    Organisation,
    Region,
    Reseau,
    Secteur,
    Structure,
)
from structures.search_index import reindex
from structures.tasks import keep_lines
from structures.zones import make_zone
from tests.conftest import sign_in
from tests.factories import (
    make_activite,
    make_label,
    make_label_obtenu,
    make_organisation,
    make_reseau,
    make_siret,
    make_structure,
)
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db
DAY, BASE = date(2026, 11, 22), "https://exemple.invalid/structures/"
AWKWARD = 'Le "Relais" ; ateliers\ndu port'


@pytest.fixture
def country(db):
    return make_country()


@pytest.fixture
def kept(country):
    """One structure of each kind, with all that a line may say, and their lines."""
    reseau, label = make_reseau(nom="Chantier école"), make_label()
    zones = [
        make_zone([("departement", "14"), ("commune", "27229")]),
        make_zone(centre=(49.0, 0.5), rayon_km=30),
        make_zone([("france", "")]),
        None,
    ]
    for rank, kind in enumerate(Kind):
        structure = make_structure(
            organisation=make_organisation(identifiant=make_siret(nic=rank + 1)) if rank % 3 else None,
            kind=kind, identifiant_source="" if rank % 3 else f"14000{rank:04}", nom=f"{AWKWARD} {rank}",
            enseigne=["", "=cmd()", "L'eau"][rank % 3], description="", adresse="1 rue du Port", code_postal="14123",
            ville="Ifs", commune=country.ifs if rank % 4 else None, latitude=49.1 if rank % 2 else None,
            longitude=-0.3 if rank % 2 else None, courriel="contact@exemple.invalid", telephone="+33 2 31 00 00 00",
            site="https://exemple.invalid" if rank % 2 else "", capacite=12 if rank % 2 else None,
            effectif=None if rank % 2 else 0, convention_fin=date(2027, 12, 31) if rank % 3 else None, source="Liste",
            donnees_du=date(2026, 1, 31) if rank % 2 else None,
        )  # fmt: skip
        for secteur in (country.entretien, country.proprete)[: rank % 3]:
            make_activite(structure=structure, secteur=secteur, zone=zones[rank % 4])
        if rank % 2:
            structure.reseaux.add(reseau)
            make_label_obtenu(structure=structure, label=label)
    reindex()
    return list(Structure.objects.order_by("pk"))


def written(contact: bool = True, on: date = DAY) -> tuple[bytes, int]:
    """The file, and how many of its lines had to be computed."""
    told = []
    found = Structure.objects.listed().by_name()
    lines = annuaire.csv_lines(found, contact=contact, base=BASE, on=on, when_stale=lambda: told.append(True))
    content = b"".join(lines)
    lines = lignes.Lines(contact, BASE, on)
    again = b"".join(lines.pieces(found))
    assert content.endswith(again)
    assert bool(told) == bool(lines.computed)
    return content, lines.computed


def computed(contact: bool = True, on: date = DAY) -> bytes:
    """The file made without any kept line, by the cells of the table themselves."""
    names = lecture.Names.read()
    cells = cellules.Cells(contact, BASE, on, for_csv=True)
    rows = [annuaire.header(contact)]
    for piece in lecture.pieces(Structure.objects.listed().by_name(), lecture.COLUMNS, names):
        rows += cells.rows(piece, names)
    return b"\xef\xbb\xbf" + "".join(f"{lignes.written(row)}\r\n" for row in rows).encode()


@pytest.mark.parametrize("contact", [True, False])
@pytest.mark.parametrize("on", [DAY, date(2015, 1, 1), date(2030, 1, 1)])
def test_a_kept_line_is_the_computed_one_for_every_kind(kept, contact, on):
    assert written(contact, on) == (computed(contact, on), 0)
    LigneExport.objects.all().delete()
    assert written(contact, on) == (computed(contact, on), len(kept))


@pytest.mark.parametrize("size", [1, 3, 7])
def test_kept_and_computed_lines_stand_side_by_side(kept, monkeypatch, size):
    monkeypatch.setattr(lecture, "PIECE", size)
    LigneExport.objects.filter(structure__in=[structure.pk for structure in kept[::3]]).delete()
    assert written() == (computed(), len(kept[::3]))


# What writes a card writes its line -------------------------------------------------------------------------------
def edit_block(kept, country, by):
    save_fields(pk=kept[1].pk, bloc=Bloc.IDENTITE, values={"telephone": "01 02"}, seen=None, by=by, on=DAY)


def new_activity(kept, country, by):
    activite = kept[0].activites.model(structure=kept[0], secteur=country.proprete, mode="prestation")
    save_activite(activite, ZoneDemandee((("departement", "27"),)), by=by, on=DAY)


def changed_zone(kept, country, by):
    first, other = kept[2].activites.all()
    save_activite(first, ZoneDemandee((("commune", "14118"),), (49.0, 0.5, 12)), by=by, on=DAY)
    copy_zone(first, by=by, on=DAY)
    assert other.zone_id != kept[2].activites.get(pk=other.pk).zone_id


def lost_activity(kept, country, by):
    delete_activite(kept[2].activites.first(), by=by, on=DAY)


def new_label(kept, country, by):
    rows = [{"label": Label.objects.get(), "valable_jusqu_au": None}]
    save_lists(pk=kept[0].pk, listes={"labels": rows}, seen=None, by=by, on=DAY)


def by_the_back_office(kept, country, by):
    client = sign_in(Role.ADMINISTRATION)
    client.user.is_superuser = True
    client.user.save()
    body = next(structure.organisation for structure in kept if structure.organisation_id)
    page = reverse("admin:structures_organisation_change", args=[body.pk])
    form = client.get(page).context["adminform"].form
    given = {name: form[name].value() or "" for name in form.fields} | {"identifiant": make_siret(nic=99)}
    assert client.post(page, given).status_code == 302
    assert Organisation.objects.get(pk=body.pk).identifiant == given["identifiant"]


WRITERS = [edit_block, new_activity, changed_zone, lost_activity, new_label, by_the_back_office]


@pytest.mark.parametrize("change", WRITERS)
def test_who_writes_a_card_writes_its_line(kept, country, change):
    before, _ = written()
    change(kept, country, sign_in(Role.ADMINISTRATION).acteur)
    content, missing = written()
    assert (content, missing) == (computed(), 0)
    assert content != before


# What nobody tells the lines is seen all the same -----------------------------------------------------------------
def saved_without_reindex(kept):
    kept[0].nom = "Autre nom"
    kept[0].save()
    return 1


def renamed_network(kept):
    Reseau.objects.filter(nom="Chantier école").update(nom="Chantiers")


def renamed_label(kept):
    Label.objects.update(nom="Autre")


def renamed_sector(kept):
    Secteur.objects.filter(code="proprete").update(nom="Nettoyage")


def moved_sector(kept):
    Secteur.objects.filter(code="proprete").update(ordre=0)
    Secteur.objects.exclude(code="proprete").update(ordre=9)


def renamed_departement(kept):
    Departement.objects.filter(code="14").update(nom="Le Calvados")
    Importation.objects.create(format="territoires", fichier="data")


def renamed_region(kept):
    Region.objects.filter(code="28").update(nom="La Normandie")


def renamed_commune(kept):
    Commune.objects.filter(code="27229").update(nom="Évreux-Ville")
    Importation.objects.create(format="territoires", fichier="data")


UNTOLD = [
    saved_without_reindex, renamed_network, renamed_label, renamed_sector, moved_sector, renamed_departement,
    renamed_region, renamed_commune,
]  # fmt: skip


@pytest.mark.parametrize("change", UNTOLD)
def test_a_line_out_of_date_is_computed_then_written_again(kept, change):
    before, _ = written()
    expected = change(kept) or len(kept)
    content, missing = written()
    assert (content, missing) == (computed(), expected)
    assert content != before
    assert lignes.keep_stale() == expected
    assert written() == (content, 0)


def test_a_deleted_structure_takes_its_line_away(kept):
    Structure.objects.filter(pk=kept[2].pk).delete()
    assert not LigneExport.objects.filter(structure=kept[2].pk).exists()
    assert written() == (computed(), 0)


def test_the_worker_is_asked_once_to_write_what_was_missing(kept, client, monkeypatch):
    asked = []
    monkeypatch.setattr(type(keep_lines), "enqueue", lambda task, *args: asked.append(task.name))
    page = reverse("structures:export")
    assert len(b"".join(client.get(page).streaming_content).splitlines()) > len(kept)
    assert asked == []
    LigneExport.objects.all().delete()
    for _ in range(3):
        assert b"".join(client.get(page).streaming_content)
    assert asked == ["keep_lines"]
    keep_lines.func()
    assert LigneExport.objects.count() == Structure.objects.count()


def test_a_whole_file_of_kept_lines_costs_no_query_a_line(kept, client, django_assert_num_queries):

    with CaptureQueriesContext(
        connection,
    ) as few:
        b"".join(client.get(reverse("structures:export"), {"kind": "ACI"}).streaming_content)
    with django_assert_num_queries(len(few)):
        b"".join(client.get(reverse("structures:export"), {"kind": list(Kind.values)}).streaming_content)

"""The pages that send files of the register: what they send, what they refuse, what they cost."""

import csv
import io
import json
from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marches.enums import Reservation
from marches.rules.conformite import CONCESSION, LIBELLES, MARCHE, en_clair
from marches.views import exports
from portal.tables import read_table
from tests import factories as make
from tests.marches.cas_essentielles import make_typed

pytestmark = pytest.mark.django_db
EXPORT = reverse("marches:export")


def body(response) -> bytes:
    return b"".join(response.streaming_content)


@pytest.fixture
def two():
    """Two contracts: one of two lots, of which one is reserved; one typed and complete."""
    ecole = make.make_marche(objet="École")
    make.make_lot(
        marche=ecole, numero="1", objet="Gros œuvre", montant=Decimal("1234567.89"), date_notification=date(2026, 1, 2)
    )
    reserve = make.make_lot(marche=ecole, numero="2", objet="=1+1", reservation=Reservation.INSERTION)
    lot = make_typed()
    make.make_titulaire(lot=lot)
    return ecole, reserve, lot


def test_csv_has_a_row_for_each_lot_that_answers(client, two):
    response = client.get(EXPORT, {"reservation": "insertion", "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(body(response).decode("utf-8-sig")), delimiter=";"))
    assert [row["Objet du lot"] for row in rows] == ["'=1+1"]
    assert rows[0]["Réservation"] == "Réservé insertion (SIAE)"
    assert 'filename="marches-csv-' in response["Content-Disposition"]
    everything = body(client.get(EXPORT)).decode()
    assert everything.count("\r\n") == 4
    assert "1234567,89" in everything


def test_xlsx_keeps_numbers_and_days(client, two, tmp_path):
    path = tmp_path / "export.xlsx"
    path.write_bytes(body(client.get(EXPORT, {"format": "xlsx"})))
    rows = [row.values for row in read_table(path)]
    assert len(rows) == 3
    assert {row["Notification"] for row in rows} == {"2026-01-02", "", "2026-03-01"}


def test_a_contract_and_a_lot_leave_alone(client, two):
    ecole, reserve, _ = two
    of_contract = body(client.get(reverse("marches:export_marche", args=[ecole.pk]))).decode()
    assert of_contract.count("\r\n") == 3
    response = client.get(reverse("marches:export_lot", args=[reserve.pk]), {"format": "ocds"})
    (found,) = json.loads(body(response))["releases"]
    assert [lot["id"] for lot in found["tender"]["lots"]] == [str(reserve.pk)]
    assert f"lot-{reserve.pk}-ocds-" in response["Content-Disposition"]


@pytest.mark.parametrize("format", exports.FORMATS)
def test_every_format_of_the_list_is_offered_and_answers(client, two, format):
    ecole, reserve, _ = two
    for page in (reverse("marches:list"), ecole.get_absolute_url(), reserve.get_absolute_url()):
        assert f"format={format}" in client.get(page).content.decode()
    response = client.get(EXPORT, {"format": format})
    assert response.status_code == 200
    assert len(body(response)) > 500


@pytest.mark.parametrize(
    "asked",
    [{"format": "word"}, {"du": "hier"}, {"reservation": "lune"}, {"q": "introuvable"}, {"lieu": "Nulle-Part"}],
    ids=str,
)
def test_what_makes_no_sense_sends_back_with_a_word(client, two, asked):
    response = client.get(EXPORT, asked, follow=True)
    assert response.redirect_chain[0][0].startswith(reverse("marches:list"))
    assert [str(message) for message in response.context["messages"]]


@pytest.mark.parametrize("value", ["\0", "9" * 30, "-1", "x", "٣"])
def test_forged_addresses_are_no_error_of_ours(client, two, value):
    for name in ("marche", "lot"):
        assert client.get(reverse("marches:export_controle"), {name: value}).status_code == 404
    assert client.get(EXPORT, {"format": value}).status_code == 302


def test_large_selections_say_what_to_do(client, client_acheteur, two, monkeypatch):
    monkeypatch.setattr(exports, "MOST_VISITOR", 2)
    monkeypatch.setattr(exports, "MOST_XLSX", 2)
    for format, word in (("decp-json", "connectez-vous"), ("ocds", "CSV"), ("xlsx", "classeur")):
        response = client.get(EXPORT, {"format": format}, follow=True)
        assert word in " ".join(str(message) for message in response.context["messages"])
    assert client.get(EXPORT, {"format": "csv"}).status_code == 200
    assert client_acheteur.get(EXPORT, {"format": "ocds"}).status_code == 200


def test_downloads_are_counted(client, two, monkeypatch):
    cache.clear()
    monkeypatch.setattr(exports, "MOST_AN_HOUR_VISITOR", 1)
    assert client.get(EXPORT).status_code == 200
    assert client.get(EXPORT).status_code == 302
    cache.clear()


def test_drafts_leave_with_their_buyer_only(client, client_acheteur):
    acheteur = client_acheteur.acteur_organisation.acheteur
    lot = make.make_lot(marche=make.make_marche(acheteur=acheteur, publie=False), objet="Secret")
    url = reverse("marches:export_lot", args=[lot.pk])
    assert client.get(url).status_code == 404
    assert client.get(reverse("marches:export_controle"), {"lot": lot.pk}).status_code == 404
    assert "Secret" in body(client_acheteur.get(url)).decode()


def test_control_tells_what_is_left_out(client, two):
    page = client.get(reverse("marches:export_controle"))
    assert (page.context["ecartes_total"], page.context["conformes"]) == (2, 1)
    assert "Code CPV [codeCPV]\u00a0: manque" in page.content.decode()
    rows = body(client.get(reverse("marches:export_controle"), {"format": "csv"})).decode()
    assert rows.count("écarté") == 2
    assert rows.count("adapté") == 1


def test_a_file_costs_the_same_for_one_lot_as_for_thirty(client):
    def lots(number):
        for _ in range(number):
            lot = make_typed()
            make.make_titulaire(lot=lot)
            make.make_acte_sous_traitance(lot=lot)
            make.make_membre_groupement(groupement=make.make_groupement(lot=lot))

    lots(1)
    for format in ("csv", "decp-json", "decp-xml", "ocds"):
        cache.clear()
        with CaptureQueriesContext(connection) as one:
            body(client.get(EXPORT, {"format": format}))
        lots(5)
        cache.clear()
        with CaptureQueriesContext(connection) as many:
            body(client.get(EXPORT, {"format": format}))
        assert len(many) <= len(one) + 1, [query["sql"][:100] for query in many.captured_queries]


@pytest.mark.parametrize(
    ("motif", "plain"),
    [
        ("«\u00a0montant\u00a0» est inférieur à 1 (0)", "Montant [montant]\u00a0: est inférieur à 1 (0)"),
        (
            "«\u00a0id\u00a0»\u00a0: «\u00a0L12\u00a0», faute de mieux",
            "Identifiant [id]\u00a0: «\u00a0L12\u00a0», faute de mieux",
        ),
        ("«\u00a0_type\u00a0» n'existe pas", "«\u00a0_type\u00a0» n'existe pas"),
        ("brouillon", "brouillon"),
    ],
)
def test_fields_have_plain_names(motif, plain):
    assert en_clair(motif) == plain


def test_every_field_of_the_format_has_a_plain_name():
    assert {*MARCHE, *CONCESSION} == set(LIBELLES)

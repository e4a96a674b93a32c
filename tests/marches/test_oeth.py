"""OETH: the rule, and the pages that apply it to the purchases of a buyer."""

import csv
import io
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marches.models import AttestationOeth
from marches.rules import oeth
from portal.verdict import Niveau
from structures.enums import Kind
from tests.factories import (
    make_achat_realise,
    make_attestation_oeth,
    make_fichier_achats,
    make_organisation,
    make_structure,
)

OETH, FICHE, EXPORT = (reverse(f"marches:{name}") for name in ("oeth", "oeth_fiche", "oeth_export"))
D = Decimal


# The rule -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("annee", [2020, 2023, 2025, 2040])
def test_values_of_a_year(annee):
    values = oeth.regles(annee)
    assert (values.part, values.plafond_sous_seuil, values.plafond_au_seuil, values.seuil) == (
        D("0.30"), D("0.50"), D("0.75"), D("0.03"),
    )  # fmt: skip


@pytest.mark.parametrize("annee", [1999, 2019])
def test_before_2020_purchases_were_counted_otherwise(annee):
    assert oeth.regles(annee) is None


@pytest.mark.parametrize(
    ("cout", "expected"),
    [
        (None, None),
        ("0", "0.00"),
        ("6000", "1800.00"),
        ("0.05", "0.02"),
        ("33.35", "10.01"),
        ("99999999999999999", "29999999999999999.70"),
    ],
)
def test_share_of_the_cost_of_labour(cout, expected):
    found = oeth.montant_deductible(cout and D(cout), oeth.regles(2025))
    assert found == (expected and D(expected))


@pytest.mark.parametrize(
    ("contribution", "taux", "expected"),
    [
        ("100000", "0", "50000.00"),
        ("100000", "0.0299", "50000.00"),
        ("100000", "0.03", "75000.00"),
        ("100000", "1", "75000.00"),
        ("0", "0.05", "0.00"),
        ("0.01", "0", "0.01"),
    ],
)
def test_ceiling_by_employment_rate(contribution, taux, expected):
    assert oeth.plafond(D(contribution), D(taux), oeth.regles(2025)) == D(expected)


@pytest.mark.parametrize(("contribution", "taux"), [("-1", "0"), ("1", "-0.01"), ("1", "1.01")])
def test_impossible_figures_are_refused(contribution, taux):
    with pytest.raises(ValueError, match="0 or more"):
        oeth.plafond(D(contribution), D(taux), oeth.regles(2025))
    with pytest.raises(ValueError, match="0 or more"):
        oeth.montant_deductible(D(-1), oeth.regles(2025))


@pytest.mark.parametrize("kind", list(Kind))
def test_who_gives_a_deduction(kind):
    level = {Kind.EA: Niveau.OK, Kind.ESAT: Niveau.OK, Kind.EATT: Niveau.INFORMATION}.get(kind, Niveau.BLOCAGE)
    verdict = oeth.eligibilite(kind)
    assert verdict.level == level
    assert verdict.source


@pytest.mark.parametrize(
    ("cout", "prix", "level"),
    [
        (None, "100", Niveau.INFORMATION),
        ("100", "100", Niveau.OK),
        ("100.01", "100", Niveau.AVERTISSEMENT),
        ("1", "-50", Niveau.AVERTISSEMENT),
        ("0", "-50", Niveau.OK),
    ],
)
def test_a_cost_of_labour_fits_the_price(cout, prix, level):
    assert oeth.coherence(cout and D(cout), D(prix)).level == level


# The pages ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def bought(client_acheteur):
    """An EA bought from twice, an ESAT, an EATT and an EI, in 2025; the EA in 2024 too."""
    fichier = make_fichier_achats(organisation=client_acheteur.acteur_organisation)
    found = {kind: make_structure(kind=kind, nom=f"Fournisseur {kind}") for kind in ("EA", "ESAT", "EATT", "EI")}
    for kind, montant in (("EA", 7000), ("EA", 3000), ("ESAT", 500), ("EATT", 900), ("EI", 800)):
        make_achat_realise(fichier=fichier, structure=found[kind], montant=D(montant))
    make_achat_realise(fichier=fichier, structure=found["EA"], montant=D(40), annee=2024)
    make_achat_realise(structure=found["EA"], montant=D(123456))  # another buyer's
    return found


def test_purchases_by_supplier_and_what_is_not_known(client_acheteur, bought):
    page = client_acheteur.get(OETH)
    etat = page.context["etat"]
    assert (etat.annee, etat.montant, etat.deductible, etat.a_attester) == (2025, D(10500), 0, 2)
    assert [(ligne.kind, ligne.montant, ligne.deductible) for ligne in etat.lignes] == [
        (Kind.EA, D(10000), None), (Kind.EATT, D(900), None), (Kind.ESAT, D(500), None),
    ]  # fmt: skip
    text = page.content.decode()
    assert "Seul le fournisseur peut attester" in text
    assert "31/01/2026" in text
    assert "non connu" in text
    assert client_acheteur.get(OETH, {"annee": "2024"}).context["etat"].montant == 40


def test_an_attested_cost_gives_the_deduction_and_can_be_taken_back(client_acheteur, bought):
    siret = bought["EA"].organisation.identifiant
    url = f"{OETH}?annee=2025"
    assert client_acheteur.post(url, {f"cout_{siret}": "6 000,00 €"}).status_code == 302
    page = client_acheteur.get(url, {"annee": 2025, "contribution": "3 000", "taux": "2,5"})
    assert page.context["etat"].deductible == D(1800)
    assert (page.context["plafond"], page.context["retenu"]) == (D(1500), D(1500))
    assert client_acheteur.get(url, {"contribution": "3000", "taux": "3"}).context["retenu"] == D(1800)
    row = AttestationOeth.objects.get()
    assert (row.annee, row.cout_main_oeuvre, row.par) == (2025, D(6000), client_acheteur.user)
    client_acheteur.post(url, {"autre": "1"})
    assert AttestationOeth.objects.count() == 1
    client_acheteur.post(url, {f"cout_{siret}": ""})
    assert not AttestationOeth.objects.exists()


@pytest.mark.parametrize("typed", ["-1", "NaN", "1e400", "Infinity", "9" * 30, "abc", "1\x00", "12,345"])
def test_bad_costs_are_told_beside_their_field(client_acheteur, bought, typed):
    siret = bought["EA"].organisation.identifiant
    page = client_acheteur.post(f"{OETH}?annee=2025", {f"cout_{siret}": typed})
    assert page.status_code == 200
    assert page.context["form"].errors
    assert not AttestationOeth.objects.exists()


def test_a_supplier_of_nobody_is_not_written(client_acheteur, bought):
    forged = make_structure(kind=Kind.EA).organisation.identifiant
    ei, eatt = bought["EI"].organisation.identifiant, bought["EATT"].organisation.identifiant
    data = {f"cout_{number}": "10" for number in (forged, ei, eatt)}
    client_acheteur.post(f"{OETH}?annee=2025", data)
    assert not AttestationOeth.objects.exists()


def test_attestations_of_other_buyers_are_not_seen(client_acheteur, bought):
    make_attestation_oeth(organisation=make_organisation(), siret_fournisseur=bought["EA"].organisation.identifiant)
    assert client_acheteur.get(OETH).context["etat"].deductible == 0


@pytest.mark.parametrize(
    "query",
    ["annee=" + "9" * 30, "annee=a", "annee=\x00", "contribution=-1&taux=5", "contribution=1e400&taux=x", "taux=101"],
)
def test_bad_queries_still_answer(client_acheteur, bought, query):
    page = client_acheteur.get(f"{OETH}?{query}")
    assert page.status_code == 200
    assert page.context["plafond"] is None
    assert page.context["etat"].annee == 2025


def test_without_purchase_the_page_explains(client_acheteur):
    page = client_acheteur.get(OETH)
    assert page.status_code == 200
    assert "Ces chiffres viennent des fichiers" in page.content.decode()
    assert client_acheteur.get(FICHE).status_code == 200


def test_years_before_2020_have_no_amount(client_acheteur):
    fichier = make_fichier_achats(organisation=client_acheteur.acteur_organisation)
    ea = make_structure(kind=Kind.EA)
    make_achat_realise(fichier=fichier, structure=ea, annee=2019)
    make_attestation_oeth(
        organisation=fichier.organisation, annee=2019, siret_fournisseur=ea.organisation.identifiant
    )  # fmt: skip
    page = client_acheteur.get(OETH)
    assert page.context["etat"].deductible == 0
    assert "en unités" in page.content.decode()


def test_sheet_and_csv_leave_empty_what_is_not_known(client_acheteur, bought):
    ea = bought["EA"].organisation
    make_attestation_oeth(organisation=client_acheteur.acteur_organisation, siret_fournisseur=ea.identifiant)
    content = b"".join(client_acheteur.get(EXPORT, {"annee": "2025"}).streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content), delimiter=";"))
    assert rows[1][1:7] == [ea.identifiant, "Fournisseur EA", "Entreprise adaptée", "10000,00", "6000,00", "1800,00"]
    assert rows[3][5:7] == ["", ""]
    sheet = client_acheteur.get(FICHE, {"annee": "2025"}).content.decode()
    assert "à attester" in sheet
    assert "à vérifier" in sheet


def test_the_page_costs_the_same_for_one_supplier_as_for_ten(client_acheteur):
    fichier = make_fichier_achats(organisation=client_acheteur.acteur_organisation)
    counts = []
    for size in (1, 9):
        for _ in range(size):
            make_achat_realise(fichier=fichier, structure=make_structure(kind=Kind.ESAT))
        with CaptureQueriesContext(connection) as queries:
            client_acheteur.get(OETH)
        counts.append(len(queries))
    assert counts[0] == counts[1]

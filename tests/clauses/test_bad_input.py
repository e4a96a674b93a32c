"""Whatever is sent to a form or an address of this floor: a 404, or an answer in French; no crash, no write."""

from itertools import product

import pytest
import time_machine
from django.urls import reverse

from clauses.models import Affectation, ClauseSociale, Declaration, Eligibilite, HeuresDues, Imputation, Participant
from portal.permissions import Role
from tests import factories as f
from tests.clauses.conftest import make_chantier

pytestmark = pytest.mark.django_db
HUGE = 10**30
BAD_TEXT = ["\x00", "a\x00b", "x" * 200_000]
BAD_NUMBERS = ["abc", "\x00", HUGE, f"-{HUGE}", "1e400", "NaN", "-inf", "1,2,3", "²", "9" * 5000]
BAD_DAYS = ["31/02/2026", "2026-02-31", "0001-01-01", "9999-12-31", "10000-01-01", "\x00", HUGE, "demain"]
TABLES = (Affectation, ClauseSociale, Declaration, Eligibilite, HeuresDues, Imputation, Participant)


@pytest.fixture(autouse=True)
def _in_june():
    with time_machine.travel("2026-06-15 12:00+00:00", tick=False):
        yield


def counts():
    return [table.objects.count() for table in TABLES]


CLAUSE = {"type": "condition", "heures": "100", "date_debut": "2026-01-01", "date_fin": "2026-12-31"}
DUES = {"origine": "avenant", "heures": "100", "date_effet": "2026-05-01"}
PERSONNE = {"annee_naissance": "1990", "sexe": "f", "niveau_formation": "3", "entree_le": "2026-06-01"}
ELIGIBILITE = {"critere": "rsa", "justificatif_vu_le": "2026-06-01", "valable_du": "2026-06-01"}
AFFECTATION = {"siret": "", "modalite": "embauche", "contrat": "cdi", "date_debut": "2026-06-01"}

FORMS = [
    *(("create", CLAUSE, {field: bad}) for field, bad in product(["heures", "penalite_heure"], BAD_NUMBERS)),
    *(("create", CLAUSE, {field: bad}) for field, bad in product(["date_debut", "date_fin"], BAD_DAYS)),
    *(("create", CLAUSE, {field: bad}) for field, bad in product(["type", "motif"], BAD_TEXT)),
    *(("create", CLAUSE, {field: bad}) for field, bad in product(["publics", "texte"], BAD_TEXT[:2])),
    ("create", CLAUSE, {"heures": "0"}),
    ("create", CLAUSE, {"date_fin": "2025-12-31"}),
    *(("add_heures_dues", DUES, {"heures": bad}) for bad in [*BAD_NUMBERS, "0", "-1000,01"]),
    *(("add_heures_dues", DUES, {"date_effet": bad}) for bad in BAD_DAYS),
    *(("add_heures_dues", DUES, {field: bad}) for field, bad in product(["origine", "membre", "motif"], BAD_TEXT)),
    ("add_heures_dues", DUES, {"membre": HUGE}),
    ("add_heures_dues", DUES, {"origine": "initial"}),
    *(("open_month", {"mois": "2026-04"}, {"organisation": bad}) for bad in [*BAD_TEXT, HUGE, "-1", ""]),
    *(("open_month", {}, {"mois": bad}) for bad in BAD_DAYS),
    *(("participant_create", PERSONNE, {"annee_naissance": bad}) for bad in BAD_NUMBERS),
    *(("participant_create", PERSONNE, {"entree_le": bad}) for bad in BAD_DAYS),
    *(("participant_create", PERSONNE, {field: bad}) for field, bad in product(["sexe", "niveau_formation"], BAD_TEXT)),
    *(("add_eligibilite", ELIGIBILITE, {"critere": bad}) for bad in BAD_TEXT),
    *(
        ("add_eligibilite", ELIGIBILITE, {field: bad})
        for field, bad in product(["justificatif_vu_le", "valable_du", "valable_au"], BAD_DAYS)
    ),
    *(("assign", AFFECTATION, {"siret": bad}) for bad in [*BAD_TEXT, HUGE, "", "12345678901234"]),
    *(("assign", AFFECTATION, {field: bad}) for field, bad in product(["date_debut", "date_fin"], BAD_DAYS)),
    *(("assign", AFFECTATION, {field: bad}) for field, bad in product(["modalite", "contrat", "metier"], BAD_TEXT)),
]


@pytest.mark.parametrize(("name", "good", "bad"), FORMS, ids=range(len(FORMS)))
def test_a_bad_value_is_answered_in_french_and_writes_nothing(chantier, name, good, bad):
    person = chantier.affectations[0].participant
    key = {
        "create": [chantier.clause.lot.pk],
        "participant_create": [],
        "add_eligibilite": [person.pk],
        "assign": [person.pk],
    }.get(name, [chantier.clause.pk])
    good = dict(good)
    if name == "assign":
        good["siret"] = f.make_siret()
    if name == "open_month":
        good.setdefault("organisation", chantier.entreprise.pk)
    before = counts()
    response = chantier.client(Role.FACILITATEUR).post(reverse(f"clauses:{name}", args=key), good | bad)
    assert response.status_code == 200
    assert "à corriger" in response.content.decode()
    assert counts() == before


LINES = [
    *(("correct", "correction", {"travail": bad}) for bad in [*BAD_NUMBERS, "-1", "745", ""]),
    *(("correct", "correction", {"formation": bad, "travail": "5"}) for bad in [*BAD_NUMBERS, "-1", "745"]),
    *(("cancel", "annulation", {"motif": bad}) for bad in [*BAD_TEXT, "", "  "]),
    *(("refuse", "refus", {"motif": bad}) for bad in [*BAD_TEXT, "", "  "]),
]


@pytest.mark.parametrize(("name", "prefix", "bad"), LINES, ids=range(len(LINES)))
def test_a_bad_decision_or_correction_changes_nothing(chantier, name, prefix, bad):
    (line,) = chantier.sent(100)
    client = chantier.client(Role.FACILITATEUR)
    if name != "refuse":
        client.post(reverse("clauses:accept", args=[line.pk]))
    line.refresh_from_db()
    data = {f"{prefix}-{line.pk}-{field}": value for field, value in bad.items()}
    response = client.post(reverse(f"clauses:{name}", args=[line.pk]), data)
    assert response.status_code == 200
    assert Imputation.objects.get().etat == line.etat


def test_rows_of_another_facilitator_do_not_exist(chantier):
    theirs = make_chantier()
    (line,) = theirs.sent(10)
    person, client = theirs.affectations[0].participant, chantier.client(Role.FACILITATEUR)
    pages = [
        *((name, theirs.clause.pk) for name in ("detail", "add_heures_dues", "open_month")),
        *((name, person.pk) for name in ("participant", "participant_fiche", "add_eligibilite", "assign")),
        *((name, theirs.month.pk) for name in ("declaration", "accept_all_clean")),
        *((name, line.pk) for name in ("accept", "refuse", "cancel", "correct")),
    ]
    for name, key in pages:
        for number in (key, HUGE):
            assert client.post(reverse(f"clauses:{name}", args=[number])).status_code in {404, 405}, name
    line.refresh_from_db()
    assert line.etat == "transmise"


def test_a_forged_member_or_organisation_is_refused(chantier):
    stranger, client = f.make_organisation(), chantier.client(Role.FACILITATEUR)
    dues = client.post(reverse("clauses:add_heures_dues", args=[chantier.clause.pk]), DUES | {"membre": stranger.pk})
    assert "membre" in dues.context["heures_form"].errors
    month = {"organisation": stranger.pk, "mois": "2026-04"}
    opened = client.post(reverse("clauses:open_month", args=[chantier.clause.pk]), month)
    assert "organisation" in opened.context["mois_form"].errors


FILTERS = ["acheteur", "periode", "rythme", "eligibilite", "page"]
ADDRESSES = [
    *({"q": bad} for bad in BAD_TEXT),
    *({name: bad} for name, bad in product(FILTERS, ["\x00", HUGE, "-1"])),
    *({"annee": bad} for bad in ["\x00", HUGE, "-1", "abc", "20 26", ""]),
]


@pytest.mark.parametrize("query", ADDRESSES, ids=range(len(ADDRESSES)))
def test_a_bad_query_string_gets_a_page(chantier, query):
    client = chantier.client(Role.FACILITATEUR)
    for url in (reverse("clauses:list"), reverse("clauses:participants"), chantier.clause.get_absolute_url()):
        assert client.get(url, query).status_code == 200


@pytest.mark.parametrize("name", ["montant", "part", "taux", "cout", "heures"])
@pytest.mark.parametrize("bad", ["\x00", HUGE, "1E+999999", "1E-999999", "NaN", "sNaN", "-Infinity", "9" * 5000, "٣"])
def test_a_forged_calculation_is_left_out(chantier, name, bad):
    query = {"montant": "1E+999998", "part": "1", "taux": "1", "cout": "0.01", "heures": "833"} | {name: bad}
    page = chantier.client(Role.FACILITATEUR).get(reverse("clauses:create", args=[chantier.clause.lot.pk]), query)
    assert page.status_code == 200
    assert page.context["calcul"] == {}

"""The pages: who sees what, what is typed is never lost, bad input gets an answer."""

import re
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clauses import actions
from clauses.enums import Etat
from clauses.models import Affectation, ClauseSociale, Declaration, HeuresDues, Imputation, Participant
from clauses.querysets import DECLARENTS
from portal.permissions import Acteur, Role
from tests import factories as f
from tests.clauses.conftest import make_chantier
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
CALCUL = reverse("clauses:calculateur")
HUGE = 10**30


@pytest.fixture(autouse=True)
def _in_june():
    with time_machine.travel("2026-06-15 12:00+00:00", tick=False):
        yield


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode().replace("\u202f", " ").replace("\xa0", " "))


# Calculator ---------------------------------------------------------------------------------------------------------
def lots(*rows, **more):
    data = {"calculer": "1", "l-TOTAL_FORMS": len(rows)} | more
    for rank, row in enumerate(rows):
        data |= {f"l-{rank}-{name}": value for name, value in row.items()}
    return data


def test_the_calculator_is_open_to_all_and_its_address_is_the_calculation(client):
    page = text(client.get(CALCUL, lots({"montant": "1 000 000", "part": "50", "taux": "5", "cout": "30"})))
    assert "833 h" in page
    assert "0,52" in page
    assert "833,33 h" in page


def test_several_lots_are_rounded_then_added(client):
    rows = [
        {"montant": "200000", "part": "70", "taux": "10"},
        {"montant": "600000", "part": "50"},
        {"montant": "300000,00", "part": "20"},
    ]
    assert "1 067 h" in text(client.get(CALCUL, lots(*rows)))


def test_hours_give_the_rate(client):
    page = text(client.get(CALCUL, lots({"montant": "400000", "part": "60", "cout": "32", "heures": "500"})))
    assert "6,67 %" in page


def test_a_sector_brings_its_share_and_its_source(client):
    parent = f.make_secteur(code="second-oeuvre", nom="Second œuvre")
    f.make_secteur(code="second-oeuvre.peinture", nom="Peinture", parent=parent)
    page = text(client.get(CALCUL, lots({"montant": "1500000", "secteur": "second-oeuvre.peinture", "taux": "10"})))
    assert "3 500 h" in page
    assert "maisons de l&#x27;emploi" in page


def test_without_labour_the_page_warns(client):
    page = text(client.get(CALCUL, lots({"montant": "1000", "part": "0"})))
    assert "sans main-d&#x27;œuvre" in page


def test_lots_are_added_and_removed_without_script_nor_loss(client):
    data = lots({"montant": "12345", "part": "50"})
    del data["calculer"]
    more = client.get(CALCUL, data | {"ajouter": "1"}).content.decode()
    assert more.count("<fieldset") == 2
    assert 'value="12345"' in more
    less = client.get(CALCUL, data | {"l-TOTAL_FORMS": 2, "retirer": "1"}).content.decode()
    assert less.count("<fieldset") == 1


@pytest.mark.parametrize(
    "row",
    [
        {"montant": "abc"},
        {"montant": ""},
        {"montant": "-5", "part": "50"},
        {"montant": "1e30", "part": "50"},
        {"montant": str(HUGE), "part": "50"},
        {"montant": "9" * 5000, "part": "50"},
        {"montant": "NaN", "part": "50"},
        {"montant": "100", "part": "101"},
        {"montant": "100", "part": "50", "cout": "0"},
        {"montant": "100", "part": "50", "heures": "-1"},
        {"montant": "100", "secteur": "inconnu\x00"},
        {"montant": "100\x00", "part": "50", "nom": "a\x00b"},
        {"montant": "100"},
    ],
)
def test_bad_values_get_an_answer_in_french(client, row):
    response = client.get(CALCUL, lots(row))
    assert response.status_code == 200
    assert "à corriger" in text(response)


@pytest.mark.parametrize("count", [HUGE, "-1", "abc", "", "\x00", "²", "0"])
def test_bad_numbers_of_lots(client, count):
    response = client.get(CALCUL, {"calculer": "1", "l-TOTAL_FORMS": count, "lot": count})
    assert response.status_code == 200


def test_from_a_lot_a_facilitator_goes_back_to_create_the_clause(client_facilitateur, client_acheteur):
    lot = f.make_lot(montant=1_000_000)
    row = {"montant": "1000000", "part": "50", "taux": "5", "cout": "30"}
    page = client_facilitateur.get(CALCUL, lots(row, lot=lot.pk))
    link = re.search(r'href="(/clauses/lots/[^"]+)"', page.content.decode())[1].replace("&amp;", "&")
    assert client_facilitateur.get(link).context["form"].initial["heures"] == 833
    assert "/clauses/lots/" not in client_acheteur.get(CALCUL, lots(row, lot=lot.pk)).content.decode()


# Who sees what ------------------------------------------------------------------------------------------------------
def reach(chantier):
    """Each kind of actor, and whether it sees the clause, its month, its people."""
    employer = f.make_organisation()
    affectation = f.make_affectation(participant=chantier.affectations[0].participant, employeur=employer)
    line = f.make_ligne_heures(affectation=affectation)
    f.make_imputation(ligne=line, clause=chantier.clause, declaration=chantier.month)
    member = f.make_membre_groupement(groupement=f.make_groupement(lot=chantier.clause.lot)).organisation
    loser = f.make_membre_groupement(groupement=f.make_groupement(lot=chantier.clause.lot, retenu=False)).organisation
    siren = chantier.acheteur.organisation.siren
    sister = f.make_organisation(identifiant=f.make_siret(siren, nic=2))
    other, fac = f.make_organisation(), chantier.facilitateur.organisation
    E, S, A, F = Role.ENTREPRISE, Role.STRUCTURE, Role.ACHETEUR, Role.FACILITATEUR  # noqa: N806
    return [
        (F, fac, True, True, 3),
        (F, f.make_facilitateur().organisation, False, False, 0),
        (A, chantier.acheteur.organisation, True, False, 0),
        (A, sister, True, False, 0),
        (A, f.make_acheteur().organisation, False, False, 0),
        (E, chantier.entreprise, True, True, 3),
        (S, chantier.entreprise, True, True, 3),
        (E, member, True, False, 0),
        (S, loser, False, False, 0),
        (S, employer, True, False, 1),
        (E, other, False, False, 0),
        (E, fac, False, False, 0),
        (Role.RESEAU, fac, False, False, 0),
        (Role.ADMINISTRATION, fac, False, False, 0),
        (None, None, False, False, 0),
    ]


def test_reach(chantier):
    for role, organisation, clause, month, people in reach(chantier):
        acteur = Acteur(f.make_user() if role else None, organisation, role)
        seen = (
            list(ClauseSociale.objects.visible_to(acteur)) == [chantier.clause],
            Declaration.objects.visible_to(acteur).exists(),
            Participant.objects.visible_to(acteur).count(),
        )
        assert seen == (clause, month, people), (role, organisation)
        facilitator = role == Role.FACILITATEUR and clause
        assert ClauseSociale.objects.editable_by(acteur).exists() is facilitator
        assert Participant.objects.editable_by(acteur).exists() is facilitator
        assert Declaration.objects.decidable_by(acteur).exists() is facilitator


PAGES = [
    ("list", None, {"visitor": 302, "A": 200, "S": 200, "E": 200, "F": 200, "R": 403}),
    ("calculateur", None, {"visitor": 200, "A": 200, "S": 200, "E": 200, "F": 200, "R": 200}),
    ("detail", "clause", {"visitor": 302, "A": 404, "S": 404, "E": 404, "F": 404, "R": 403}),
    ("declaration", "month", {"visitor": 302, "A": 403, "S": 404, "E": 404, "F": 404, "R": 403}),
    ("participants", None, {"visitor": 302, "A": 403, "S": 403, "E": 403, "F": 200, "R": 403}),
    ("participant_create", None, {"visitor": 302, "A": 403, "S": 403, "E": 403, "F": 200, "R": 403}),
    ("participant", "person", {"visitor": 302, "A": 403, "S": 403, "E": 403, "F": 404, "R": 403}),
    ("participant_fiche", "person", {"visitor": 302, "A": 403, "S": 403, "E": 403, "F": 404, "R": 403}),
    ("create", "lot", {"visitor": 302, "A": 403, "S": 403, "E": 403, "F": 200, "R": 403}),
]
POSTS = [
    ("add_heures_dues", "clause", {"visitor": 302, "A": 403, "E": 403, "F": 404}),
    ("open_month", "clause", {"visitor": 302, "A": 403, "E": 404, "F": 404}),
    ("declaration", "month", {"visitor": 302, "A": 403, "E": 404, "F": 404}),
    ("add_eligibilite", "person", {"visitor": 302, "A": 403, "E": 403, "F": 404}),
    ("assign", "person", {"visitor": 302, "A": 403, "E": 403, "F": 404}),
    ("accept_all_clean", "month", {"visitor": 302, "A": 403, "E": 403, "F": 404}),
    ("accept", "line", {"visitor": 302, "A": 403, "E": 403, "F": 404}),
    ("refuse", "line", {"visitor": 302, "A": 403, "E": 403, "F": 404}),
    ("correct", "line", {"visitor": 302, "A": 403, "E": 404, "F": 404}),
]


@pytest.mark.parametrize(("method", "pages"), [("get", PAGES), ("post", POSTS)])
def test_what_belongs_to_others_does_not_open(client, chantier, method, pages):
    (line,) = chantier.sent(10)
    keys = {"clause": chantier.clause.pk, "month": chantier.month.pk, "line": line.pk, "lot": chantier.clause.lot_id}
    keys["person"] = chantier.affectations[0].participant_id
    roles = {"A": Role.ACHETEUR, "S": Role.STRUCTURE, "E": Role.ENTREPRISE, "F": Role.FACILITATEUR, "R": Role.RESEAU}
    clients = {"visitor": client} | {letter: sign_in(role) for letter, role in roles.items()}
    for name, key, answers in pages:
        url = reverse(f"clauses:{name}", args=[keys[key]] if key else [])
        for who, expected in answers.items():
            assert getattr(clients[who], method)(url).status_code == expected, (name, who)
    assert Imputation.objects.get().etat == Etat.TRANSMISE


@pytest.mark.parametrize("name", ["add_heures_dues", "open_month", "accept_all_clean", "accept", "refuse", "correct"])
def test_writes_are_posts(client_facilitateur, name):
    assert client_facilitateur.get(reverse(f"clauses:{name}", args=[1])).status_code == 405


@pytest.mark.parametrize("name", ["detail", "declaration", "participant", "create"])
def test_a_number_too_large_is_not_found(client_facilitateur, name):
    assert client_facilitateur.get(reverse(f"clauses:{name}", args=[HUGE])).status_code == 404


def test_criteria_stay_with_the_facilitator(chantier):
    chantier.sent(230)
    page = text(chantier.client(Role.ENTREPRISE).get(chantier.month.get_absolute_url()))
    assert chantier.affectations[0].participant.code in page
    assert "Demandeur" not in page
    assert "ligibilité" not in page
    assert "au-delà de" not in page


def test_small_numbers_of_people_are_hidden_from_the_buyer(chantier):
    for imputation in chantier.sent(10, 20, 30):
        actions.accept(imputation, by=chantier.by)
    assert "moins de 5" in text(chantier.client(Role.ACHETEUR).get(chantier.clause.get_absolute_url()))
    assert "moins de 5" not in text(chantier.client(Role.FACILITATEUR).get(chantier.clause.get_absolute_url()))


# Clauses ------------------------------------------------------------------------------------------------------------
def test_a_facilitator_creates_a_clause_from_a_calculation(client_facilitateur):
    lot = f.make_lot(date_debut=date(2026, 1, 1), date_fin=date(2026, 12, 31))
    url = reverse("clauses:create", args=[lot.pk]) + "?heures=833&montant=1000000&part=0.5&taux=0.05&cout=30&source=x"
    form = client_facilitateur.get(url).context["form"]
    data = {"type": "condition", "date_debut": form["date_debut"].value(), "date_fin": form["date_fin"].value()}
    refused = client_facilitateur.post(url, data | {"heures": "900"})
    assert "motif" in refused.context["form"].errors
    created = client_facilitateur.post(url, data | {"heures": "833"})
    clause = ClauseSociale.objects.get()
    assert created.url == clause.get_absolute_url()
    assert (clause.calcul["heures"], HeuresDues.objects.get().heures) == (833, 833)


@pytest.mark.parametrize("heures", ["0", "-1", "abc", "1e9", str(HUGE), "", "\x00", "1,234"])
def test_a_clause_needs_a_number_of_hours(client_facilitateur, heures):
    url = reverse("clauses:create", args=[f.make_lot().pk])
    data = {"type": "condition", "date_debut": "2026-01-01", "date_fin": "2026-12-31", "heures": heures}
    response = client_facilitateur.post(url, data)
    assert "heures" in response.context["form"].errors
    assert not ClauseSociale.objects.exists()


@pytest.mark.parametrize(
    "query", ["heures=abc", "heures=5&montant=1&part=9&taux=1&cout=0", "heures=1&montant=1e99999&part=1&taux=1&cout=1"]
)
def test_a_made_up_calculation_is_left_out(client_facilitateur, query):
    url = reverse("clauses:create", args=[f.make_lot().pk])
    assert client_facilitateur.get(f"{url}?{query}").context["calcul"] == {}


def test_hours_due_are_added_or_refused_with_a_reason(chantier):
    client, url = chantier.client(Role.FACILITATEUR), reverse("clauses:add_heures_dues", args=[chantier.clause.pk])
    data = {"origine": "avenant", "date_effet": "2026-05-01", "heures": "-200"}
    assert client.post(url, data).status_code == 302
    assert "on ne peut en retirer" in text(client.post(url, data | {"heures": "-5000"}))
    assert "différent de 0" in text(client.post(url, data | {"heures": "0"}))
    assert chantier.totals()[0] == 800


def test_the_board_puts_risk_first_and_filters(chantier):
    calm = f.make_clause(facilitateur=chantier.facilitateur, date_debut=date(2026, 6, 1), date_fin=date(2027, 6, 1))
    f.make_heures_dues(clause=calm, heures=10)
    client, url = chantier.client(Role.FACILITATEUR), reverse("clauses:list")

    def shown(**query):
        return [s["clause"] for s in client.get(url, query).context["page"]]

    assert shown() == [chantier.clause, calm]
    assert shown(rythme="retard") == [chantier.clause]
    assert shown(rythme="tenu") == [calm]
    assert shown(acheteur=calm.lot.marche.acheteur.organisation_id) == [calm]
    assert shown(q=calm.lot.marche.acheteur.organisation.denomination) == [calm]
    assert shown(periode="terminee") == []


@pytest.mark.parametrize(
    "query", [{"page": HUGE}, {"acheteur": HUGE}, {"acheteur": "x"}, {"q": "\x00"}, {"rythme": "?"}]
)
def test_bad_filters_get_an_answer(client_facilitateur, query):
    assert client_facilitateur.get(reverse("clauses:list"), query).status_code == 200
    assert client_facilitateur.get(reverse("clauses:participants"), query | {"eligibilite": "?"}).status_code == 200


# People -------------------------------------------------------------------------------------------------------------
def test_a_person_is_followed_by_code_from_entry_to_assignment(client_facilitateur):
    url = reverse("clauses:participant_create")
    data = {"annee_naissance": "1990", "sexe": "f", "niveau_formation": "3", "qpv": "True", "entree_le": "2026-06-01"}
    page = client_facilitateur.post(url, data)
    person = Participant.objects.get()
    assert page.url == person.get_absolute_url()
    assert person.qpv is True
    seen = {"critere": "rsa", "justificatif_vu_le": "2026-06-01", "valable_du": "2026-06-01"}
    client_facilitateur.post(reverse("clauses:add_eligibilite", args=[person.pk]), seen)
    assert person.eligibilites.get().valable_au == date(2028, 5, 31)
    employer = f.make_organisation()
    work = {"siret": employer.identifiant, "modalite": "embauche", "contrat": "cdd", "date_debut": "2026-06-02"}
    client_facilitateur.post(reverse("clauses:assign", args=[person.pk]), work)
    assert Affectation.objects.get().employeur == employer
    assert person.code in text(client_facilitateur.get(reverse("clauses:participant_fiche", args=[person.pk])))
    assert client_facilitateur.get(person.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    "change",
    [{"annee_naissance": "abc"}, {"annee_naissance": HUGE}, {"annee_naissance": "2020"}, {"entree_le": "0001-01-01"}]
    + [{"entree_le": "9999-12-31"}, {"sexe": "x"}, {"entree_le": "\x00"}],
)
def test_impossible_people_are_refused(client_facilitateur, change):
    data = {"annee_naissance": "1990", "sexe": "f", "niveau_formation": "3", "entree_le": "2026-06-01"} | change
    assert client_facilitateur.post(reverse("clauses:participant_create"), data).context["form"].errors
    assert not Participant.objects.exists()


@pytest.mark.parametrize("siret", ["123", "12345678901234", "\x00", "abc"])
def test_an_employer_is_a_valid_siret(chantier, siret):
    person = chantier.affectations[0].participant
    data = {"siret": siret, "modalite": "embauche", "contrat": "cdd", "date_debut": "2026-06-02"}
    response = chantier.client(Role.FACILITATEUR).post(reverse("clauses:assign", args=[person.pk]), data)
    assert "siret" in response.context["affectation_form"].errors


# Months -------------------------------------------------------------------------------------------------------------
def grid(chantier, *hours, version=None, action="enregistrer", **more):
    chantier.month.refresh_from_db()
    data = {"version": chantier.month.version if version is None else version, "action": action, "affectation": []}
    for affectation, (work, training) in zip(chantier.affectations, hours, strict=False):
        data["affectation"].append(f"{affectation.pk}:{affectation.participant.code}")
        data |= {f"l{affectation.pk}-travail": work, f"l{affectation.pk}-formation": training}
    return data | more


def test_a_company_declares_the_facilitator_decides_the_company_corrects(chantier):
    company, facilitator = chantier.client(Role.ENTREPRISE), chantier.client(Role.FACILITATEUR)
    opened = company.post(reverse("clauses:open_month", args=[chantier.clause.pk]), {
        "organisation": chantier.entreprise.pk, "mois": "2026-03"})  # fmt: skip
    url = chantier.month.get_absolute_url()
    assert opened.url == url
    company.post(url, grid(chantier, ("100,5", "7"), ("20", "")))
    assert [i.heures for i in chantier.lines()] == [Decimal("107.50"), 20]
    company.post(url, grid(chantier, ("100,5", "7"), ("20", ""), ("10", ""), action="transmettre"))
    assert {i.etat for i in chantier.lines()} == {Etat.TRANSMISE}
    first, second, third = chantier.lines()
    facilitator.post(reverse("clauses:refuse", args=[second.pk]), {f"refus-{second.pk}-motif": "Deux jours de trop"})
    facilitator.post(reverse("clauses:accept", args=[third.pk]))
    facilitator.post(reverse("clauses:accept_all_clean", args=[chantier.month.pk]))
    assert [i.etat for i in chantier.lines()] == ["acceptee", "refusee", "acceptee"]
    assert "Deux jours de trop" in text(company.get(url))
    assert "À corriger" in text(company.get(reverse("clauses:list")))
    company.post(reverse("clauses:correct", args=[second.pk]), {f"correction-{second.pk}-travail": "14"})
    company.post(url, grid(chantier, action="transmettre"))
    facilitator.post(reverse("clauses:accept_all_clean", args=[chantier.month.pk]))
    assert chantier.totals() == (1000, Decimal("131.50"), Decimal("131.50"))


def test_nothing_typed_is_lost_when_two_people_save(chantier):
    client, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()
    seen = chantier.month.version
    chantier.save(100)
    response = client.post(url, grid(chantier, ("55", ""), ("44", ""), version=seen))
    page = text(response)
    assert "rien n&#x27;a été écrasé" in page
    assert 'value="55"' in page
    assert 'value="44"' in page
    assert "enregistré : 100 h" in page
    assert [i.heures for i in chantier.lines()] == [100]
    client.post(url, grid(chantier, ("55", ""), ("44", ""), version=response.context["version"]))
    assert [i.heures for i in chantier.lines()] == [55, 44]


def test_a_mistake_does_not_hide_what_the_other_has_saved(chantier):
    client, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()
    seen = chantier.month.version
    chantier.save(100)
    wrong = client.post(url, grid(chantier, ("abc", ""), version=seen))
    assert wrong.context["version"] == str(seen)
    again = client.post(url, grid(chantier, ("55", ""), version=wrong.context["version"]))
    assert "rien n&#x27;a été écrasé" in text(again)


@pytest.mark.parametrize(
    ("work", "training"),
    [
        ("abc", ""),
        (HUGE, ""),
        ("-1", ""),
        ("999", ""),
        ("700", "45"),
        ("1\x00", ""),
        ("1e2", ""),
        ("", "NaN"),
        ("1,234", ""),
    ],
)
def test_bad_hours_are_refused_and_kept_on_the_page(chantier, work, training):
    response = chantier.client(Role.ENTREPRISE).post(
        chantier.month.get_absolute_url(), grid(chantier, (work, training))
    )
    assert response.status_code == 200
    assert "rien n&#x27;a encore été enregistré" in text(response)
    assert not Imputation.objects.exists()


@pytest.mark.parametrize("version", ["", "abc", HUGE, "-1", "\x00"])
def test_a_wrong_version_writes_nothing(chantier, version):
    response = chantier.client(Role.ENTREPRISE).post(
        chantier.month.get_absolute_url(), grid(chantier, ("10", ""), version=version)
    )
    assert response.status_code == 200
    assert not Imputation.objects.exists()


@pytest.mark.parametrize("key", ["1:WRONG", "x", f"{HUGE}:A", "\x00", "1"])
def test_nobody_is_reached_without_their_code(chantier, key):
    person = f.make_affectation(participant=f.make_participant(facilitateur=chantier.facilitateur))
    data = grid(chantier, affectation=[key.replace("1:", f"{person.pk}:")]) | {f"l{person.pk}-travail": "5"}
    response = chantier.client(Role.ENTREPRISE).post(chantier.month.get_absolute_url(), data)
    assert response.status_code == 302
    assert person.participant.code not in text(chantier.client(Role.ENTREPRISE).get(response.url))
    assert not Imputation.objects.exists()


def test_a_person_lent_by_another_is_added_by_code_and_nothing_typed_is_lost(chantier):
    lent = f.make_affectation(participant=f.make_participant(facilitateur=chantier.facilitateur))
    client, url = chantier.client(Role.ENTREPRISE), chantier.month.get_absolute_url()
    added = client.post(url, grid(chantier, ("33", ""), action="ajouter", code=lent.participant.code.lower()))
    assert lent.participant.code in text(added)
    assert 'value="33"' in text(added)
    unknown = client.post(url, grid(chantier, ("33", ""), action="ajouter", code="RIEN-\x002222"))
    assert "Aucune affectation à ajouter" in text(unknown)
    assert 'value="33"' in text(unknown)


def test_the_month_before_is_copied_on_the_page_and_not_saved(chantier):
    chantier.save(100, (50, 5))
    april = actions.open_month(
        chantier.clause, chantier.entreprise, date(2026, 4, 1), on=date(2026, 6, 1), by=chantier.by
    )
    page = text(chantier.client(Role.ENTREPRISE).post(april.get_absolute_url(), {"action": "copier"}))
    assert 'value="100"' in page
    assert 'value="50"' in page
    assert not april.imputations.exists()


@pytest.mark.parametrize("mois", ["2026-07", "2025-01", "abc", "", "9999-12", "\x00"])
def test_a_month_that_cannot_be_is_refused(chantier, mois):
    url = reverse("clauses:open_month", args=[chantier.clause.pk])
    response = chantier.client(Role.FACILITATEUR).post(url, {"organisation": chantier.entreprise.pk, "mois": mois})
    assert "mois" in response.context["mois_form"].errors


def test_decisions_out_of_order_say_why(chantier):
    (imputation,) = chantier.save(100)
    client = chantier.client(Role.FACILITATEUR)
    page = client.post(reverse("clauses:accept", args=[imputation.pk]), follow=True)
    assert "seule une ligne transmise" in text(page)
    actions.send(chantier.month, by=chantier.by)
    page = client.post(reverse("clauses:refuse", args=[imputation.pk]), {f"refus-{imputation.pk}-motif": " "})
    assert "Indiquez le motif" in text(page)
    assert chantier.lines()[0].etat == Etat.TRANSMISE


# Costs --------------------------------------------------------------------------------------------------------------
def queries(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize("role", [Role.FACILITATEUR, Role.ACHETEUR, Role.ENTREPRISE])
def test_the_board_costs_the_same_for_one_clause_or_ten(chantier, role):
    chantier.sent(10)
    client, url = chantier.client(role), reverse("clauses:list")
    before = queries(client, url)
    for _ in range(9):
        lot = f.make_lot(marche=f.make_marche(acheteur=chantier.acheteur))
        f.make_titulaire(lot=lot, organisation=chantier.entreprise)
        clause = f.make_clause(lot=lot, facilitateur=chantier.facilitateur)
        f.make_imputation(declaration=f.make_declaration(clause=clause), etat=Etat.TRANSMISE)
    assert queries(client, url) == before


def test_the_month_and_the_people_cost_the_same_for_one_line_or_ten(chantier):
    chantier.sent(10)
    client = chantier.client(Role.FACILITATEUR)
    urls = [chantier.month.get_absolute_url(), reverse("clauses:participants"), chantier.clause.get_absolute_url()]
    before = [queries(client, url) for url in urls]
    more = make_chantier(people=0)
    for _ in range(9):
        person = f.make_participant(facilitateur=chantier.facilitateur)
        chantier.affectations.append(f.make_affectation(participant=person, employeur=chantier.entreprise))
    chantier.affectations = chantier.affectations[1:]
    chantier.sent(*[10] * 8)
    assert more.clause.pk
    assert [queries(client, url) for url in urls] == before


def test_a_clause_of_four_years_and_eleven_members_keeps_every_month_within_reach(chantier):
    members = [f.make_organisation() for _ in range(11)]
    client, url = chantier.client(Role.FACILITATEUR), chantier.clause.get_absolute_url()
    before = queries(client, url)
    Declaration.objects.all().delete()
    rows = [
        Declaration(clause=chantier.clause, organisation=member, mois=date(2022 + month // 12, month % 12 + 1, 1))
        for month in range(48)
        for member in members
    ]
    Declaration.objects.bulk_create(rows)
    seen = set()
    for year in (2022, 2023, 2024, 2025):
        page = client.get(url, {"annee": year}).content.decode()
        assert len(page) < 80_000
        seen |= set(re.findall(r"/clauses/declarations/(\d+)/", page))
    assert len(seen) == 528
    assert "11 organisations" in text(client.get(url))
    assert queries(client, url) == before


def test_an_unknown_year_shows_the_latest(chantier):
    actions.open_month(chantier.clause, chantier.entreprise, date(2026, 5, 1), on=date(2026, 6, 1), by=chantier.by)
    assert "Mai 2026" in text(chantier.client(Role.ENTREPRISE).get(chantier.clause.get_absolute_url(), {"annee": "1"}))


def test_the_board_stays_short_with_many_months_to_check(chantier):
    for month in range(1, 7):
        declaration = f.make_declaration(clause=chantier.clause, mois=date(2025, month, 1))
        f.make_imputation(clause=chantier.clause, declaration=declaration, etat=Etat.TRANSMISE)
    page = chantier.client(Role.FACILITATEUR).get(reverse("clauses:list"))
    assert "Déclarations à vérifier (6)" in text(page)
    assert "2 autres mois" in text(page)
    assert len(page.context["to_do"]) == 4


def test_three_hundred_people_are_paged_at_the_same_cost(chantier):
    client, url = chantier.client(Role.FACILITATEUR), reverse("clauses:participants")
    before = queries(client, url)
    Participant.objects.bulk_create(
        Participant(
            facilitateur=chantier.facilitateur, code=f"X-{n:04}", annee_naissance=1990, entree_le=date(2026, 1, 1)
        )
        for n in range(300)
    )
    page = client.get(url)
    assert "303 participants" in text(page)
    assert len(page.content) < 60_000
    assert queries(client, url) == before


def test_a_person_who_is_eligible_gets_no_remedy(chantier):
    person = chantier.affectations[0].participant
    client = chantier.client(Role.FACILITATEUR)
    assert "refusez la ligne" not in text(client.get(person.get_absolute_url()))
    person.eligibilites.all().delete()
    page = text(client.get(person.get_absolute_url()))
    assert "notez l’éligibilité" in page
    assert "refusez la ligne" not in page


def test_a_bar_is_late_only_when_its_verdict_is(chantier):
    page = chantier.client(Role.FACILITATEUR).get(reverse("clauses:list"))
    (suivi,) = page.context["page"]
    assert suivi["allure"].en_retard is ("chart-late" in page.content.decode())
    HeuresDues.objects.update(heures=1)
    chantier.sent("0.95")
    actions.accept_all_clean(chantier.month, by=chantier.by)
    with time_machine.travel("2026-12-31 12:00+00:00"):
        page = chantier.client(Role.FACILITATEUR).get(reverse("clauses:list"))
    (suivi,) = page.context["page"]
    assert not suivi["allure"].en_retard
    assert "chart-late" not in page.content.decode()


# Panels -------------------------------------------------------------------------------------------------------------
def panel(obj, acteur):
    from clauses.panels import lot_panel, marche_panel

    return (lot_panel if obj._meta.model_name == "lot" else marche_panel)(obj, acteur)


def test_a_lot_shows_due_declared_accepted_to_everybody(chantier):
    first, _ = chantier.sent(100, 50)
    actions.accept(first, by=chantier.by)
    _, context = panel(chantier.clause.lot, Acteur())
    (suivi,) = context["suivis"]
    clause = suivi["clause"]
    assert (clause.heures_dues_total, clause.heures_declarees, clause.heures_acceptees) == (1000, 150, 100)
    assert (suivi["url"], context["people"], context["create_url"]) == ("", None, "")
    template, context = panel(chantier.clause.lot.marche, Acteur())
    assert context["totaux"].acceptees == 100
    assert "1 clause sociale" in render_to_string(template, context)


def test_a_facilitator_is_offered_to_create(chantier, client_facilitateur):
    lot = f.make_lot()
    assert panel(lot, Acteur()) is None
    template, context = panel(lot, client_facilitateur.acteur)
    assert context["create_url"] == reverse("clauses:create", args=[lot.pk])
    assert "Créer une clause sociale" in render_to_string(template, context)
    assert panel(lot.marche, client_facilitateur.acteur) is None


def test_declaring_roles():
    assert set(DECLARENTS) == {Role.ENTREPRISE, Role.STRUCTURE}

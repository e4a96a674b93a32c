"""Yearly indicators of a facilitator's body: each value from its rows, with its source, and what does not agree."""

import csv
import io
from datetime import date
from decimal import Decimal
from itertools import cycle

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clauses import actions, rules
from clauses.enums import (
    Critere,
    GenrePrescripteur,
    Modalite,
    NiveauFormation,
    Situation,
    SourceFinancement,
    TailleEntreprise,
    TypeContrat,
)
from clauses.models import Participant
from clauses.stats.consolidation import _definitions, consolidation
from portal.permissions import Role
from structures.enums import Kind
from tests import factories as make
from tests.clauses.conftest import make_chantier
from tests.clauses.helpers import text


def accepted(chantier, *hours):
    for line in chantier.sent(*hours):
        actions.accept(line, by=chantier.by)


def values(chantier, annee=2026):
    return {each.code: each.valeur for each in consolidation(chantier.by, annee).indicateurs}


def test_each_indicator_is_counted_from_its_rows(chantier):
    make.make_structure(organisation=chantier.entreprise, kind=Kind.EI)
    chantier.clause.lot.secteur = make.make_secteur(
        code="second-oeuvre.x", parent=make.make_secteur(code="second-oeuvre")
    )
    chantier.clause.lot.save()
    accepted(chantier, 100, (50, "10.5"), 40)
    found = values(chantier)
    assert found["heures_acceptees"] == found["heures_declarees"] == Decimal("200.50")
    assert found["heures_formation"] == Decimal("10.50")
    assert found["heures_dues"] == 1000
    assert (found["personnes"], found["contrats"], found["acheteurs"], found["lots"]) == (3, 3, 1, 1)
    assert (found["entreprises"], found["entreprises_nouvelles"], found["titulaires_inclusifs"]) == (1, 1, 1)
    assert found["heures_par_personne"] == Decimal("66.8")
    assert found["contrats_par_personne"] == 1
    assert found["part_btp"] == 1
    assert found["clauses.condition"] == found["acheteurs.local"] == 1
    assert found["modalite.1.heures"] == Decimal("200.50")
    assert found["sexe.1.personnes"] == 3
    assert consolidation(chantier.by, 2026).verdicts[-1].level in ("ok", "information")


def test_an_organisation_of_the_year_before_is_not_new(chantier):
    accepted(chantier, 100)
    affectation = chantier.affectations[0]
    line = make.make_ligne_heures(affectation=affectation, du=date(2025, 11, 1), au=date(2025, 11, 30))
    month = make.make_declaration(clause=chantier.clause, organisation=chantier.entreprise, mois=date(2025, 11, 1))
    make.make_imputation(ligne=line, clause=chantier.clause, declaration=month, etat="acceptee")
    assert values(chantier)["entreprises_nouvelles"] == 0
    assert values(chantier, 2025)["entreprises_nouvelles"] == 1


def test_every_indicator_has_a_definition_and_a_source():
    assert len({row["code"] for row in _definitions()}) == len(_definitions()) >= 20
    assert all(row["definition"].strip() and row["source"] and row["unite"] for row in _definitions())


def test_prescribers_sizes_and_funding_are_counted_or_said_unknown(chantier):
    accepted(chantier, 100, 50, 40)
    client, url = chantier.client(Role.FACILITATEUR), reverse("clauses:indicateurs")
    found = values(chantier)
    assert found["taille.inconnue"] == 1
    assert not [code for code in found if code.startswith("financement")]
    page = text(client.get(url, {"annee": 2026}))
    assert "Financements : non renseignés" in page
    first, second, _ = chantier.affectations
    for affectation, kind in ((first, "plie"), (second, "plie")):
        affectation.participant.prescripteur = kind
        affectation.participant.save()
    edit = reverse("clauses:indicateurs_completer", args=[2026])
    assert str(chantier.entreprise) in text(client.get(edit))
    data = {f"taille_{chantier.entreprise.pk}": "petite", "source_fse": "on", "montant_fse": "12 500,50",
            "source_region": "on", "montant_region": ""}  # fmt: skip
    assert client.post(edit, data).url == f"{url}?annee=2026"
    found = values(chantier)
    assert (found["taille.petite"], "taille.inconnue" in found) == (1, False)
    assert (found["financement.fse"], found["financement.region"]) == (Decimal("12500.50"), None)
    told = {e.libelle: e.valeur for e in consolidation(chantier.by, 2026).indicateurs if e.groupe == "Prescripteurs"}
    assert (told["PLIE, personnes"], told["PLIE, heures"]) == (2, 150)
    assert (told["Non renseigné, personnes"], told["Non renseigné, heures"]) == (1, 40)
    page = text(client.get(url, {"annee": 2026}))
    assert "montant non renseigné" in page
    assert "12\u202f500,50" in page or "12 500,50" in page
    # What is unticked goes; the year before has its own; another body has its own funding.
    client.post(edit, {f"taille_{chantier.entreprise.pk}": "", "source_etat": "on"})
    found = values(chantier)
    assert found["taille.inconnue"] == 1
    assert [code for code in found if code.startswith("financement")] == ["financement.etat"]
    assert not [code for code in values(chantier, 2025) if code.startswith("financement")]
    assert "prescripteur" not in text(client.get(reverse("clauses:bilan", args=["territoire", "france"]))).lower()


@pytest.mark.parametrize(
    "data",
    [{"montant_fse": "100"}, {"source_fse": "on", "montant_fse": "abc"}, {"source_fse": "on", "montant_fse": "-1"},
     {"source_fse": "on", "montant_fse": "1e400"}, {"source_fse": "on", "montant_fse": "\x00"}],
)  # fmt: skip
def test_bad_funding_is_refused_and_nothing_is_written(chantier, data):
    accepted(chantier, 100)
    client = chantier.client(Role.FACILITATEUR)
    size = {f"taille_{chantier.entreprise.pk}": "petite"}
    assert client.post(reverse("clauses:indicateurs_completer", args=[2026]), data | size).status_code == 200
    assert "taille.petite" not in values(chantier)
    assert client.get(reverse("clauses:indicateurs_completer", args=[99999])).status_code == 404


@pytest.mark.parametrize(
    ("changes", "tables", "level", "words"),
    [
        ({}, {"Sexe": [("Femme", Decimal(100), 0, 2)]}, None, ""),
        ({}, {"Sexe": [("Femme", Decimal(90), 0, 2)]}, "blocage", "compte 90\u00a0h pour 100\u00a0h"),
        ({"heures_declarees": Decimal(90)}, {}, "avertissement", "pour 90"),
        ({"heures_declarees": Decimal(90), "corrections": Decimal(10)}, {}, None, ""),
        ({"contrats": Decimal(1)}, {}, "blocage", "1 contrats pour 2"),
        ({"heures_acceptees": Decimal(4000), "heures_declarees": Decimal(4000)}, {}, "avertissement", "temps plein"),
        ({"personnes": Decimal(0), "contrats": Decimal(0)}, {}, "information", "effacées"),
        ({}, {"QPV": [("Non renseigné", Decimal(100), 0, 1)]}, "information", "1 participants sur 2"),
    ],
)
def test_figures_that_do_not_agree_are_said(changes, tables, level, words):
    usual = {"heures_acceptees": Decimal(100), "heures_declarees": Decimal(100), "personnes": Decimal(2)}
    found = rules.coherence_annee(usual | {"contrats": Decimal(2)} | changes, tables)
    assert [verdict.level for verdict in found] == ([level] if level else [])
    if level:
        assert words in found[0].reason.replace("\u202f", "\u00a0")


def test_the_page_and_its_files(chantier):
    accepted(chantier, 100, 50, 40)
    client = chantier.client(Role.FACILITATEUR)
    page = client.get(reverse("clauses:indicateurs"), {"annee": 2026})
    assert "Indicateurs 2026" in text(page)
    assert "190 h" in text(page)
    assert "Hérault" in text(page)
    assert len(page.content) < 60_000
    body = b"".join(client.get(reverse("clauses:indicateurs_fichier", args=[2026, "csv"]))).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(body), delimiter=";"))
    assert next(row["Valeur"] for row in rows if row["Code"] == "heures_acceptees") == "190,00"
    assert all(row["Définition"] and row["Source"] for row in rows)
    xlsx = client.get(reverse("clauses:indicateurs_fichier", args=[2026, "xlsx"]))
    assert b"".join(xlsx.streaming_content)[:2] == b"PK"
    for year, format in ((2026, "exe"), (1, "csv"), (99999, "csv")):
        assert client.get(reverse("clauses:indicateurs_fichier", args=[year, format])).status_code == 404
    for bad in ("\x00", "99999999999999999999", "abc"):
        assert client.get(reverse("clauses:indicateurs"), {"annee": bad}).status_code == 200


def test_an_empty_year_and_another_body_count_nothing(chantier):
    accepted(chantier, 100)
    assert values(chantier, 2020)["heures_acceptees"] == 0
    assert values(chantier, 2020)["heures_par_personne"] is None
    assert values(make_chantier())["heures_acceptees"] == 0


def test_the_cost_does_not_grow_with_the_lines(chantier):
    accepted(chantier, 100)
    with CaptureQueriesContext(connection) as few:
        consolidation(chantier.by, 2026)
    for _ in range(20):
        person = make.make_participant(facilitateur=chantier.facilitateur)
        line = make.make_ligne_heures(
            affectation=make.make_affectation(participant=person, employeur=chantier.entreprise)
        )
        make.make_imputation(clause=chantier.clause, ligne=line, declaration=chantier.month, etat="acceptee")
    with CaptureQueriesContext(connection) as many:
        consolidation(chantier.by, 2026)
    assert len(many) <= len(few)


def test_each_definition_is_a_row_of_the_same_columns():
    """A « ; » in a sentence would have pushed its source away."""
    for row in _definitions():
        assert None not in row, row
        assert all(row.values()), row
        assert row["source"][0].isupper(), row


def test_a_full_year_stays_light(chantier):
    """Every criterion, level, contract, way, sender, exit, size and fund: nothing missing, and far under 60 kB."""
    kinds = zip(
        cycle(Critere), cycle(NiveauFormation), cycle(TypeContrat), cycle(Modalite), cycle(GenrePrescripteur),
        cycle(Situation), range(36), strict=False,
    )  # fmt: skip
    for critere, niveau, contrat, modalite, genre, situation, rank in kinds:
        person = make.make_participant(
            facilitateur=chantier.facilitateur, niveau_formation=niveau, prescripteur=genre, qpv=rank % 2 == 0,
            sexe="fh"[rank % 2], annee_naissance=1965 + rank, sortie_le=date(2026, 3, 31),
        )  # fmt: skip
        make.make_eligibilite(participant=person, critere=critere)
        employer = make.make_organisation()
        assigned = make.make_affectation(participant=person, employeur=employer, contrat=contrat, modalite=modalite)
        line = make.make_ligne_heures(affectation=assigned, critere=critere)
        make.make_imputation(ligne=line, clause=chantier.clause, declaration=chantier.month, etat="acceptee")
        for terme in (0, 3, 6, 12, 18):
            make.make_point_suivi(participant=person, terme=terme, situation=situation)
        make.make_taille_declarant(organisation=employer, taille=list(TailleEntreprise)[rank % 4])
    for source in SourceFinancement:
        make.make_financement(
            facilitateur=chantier.facilitateur, annee=2026, source=source, montant=Decimal("27500.50")
        )
    page = chantier.client(Role.FACILITATEUR).get(reverse("clauses:indicateurs"), {"annee": 2026})
    shown = text(page)
    told = consolidation(chantier.by, 2026).indicateurs
    assert len(told) > 130
    assert shown.count('<th scope="row">') == len(told)
    assert len(page.content) < 50_000


def test_a_definition_is_written_once_for_the_rows_it_holds_for(chantier):
    Participant.objects.filter(pk=chantier.affectations[0].participant_id).update(sexe="f")
    Participant.objects.filter(pk=chantier.affectations[1].participant_id).update(sexe="h")
    accepted(chantier, 100, 50, 40)
    groups = consolidation(chantier.by, 2026).groupes
    rows = [row for _, rows in groups for row in rows]
    assert {each.code for each, _ in rows} == {each.code for each in consolidation(chantier.by, 2026).indicateurs}
    assert sum(spans for _, spans in rows) == len(rows)
    assert any(spans > 1 for _, spans in rows)

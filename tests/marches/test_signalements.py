"""What the law says of a published record, and contracts that outlive their lots."""

import json
from datetime import date

import pytest
from django.urls import reverse

from marches.importers.contrats import import_file
from marches.models import DispenseSociale, Lot, Marche
from marches.rules import decp
from marches.rules.signalements import signalements
from portal.models import Importation
from tests import factories as make
from tests.marches.decp import FIRM, notified, record

LATE = "Données essentielles publiées après deux mois (Code de la commande publique, R. 2196-1)"
LONG = "Accord-cadre plus long que la durée permise, sans justification (Code de la commande publique, L. 2125-1, 1°)"
ADAPTED = "Procédure adaptée annoncée au-dessus du seuil européen (Code de la commande publique, L. 2124-1)"
SUPPLIES = "Pas de sous-traitance pour de pures fournitures (Code de la commande publique, L. 2193-1)"
CONDITION = (
    "Aucune condition sociale connue, pour un montant publié au-dessus du seuil européen "
    "(Code de la commande publique, L. 2112-2-1)"
)
MAPA = {"procedure": "Procédure adaptée", "montant": 500_000}
ACT = {"id": 1, "sousTraitant": {"typeIdentifiant": "SIRET", "id": FIRM}, "dateNotification": "2026-02-01"}
SUBCONTRACTED = {"codeCPV": "30192000", "objet": "Papier", "actesSousTraitance": [{"acteSousTraitance": ACT}]}
NONE_SOCIAL = {"considerationsSociales": {"considerationSociale": ["Pas de considération sociale"]}}
LATER = {
    "acheteur": {"id": "21140118400012"},
    "dateNotification": "2028-08-23",
    "datePublicationDonnees": "2028-09-01",
    "montant": 500_000,
}
FRAMEWORK = {"techniques": {"technique": ["Accord-cadre"]}, "dureeMois": 60}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"datePublicationDonnees": "2026-03-15"}, []),  # the last day
        ({"datePublicationDonnees": "2026-03-16"}, [LATE]),
        ({"datePublicationDonnees": "2026-03-16", "montant": 39_999}, []),  # below the threshold
        ({"dateNotification": "2023-01-15"}, []),  # before the rule
        ({"dateNotification": None}, []),
        (FRAMEWORK, [LONG]),
        (FRAMEWORK | {"dureeMois": 48}, []),
        (FRAMEWORK | {"techniques": None}, []),
        (FRAMEWORK | {"dateNotification": None}, []),  # no day, no law of the day
        (FRAMEWORK | {"dateNotification": "1990-01-01"}, []),
        (FRAMEWORK | {"datePublicationDonnees": "2026-06-01"}, [LATE, LONG]),
        (MAPA, [ADAPTED]),
        (MAPA | {"montant": 213_999}, []),  # below every threshold of its two years
        (MAPA | {"montant": 217_000}, []),  # above the one of 2026, below the one of 2025
        (MAPA | {"procedure": "Appel d'offres ouvert"}, []),
        (MAPA | {"procedure": "Marché passé sans publicité ni mise en concurrence préalable"}, []),
        (MAPA | {"codeCPV": "85312000"}, []),  # listed social services
        (MAPA | {"codeCPV": "45000000"}, []),  # works
        (SUBCONTRACTED, [SUPPLIES]),
        (SUBCONTRACTED | {"codeCPV": "90919200"}, []),
        (SUBCONTRACTED | {"objet": "Fourniture et pose de rayonnages"}, []),  # more than supplies
        (MAPA | {"codeCPV": "44111400", "objet": "Travaux de peinture"}, []),  # works under the code of a paint
        (NONE_SOCIAL | LATER, [CONDITION]),  # launched in the two years before: since 22/08/2026 for sure
        (NONE_SOCIAL | LATER | {"dateNotification": "2028-08-20"}, []),
        (LATER, []),  # a record that does not tell its considerations
        (NONE_SOCIAL | LATER | {"montant": 200_000}, []),
    ],
)
def test_a_record_is_judged_by_what_it_shows(given, expected):
    assert [reason for reason, _ in signalements(decp.read_record(record(**given)))] == expected


def test_a_late_publication_says_both_days():
    ((_, said),) = signalements(decp.read_record(record(datePublicationDonnees="2026-03-16")))
    assert "16/03/2026" in said
    assert "15/03/2026" in said


@pytest.fixture
def write(tmp_path):
    def write(*rows):
        path = tmp_path / "decp.json"
        path.write_text(json.dumps({"marches": {"marche": rows}}), encoding="utf-8")
        return path

    return write


@pytest.mark.django_db
def test_the_report_of_an_import_tells_what_the_law_says(write):
    report = import_file(write(record(), record(id="X-2", datePublicationDonnees="2026-05-01")))
    assert [(flag.ligne, flag.raison) for flag in report.signalements if "R. 2196-1" in flag.raison] == [(2, LATE)]
    assert Lot.objects.count() == 2


def typed(marche, user):
    Marche.objects.filter(pk=marche.pk).update(champs_saisis=["presentation"])


def exempted(marche, user):
    DispenseSociale.objects.create(marche=marche, motif="objet", texte="Sans lien", constatee_le=date(2026, 1, 1))


def announced(marche, user):
    make.make_avis(marche=marche)


def followed(marche, user):
    make.make_marche(predecesseur=marche)


def follows(marche, user):
    Marche.objects.filter(pk=marche.pk).update(predecesseur=make.make_marche())


def written(marche, user):
    marche._history_user = user
    marche.save()


def two_contracts_become_one(write, work, user):
    """The contract of 2020 loses its only lot to the one of 2018, on which a file in between joins them."""
    import_file(write(notified("2018-01-01", 1), notified("2018-02-01", 2)))
    import_file(write(notified("2020-06-01", 3)))
    lost = Lot.objects.get(identifiant="2020-3").marche
    if work:
        work(lost, user)
    import_file(write(notified("2019-06-01", 4)))
    assert Lot.objects.get(identifiant="2020-3").marche != lost
    return lost


@pytest.mark.django_db
@pytest.mark.parametrize("work", [typed, exempted, announced, followed, follows, written])
def test_a_contract_that_somebody_worked_on_stays_without_lot(write, client, work):
    lost = two_contracts_become_one(write, work, make.make_user())
    assert Marche.objects.filter(pk=lost.pk).exists()
    page = client.get(reverse("marches:detail", args=[lost.pk]))
    assert "Ce marché n’a plus de lot" in page.content.decode()


@pytest.mark.django_db
def test_a_contract_nobody_worked_on_goes_with_its_last_lot(write):
    lost = two_contracts_become_one(write, None, None)
    assert not Marche.objects.filter(pk=lost.pk).exists()


@pytest.mark.django_db
def test_the_report_page_names_the_format_in_french(write, client_administration):
    import_file(write(record()))
    page = client_administration.get(reverse("pages:importation", args=[Importation.objects.get().pk]))
    assert "DECP 2022 (JSON)" in page.content.decode()
    assert "decp-2022" not in page.content.decode()
    page = client_administration.get(reverse("pages:tableau_de_bord"))
    assert "DECP 2022 (JSON)" in page.content.decode()

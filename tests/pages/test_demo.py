"""The demonstration loads whole, once, and says what it is."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import Count, Q

from clauses.models import ClauseSociale, Imputation, Participant
from marches.enums import Reservation
from marches.models import Groupement, Lot, Marche
from marches.rules import may_answer_lot
from portal.models import User
from portal.pages import demo
from portal.pages.models import Temoignage
from portal.siret import is_siret
from structures.models import Departement, Membre, Organisation, Structure

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)


def test_the_demonstration_tells_its_stories(settings, client):
    call_command("import_territoires", stdout=StringIO())
    demo.load(today=TODAY)

    # Enough for every page to look alive.
    assert Structure.objects.count() >= 300
    assert Departement.objects.filter(structures=None).count() <= 1
    assert Marche.objects.count() >= 60
    assert User.objects.count() == Membre.objects.count() == 6

    # What is invented says so, and bears nobody's number.
    assert not Structure.objects.filter(fictive=False).exists()
    assert not Marche.objects.filter(fictif=False).exists()
    assert not Participant.objects.filter(fictif=False).exists()
    numbers = Organisation.objects.filter(fictive=True, type_identifiant="SIRET").values_list("identifiant", flat=True)
    assert numbers
    assert all(is_siret(number) and number.startswith("99") for number in numbers)

    # The figures of the founding documents.
    colleges = Lot.objects.get(marche__reference="COLLEGES-2021")
    assert colleges.titulaires.count() == 11
    assert colleges.date_fin == date(2025, 8, 31)
    clause = ClauseSociale.objects.with_suivi(TODAY).get(lot=colleges)
    assert clause.heures_dues_total == 25_000
    assert clause.heures_acceptees > 25_000
    cartons = Groupement.objects.get(lot__marche__reference="CARTONS")
    assert [(m.structure.kind, m.voix) for m in cartons.membres.all()] == [("EA", 1)] + [("EI", 1)] * 4
    assert cartons.convention_signee_le == date(2016, 2, 26)
    assert cartons.lot.date_fin == date(2022, 2, 28)
    dechets = Lot.objects.filter(marche__reference="DECHETS-EV").values_list("reservation", flat=True)
    assert set(dechets) == {Reservation.HANDICAP, Reservation.INSERTION, Reservation.AUCUNE}

    # Lawful: no holder that the law of the day would refuse.
    for lot in Lot.objects.exclude(reservation=Reservation.AUCUNE).prefetch_related("titulaires__organisation"):
        for titulaire in lot.titulaires.all():
            for structure in titulaire.organisation.structures.all():
                verdict = may_answer_lot(structure.kind, lot)
                assert not verdict.is_blocking, (lot, structure, verdict)

    # A line never counts for more than it worked, a group has one spokesperson.
    assert not [i for i in Imputation.objects.select_related("ligne") if i.heures > i.ligne.heures]
    spokespersons = Groupement.objects.annotate(n=Count("membres", filter=Q(membres__mandataire=True)))
    assert set(spokespersons.values_list("n", flat=True)) == {1}
    assert Temoignage.objects.published().count() == 7

    # Loaded once: a second time changes nothing, and the accounts are told again.
    before = (Structure.objects.count(), Imputation.objects.count())
    told = StringIO()
    call_command("demo", stdout=told)
    assert (Structure.objects.count(), Imputation.objects.count()) == before
    assert "facilitateur@demo.invalid" in told.getvalue()
    assert client.login(email="reseau@demo.invalid", password=demo.MOT_DE_PASSE)


def test_a_public_site_refuses_the_demonstration(settings):
    settings.TRY_OUT = False
    with pytest.raises(CommandError, match="--oui"):
        call_command("demo", stdout=StringIO())
    assert not User.objects.exists()

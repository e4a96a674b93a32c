"""The life of a clause: opening balance, hand-over, invitation, meetings and tasks."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from clauses.actions.passations import followed_here_alone
from clauses.models import ClauseSociale, Passation, RepriseHeures, Reunion, Tache
from portal.models import Envoi
from portal.permissions import Role
from structures.models import Invitation
from tests import factories as f
from tests.clauses.helpers import text
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
HUGE = 10**30


@pytest.fixture(autouse=True)
def _in_june():
    with time_machine.travel("2026-06-15 12:00+00:00", tick=False):
        yield


def post(chantier, name, pk=None, client=None, **data):
    client = client or chantier.client(Role.FACILITATEUR)
    return client.post(reverse(f"clauses:{name}", args=[pk or chantier.clause.pk]), data)


REPRISE = {"heures": "120,5", "arretee_au": "2026-02-28", "justificatif_vu_le": "2026-06-01", "personnes": "3"}


def test_an_opening_balance_counts_from_its_day(chantier):
    chantier.sent(10)
    assert post(chantier, "reprise", **REPRISE).url == chantier.clause.get_absolute_url()
    assert chantier.totals(date(2026, 2, 27)) == (1000, 0, 0)
    assert chantier.totals(date(2026, 2, 28)) == (1000, Decimal("120.50"), Decimal("120.50"))
    assert chantier.totals() == (1000, Decimal("130.50"), Decimal("120.50"))
    assert "Heures reprises" in text(chantier.client(Role.FACILITATEUR).get(chantier.clause.get_absolute_url()))
    both = post(chantier, "reprise", **REPRISE | {"organisation": chantier.entreprise.pk})
    assert "jamais les deux" in text(both)


@pytest.mark.parametrize(
    "data",
    [
        {"heures": "0"}, {"heures": "1e400"}, {"heures": "\x00"}, {"organisation": HUGE}, {"organisation": "\x00"},
        {"personnes": "-1"}, {"personnes": "9" * 400}, {"arretee_au": "2025-12-31"}, {"arretee_au": "2026-06-16"},
        {"justificatif_vu_le": "2026-02-27"}, {"justificatif_vu_le": "2026-06-16"}, {"arretee_au": "\x00"},
        {"arretee_au": "2026-03-31"},  # hours of March are declared: they would count twice
    ],
)  # fmt: skip
def test_an_opening_balance_that_cannot_be_is_refused(chantier, data):
    chantier.sent(10)
    response = post(chantier, "reprise", **REPRISE | data)
    assert response.context["form"].errors
    assert not RepriseHeures.objects.exists()


def test_a_clause_is_handed_over_with_its_history_and_its_own_people(chantier):
    here, shared, _ = chantier.affectations
    chantier.sent(10, 20)
    elsewhere = f.make_clause(facilitateur=chantier.facilitateur)
    f.make_imputation(clause=elsewhere, ligne=f.make_ligne_heures(affectation=shared, du=date(2026, 4, 1),
                                                                 au=date(2026, 4, 30)))  # fmt: skip
    receiver = sign_in(Role.FACILITATEUR)
    vers = receiver.acteur_organisation.facilitateur
    assert "Choisissez" in text(post(chantier, "passer", motif="Nouveau territoire", vers=chantier.facilitateur.pk))
    assert post(chantier, "passer", motif="Nouveau territoire", vers=vers.pk).status_code == 302
    passation = Passation.objects.get()
    assert Envoi.objects.get(cle=f"passation:{passation.pk}").destinataire == receiver.user.email
    assert "attend déjà une réponse" in text(post(chantier, "passer", motif="Encore", vers=vers.pk))
    url = chantier.clause.get_absolute_url()
    assert receiver.get(url).status_code == 404  # not before it accepts
    assert post(chantier, "passation", passation.pk, acceptee="oui").status_code == 404  # the giver does not answer
    assert "Dites pourquoi" in text(post(chantier, "passation", passation.pk, receiver, acceptee="non"))
    assert list(followed_here_alone(chantier.clause, chantier.facilitateur)) == [here.participant]

    assert post(chantier, "passation", passation.pk, receiver, acceptee="oui").url == url
    assert receiver.get(url).status_code == 200
    assert receiver.get(chantier.month.get_absolute_url()).status_code == 200
    assert chantier.client(Role.FACILITATEUR).get(url).status_code == 404
    for affectation, owner in [(here, vers), (shared, chantier.facilitateur)]:
        affectation.participant.refresh_from_db()
        assert affectation.participant.facilitateur == owner
    assert ClauseSociale.objects.get(pk=chantier.clause.pk).history.first().history_change_reason == "passation"
    assert post(chantier, "passation", passation.pk, receiver, acceptee="oui").status_code == 404  # once


def test_a_hand_over_refused_changes_nothing(chantier):
    receiver = sign_in(Role.FACILITATEUR)
    passation = f.make_passation(
        clause=chantier.clause, de=chantier.facilitateur, vers=receiver.acteur_organisation.facilitateur
    )
    assert post(chantier, "passation", passation.pk, receiver, acceptee="non", reponse="Trop loin").status_code == 302
    assert "Trop loin" in text(chantier.client(Role.FACILITATEUR).get(chantier.clause.get_absolute_url()))


def test_a_gap_under_way_is_brought_to_its_end_first(chantier):
    f.make_ecart(clause=chantier.clause, etape="notifie")
    response = post(chantier, "passer", motif="x", vers=f.make_facilitateur().pk)
    assert "menez-le à son terme" in text(response)


def test_the_holder_is_invited_once_then_its_team_invites(chantier):
    stranger = f.make_organisation()
    data = {"courriel": "Contact@Entreprise.example"}
    assert post(chantier, "inviter", organisation=stranger.pk, **data).context["form"].errors
    assert post(chantier, "inviter", organisation=chantier.entreprise.pk, **data).status_code == 302
    invitation = Invitation.objects.get()
    assert (invitation.organisation, invitation.role) == (chantier.entreprise, Role.ENTREPRISE)
    assert invitation.courriel == "contact@entreprise.example"
    sign_in(Role.ENTREPRISE, organisation=chantier.entreprise)
    assert "a déjà un compte" in text(post(chantier, "inviter", organisation=chantier.entreprise.pk, **data))


def test_a_meeting_gives_tasks_that_are_done_and_done_again(chantier):
    data = {"le": "2026-06-10", "objet": "Comité", "taches": "Relancer\n\nVisiter", "echeance": "2026-06-12"}
    assert post(chantier, "reunion", **data).status_code == 302
    assert post(chantier, "tache", intitule="Appeler").status_code == 302
    assert [t.intitule for t in Tache.objects.order_by("pk")] == ["Relancer", "Visiter", "Appeler"]
    assert "en retard" in text(chantier.client(Role.FACILITATEUR).get(chantier.clause.get_absolute_url()))
    task = Tache.objects.first()
    for done in (date(2026, 6, 15), None):
        assert post(chantier, "tache_faite", task.pk).status_code == 302
        task.refresh_from_db()
        assert task.faite_le == done
    assert Reunion.objects.get().par is not None


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("reunion", {"le": "x", "objet": "a"}), ("reunion", {"le": "2026-06-10", "objet": "\x00"}),
        ("reunion", {"le": "2026-06-10", "objet": "a", "compte_rendu": "x" * 200_000}),
        ("reunion", {"le": "2026-06-10", "objet": "a", "taches": "x\n" * 30}),
        ("reunion", {"le": "2026-06-10", "objet": "a", "taches": "x" * 300}),
        ("tache", {"intitule": ""}), ("tache", {"intitule": "x" * 300}), ("tache", {"intitule": "a\x00"}),
        ("passer", {"vers": HUGE, "motif": "x"}), ("passer", {"vers": "\x00", "motif": "x"}),
        ("inviter", {"organisation": HUGE, "courriel": "a@b.fr"}), ("inviter", {"courriel": "\x00"}),
    ],
)  # fmt: skip
def test_bad_input_writes_nothing(chantier, name, data):
    assert post(chantier, name, **data).context["form"].errors
    assert not Reunion.objects.exists()
    assert not Tache.objects.exists()
    assert not Passation.objects.exists()


def test_the_page_of_a_clause_costs_the_same_whatever_was_noted(chantier, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, url = chantier.client(Role.FACILITATEUR), chantier.clause.get_absolute_url()
    make = (f.make_reunion, f.make_tache)
    for one in make:
        one(clause=chantier.clause)
    f.make_passation(clause=chantier.clause, de=chantier.facilitateur, acceptee=False)
    f.make_ecart(clause=chantier.clause, etape="clos")
    client.get(url)
    with CaptureQueriesContext(connection) as once:
        client.get(url)
    for one in make * 12:
        one(clause=chantier.clause)
    for _ in range(8):
        f.make_passation(clause=chantier.clause, de=chantier.facilitateur, acceptee=False)
        f.make_ecart(clause=chantier.clause, etape="clos")
        f.make_reprise_heures(clause=chantier.clause, organisation=f.make_organisation())
    with django_assert_num_queries(len(once)):
        client.get(url)

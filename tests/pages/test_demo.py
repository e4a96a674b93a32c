"""The demonstration loads whole, once, and says what it is."""

from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from clauses.models import (
    Affectation,
    Attestation,
    Bilan,
    ClauseSociale,
    Cloture,
    Ecart,
    Financement,
    Imputation,
    Participant,
    PointSuivi,
    Poste,
    Reunion,
    TailleDeclarant,
)
from clauses.parametres import termes_suivi
from clauses.rules import coherences, point_possible
from clauses.stats import suivi
from marches.controle import points_de
from marches.croisements import CROISEMENTS
from marches.enums import Reservation
from marches.models import (
    AchatRealise,
    AttestationOeth,
    DispenseSociale,
    FichierAchats,
    Groupement,
    Lot,
    Marche,
    SiteLot,
)
from marches.rules import may_answer_lot
from marches.stats.achats import etat_oeth, synthese
from portal.models import Envoi, Importation, User
from portal.pages import demo
from portal.pages.models import Temoignage
from portal.permissions import Acteur, Role
from portal.siret import is_siret
from portal.verdict import Niveau
from structures.actions import echanges, recherches
from structures.directory import Question, search
from structures.enums import EtatDemande, Kind
from structures.lieux import COLLECTIVITES, resolve
from structures.models import (
    Departement,
    Echange,
    Favori,
    Invitation,
    LabelObtenu,
    Membre,
    Organisation,
    Revendication,
    Secteur,
    Structure,
    Zone,
)
from structures.notifications import rappels
from structures.stats.potentiel import potentiel
from structures.zones import describe

pytestmark = pytest.mark.django_db
# First digits of the telephone numbers that Arcep keeps for fiction.
FICTION = {"01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49", "06 39 98"}
TODAY = date(2026, 11, 22)


def test_the_demonstration_tells_its_stories(settings, client):
    call_command("import_territoires", stdout=StringIO())
    demo.load(today=TODAY)

    # Each collège and each lycée of the stories has its association and somebody to speak to; one centre waits.
    told = SiteLot.objects.exclude(site__type="autre")
    assert told.count() == 19
    assert not told.filter(Q(organisation=None) | Q(referent=None) | Q(site__commune=None)).exists()
    assert SiteLot.objects.filter(organisation=None).count() == 1
    assert Marche.objects.filter(publie=False).count() == 3  # drafts of the buyer
    # Enough for every page to look alive.
    assert Structure.objects.count() >= 300
    assert Departement.objects.exclude(pk__in=COLLECTIVITES).filter(structures=None).count() <= 1
    assert Marche.objects.count() >= 60
    # Six told accounts, a colleague, a newcomer; the manager of three structures acts for two of them.
    assert User.objects.count() == len(demo.accounts()) + 2 == 8
    assert Membre.objects.values("user").distinct().count() == 7
    assert not User.objects.get(email="nouvelle@demo.invalid").membres.exists()
    assert {m.organisation.nom for m in User.objects.get(email="structure@demo.invalid").membres.all()} == {
        "Actif", "Dynamic",
    }  # fmt: skip

    # What is invented says so, and bears nobody's number.
    assert not Structure.objects.filter(fictive=False).exists()
    assert not Marche.objects.filter(fictif=False).exists()
    assert not Participant.objects.filter(fictif=False).exists()
    check_the_file_of_the_network()
    numbers = Organisation.objects.filter(fictive=True, type_identifiant="SIRET").values_list("identifiant", flat=True)
    assert numbers
    assert all(is_siret(number) and number.startswith("99") for number in numbers)
    reached = Structure.objects.exclude(courriel="", telephone="", site="").select_related("organisation")
    assert reached.count() >= 200
    for card in reached:
        assert card.courriel.endswith(".invalid"), card
        assert card.telephone[:8] in FICTION, card
        assert not card.site, card
        assert card.organisation is None or card.organisation.fictive, card  # no address for a body that exists

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

    _the_register_shows_its_pages()
    _cards_are_told_in_full()
    _zones_are_of_every_kind()
    _a_whole_contract_can_be_reserved_in_normandie()
    _people_used_the_directory()
    _purchases_are_read_as_a_file_is()
    _the_year_of_the_facilitator_agrees()

    # Loaded once: a second time changes nothing, and the accounts are told again.
    before = (Structure.objects.count(), Imputation.objects.count())
    told = StringIO()
    call_command("demo", stdout=told)
    assert (Structure.objects.count(), Imputation.objects.count()) == before
    assert "facilitateur@demo.invalid" in told.getvalue()
    assert client.login(email="reseau@demo.invalid", password=demo.MOT_DE_PASSE)


def _the_register_shows_its_pages():
    """Exemptions, calls that the law lets through, checks that find something, links of every kind."""
    dispenses = DispenseSociale.objects.select_related("marche__acheteur__organisation")
    assert {row.motif for row in dispenses} == {"lien", "travaux_courts"}
    for marche in [*Marche.objects.exclude(date_limite=None), *(row.marche for row in dispenses)]:
        assert not [p for p in points_de(marche) if p.verdict.level == Niveau.BLOCAGE], marche
    found = {each.cle for each in CROISEMENTS if Lot.objects.filter(each.condition()).exists()}
    assert found >= {"reserve-inconnu", "connu-sans-marque", "publication-tardive", "accord-long"}
    for link in ("operation_mere", "accord_cadre", "predecesseur"):
        assert Marche.objects.exclude(**{link: None}).exists(), link
    assert SiteLot.objects.exists()


def _cards_are_told_in_full():
    actif = Structure.objects.get(nom="Actif")
    assert (actif.effectif, actif.effectif_parcours, actif.photos.count()) == (152, 140, 3)
    assert actif.logo
    assert actif.completude >= 90
    assert not Structure.objects.filter(effectif_parcours__gt=F("effectif")).exists()
    # What the register proves is written on the cards, and counts in their order.
    assert actif.a_cotraite
    assert actif.titulaire_jusqu_au == date(2029, 8, 31)
    assert actif.rang == actif.completude + 30
    assert Structure.objects.get(nom="Le Fil du Bessin").convention_fin < TODAY
    assert LabelObtenu.objects.filter(valable_jusqu_au__lt=TODAY).count() == 2
    assert set(Structure.objects.values_list("kind", flat=True)) == set(Kind)

    # The history reads: what the network then the structure changed, each on its day.
    written = [(row.history_change_reason, row.history_user and row.history_user.email, row.history_date.date())
               for row in actif.history.order_by("history_date")]  # fmt: skip
    assert written == [
        ("reprise", None, TODAY - timedelta(days=160)),
        ("presentation", "reseau@demo.invalid", TODAY - timedelta(days=96)),
        ("capacite", "structure@demo.invalid", TODAY - timedelta(days=41)),
        ("identite", "structure@demo.invalid", TODAY - timedelta(days=12)),
    ]
    assert actif.verifiee_le == TODAY - timedelta(days=12)
    assert [card.nom for card in rappels.stale(TODAY)] == ["Dynamic"]


def _zones_are_of_every_kind():
    def said(nom: str) -> str:
        zones = Zone.objects.filter(activites__structure__nom=nom).distinct()
        return " | ".join(describe(zones).values())

    assert said("Les Sentiers d'Écouves") == "60\u00a0km autour d'Alençon"
    assert said("Archives de l'Estuaire") == "toute la France"
    assert said("La Varlope du lac") == ""
    assert said("La Table des Peupliers") == "Paris 5e Arrondissement et Paris 13e Arrondissement"
    assert (said("Murs et maquis"), said("Ravine nette")) == ("Corse-du-Sud", "La Réunion")
    # Both of these are found from either side of a border they straddle.
    for nom, places in (("Les Sentiers d'Écouves", ["departement-61", "departement-72", "departement-53"]),
                        ("Rue nette en pays d'Alençon", ["departement-61", "departement-72", "region-52"]),
                        ("L'Atelier des Trois Massifs", ["departement-38", "commune-38544"]),
                        ("La Table des Peupliers", ["commune-75056", "departement-75"])):  # fmt: skip
        card = Structure.objects.get(nom=nom)
        secteur = card.activites.first().secteur
        for place in places:
            question = Question(secteurs=(secteur,), lieux=(resolve(place).lieu,))
            assert search(Structure.objects.listed(), question).filter(pk=card.pk).exists(), (nom, place)


def _a_whole_contract_can_be_reserved_in_normandie():
    question = Question(secteurs=(Secteur.objects.get(code="espaces-verts"),), lieux=(resolve("region-28").lieu,))
    found = potentiel(question, Decimal(240_000), 24, TODAY)
    assert found.retenu.code == "marche"
    assert max(each.nombre for each in found.reservables) >= 30
    assert found.chiffre_affaires.connus >= 30
    assert found.dependance < Decimal("0.3")


def _people_used_the_directory():
    buyer = User.objects.get(email="acheteur@demo.invalid")
    acteur = Acteur(buyer, buyer.membres.get().organisation, Role.ACHETEUR)
    manager = User.objects.get(email="structure@demo.invalid")
    structure = Acteur(manager, manager.membres.get(organisation__denomination="Actif").organisation, Role.STRUCTURE)

    def unread(by):
        return {e.structure.nom: e.non_lus for e in Echange.objects.visible_to(by).with_unread(by) if e.non_lus}

    assert unread(acteur) == {"Aire 14 – ateliers et chantiers": 1}
    assert unread(structure) == {"Actif": 1}
    assert [e.structure.nom for e in Echange.objects.exclude(ferme_le=None)] == ["ESAT des Trois Rivières"]
    assert echanges.left_today(acteur, timezone.now()) == 20  # what the past holds does not count as of today

    kept = [favori.structure for favori in Favori.objects.filter(liste__nom="Propreté des écoles")]
    assert [card.nom for card in kept if not card.publiee] == ["La Lavandière du port"]
    assert [card.remplacee_par.nom for card in kept if card.remplacee_par] == ["Les Ateliers de Louviers"]

    # The known answers of a saved search are those of today: nothing old is announced as new.
    assert all(search.connues and search.verifiee_le for search in buyer.recherches.all())
    assert recherches.check_all(timezone.now()) == {"lues": 2, "annoncees": 0, "incomprises": 0}

    network = User.objects.get(email="reseau@demo.invalid")
    of_network = Acteur(network, network.membres.get().organisation, Role.RESEAU)
    staff = Acteur(None, User.objects.get(email="administration@demo.invalid").membres.get().organisation,
                   Role.ADMINISTRATION)  # fmt: skip
    assert [c.structure.nom for c in Revendication.objects.decidable_by(of_network)] == ["Emploi en pays de Falaise"]
    assert {c.structure.organisation_id for c in Revendication.objects.decidable_by(staff)} >= {None}
    refused = Revendication.objects.get(etat=EtatDemande.REFUSEE)
    assert refused.motif
    assert refused.decidee_par == network
    invitation = Invitation.objects.get()
    assert invitation.organisation == structure.organisation
    assert invitation.acceptee_le is None
    assert not Envoi.objects.exists()  # loading writes to nobody


def _purchases_are_read_as_a_file_is():
    buyer = User.objects.get(email="acheteur@demo.invalid").membres.get().organisation
    lines = AchatRealise.objects.filter(organisation=buyer)
    known = synthese(lines, None)
    assert set(known.annees) == {TODAY.year - 2, TODAY.year - 1}
    assert all(Decimal("0.05") < part.part < Decimal("0.12") for part in known.annees.values())
    assert known.ensemble.autre == 2 * Decimal(4_380)  # another establishment of « Actif »: told apart
    assert lines.filter(montant__lt=0).count() == 2
    assert [file.rapport["ecartes_total"] for file in FichierAchats.objects.all()] == [1, 1]
    etat = etat_oeth(lines, AttestationOeth.objects.filter(organisation=buyer), TODAY.year - 1)
    assert {line.kind for line in etat.lignes} == {Kind.EA, Kind.EATT, Kind.ESAT}
    assert {line.kind for line in etat.lignes if line.cout} == {Kind.EA, Kind.ESAT}
    assert etat.deductible > 0
    assert all(line.coherence.is_ok for line in etat.lignes if line.cout)


def _the_year_of_the_facilitator_agrees():
    """Exits and points on their days, a year closed whose figures agree, an attestation made of accepted hours."""
    people = Participant.objects.filter(facilitateur__prefixe="CALV")
    todo = suivi.points_a_faire(people, TODAY)
    assert 0 < sum(row.point.en_retard for row in todo) < len(todo) < 60
    assert 0 < suivi.sorties_a_noter(people, TODAY).count() < 20
    for point in PointSuivi.objects.select_related("participant"):
        assert point.fait_le <= TODAY
        left = point.participant.sortie_le
        termes = [0, *termes_suivi(left)]
        assert point_possible(point.terme, left, point.fait_le, TODAY, termes=termes).is_ok
    closed = Cloture.objects.get()
    assert closed.annee == TODAY.year - 1
    assert not any(verdict.is_blocking for verdict in coherences(closed.chiffres, reponse=Decimal("0.5")))
    attested = Attestation.objects.get()
    accepted = Imputation.objects.filter(
        etat="acceptee", declaration__organisation=attested.organisation, ligne__du__range=(attested.du, attested.au)
    )
    assert Decimal(attested.chiffres["heures"]) == accepted.aggregate(Sum("heures"))["heures__sum"]
    assert Ecart.objects.get().manquantes > 0
    assert Bilan.objects.get().chiffres["seul"]
    assert Reunion.objects.count() == Poste.objects.count() == 1
    # Teams of who works now, skills, who sent people, who pays: each told of some, none of all.
    teams = Affectation.objects.exclude(equipe="")
    assert set(teams.values_list("equipe", flat=True)) == {"JOU-1", "NUI-1"}
    assert teams.count() >= 4
    assert not teams.filter(date_fin__lt=TODAY).exists()
    skilled = people.exclude(competences=None).distinct().count()
    assert 30 < skilled < people.count()
    assert 0 < people.filter(prescripteur="").count() < people.exclude(prescripteur="").count()
    assert closed.chiffres["tables"]["prescripteur"]
    assert Financement.objects.filter(annee=TODAY.year - 1, montant__gt=0).count() == 3
    assert 0 < TailleDeclarant.objects.count() < 12


def test_a_public_site_refuses_the_demonstration(settings):
    settings.TRY_OUT = False
    with pytest.raises(CommandError, match="--oui"):
        call_command("demo", stdout=StringIO())
    assert not User.objects.exists()


def check_the_file_of_the_network():
    """Its list of imports shows one that can be taken back; the cards it speaks of stay those of the demonstration."""
    importation = Importation.objects.get(format="tableau")
    assert importation.par.email == "reseau@demo.invalid"
    report = importation.rapport
    assert (report["lus"], report["crees"], report["mis_a_jour"], len(report["ecartes"])) == (5, 0, 3, 2)
    told = Structure.objects.filter(sources__importation=importation)
    assert told.count() == 3
    assert all(structure.fictive for structure in told)

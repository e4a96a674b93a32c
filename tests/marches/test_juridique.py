"""What the law says of our rows: lots, contracts, groups, and a structure that looks at a lot."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marches import juridique
from marches.controle import points_de
from marches.enums import (
    FormeGroupement,
    GenreAcheteur,
    MotifDispense,
    MotifNonAllotissement,
    NatureContrat,
    Reservation,
    TypeMarche,
)
from marches.models import Groupement, Lot, Marche
from portal.verdict import worst
from structures.enums import Kind
from tests import factories as make
from tests.marches.cas_juridiques import BLOCK, INFO, OK, WARN

TODAY = date(2026, 11, 26)
pytestmark = pytest.mark.django_db


def levels(verdicts) -> dict[str, str]:
    return {verdict.regle: verdict.level for verdict in verdicts}


def make_contract(*, genre=GenreAcheteur.LOCAL, lots=1, lot=None, **given):
    usual = {"type": TypeMarche.SERVICES, "date_lancement": date(2026, 2, 1), "prestations_distinctes": False}
    marche = make.make_marche(acheteur=make.make_acheteur(genre=genre), **usual | given)
    for rank in range(lots):
        make.make_lot(marche=marche, numero=str(rank + 1), **lot or {})
    return marche


def of_contract(marche) -> dict[str, str]:
    fresh = Marche.objects.select_related("acheteur__organisation").get(pk=marche.pk)
    return levels(juridique.verdicts_marche(fresh, fresh.lots.all()))


def of_lot(lot) -> dict[str, str]:
    fresh = Lot.objects.select_related("marche__acheteur__organisation").get(pk=lot.pk)
    return levels(juridique.verdicts_lot(fresh, TODAY))


def of_group(groupement) -> dict[str, str]:
    fresh = Groupement.objects.select_related("lot__marche__acheteur").get(pk=groupement.pk)
    return levels(juridique.verdicts_groupement(fresh, TODAY))


# Lots ----------------------------------------------------------------------------------------------------------------
def test_a_joint_reservation_before_asap_is_unlawful():
    lot = make.make_lot(marche=make_contract(lots=0, date_lancement=date(2020, 12, 8)),
                        reservation=Reservation.LES_DEUX)  # fmt: skip
    assert of_lot(lot)["conjointe_interdite"] == BLOCK


@pytest.mark.parametrize(
    ("mentioned", "expected"), [(True, None), (False, ("mention_absente", BLOCK)), (None, ("mention_inconnue", WARN))]
)
def test_what_the_notice_says_of_the_reservation(mentioned, expected):
    marche = make_contract(lots=0, reservation_mentionnee=mentioned)
    found = of_lot(make.make_lot(marche=marche, reservation=Reservation.INSERTION))
    assert {code: level for code, level in found.items() if code.startswith("mention")} == (
        {expected[0]: expected[1]} if expected else {}
    )


def test_an_ess_lot_is_judged_on_services_length_buyer_and_repetition():
    buyer = make.make_acheteur(genre=GenreAcheteur.RESEAUX)
    holder = make.make_organisation()
    past = make.make_lot(
        marche=make.make_marche(acheteur=buyer), reservation=Reservation.ESS, date_notification=date(2024, 5, 1)
    )
    make.make_titulaire(lot=past, organisation=holder)
    lot = make.make_lot(
        marche=make.make_marche(acheteur=buyer, date_lancement=date(2026, 1, 5), services_sociaux=False),
        reservation=Reservation.ESS, date_notification=date(2026, 5, 1), duree_mois=12, reconductions=3,
    )  # fmt: skip
    make.make_titulaire(lot=lot, organisation=holder)
    found = of_lot(lot)
    assert (found["ess_services"], found["ess_duree"], found["ess_repetition"]) == (BLOCK, BLOCK, BLOCK)
    assert found["ess_acheteur"] == WARN
    Lot.objects.filter(pk=past.pk).update(date_notification=date(2023, 5, 1))
    assert "ess_repetition" not in of_lot(lot)


def test_an_ess_award_by_another_buyer_is_a_warning():
    holder = make.make_organisation()
    for day in (date(2025, 5, 1), date(2026, 5, 1)):
        lot = make.make_lot(marche=make_contract(lots=0), reservation=Reservation.ESS, date_notification=day)
        make.make_titulaire(lot=lot, organisation=holder)
    assert of_lot(lot)["ess_repetition_autre"] == WARN


def test_a_subcontractor_of_a_reserved_lot():
    lot = make.make_lot(marche=make_contract(lots=0), reservation=Reservation.INSERTION)
    ordinary = make.make_acte_sous_traitance(lot=lot, montant=Decimal(5_000), paiement_direct=False)
    found = of_lot(lot)
    assert (found["sous_traitant_reserve"], found["paiement_direct_absent"]) == (WARN, WARN)
    make.make_structure(kind=Kind.EI, organisation=ordinary.sous_traitant)
    assert "sous_traitant_reserve" not in of_lot(lot)


def test_pure_supplies_are_not_subcontracted_when_a_person_said_so():
    for cle, typed, expected in (("", [], True), ("importé", [], False), ("importé", ["type"], True)):
        marche = make_contract(lots=0, type=TypeMarche.FOURNITURES, cle=cle, champs_saisis=typed)
        lot = make.make_lot(marche=marche)
        make.make_acte_sous_traitance(lot=lot)
        assert ("sous_traitance_fournitures" in of_lot(lot)) is expected
        marche.delete()


def test_a_cleaning_lot_of_a_works_contract_is_a_service():
    lot = make.make_lot(marche=make_contract(lots=0, type=TypeMarche.TRAVAUX), cpv="90911200")
    assert juridique.besoin_of(lot).type == TypeMarche.SERVICES
    lot.cpv = ""
    assert juridique.besoin_of(lot).type == TypeMarche.TRAVAUX


def test_publication_of_the_essential_data():
    marche = make_contract(lots=0)
    lot = make.make_lot(marche=marche, montant=Decimal(50_000), date_notification=date(2026, 3, 1))
    Lot.objects.filter(pk=lot.pk).update(date_publication=None)
    assert of_lot(lot)["publication_absente"] == WARN
    Lot.objects.filter(pk=lot.pk).update(date_publication=date(2026, 5, 1))
    assert "publication_tardive" not in of_lot(lot)
    Lot.objects.filter(pk=lot.pk).update(date_publication=date(2026, 5, 2))
    assert of_lot(lot)["publication_tardive"] == INFO


def test_the_public_sees_what_rests_on_public_facts():
    lot = make.make_lot(marche=make_contract(lots=0, reservation_mentionnee=False), reservation=Reservation.ESS)
    said = juridique.verdicts_lot(lot, TODAY)
    assert "mention_absente" in levels(said)
    assert "mention_absente" not in levels(juridique.publics(said))
    assert "ess_services_inconnus" in levels(juridique.publics(said))


# Contracts -----------------------------------------------------------------------------------------------------------
def test_a_contract_above_the_threshold_since_august_2026():
    given = {"date_lancement": date(2026, 8, 22), "montant_estime": Decimal(216_000)}
    marche = make_contract(**given)
    assert of_contract(marche)["condition_absente"] == BLOCK
    dispense = make.make_dispense_sociale(marche=marche, motif=MotifDispense.TRAVAUX_COURTS, texte="Quatre mois")
    found = of_contract(marche)
    assert (found["dispense_retenue"], found["dispense_travaux"]) == (INFO, BLOCK)
    dispense.delete()
    Lot.objects.filter(marche=marche).update(clause_sociale=True)
    assert not {"condition_absente", "dispense_travaux"} & set(of_contract(marche))
    below = make_contract(**given | {"montant_estime": Decimal(215_999)})
    assert of_contract(below)["condition_sous_seuil"] == INFO
    before = make_contract(**given | {"date_lancement": date(2026, 8, 21)})
    assert of_contract(before)["condition_facultative"] == INFO


def test_published_amounts_never_block():
    marche = make_contract(date_lancement=date(2026, 9, 1), lot={"montant": Decimal(900_000), "montant_initial": None})
    found = of_contract(marche)
    assert "condition_absente" not in found
    assert found["condition_approchee"] == WARN


def test_renewals_count_in_the_value():
    """60 000 € a year renewed three times are 240 000 €: a formal procedure."""
    lot = {"montant_estime": Decimal(60_000), "duree_mois": 12, "reconductions": 3}
    marche = make_contract(procedure="Procédure adaptée", lot=lot)
    assert of_contract(marche)["procedure_insuffisante"] == WARN
    assert "procedure_insuffisante" not in of_contract(make_contract(
        procedure="Procédure adaptée", lot=lot | {"reconductions": 2}))  # fmt: skip


def test_small_lots_and_the_room_left():
    marche = make_contract(lots=4, lot={"montant_estime": Decimal(500_000)})
    small = make.make_lot(marche=marche, numero="5", montant_estime=Decimal(79_999), petit_lot=True)
    assert not {code for code in of_contract(marche) if code.startswith("petit_lot")}
    place = juridique.place_of(marche, marche.lots.all(), date(2026, 2, 1))
    assert (place.plafond, place.reste) == (Decimal("415999.80"), Decimal("336000.80"))
    Lot.objects.filter(pk=small.pk).update(montant_estime=Decimal(80_000))
    assert of_contract(marche)["petit_lot_montant"] == BLOCK


def test_one_lot_holding_distinct_services():
    assert of_contract(make_contract(prestations_distinctes=True))["allotissement_distinct"] == BLOCK
    assert of_contract(make_contract(prestations_distinctes=None))["allotissement_inconnu"] == WARN
    assert "allotissement_inconnu" not in of_contract(make_contract(prestations_distinctes=None, cle="importé"))
    assert "allotissement_distinct" not in of_contract(make_contract(prestations_distinctes=True, lots=2))
    reason = {"motif_non_allotissement": MotifNonAllotissement.INFRUCTUOSITE, "justification_non_allotissement": "Oui"}
    assert of_contract(make_contract(**reason))["allotissement_infructuosite"] == BLOCK
    assert "allotissement_infructuosite" not in of_contract(make_contract(genre=GenreAcheteur.RESEAUX, **reason))


def test_a_framework_has_a_maximum_and_four_years():
    given = {"est_accord_cadre": True, "lot": {"duree_mois": 24, "reconductions": 2, "montant_estime": Decimal(9_000)}}
    found = of_contract(make_contract(**given))
    assert (found["maximum_absent"], found["duree_accord_cadre"]) == (BLOCK, WARN)
    found = of_contract(make_contract(**given, montant_maximum=Decimal(90_000), justification_duree="Amortissement"))
    assert "maximum_absent" not in found
    assert found["duree_justifiee"] == INFO


def test_lots_per_holder():
    marche = make_contract(lots=3, lots_max_attribues=2)
    holder = make.make_organisation(denomination="Jardins")
    for lot in marche.lots.all():
        make.make_titulaire(lot=lot, organisation=holder)
    assert of_contract(marche)["lots_titulaire"] == BLOCK


def test_without_any_date_nothing_blocks_that_a_day_would_allow():
    marche = make_contract(date_lancement=None, montant_estime=Decimal(900_000), est_accord_cadre=True)
    Lot.objects.filter(marche=marche).update(date_notification=None, date_debut=None, reservation=Reservation.LES_DEUX)
    assert BLOCK not in of_contract(marche).values()
    assert BLOCK not in of_lot(marche.lots.get()).values()


def test_a_private_contract_is_outside_the_code():
    marche = make_contract(nature=NatureContrat.PRIVE, genre=GenreAcheteur.PRIVE, montant_estime=Decimal(9_000_000),
                           date_lancement=date(2026, 9, 1), prestations_distinctes=True)  # fmt: skip
    assert of_contract(marche) == {}


def test_a_buyer_above_fifty_millions_has_a_scheme():
    buyer = make.make_acheteur(genre=GenreAcheteur.LOCAL, achats_annuels=Decimal(50_000_001))
    assert levels(juridique.verdicts_acheteur(buyer, TODAY)) == {"spaser": WARN}
    buyer.spaser = "https://exemple.fr/spaser"
    assert juridique.verdicts_acheteur(buyer, TODAY) == []


# Groups --------------------------------------------------------------------------------------------------------------
def make_group(reservation=Reservation.INSERTION, kinds=("EA", "EI", "EI", "EI", "EI"), on=date(2026, 2, 1), **given):
    lot = make.make_lot(marche=make_contract(lots=0, date_lancement=on), reservation=reservation)
    group = make.make_groupement(lot=lot, forme=given.pop("forme", FormeGroupement.SOLIDAIRE), **given)
    for rank, kind in enumerate(kinds):
        structure = make.make_structure(kind=kind)
        make.make_membre_groupement(
            groupement=group, organisation=structure.organisation, structure=structure, mandataire=rank == 0
        )
    return group


@pytest.mark.parametrize(
    ("reservation", "on", "level"),
    [
        (Reservation.INSERTION, date(2026, 2, 1), BLOCK),
        (Reservation.HANDICAP, date(2026, 2, 1), BLOCK),
        (Reservation.LES_DEUX, date(2020, 12, 9), OK),
        (Reservation.LES_DEUX, date(2020, 12, 8), BLOCK),
        (Reservation.AUCUNE, date(2016, 6, 1), OK),
    ],
)
def test_the_group_of_an_ea_and_four_ei(reservation, on, level):
    group = make_group(reservation, on=on)
    found = juridique.verdicts_groupement(group, TODAY)
    assert worst(found).level == level, found


def test_a_member_that_named_no_structure_answers_as_the_best_of_its_establishment():
    group = make_group(kinds=("EI",))
    body = make.make_organisation()
    make.make_membre_groupement(groupement=group, organisation=body)
    assert of_group(group)["groupe_membre"] == BLOCK
    make.make_structure(kind=Kind.ETTI, organisation=body)
    make.make_structure(kind=Kind.EA, organisation=body)
    assert "groupe_membre" not in of_group(group)


def test_one_operator_speaks_for_two_groups_of_one_contract():
    group = make_group()
    speaker = group.membres.get(mandataire=True).organisation
    other = make.make_groupement(lot=make.make_lot(marche=group.lot.marche), forme=FormeGroupement.SOLIDAIRE)
    sister = make.make_organisation(identifiant=make.make_siret(speaker.siren, 2))  # another establishment
    make.make_membre_groupement(groupement=other, organisation=sister, mandataire=True)
    assert of_group(group)["groupe_mandataire_double"] == BLOCK
    elsewhere = make_group()
    assert "groupe_mandataire_double" not in of_group(elsewhere)


def test_a_mere_member_of_another_group_is_no_second_spokesperson():
    group = make_group()
    other = make.make_groupement(lot=make.make_lot(marche=group.lot.marche), forme=FormeGroupement.SOLIDAIRE)
    make.make_membre_groupement(groupement=other, organisation=group.membres.get(mandataire=True).organisation)
    assert "groupe_mandataire_double" not in of_group(group)


def test_the_same_group_on_two_lots_has_one_spokesperson():
    group = make_group()
    again = make.make_groupement(lot=make.make_lot(marche=group.lot.marche), forme=FormeGroupement.SOLIDAIRE)
    for member in group.membres.all():
        make.make_membre_groupement(
            groupement=again, organisation=member.organisation, structure=member.structure, mandataire=member.mandataire
        )
    assert "groupe_mandataire_double" not in of_group(group)
    again.membres.filter(mandataire=False).first().delete()  # a different group now
    assert of_group(group)["groupe_mandataire_double"] == BLOCK


def test_more_lots_than_a_bidder_may_ask_for():
    group = make_group(kinds=("EI", "EI"))
    Marche.objects.filter(pk=group.lot.marche_id).update(lots_max_candidat=1)
    assert "lots_candidat" not in of_group(group)
    other = make.make_groupement(lot=make.make_lot(marche=group.lot.marche), forme=FormeGroupement.SOLIDAIRE)
    make.make_membre_groupement(groupement=other, organisation=group.membres.first().organisation)
    assert of_group(group)["lots_candidat"] == BLOCK


def test_a_member_that_holds_the_lot_alone_bid_alone():
    group = make_group(kinds=("EI", "EI"), retenu=False)
    make.make_titulaire(lot=group.lot, organisation=group.membres.get(mandataire=False).organisation)
    assert of_group(group)["groupe_cumul"] == INFO
    make.make_titulaire(lot=group.lot)  # two holders: a group, not a company alone
    assert "groupe_cumul" not in of_group(group)


def test_several_bids_by_one_member():
    group = make_group(kinds=("EI", "EI"), retenu=False)
    member = group.membres.get(mandataire=False)
    other = make.make_groupement(lot=group.lot, forme=FormeGroupement.SOLIDAIRE, retenu=False)
    make.make_membre_groupement(groupement=other, organisation=member.organisation)
    assert "groupe_cumul" not in of_group(group)  # a bid in preparation is nobody else's business
    other.candidature_le = date(2026, 3, 1)
    other.save()
    assert of_group(group)["groupe_cumul"] == INFO
    Marche.objects.filter(pk=group.lot.marche_id).update(interdit_plusieurs_groupes=True)
    assert of_group(group)["groupe_cumul_interdit"] == BLOCK


def test_shares_changes_and_agreement():
    group = make_group(kinds=("EI", "EI"), forme=FormeGroupement.CONJOINT, convention_signee_le=date(2026, 7, 2))
    Lot.objects.filter(pk=group.lot_id).update(date_debut=date(2026, 7, 1), date_fin=None, montant=Decimal(1_000))
    found = of_group(group)
    assert (found["groupe_parts"], found["groupe_convention"]) == (BLOCK, WARN)
    group.membres.update(part=Decimal(50))
    group.candidature_le = date(2026, 3, 1)
    group.save()
    make.make_changement_groupement(groupement=group, le=date(2026, 4, 1))
    found = of_group(group)
    assert "groupe_parts" not in found
    assert found["groupe_changement"] == WARN


def test_the_points_of_a_contract_cost_the_same_for_one_lot_as_for_thirty():
    costs = set()
    for lots in (1, 30):
        marche = make_contract(lots=lots, lot={"reservation": Reservation.ESS})
        for lot in marche.lots.all():
            make.make_titulaire(lot=lot)
            make.make_structure(organisation=make.make_acte_sous_traitance(lot=lot).sous_traitant)
        fresh = Marche.objects.for_detail().get(pk=marche.pk)
        costs.add(count(lambda fresh=fresh: points_de(fresh)))
    assert len(costs) == 1
    assert costs.pop() <= 10


def test_points_name_their_lot_and_the_most_serious_comes_first():
    marche = make_contract(lots=0, prestations_distinctes=None, date_lancement=date(2020, 12, 1))
    lot = make.make_lot(marche=marche, reservation=Reservation.LES_DEUX)
    first, *_ = points_de(Marche.objects.for_detail().get(pk=marche.pk))
    assert (first.lot, first.verdict.regle) == (lot, "conjointe_interdite")


# A structure looking at a lot ----------------------------------------------------------------------------------------
def ask(structure, lot, equivalence=""):
    who = juridique.candidat_of(structure, equivalence)
    return juridique.puis_je_repondre(who, lot, juridique.attributions_ess([who], lot))


def test_puis_je_repondre():
    lot = make.make_lot(marche=make_contract(lots=0), reservation=Reservation.INSERTION)
    known = {"convention_debut": date(2024, 1, 1), "convention_fin": date(2027, 1, 1), "effectif": 20}
    said = ask(make.make_structure(**known, effectif_parcours=12), lot)
    assert [verdict.level for verdict in said] == [OK, OK]
    said = ask(make.make_structure(**known, effectif_parcours=9), lot)
    assert levels(said)["part_insuffisante"] == BLOCK
    said = ask(make.make_structure(kind=Kind.EA), lot)
    assert levels(said) == {"reserve_type": BLOCK}
    said = ask(make.make_structure(kind=Kind.EA), lot, equivalence="62 % en parcours")
    assert levels(said)["reserve_equivalent"] == WARN


def test_puis_je_repondre_again_under_ess():
    lot = make.make_lot(marche=make_contract(lots=0), reservation=Reservation.ESS)
    structure = make.make_structure()
    past = make.make_lot(marche=make.make_marche(acheteur=lot.marche.acheteur), reservation=Reservation.ESS,
                         date_notification=date(2025, 5, 1))  # fmt: skip
    make.make_titulaire(lot=past, organisation=structure.organisation)
    assert levels(ask(structure, lot))["ess_repetition"] == BLOCK


# Queries -------------------------------------------------------------------------------------------------------------
def count(work) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        work()
    return len(seen)


def test_a_group_of_thirty_costs_what_a_group_of_two_does():
    small, large = make_group(kinds=("EI",) * 2), make_group(kinds=("EI",) * 30)
    costs = {count(lambda group=group: of_group(group)) for group in (small, large)}
    assert len(costs) == 1
    assert costs.pop() <= 10


def test_a_contract_costs_three_queries_whatever_its_lots():
    for lots in (1, 30):
        marche = make_contract(lots=lots, lots_max_attribues=9)
        rows = list(marche.lots.all())
        assert count(lambda marche=marche, rows=rows: juridique.verdicts_marche(marche, rows)) == 3


def test_a_lot_costs_the_same_for_many_subcontracts():
    lot = make.make_lot(marche=make_contract(lots=0), reservation=Reservation.INSERTION)
    make.make_structure(organisation=make.make_acte_sous_traitance(lot=lot).sous_traitant)
    one = count(lambda: of_lot(lot))
    for rank in range(10):
        act = make.make_acte_sous_traitance(lot=lot, numero=f"A{rank}")
        make.make_structure(organisation=act.sous_traitant)
    assert count(lambda: of_lot(lot)) == one <= 5  # the lot itself and four

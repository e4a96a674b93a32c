"""Rules of the register: days, published titles, who may answer."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from marches.enums import GenreAcheteur, NatureContrat, Reservation, StatutLot, TypeMarche
from marches.rules import (
    KINDS,
    add_months,
    debuts_de_vague,
    fin_prevue,
    genre_probable,
    may_answer,
    may_answer_lot,
    periodes,
    read_titre,
    skeleton,
    statut_lot,
    type_marche,
)
from marches.rules.bases import SUJETS
from marches.rules.execution import reconduction_tacite
from marches.rules.lancement import Lancement, juger
from portal.verdict import Niveau, Verdict
from structures.enums import Kind

AFTER = date(2024, 3, 1)
LOI = date(2019, 4, 1)  # a day on which the law changed

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 5, 5), 0, date(2026, 5, 5)),
    ],
)
def test_add_months(day, months, expected):
    assert add_months(day, months) == expected


@pytest.mark.parametrize("months", [12 * 9000, -12 * 3000])
def test_add_months_refuses_to_leave_the_calendar(months):
    with pytest.raises(ValueError, match="No such month"):
        add_months(date(2026, 1, 1), months)


@pytest.mark.parametrize("months", [None, 0, -1, 1201, 10**9])
def test_senseless_duration_gives_no_end(months):
    assert fin_prevue(date(2026, 1, 1), months) is None


def test_end_follows_from_the_start():
    assert fin_prevue(date(2026, 1, 1), 12) == date(2026, 12, 31)
    assert fin_prevue(date(2026, 1, 31), 1) == date(2026, 2, 27)
    assert fin_prevue(date(2026, 3, 1), 1) == date(2026, 3, 31)
    assert fin_prevue(date(2023, 3, 1), 12) == date(2024, 2, 29)
    assert fin_prevue(None, 12) is None


def test_renewals_are_counted_from_the_first_day():
    found = periodes(date(2024, 2, 29), 12, 3)
    assert [(period.debut, period.fin) for period in found] == [
        (date(2024, 2, 29), date(2025, 2, 27)),
        (date(2025, 2, 28), date(2026, 2, 27)),
        (date(2026, 2, 28), date(2027, 2, 27)),
        (date(2027, 2, 28), date(2028, 2, 28)),
    ]
    assert [period.libelle for period in found][:2] == ["Période ferme", "Reconduction 1"]


def test_renewals_may_last_otherwise_and_never_for_ever():
    assert periodes(date(2026, 1, 1), 12, 1, 6)[1].fin == date(2027, 6, 30)
    assert periodes(None, 12, 1) == []
    assert len(periodes(date(2026, 1, 1), 12, 30_000)) == 100


@pytest.mark.parametrize(
    ("days", "starts"),
    [
        ([], []),
        ([(2020, 1, 31)], [(2020, 1, 31)]),
        ([(2020, 1, 31), (2021, 7, 31)], [(2020, 1, 31)]),
        ([(2020, 1, 31), (2021, 8, 1)], [(2020, 1, 31), (2021, 8, 1)]),
        ([(2021, 8, 1), (2020, 1, 31), (2020, 1, 31), (2021, 1, 1)], [(2020, 1, 31)]),
        ([(2016, 1, 1), (2017, 7, 1), (2019, 1, 1), (2023, 1, 1)], [(2016, 1, 1), (2023, 1, 1)]),
    ],
)
def test_debuts_de_vague(days, starts):
    assert debuts_de_vague(date(*day) for day in days) == [date(*day) for day in starts]


@pytest.mark.parametrize(
    ("notified", "start", "end", "expected"),
    [
        (None, None, None, StatutLot.SANS_DATE),
        (date(2026, 7, 1), None, None, StatutLot.EN_PREPARATION),
        (date(2026, 5, 1), date(2026, 7, 1), None, StatutLot.ATTRIBUE),
        (date(2026, 5, 1), None, None, StatutLot.EN_COURS),
        (date(2026, 5, 1), None, date(2026, 6, 1), StatutLot.EN_COURS),
        (date(2025, 5, 1), None, date(2026, 5, 31), StatutLot.TERMINE),
        (None, None, date(2026, 5, 31), StatutLot.TERMINE),
        (None, None, date(2026, 7, 31), StatutLot.EN_COURS),
        (None, date(2026, 5, 1), None, StatutLot.EN_COURS),
    ],
)
def test_statut_lot(notified, start, end, expected):
    assert statut_lot(_lot(date_notification=notified, date_debut=start, date_fin=end), date(2026, 6, 1)) == expected


def _lot(*, lancement=None, limite=None, publie=True, **given):
    known = dict.fromkeys(("date_notification", "date_debut", "date_fin", "date_publication", "montant"))
    marche = SimpleNamespace(date_lancement=lancement, date_limite=limite, publie=publie)
    return SimpleNamespace(marche=marche, **known | given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"limite": datetime(2026, 6, 1, 12, 0, tzinfo=PARIS)}, StatutLot.EN_CONSULTATION),
        ({"limite": datetime(2026, 5, 31, 23, 59, tzinfo=PARIS)}, StatutLot.EN_ATTENTE),
        ({"limite": datetime(2026, 5, 31, 22, 30, tzinfo=UTC)}, StatutLot.EN_CONSULTATION),  # June in Paris
        ({"limite": datetime(2026, 7, 1, tzinfo=PARIS), "lancement": date(2026, 6, 2)}, StatutLot.EN_PREPARATION),
        ({"limite": datetime(2026, 7, 1, tzinfo=PARIS), "date_debut": date(2026, 5, 1)}, StatutLot.EN_CONSULTATION),
        ({"limite": datetime(2026, 7, 1, tzinfo=PARIS), "date_fin": date(2030, 5, 1)}, StatutLot.EN_CONSULTATION),
        ({"limite": datetime(2026, 7, 1, tzinfo=PARIS), "date_notification": date(2026, 5, 9)}, StatutLot.EN_COURS),
        ({"limite": datetime(2026, 5, 1, tzinfo=PARIS), "date_fin": date(2030, 5, 1)}, StatutLot.EN_ATTENTE),
        ({"lancement": date(2026, 5, 1)}, StatutLot.EN_CONSULTATION),
        ({"lancement": date(2025, 12, 1)}, StatutLot.EN_CONSULTATION),
        ({"lancement": date(2025, 11, 30)}, StatutLot.EN_ATTENTE),
        ({"lancement": date(2026, 6, 2)}, StatutLot.EN_PREPARATION),
        ({"date_publication": date(2026, 5, 2), "montant": 9}, StatutLot.ATTRIBUE),
        ({"date_publication": date(2026, 5, 2), "lancement": date(2026, 5, 1)}, StatutLot.RESULTAT),
        ({"publie": False}, StatutLot.EN_PREPARATION),
    ],
)
def test_statut_before_notification(given, expected):
    assert statut_lot(_lot(**given), date(2026, 6, 1)) == expected


TITRES = [  # published text, number, subject, common title
    ("Groupe scolaire : Lot 4 : Electricité", "4", "Electricité", "Groupe scolaire"),
    ("Réhabilitation du gymnase: Lot 16: ELECTRICITE", "16", "ELECTRICITE", "Réhabilitation du gymnase"),
    ("Réhabilitation du gymnase - LOT 04 SERRURERIE -", "4", "SERRURERIE", "Réhabilitation du gymnase"),
    ("Réhabilitation du gymnase - LOT1", "1", "Réhabilitation du gymnase", "Réhabilitation du gymnase"),
    ("Réhabilitation du gymnase - Lot 01", "1", "Réhabilitation du gymnase", "Réhabilitation du gymnase"),
    ("Réhabilitation du gymnase Lot n°3 Menuiserie", "3", "Menuiserie", "Réhabilitation du gymnase"),
    ("Eléctricité courant fort lot no4", "4", "Eléctricité courant fort", "Eléctricité courant fort"),
    ("Réhabilitation du gymnase : lot A : Nord", "A", "Nord", "Réhabilitation du gymnase"),
    ("Réhabilitation du gymnase : Lot 3B : Nord", "3B", "Nord", "Réhabilitation du gymnase"),
    ("Réhabilitation du gymnase: Lot 2: Lot n° 3 : Démolition", "3", "Démolition", "Réhabilitation du gymnase"),
    ("Réhabilitation du gymnase : Lot 7 (Lot 14) : Peinture", "14", "Peinture", "Réhabilitation du gymnase"),
    ("Rue de Rosières : Lot 2 : Lot 2 et#8211, Voirie", "2", "Voirie", "Rue de Rosières"),
    ("Campagne digitale des vins: Lot 1: Lot 1", "1", "Campagne digitale des vins", "Campagne digitale des vins"),
    ("Rénovation des halls (4 LOTS) - Lot 1: Siège", "1", "Siège", "Rénovation des halls (4 LOTS)"),
    ("Entretien des espaces verts - 4 lots: Lot 2: Sud", "2", "Sud", "Entretien des espaces verts - 4 lots"),
    ("Exploitation décomposée en 6 lots. Lot 3 : Plessis", "3", "Plessis", "Exploitation décomposée en 6 lots"),
    ("Réfection des sols - 2 lots  Lot 1 : zone LOT 01", "1", "zone LOT 01", "Réfection des sols - 2 lots"),
    ('Complexe sportif à Bouguenais - lot 07 "faux plafonds"', "7", "faux plafonds", "Complexe sportif à Bouguenais"),
    ("Amélioration de 14 logements (LOT 03 : ELECTRICITE)", "3", "ELECTRICITE", "Amélioration de 14 logements"),
    ("Réseau d'eau potable : Lot1-Secteur 1", "1", "Secteur 1", "Réseau d'eau potable"),
    ("ZAC - LOT G - les Pierrins. Lot 6 : Serrurerie", "6", "Serrurerie", "ZAC - LOT G - les Pierrins"),
    ("Maison de santé Lot  Menuiseries intérieures", "", "Menuiseries intérieures", "Maison de santé"),
    ("Fourniture de détecteurs: Lot unique", "", "Fourniture de détecteurs", "Fourniture de détecteurs"),
    ("Services d'assurances du transport Lots 2", "2", None, "Services d'assurances du transport"),
    ("Achat de tables, 2 lots", "", "Achat de tables, 2 lots", ""),
    ("Fourniture d'un lot de vaisselle", "", "Fourniture d'un lot de vaisselle", ""),
    ("Fourniture d'un lot DE VAISSELLE", "", "Fourniture d'un lot DE VAISSELLE", ""),
    ("Formation pour la chambre de métiers - CMA LOT", "", "Formation pour la chambre de métiers - CMA LOT", ""),
    ("Conseil départemental du Lot Travaux routiers", "", "Conseil départemental du Lot Travaux routiers", ""),
    ("Voirie en Lot-et-Garonne", "", "Voirie en Lot-et-Garonne", ""),
    ("Construction de l'îlot 3 du quartier", "", "Construction de l'îlot 3 du quartier", ""),
    ("Travaux à Cahors (Lot 46000)", "", "Travaux à Cahors (Lot 46000)", ""),
    ("Relance du lot n°1 déclaré sans suite", "1", "Relance du lot n°1 déclaré sans suite", ""),
    ("Lot 00 : nettoyage", "0", "nettoyage", ""),
    ("Travaux : Lot 2 : Peinture", "2", "Peinture", ""),
    ("Entretien", "", "Entretien", ""),
    ("Lot", "", "Lot", ""),
]


@pytest.mark.parametrize(("text", "numero", "objet", "commun"), TITRES)
def test_read_titre(text, numero, objet, commun):
    found = read_titre(text)
    assert (found.numero, found.commun) == (numero, commun)
    assert found.objet == (text if objet is None else objet)


@pytest.mark.parametrize(
    "text",
    [
        "Bâtiment n°1 : l'été à Évreux",
        "BATIMENT N 1 ; L ETE A EVREUX",
        "B\ufffdtiment n°1 - l'\ufffdt\ufffd \ufffd \ufffdvreux",
    ],
)
def test_skeleton_forgets_case_accents_punctuation_and_lost_characters(text):
    assert skeleton(text) == skeleton("Bâtiment n°1 : l'été à Évreux")


@pytest.mark.parametrize(
    ("one", "other"),
    [("Secteur Est", "Secteur Ouest"), ("Lot 1", "Lot 11"), ("Lot A", "Lot E"), ("Lot 1A", "Lot 1E"), ("Nord", "Sud")],
)
def test_skeleton_keeps_different_lots_apart(one, other):
    assert skeleton(one) != skeleton(other)


def test_skeleton_knows_ligatures():
    assert skeleton("Gros œuvre") == skeleton("GROS OEUVRE") == skeleton("Gros \ufffduvre")


@pytest.mark.parametrize(
    ("siren", "nom", "expected"),
    [
        ("210000000", "", GenreAcheteur.LOCAL),
        ("130000000", "", GenreAcheteur.ETAT),
        ("260000000", "Centre hospitalier de Lens", GenreAcheteur.HOPITAL),
        ("260000000", "CCAS de Lens", GenreAcheteur.INCONNU),
        ("552000000", "Hauts-de-Seine Habitat - OPH", GenreAcheteur.BAILLEUR),
        ("552000000", "", GenreAcheteur.INCONNU),
    ],
)
def test_genre_probable(siren, nom, expected):
    assert genre_probable(siren, nom) == expected


@pytest.mark.parametrize(
    ("cpv", "expected"),
    [
        ("45223220-4", TypeMarche.TRAVAUX), ("90911200", TypeMarche.SERVICES), ("30200000", TypeMarche.FOURNITURES),
        ("", TypeMarche.INCONNU), ("XX", TypeMarche.INCONNU),
    ],
)  # fmt: skip
def test_type_marche(cpv, expected):
    assert type_marche(cpv) == expected


def test_every_reservation_has_its_rows():
    assert set(KINDS) == set(Reservation) == set(SUJETS)


OK, INFO, WARN, BLOCK = Niveau.OK, Niveau.INFORMATION, Niveau.AVERTISSEMENT, Niveau.BLOCAGE
ALL_KINDS = list(Kind)
EXPECTED = {  # reservation → level by kind, after 2022-10-21
    Reservation.AUCUNE: dict.fromkeys(ALL_KINDS, OK),
    Reservation.HANDICAP: {
        "EI": BLOCK, "AI": BLOCK, "ACI": BLOCK, "ETTI": BLOCK, "EITI": WARN, "GEIQ": WARN, "EA": OK, "EATT": OK,
        "ESAT": OK, "SEP": BLOCK,
    },
    Reservation.INSERTION: {
        "EI": OK, "AI": OK, "ACI": OK, "ETTI": OK, "EITI": WARN, "GEIQ": WARN, "EA": BLOCK, "EATT": BLOCK,
        "ESAT": BLOCK, "SEP": BLOCK,
    },
    Reservation.LES_DEUX: {
        "EI": OK, "AI": OK, "ACI": OK, "ETTI": OK, "EITI": WARN, "GEIQ": WARN, "EA": OK, "EATT": OK, "ESAT": OK,
        "SEP": BLOCK,
    },
    Reservation.PENITENTIAIRE: dict.fromkeys(ALL_KINDS, BLOCK) | {Kind.SEP: OK},
    Reservation.ESS: dict.fromkeys(ALL_KINDS, WARN),
    Reservation.NON_PRECISEE: dict.fromkeys(ALL_KINDS, INFO),
}  # fmt: skip


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize("reservation", list(Reservation))
def test_may_answer(kind, reservation):
    verdict = may_answer(kind, reservation, AFTER)
    assert verdict.level == EXPECTED[reservation][kind]
    assert verdict.reason


@pytest.mark.parametrize(
    ("reservation", "day", "blocked"),
    [
        (Reservation.LES_DEUX, date(2020, 12, 8), True),
        (Reservation.LES_DEUX, date(2020, 12, 9), False),
        (Reservation.PENITENTIAIRE, date(2022, 10, 20), True),
        (Reservation.PENITENTIAIRE, date(2022, 10, 21), False),
        (Reservation.INSERTION, date(2019, 4, 1), False),
    ],
)
def test_dates_of_the_law(reservation, day, blocked):
    kind = Kind.SEP if reservation == Reservation.PENITENTIAIRE else Kind.EI
    assert may_answer(kind, reservation, day).is_blocking is blocked


@pytest.mark.parametrize("day", [date(2019, 4, 1), date(2021, 1, 1), date(2026, 9, 1)])
def test_eiti_is_warned_at_every_date(day):
    assert may_answer(Kind.EITI, Reservation.INSERTION, day).level == WARN


@pytest.mark.parametrize(
    ("nature", "reservation", "blocked"),
    [
        (NatureContrat.CONCESSION, Reservation.LES_DEUX, True),
        (NatureContrat.CONCESSION, Reservation.ESS, True),
        (NatureContrat.CONCESSION, Reservation.INSERTION, False),
        (NatureContrat.CONCESSION, Reservation.HANDICAP, False),
        (NatureContrat.CONCESSION, Reservation.PENITENTIAIRE, False),
        (NatureContrat.CONCESSION, Reservation.NON_PRECISEE, False),
        (NatureContrat.CONCESSION, Reservation.AUCUNE, False),
        (NatureContrat.DEFENSE, Reservation.INSERTION, True),
        (NatureContrat.DEFENSE, Reservation.LES_DEUX, True),
        (NatureContrat.DEFENSE, Reservation.PENITENTIAIRE, True),
        (NatureContrat.DEFENSE, Reservation.ESS, True),
        (NatureContrat.DEFENSE, Reservation.HANDICAP, False),
        (NatureContrat.DEFENSE, Reservation.NON_PRECISEE, False),
        (NatureContrat.DEFENSE, Reservation.AUCUNE, False),
        (NatureContrat.PARTENARIAT, Reservation.LES_DEUX, False),
        (NatureContrat.PRIVE, Reservation.LES_DEUX, False),
    ],
)
def test_other_natures(nature, reservation, blocked):
    """A blocage that strikes the reservation itself strikes every kind; otherwise the kinds it names are free."""
    levels = {kind: may_answer(kind, reservation, AFTER, nature).level for kind in KINDS[reservation] or ALL_KINDS}
    assert (set(levels.values()) == {BLOCK}) is blocked
    assert (BLOCK in levels.values()) is blocked


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize(
    ("nature", "day"),
    [
        *((NatureContrat.CONCESSION, day) for day in (date(2019, 4, 1), date(2020, 12, 8), date(2020, 12, 9), AFTER)),
        (NatureContrat.MARCHE, date(2016, 6, 1)),
        (NatureContrat.MARCHE, date(2020, 12, 8)),
        (NatureContrat.DEFENSE, AFTER),
    ],
)
def test_joint_reservation_is_blocked_for_every_kind(kind, nature, day):
    assert may_answer(kind, Reservation.LES_DEUX, day, nature).is_blocking


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_prison_reservation_is_blocked_for_every_kind_before_it_existed(kind):
    assert may_answer(kind, Reservation.PENITENTIAIRE, date(2022, 10, 20)).is_blocking


@pytest.mark.parametrize("reservation", [Reservation.HANDICAP, Reservation.INSERTION])
@pytest.mark.parametrize("nature", [NatureContrat.MARCHE, NatureContrat.CONCESSION])
@pytest.mark.parametrize(
    "day", [date(2016, 4, 1), date(2019, 3, 31), date(2019, 4, 1), date(2020, 12, 8), date(2022, 12, 30), AFTER]
)
def test_single_reservations_give_the_same_answer_at_every_date(reservation, nature, day):
    for kind in ALL_KINDS:
        assert may_answer(kind, reservation, day, nature).level == EXPECTED[reservation][kind]


@pytest.mark.parametrize(
    ("reservation", "day", "nature", "source", "share"),
    [
        ("handicap", AFTER, "marche", "L. 2113-12", "R. 2113-7"),
        ("insertion", AFTER, "marche", "L. 2113-13", "R. 2113-7"),
        ("insertion", date(2019, 3, 31), "marche", "Ordonnance 2015-899, art. 36, II", "50\u00a0%"),
        ("handicap", AFTER, "concession", "L. 3113-1", "R. 3113-1"),
        ("insertion", AFTER, "concession", "L. 3113-2", "R. 3113-1"),
        ("handicap", AFTER, "defense", "L. 2313-6", "R. 2313-3"),
        ("penitentiaire", date(2022, 12, 29), "marche", "L. 2113-13-1", ""),
        ("penitentiaire", date(2022, 12, 30), "marche", "L. 2113-13-1", "R. 2113-7"),
        ("penitentiaire", AFTER, "concession", "L. 3113-2-1", "R. 3113-1"),
    ],
)
def test_the_text_and_the_share_are_those_of_the_day(reservation, day, nature, source, share):
    kind = min(KINDS[Reservation(reservation)])
    verdict = may_answer(kind, Reservation(reservation), day, NatureContrat(nature))
    assert verdict.is_ok
    assert verdict.source.endswith(source)
    assert share in verdict.remede
    assert bool(verdict.remede) is bool(share)


def lot(reservation, notified=None, launched=None, nature="marche", materiel=False, due=None):
    return SimpleNamespace(
        reservation=reservation,
        marche=SimpleNamespace(nature=nature, date_lancement=launched, date_limite=due),
        date_notification=notified,
        date_debut=None,
        materiel_a_fournir=materiel,
    )


@pytest.mark.parametrize("reservation", list(Reservation))
@pytest.mark.parametrize("kind", ALL_KINDS)
def test_without_any_date_a_refusal_holds_at_every_date(kind, reservation):
    """Nothing known: blocked only where every date blocks."""
    verdict = may_answer_lot(kind, lot(reservation))
    days = (date(2018, 1, 1), date(2020, 12, 8), date(2020, 12, 9), date(2022, 10, 20), date(2022, 10, 21), AFTER)
    levels = {may_answer(kind, reservation, day).level for day in days}
    assert verdict.level == (levels.pop() if len(levels) == 1 else INFO)


@pytest.mark.parametrize("notified", [date(2022, 10, 20), date(2022, 10, 21), date(2024, 10, 20)])
def test_unknown_launch_of_a_prison_reservation(notified):
    expected = BLOCK if notified < date(2022, 10, 21) else INFO
    assert may_answer_lot(Kind.SEP, lot("penitentiaire", notified)).level == expected


@pytest.mark.parametrize(
    ("kind", "reservation", "materiel", "level"),
    [
        (Kind.AI, "insertion", True, WARN),
        (Kind.AI, "aucune", True, WARN),
        (Kind.AI, "non_precisee", True, WARN),
        (Kind.AI, "handicap", True, BLOCK),
        (Kind.AI, "insertion", False, OK),
        (Kind.ACI, "insertion", True, OK),
    ],
)
def test_an_association_intermediaire_supplies_no_equipment(kind, reservation, materiel, level):
    assert may_answer_lot(kind, lot(reservation, AFTER, materiel=materiel)).level == level


def test_unknown_launch_around_a_change_of_law_is_an_information():
    verdict = may_answer_lot(Kind.EI, lot("les_deux", notified=date(2021, 3, 1)))
    assert verdict.level == INFO
    assert "Date de lancement inconnue" in verdict.reason


def test_what_waits_for_the_day_of_launch_says_what_it_would_be():
    """Several on one page would else be the same sentence, without a word of what they are about."""
    around = Lancement(date(2016, 2, 5), date(2018, 2, 5))
    said = juger(lambda day: reconduction_tacite(3, True, day), around).reason
    assert said.startswith("Date de lancement inconnue. Seulement pour une consultation lancée à partir du 01/04/2016")
    assert "«\u00a03 reconductions tacites" in said
    assert said.endswith("\u00a0».")
    before = juger(lambda day: Verdict.blocage("Avant.", source="x") if day < LOI else Verdict.ok(), around_of(LOI))
    assert f"lancée avant le {LOI:%d/%m/%Y}\u00a0: «\u00a0Avant\u00a0»." in before.reason
    both = juger(
        lambda day: Verdict.blocage("Non.", source="x") if day < LOI else Verdict.information("Oui.", source="y"),
        around_of(LOI),
    )
    assert both.reason.endswith(f"{LOI:%d/%m/%Y}\u00a0: «\u00a0Oui\u00a0». Avant\u00a0: «\u00a0Non\u00a0».")
    assert (both.level, both.source, both.est_suspendu) == (INFO, "y", True)


def around_of(day: date) -> Lancement:
    return Lancement(day - timedelta(days=100), day + timedelta(days=100))


def test_unknown_launch_far_from_a_change_of_law_is_judged():
    assert may_answer_lot(Kind.EI, lot("les_deux", notified=date(2024, 3, 1))).is_ok
    assert may_answer_lot(Kind.EI, lot("les_deux", notified=date(2019, 3, 1))).is_blocking
    assert may_answer_lot(Kind.EI, lot("insertion")).is_ok


def test_the_day_offers_were_due_bounds_an_unknown_launch():
    assert may_answer_lot(Kind.EI, lot("les_deux", due=datetime(2026, 12, 1, 12, tzinfo=UTC))).is_ok
    assert may_answer_lot(Kind.EI, lot("les_deux", due=datetime(2019, 12, 1, 12, tzinfo=UTC))).is_blocking
    assert may_answer_lot(Kind.EI, lot("les_deux")).level == INFO


def test_known_launch_decides():
    assert may_answer_lot(Kind.EI, lot("les_deux", date(2021, 3, 1), date(2021, 1, 1))).is_ok

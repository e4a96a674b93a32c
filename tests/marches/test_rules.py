"""Rules of the register: days, published titles, who may answer."""

from datetime import date
from types import SimpleNamespace

import pytest

from marches.enums import GenreAcheteur, NatureContrat, Reservation, StatutLot, TypeMarche
from marches.rules import (
    KINDS,
    add_months,
    de_lieu,
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
from marches.rules.reservations import SOURCES
from portal.verdict import Niveau
from structures.enums import Kind

AFTER = date(2024, 3, 1)


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
    assert fin_prevue(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert fin_prevue(None, 12) is None


def test_renewals_are_counted_from_the_first_day():
    found = periodes(date(2024, 2, 29), 12, 3)
    assert [(period.debut, period.fin) for period in found] == [
        (date(2024, 2, 29), date(2025, 2, 28)),
        (date(2025, 2, 28), date(2026, 2, 28)),
        (date(2026, 2, 28), date(2027, 2, 28)),
        (date(2027, 2, 28), date(2028, 2, 29)),
    ]
    assert [period.libelle for period in found][:2] == ["Période ferme", "Reconduction 1"]


def test_renewals_may_last_otherwise_and_never_for_ever():
    assert periodes(date(2026, 1, 1), 12, 1, 6)[1].fin == date(2027, 7, 1)
    assert periodes(None, 12, 1) == []
    assert len(periodes(date(2026, 1, 1), 12, 30_000)) == 100


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
    lot = SimpleNamespace(date_notification=notified, date_debut=start, date_fin=end)
    assert statut_lot(lot, date(2026, 6, 1)) == expected


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
    ("nom", "expected"),
    [
        ("Évreux", "d'Évreux"), ("Le Havre", "du Havre"), ("Les Andelys", "des Andelys"), ("La Baule", "de La Baule"),
        ("L'Haÿ-les-Roses", "de L'Haÿ-les-Roses"), ("Hérouville-Saint-Clair", "d'Hérouville-Saint-Clair"),
        ("Honfleur", "de Honfleur"), ("Yvetot", "d'Yvetot"), ("Caen", "de Caen"), ("Œuilly", "d'Œuilly"),
    ],
)  # fmt: skip
def test_de_lieu(nom, expected):
    assert de_lieu(nom) == expected


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
    assert set(KINDS) == set(Reservation) == set(SOURCES)


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
        (NatureContrat.DEFENSE, Reservation.INSERTION, True),
        (NatureContrat.DEFENSE, Reservation.HANDICAP, False),
    ],
)
def test_other_natures(nature, reservation, blocked):
    kind = Kind.EA if reservation == Reservation.HANDICAP else Kind.EI
    assert may_answer(kind, reservation, AFTER, nature).is_blocking is blocked


def lot(reservation, notified=None, launched=None):
    marche = SimpleNamespace(nature="marche", date_lancement=launched)
    return SimpleNamespace(reservation=reservation, marche=marche, date_notification=notified, date_debut=None)


def test_unknown_launch_around_a_change_of_law_is_an_information():
    verdict = may_answer_lot(Kind.EI, lot("les_deux", notified=date(2021, 3, 1)))
    assert verdict.level == INFO
    assert "Date de lancement inconnue" in verdict.reason


def test_unknown_launch_far_from_a_change_of_law_is_judged():
    assert may_answer_lot(Kind.EI, lot("les_deux", notified=date(2024, 3, 1))).is_ok
    assert may_answer_lot(Kind.EI, lot("les_deux", notified=date(2019, 3, 1))).is_blocking
    assert may_answer_lot(Kind.EI, lot("insertion")).is_ok


def test_known_launch_decides():
    assert may_answer_lot(Kind.EI, lot("les_deux", date(2021, 3, 1), date(2021, 1, 1))).is_ok

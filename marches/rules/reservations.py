"""Who may answer a lot, by kind of structure, reservation and day of launch."""

from datetime import date

from marches.enums import NatureContrat, Reservation
from marches.rules.dates import add_months
from portal.verdict import Niveau, Verdict
from structures.enums import Kind
from structures.rules import PENITENTIAIRE_DEPUIS, RESERVATION_CONJOINTE_DEPUIS, RESERVES

HANDICAP, INSERTION = RESERVES["handicap"], RESERVES["insertion"]
# Outside the lists of the law: only as « structure équivalente », with evidence.
A_JUSTIFIER = frozenset({Kind.GEIQ, Kind.EITI})

KINDS: dict[Reservation, frozenset[Kind] | None] = {  # every member has a row: a test says so; None = any kind
    Reservation.AUCUNE: None,
    Reservation.HANDICAP: HANDICAP,
    Reservation.INSERTION: INSERTION,
    Reservation.LES_DEUX: RESERVES["les_deux"],
    Reservation.PENITENTIAIRE: RESERVES["penitentiaire"],
    Reservation.ESS: None,  # then a condition on the structure itself
    Reservation.NON_PRECISEE: None,  # then an information, not a refusal
}
SOURCES = {
    Reservation.AUCUNE: "",
    Reservation.HANDICAP: "Code de la commande publique, L. 2113-12",
    Reservation.INSERTION: "Code de la commande publique, L. 2113-13",
    Reservation.LES_DEUX: "Code de la commande publique, L. 2113-14",
    Reservation.PENITENTIAIRE: "Code de la commande publique, L. 2113-13-1",
    Reservation.ESS: "Code de la commande publique, L. 2113-15 et L. 2113-16",
    Reservation.NON_PRECISEE: "Code de la commande publique, L. 2113-12 à L. 2113-16",
}
SOURCES_AVANT_LE_CODE = {  # contracts launched before the Code
    Reservation.HANDICAP: "Ordonnance 2015-899, art. 36, I",
    Reservation.INSERTION: "Ordonnance 2015-899, art. 36, II",
    Reservation.LES_DEUX: "Ordonnance 2015-899, art. 36",
    Reservation.ESS: "Ordonnance 2015-899, art. 37",
    Reservation.NON_PRECISEE: "Ordonnance 2015-899, art. 36 et 37",
}
SOURCES_CONCESSION = {
    Reservation.HANDICAP: "Code de la commande publique, L. 3113-1",
    Reservation.INSERTION: "Code de la commande publique, L. 3113-2",
    Reservation.PENITENTIAIRE: "Code de la commande publique, L. 3113-2-1",
    Reservation.LES_DEUX: "Code de la commande publique, L. 3113-3",
    Reservation.NON_PRECISEE: "Code de la commande publique, L. 3113-1 à L. 3113-2-1",
}
SOURCE_DEFENSE = "Code de la commande publique, L. 2313-6"
CODE_DEPUIS = date(2019, 4, 1)
PART_PENITENTIAIRE_DEPUIS = date(2022, 12, 30)  # R. 2113-7 reworded: before, no share was set for prisons
LONGEST_PROCEDURE = 24  # months between launch and notification, when the launch is not published

PART_MINIMALE = "Vérifiez que la part de travailleurs concernés atteint 50 %"
ARTICLE_PART = {NatureContrat.CONCESSION: "R. 3113-1", NatureContrat.DEFENSE: "R. 2313-3"}  # else R. 2113-7


def may_answer(
    kind: Kind, reservation: Reservation, launched_on: date, nature: NatureContrat = NatureContrat.MARCHE
) -> Verdict:
    """Whether a structure of this kind may answer a lot under `reservation`, by the law of the day of launch.

    Sources: Code de la commande publique, L. 2113-12 to L. 2113-16, R. 2113-7 (50 % of the workers); L. 3113-1 to
    L. 3113-3, R. 3113-1 (concessions: never both sectors, no ESS); L. 2313-6, R. 2313-3 (defence: disability only).
    EITI stand outside L. 5132-4 of the Code du travail, and GEIQ too: they have to prove that they are equivalent, at
    every date. A private contract is outside the Code.
    """
    if nature == NatureContrat.PRIVE and reservation != Reservation.AUCUNE:
        return Verdict.information(
            "Contrat privé : le code de la commande publique ne s'y applique pas, le donneur d'ordre fixe ses règles.",
            source="Code de la commande publique, L. 2",
            remede="Lisez le règlement de la consultation.",
        )
    unlawful = _unlawful(reservation, launched_on, nature)
    if unlawful is not None:
        return unlawful
    source = source_of(reservation, launched_on, nature)
    if reservation == Reservation.AUCUNE:
        return Verdict.ok("Ce lot est ouvert à tous.")
    if reservation == Reservation.NON_PRECISEE:
        return Verdict.information(
            "Le lot est réservé, mais les données publiées ne disent pas à qui.",
            source=source,
            remede="Lisez l'avis de marché ou interrogez l'acheteur.",
        )
    if reservation == Reservation.ESS:
        return Verdict.avertissement(
            "Ouvert seulement aux entreprises de l'économie sociale et solidaire, pour des services de la liste.",
            source=source,
            remede="Vérifiez le statut ESS de la structure ou son équivalence (loi 2014-856, art. 1), l'objet du lot "
            "et sa durée : trois ans au plus.",
        )
    allowed = KINDS[reservation]
    if allowed is None or kind in allowed:
        return Verdict.ok(
            "Ce type de structure est visé par la réservation.",
            source=source,
            remede=_share_to_check(reservation, launched_on, nature),
        )
    if kind in A_JUSTIFIER and reservation != Reservation.PENITENTIAIRE:
        return Verdict.avertissement(
            "Possible seulement comme « structure équivalente ».",
            source=source,
            remede="Joignez à l'offre la preuve que 50 % au moins des travailleurs relèvent du public visé.",
        )
    return Verdict.blocage(
        "Ce lot est réservé à un autre type de structure.",
        source=source,
        remede="Proposez vos services au titulaire en sous-traitance, ou signalez votre intérêt à l’acheteur.",
    )


def source_of(reservation: Reservation, launched_on: date, nature: NatureContrat = NatureContrat.MARCHE) -> str:
    """The text that a reservation rested on, the day of launch."""
    if nature == NatureContrat.CONCESSION:
        return SOURCES_CONCESSION.get(reservation, SOURCES[reservation])
    if nature == NatureContrat.DEFENSE and reservation != Reservation.AUCUNE:
        return SOURCE_DEFENSE
    if launched_on < CODE_DEPUIS:
        return SOURCES_AVANT_LE_CODE.get(reservation, SOURCES[reservation])
    return SOURCES[reservation]


def may_answer_lot(kind: Kind, lot) -> Verdict:
    """`may_answer` on a lot whose launch may be unknown: the interval before its notification is then judged.

    When the answer changes inside that interval, it is an information, never a refusal. An association intermédiaire
    lends people and nothing else (Code du travail, L. 5132-7): equipment to supply is worth a warning.
    """
    verdict = _by_launch(kind, lot)
    if kind == Kind.AI and lot.materiel_a_fournir and verdict.level < Niveau.AVERTISSEMENT:
        return Verdict.avertissement(
            "Une association intermédiaire met des personnes à disposition : elle ne fournit ni matériel ni produits.",
            source="Code du travail, L. 5132-7",
            remede="Proposez que l'acheteur fournisse le matériel, ou répondez en groupement avec une EI ou un ACI.",
        )
    return verdict


def _by_launch(kind: Kind, lot) -> Verdict:
    reservation, nature = Reservation(lot.reservation), NatureContrat(lot.marche.nature)
    if lot.marche.date_lancement:
        return may_answer(kind, reservation, lot.marche.date_lancement, nature)
    known = lot.date_notification or lot.date_debut
    latest = known or date.max
    earliest = add_months(known, -LONGEST_PROCEDURE) if known and known.year > LONGEST_PROCEDURE // 12 else date.min
    before, after = (may_answer(kind, reservation, day, nature) for day in (earliest, latest))
    if before.level == after.level:
        return after
    return Verdict.information(
        "Date de lancement inconnue : la réponse dépend du jour où la consultation a été lancée.",
        source=source_of(reservation, latest, nature),
        remede="Demandez cette date à l'acheteur.",
    )


def _share_to_check(reservation: Reservation, launched_on: date, nature: NatureContrat) -> str:
    if reservation == Reservation.PENITENTIAIRE and launched_on < PART_PENITENTIAIRE_DEPUIS:
        return ""
    if launched_on < CODE_DEPUIS:
        return f"{PART_MINIMALE}."
    return f"{PART_MINIMALE} ({ARTICLE_PART.get(nature, 'R. 2113-7')})."


def _unlawful(reservation: Reservation, launched_on: date, nature: NatureContrat) -> Verdict | None:
    """The refusal that strikes the reservation itself, whoever answers."""
    if nature == NatureContrat.DEFENSE and reservation not in _DEFENCE:
        return Verdict.blocage(
            "Un marché de défense ou de sécurité ne peut être réservé qu'au secteur du handicap.",
            source=SOURCE_DEFENSE,
        )
    if nature == NatureContrat.CONCESSION and reservation == Reservation.ESS:
        return Verdict.blocage(
            "Une concession ne peut pas être réservée à l'économie sociale et solidaire.",
            source="Code de la commande publique, L. 3113-1 à L. 3113-3",
        )
    if nature == NatureContrat.CONCESSION and reservation == Reservation.LES_DEUX:
        return Verdict.blocage(
            "Une concession ne peut pas être réservée à la fois au handicap et à l'insertion.",
            source=SOURCES_CONCESSION[Reservation.LES_DEUX],
        )
    if reservation == Reservation.LES_DEUX and launched_on < RESERVATION_CONJOINTE_DEPUIS:
        return Verdict.blocage(
            "Réservation conjointe impossible avant le 9 décembre 2020 (loi ASAP).",
            source=source_of(reservation, launched_on),
            remede="Réservez des lots distincts au handicap et à l'insertion.",
        )
    if reservation == Reservation.PENITENTIAIRE and launched_on < PENITENTIAIRE_DEPUIS:
        return Verdict.blocage(
            "La réservation à la production pénitentiaire n'existe que depuis le 21 octobre 2022.",
            source=SOURCES[Reservation.PENITENTIAIRE],
        )
    return None


_DEFENCE = frozenset({Reservation.AUCUNE, Reservation.HANDICAP, Reservation.NON_PRECISEE})

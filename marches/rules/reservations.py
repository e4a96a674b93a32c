"""Reservations: whether one is lawful, and which kinds of structure it opens a lot to, by day of launch."""

from datetime import date

from marches.enums import NatureContrat, Reservation
from marches.parametres import dire
from marches.rules.bases import source_of
from marches.rules.lancement import juger, lancement_lot
from portal.verdict import Niveau, Verdict
from structures.enums import Kind
from structures.rules import RESERVES

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
# Reservations that a share of the workers goes with, and for which every member of a group counts.
PAR_TYPE = frozenset({
    Reservation.HANDICAP, Reservation.INSERTION, Reservation.LES_DEUX, Reservation.PENITENTIAIRE
})  # fmt: skip
CODE_DEPUIS = date(2019, 4, 1)
PART_PENITENTIAIRE_DEPUIS = date(2022, 12, 30)  # R. 2113-7 reworded: before, no share was set for prisons

PART_MINIMALE = "Vérifiez que la part de travailleurs concernés atteint 50\u00a0%"
ARTICLE_PART = {NatureContrat.CONCESSION: "R. 3113-1", NatureContrat.DEFENSE: "R. 2313-3"}  # else R. 2113-7
# Rules that strike the reservation itself, whoever answers.
ILLICITES = frozenset({
    "defense_reservation", "concession_ess", "concession_conjointe", "conjointe_interdite", "penitentiaire_absente"
})  # fmt: skip
_DEFENCE = frozenset({Reservation.AUCUNE, Reservation.HANDICAP, Reservation.NON_PRECISEE})


def reservation_licite(reservation: Reservation, on: date, nature: NatureContrat = NatureContrat.MARCHE) -> Verdict:
    """Whether a contract launched on `on` could be reserved so, whoever answers.

    Sources: Code de la commande publique, L. 2113-14 (both sectors at once: since 09/12/2020), L. 2113-13-1 (prisons:
    since 21/10/2022), L. 3113-1 to L. 3113-3 (concessions: never both sectors, no ESS), L. 2313-6 (defence: disability
    only). A private contract is outside the Code.
    """
    if nature == NatureContrat.PRIVE:
        return Verdict.ok()
    if nature == NatureContrat.DEFENSE and reservation not in _DEFENCE:
        return dire(
            "defense_reservation", on,
            "Un marché de défense ou de sécurité ne peut être réservé qu'au secteur du handicap.",
            remede="Réservez-le au handicap, ou ouvrez-le à tous.",
        )  # fmt: skip
    if nature == NatureContrat.CONCESSION and reservation == Reservation.ESS:
        return dire(
            "concession_ess", on, "Une concession ne peut pas être réservée à l'économie sociale et solidaire.",
            remede="Réservez-la au handicap ou à l'insertion, ou ouvrez-la à tous.",
        )  # fmt: skip
    if nature == NatureContrat.CONCESSION and reservation == Reservation.LES_DEUX:
        return dire(
            "concession_conjointe", on,
            "Une concession ne peut pas être réservée à la fois au handicap et à l'insertion.",
            remede="Réservez-la à un seul secteur, ou passez deux concessions.",
        )  # fmt: skip
    if reservation == Reservation.LES_DEUX:
        return dire(
            "conjointe_interdite", on, "Réservation conjointe impossible avant le 9 décembre 2020 (loi ASAP).",
            source=source_of(reservation, on, nature),
            remede="Réservez des lots distincts au handicap et à l'insertion.",
        )  # fmt: skip
    if reservation == Reservation.PENITENTIAIRE:
        return dire(
            "penitentiaire_absente", on,
            "La réservation à la production pénitentiaire n'existe que depuis le 21 octobre 2022.",
            source=source_of(reservation, on, nature),
            remede="Lancez une nouvelle consultation si le besoin demeure.",
        )  # fmt: skip
    return Verdict.ok()


def may_answer(
    kind: Kind | None,
    reservation: Reservation,
    launched_on: date,
    nature: NatureContrat = NatureContrat.MARCHE,
    equivalence: str = "",
) -> Verdict:
    """Whether an operator of this kind may answer a lot under `reservation`, by the law of the day of launch.

    `kind` None is an ordinary company; `equivalence` the evidence that an operator outside the lists brings.
    Sources: Code de la commande publique, L. 2113-12 to L. 2113-16, R. 2113-7 (50 % of the workers); L. 3113-1 to
    L. 3113-3, R. 3113-1 (concessions); L. 2313-6, R. 2313-3 (defence). EITI stand outside L. 5132-4 of the Code du
    travail, and GEIQ too: they have to prove that they are equivalent, at every date. `structures.rules.reservable_q`
    is its twin for a queryset: it keeps the kinds that get an OK here.
    """
    if nature == NatureContrat.PRIVE and reservation != Reservation.AUCUNE:
        return dire(
            "contrat_prive", launched_on,
            "Contrat privé\u00a0: le code de la commande publique ne s'y applique pas, le donneur d'ordre fixe ses "
            "règles.",
            remede="Lisez le règlement de la consultation.",
        )  # fmt: skip
    unlawful = reservation_licite(reservation, launched_on, nature)
    if not unlawful.is_ok:
        return unlawful
    source = source_of(reservation, launched_on, nature)
    if reservation == Reservation.AUCUNE:
        return Verdict.ok("Ce lot est ouvert à tous.")
    if reservation == Reservation.NON_PRECISEE:
        return dire(
            "reserve_non_precisee", launched_on,
            "Le lot est réservé, mais les données publiées ne disent pas à qui.", source=source,
            remede="Lisez l'avis de marché ou interrogez l'acheteur.",
        )  # fmt: skip
    if reservation == Reservation.ESS:
        return dire(
            "reserve_ess", launched_on,
            "Ouvert seulement aux entreprises de l'économie sociale et solidaire, pour des services de la liste.",
            source=source,
            remede="Vérifiez le statut ESS de la structure ou son équivalence (loi 2014-856, art. 1), l'objet du lot "
            "et sa durée\u00a0: trois ans au plus.",
        )  # fmt: skip
    allowed = KINDS[reservation]
    if allowed is None or kind in allowed:
        return Verdict.ok(
            "Ce type de structure est visé par la réservation.",
            source=source,
            remede=_share_to_check(reservation, launched_on, nature),
        )
    if (kind in A_JUSTIFIER or equivalence) and reservation != Reservation.PENITENTIAIRE:
        return dire(
            "reserve_equivalent", launched_on,
            "Possible seulement comme «\u00a0structure équivalente\u00a0».", source=source,
            remede="Joignez à l'offre la preuve que 50\u00a0% au moins des travailleurs relèvent du public visé.",
        )  # fmt: skip
    if kind is None:
        return dire(
            "reserve_type", launched_on, "Ce lot est réservé\u00a0: une entreprise ordinaire ne peut y répondre.",
            source=source,
            remede="Prouvez que vous êtes une structure équivalente (50\u00a0% de travailleurs du public visé), ou "
                   "proposez vos services au titulaire.",
        )  # fmt: skip
    return dire(
        "reserve_type", launched_on, "Ce lot est réservé à un autre type de structure.", source=source,
        remede="Proposez vos services au titulaire en sous-traitance, ou signalez votre intérêt à l’acheteur.",
    )  # fmt: skip


def may_answer_lot(kind: Kind, lot) -> Verdict:
    """`may_answer` on a lot whose launch may be unknown: the interval before its notification is then judged.

    An association intermédiaire lends people and nothing else (Code du travail, L. 5132-7): equipment to supply is
    worth a warning. `candidats.repondre_seul` says all that the law has to say of one operator.
    """
    reservation, nature = Reservation(lot.reservation), NatureContrat(lot.marche.nature)
    quand = lancement_lot(lot)
    verdict = juger(lambda on: may_answer(kind, reservation, on, nature), quand)
    if kind == Kind.AI and lot.materiel_a_fournir and verdict.level < Niveau.AVERTISSEMENT:
        return materiel_ai(quand.au)
    return verdict


def materiel_ai(on: date) -> Verdict:
    """What is said to an association intermédiaire about equipment to supply.

    Source: Code du travail, L. 5132-7 (people lent, not for profit); Parliament, written question 53882.
    """
    return dire(
        "ai_materiel", on,
        "Une association intermédiaire met des personnes à disposition\u00a0: elle ne fournit ni matériel ni produits.",
        remede="Proposez que l'acheteur fournisse le matériel, ou répondez en groupement avec une EI ou un ACI.",
    )  # fmt: skip


def article_part(on: date, nature: str) -> str:
    """The article that sets the share of 50 % for this nature of contract."""
    if on < CODE_DEPUIS:
        return "Ordonnance 2015-899, art. 36"
    return f"Code de la commande publique, {ARTICLE_PART.get(NatureContrat(nature), 'R. 2113-7')}"


def part_exigee(reservation: Reservation, on: date) -> bool:
    """Whether a minimum share of the workers goes with this reservation: for prisons, since 30/12/2022 only.

    Source: Code de la commande publique, R. 2113-7 and R. 3113-1.
    """
    if reservation == Reservation.PENITENTIAIRE:
        return on >= PART_PENITENTIAIRE_DEPUIS
    return reservation in PAR_TYPE


def _share_to_check(reservation: Reservation, launched_on: date, nature: NatureContrat) -> str:
    if not part_exigee(reservation, launched_on):
        return ""
    if launched_on < CODE_DEPUIS:
        return f"{PART_MINIMALE}."
    return f"{PART_MINIMALE} ({ARTICLE_PART.get(nature, 'R. 2113-7')})."

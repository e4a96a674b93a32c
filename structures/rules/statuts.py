"""What each kind of structure is and may do, and what makes a card complete."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from portal.verdict import Verdict
from structures.enums import Bloc, Kind, Mode

# Structures of insertion through economic activity, as the public files list them: Code du travail L. 5132-4, and the
# EITI of loi 2018-771, art. 83.
SIAE = frozenset({Kind.EI, Kind.AI, Kind.ACI, Kind.ETTI, Kind.EITI})
# Code de la commande publique L. 2113-12: adapted companies, ESAT and the like.
HANDICAP = frozenset({Kind.EA, Kind.EATT, Kind.ESAT})
# The two families by which people look for a supplier. GEIQ are no SIAE (they are outside L. 5132-4), but their object
# is insertion and their badge says so; prisons' production is neither.
FAMILLES: dict[str, frozenset[Kind]] = {"insertion": SIAE | {Kind.GEIQ}, "handicap": HANDICAP}

# Who a reservation is meant for, whatever the floor that asks. L. 2113-13 points to L. 5132-4 of the Code du travail:
# EITI and GEIQ stand outside it and have to prove that they are equivalent, at every date.
RESERVES: dict[str, frozenset[Kind]] = {
    "handicap": HANDICAP,
    "insertion": frozenset({Kind.EI, Kind.AI, Kind.ACI, Kind.ETTI}),
    "penitentiaire": frozenset({Kind.SEP}),
}
RESERVES["les_deux"] = RESERVES["handicap"] | RESERVES["insertion"]
RESERVATION_CONJOINTE_DEPUIS = date(2020, 12, 9)  # loi 2020-1525, art. 141
PENITENTIAIRE_DEPUIS = date(2022, 10, 21)  # L. 2113-13-1 enters the code
FIN_EITI = date(2026, 12, 22)  # loi 2018-771, art. 83: the experiment's last day, once extended

# What each kind does, in one plain sentence, with the text that says so.
PRESENTATIONS = {
    Kind.EI: (
        "Entreprise qui vend des biens ou des services et salarie, avec un accompagnement, des personnes éloignées de "
        "l'emploi.",
        "Code du travail, L. 5132-5",
    ),
    Kind.AI: (
        "Association qui met du personnel en parcours d'insertion à disposition de collectivités, d'entreprises ou de "
        "particuliers.",
        "Code du travail, L. 5132-7",
    ),
    Kind.ACI: (
        "Atelier ou chantier qui embauche et encadre des personnes très éloignées de l'emploi, sur des travaux "
        "d'utilité sociale.",
        "Code du travail, L. 5132-15",
    ),
    Kind.ETTI: (
        "Agence d'intérim dont les intérimaires sont en parcours d'insertion et suivis pendant leurs missions.",
        "Code du travail, L. 5132-6",
    ),
    Kind.EITI: (
        "Structure qui aide des travailleurs indépendants éloignés de l'emploi à trouver et à tenir leurs contrats.",
        "Loi 2018-771, art. 83",
    ),
    Kind.GEIQ: (
        "Groupement d'employeurs qui recrute et forme des personnes en alternance, puis les met à disposition de ses "
        "adhérents.",
        "Code du travail, L. 1253-1",
    ),
    Kind.EA: (
        "Entreprise du milieu ordinaire dont une large part des salariés sont reconnus travailleurs handicapés.",
        "Code du travail, L. 5213-13",
    ),
    Kind.EATT: (
        "Entreprise adaptée qui fait de l'intérim\u00a0: ses intérimaires sont reconnus travailleurs handicapés.",
        "Code du travail, L. 5213-13-3",
    ),
    Kind.ESAT: (
        "Établissement médico-social où des personnes handicapées travaillent avec un accompagnement adapté.",
        "Code de l'action sociale et des familles, L. 344-2",
    ),
    Kind.SEP: (
        "Structure qui emploie des personnes détenues à la production de biens ou de services.",
        "Code de la commande publique, L. 2113-13-1",
    ),
}

_BY_PLACEMENT = frozenset({Kind.AI, Kind.ETTI, Kind.EATT, Kind.GEIQ})


def usual_mode(kind: str) -> Mode:
    """How a structure of this kind delivers when nobody said so: people placed, or a service.

    Source: Code du travail L. 5132-6 (ETTI), L. 5132-7 (AI), L. 5213-13-3 (EATT), L. 1253-1 (GEIQ).
    """
    return Mode.MISE_A_DISPOSITION if kind in _BY_PLACEMENT else Mode.PRESTATION


def longest_prefix(prefixes: Mapping[str, str], code: str) -> str | None:
    """What the longest prefix of `code` in `prefixes` stands for; None when there is none.

    Source: `structures/data/README.md` (CPV, NAF and ROME lists are trees read from the left).
    """
    cleaned = re.sub(r"[^0-9A-Z]", "", code.upper())
    return next((prefixes[cleaned[:size]] for size in range(len(cleaned), 0, -1) if cleaned[:size] in prefixes), None)


def convention_state(start: date | None, end: date | None, on: date) -> Verdict:
    """Whether the convention or approval runs on the day `on`, both ends included.

    Source: Code du travail R. 5132-1 and following: a SIAE acts under a convention signed for a term.
    """
    if start and on < start:
        return Verdict.information(f"La convention ne commence que le {start:%d/%m/%Y}.")
    if end and on > end:
        return Verdict.avertissement(
            f"La convention connue a pris fin le {end:%d/%m/%Y}\u00a0: demandez à la structure si elle est renouvelée."
        )
    return Verdict.ok()


# Reservations -------------------------------------------------------------------------------------------------------
def kinds_reservables(reservation: str, on: date) -> frozenset[Kind]:
    """Kinds that a contract so reserved and launched on `on` is meant for; none when such a reservation is unlawful.

    Sources: Code de la commande publique L. 2113-12 (handicap), L. 2113-13 (insertion), L. 2113-13-1 (prisons, since
    21/10/2022), L. 2113-14 (both sectors at once, since 09/12/2020).
    """
    since = {"les_deux": RESERVATION_CONJOINTE_DEPUIS, "penitentiaire": PENITENTIAIRE_DEPUIS}
    if on < since.get(reservation, date.min):
        return frozenset()
    return RESERVES.get(reservation, frozenset())


def reservable(kind: str, reservation: str, on: date) -> bool:
    """Whether a contract reserved to `reservation` and launched on `on` may be answered without further proof."""
    return kind in kinds_reservables(reservation, on)


def reservable_q(reservation: str, on: date) -> Q:
    """`reservable`, for a queryset of structures."""
    return Q(kind__in=sorted(kinds_reservables(reservation, on)))


def experimentation_state(kind: str, on: date) -> Verdict:
    """Whether the status of a structure of this kind still exists on the day `on`, its last day included.

    Source: loi 2018-771, art. 83, extended to 22/12/2026 (EITI); the other kinds have no term.
    """
    if kind != Kind.EITI:
        return Verdict.ok()
    if on > FIN_EITI:
        return Verdict.avertissement(
            f"Le statut d'EITI était expérimental jusqu'au {FIN_EITI:%d/%m/%Y}\u00a0: demandez à la structure ce "
            "qu'il est devenu.",
            source="Loi 2018-771, art. 83",
        )
    return Verdict.information(
        f"Le statut d'EITI est expérimental\u00a0: il prend fin le {FIN_EITI:%d/%m/%Y}, sauf nouvelle loi.",
        remede="Avant un marché qui dure au-delà, demandez à la structure ce qu'elle prévoit.",
        source="Loi 2018-771, art. 83",
    )


def dependance(part: int | None, annee: int | None, seuil: int) -> Verdict:
    """Whether the share of turnover made with public buyers, in %, is over the level worth a word.

    Source: convention of the portal (setting `PORTAL_SEUIL_DEPENDANCE`); no text sets a limit to it.
    """
    if part is None or part <= seuil:
        return Verdict.ok()
    when = f" en {annee}" if annee else ""
    return Verdict.information(
        f"Plus de {seuil}\u00a0% de son chiffre d'affaires vient d'acheteurs publics ({part}\u00a0%{when})\u00a0: "
        "la perte d'un marché pèserait lourd.",
        remede="Prévoyez la fin du marché assez tôt avec elle, et voyez quels autres clients elle peut servir.",
    )


# How complete a card is ---------------------------------------------------------------------------------------------
# What a card may hold: name of the fact, block of the card, points, what to add. The points make 100; the facts that a
# buyer needs before writing to a supplier weigh most.
ELEMENTS: tuple[tuple[str, Bloc, int, str], ...] = (
    ("activite_situee", Bloc.ACTIVITES, 15, "Indiquez où vous intervenez, pour au moins une activité"),
    ("activite_declaree", Bloc.ACTIVITES, 12, "Confirmez ou choisissez vous-même vos secteurs d'activité"),
    ("description", Bloc.PRESENTATION, 10, "Présentez votre structure en quelques phrases"),
    ("courriel", Bloc.IDENTITE, 8, "Donnez une adresse électronique publique"),
    ("effectif", Bloc.CAPACITE, 7, "Indiquez votre effectif ou votre nombre de places"),
    ("references", Bloc.REFERENCES, 7, "Citez au moins une référence client"),
    ("telephone", Bloc.IDENTITE, 5, "Donnez un numéro de téléphone public"),
    ("offres", Bloc.REFERENCES, 5, "Décrivez au moins une offre"),
    ("photos", Bloc.PHOTOS, 5, "Ajoutez une photo et sa description"),
    ("chiffre_affaires", Bloc.CAPACITE, 5, "Indiquez votre chiffre d'affaires et son année"),
    ("convention", Bloc.IDENTITE, 4, "Donnez les dates de votre convention ou de votre agrément"),
    ("site", Bloc.IDENTITE, 3, "Donnez l'adresse de votre site"),
    ("effectif_parcours", Bloc.CAPACITE, 3, "Indiquez combien de salariés sont en parcours ou handicapés"),
    ("mois_creux", Bloc.CAPACITE, 3, "Signalez vos mois de faible activité"),
    ("formes", Bloc.CAPACITE, 3, "Dites combien de personnes sont formées à la commande publique"),
    ("role_prefere", Bloc.CAPACITE, 2, "Dites quel rôle vous préférez dans un marché"),
    ("labels", Bloc.REFERENCES, 2, "Indiquez vos labels"),
    ("logo", Bloc.PRESENTATION, 1, "Ajoutez votre logo"),
)
SHORTEST_DESCRIPTION = 80  # characters: below, a buyer learns nothing from it


@dataclass(frozen=True)
class Completude:
    """`manquants`: block, what to add, points it brings; what brings most comes first."""

    pourcent: int
    manquants: list[tuple[Bloc, str, int]]


def completude(faits: Collection[str]) -> Completude:
    """How complete a card is, from the names of the facts of `ELEMENTS` that it holds.

    The method is ours: each element has its points, and the percentage is the sum of those held. A sector that was only
    deduced from a code counts for nothing until somebody confirms it. `structures.search_index.faits` reads the facts.
    """
    held = sum(points for name, _, points, _ in ELEMENTS if name in faits)
    missing = [(bloc, said, points) for name, bloc, points, said in ELEMENTS if name not in faits]
    return Completude(held, sorted(missing, key=lambda item: -item[2]))


BONUS_TITULAIRE, BONUS_COTRAITANT = 20, 10


def rang(pourcent: int, titulaire: bool, a_cotraite: bool) -> int:
    """By how much a structure comes before another when nothing else tells them apart.

    The method is ours, and the directory says it: the completeness of the card, and a bonus for what the register of
    contracts proves: 20 for a holder, past or present, 10 for a member of a group.
    """
    return pourcent + BONUS_TITULAIRE * titulaire + BONUS_COTRAITANT * a_cotraite


# What a buyer may do with a supplier ---------------------------------------------------------------------------------
def usages_acheteur(kind: str, on: date) -> list[Verdict]:
    """What buying from a structure of this kind opens to a buyer on the day `on`: reservations, clause, OETH.

    Sources: Code de la commande publique L. 2113-12 to L. 2113-14 (reservations), L. 2112-2 (clause);
    Code du travail L. 5132-7 (AI lend people and nothing else); L. 5212-10-1 and D. 5212-22 (OETH: EA and ESAT; EATT
    lend staff, counted otherwise).
    """
    found = []
    reserves = [name for name in ("insertion", "handicap", "penitentiaire") if reservable(kind, name, on)]
    for name in reserves:
        label, article = _RESERVATIONS[name]
        found.append(Verdict.ok(f"Peut répondre à un marché ou un lot réservé {label}.", source=article))
    if not reserves:
        found.append(
            Verdict.avertissement(
                "Ne peut répondre à un lot réservé qu'en justifiant être une structure équivalente.",
                source="Code de la commande publique, L. 2113-13 et R. 2113-7",
            )
        )
    if kind == Kind.EITI:
        found.append(
            Verdict.information(
                "Ses travailleurs sont indépendants\u00a0: leur activité ne compte pas d'office dans les heures d'une "
                "clause. Demandez au facilitateur."
            )
        )
    else:
        found.append(
            Verdict.ok(
                "Son travail peut compter dans les heures d'une clause sociale, selon ce que le marché prévoit.",
                source="Code de la commande publique, L. 2112-2",
            )
        )
    if kind == Kind.AI:
        found.append(
            Verdict.information(
                "Met du personnel à disposition, rien d'autre\u00a0: elle n'apporte ni matériel ni produits. "
                "Fournissez-les, ou cherchez un groupement avec une EI ou un ACI.",
                source="Code du travail, L. 5132-7",
            )
        )
    if kind in {Kind.EA, Kind.ESAT}:
        found.append(
            Verdict.ok(
                "30\u00a0% du coût de main-d'œuvre que le fournisseur atteste peuvent se déduire de la contribution "
                "OETH, dans la limite d'un plafond.",
                source="Code du travail, L. 5212-10-1 et D. 5212-22",
            )
        )
    elif kind == Kind.EATT:
        found.append(
            Verdict.information(
                "OETH\u00a0: des intérimaires handicapés comptent en principe dans l'effectif, non en "
                "déduction\u00a0; demandez l'attestation de l'agence.",
                source="Code du travail, L. 5212-7",
            )
        )
    return found


_RESERVATIONS = {
    "insertion": ("aux structures d'insertion", "Code de la commande publique, L. 2113-13"),
    "handicap": ("aux entreprises adaptées et aux ESAT", "Code de la commande publique, L. 2113-12"),
    "penitentiaire": ("au travail en détention", "Code de la commande publique, L. 2113-13-1"),
}

"""Whether a group of operators may answer a lot as it stands: members, spokesperson, shares, changes."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from marches.enums import FormeGroupement, MotifChangement, Reservation
from marches.parametres import dire
from marches.rules.candidats import Besoin, Candidat, convention_valide, part_minimale, type_admis
from marches.rules.lancement import Lancement, juger
from marches.rules.reservations import ILLICITES, PAR_TYPE
from portal.templatetags.formats import euros, montant_ht
from portal.verdict import Verdict, worst

CENT = Decimal("0.01")
NEGOCIATION_DEPUIS = date(2025, 1, 1)  # R. 2142-26 reworded: negotiation and dialogue too


@dataclass(frozen=True)
class Membre:
    """A member of a group: `part` in %, `montant` in euros before VAT, None when not said."""

    candidat: Candidat
    mandataire: bool = False
    part: Decimal | None = None
    montant: Decimal | None = None


@dataclass(frozen=True)
class Changement:
    """A member that came or left on `le`; `accord_le`: the buyer's agreement."""

    nom: str
    entree: bool
    le: date
    motif: MotifChangement
    accord_le: date | None = None


def membre_eligible(candidat: Candidat, besoin: Besoin, on: date) -> Verdict:
    """Whether a member is of those that the reservation names: on a reserved lot, each has to be.

    Source: no article says so; sheet of the Direction des affaires juridiques of 23/09/2011 on former article 15,
    still the working rule, read with L. 2113-12 to L. 2113-14 (union of both sectors since 09/12/2020).
    """
    said = type_admis(candidat, besoin, on)
    if said.is_ok:
        return Verdict.ok()
    if said.regle in ILLICITES or not besoin.est_reserve or besoin.reservation == Reservation.NON_PRECISEE:
        return said
    if besoin.reservation not in PAR_TYPE:
        return replace(said, reason=f"{candidat.appellation}\u00a0: {_lower(said.reason)}")
    base = said.source.removeprefix("Code de la commande publique, ")
    source = f"Doctrine\u00a0: fiche DAJ du 23/09/2011, sur {base}"
    if said.regle == "reserve_regie":  # what bars it is not its kind, and can be put right
        return dire(
            "groupe_membre",
            on,
            f"{candidat.appellation}\u00a0: {_lower(said.reason)}",
            source=source,
            remede=said.remede,
        )
    if said.is_blocking:
        return dire(
            "groupe_membre", on,
            f"{candidat.appellation} n'est pas visé par la réservation\u00a0: chaque membre du groupement doit l'être, "
            "d'après la doctrine.",
            source=source,
            remede=SANS_LUI,
        )  # fmt: skip
    return dire(
        "groupe_membre_condition", on, f"{candidat.appellation}\u00a0: {_lower(said.reason)}", source=source,
        remede=said.remede,
    )  # fmt: skip


# What is known against a member; what nobody knows of it is not held against the group.
DEFAUTS = frozenset({"part_insuffisante", "convention_echue", "convention_future"})


def membre_en_regle(candidat: Candidat, besoin: Besoin, on: date) -> Verdict:
    """Whether something is known against a member of a group on a reserved lot: too small a share, a convention over.

    Sources: those of `candidats.part_minimale` and `candidats.convention_valide`.
    """
    said = worst(rule(candidat, besoin, on) for rule in (part_minimale, convention_valide))
    if said.regle not in DEFAUTS:
        return Verdict.ok()
    return replace(said, reason=f"{candidat.appellation}\u00a0: {_lower(said.reason)}")


def un_mandataire(membres: Sequence[Membre], on: date) -> Verdict:
    """Exactly one member speaks for the group, whatever its form. Source: R. 2142-24."""
    speakers = [membre.candidat.nom for membre in membres if membre.mandataire]
    if len(speakers) == 1:
        return Verdict.ok()
    said = "Ce groupement n'a pas de mandataire." if not speakers else (
        f"Ce groupement a {len(speakers)} mandataires\u00a0: {', '.join(speakers)}."
    )  # fmt: skip
    return dire("groupe_mandataire", on, said, remede="Désignez un membre, et un seul, comme mandataire.")


def plusieurs_membres(membres: Sequence[Membre], on: date) -> Verdict:
    """Two members at least make a group. Source: R. 2142-19."""
    if len(membres) > 1:
        return Verdict.ok()
    return dire("groupe_seul", on, "Un groupement réunit au moins deux opérateurs.", remede="Ajoutez un membre.")


def parts_conjointes(forme: FormeGroupement, membres: Sequence[Membre], total: Decimal | None, on: date) -> Verdict:
    """In a joint group each member has its share, in % or in euros, and the shares make the whole, to the cent.

    `total`: amount of the lot in euros before VAT, None when unknown: shares in euros then have nothing to be compared
    with. A solidary group may leave them out. Source: R. 2142-20.
    """
    if forme != FormeGroupement.CONJOINT:
        return Verdict.ok()
    missing = [membre.candidat.nom for membre in membres if membre.part is None and membre.montant is None]
    if missing:
        return dire(
            "groupe_parts", on, f"Groupement conjoint\u00a0: la part de {_and(missing)} n'est pas indiquée.",
            remede="Donnez la part de chaque membre, en pourcentage ou en euros HT.",
        )  # fmt: skip
    if all(membre.part is not None for membre in membres):
        whole = sum((membre.part for membre in membres if membre.part is not None), Decimal(0))
        if abs(whole - 100) >= CENT:
            said = f"{whole:.2f}".replace(".", ",")
            return dire(
                "groupe_parts", on, f"Groupement conjoint\u00a0: les parts font {said}\u00a0% au lieu de 100\u00a0%.",
                remede="Corrigez les parts\u00a0: leur somme fait 100\u00a0%.",
            )  # fmt: skip
    amounts = [
        membre.montant if membre.montant is not None else (membre.part or Decimal(0)) * total / 100 if total else None
        for membre in membres
    ]
    if total is None or None in amounts:
        return Verdict.ok()
    whole = sum((amount for amount in amounts if amount is not None), Decimal(0))
    if abs(whole - total) >= CENT:
        return dire(
            "groupe_parts", on,
            f"Groupement conjoint\u00a0: les parts font {euros(whole)} au lieu de {montant_ht(total)}.",
            remede="Corrigez les montants\u00a0: leur somme fait le montant du lot.",
        )  # fmt: skip
    return Verdict.ok()


def mandataire_conjoint(forme: FormeGroupement, solidaire: bool, on: date) -> Verdict:
    """The spokesperson of a joint group answers for the others only where the contract says so. Source: R. 2142-24."""
    if forme != FormeGroupement.CONJOINT or solidaire:
        return Verdict.ok()
    return dire(
        "groupe_mandataire_conjoint", on,
        "Groupement conjoint\u00a0: le mandataire ne répond des autres membres que si le marché le prévoit.",
        remede="Lisez le règlement de la consultation\u00a0; la solidarité du mandataire change son risque.",
    )  # fmt: skip


def mandataire_unique(siren: str, autres: Collection[str], on: date) -> Verdict:
    """One operator speaks for one group of a contract only.

    `autres`: SIREN of the spokespersons of the other groups of the same contract. Compared by SIREN: two
    establishments of one company are one operator. Source: R. 2142-23.
    """
    if not siren or siren not in autres:
        return Verdict.ok()
    return dire(
        "groupe_mandataire_double", on,
        "Le mandataire l'est déjà d'un autre groupement pour le même marché.",
        remede="Confiez le rôle de mandataire à un autre membre dans l'un des deux groupements.",
    )  # fmt: skip


def candidatures_cumulees(
    seuls: Collection[str], en_groupe: Collection[str], interdit_seul: bool, interdit_plusieurs: bool, on: date
) -> Verdict:
    """Operators that bid alone as well as in the group, or in several groups, as the contract's documents allow.

    `seuls`: names of members that also bid alone; `en_groupe`: those also in another group. Source: R. 2142-21 (the
    documents may forbid it; without a word it is allowed).
    """
    refused = []
    if seuls and interdit_seul:
        refused.append(f"{_and(seuls)}\u00a0: candidature seul et en groupement")
    if en_groupe and interdit_plusieurs:
        refused.append(f"{_and(en_groupe)}\u00a0: candidature dans plusieurs groupements")
    if refused:
        return dire(
            "groupe_cumul_interdit", on, f"{' ; '.join(refused)}. Le marché l'interdit.",
            remede="Gardez une seule candidature par opérateur.",
        )  # fmt: skip
    if seuls or en_groupe:
        return dire(
            "groupe_cumul", on, f"{_and([*seuls, *en_groupe])}\u00a0: plusieurs candidatures pour ce marché.",
            remede="C'est permis tant que le règlement de la consultation ne l'interdit pas\u00a0: relisez-le.",
        )  # fmt: skip
    return Verdict.ok()


def convention_a_temps(signee_le: date | None, debut: date | None, on: date) -> Verdict:
    """The agreement between members is signed before the work begins. Source: practice of groups; no article."""
    if not signee_le or not debut or signee_le <= debut:
        return Verdict.ok()
    return dire(
        "groupe_convention", on,
        f"Convention de groupement signée le {signee_le:%d/%m/%Y}, après le début d'exécution ({debut:%d/%m/%Y}).",
        remede="Écrivez ce qui s'appliquait entre les deux dates, surtout le partage des paiements.",
    )  # fmt: skip


def changement_permis(
    changement: Changement, candidature_le: date | None, signature_le: date | None, on: date
) -> Verdict:
    """A member that came or left between the application and the signature.

    Frozen in between, save restructuring or impossibility, with the buyer's agreement; since 01/01/2025 during
    negotiation and dialogue too. Source: R. 2142-26.
    """
    if not candidature_le or changement.le < candidature_le or (signature_le and changement.le > signature_le):
        return Verdict.ok()
    what = "est entré dans" if changement.entree else "a quitté"
    said = f"{changement.nom} {what} le groupement le {changement.le:%d/%m/%Y}, après la candidature"
    when = ", négociation et dialogue compris" if on >= NEGOCIATION_DEPUIS else ""
    if changement.motif == MotifChangement.AUTRE:
        return dire(
            "groupe_changement", on,
            f"{said}\u00a0: ce motif n'est pas de ceux que le code admet (restructuration, impossibilité){when}.",
            remede="La candidature risque d'être écartée\u00a0: demandez conseil à l'acheteur.",
        )  # fmt: skip
    if changement.accord_le is None:
        return dire(
            "groupe_changement", on, f"{said}\u00a0: l'accord de l'acheteur n'est pas noté{when}.",
            remede="Demandez cet accord et gardez-en la date.",
        )  # fmt: skip
    return dire(
        "groupe_changement", on,
        f"{said}, avec l'accord de l'acheteur du {changement.accord_le:%d/%m/%Y}\u00a0: gardez-en la preuve.",
        remede="Vérifiez que les capacités du groupement restent suffisantes.",
    )  # fmt: skip


def taches_reservees(taches: str, on: date) -> Verdict:
    """Essential tasks that a member has to carry out itself, when the buyer asks for it. Source: R. 2142-27."""
    if not taches.strip():
        return Verdict.ok()
    return dire(
        "groupe_taches", on, "L'acheteur demande que certaines tâches essentielles soient réalisées par un membre.",
        remede="Attribuez-les à un membre, non à un sous-traitant.",
    )  # fmt: skip


def repondre_ensemble(membres: Sequence[Membre], besoin: Besoin, quand: Lancement) -> list[Verdict]:
    """What the reservation says of a group, member by member, and whether it has one spokesperson."""
    said = [
        juger(lambda on, who=membre.candidat: membre_eligible(who, besoin, on), quand, *membre.candidat.bornes)
        for membre in membres
    ]
    said += [
        juger(lambda on, who=membre.candidat: membre_en_regle(who, besoin, on), quand, *membre.candidat.bornes)
        for membre in membres
    ]
    struck = [verdict for verdict in said if verdict.regle in ILLICITES]
    if struck:  # the reservation itself: said once, whoever the members are
        return [worst(struck)]
    if besoin.marche_insertion and not besoin.est_reserve:
        said.append(juger(marche_insertion_ouvert, quand))
    elif besoin.est_reserve and besoin.reservation in PAR_TYPE and all(verdict.is_ok for verdict in said):
        said.append(replace(type_admis(membres[0].candidat, besoin, quand.au),
                            reason="Chaque membre est visé par la réservation."))  # fmt: skip
    said.append(juger(lambda on: plusieurs_membres(membres, on), quand))
    return [verdict for verdict in dict.fromkeys(said) if verdict.reason]


def marche_insertion_ouvert(on: date) -> Verdict:
    """A contract whose object is insertion is not reserved: any operator or group may answer. Source: R. 2123-1, 3°."""
    return dire(
        "insertion_ouvert", on,
        "Marché d'insertion\u00a0: il n'est pas réservé, tout opérateur ou groupement peut répondre.",
        remede="Montrez l'accompagnement que vous apportez\u00a0: c'est l'objet du marché.",
    )  # fmt: skip


# How a verdict on a member names it, and what it becomes for several.
TOURNURES = (("\u00a0: ", "\u00a0: "), (" n'est pas visé par ", " ne sont pas visés par "))
SANS_LUI = (
    "Répondez sans ce membre, prouvez qu'il est une «\u00a0structure équivalente\u00a0», ou proposez-lui de la "
    "sous-traitance."
)
SANS_EUX = (
    "Répondez sans ces membres, prouvez qu'ils sont des «\u00a0structures équivalentes\u00a0», ou proposez-leur de la "
    "sous-traitance."
)


def reunis(verdicts: Iterable[Verdict], membres: Sequence[Membre]) -> list[Verdict]:
    """What is said alike of several members is said once of them all: « A (AI), B (AI) et C (AI)\u00a0: … »."""
    names = [membre.candidat.appellation for membre in membres]
    openings = {name + one: (name, one, many) for name in names for one, many in TOURNURES}
    named: dict[tuple[Verdict, str, str], list[str]] = {}
    for verdict in verdicts:
        opening = next((each for each in openings if verdict.reason.startswith(each)), "")
        name, one, many = openings.get(opening, ("", "", ""))
        rest = replace(verdict, reason=verdict.reason.removeprefix(opening))
        named.setdefault((rest, one, many), []).extend([name] if name else [])
    found = []
    for (verdict, one, many), who in named.items():
        if who:
            verdict = replace(verdict, reason=f"{_and(who)}{many if len(who) > 1 else one}{verdict.reason}")
        if len(who) > 1 and verdict.remede == SANS_LUI:
            verdict = replace(verdict, remede=SANS_EUX)
        found.append(verdict)
    return found


def _and(names: Collection[str]) -> str:
    *first, last = list(dict.fromkeys(names))
    return f"{', '.join(first)} et {last}" if first else last


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text

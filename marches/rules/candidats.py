"""Whether one operator may answer a lot alone: all that the law has to say, rule by rule."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from marches.enums import NatureContrat, Reservation, StatutParticulier, TypeMarche
from marches.parametres import dire, seuil
from marches.rules.bases import source_of
from marches.rules.lancement import Lancement, juger
from marches.rules.reservations import (
    PAR_TYPE,
    article_part,
    materiel_ai,
    may_answer,
    part_exigee,
    reservation_licite,
)
from portal.verdict import Verdict
from structures.enums import Kind, Mode
from structures.rules import FIN_EITI, usual_mode

# Kinds that act under a convention or an approval signed for a term.
CONVENTIONNES = frozenset({Kind.EI, Kind.AI, Kind.ACI, Kind.ETTI, Kind.EITI, Kind.EA, Kind.EATT, Kind.ESAT})


@dataclass(frozen=True)
class Candidat:
    """What the law looks at in an operator that answers.

    `kind` None: an ordinary company. `part`: share of its workers of the public meant, in %, None when unknown.
    `equivalence`: its evidence of being a « structure équivalente ». `ess` None: nobody said.
    """

    nom: str = "La structure"
    kind: Kind | None = None
    siren: str = ""
    part: Decimal | None = None
    equivalence: str = ""
    convention_debut: date | None = None
    convention_fin: date | None = None
    ess: bool | None = None
    statut: StatutParticulier = StatutParticulier.AUCUN

    @property
    def appellation(self) -> str:
        """« Atelier du Fil (EI) », « Régie des Coteaux (régie) »."""
        what = self.kind.value if self.kind else self.statut.court
        return f"{self.nom} ({what})" if what else self.nom

    @property
    def bornes(self) -> tuple[date | None, date | None]:
        """Days on which its own state changes: they cut an interval of launch as a new law does."""
        after = self.convention_fin
        return self.convention_debut, after + timedelta(days=1) if after and after < date.max else None


@dataclass(frozen=True)
class Besoin:
    """What the law looks at in a lot. `interim`: it buys staff, and nothing else. `services_sociaux` None: not said."""

    reservation: Reservation = Reservation.AUCUNE
    nature: NatureContrat = NatureContrat.MARCHE
    type: TypeMarche = TypeMarche.INCONNU
    materiel: bool = False
    interim: bool = False
    marche_insertion: bool = False
    services_sociaux: bool | None = None

    @property
    def est_reserve(self) -> bool:
        """Reserved under the Code; a private contract sets its own rules."""
        return self.reservation != Reservation.AUCUNE and self.nature != NatureContrat.PRIVE


def type_admis(candidat: Candidat, besoin: Besoin, on: date) -> Verdict:
    """Whether what this operator is opens the lot to it: `may_answer`, plus those whose status is often mistaken.

    Sources: those of `may_answer`; Code de l'action sociale et des familles, L. 265-1 (OACAS: no employment link, in
    no list); label of the CNLRQ (a régie answers through its convention of EI or ACI).
    """
    if besoin.est_reserve and besoin.reservation == Reservation.ESS:
        return statut_ess(candidat, besoin, on)
    said = may_answer(candidat.kind, besoin.reservation, on, besoin.nature, candidat.equivalence)
    if candidat.kind is not None or said.regle != "reserve_type" or besoin.reservation == Reservation.PENITENTIAIRE:
        return said
    if candidat.statut == StatutParticulier.OACAS:
        return dire(
            "reserve_oacas", on,
            "Un OACAS n'est pas dans la liste de la loi\u00a0: son équivalence n'est pas tranchée.",
            remede="Interrogez l'acheteur avant de répondre, preuves à l'appui.",
        )  # fmt: skip
    if candidat.statut == StatutParticulier.REGIE:
        return dire(
            "reserve_regie", on, "Le label de régie de quartier ne suffit pas\u00a0: c'est la convention qui compte.",
            remede="Répondez au titre de votre convention d'EI ou d'ACI, ou prouvez votre équivalence.",
        )  # fmt: skip
    return said


def statut_ess(candidat: Candidat, besoin: Besoin, on: date) -> Verdict:
    """Whether an operator may answer a lot reserved to ESS: itself ESS, or equivalent.

    Source: Code de la commande publique, L. 2113-15; loi 2014-856, art. 1.
    """
    unlawful = reservation_licite(besoin.reservation, on, besoin.nature)
    if not unlawful.is_ok:
        return unlawful
    source = source_of(Reservation.ESS, on, besoin.nature)
    if candidat.ess:
        return Verdict.ok("Cette entreprise relève de l'économie sociale et solidaire.", source=source)
    if candidat.ess is False and not candidat.equivalence:
        return dire(
            "reserve_ess_hors", on, "Ce lot est réservé à l'économie sociale et solidaire, dont elle n'est pas.",
            source=source, remede="Prouvez une équivalence de statut (loi 2014-856, art. 1), ou laissez ce lot.",
        )  # fmt: skip
    return may_answer(candidat.kind, besoin.reservation, on, besoin.nature, candidat.equivalence)


def part_minimale(candidat: Candidat, besoin: Besoin, on: date) -> Verdict:
    """Whether at least 50 % of its workers are of the public meant; said of every structure that a reservation names.

    Sources: Code de la commande publique, R. 2113-7 (contracts), R. 3113-1 (concessions), R. 2313-3 (defence); for
    prisons since 30/12/2022 only.
    """
    if not besoin.est_reserve or not part_exigee(besoin.reservation, on):
        return Verdict.ok()
    if type_admis(candidat, besoin, on).is_blocking:
        return Verdict.ok()  # refused on a ground that comes before
    source, least = article_part(on, besoin.nature), seuil("part_travailleurs", on) * 100
    if candidat.part is None:
        return dire(
            "part_inconnue", on,
            f"Part de travailleurs du public visé inconnue\u00a0: il en faut {least:.0f}\u00a0% au moins.",
            source=source, remede="Joignez à la candidature les effectifs qui le prouvent.",
        )  # fmt: skip
    if candidat.part < least:
        said = f"{candidat.part:.1f}".replace(".", ",").removesuffix(",0")
        return dire(
            "part_insuffisante", on,
            f"{said}\u00a0% de travailleurs du public visé d'après sa fiche\u00a0: il en faut {least:.0f}\u00a0% au "
            "moins.",
            source=source, remede="Si ces effectifs ont changé, mettez la fiche à jour et joignez la preuve.",
        )  # fmt: skip
    return Verdict.ok("La part de travailleurs du public visé atteint 50\u00a0%.", source=source)


def convention_valide(candidat: Candidat, besoin: Besoin, on: date) -> Verdict:
    """Whether its convention or approval ran on the day of launch, both ends included.

    Sources: Code du travail, R. 5132-1 and following; Code de la commande publique, L. 2113-12 and L. 2113-13.
    """
    if not besoin.est_reserve or besoin.reservation not in PAR_TYPE or candidat.kind not in CONVENTIONNES:
        return Verdict.ok()
    debut, fin = candidat.convention_debut, candidat.convention_fin
    if fin and on > fin:
        return dire(
            "convention_echue", on, f"La convention connue avait pris fin le {fin:%d/%m/%Y}, avant le lancement.",
            remede="Joignez la convention renouvelée.",
        )  # fmt: skip
    if debut and on < debut:
        return dire(
            "convention_future", on, f"La convention connue ne commence que le {debut:%d/%m/%Y}, après le lancement.",
            remede="Joignez la convention qui la précédait, s'il y en a une.",
        )  # fmt: skip
    if fin is None:
        return dire(
            "convention_inconnue", on, "La fin de sa convention ou de son agrément n'est pas connue.",
            remede="Complétez la fiche, et joignez la convention à la candidature.",
        )  # fmt: skip
    return Verdict.ok()


def statut_experimental(candidat: Candidat, besoin: Besoin, on: date) -> Verdict:
    """EITI: an experiment with a term, and workers who are not employees. Source: loi 2018-771, art. 83."""
    if candidat.kind != Kind.EITI or not besoin.est_reserve:
        return Verdict.ok()
    word = "a pris fin" if on > FIN_EITI else "prend fin"
    return dire(
        "eiti_statut", on,
        f"Le statut d'EITI est expérimental\u00a0: il {word} le {FIN_EITI:%d/%m/%Y}, sauf nouvelle loi.",
        remede="Vérifiez le statut de la structure à la date de la consultation.",
    )  # fmt: skip


def materiel(candidat: Candidat, besoin: Besoin, on: date) -> Verdict:
    """Equipment or products to supply: an association intermédiaire only lends people. Source: C. trav., L. 5132-7."""
    return materiel_ai(on) if candidat.kind == Kind.AI and besoin.materiel else Verdict.ok()


def personnel(candidat: Candidat, besoin: Besoin, on: date) -> Verdict:
    """Kinds that lend staff, on a lot that buys something else than staff.

    Sources: Code du travail, L. 5132-6 (ETTI), L. 5132-7 (AI), L. 5213-13-3 (EATT), L. 1253-1 (GEIQ: to its members
    only). An AI does hold service lots made of labour: an information; the rest is worth a warning.
    """
    if candidat.kind is None or usual_mode(candidat.kind) != Mode.MISE_A_DISPOSITION or besoin.interim:
        return Verdict.ok()
    if besoin.type == TypeMarche.INCONNU:
        return Verdict.ok()
    if candidat.kind == Kind.AI and besoin.type == TypeMarche.SERVICES:
        return dire(
            "ai_personnel", on,
            "Une association intermédiaire réalise ce service en mettant des personnes à disposition.",
            remede="Vérifiez que l'acheteur encadre le travail et fournit matériel et produits.",
        )  # fmt: skip
    what = {"travaux": "des travaux", "services": "une prestation", "fournitures": "des fournitures"}[besoin.type]
    remede = "Répondez en groupement avec une structure qui réalise la prestation, ou prêtez du personnel au titulaire."
    if candidat.kind == Kind.GEIQ:
        remede = "Un GEIQ ne met ses salariés à disposition que de ses adhérents\u00a0: faites équipe avec l'un d'eux."
    return dire(
        "personnel_seulement", on,
        f"Une structure de ce type met du personnel à disposition\u00a0: elle ne réalise pas d'ordinaire {what}.",
        remede=remede,
    )  # fmt: skip


def interim_adapte(candidat: Candidat, besoin: Besoin, on: date) -> Verdict:
    """An EATT on a reserved lot of pure temporary work: no text read settles it. Source: C. trav., L. 5213-13-3."""
    reserve = besoin.est_reserve and besoin.reservation in PAR_TYPE
    if candidat.kind != Kind.EATT or not besoin.interim or not reserve:
        return Verdict.ok()
    return dire(
        "eatt_interim", on, "La place d'une EATT dans un lot réservé de pur intérim n'est pas tranchée.",
        remede="Posez la question à l'acheteur\u00a0: sa réponse vaut pour tous les candidats.",
    )  # fmt: skip


def ventes_aci(candidat: Candidat, besoin: Besoin, on: date) -> Verdict:
    """The sales of an ACI stay under a share of the costs of its activity. Source: C. trav., L. 5132-15; to check."""
    if candidat.kind != Kind.ACI or besoin.nature == NatureContrat.PRIVE:
        return Verdict.ok()
    share = seuil("part_ventes_aci", on) * 100
    return dire(
        "aci_ventes", on,
        f"Les ventes d'un ACI restent d'ordinaire sous {share:.0f}\u00a0% des charges de l'activité\u00a0: gare aux "
        "gros lots.",
        remede="Chiffrez la part de ce lot dans vos charges, et parlez-en au financeur.",
    )  # fmt: skip


Rule = Callable[[Candidat, Besoin, date], Verdict]
SEUL: tuple[Rule, ...] = (
    type_admis, part_minimale, convention_valide, statut_experimental, materiel, personnel, interim_adapte, ventes_aci
)  # fmt: skip


def repondre_seul(candidat: Candidat, besoin: Besoin, quand: Lancement) -> list[Verdict]:
    """All that the law has to say of one operator answering alone, in the order of the rules; silent ones left out.

    A refusal by the reservation makes the others idle: it comes alone.
    """
    first = juger(lambda on: type_admis(candidat, besoin, on), quand, *candidat.bornes)
    if first.is_ok and besoin.est_reserve and besoin.reservation in PAR_TYPE:
        first = replace(first, remede="")  # the share has its own rule below
    if first.is_blocking:
        return [first]
    others = [
        juger(lambda on, rule=rule: rule(candidat, besoin, on), quand, *candidat.bornes, FIN_EITI + timedelta(days=1))
        for rule in SEUL[1:]
    ]
    return [verdict for verdict in (first, *others) if verdict.reason]

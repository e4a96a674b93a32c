"""Missing hours: order of the adversarial steps, what the contract says they cost, who bears it. Pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from clauses.enums import EtapeEcart, SuiteEcart
from clauses.rules.calcul import WIDE, Number
from clauses.rules.rythme import Allure, penalite
from portal.templatetags.formats import euros, heures, jour, minuscule
from portal.verdict import Verdict

CENT = Decimal("0.01")
CONTRADICTOIRE = "CCAG 2021\u00a0: échange contradictoire avant toute pénalité"
REPARTITION = "CCAG Travaux 2021, art. 19.1.2"
# What may be done at each step; « repartir » is for a group and comes after the decision.
SUITE_NORMALE = {
    EtapeEcart.CONSTAT: {"notifier", "abandonner"},
    EtapeEcart.NOTIFIE: {"observer", "proposer"},
    EtapeEcart.OBSERVATIONS: {"proposer"},
    EtapeEcart.PROPOSITION: {"decider"},
    EtapeEcart.CLOS: {"repartir"},
}
TROP_TOT = {
    "observer": "L'écart n'a pas encore été notifié à l'entreprise\u00a0: rien n'est à observer.",
    "proposer": "Notifiez d'abord l'écart à l'entreprise\u00a0: elle doit pouvoir présenter ses observations.",
    "decider": "L'acheteur décide sur une proposition\u00a0: le facilitateur ne l'a pas encore transmise.",
    "repartir": "La pénalité se répartit une fois la décision prise.",
}
TROP_TARD = {
    "notifier": "Cet écart est déjà notifié.",
    "abandonner": "Un écart notifié ne s'efface plus\u00a0: proposez une renonciation, avec sa raison.",
    "observer": "Les observations ne peuvent plus être modifiées\u00a0: la suite de la procédure est engagée.",
    "proposer": "La proposition est déjà transmise à l'acheteur.",
    "decider": "La décision est déjà prise.",
    "repartir": "La répartition est close.",
}
ORDRE = list(EtapeEcart)


def peut(action: str, etape: str, on: date, delai: date | None = None) -> Verdict:
    """Whether this step may be taken on this day, `delai` being the last day for observations.

    The company is heard before anybody proposes anything: by its answer, or by the end of the time it was given.
    Source: CCAG 2021, adversarial step; reference guides (C.6).
    """
    etape = EtapeEcart(etape)
    if action not in SUITE_NORMALE[etape]:
        first = min(ORDRE.index(step) for step, actions in SUITE_NORMALE.items() if action in actions)
        words = TROP_TOT if ORDRE.index(etape) < first else TROP_TARD
        return Verdict.blocage(words[action], source=CONTRADICTOIRE)
    if etape == EtapeEcart.NOTIFIE and delai is not None:
        if action == "observer" and on > delai:
            return Verdict.blocage(
                f"Les observations étaient attendues jusqu'au {jour(delai)}.",
                source=CONTRADICTOIRE,
                remede="Écrivez au facilitateur\u00a0: il en tiendra compte dans sa proposition.",
            )
        if action == "proposer" and on <= delai:
            return Verdict.blocage(
                f"L'entreprise a jusqu'au {jour(delai)} pour présenter ses observations.",
                source=CONTRADICTOIRE,
                remede="Attendez sa réponse ou la fin du délai.",
            )
    return Verdict.ok()


def delai_observations(notifie_le: date, jours: Number) -> date:
    """Last day for observations: the day of the notice is not counted, the last day is whole."""
    return notifie_le + timedelta(days=int(jours))


@dataclass(frozen=True)
class Suite:
    """The last gap found on a clause: its step, the hours missing then, what the buyer decided and when."""

    etape: str
    manquantes: Decimal
    decision: str = ""
    le: date | None = None


def avec_suite(pace: Allure, suite: Suite | None, *, fin: date, on: date, manquantes: Decimal) -> Allure:
    """The pace of a clause that ended short, once something was done of it: nobody is told to open what is open.

    `manquantes`: hours missing today; a decision on fewer settles them only in part. Source: reference guides (C.6).
    """
    if suite is None or on <= fin or not pace.verdict.is_blocking:
        return pace
    short = f"La clause est terminée avec {heures(manquantes)} manquantes"
    if suite.etape != EtapeEcart.CLOS:
        step = minuscule(EtapeEcart(suite.etape).label)
        remede = (
            "L'écart est constaté\u00a0: notifiez-le à l'entreprise depuis la page de la clause."
            if suite.etape == EtapeEcart.CONSTAT
            else f"L'échange contradictoire est engagé ({step})\u00a0: suivez-le sur la page de la clause."
        )
        return replace(pace, verdict=Verdict.blocage(f"{short}.", source=CONTRADICTOIRE, remede=remede))
    if suite.manquantes < manquantes or suite.le is None:
        return pace
    decided = minuscule(SuiteEcart(suite.decision).label)
    settled = Verdict.information(
        f"{short}\u00a0; l'acheteur a décidé le {jour(suite.le)}\u00a0: {decided}.", source=CONTRADICTOIRE
    )
    return replace(pace, verdict=settled)


@dataclass(frozen=True)
class Penalite:
    """Euros by cause, before and after the cap of the contract."""

    heures: Decimal
    documents: Decimal
    plafond: Decimal | None

    @property
    def brut(self) -> Decimal:
        return self.heures + self.documents

    @property
    def montant(self) -> Decimal:
        return self.brut if self.plafond is None else min(self.brut, self.plafond)

    @property
    def est_plafonnee(self) -> bool:
        return self.montant < self.brut


def penalite_contrat(
    dues: Number,
    acceptees: Number,
    jours_retard: int = 0,
    *,
    par_heure: Number | None = None,
    par_jour: Number | None = None,
    plafond: Number | None = None,
) -> Penalite | None:
    """What the contract makes missing hours and late documents cost; None when it provides for no penalty.

    833 h due, 700 accepted, 40 € an hour: 5 320 €. The cap holds for both together. All parameters are those of the
    contract: no general rate exists. Source: CCAG 2021; reference guides (C.6).
    """
    if par_heure is None and par_jour is None:
        return None
    given = [Decimal(value) for value in (par_heure or 0, par_jour or 0, plafond or 0, jours_retard)]
    if any(value < 0 for value in given):
        raise ValueError("Un paramètre de pénalité ne peut être négatif.")
    return Penalite(
        penalite(dues, acceptees, given[0]),
        (given[3] * given[1]).quantize(CENT, context=WIDE),
        None if plafond is None else Decimal(plafond),
    )


def decision_possible(suite: str, montant: Decimal | None, prevue: Penalite | None) -> Verdict:
    """Whether the buyer may decide this; a penalty is in the contract or is not, and may be lowered, never raised.

    Source: CCAG 2021 (penalties are those of the contract); the buyer may waive them in whole or in part.
    """
    if suite != SuiteEcart.PENALITE:
        return Verdict.ok()
    if prevue is None or prevue.montant == 0:
        return Verdict.blocage(
            "Le contrat ne prévoit aucune pénalité pour cet écart.",
            source="CCAG 2021",
            remede="Choisissez une autre suite.",
        )
    if montant is None or montant <= 0:
        return Verdict.blocage("Indiquez le montant de la pénalité, supérieur à 0\u00a0€.")
    if montant > prevue.montant:
        return Verdict.blocage(
            f"Le contrat ne permet pas plus de {euros(prevue.montant)}.",
            source="CCAG 2021",
            remede="Vous pouvez décider d'un montant inférieur, avec sa raison.",
        )
    return Verdict.ok()


def repartition_exacte(montant: Decimal, parts: Iterable[Decimal]) -> Verdict:
    """Whether the parts of the members make the whole, to the cent. Source: CCAG Travaux 2021, 19.1.2."""
    parts = list(parts)
    if any(part < 0 for part in parts):
        return Verdict.blocage("Une part ne peut être négative.", source=REPARTITION)
    total = sum(parts, Decimal(0))
    if total != montant:
        return Verdict.blocage(
            f"Les parts font {euros(total)} pour une pénalité de {euros(montant)}\u00a0: elles doivent tomber juste.",
            source=REPARTITION,
        )
    return Verdict.ok()


def prorata(total: Decimal, poids: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """`total` shared as `poids`, to the cent; what rounding leaves goes to the first of the heaviest.

    Everything on the first one when all weigh nothing. Parts always add up to `total`.
    """
    whole = sum(poids.values(), Decimal(0))
    if not poids:
        return {}
    heaviest = max(poids, key=lambda key: poids[key])
    if whole == 0:
        return {key: total if key == heaviest else Decimal(0) for key in poids}
    shares = {
        key: WIDE.divide(WIDE.multiply(total, weight), whole).quantize(CENT, context=WIDE)
        for key, weight in poids.items()
    }
    shares[heaviest] += total - sum(shares.values(), Decimal(0))
    return shares

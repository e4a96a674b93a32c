"""Estimated value, European thresholds, procedure: by type, kind of buyer and day. Euros before VAT."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from marches.enums import GenreAcheteur, NatureContrat, RegimeProcedure, TypeMarche
from marches.parametres import dire, parametre, regle, seuil
from portal.parametres import Parametre
from portal.templatetags.formats import montant_ht
from portal.text import fold
from portal.verdict import Niveau, Verdict

# The row of the thresholds that a buyer follows; every member has one: a test says so. Hospitals and landlords follow
# the local row, listed central bodies the State's (to be checked, buyer by buyer). None: outside the Code, or unknown.
LIGNES: dict[GenreAcheteur, str | None] = {
    GenreAcheteur.ETAT: "europeen_etat",
    GenreAcheteur.LOCAL: "europeen_local",
    GenreAcheteur.BAILLEUR: "europeen_local",
    GenreAcheteur.HOPITAL: "europeen_local",
    GenreAcheteur.RESEAUX: "europeen_reseaux",
    GenreAcheteur.PRIVE: None,
    GenreAcheteur.INCONNU: None,
}
TYPES_CONNUS = (TypeMarche.TRAVAUX, TypeMarche.SERVICES, TypeMarche.FOURNITURES)
GENRES_CONNUS = (GenreAcheteur.ETAT, GenreAcheteur.LOCAL, GenreAcheteur.RESEAUX)


@dataclass(frozen=True)
class Valeur:
    """The estimated value of a contract. `montant` None: unknown.

    `sans_maximum`: a framework without a maximum, deemed above every threshold. `approchee`: added up from published
    amounts, for want of an estimate.
    """

    montant: Decimal | None = None
    sans_maximum: bool = False
    approchee: bool = False

    def atteint(self, limite: Decimal) -> bool | None:
        """Whether it is `limite` or more; None when nothing is known."""
        if self.sans_maximum:
            return True
        return None if self.montant is None else self.montant >= limite

    @property
    def en_mots(self) -> str:
        return "un accord-cadre sans maximum" if self.sans_maximum else f"{montant_ht(self.montant)}"


def valeur_lot(
    montant: Decimal | None, duree_mois: int | None = None, reconductions: int = 0, reconduction_mois: int | None = None
) -> Decimal | None:
    """Value of a lot with its renewals: `montant` is that of the firm period, each renewal is added in proportion.

    100 000 € over 12 months, renewed 3 times → 400 000 €; renewed once for 6 months → 150 000 €. Renewals last as long
    as the firm period unless said otherwise. ValueError for a negative amount or number. Source: R. 2121-1.
    """
    if montant is None:
        return None
    if montant < 0 or reconductions < 0:
        raise ValueError("An amount and a number of renewals are 0 or more.")
    part = Decimal(1)
    if reconduction_mois and duree_mois:
        part = Decimal(reconduction_mois) / Decimal(duree_mois)
    return (montant * (1 + reconductions * part)).quantize(Decimal("0.01"))


def valeur_estimee(
    lots: Iterable[Decimal | None], annoncee: Decimal | None = None, maximum: Decimal | None = None,
    accord_cadre: bool = False,
) -> Valeur:  # fmt: skip
    """The value that decides the procedure: all the lots, with options and renewals; of a framework, its maximum.

    `lots`: value of each with its renewals (`valeur_lot`), None when unknown. `annoncee`: what the buyer wrote as the
    value of the whole. The largest known figure decides: a total is never below the sum of its parts. One unknown lot
    leaves the sum out, unless the buyer announced a total. Sources: R. 2121-1, R. 2121-8, R. 2162-4 (a framework
    without a maximum was deemed above the thresholds until 31/12/2021; since, it may not be).
    """
    known = list(lots)
    total = None if not known or None in known else sum((each for each in known if each is not None), Decimal(0))
    if accord_cadre and maximum is None and annoncee is None:
        return Valeur(total, sans_maximum=True)
    figures = [each for each in (total, annoncee, maximum) if each is not None]
    return Valeur(max(figures) if figures else None)


def seuil_europeen(
    type: TypeMarche, genre: GenreAcheteur, on: date, nature: NatureContrat = NatureContrat.MARCHE,
    services_sociaux: bool = False,
) -> Parametre | None:  # fmt: skip
    """The European threshold of a contract, in euros before VAT; None outside the Code or where a fact is missing.

    Sources: notices on the thresholds (every two years) annexed to the Code; works and concessions share one row;
    listed social services have their own (750 000 €, 1 000 000 € for « entités adjudicatrices », to be checked).
    """
    if nature == NatureContrat.PRIVE or genre == GenreAcheteur.PRIVE:
        return None
    if nature == NatureContrat.CONCESSION or type == TypeMarche.TRAVAUX:
        return parametre("europeen_travaux", on)
    if services_sociaux:
        if genre == GenreAcheteur.INCONNU:
            return None
        return parametre("sociaux_reseaux" if genre == GenreAcheteur.RESEAUX else "sociaux", on)
    if type == TypeMarche.INCONNU:
        return None
    if nature == NatureContrat.DEFENSE:
        return parametre("europeen_defense", on)
    row = LIGNES[genre]
    return parametre(row, on) if row else None


def regime(
    type: TypeMarche, genre: GenreAcheteur, valeur: Valeur | Decimal | None, on: date, *,
    nature: NatureContrat = NatureContrat.MARCHE, services_sociaux: bool = False,
) -> RegimeProcedure | None:  # fmt: skip
    """Which procedure a contract of this value calls for; None outside the Code, or where what is unknown decides.

    An unknown type or kind of buyer is no matter when every one of them gives the same answer. Local buyer, services,
    218 000 €: adapted on 01/06/2025 (< 221 000), formal on 01/02/2026 (≥ 216 000). Listed social services are always
    adapted. Sources: L. 2123-1, L. 2124-1, R. 2122-8, R. 2123-1; R. 3126-1 (concessions: simplified or not).
    """
    value = valeur if isinstance(valeur, Valeur) else Valeur(valeur)
    if nature == NatureContrat.PRIVE or genre == GenreAcheteur.PRIVE or value.atteint(Decimal(0)) is None:
        return None
    types = TYPES_CONNUS if type == TypeMarche.INCONNU else (type,)
    genres = GENRES_CONNUS if genre == GenreAcheteur.INCONNU else (genre,)
    answers = {_regime(t, g, value, on, nature, services_sociaux) for t in types for g in genres}
    return answers.pop() if len(answers) == 1 else None


def _regime(
    type: TypeMarche, genre: GenreAcheteur, value: Valeur, on: date, nature: NatureContrat, sociaux: bool
) -> RegimeProcedure:
    if nature != NatureContrat.CONCESSION and not value.atteint(dispense(type, on)):
        return RegimeProcedure.DISPENSE
    if sociaux and type == TypeMarche.SERVICES and nature != NatureContrat.CONCESSION:
        return RegimeProcedure.MAPA
    limite = seuil_europeen(type, genre, on, nature)
    return RegimeProcedure.FORMALISEE if limite and value.atteint(limite.valeur) else RegimeProcedure.MAPA


def dispense(type: TypeMarche, on: date) -> Decimal:
    """Below this, neither publicity nor competition, in euros before VAT. Sources: R. 2122-8; décret 2025-1386."""
    return seuil("dispense_travaux" if type == TypeMarche.TRAVAUX else "dispense", on)


def lot_dispense(montant: Decimal, type: TypeMarche, cumul: Decimal, total: Decimal, on: date) -> bool:
    """Whether a small lot of a larger contract may go without publicity: its own value, and 20 % of all the lots.

    `cumul`: value of all the lots so treated, this one included; `total`: of all the lots. Source: R. 2122-8.
    """
    limite = seuil("lot_dispense_travaux" if type == TypeMarche.TRAVAUX else "lot_dispense", on)
    return montant < limite and cumul <= total * seuil("part_petits_lots", on)


def dire_regime(
    type: TypeMarche, genre: GenreAcheteur, valeur: Valeur, on: date, *,
    nature: NatureContrat = NatureContrat.MARCHE, services_sociaux: bool = False, petits_lots: bool = False,
) -> Verdict:  # fmt: skip
    """`regime` in words, with the figure that decides.

    `petits_lots`: what is asked about is small lots taken out of an operation of that value (R. 2123-1, 2°).
    """
    if nature == NatureContrat.PRIVE or genre == GenreAcheteur.PRIVE:
        return Verdict.ok()
    found = regime(type, genre, valeur, on, nature=nature, services_sociaux=services_sociaux)
    if found is None:
        return dire(
            "regime_inconnu", on,
            "Le régime de la procédure dépend de la valeur estimée, du type et de l'acheteur\u00a0: il en manque.",
            remede="Complétez la valeur estimée, le type du marché et le genre de l'acheteur.",
        )  # fmt: skip
    limite = seuil_europeen(type, genre, on, nature)
    against = f" (seuil européen\u00a0: {montant_ht(limite.valeur)})" if limite else ""
    if found == RegimeProcedure.DISPENSE:
        against = f" (moins de {montant_ht(dispense(type, on))})" if type != TypeMarche.INCONNU else ""
    if services_sociaux and found == RegimeProcedure.MAPA:
        against = " (services sociaux et autres services spécifiques, quel que soit le montant)"
    about = "d'après les montants publiés, " if valeur.approchee else ""
    name = "Procédure simplifiée" if nature == NatureContrat.CONCESSION and found == RegimeProcedure.MAPA else (
        str(found.label)
    )  # fmt: skip
    if petits_lots and found == RegimeProcedure.FORMALISEE:
        return dire(
            "regime", on,
            f"{name} pour l'opération entière\u00a0: {about}{valeur.en_mots}{against}. Ses petits lots peuvent suivre "
            "une procédure adaptée.",
        )  # fmt: skip
    return dire("regime", on, f"{name}\u00a0: {about}{valeur.en_mots}{against}.")


def procedure_annoncee(procedure: str, attendu: RegimeProcedure | None, petits_lots: bool, on: date) -> Verdict:
    """A contract that calls for a formal procedure and announces an adapted one. Source: L. 2124-1.

    `petits_lots`: all its lots are small lots of a larger operation, which may be adapted (R. 2123-1, 2°).
    """
    words = fold(procedure)
    low = "adaptee" in words or "sans publicite" in words
    if attendu != RegimeProcedure.FORMALISEE or not low or petits_lots:
        return Verdict.ok()
    return dire(
        "procedure_insuffisante", on,
        f"«\u00a0{procedure}\u00a0» annoncée, alors que la valeur atteint le seuil européen.",
        remede="Vérifiez la valeur estimée, ou l'exception qui permet cette procédure.",
    )  # fmt: skip


def publicite(valeur: Valeur, genre: GenreAcheteur, nature: NatureContrat, on: date) -> Verdict:
    """Publicity in the BOAMP or a newspaper of legal notices from 90 000 €. Source: R. 2131-12 (State and local)."""
    limite = seuil("publicite", on)
    concerned = genre in {GenreAcheteur.ETAT, GenreAcheteur.LOCAL, GenreAcheteur.HOPITAL, GenreAcheteur.BAILLEUR}
    if nature != NatureContrat.MARCHE or not concerned or not valeur.atteint(limite):
        return Verdict.ok()
    return dire(
        "publicite",
        on,
        f"Publicité obligatoire au BOAMP ou dans un journal d'annonces légales, dès {montant_ht(limite)}.",
    )


def maximum_indique(accord_cadre: bool, maximum: Decimal | None, nature: NatureContrat, on: date) -> Verdict:
    """Whether a framework agreement states its maximum. Sources: R. 2121-8, R. 2162-4 (consultations since 2022)."""
    if not accord_cadre or maximum is not None or nature not in {NatureContrat.MARCHE, NatureContrat.DEFENSE}:
        return Verdict.ok()
    row = regle("maximum_absent", on)
    if row is not None and row.niveau == Niveau.INFORMATION:
        return dire(
            "maximum_absent", on,
            "Accord-cadre sans maximum\u00a0: sa valeur est réputée dépasser les seuils européens.",
            remede="Le prochain devra en indiquer un.",
        )  # fmt: skip
    return dire(
        "maximum_absent", on, "Un accord-cadre doit indiquer un maximum, en valeur ou en quantité.",
        remede="Indiquez le montant maximum sur toute la durée, reconductions comprises.",
    )  # fmt: skip


def valeur_coherente(annoncee: Decimal | None, lots: Iterable[Decimal | None], on: date) -> Verdict:
    """The value announced for the whole is not below that of its known parts. Source: R. 2121-1."""
    total = sum((each for each in lots if each is not None), Decimal(0))
    if annoncee is None or total - annoncee < Decimal("0.01"):
        return Verdict.ok()
    return dire(
        "valeur_incoherente", on,
        f"Valeur annoncée de {montant_ht(annoncee)}, mais les lots et leurs reconductions font {montant_ht(total)}.",
        remede="Comptez tous les lots, les options et les reconductions.",
    )  # fmt: skip

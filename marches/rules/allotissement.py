"""Lots of a contract: splitting it, small lots of a large operation, how many lots one bidder may have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from marches.enums import GenreAcheteur, MotifNonAllotissement, NatureContrat, TypeMarche
from marches.parametres import dire, seuil
from portal.templatetags.formats import montant_ht
from portal.verdict import Verdict

INFRUCTUOSITE_DEPUIS = date(2023, 10, 25)  # L. 2113-11, 3°: loi 2023-973, utilities only


@dataclass(frozen=True)
class LotEstime:
    """A lot as the small-lot exception sees it: estimated value with renewals, None when unknown."""

    nom: str
    valeur: Decimal | None
    petit: bool = False


@dataclass(frozen=True)
class Place:
    """Room for small lots, in euros before VAT: what one of them has to stay under, what all may add up to.

    `reste` may be negative: too much is already taken. `complet` False: the value of a lot is unknown.
    """

    limite: Decimal
    plafond: Decimal
    pris: Decimal
    complet: bool

    @property
    def reste(self) -> Decimal:
        return self.plafond - self.pris


def limite_petit_lot(type: TypeMarche, on: date) -> Decimal:
    """What a small lot stays below: 80 000 €, 1 000 000 € for works. An unknown type takes the lower one."""
    return seuil("petit_lot_travaux" if type == TypeMarche.TRAVAUX else "petit_lot", on)


def place_petits_lots(lots: Sequence[LotEstime], type: TypeMarche, on: date) -> Place:
    """What is left for small lots in a large operation: 20 % of the value of all its lots, less those already carved.

    Four lots of 500 000 €, one small lot of 60 000 €: 412 000 € of room, 352 000 € left. Source: R. 2123-1, 2°.
    """
    total = sum((lot.valeur for lot in lots if lot.valeur is not None), Decimal(0))
    taken = sum((lot.valeur for lot in lots if lot.petit and lot.valeur is not None), Decimal(0))
    plafond = (total * seuil("part_petits_lots", on)).quantize(Decimal("0.01"))
    return Place(limite_petit_lot(type, on), plafond, taken, all(lot.valeur is not None for lot in lots))


def petits_lots(lots: Sequence[LotEstime], type: TypeMarche, formalisee: bool | None, on: date) -> list[Verdict]:
    """Whether the lots marked small may go by an adapted procedure inside a formal one.

    `formalisee`: whether the whole calls for a formal procedure, None when unknown. Source: R. 2123-1, 2°: below
    80 000 € (1 000 000 € for works), and 20 % of all the lots together at most.
    """
    small = [lot for lot in lots if lot.petit]
    if not small:
        return []
    if formalisee is False:
        return [dire("petit_lot_inutile", on, "Sous le seuil européen, tous les lots sont déjà en procédure adaptée.")]
    place = place_petits_lots(lots, type, on)
    found = [
        dire(
            "petit_lot_montant", on,
            f"{lot.nom}\u00a0: {montant_ht(lot.valeur)}. Un petit lot fait moins de {montant_ht(place.limite)}.",
            remede="Réduisez ce lot, ou passez-le avec les autres en procédure formalisée.",
        )
        for lot in small if lot.valeur is not None and lot.valeur >= place.limite
    ]  # fmt: skip
    if not place.complet:
        return [*found, dire(
            "petit_lot_inconnu", on,
            "Petits lots\u00a0: la valeur d'un lot est inconnue, les 20\u00a0% ne se calculent pas.",
            remede="Estimez chaque lot, reconductions comprises.",
        )]  # fmt: skip
    if place.reste < 0:
        found.append(dire(
            "petit_lot_part", on,
            f"Les petits lots font {montant_ht(place.pris)}\u00a0: plus de 20\u00a0% de tous les lots "
            f"({montant_ht(place.plafond)}).",
            remede=f"Retirez {montant_ht(-place.reste)} de petits lots.",
        ))  # fmt: skip
    return found


def lot_unique(
    nombre: int, distinctes: bool | None, motif: MotifNonAllotissement | str, nature: NatureContrat, on: date
) -> Verdict:
    """Whether a contract of one lot has what it takes not to be split.

    `distinctes`: the buyer says that it holds distinct services; None: nobody said. Sources: L. 2113-10, L. 2113-11.
    Concessions, defence and private contracts are outside these articles.
    """
    if nature != NatureContrat.MARCHE or nombre > 1 or motif or distinctes is False:
        return Verdict.ok()
    if distinctes:
        return dire(
            "allotissement_distinct", on, "Des prestations distinctes dans un seul lot, sans motif.",
            remede="Répartissez-les en lots, ou choisissez un motif de non-allotissement et écrivez-le.",
        )  # fmt: skip
    return dire(
        "allotissement_inconnu", on, "Lot unique\u00a0: dites s'il regroupe des prestations distinctes.",
        remede="S'il en regroupe, répartissez-les en lots ou donnez un motif\u00a0: les petits lots ouvrent le marché "
               "aux structures inclusives.",
    )  # fmt: skip


def motif_admis(
    motif: MotifNonAllotissement | str, texte: str, genre: GenreAcheteur, nature: NatureContrat, on: date
) -> Verdict:
    """Whether the reason not to split is one that this buyer may use that day, and is written out.

    Source: L. 2113-11; the risk of an unsuccessful procedure is for « entités adjudicatrices », since 25/10/2023.
    """
    if not motif or nature != NatureContrat.MARCHE:
        return Verdict.ok()
    if motif == MotifNonAllotissement.INFRUCTUOSITE:
        if on < INFRUCTUOSITE_DEPUIS:
            return dire(
                "allotissement_infructuosite", on, "Ce motif de non-allotissement n'existe que depuis le 25/10/2023.",
                remede="Choisissez un autre motif, ou allotissez.",
            )  # fmt: skip
        if genre not in {GenreAcheteur.RESEAUX, GenreAcheteur.INCONNU}:
            return dire(
                "allotissement_infructuosite", on,
                "Le risque de procédure infructueuse n'est un motif que pour les entités adjudicatrices.",
                remede="Choisissez un autre motif, ou allotissez.",
            )  # fmt: skip
    if not texte.strip():
        return dire(
            "allotissement_texte", on, "Le motif de non-allotissement n'est pas justifié par écrit.",
            remede="Écrivez les raisons de droit et de fait de ce choix.",
        )  # fmt: skip
    return Verdict.ok()


def lots_par_candidat(nombre: int, maximum: int | None, on: date) -> Verdict:
    """Lots that one operator bids for, against what the documents allow. Source: L. 2113-10, R. 2113-1."""
    if not maximum or nombre <= maximum:
        return Verdict.ok()
    return dire(
        "lots_candidat", on, f"Candidature à {nombre} lots, alors que le marché en permet {maximum} par candidat.",
        remede="Choisissez les lots auxquels répondre.",
    )  # fmt: skip


def lots_par_titulaire(nombres: Mapping[str, int], maximum: int | None, on: date) -> Verdict:
    """Lots awarded to each holder, by name, against what the documents allow. Source: L. 2113-10, R. 2113-1."""
    over = {name: number for name, number in nombres.items() if maximum and number > maximum}
    if not over:
        return Verdict.ok()
    said = ", ".join(f"{name} ({number})" for name, number in sorted(over.items()))
    return dire(
        "lots_titulaire", on, f"Plus de {maximum} lots attribués à un même titulaire\u00a0: {said}.",
        remede="Appliquez la règle annoncée dans les documents pour départager les lots.",
    )  # fmt: skip

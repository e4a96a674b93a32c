"""What the law says of a contract as a whole, and of its buyer."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone

from marches.enums import GenreAcheteur, NatureContrat, RegimeProcedure, TypeMarche
from marches.juridique.faits import ranger
from marches.models import DispenseSociale, Lot, Marche, Titulaire
from marches.rules import allotissement as decoupage
from marches.rules import conditions, criteres, execution, lots, seuils
from marches.rules.lancement import Lancement, juger, lancement
from portal.verdict import Verdict


def valeur_of(marche: Marche, rows: Sequence[Lot]) -> tuple[seuils.Valeur, list[Decimal | None]]:
    """The estimated value of a contract, and that of each of its lots with renewals, in euros before VAT.

    What was estimated before launch decides; a lot without an estimate is counted at its published amount, which
    already holds renewals, and the whole is then `approchee`. No query.
    """
    values = [_valeur_lot(lot) for lot in rows]
    published = any(lot.montant_estime is None for lot in rows) and marche.montant_estime is None
    maximum = marche.montant_maximum
    if maximum is None and marche.cle and None not in values:  # what is published of a framework is its maximum
        maximum = sum((value for value in values if value is not None), Decimal(0))
    found = seuils.valeur_estimee(values, marche.montant_estime, maximum, marche.est_accord_cadre)
    return seuils.Valeur(found.montant, found.sans_maximum, approchee=published), values


def _valeur_lot(lot: Lot) -> Decimal | None:
    if lot.montant_estime is not None and lot.montant_estime >= 0:
        return seuils.valeur_lot(lot.montant_estime, lot.duree_mois, lot.reconductions, lot.reconduction_mois)
    amount = lot.montant_initial if lot.montant_initial is not None else lot.montant
    return amount if amount is not None and amount > 1 else None  # 0 and 1 are published for « unknown »


def lots_estimes(rows: Sequence[Lot]) -> list[decoupage.LotEstime]:
    """The lots of a contract as `place_petits_lots` wants them."""
    return [
        decoupage.LotEstime(f"Lot {lot.numero}" if lot.numero else lot.objet[:60], _valeur_lot(lot), lot.petit_lot)
        for lot in rows
    ]


def place_of(marche: Marche, rows: Sequence[Lot], on: date) -> decoupage.Place:
    """Room left for small lots in a contract on a day; no query."""
    return decoupage.place_petits_lots(lots_estimes(rows), TypeMarche(marche.type), on)


def operation_of(marche: Marche, rows: Sequence[Lot]) -> tuple[Marche, list[Lot]]:
    """The operation that a contract belongs to, and all its lots: its own, then those of the mother operation and of
    the contracts taken out of it, whose value counts as one (R. 2121-1); two queries at most.
    """
    mother = marche.operation_mere if marche.operation_mere_id else marche
    if mother is None or not mother.pk:
        return marche, list(rows)
    # As a set of contracts: an OR between the lot and its contract would have every lot of the register read.
    contracts = Marche.objects.filter(Q(pk=mother.pk) | Q(operation_mere=mother.pk)).exclude(pk=marche.pk)
    family = Lot.objects.filter(marche__in=contracts.order_by().values("pk"))
    return mother, [*rows, *family.defer("racines").order_by("pk")]


def place_utile(marche: Marche, rows: Sequence[Lot], on: date) -> decoupage.Place | None:
    """`place_of` the whole operation where it is of use: several lots, whose value calls for a formal procedure; two
    queries at most."""
    quand = lancement_marche(marche, rows)
    day = min(quand.au, on)
    mother, family = operation_of(marche, rows)
    value, _ = valeur_of(mother, family)
    needed = seuils.regime(
        TypeMarche(mother.type), GenreAcheteur(marche.acheteur.genre), value, day, nature=NatureContrat(mother.nature),
        services_sociaux=bool(mother.services_sociaux),
    )  # fmt: skip
    if len(family) < 2 or needed != RegimeProcedure.FORMALISEE or mother.nature != NatureContrat.MARCHE:
        return None
    return place_of(mother, family, day)


def lancement_marche(marche: Marche, rows: Iterable[Lot]) -> Lancement:
    """When a contract was launched, or the interval before the first notification among its lots."""
    known = [day for lot in rows if (day := lot.date_notification or lot.date_debut)]
    due = marche.date_limite.date() if marche.date_limite else None
    return lancement(marche.date_lancement, min(known, default=due))


def verdicts_marche(marche: Marche, rows: Iterable[Lot]) -> list[Verdict]:
    """What the law says of the contract as a whole: value and procedure, lots, length, social condition.

    Give `acheteur` with it and all its lots. Two queries (the exemption, the lots of the same operation), one more for
    a contract taken out of an operation, and one when lots per holder are limited. The procedure and the small lots are
    those of the whole operation. Its reservations are told lot by lot (`verdicts_lot`).
    """
    rows = list(rows)
    quand = lancement_marche(marche, rows)
    genre, nature, type_ = GenreAcheteur(marche.acheteur.genre), NatureContrat(marche.nature), TypeMarche(marche.type)
    sociaux = bool(marche.services_sociaux)
    value, values = valeur_of(marche, rows)
    mother, family = operation_of(marche, rows)
    whole = value if len(family) == len(rows) else valeur_of(mother, family)[0]
    type_whole = TypeMarche(mother.type)
    dispense = DispenseSociale.objects.filter(marche=marche.pk).first() if marche.pk else None
    motif, texte = (dispense.motif, dispense.texte) if dispense else ("", "")
    months = [execution.duree_totale(lot.duree_mois, lot.reconductions, lot.reconduction_mois) for lot in rows]
    longest = max((month for month in months if month is not None), default=None)
    clause = any(lot.clause_sociale for lot in rows)
    small = bool(rows) and all(lot.petit_lot for lot in rows)
    maximum = marche.montant_maximum if not marche.cle else marche.montant_maximum or value.montant

    def attendu(day: date) -> RegimeProcedure | None:
        return seuils.regime(type_whole, genre, whole, day, nature=nature, services_sociaux=sociaux)

    found = [
        juger(
            lambda day: seuils.dire_regime(
                type_whole,
                genre,
                whole,
                day,
                nature=nature,
                services_sociaux=sociaux,
                petits_lots=small and mother.pk != marche.pk,
            ),
            quand,
        ),
        juger(lambda day: seuils.procedure_annoncee(marche.procedure, attendu(day), small, day), quand),
        juger(lambda day: seuils.publicite(value, genre, nature, day), quand),
        juger(lambda day: seuils.maximum_indique(marche.est_accord_cadre, maximum, nature, day), quand),
        juger(lambda day: seuils.valeur_coherente(marche.montant_estime, values, day), quand),
        juger(
            lambda day: decoupage.motif_admis(
                marche.motif_non_allotissement, marche.justification_non_allotissement, genre, nature, day
            ),
            quand,
        ),
        juger(
            lambda day: execution.duree_accord_cadre(
                marche.est_accord_cadre, longest, marche.justification_duree, genre, nature, day
            ),
            quand,
        ),
        juger(
            lambda day: conditions.condition_sociale(clause, motif, value, type_, genre, nature, sociaux, day), quand
        ),
        juger(lambda day: conditions.dispense_admise(motif, texte, type_, longest, nature, day), quand),
        juger(lambda day: criteres.prix_seul(marche.criteres, marche.achat_standardise, type_, nature, day), quand),
        juger(
            lambda day: criteres.critere_environnemental(marche.criteres, marche.critere_environnemental, nature, day),
            quand,
        ),
        juger(lambda day: lots.acheteur_insertion(genre, marche.marche_insertion, day), quand),
    ]
    # Files of contracts do not tell the criteria: nobody is asked for them; nor where every lot tells its own.
    if not marche.cle and not (rows and all(lot.criteres for lot in rows)):
        found.append(juger(lambda day: criteres.criteres_dits(marche.criteres, nature, day), quand))
    # The lots of an imported contract are a guess: one lot there proves nothing. A lot taken out of an operation is
    # one of several.
    if rows and not (marche.cle and marche.prestations_distinctes is None):
        found.append(
            juger(
                lambda day: decoupage.lot_unique(
                    len(family), marche.prestations_distinctes, marche.motif_non_allotissement, nature, day
                ),
                quand,
            )
        )
    last = quand.au if quand.au < date.max else timezone.localdate()
    formal = None if attendu(last) is None else attendu(last) == RegimeProcedure.FORMALISEE
    found += decoupage.petits_lots(lots_estimes(family), type_, formal, last)
    if marche.lots_max_attribues:
        found.append(decoupage.lots_par_titulaire(_par_titulaire(marche), marche.lots_max_attribues, last))
    return ranger(found)


def _par_titulaire(marche: Marche) -> Counter[str]:
    rows = Titulaire.objects.filter(lot__marche=marche.pk).select_related("organisation")
    return Counter(title.organisation.nom for title in rows)


def verdicts_acheteur(acheteur, on: date) -> list[Verdict]:
    """What the law asks of the buyer whatever the contract; no query."""
    said = execution.spaser(acheteur.achats_annuels, acheteur.spaser, GenreAcheteur(acheteur.genre), on)
    return ranger([said])

"""The rules of the register applied to its rows: what the law says of a lot, a contract, a group, a structure.

Each function reads a row and calls the pure functions of `marches.rules`; the queries it costs are in its docstring.
An empty list: nothing to say. `publics` keeps what anyone may see.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.utils import timezone

from marches.enums import (
    FormeGroupement,
    GenreAcheteur,
    MotifChangement,
    NatureContrat,
    RegimeProcedure,
    Reservation,
    TypeMarche,
)
from marches.models import DispenseSociale, Groupement, Lot, Marche, MembreGroupement, Titulaire
from marches.parametres import publiques
from marches.rules import allotissement as decoupage
from marches.rules import conditions, execution, groupes, lots, reservations, seuils
from marches.rules.candidats import Besoin, Candidat, repondre_seul
from marches.rules.lancement import Lancement, juger, lancement
from portal.verdict import Verdict
from structures.enums import Kind
from structures.models import Structure

INTERIM = "7962"  # CPV: services de mise à disposition de personnel
ESS = "esus"  # the label that proves it; without it, nobody knows


# What the law looks at -----------------------------------------------------------------------------------------------
def besoin_of(lot: Lot) -> Besoin:
    """A lot with its contract, as the rules see it; no query when `marche` is there."""
    listed = lot.services_sociaux if lot.services_sociaux is not None else lot.marche.services_sociaux
    return Besoin(
        reservation=Reservation(lot.reservation),
        nature=NatureContrat(lot.marche.nature),
        type=TypeMarche(lot.marche.type),
        materiel=lot.materiel_a_fournir,
        interim=lot.cpv.startswith(INTERIM),
        marche_insertion=lot.marche.marche_insertion,
        services_sociaux=listed,
    )


def lancement_of(lot: Lot) -> Lancement:
    """When the consultation of a lot was launched, or the interval before its notification."""
    return lancement(lot.marche.date_lancement, lot.date_notification or lot.date_debut)


def candidat_of(structure: Structure, equivalence: str = "") -> Candidat:
    """A structure as the rules see it; a query for its labels unless they are prefetched (`labels__label`).

    The share of its workers is that of its card: people on a path or disabled, over the whole headcount.
    """
    total, meant = structure.effectif, structure.effectif_parcours
    part = Decimal(meant) * 100 / total if total and meant is not None and meant <= total else None
    labels = {held.label.code for held in structure.labels.all()}
    return Candidat(
        nom=structure.nom,
        kind=Kind(structure.kind),
        siren=structure.organisation.siren if structure.organisation else "",
        part=part,
        equivalence=equivalence,
        convention_debut=structure.convention_debut,
        convention_fin=structure.convention_fin,
        ess=True if ESS in labels else None,
    )


def publics(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """What rests on facts that anyone may see."""
    shown = publiques()
    return [verdict for verdict in verdicts if not verdict.regle or verdict.regle in shown]


def ranger(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The most serious first, each said once, those without a word left out."""
    said = [verdict for verdict in dict.fromkeys(verdicts) if verdict.reason and verdict.regle]
    return sorted(said, key=lambda verdict: -verdict.level.rank)


# Lots ----------------------------------------------------------------------------------------------------------------
def verdicts_lot(lot: Lot, on: date | None = None) -> list[Verdict]:
    """What the law says of the lot itself: its reservation, its length, its subcontractors, its publication.

    Give `marche__acheteur__organisation` with it. Two queries (subcontracts, holders), three more when it is reserved
    to ESS or subcontracted. `on`: today, for what has to be done by a day.
    """
    besoin, quand, marche = besoin_of(lot), lancement_of(lot), lot.marche
    genre, today = GenreAcheteur(marche.acheteur.genre), on or timezone.localdate()
    months = execution.duree_totale(lot.duree_mois, lot.reconductions, lot.reconduction_mois)
    found = [
        juger(lambda day: reservations.reservation_licite(besoin.reservation, day, besoin.nature), quand),
        juger(lambda day: lots.reservation_possible(besoin, day), quand),
        juger(lambda day: lots.mention(marche.reservation_mentionnee, besoin, day), quand),
        juger(lambda day: lots.part_penitentiaire(besoin, day), quand),
        juger(lambda day: lots.penitentiaire_seule(besoin, day), quand),
        juger(lambda day: lots.services_ess(besoin, day), quand),
        juger(lambda day: lots.duree_ess(months, besoin, day), quand),
        juger(lambda day: lots.acheteur_ess(genre, besoin, day), quand),
        juger(lambda day: execution.reconduction_tacite(lot.reconductions, lot.reconduction_tacite, day), quand),
        execution.publication_des_donnees(
            lot.date_notification, lot.date_publication, lot.montant_initial or lot.montant, besoin.nature, today
        ),
    ]
    if besoin.reservation == Reservation.ESS:
        found += _repetitions(lot, besoin, quand)
    return ranger([*found, *_sous_traitance(lot, besoin, quand)])


def _repetitions(lot: Lot, besoin: Besoin, quand: Lancement) -> list[Verdict]:
    """Earlier awards under the ESS reservation to the holders of this lot; two queries."""
    holders = {title.organisation.siren for title in lot.titulaires.select_related("organisation")} - {""}
    if not holders:
        return []
    awarded = lot.date_notification or quand.au
    rows = Titulaire.objects.filter(
        organisation__siren__in=holders,
        lot__reservation=Reservation.ESS,
        lot__date_notification__lt=awarded,
    ).exclude(lot__marche=lot.marche_id)
    past = [
        lots.Attribution(*row)
        for row in rows.order_by().values_list(
            "organisation__siren", "lot__marche__acheteur__organisation__siren", "lot__date_notification"
        )
    ]
    buyer = lot.marche.acheteur.organisation.siren
    # L. 2113-16 counts from one award to the next: the day is that of the award, not of the launch.
    return [lots.repetition_ess(siren, buyer, past, besoin, awarded) for siren in sorted(holders)]


def _sous_traitance(lot: Lot, besoin: Besoin, quand: Lancement) -> list[Verdict]:
    acts = list(
        lot.actes_sous_traitance.exclude(statut="refuse")
        .select_related("sous_traitant")
        .prefetch_related("sous_traitant__structures__labels__label")
    )
    if not acts:
        return []
    found = [juger(lambda day: execution.sous_traitance_permise(besoin.type, day), quand)]
    for act in acts:
        body = act.sous_traitant
        known = [candidat_of(structure) for structure in body.structures.all()]
        who = known or [Candidat(nom=body.nom, siren=body.siren)]
        said = [juger(lambda day, c=c: execution.sous_traitant_du_reserve(c, besoin, day), quand) for c in who]
        found.append(min(said, key=lambda verdict: verdict.level.rank))  # the kind that fits best
        found.append(
            juger(
                lambda day, act=act: execution.paiement_direct(
                    act.montant, act.paiement_direct, besoin.nature, besoin.type, lot.montant, day
                ),
                quand,
            )
        )
    return found


# Contracts -----------------------------------------------------------------------------------------------------------
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
    """Room left for small lots in a contract on a day, for the assistant; no query."""
    return decoupage.place_petits_lots(lots_estimes(rows), TypeMarche(marche.type), on)


def lancement_marche(marche: Marche, rows: Iterable[Lot]) -> Lancement:
    """When a contract was launched, or the interval before the first notification among its lots."""
    known = [day for lot in rows if (day := lot.date_notification or lot.date_debut)]
    return lancement(marche.date_lancement, min(known, default=None))


def verdicts_marche(marche: Marche, rows: Iterable[Lot]) -> list[Verdict]:
    """What the law says of the contract as a whole: value and procedure, lots, length, social condition.

    Give `acheteur` with it and all its lots. One query (the exemption), one more when lots per holder are limited.
    Its reservations are told lot by lot (`verdicts_lot`).
    """
    rows = list(rows)
    quand = lancement_marche(marche, rows)
    genre, nature, type_ = GenreAcheteur(marche.acheteur.genre), NatureContrat(marche.nature), TypeMarche(marche.type)
    sociaux = bool(marche.services_sociaux)
    value, values = valeur_of(marche, rows)
    dispense = DispenseSociale.objects.filter(marche=marche.pk).first() if marche.pk else None
    motif, texte = (dispense.motif, dispense.texte) if dispense else ("", "")
    months = [execution.duree_totale(lot.duree_mois, lot.reconductions, lot.reconduction_mois) for lot in rows]
    longest = max((month for month in months if month is not None), default=None)
    clause = any(lot.clause_sociale for lot in rows)
    small = bool(rows) and all(lot.petit_lot for lot in rows)
    maximum = marche.montant_maximum if not marche.cle else marche.montant_maximum or value.montant

    def attendu(day: date) -> RegimeProcedure | None:
        return seuils.regime(type_, genre, value, day, nature=nature, services_sociaux=sociaux)

    found = [
        juger(lambda day: seuils.dire_regime(type_, genre, value, day, nature=nature, services_sociaux=sociaux), quand),
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
        juger(lambda day: lots.acheteur_insertion(genre, marche.marche_insertion, day), quand),
    ]
    # The lots of an imported contract are a guess: one lot there proves nothing.
    if rows and not (marche.cle and marche.prestations_distinctes is None):
        found.append(
            juger(
                lambda day: decoupage.lot_unique(
                    len(rows), marche.prestations_distinctes, marche.motif_non_allotissement, nature, day
                ),
                quand,
            )
        )
    last = quand.au if quand.au < date.max else timezone.localdate()
    formal = None if attendu(last) is None else attendu(last) == RegimeProcedure.FORMALISEE
    found += decoupage.petits_lots(lots_estimes(rows), type_, formal, last)
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


# Groups --------------------------------------------------------------------------------------------------------------
def membres_of(groupement: Groupement) -> list[groupes.Membre]:
    """The members of a group as the rules see them; five queries at most."""
    rows = groupement.membres.select_related("organisation", "structure__organisation").prefetch_related(
        "structure__labels__label", "organisation__structures__labels__label"
    )
    return [groupes.Membre(_candidat(row, groupement.lot), row.mandataire, row.part, row.montant) for row in rows]


def _candidat(row: MembreGroupement, lot: Lot) -> Candidat:
    """The structure a member answers as: the one it named, else the one of its establishment that fits the lot best."""
    if row.structure is not None:
        return candidat_of(row.structure, row.equivalence)
    known = [structure for structure in row.organisation.structures.all() if structure.publiee]
    if not known:
        return Candidat(nom=row.organisation.nom, siren=row.organisation.siren, equivalence=row.equivalence)
    return candidat_of(best_fit(known, lot), row.equivalence)


def best_fit(known: Sequence[Structure], lot: Lot) -> Structure:
    """Among the structures of one body, the one that the reservation of a lot receives best; no query."""
    return min(known, key=lambda structure: reservations.may_answer_lot(Kind(structure.kind), lot).level.rank)


def verdicts_groupement(groupement: Groupement, on: date | None = None) -> list[Verdict]:
    """What the law says of a group on its lot: members, spokesperson, shares, other bids, changes.

    Give `lot__marche__acheteur` with it; eight queries at most, whatever the number of members.
    """
    lot, marche = groupement.lot, groupement.lot.marche
    besoin, quand = besoin_of(lot), lancement_of(lot)
    last = min(quand.au, on or timezone.localdate())
    members = membres_of(groupement)
    forme = FormeGroupement(groupement.forme)
    speakers, alone, grouped, counts = _autres_candidatures(groupement, members)
    speaker = next((membre.candidat.siren for membre in members if membre.mandataire), "")
    found = [
        *groupes.repondre_ensemble(members, besoin, quand),
        juger(lambda day: groupes.un_mandataire(members, day), quand),
        juger(lambda day: groupes.parts_conjointes(forme, members, lot.montant, day), quand),
        juger(lambda day: groupes.mandataire_conjoint(forme, groupement.mandataire_solidaire, day), quand),
        juger(lambda day: groupes.mandataire_unique(speaker, speakers, day), quand),
        juger(
            lambda day: groupes.candidatures_cumulees(
                alone, grouped, marche.interdit_seul_et_groupe, marche.interdit_plusieurs_groupes, day
            ),
            quand,
        ),
        juger(lambda day: groupes.taches_reservees(lot.taches_essentielles, day), quand),
        groupes.convention_a_temps(groupement.convention_signee_le, lot.date_debut, last),
    ]
    if marche.lots_max_candidat and counts:
        found.append(decoupage.lots_par_candidat(max(counts.values()), marche.lots_max_candidat, last))
    for change in groupement.changements.select_related("organisation"):
        told = groupes.Changement(
            change.organisation.nom, change.entree, change.le, MotifChangement(change.motif), change.accord_acheteur_le
        )
        # R. 2142-26 is judged on the day of the change only where the launch is unknown.
        day = quand.du if quand.connu else change.le
        found.append(groupes.changement_permis(told, groupement.candidature_le, groupement.signature_le, day))
    return ranger(found)


def _autres_candidatures(
    groupement: Groupement, members: Sequence[groupes.Membre]
) -> tuple[set[str], list[str], list[str], Counter[str]]:
    """Other bids for the same contract: spokespersons' SIREN; names that hold a lot alone, or are in another group of
    the same lot; lots each member bids for, by SIREN. Two queries."""
    names = {membre.candidat.siren: membre.candidat.nom for membre in members if membre.candidat.siren}
    others = list(
        MembreGroupement.objects.filter(groupement__lot__marche=groupement.lot.marche_id)
        .exclude(groupement=groupement.pk)
        .order_by()
        .values_list("organisation__siren", "mandataire", "groupement__lot")
    )
    here = groupement.lot_id
    speakers = {siren for siren, speaks, _ in others if speaks and siren}
    grouped = [names[siren] for siren, _, lot in others if lot == here and siren in names]
    holders = Titulaire.objects.filter(lot=here, organisation__siren__in=names).order_by()
    alone = [names[siren] for siren in holders.values_list("organisation__siren", flat=True)]
    if groupement.retenu:
        alone = []  # they hold it as this very group
    counts = Counter({siren: len({here, *(lot for who, _, lot in others if who == siren)}) for siren in names})
    return speakers, list(dict.fromkeys(alone)), list(dict.fromkeys(grouped)), counts


# « Puis-je répondre ? » -----------------------------------------------------------------------------------------------
def puis_je_repondre(structure: Structure, lot: Lot, equivalence: str = "") -> list[Verdict]:
    """What the law says to a structure that looks at a lot, answering alone; an OK with its reason counts as one.

    Give `lot.marche` and the structure's `organisation`; one query (labels), two more for a lot reserved to ESS.
    """
    besoin, quand = besoin_of(lot), lancement_of(lot)
    who = candidat_of(structure, equivalence)
    found = repondre_seul(who, besoin, quand)
    if besoin.marche_insertion and not besoin.est_reserve:
        found.append(juger(groupes.marche_insertion_ouvert, quand))
    if besoin.reservation == Reservation.ESS and who.siren:
        found += _repetition_a_venir(who.siren, lot, besoin)
    return sorted((verdict for verdict in dict.fromkeys(found) if verdict.reason), key=lambda v: -v.level.rank)


def _repetition_a_venir(siren: str, lot: Lot, besoin: Besoin) -> list[Verdict]:
    rows = Titulaire.objects.filter(
        organisation__siren=siren, lot__reservation=Reservation.ESS, lot__date_notification__isnull=False
    ).exclude(lot__marche=lot.marche_id)
    past = [
        lots.Attribution(*row)
        for row in rows.order_by().values_list(
            "organisation__siren", "lot__marche__acheteur__organisation__siren", "lot__date_notification"
        )
    ]
    buyer = lot.marche.acheteur.organisation.siren
    return [lots.repetition_ess(siren, buyer, past, besoin, lot.date_notification or timezone.localdate())]


def puis_je_repondre_ensemble(candidats: Sequence[Candidat], lot: Lot) -> list[Verdict]:
    """What the law says of these operators answering as a group; the first one would speak for it. No query."""
    members = [groupes.Membre(candidat, mandataire=rank == 0) for rank, candidat in enumerate(candidats)]
    quand, besoin = lancement_of(lot), besoin_of(lot)
    found = [
        *groupes.repondre_ensemble(members, besoin, quand),
        juger(lambda day: groupes.taches_reservees(lot.taches_essentielles, day), quand),
    ]
    return sorted(found, key=lambda verdict: -verdict.level.rank)

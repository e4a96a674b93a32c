"""What the law says of lots: reservation, length, subcontractors, publication."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import prefetch_related_objects
from django.utils import timezone

from marches.enums import DecisionReconduction, GenreAcheteur, Reservation, StatutSousTraitance, TypeMarche
from marches.juridique.faits import besoin_of, candidat_of, lancement_of, ranger
from marches.models import Lot, Titulaire
from marches.rules import execution, lots, ponderation, reservations
from marches.rules.candidats import Besoin, Candidat
from marches.rules.lancement import Lancement, juger
from portal.verdict import Verdict

# Marche of the award, then what `rules.lots.Attribution` holds.
AttributionEss = tuple[int, lots.Attribution]


def verdicts_lot(lot: Lot, on: date | None = None) -> list[Verdict]:
    """`verdicts_lots` of one lot."""
    return verdicts_lots([lot], on)[lot.pk]


def verdicts_lots(rows: Sequence[Lot], on: date | None = None) -> dict[int, list[Verdict]]:
    """What the law says of each lot: its reservation, its length, its subcontractors, its publication.

    Give `marche__acheteur__organisation` with them. One query where nothing is subcontracted, four more where something
    is, two more where a lot is reserved to ESS, one more where one is renewed tacitly, whatever their number. `on`:
    today, for what is due by a day.
    """
    prefetch_related_objects(rows, "actes_sous_traitance__sous_traitant__structures__labels__label")
    today = on or timezone.localdate()
    renewed = [lot for lot in rows if lot.reconductions and lot.reconduction_tacite]
    prefetch_related_objects(renewed, "decisions_reconduction")
    reserved = [lot for lot in rows if lot.reservation == Reservation.ESS]
    prefetch_related_objects(reserved, "titulaires__organisation")
    past = attributions({title.organisation.siren for lot in reserved for title in lot.titulaires.all()})
    return {lot.pk: _verdicts_lot(lot, past, today) for lot in rows}


def _verdicts_lot(lot: Lot, past: Sequence[AttributionEss], today: date) -> list[Verdict]:
    besoin, quand, marche = besoin_of(lot), lancement_of(lot), lot.marche
    genre = GenreAcheteur(marche.acheteur.genre)
    to_come = _a_venir(lot)
    grille, published = lot.grille, lot.grille_publiee
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
        juger(lambda day: ponderation.ponderation(grille, marche.procedure, besoin.nature, day, published), quand),
        juger(lambda day: ponderation.somme(grille, besoin.nature, day, published), quand),
        juger(lambda day: ponderation.criteres_concordants(grille, marche.criteres, besoin.nature, day), quand),
        juger(lambda day: execution.reconduction_tacite(to_come, lot.reconduction_tacite, day), quand),
        execution.publication_des_donnees(
            lot.date_notification, lot.date_publication, lot.montant_initial or lot.montant, besoin.nature, today
        ),
    ]
    if besoin.reservation == Reservation.ESS:
        holders = {title.organisation.siren for title in lot.titulaires.all()}
        # L. 2113-16 counts from one award to the next: the day is that of the award, not of the launch.
        awarded = lot.date_notification or min(quand.au, today)
        found += [repetition(siren, lot, besoin, past, awarded) for siren in sorted(holders)]
    return ranger([*found, *_sous_traitance(lot, besoin, quand)])


def _a_venir(lot: Lot) -> int:
    """Tacit renewals that nobody has decided yet; none once one of them was refused."""
    if not lot.reconductions or not lot.reconduction_tacite:
        return 0
    decided = [row.decision for row in lot.decisions_reconduction.all()]
    return 0 if DecisionReconduction.NON_RECONDUIT in decided else max(lot.reconductions - len(decided), 0)


def attributions(sirens: Iterable[str]) -> list[AttributionEss]:
    """Lots awarded under the ESS reservation to these operators; one query, none without any."""
    named = set(sirens) - {""}
    if not named:
        return []
    rows = (
        Titulaire.objects.filter(organisation__siren__in=named, lot__reservation=Reservation.ESS)
        .order_by()
        .values_list(
            "lot__marche",
            "organisation__siren",
            "lot__marche__acheteur__organisation__siren",
            "lot__date_notification",
        )
    )
    return [(marche, lots.Attribution(holder, buyer, day)) for marche, holder, buyer, day in rows if day is not None]


def repetition(siren: str, lot: Lot, besoin: Besoin, past: Sequence[AttributionEss], on: date) -> Verdict:
    """Earlier awards to an operator; the lots of this very contract were awarded together."""
    elsewhere = [award for marche, award in past if marche != lot.marche_id]
    return lots.repetition_ess(siren, lot.marche.acheteur.organisation.siren, elsewhere, besoin, on)


def _sous_traitance(lot: Lot, besoin: Besoin, quand: Lancement) -> list[Verdict]:
    acts = [act for act in lot.actes_sous_traitance.all() if act.statut != StatutSousTraitance.REFUSE]
    if not acts:
        return []
    found = []
    marche = lot.marche
    if not marche.cle or "type" in marche.champs_saisis:  # « pure supplies » is said by a person, not by a CPV code
        type_ = TypeMarche(marche.type)
        found.append(juger(lambda day: execution.sous_traitance_permise(type_, day), quand))
    parts = [act.montant for act in acts]
    found.append(juger(lambda day: execution.sous_traitance_partielle(parts, lot.montant, day), quand))
    for act in acts:
        body = act.sous_traitant
        known = [candidat_of(structure, siren=body.siren) for structure in body.structures.all()]
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

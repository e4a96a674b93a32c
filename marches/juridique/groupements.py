"""What the law says of a group on its lot."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from django.utils import timezone

from marches.enums import FormeGroupement, MotifChangement, StatutParticulier
from marches.juridique.faits import besoin_of, candidat_of, lancement_of, ranger
from marches.models import Groupement, Lot, MembreGroupement, Titulaire
from marches.rules import allotissement as decoupage
from marches.rules import groupes, reservations
from marches.rules.candidats import Candidat
from marches.rules.lancement import juger
from portal.verdict import Verdict
from structures.enums import Kind
from structures.models import Structure


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
        return Candidat(
            nom=row.organisation.nom, siren=row.organisation.siren, equivalence=row.equivalence,
            statut=StatutParticulier(row.statut),
        )  # fmt: skip
    return candidat_of(best_fit(known, lot), row.equivalence, row.organisation.siren)


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
    return groupes.reunis(ranger(found), members)


def _autres_candidatures(
    groupement: Groupement, members: Sequence[groupes.Membre]
) -> tuple[set[str], list[str], list[str], Counter[str]]:
    """Other bids for the same contract: spokespersons' SIREN; names that hold the lot alone, or are in another group of
    it; lots each member bids for, by SIREN. Two queries.

    A group of the very same members on another lot is the same group bidding again: its spokesperson has one group.
    """
    names = {membre.candidat.siren: membre.candidat.nom for membre in members if membre.candidat.siren}
    rows = (
        MembreGroupement.objects.filter(groupement__lot__marche=groupement.lot.marche_id)
        .exclude(groupement=groupement.pk)
        .select_related("organisation", "groupement")
        .order_by()
    )
    teams: dict[int, list[MembreGroupement]] = {}
    for row in rows:
        teams.setdefault(row.groupement_id, []).append(row)
    here = groupement.lot_id
    speakers = {
        row.organisation.siren
        for team in teams.values()
        if {each.organisation.siren for each in team} != set(names) or team[0].groupement.lot_id == here
        for row in team
        if row.mandataire and row.organisation.siren
    }
    # Who prepares another bid is its own business until it is handed in.
    bids = [row for team in teams.values() for row in team if row.groupement.retenu or row.groupement.candidature_le]
    others = [(row.organisation.siren, row.groupement.lot_id) for row in bids]
    in_groups = {siren for siren, lot in others if lot == here}
    holders = list(Titulaire.objects.filter(lot=here).order_by().values_list("organisation__siren", flat=True)[:2])
    alone = []
    if len(holders) == 1 and not groupement.retenu and holders[0] not in in_groups:
        alone = [names[siren] for siren in holders if siren in names]
    counts = Counter({siren: len({here, *(lot for who, lot in others if who == siren)}) for siren in names})
    return speakers, alone, [name for siren, name in names.items() if siren in in_groups], counts

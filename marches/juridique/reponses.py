"""« Puis-je répondre ? »: what the law says to an operator, alone or with others, that looks at a lot."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils import timezone

from marches.enums import Reservation
from marches.juridique.faits import besoin_of, lancement_of
from marches.juridique.lots import AttributionEss, attributions, repetition
from marches.models import Lot
from marches.rules import groupes
from marches.rules.candidats import Candidat, repondre_seul
from marches.rules.lancement import juger
from portal.verdict import Niveau, Verdict, worst

# What leaves the answer open, though it is only an information.
OUVERTES = frozenset({"reserve_non_precisee", "contrat_prive"})


def puis_je_repondre(
    candidat: Candidat, lot: Lot, past: Sequence[AttributionEss] = (), on: date | None = None
) -> list[Verdict]:
    """What the law says to an operator that looks at a lot, answering alone; an OK with its reason counts as one.

    Give `lot.marche.acheteur.organisation`; no query. `past`: `attributions_ess` of the operator, for a lot reserved to
    ESS.
    """
    besoin, quand = besoin_of(lot), lancement_of(lot)
    found = repondre_seul(candidat, besoin, quand)
    if besoin.marche_insertion and not besoin.est_reserve:
        found.append(juger(groupes.marche_insertion_ouvert, quand))
    if besoin.reservation == Reservation.ESS:
        awarded = lot.date_notification or on or timezone.localdate()
        found.append(repetition(candidat.siren, lot, besoin, past, awarded))
    return _by_gravity(found)


def attributions_ess(candidats: Iterable[Candidat], lot: Lot) -> list[AttributionEss]:
    """What these operators were awarded under the ESS reservation; one query, none for another lot."""
    if lot.reservation != Reservation.ESS:
        return []
    return attributions(candidat.siren for candidat in candidats)


def puis_je_repondre_ensemble(candidats: Sequence[Candidat], lot: Lot) -> list[Verdict]:
    """What the law says of these operators answering as a group; the first one would speak for it. No query."""
    members = [groupes.Membre(candidat, mandataire=rank == 0) for rank, candidat in enumerate(candidats)]
    quand, besoin = lancement_of(lot), besoin_of(lot)
    said = [
        *groupes.repondre_ensemble(members, besoin, quand),
        juger(lambda day: groupes.taches_reservees(lot.taches_essentielles, day), quand),
    ]
    return groupes.reunis(_by_gravity(said), members)


def mot(verdicts: Iterable[Verdict]) -> str:
    """The answer in a word: « oui », « sous condition », « non », « à vérifier » where a fact is missing."""
    said = list(verdicts)
    level = worst(said).level
    if level > Niveau.INFORMATION:
        return "non" if level == Niveau.BLOCAGE else "sous condition"
    unknown = any(verdict.regle in OUVERTES or verdict.est_suspendu for verdict in said)
    return "à vérifier" if unknown else "oui"


def _by_gravity(verdicts: Iterable[Verdict]) -> list[Verdict]:
    return sorted((each for each in dict.fromkeys(verdicts) if each.reason), key=lambda each: -each.level.rank)

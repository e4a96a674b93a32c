"""The calendar of a procedure as pages and messages read it: facts gathered, days computed, what each has to do."""

from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace

from django.db.models import prefetch_related_objects
from django.utils import timezone

from clauses.enums import EtapeProcedure, EtatEtape
from clauses.models import CalendrierProcedure
from clauses.parametres import duree_etape
from clauses.rules.procedure import AVANT, Calendrier, Faits, Ligne, calendrier
from marches.consultation import delais_of, reglage_of
from marches.echeances import autres_jours
from marches.parametres import seuil
from marches.rules.dates import jour_lu
from portal.permissions import Role
from portal.requetes import PreparedObjects

SANS_DUREE = {EtapeProcedure.REPONSES, EtapeProcedure.NOTIFICATION}
SOON = 30  # days ahead of a board
# Of a facilitator, for its board: written once.
SUIVIS = PreparedObjects(
    lambda bodies: (
        CalendrierProcedure.objects.filter(facilitateur__organisation=bodies[0])
        .running()
        .for_cards()
        .prefetch_related(None)
    ),
    (int, 1),
)
MOST = 10


def durees(on: date, formalisee: bool) -> dict[EtapeProcedure, int]:
    """Days that each step takes, by the parameters of the day `on`; the attribution holds the standstill."""
    found = {step: int(duree_etape(step.value, on).valeur) for step in AVANT if step not in SANS_DUREE}
    if formalisee:
        found[EtapeProcedure.ATTRIBUTION] += int(duree_etape("attente", on).valeur)
    else:
        found[EtapeProcedure.CONSULTATION] = int(duree_etape("consultation_adaptee", on).valeur)
    return found


def faits_of(row: CalendrierProcedure, *, jours_reponses: int | None = None) -> Faits:
    """What is known of it, without a query once the steps are prefetched: a published contract has been published."""
    marche, made = row.marche, timezone.localtime(row.cree_le).date()
    over = {EtapeProcedure(step.etape): step.faite_le for step in row.etapes.all()}
    limite = timezone.localtime(marche.date_limite).date() if marche.date_limite else None
    if marche.publie and marche.date_lancement:
        over.setdefault(EtapeProcedure.PUBLICATION, marche.date_lancement)
    if notified := jour_lu(marche.premiere):
        over.setdefault(EtapeProcedure.NOTIFICATION, notified)
    days = int(seuil("reponses_jours", made)) if jours_reponses is None else jours_reponses
    return Faits(row.notification_le, durees(made, row.formalisee), over, limite, days)


def calendrier_de(row: CalendrierProcedure, on: date) -> Calendrier:
    """Its calendar, with the last day to answer that the buyer's own settings give; one query more."""
    given = delais_of(row.marche, reglage_of(row.marche))
    days = (timezone.localtime(given.limite).date() - given.reponse).days if given else None
    return calendrier(faits_of(row, jours_reponses=days), on)


@dataclass(frozen=True)
class AFaire:
    """A step that waits for this reader."""

    procedure: CalendrierProcedure
    ligne: Ligne


def a_faire(acteur, on: date) -> list[AFaire]:
    """Steps that this buyer or this facilitator has to do within a month, the latest first; two queries."""
    mine = acteur.has(Role.FACILITATEUR)
    if mine:
        rows = SUIVIS.objects([acteur.organisation_id])
        prefetch_related_objects(rows, "etapes")
    else:
        rows = CalendrierProcedure.objects.visible_to(acteur).running().for_cards()
    found = [
        AFaire(row, ligne)
        for row in rows
        for ligne in calendrier(faits_of(row), on).lignes
        if ligne.etape.du_facilitateur == mine and ligne.etat in {EtatEtape.RETARD, EtatEtape.A_FAIRE}
        and ligne.fin <= on + timedelta(days=SOON)
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each.ligne.fin, each.procedure.pk))[:MOST]


def jours(row: CalendrierProcedure, found: Calendrier) -> list:
    """Its steps as the calendar file of renewals takes them."""
    about = SimpleNamespace(
        objet=row.marche.objet, marche=row.marche, modifie_le=row.modifie_le, get_absolute_url=row.get_absolute_url
    )
    return [
        SimpleNamespace(
            le=ligne.fin,
            genre=ligne.etape,
            titre=f"{ligne.etape.label}, au plus tard",
            consigne=f"{'Facilitateur' if ligne.etape.du_facilitateur else 'Acheteur'}. {found.verdict.reason}",
            identifiant=f"procedure-{row.pk}-{ligne.etape.value}",
            lot=about,
        )
        for ligne in found.lignes
        if not ligne.faite_le
    ]


@autres_jours
def jours_de(acteur, on: date) -> list:
    """Steps left of the procedures that this buyer prepares, for its shared calendar."""
    rows = CalendrierProcedure.objects.editable_by(acteur).running().for_cards()
    return [day for row in rows for day in jours(row, calendrier(faits_of(row), on))]

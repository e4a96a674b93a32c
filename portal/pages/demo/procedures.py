"""Two contracts that the buyer of the demonstration prepares with its facilitator: one in time, one that the clause
would put off."""

from datetime import date, timedelta

from clauses.enums import EtapeProcedure as E
from clauses.models import CalendrierProcedure, EtapeFaite
from marches.enums import TypeMarche
from marches.models import Lot, Marche
from structures.models import Organisation, Secteur

# title, sector, CPV, days before the wished notification, steps already done (days ago)
PROJETS = [
    ("Blanchisserie du linge des foyers de l'enfance", "textile.blanchisserie", "98310000", 160,
     [(E.CALCUL, 6)]),
    ("Entretien des aires de covoiturage", "espaces-verts.entretien", "77310000", 96,
     [(E.DOSSIER, 2)]),
]  # fmt: skip


def load(people: dict[str, Organisation], today: date) -> int:
    """Draft contracts with the calendar of their procedure; how many."""
    buyer, body = people["acheteur"].acheteur, people["facilitateur"].facilitateur
    for titre, secteur, cpv, days, steps in PROJETS:
        marche = Marche.objects.create(
            acheteur=buyer, objet=titre, type=TypeMarche.SERVICES, procedure="Appel d'offres ouvert", publie=False,
            fictif=True,
        )  # fmt: skip
        Lot.objects.create(
            marche=marche, objet=titre, cpv=cpv, secteur=Secteur.objects.filter(code=secteur).first(), duree_mois=24,
            clause_sociale=True, fictif=True,
        )  # fmt: skip
        row = CalendrierProcedure.objects.create(
            marche=marche, facilitateur=body, notification_le=today + timedelta(days=days)
        )
        EtapeFaite.objects.bulk_create(
            EtapeFaite(calendrier=row, etape=step, faite_le=today - timedelta(days=ago)) for step, ago in steps
        )
    return len(PROJETS)

"""What an attestation says: hours accepted today, by contract, of one organisation over whole months.

By month worked, whatever the accounts of closed years say: an attestation tells what was done, as it is known that day.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from clauses.enums import Etat
from clauses.models import ClauseSociale, Declaration, Facilitateur, Imputation
from clauses.stats.commun import ZERO, en_texte
from structures.models import Organisation

TITULAIRE, EMPLOYEUR = "titulaire", "employeur"
ROLES = {TITULAIRE: "Titulaire ou membre du groupement", EMPLOYEUR: "Employeur des personnes"}


def imputations(facilitateur: Facilitateur, organisation: Organisation, du: date, au: date) -> Any:
    """Hours of this organisation on the clauses of this body: declared by it, or worked for it."""
    rows = Imputation.objects.filter(clause__facilitateur=facilitateur, ligne__du__range=(du, au))
    return rows.filter(Q(declaration__organisation=organisation) | Q(ligne__employeur=organisation))


def attestables(facilitateur: Facilitateur) -> Any:
    """Organisations to which this body may attest hours: those that owe, declare or employ on its clauses."""
    clauses = ClauseSociale.objects.filter(facilitateur=facilitateur)
    declared = Declaration.objects.filter(clause__in=clauses.order_by().values("pk")).order_by().values("organisation")
    worked = Imputation.objects.filter(clause__in=clauses.order_by().values("pk"), etat=Etat.ACCEPTEE).order_by()
    found = Organisation.objects.filter(Q(pk__in=declared) | Q(pk__in=worked.values("ligne__employeur")))
    return found.order_by("nom_tri", "pk")


def chiffres(facilitateur: Facilitateur, organisation: Organisation, du: date, au: date) -> dict[str, Any]:
    """The figures as JSON keeps them: total, then a line by lot; four queries.

    `lignes`: [buyer's organisation, buyer, contract, lot, role, hours, training hours, people].
    """
    rows = imputations(facilitateur, organisation, du, au).filter(etat=Etat.ACCEPTEE)
    lot = "clause__lot"
    keys = (f"{lot}__marche__acheteur__organisation", f"{lot}__marche__objet", f"{lot}__objet")
    grouped = list(
        rows.order_by()
        .values_list(*keys, "declaration__organisation")
        .annotate(Sum("heures"), Sum("heures_formation"), Count("ligne__affectation__participant", distinct=True))
    )
    buyers = Organisation.objects.in_bulk({row[0] for row in grouped})
    lines = []
    for buyer, contract, label, declared, hours, training, people in grouped:
        role = TITULAIRE if declared == organisation.pk else EMPLOYEUR
        lines.append([buyer, str(buyers[buyer]), contract, label, role, en_texte(hours), en_texte(training), people])
    totals = rows.aggregate(
        heures=Sum("heures"),
        formation=Sum("heures_formation"),
        personnes=Count("ligne__affectation__participant", distinct=True),
    )
    pending = imputations(facilitateur, organisation, du, au).filter(etat=Etat.TRANSMISE)
    return {
        "version": 1,
        "organisation": organisation.nom,
        "identifiant": organisation.identifiant,
        "organisme": str(facilitateur),
        "heures": en_texte(totals["heures"] or ZERO),
        "formation": en_texte(totals["formation"] or ZERO),
        "personnes": totals["personnes"],
        "en_attente": pending.count(),
        "lignes": sorted(lines, key=lambda line: (line[1], line[2], line[3], line[4])),
    }


def extrait(figures: dict[str, Any], acheteurs: set[int]) -> dict[str, Any]:
    """The lines of these buyers alone, with their total; no number of people: theirs is in the yearly report."""
    lines = [line for line in figures.get("lignes", []) if line[0] in acheteurs]
    return figures | {
        "lignes": [[*line[:7], None] for line in lines],
        "heures": en_texte(sum((Decimal(line[5]) for line in lines), ZERO)),
        "formation": en_texte(sum((Decimal(line[6]) for line in lines), ZERO)),
        "personnes": None,
    }

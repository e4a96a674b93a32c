"""Feasibility estimates: a calculation kept with everything it rests on."""

from decimal import Decimal

from clauses.models import Estimation
from portal.permissions import Acteur

KEPT = ("montant", "part", "taux", "cout")


def keep_estimate(*, titre: str, results: list[dict], lot, by: Acteur) -> Estimation:
    """Keep the results of the calculator, figures as text so that every decimal comes back."""
    lines = [
        {name: f"{result[name]:f}" for name in KEPT}
        | {
            "nom": result["nom"],
            "part_source": result["part_source"],
            "heures": result["calcul"].arrondi,
            "exact": f"{result['calcul'].exact:f}"[:40],
        }
        for result in results
    ]
    return Estimation.objects.create(
        organisation=by.organisation, titre=titre, lot=lot, lignes=lines,
        heures=sum((Decimal(line["heures"]) for line in lines), Decimal(0)), par=by.user,
    )  # fmt: skip

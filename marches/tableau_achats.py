"""How purchases are shown: charts of the dashboard, preview of a file, its report. Ready for the templates."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice
from typing import Any

from marches.importers.achats import Annuaire, lire
from marches.models import FichierAchats
from marches.stats.achats import Synthese
from portal import charts
from portal.imports import Ecart, ImportReport
from portal.models import Depot

EURO = Decimal(1)
SHOWN = 20  # lines of a preview
MOST_SUPPLIERS = 5_000  # matched for the preview: enough to see that the right column was chosen


def figures(found: Synthese) -> dict[str, Any]:
    """Charts and their tables, by name."""
    years = sorted(found.annees.items())
    shares = [(str(year), round(part.part * 100, 1) if part.part is not None else None) for year, part in years]
    return {
        "evolution": charts.bar_chart(shares, unit="%", title="Part inclusive par année"),
        "types": charts.bar_chart(
            [(kind.value, montant.quantize(EURO, ROUND_HALF_UP)) for kind, montant in found.kinds],
            unit="€",
            title="Achats inclusifs par type",
        ),
    }


def apercu_of(depot: Depot, mapping: Mapping[str, str], annee: int | None, on: date) -> dict[str, Any]:
    """What a file would bring: its first 20 lines as understood, what would be set aside and why; nothing is written.

    The whole file is read. TableError when it cannot be.
    """
    report, first, years = ImportReport(depot.nom), [], Counter()
    suppliers: set[str] = set()
    total = 0
    for ligne in lire(depot, mapping, annee, on, report):
        if len(first) < SHOWN:
            first.append(ligne)
        years[ligne.annee] += 1
        total += ligne.montant
        if ligne.siret and len(suppliers) < MOST_SUPPLIERS:
            suppliers.add(ligne.siret)
    annuaire = Annuaire(on)
    annuaire.ask(suppliers | {ligne.siret for ligne in first})
    reasons = Counter(ecart.raison for ecart in report.ecartes).most_common()
    return {
        "lignes": [(ligne, annuaire[ligne.siret]) for ligne in first],
        "gardees": report.crees,
        "lues": report.lus,
        "total": total,
        "annees": sorted(years.items()),
        "raisons": reasons,
        "ecartes": len(report.ecartes),
        "exemples": list(islice(report.ecartes, SHOWN)),
        "sans_siret": len(report.signalements),
        "inclusifs": sum(1 for numero in suppliers if annuaire[numero].kind),
        "fournisseurs": len(suppliers),
    }


@dataclass(frozen=True)
class RapportAchats:
    """The saved report of a file; `ecartes_total` and `signales` count what the lists may not hold whole."""

    lus: int
    crees: int
    ecartes_total: int
    signales: int
    echec: str
    raisons: list[tuple[str, int]]
    ecartes: list[Ecart]
    signalements: list[Ecart]


def rapport_of(fichier: FichierAchats) -> RapportAchats:
    saved = fichier.rapport
    reasons = sorted(saved.get("ecartes_par_raison", {}).items(), key=lambda item: -item[1])
    return RapportAchats(
        saved.get("lus", 0), saved.get("crees", 0), saved.get("ecartes_total", 0), saved.get("signales", 0),
        saved.get("echec", ""), reasons,
        [Ecart(**ecart) for ecart in saved.get("ecartes", ())],
        [Ecart(**ecart) for ecart in saved.get("signalements", ())],
    )  # fmt: skip


@dataclass(frozen=True)
class Avancement:
    """How far the saving of a file is: `etape` attente, lecture or ecriture, lines read of `total` when it is known."""

    etape: str
    position: int
    total: int | None

    @property
    def pourcentage(self) -> int | None:
        return min(100, 100 * self.position // self.total) if self.total else None


def avancement_of(fichier: FichierAchats) -> Avancement:
    saved = fichier.rapport
    return Avancement(saved["etape"], saved.get("position", 0), saved.get("total"))

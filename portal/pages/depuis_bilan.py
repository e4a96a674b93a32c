"""A story that starts from a signed report: its figures, its contracts, who did the hours; the words are left to write.

Stories are public: figures about people are those that small counts let through for everybody.
"""

from decimal import Decimal
from itertools import groupby
from typing import Any

from clauses.enums import Situation
from clauses.models import Bilan, ClauseSociale
from clauses.rules import DURABLES, SMALLEST, masque
from marches.models import Lot, MembreGroupement, Titulaire
from portal.pages.models import ChiffreCle
from portal.templatetags.formats import jour, nombre
from structures.models import Structure

MOST = 20  # lots and structures linked from the start
TERME = 6  # months after which a lasting job is told


def source(bilan: Bilan) -> str:
    """What the figures rest on, and by which a story already begun is found again."""
    return f"Bilan n° {bilan.pk} signé le {jour(bilan.signe_le)} par {bilan.facilitateur}"[:200]


def titre(bilan: Bilan) -> str:
    hours = nombre(Decimal(bilan.chiffres["heures"]["acceptees"]))
    return f"{bilan.libelle[:110]}\u00a0: {hours} heures d'insertion"


def corps(bilan: Bilan, lots: list[Lot], structures: list[Structure]) -> str:
    """The four parts of a story, with what the report already knows; the rest is to be written."""
    subjects = ", ".join(dict.fromkeys(lot.objet for lot in lots)) or bilan.libelle
    names = ", ".join(dict.fromkeys(structure.nom for structure in structures)) or "à compléter"
    hours = nombre(Decimal(bilan.chiffres["heures"]["acceptees"]))
    return "\n\n".join(
        [
            "## Le besoin",
            f"{subjects}.",
            "## Qui a répondu",
            f"{names}.",
            "## Ce qui a été fait",
            f"Du {jour(bilan.du)} au {jour(bilan.au)}, {hours} heures d'insertion ont été réalisées et acceptées.",
            "## Et après",
            "Ce que les personnes sont devenues, ce qui a compté, ce qui reste à améliorer.",
        ]
    )


def chiffres(bilan: Bilan) -> list[ChiffreCle]:
    """Figures computed by the portal: hours, then people and jobs where their number says nothing of anyone."""
    figures = bilan.chiffres
    found: list[tuple[str, Decimal | int, str]] = [
        ("Heures d'insertion acceptées", Decimal(figures["heures"]["acceptees"]), "heures")
    ]
    training = Decimal(figures["heures"]["formation"])
    if training > 0:
        found.append(("Dont heures de formation", training, "heures"))
    people = figures["nombres"]["personnes"]
    if people >= SMALLEST:
        found.append(("Personnes en parcours", people, "personnes"))
    found += _sorties(figures["sorties"])
    period = f"du {jour(bilan.du)} au {jour(bilan.au)}"
    return [
        ChiffreCle(
            libelle=label, valeur=nombre(value), unite=unit, periode=period, source=source(bilan), rang=rank,
            origine=ChiffreCle.Origine.CALCULE,
        )
        for rank, (label, value, unit) in enumerate(found)
    ]  # fmt: skip


def _sorties(exits: dict[str, Any]) -> list[tuple[str, int, str]]:
    """Lasting jobs six months after, when the whole table may be told; hirings of five people or more."""
    found = []
    for terme, rows in groupby(exits["points"], key=lambda row: row[0]):
        cells = {label: count for _, label, count in rows}
        shown, total = masque(cells, sum(cells.values()))
        lasting = [shown.get(str(Situation(value).label), 0) for value in DURABLES]
        durable = sum(count for count in lasting if count is not None)
        if terme == TERME and total and None not in lasting and durable:
            found.append((f"Emplois durables à {TERME} mois, sur {total} personnes suivies", durable, ""))
    for key, who in (("chez_acheteur", "l'acheteur"), ("chez_titulaire", "le titulaire")):
        if exits[key] >= SMALLEST and exits["personnes"] - exits[key] >= SMALLEST:
            found.append((f"Personnes embauchées par {who}", exits[key], "personnes"))
    return found


def lots(bilan: Bilan) -> list[Lot]:
    """Lots whose hours the report counts."""
    clauses = [row[0] for row in bilan.chiffres["clauses"] if Decimal(row[3])]
    found = Lot.objects.filter(clauses__in=ClauseSociale.objects.filter(pk__in=clauses)).distinct()
    return list(found.select_related("marche").order_by("pk")[:MOST])


def structures(of: list[Lot]) -> list[Structure]:
    """Structures of the directory that hold these lots, alone or in the group that won them."""
    held = Titulaire.objects.filter(lot__in=of).values("organisation")
    joined = MembreGroupement.objects.filter(groupement__lot__in=of, groupement__retenu=True).values("organisation")
    rows = Structure.objects.filter(publiee=True)
    found = rows.filter(organisation__in=held) | rows.filter(organisation__in=joined)
    return list(found.distinct().order_by("nom_tri", "pk")[:MOST])

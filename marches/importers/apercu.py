"""What a file of contracts holds, told before anything is written: format, records, buyers, first faults."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from marches.importers.contrats import storable
from marches.importers.fichiers import Fichier
from marches.importers.formats import reconnaitre
from marches.rules.decp import nom_prefere
from marches.rules.decp.types import SIRET
from portal.imports import FichierRefuse, ImportReport

SHOWN = 10  # buyers named, and faults of each reason
PIECE = 2_000


@dataclass
class Apercu:
    """What one file holds; `refus` when it cannot be imported, and then nothing else. Saved as JSON."""

    nom: str
    refus: str = ""
    format: str = ""
    cle: str = ""
    empreinte: str = ""
    total: int = 0
    acheteurs: int = 0
    principaux: list[tuple[str, int, str]] = field(default_factory=list)  # SIRET, records, name that the file gives
    sirens: list[str] = field(default_factory=list)  # of the buyers, two at most: enough to say « one's own only »
    sociaux: int = 0
    reserves: int = 0
    modifies: int = 0
    rapport: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def apercevoir(fichier: Fichier, told: Callable[[int], None] | None = None) -> Apercu:
    """Read a whole file without a write, at constant memory; `told` hears of every 2 000 records."""
    found = Apercu(fichier.nom)
    try:
        _read(fichier, found, told)
    except FichierRefuse as refusal:
        return Apercu(fichier.nom, refus=str(refusal))
    return found


def _read(fichier: Fichier, found: Apercu, told: Callable[[int], None] | None) -> None:
    found.empreinte = fichier.empreinte()  # what unpacks beyond reason is refused here, before it is read
    format = reconnaitre(fichier)
    report, buyers, names = ImportReport(fichier.nom, plafond=SHOWN), Counter[str](), dict[str, str]()
    with fichier.ouvrir() as file:
        for piece in _pieces(format.records(file)):
            for rank, raw in enumerate(report.reading(piece), start=report.lus + 1):
                lu = format.read(storable(raw)[0])
                if lu.refus:
                    report.set_aside(rank, lu.refus)
                    continue
                for reason, value in lu.problemes:
                    report.flag(rank, reason, value)
                buyers[lu.acheteur] += 1
                name = lu.denominations.get((SIRET, lu.acheteur), "")
                names[lu.acheteur] = nom_prefere(names.get(lu.acheteur, ""), name)
                found.sociaux += lu.clause_sociale or lu.critere_social or lu.reserve
                found.reserves += lu.reserve
                found.modifies += bool(lu.modifications)
            if told:
                told(report.lus)
    found.format, found.cle = format.nom, format.cle
    found.total, found.acheteurs = report.lus, len(buyers)
    found.principaux = [(siret, number, names[siret]) for siret, number in buyers.most_common(SHOWN)]
    found.sirens = sorted({siret[:9] for siret in buyers})[:2]
    found.rapport = report.as_dict()


def _pieces(records: Iterator[Any]) -> Iterator[list[Any]]:
    while piece := list(islice(records, PIECE)):
        yield piece

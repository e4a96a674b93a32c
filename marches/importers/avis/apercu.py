"""What a file of notices holds, told before anything is written: number, natures, what is new, what is amiss."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, BinaryIO

from marches.enums import FormatAvis, NatureAvis
from marches.importers.avis import lectures, readable
from marches.rules import mentions
from marches.rules.avis import AvisLu, PartieLue
from marches.upsert.avis import Annonce, connus, signaler
from portal.imports import FichierRefuse, ImportReport

SHOWN = 10  # buyers named, and faults of each reason
PIECE = 20  # notices between two words of progress


@dataclass
class ApercuAvis:
    """What one file holds; `refus` when it cannot be imported, and then nothing else. Saved as JSON.

    `nouveaux`, `completes` and `connus` make up the notices to import: unknown to the portal, known but saying
    something else, known to the letter. `reserves` counts the notices that announce or mention a reservation,
    `sans_siret` the names of buyers, holders and subcontractors that somebody will have to match.
    """

    nom: str
    refus: str = ""
    avis: bool = True
    total: int = 0
    nouveaux: int = 0
    completes: int = 0
    connus: int = 0
    lots: int = 0
    reserves: int = 0
    sans_siret: int = 0
    du: str = ""  # days of publication, ISO 8601
    au: str = ""
    formats: list[tuple[str, int]] = field(default_factory=list)
    natures: list[tuple[str, int]] = field(default_factory=list)
    principaux: list[tuple[str, int]] = field(default_factory=list)  # buyers as published, notices
    rapport: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def apercevoir_avis(file: BinaryIO, nom: str, told: Callable[[int], None] | None = None) -> ApercuAvis:
    """Read a whole file without a write, one notice at a time in memory; `told` hears of every 20 notices."""
    found = ApercuAvis(nom)
    try:
        with readable():
            _read(file, found, told)
    except FichierRefuse as refusal:
        return ApercuAvis(nom, refus=str(refusal))
    return found


def _read(file: BinaryIO, found: ApercuAvis, told: Callable[[int], None] | None) -> None:
    report = ImportReport(found.nom, plafond=SHOWN)
    natures, formats, buyers = Counter[str](), Counter[str](), Counter[str]()
    announced, unmatched, days = list[Annonce](), set[str](), list[date]()
    for lecture in lectures(file, report):
        lu = lecture.lu
        signaler(lecture, report)
        announced.append(Annonce.of(lecture))
        natures[lu.nature] += 1
        formats[lu.format] += 1
        buyers.update({party.nom for party in lu.acheteurs if party.nom})
        unmatched.update(party.cle for party in _parties(lu) if party.nom and not party.siret)
        found.lots += len(lu.lots)
        found.reserves += bool(mentions.avis_mentionne(lu))
        if day := lu.publie_le or lu.envoye_le:
            days = [min([day, *days]), max([day, *days])]
        if told and report.lus % PIECE == 0:
            told(report.lus)
    found.total = report.lus
    found.nouveaux, found.completes, found.connus = connus(announced)
    found.sans_siret = len(unmatched)
    found.du, found.au = (day.isoformat() for day in days) if days else ("", "")
    found.formats = [(FormatAvis(key).label, number) for key, number in formats.most_common()]
    found.natures = [(NatureAvis(key).label, natures[key]) for key in NatureAvis.values if natures[key]]
    found.principaux = buyers.most_common(SHOWN)
    found.rapport = report.as_dict()


def _parties(lu: AvisLu) -> Iterator[PartieLue]:
    yield from lu.acheteurs
    for result in lu.resultats:
        yield from result.titulaires
        yield from result.sous_traitants

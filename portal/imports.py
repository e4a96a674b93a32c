"""What an import says of itself: every record read ends in exactly one count, and what was left out says why."""

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

T = TypeVar("T")

GZIP_MAGIC = b"\x1f\x8b"
DETAILS_ON_CONSOLE = 20  # the saved report holds them all


class FichierRefuse(Exception):
    """A file refused whole; the message, in French, says what to do."""


@dataclass(frozen=True)
class Ecart:
    """One record set aside or flagged: `ligne` counts from 1 in the file, None where lines mean nothing."""

    ligne: int | None
    raison: str
    valeur: str = ""

    def __str__(self) -> str:
        where = f"ligne {self.ligne}\u00a0: " if self.ligne is not None else ""
        return where + self.raison + (f" («\u00a0{self.valeur}\u00a0»)" if self.valeur else "")


@dataclass
class ImportReport:
    """The counts of one file: lus = crees + mis_a_jour + inchanges + nb_ecartes.

    `signalements` are records kept although something is wrong with them (an invalid SIRET, say): they are counted
    among the four as well. With a `plafond`, the details of each reason stop at that many, so that a file of millions
    of faults fits in memory; its counts stay exact.
    """

    source: str
    lus: int = 0
    crees: int = 0
    mis_a_jour: int = 0
    inchanges: int = 0
    ecartes: list[Ecart] = field(default_factory=list)
    signalements: list[Ecart] = field(default_factory=list)
    plafond: int | None = None
    raisons_ecartees: Counter[str] = field(default_factory=Counter)
    raisons_signalees: Counter[str] = field(default_factory=Counter)

    @property
    def nb_ecartes(self) -> int:
        return self.raisons_ecartees.total()

    @property
    def nb_signalements(self) -> int:
        return self.raisons_signalees.total()

    def read(self, number: int = 1) -> None:
        """Count records met in the file, before anything is known of them."""
        self.lus += number

    def reading(self, records: Iterable[T]) -> Iterator[T]:
        """Hand the records on one by one, each counted as read."""
        for record in records:
            self.read()
            yield record

    def created(self, number: int = 1) -> None:
        self.crees += number

    def updated(self, number: int = 1) -> None:
        self.mis_a_jour += number

    def unchanged(self, number: int = 1) -> None:
        self.inchanges += number

    def set_aside(self, line: int | None, reason: str, value: object = "") -> None:
        """Leave one record out, and say why."""
        self._note(self.ecartes, self.raisons_ecartees, line, reason, value)

    def flag(self, line: int | None, reason: str, value: object = "") -> None:
        """Keep one record, and say what is wrong with it."""
        self._note(self.signalements, self.raisons_signalees, line, reason, value)

    def _note(self, details: list[Ecart], counts: Counter[str], line: int | None, reason: str, value: object) -> None:
        counts[reason] += 1
        if self.plafond is None or counts[reason] <= self.plafond:
            details.append(Ecart(line, reason, _text(value)))

    def check(self) -> None:
        """Raise ValueError when a record read was counted nowhere, or twice."""
        counted = self.crees + self.mis_a_jour + self.inchanges + self.nb_ecartes
        if self.lus != counted:
            raise ValueError(
                f"{self.source}\u00a0: {self.lus} enregistrements lus, mais {counted} comptés "
                f"({self.crees} créés, {self.mis_a_jour} mis à jour, {self.inchanges} inchangés, "
                f"{self.nb_ecartes} écartés)."
            )

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON takes it."""
        return {
            "fichier": self.source,
            "lus": self.lus,
            "crees": self.crees,
            "mis_a_jour": self.mis_a_jour,
            "inchanges": self.inchanges,
            "ecartes": [_detail(ecart) for ecart in self.ecartes],
            "signalements": [_detail(ecart) for ecart in self.signalements],
            "raisons_ecartees": dict(self.raisons_ecartees),
            "raisons_signalees": dict(self.raisons_signalees),
        }

    @classmethod
    def from_dict(cls, saved: dict[str, Any], plafond: int | None = None) -> "ImportReport":
        """A report that goes on from what `as_dict` gave."""
        report = cls(saved["fichier"], saved["lus"], saved["crees"], saved["mis_a_jour"], saved["inchanges"])
        report.plafond = plafond
        report.ecartes = [Ecart(**each) for each in saved["ecartes"]]
        report.signalements = [Ecart(**each) for each in saved["signalements"]]
        report.raisons_ecartees = Counter(saved["raisons_ecartees"])
        report.raisons_signalees = Counter(saved["raisons_signalees"])
        return report

    def as_text(self) -> str:
        """The report for the console, in French: one line of counts, then the first details."""
        counts = ", ".join(
            (
                plural(self.lus, "enregistrement lu", "enregistrements lus"),
                plural(self.crees, "créé", "créés"),
                plural(self.mis_a_jour, "mis à jour", "mis à jour"),
                plural(self.inchanges, "inchangé", "inchangés"),
                plural(self.nb_ecartes, "écarté", "écartés"),
                plural(self.nb_signalements, "signalé", "signalés"),
            )
        )
        lines = [f"{self.source}\u00a0: {counts}.", *_details("Écarté", self.ecartes, self.nb_ecartes)]
        return "\n".join([*lines, *_details("Signalé", self.signalements, self.nb_signalements)])

    def save(self, path: str | Path) -> None:
        """Write the report to `path` as JSON in UTF-8, making its folder where needed."""
        save_json(self.as_dict(), path)


def combine(reports: Iterable[ImportReport]) -> dict[str, Any]:
    """Several reports as one dictionary of the same shape, for JSON: each count summed, each record set aside or
    flagged with its `fichier`; every report stands whole under `fichiers`."""
    reports = list(reports)
    set_aside, flagged = Counter[str](), Counter[str]()
    for report in reports:
        set_aside += report.raisons_ecartees
        flagged += report.raisons_signalees
    return {
        "lus": sum(report.lus for report in reports),
        "crees": sum(report.crees for report in reports),
        "mis_a_jour": sum(report.mis_a_jour for report in reports),
        "inchanges": sum(report.inchanges for report in reports),
        "ecartes": [{"fichier": report.source, **_detail(ecart)} for report in reports for ecart in report.ecartes],
        "signalements": [
            {"fichier": report.source, **_detail(ecart)} for report in reports for ecart in report.signalements
        ],
        "raisons_ecartees": dict(set_aside),
        "raisons_signalees": dict(flagged),
        "fichiers": [report.as_dict() for report in reports],
    }


def save_json(content: dict[str, Any], path: str | Path) -> None:
    """Write `content` to `path` as readable JSON in UTF-8, making its folder where needed."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n", encoding="utf-8")


def open_maybe_gzip(source: str | Path | BinaryIO) -> BinaryIO | gzip.GzipFile:
    """The bytes of a file, decompressed when it is gzip (its content decides, not its name).

    A path, or a binary file that can be read twice. FichierRefuse when there is no such file; a damaged archive shows
    later, as EOFError, OSError or zlib.error.
    """
    if not isinstance(source, (str, Path)):
        return gzip.GzipFile(fileobj=source) if _is_gzip(source) else source
    try:
        file = open(source, "rb")  # noqa: SIM115 — the caller closes it
    except OSError as error:
        raise FichierRefuse(
            f"Le fichier «\u00a0{source}\u00a0» ne peut pas être lu\u00a0: vérifiez son nom et ses droits."
        ) from error
    if not _is_gzip(file):
        return file
    file.close()
    return gzip.open(source, "rb")


def _is_gzip(file: BinaryIO) -> bool:
    magic = file.read(len(GZIP_MAGIC))
    file.seek(0)
    return magic == GZIP_MAGIC


def plural(number: int, one: str, many: str) -> str:
    """« 0 créé », « 2 créés »: in French, plural begins at 2."""
    return f"{number} {many if abs(number) >= 2 else one}"


def _detail(ecart: Ecart) -> dict[str, Any]:
    return {"ligne": ecart.ligne, "raison": ecart.raison, "valeur": ecart.valeur}


def _details(title: str, ecarts: list[Ecart], total: int) -> list[str]:
    shown = [f"  {title}, {ecart}" for ecart in ecarts[:DETAILS_ON_CONSOLE]]
    hidden = total - len(shown)
    if hidden:
        shown.append(f"  … et {plural(hidden, 'autre', 'autres')} dans le rapport complet.")
    return shown


def _text(value: object) -> str:
    return "" if value is None else str(value)

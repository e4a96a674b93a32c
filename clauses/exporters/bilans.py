"""Figures of a report as tables, according to who reads them: one list for the page, the PDF, the CSV and the XLSX."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from itertools import groupby
from typing import Any

from clauses.enums import Situation
from clauses.rules import DURABLES, en_mots, masque, masque_ensemble, part
from portal import charts
from portal.templatetags.formats import accord, heures, mois, nombre, pourcent

CACHE = "nc"
LEGENDE = (
    "nc\u00a0: non communiqué. Un effectif de 1 à 4 personnes n'est pas publié, ni le plus petit des autres quand il "
    "permettrait de le retrouver par soustraction\u00a0; les heures qui diraient qui sont ces personnes non plus."
)
ENSEMBLE = "Dues par tout le groupement, sans part de chaque membre"
TITRES = {
    "modalite": "Par modalité",
    "employeur": "Par famille d'employeurs",
    "contrat": "Par type de contrat",
    "sexe": "Par sexe",
    "age": "Par tranche d'âge, à l'entrée",
    "critere": "Par critère d'éligibilité",
    "qpv": "Quartiers prioritaires de la politique de la ville",
    "niveau": "Par niveau de formation",
}
DESSINES = {"modalite", "employeur", "critere"}
DES_PERSONNES = {"critere", "qpv", "niveau"}  # what an employer does not read of its people
# Who people are: where a buyer may not read their number, their hours would tell as much (« travailleur handicapé »).
PROFIL = DES_PERSONNES | {"sexe", "age"}


class Regard(Enum):
    """Who reads: the facilitator knows all; a buyer no small count; an organisation nothing of people's criteria."""

    FACILITATEUR = "facilitateur"
    ACHETEUR = "acheteur"
    ORGANISATION = "organisation"


@dataclass(frozen=True)
class Tableau:
    """A title, columns, rows whose `libelles` first cells are labels; hours are Decimal, people int or « nc »."""

    titre: str
    entetes: list[str]
    lignes: list[list]
    dessin: Any = ""
    libelles: int = 1

    @property
    def imprimees(self) -> list[list[str]]:
        """The rows as French readers read them."""
        return [[_printed(cell) for cell in row] for row in self.lignes]


@dataclass(frozen=True)
class Bilan:
    """A report to read: figures (value, label), tables, and a note on what is hidden."""

    resume: list[tuple[str, str]]
    tableaux: list[Tableau]
    notes: list[str] = field(default_factory=list)


def montrer(chiffres: Mapping[str, Any], regard: Regard, *, personnes: bool = True) -> Bilan:
    """The report that this reader may read; `personnes` False: no number of people at all (see `rules.masque`)."""
    hours = {name: Decimal(value) for name, value in chiffres["heures"].items()}
    counts = chiffres["nombres"]
    told = _told(chiffres, regard, personnes)
    tables = [_hours_table(hours), *_class_tables(chiffres, regard, told), *_months(chiffres)]
    tables += _clauses(chiffres, told) + (_exits(chiffres, regard) if regard != Regard.ORGANISATION else [])
    if regard != Regard.ORGANISATION and personnes:
        tables += _trainings(chiffres, regard)
    people = told["personnes"]
    summary = [
        (heures(hours["acceptees"]), "acceptées sur la période"),
        (heures(hours["total"]), _cumulees(hours)),
        (heures(hours["formation"]), "de formation"),
        (nombre(counts["clauses"]), f"{accord(counts['clauses'], 'clause,clauses')} en cours sur la période"),
    ]
    if people is not None:
        summary.append((nombre(people), "personnes" if people > 1 else "personne"))
        if people and hours["acceptees"] > 0:
            summary.append((heures(hours["acceptees"] / people), "en moyenne par personne"))
    elif personnes:
        summary.append((CACHE, "personnes"))
    trained, offered = chiffres.get("formees", (0, 0))
    if trained and regard != Regard.ACHETEUR:  # a buyer reads trainings in their table, where small numbers are hidden
        summary.append((nombre(trained), accord(trained, "personne formée,personnes formées")))
        summary.append((nombre(offered), accord(offered, "mission proposée ensuite,missions proposées ensuite")))
    notes = [] if regard != Regard.ACHETEUR else [LEGENDE]
    if hours["corrections"]:
        notes.append(
            f"Dont {heures(hours['corrections'])} de corrections d'années déjà closes, comptées dans cette période."
        )
    closed = chiffres.get("closes", [])
    if closed:
        years = ", ".join(str(year) for year in closed)
        notes.append(f"Année close\u00a0: {years}. Ce qui en a été accepté ou corrigé depuis compte dans la suivante.")
    if not personnes and regard == Regard.ACHETEUR:
        notes.append(
            "Le nombre de personnes et leur profil se lisent dans le bilan annuel de l'acheteur, où ils ne désignent "
            "personne."
        )
    return Bilan(summary, [table for table in tables if table.lignes], notes)


def _cumulees(hours: Mapping[str, Decimal]) -> str:
    """What the hours done since the beginning answer to."""
    together = hours.get("dues_ensemble", Decimal(0))
    if hours["dues"] or not together:
        return f"cumulées, pour {heures(hours['dues'])} dues"
    return f"cumulées\u00a0; tout le groupement en doit {heures(together)}"


def _told(chiffres, regard: Regard, personnes: bool) -> dict[str, Any]:
    """People by table and in all, as this reader may know them."""
    cells: dict[Hashable, dict[Any, int]] = {
        name: {row[0]: row[3] for row in rows} for name, rows in chiffres["tables"].items()
    }
    cells["clauses"] = {row[0]: row[5] for row in chiffres["clauses"]}
    total = chiffres["nombres"]["personnes"]
    if not personnes:
        return {str(name): dict.fromkeys(keys) for name, keys in cells.items()} | {"personnes": None}
    if regard != Regard.ACHETEUR:
        return {str(name): table for name, table in cells.items()} | {"personnes": total}
    shown, total = masque_ensemble(cells, total)
    return {str(name): table for name, table in shown.items()} | {"personnes": total}


def _hours_table(hours: Mapping[str, Decimal]) -> Tableau:
    rows = [
        ["Dues à la fin de la période", hours["dues"]],
        *([[ENSEMBLE, hours["dues_ensemble"]]] if hours.get("dues_ensemble") else []),
        ["Dont devenues dues pendant la période", hours["dues_periode"]],
        ["Déclarées sur la période", hours["declarees"]],
        ["Acceptées sur la période", hours["acceptees"]],
        ["Dont formation", hours["formation"]],
        ["Dont corrections d'années closes", hours["corrections"]],
        ["Acceptées depuis l'origine", hours["cumul"]],
        ["Reprises, réalisées avant le suivi sur le portail", hours["reprises"]],
        ["Total réalisé, reprises comprises", hours["total"]],
    ]
    share = part(hours["total"], hours["dues"])
    if share is not None:
        rows.append(["Part des heures dues", pourcent(share)])
    return Tableau("Heures", ["Heures", "Nombre"], rows)


def _class_tables(chiffres, regard: Regard, told) -> list[Tableau]:
    found = []
    for name, title in TITRES.items():
        if regard == Regard.ORGANISATION and name in DES_PERSONNES:
            continue
        if regard == Regard.ACHETEUR and told["personnes"] is None and name in PROFIL:
            continue  # of four people at most, a class alone says who they are
        rows = chiffres["tables"].get(name, [])
        whole = sum((Decimal(row[1]) for row in rows), Decimal(0))
        lines = []
        for label, worked, training, _ in rows:
            people = told[name].get(label)
            if people is None and regard == Regard.ACHETEUR and name in PROFIL:
                lines.append([label, CACHE, CACHE, CACHE, CACHE])
                continue
            share = pourcent(part(Decimal(worked), whole) or 0)
            lines.append([label, Decimal(worked), share, Decimal(training), _cell(people)])
        drawing = ""
        drawn = [(row[0], row[1]) for row in lines if row[1] != CACHE]
        if name in DESSINES and drawn:
            drawing = charts.bar_chart(drawn, unit="h", title=title)
        found.append(Tableau(title, ["", "Heures", "Part", "Dont formation", "Personnes"], lines, drawing))
    return found


def _months(chiffres) -> list[Tableau]:
    rows = [(date.fromisoformat(day), Decimal(hours)) for day, hours in chiffres["mois"]]
    if not rows:
        return []
    drawing = charts.small_multiples_months({"Heures": dict(rows)}, unit="h", title="Heures acceptées par mois")
    return [Tableau("Par mois", ["Mois", "Heures"], [[mois(day).capitalize(), hours] for day, hours in rows], drawing)]


def _clauses(chiffres, told) -> list[Tableau]:
    rows = [
        [
            label,
            "non réparties" if dues is None else Decimal(dues),
            Decimal(hours),
            Decimal(repris),
            _cell(told["clauses"].get(pk)),
        ]
        for pk, label, dues, hours, repris, _ in chiffres["clauses"]
    ]
    headings = ["Lot", "Dues", "Acceptées sur la période", "Reprises", "Personnes"]
    return [Tableau("Par clause", headings, rows)] if rows else []


def _exits(chiffres, regard: Regard) -> list[Tableau]:
    """By term: what people who left had become; durable is a CDI, or a CDD over six months."""
    found = chiffres["sorties"]
    due = dict(found.get("attendus", []))
    durable = {str(Situation(value).label) for value in DURABLES}
    rows = []
    for terme, points in groupby(found["points"], key=lambda row: row[0]):
        cells = {label: number for _, label, number in points}
        total = sum(cells.values())
        shown, told = masque(cells, total) if regard == Regard.ACHETEUR else (dict(cells), total)
        when = f"À {terme} mois" if terme else "Le jour de la sortie"
        rows += [[when, label, _cell(count), _share(count, told)] for label, count in shown.items()]
        lasting = [count for label, count in shown.items() if label in durable]
        if told is not None and None not in lasting:
            stable = sum(count for count in lasting if count is not None)
            rows.append([when, "Dont sorties durables", stable, _share(stable, told)])
        rows.append([when, "Personnes suivies", _cell(told), ""])
        if regard == Regard.FACILITATEUR and terme in due:
            rows.append([when, "Personnes à suivre à ce terme", due[terme], ""])
    if regard == Regard.FACILITATEUR and found["personnes"]:
        rows.append(["Ensemble", "Personnes sorties", found["personnes"], ""])
        for label, key in (("l'acheteur", "chez_acheteur"), ("le titulaire", "chez_titulaire")):
            share = _share(found[key], found["personnes"])
            rows.append(["Ensemble", f"Embauchées par {label}", found[key], share])
    columns = ["Terme", "Situation", "Personnes", "Part"]
    return [Tableau("Sorties et suites", columns, rows, libelles=2)] if rows else []


def _trainings(chiffres, regard: Regard) -> list[Tableau]:
    """What trainings that ended in the period led to; their hours tell nothing that their number hides."""
    found = chiffres.get("formations", [])
    counts = {row[0]: row[1] for row in found}
    total = sum(counts.values())
    shown, told = masque(counts, total) if regard == Regard.ACHETEUR else (dict(counts), total)
    rows = [[label, _cell(shown[label]), _share(shown[label], told)] for label, *_ in found]
    if rows:
        rows.append(["Formations terminées", _cell(told), ""])
    return [Tableau("Formations terminées", ["Résultat", "Formations", "Part"], rows)] if rows else []


def _share(count: int | None, whole: int | None) -> str:
    if count is None or not whole:
        return ""
    return f"{pourcent(part(count, whole) or 0)} ({en_mots(count, whole)})"


# Out -----------------------------------------------------------------------------------------------------------------
ENTETES = ["Tableau", "Ligne", "Mesure", "Valeur"]


def lignes(bilan: Bilan, faits: Iterable[tuple[str, str]] = ()) -> list[list]:
    """The report as one long table: table, row, measure, value."""
    rows: list[list] = [["Bilan", name, "", value] for name, value in faits]
    for table in bilan.tableaux:
        labels = table.libelles
        for row in table.lignes:
            name = " : ".join(str(cell) for cell in row[:labels])
            pairs = zip(table.entetes[labels:], row[labels:], strict=True)
            rows += [[table.titre, name, heading, cell] for heading, cell in pairs if cell != ""]
    return rows + [["Note", note, "", ""] for note in bilan.notes]


def document(bilan: Bilan, *, titre: str, organisme: str, mention: str, faits, signature: str = "") -> dict[str, Any]:
    """The data of `templates/pdf/bilan.typ`."""
    return {
        "titre": titre,
        "organisme": organisme,
        "mention": mention,
        "faits": [list(fact) for fact in faits],
        "chiffres": [list(figure) for figure in bilan.resume],
        "tableaux": [
            {
                "titre": table.titre,
                "entetes": [h or "Ensemble" for h in table.entetes],
                "lignes": table.imprimees,
                "libelles": table.libelles,
            }
            for table in bilan.tableaux
        ],
        "notes": bilan.notes,
        "signature": signature,
    }


def _cell(count: int | None) -> int | str:
    return CACHE if count is None else count


def _printed(cell: Any) -> str:
    return heures(cell) if isinstance(cell, Decimal) else nombre(cell) if isinstance(cell, int) else str(cell)

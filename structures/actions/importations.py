"""Files of structures brought by a network or the administration: tried, imported, taken back."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.imports import FichierRefuse, ImportReport
from portal.models import Depot, Importation
from portal.permissions import Acteur, Role
from structures.actions.activites import release
from structures.importers import depots, tableau
from structures.importers.common import make_networks
from structures.importers.tableau import Choix
from structures.models import Activite, Organisation, Reseau, SourceStructure, Structure
from structures.search_index import reindex
from structures.upsert import SOURCES, TYPED, Fiche, fold, foresee, import_fiches
from structures.upsert.fiche import FROM_FILES, PLACE, PLAIN, WRITTEN, rewrite

FEW = 500  # lines imported while the browser waits; more go to the queue
SHOWN = 20
FORMATS = tuple(SOURCES)  # those of structures
REASON = "import_annule"
ATTENTE, LECTURE, ECRITURE = "attente", "lecture", "ecriture"
# What an import writes of itself: anything else that points to a structure holds it.
OF_IMPORTS = frozenset(
    {"structures.SourceStructure", "structures.Activite", "structures.Structure_reseaux", "structures.LigneExport"}
)


# Before -------------------------------------------------------------------------------------------------------------
def reconnaitre(depot: Depot, *, by: Acteur) -> Choix | None:
    """Say what a file is, and for whom it comes; None when its columns are still to be chosen."""
    name = depots.recognise(depot)
    known = depots.NATIONALES.get(name)
    day = known.publie_le if known else None
    depot.choix = depot.choix | de_la_part(by) | {"format": name, "publie_le": day.isoformat() if day else ""}
    depot.save(update_fields=["choix"])
    return Choix.read(depot.choix)


def dater(depot: Depot, day: date | None) -> None:
    """Say when an official list was published; None when nobody knows."""
    depot.choix |= {"publie_le": day.isoformat() if day else ""}
    depot.save(update_fields=["choix"])


def choisir(depot: Depot, colonnes: dict[str, str], kind: str, *, by: Acteur) -> None:
    """Read a file as a free table with these columns."""
    depot.choix = de_la_part(by) | {"format": tableau.FORMAT, "colonnes": colonnes, "kind": kind}
    depot.save(update_fields=["choix"])


def de_la_part(by: Acteur) -> dict[str, Any]:
    """On whose behalf a file comes."""
    reseau = reseau_of(by)
    return {
        "reseau": reseau.slug if reseau else "",
        "organisation": by.organisation_id or 0,
        "officiel": by.has(Role.ADMINISTRATION),
    }


def reseau_of(by: Acteur) -> Reseau | None:
    """The network on whose behalf a file comes, when there is one."""
    if not by.has(Role.RESEAU):
        return None
    return Reseau.objects.filter(organisation=by.organisation_id or 0).first()


@dataclass
class Essai:
    """What an import would do: its report, and its first lines with what becomes of each."""

    report: ImportReport
    lignes: list[tuple[Fiche, str]] = field(default_factory=list)


def essayer(depot: Depot, on: date) -> Essai:
    """Try the import without a write; FichierRefuse when the file cannot be read."""
    choix = Choix.read(depot.choix)
    if choix is None:
        raise FichierRefuse("Choisissez d'abord les colonnes du fichier.")
    report = ImportReport(depot.nom)
    fiches = list(depots.fiches(depot, choix, report, on))
    states = foresee(fiches, choix.format, report)
    return Essai(report, [(fiche, states[fiche.ligne]) for fiche in fiches[:SHOWN]])


# Importing ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def importer(depot: Depot, *, by: Acteur) -> Importation:
    """Import the file, at once when it is short, else in the queue; the depot goes once it has been read.
    FichierRefuse when it cannot be read."""
    from structures.tasks import import_depot

    choix = Choix.read(depot.choix)
    if choix is None:
        raise FichierRefuse("Choisissez d'abord les colonnes du fichier.")
    lines = depots.lines(depot, choix)
    importation = Importation.objects.create(
        format=choix.format,
        fichier=depot.nom,
        par=by.user,
        total=lines,
        rapport={"organisation": by.organisation_id, "etape": ATTENTE},
    )
    if lines <= FEW:
        run(importation.pk, depot.pk)
    else:
        import_depot.enqueue(importation.pk, depot.pk)
    importation.refresh_from_db()
    return importation


def run(importation_id: int, depot_id: int) -> None:
    """Do one import of `importer`, whole or not at all; nothing when it has been done."""
    importation = Importation.objects.get(pk=importation_id)
    depot = Depot.objects.filter(pk=depot_id).first()
    if importation.terminee_le:
        return
    report = ImportReport(importation.fichier)
    try:
        choix = Choix.read(depot.choix) if depot else None
        if depot is None or choix is None:
            raise FichierRefuse("Le fichier n'est plus là\u00a0: déposez-le de nouveau.")
        on = timezone.localdate(importation.commencee_le)
        _say(importation, LECTURE, 0)
        fiches = list(depots.fiches(depot, choix, report, on, lambda read: _say(importation, LECTURE, read)))
        _say(importation, ECRITURE, report.lus)
        with transaction.atomic():
            made = make_networks(fiches) if choix.officiel else []
            import_fiches(fiches, importation, report, keep_untraced=True)
            report.check()
            depot.delete()
        said = report.as_dict() | {"reseaux_crees": made}
    except FichierRefuse as refusal:
        said = {"echec": str(refusal)}
    _end(importation, said)


def stopped(importation_id: int) -> None:
    """Say that an import met an error nobody foresaw: nothing of it was written."""
    _end(
        Importation.objects.get(pk=importation_id),
        {"echec": "une erreur imprévue a arrêté l'import, signalez-la à l'administration du portail."},
    )


def _say(importation: Importation, etape: str, lus: int) -> None:
    """Let the page that follows an import know how far it is; one query."""
    importation.rapport["etape"], importation.position = etape, lus
    importation.save(update_fields=["rapport", "position"])


def _end(importation: Importation, said: dict[str, Any]) -> None:
    kept = {name: value for name, value in importation.rapport.items() if name != "etape"}
    importation.rapport = kept | said
    importation.terminee_le = timezone.now()
    importation.save(update_fields=["rapport", "terminee_le"])


# Taking back --------------------------------------------------------------------------------------------------------
@dataclass
class Annulation:
    """What became of the structures that an import spoke of."""

    retrouvees: int = 0  # say again what the other sources say
    retirees: int = 0
    depubliees: list[str] = field(default_factory=list)
    gardees: list[str] = field(default_factory=list)
    organisations: int = 0


class DejaAnnulee(Exception):
    """Taken back before."""


@transaction.atomic
def annuler(importation: Importation, *, by: Acteur) -> Annulation:
    """Take an import back: its records go, or say what they said before it; structures say again what their other
    sources say. Those that nothing holds any more are removed; history keeps them."""
    importation = Importation.objects.select_for_update().get(pk=importation.pk)
    if "annulation" in importation.rapport:
        raise DejaAnnulee
    result = Annulation()
    gone, restored = _take_records_back(importation)
    touched = {record.structure_id for record in [*gone, *restored]}
    _leave_networks([*gone, *restored])
    sourced = set(SourceStructure.objects.filter(structure__in=touched).values_list("structure_id", flat=True))
    _hand_down([record.structure_id for record in gone if record.donnees.get("cree")])
    _empty_unsaid(sourced, [*gone, *restored])
    fold(sourced)
    result.retrouvees = len(sourced)
    of_structure: dict[int, list[SourceStructure]] = defaultdict(list)
    for record in gone:
        of_structure[record.structure_id].append(record)
    bare = Structure.objects.filter(pk__in=touched - sourced).select_related("organisation").order_by("pk")
    for structure in bare:
        _settle(structure, of_structure[structure.pk], result, by)
    for reseau in Reseau.objects.filter(slug__in=importation.rapport.get("reseaux_crees", ()), organisation=None):
        if not _pointed_at(reseau, frozenset()):
            reseau.delete()
    importation.rapport = importation.rapport | {
        "annulation": asdict(result) | {"le": timezone.now().isoformat(), "par": str(by.user)}
    }
    importation.save(update_fields=["rapport"])
    return result


def _take_records_back(importation: Importation) -> tuple[list[SourceStructure], list[SourceStructure]]:
    """Delete the records of an import, or give them back what they said before; both lists as they were."""
    records = list(SourceStructure.objects.filter(importation=importation).order_by("pk"))
    cancelled = set(
        Importation.objects.filter(rapport__has_key="annulation").values_list("pk", flat=True)
    )  # their words do not come back
    gone, restored = [], []
    for record in records:
        before = record.donnees.get("avant")
        if not before or before["importation"] in cancelled | {importation.pk}:
            gone.append(record)
            continue
        restored.append(SourceStructure(structure_id=record.structure_id, donnees=record.donnees))
        record.importation_id, record.empreinte, record.donnees = (
            before["importation"], before["empreinte"], before["donnees"],
        )  # fmt: skip
        record.publie_le = date.fromisoformat(before["publie_le"]) if before["publie_le"] else None
        record.save()
    SourceStructure.objects.filter(pk__in=[record.pk for record in gone]).delete()
    return gone, restored


def _hand_down(structures: Iterable[int]) -> None:
    """The records left to a structure made by an import that goes: it is theirs from now on."""
    for record in SourceStructure.objects.filter(structure__in=set(structures)):
        if not record.donnees.get("cree"):
            record.donnees = record.donnees | {"cree": True}
            record.save(update_fields=["donnees"])


def _leave_networks(records: Iterable[SourceStructure]) -> None:
    """Structures leave the networks that these records had put them in, unless another record still names them."""
    pairs = {(record.structure_id, slug) for record in records for slug in record.donnees.get("rattache", ())}
    if not pairs:
        return
    still = SourceStructure.objects.filter(structure__in={pk for pk, _ in pairs}).values_list("structure_id", "donnees")
    pairs -= {(pk, slug) for pk, said in still for slug in said.get("reseaux", ())}
    networks = dict(Reseau.objects.values_list("slug", "pk"))
    for slug in {slug for _, slug in pairs} & networks.keys():
        pks = [pk for pk, named in pairs if named == slug]
        Structure.reseaux.through.objects.filter(structure__in=pks, reseau=networks[slug]).delete()


def _settle(structure: Structure, records: list[SourceStructure], result: Annulation, by: Acteur) -> None:
    """What becomes of a structure of which no file speaks any more."""
    made_by_import = any(record.donnees.get("cree") for record in records)
    typed = bool(structure.champs_saisis) or structure.activites.exclude(origine__in=FROM_FILES).exists()
    structure._history_user, structure._change_reason = by.user, REASON
    if made_by_import and not typed and not _held(structure):
        organisation = structure.organisation
        zones = list(structure.activites.exclude(zone=None).values_list("zone", flat=True))
        structure.delete()
        release(zones)
        result.retirees += 1
        if organisation and organisation.source_denomination != TYPED and not _held_organisation(organisation):
            organisation._history_user, organisation._change_reason = by.user, REASON
            organisation.delete()
            result.organisations += 1
        return
    if made_by_import and not typed:
        structure.publiee = False
        result.depubliees.append(structure.nom)
    else:
        result.gardees.append(structure.nom)
    _forget(structure, records)


def _empty_unsaid(structures: set[int], records: Iterable[SourceStructure]) -> None:
    """Empty the columns that only these records filled, before the fold writes what the others say."""
    said = _columns(records)
    still = _columns(SourceStructure.objects.filter(structure__in=structures))
    rows = list(Structure.objects.filter(pk__in=structures))
    for structure in rows:
        _empty(structure, said[structure.pk] - still[structure.pk])
    rewrite(Structure, rows, WRITTEN)


def _columns(records: Iterable[SourceStructure]) -> dict[int, set[str]]:
    """Structure → the columns that these records fill."""
    said: dict[int, set[str]] = defaultdict(set)
    for record in records:
        said[record.structure_id] |= record.donnees["champs"].keys()
    return said


def _empty(structure: Structure, said: set[str]) -> None:
    """Empty these columns, but those typed by a person, and the name, without which there is no card."""
    typed = set(structure.champs_saisis)
    place = {*PLACE, *(name.removesuffix("_id") for name in PLACE)}
    for name in (set(PLAIN) | (set() if typed & place else {*PLACE})) & said - typed - {"nom"}:
        field = Structure._meta.get_field(name.removesuffix("_id"))
        setattr(structure, field.attname, None if field.null else "")


def _forget(structure: Structure, records: list[SourceStructure]) -> None:
    """Empty what these records alone filled, and their activities."""
    _empty(structure, _columns(records)[structure.pk])
    structure.source, structure.donnees_du, structure.departements_convention = "", None, ""
    structure.save()
    if "activites" not in structure.champs_saisis:
        rows = Activite.objects.filter(structure=structure, origine__in=FROM_FILES)
        zones = list(rows.exclude(zone=None).values_list("zone", flat=True))
        rows.delete()
        release(zones)
    reindex([structure.pk])


def _held(structure: Structure) -> bool:
    """Whether a row of any floor points to this structure, beside what imports write."""
    return _pointed_at(structure, OF_IMPORTS)


def _held_organisation(organisation: Organisation) -> bool:
    return _pointed_at(organisation, frozenset())


def _pointed_at(row: Any, ignored: frozenset[str]) -> bool:
    for relation in row._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one)):
            continue
        model = relation.related_model
        if model._meta.label in ignored or hasattr(model, "history_id"):
            continue
        if model._base_manager.filter(**{relation.field.name: row.pk}).exists():
            return True
    return False


# Saying -------------------------------------------------------------------------------------------------------------
def visible_importations(acteur: Acteur):
    """The imports of files of structures that this `Acteur` may see: all for the administration, else one's own."""
    rows = Importation.objects.filter(format__in=FORMATS)
    if acteur.has(Role.ADMINISTRATION):
        return rows
    return rows.filter(rapport__organisation=acteur.organisation_id or 0)


def can_be_taken_back(importation: Importation) -> bool:
    return bool(importation.terminee_le) and not {"annulation", "echec"} & importation.rapport.keys()


def records_of(importation: Importation) -> int:
    """How many records of structures come from this import."""
    return SourceStructure.objects.filter(importation=importation).count()

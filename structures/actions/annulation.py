"""Imports of structures taken back: at once when they are short, else in the queue; whole or not at all."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date

from django.db import transaction
from django.db.models.deletion import Collector
from django.utils import timezone

from portal.models import Importation, User
from portal.permissions import Acteur
from portal.relations import pointed_at
from structures.actions.activites import release
from structures.models import Activite, Organisation, Reseau, SourceStructure, Structure
from structures.search_index import reindex
from structures.upsert import TYPED, fold
from structures.upsert.fiche import FROM_FILES, PLACE, PLAIN, WRITTEN, chunks, rewrite

FEW = 500  # records taken back while the browser waits
REASON = "import_annule"
EN_ANNULATION = "en_annulation"  # who asked for a taking back that is not done yet
# What an import writes of itself: anything else that points to a structure holds it.
OF_IMPORTS = frozenset(
    {"structures.SourceStructure", "structures.Activite", "structures.Structure_reseaux", "structures.LigneExport"}
)


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


def can_be_taken_back(importation: Importation) -> bool:
    return bool(importation.terminee_le) and not {EN_ANNULATION, "annulation", "echec"} & importation.rapport.keys()


def records_of(importation: Importation) -> int:
    """How many records of structures come from this import."""
    return SourceStructure.objects.filter(importation=importation).count()


@transaction.atomic
def annuler(importation: Importation, *, by: Acteur) -> bool:
    """Take an import back, at once when it is short, else in the queue; whether it is done. DejaAnnulee when it cannot
    be."""
    from structures.tasks import annuler_import

    importation = Importation.objects.select_for_update().get(pk=importation.pk)
    if not can_be_taken_back(importation):
        raise DejaAnnulee
    importation.rapport |= {EN_ANNULATION: str(by.user)}
    importation.save(update_fields=["rapport"])
    if records_of(importation) <= FEW:
        run_annulation(importation.pk, by.user.pk)
        return True
    annuler_import.enqueue(importation.pk, by.user.pk)
    return False


@transaction.atomic
def run_annulation(importation_id: int, user_id: int) -> None:
    """Do one taking back of `annuler`; nothing when it has been done.

    The records of the import go, or say what they said before it; structures say again what their other sources say.
    Those that nothing holds any more are removed; history keeps them.
    """
    importation = Importation.objects.select_for_update().get(pk=importation_id)
    who = importation.rapport.pop(EN_ANNULATION, None)
    if who is None:
        return
    result = _take_back(importation, User.objects.filter(pk=user_id).first())
    importation.rapport = importation.rapport | {
        "annulation": asdict(result) | {"le": timezone.now().isoformat(), "par": who}
    }
    importation.save(update_fields=["rapport"])


def abandonner_annulation(importation_id: int) -> None:
    """After an error nobody foresaw nothing was taken back, and it may be asked for again."""
    importation = Importation.objects.get(pk=importation_id)
    if importation.rapport.pop(EN_ANNULATION, None) is not None:
        importation.save(update_fields=["rapport"])


def _take_back(importation: Importation, user: User | None) -> Annulation:
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
    _settle(touched - sourced, of_structure, result, user)
    for reseau in Reseau.objects.filter(slug__in=importation.rapport.get("reseaux_crees", ()), organisation=None):
        if not pointed_at(Reseau, [reseau.pk]):
            reseau.delete()
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


def _settle(bare: set[int], records: dict[int, list[SourceStructure]], result: Annulation, user: User | None) -> None:
    """What becomes of the structures of which no file speaks any more."""
    made = {pk for pk in bare if any(record.donnees.get("cree") for record in records[pk])}
    typed = set(Structure.objects.filter(pk__in=bare).exclude(champs_saisis=[]).values_list("pk", flat=True))
    for chunk in chunks(sorted(bare)):
        declared = Activite.objects.filter(structure__in=chunk).exclude(origine__in=FROM_FILES)
        typed |= set(declared.values_list("structure_id", flat=True))
    free = made - typed
    free -= pointed_at(Structure, free, OF_IMPORTS)
    _remove(free, result, user)
    for structure in Structure.objects.filter(pk__in=bare - free).order_by("pk"):
        structure._history_user, structure._change_reason = user, REASON
        if structure.pk in made - typed:
            structure.publiee = False
            result.depubliees.append(structure.nom)
        else:
            result.gardees.append(structure.nom)
        _forget(structure, records[structure.pk])


def _remove(structures: set[int], result: Annulation, user: User | None) -> None:
    """Delete these structures, and their organisations that nothing else holds."""
    rows = list(Structure.objects.filter(pk__in=structures).order_by("pk"))
    organisations = {row.organisation_id for row in rows if row.organisation_id}
    zones = list(Activite.objects.filter(structure__in=structures).exclude(zone=None).values_list("zone", flat=True))
    _delete(rows, user)
    release(zones)
    alone = set(
        Organisation.objects.filter(pk__in=organisations)
        .exclude(source_denomination=TYPED)
        .values_list("pk", flat=True)
    )
    alone -= pointed_at(Organisation, alone)
    _delete(list(Organisation.objects.filter(pk__in=alone).order_by("pk")), user)
    result.retirees, result.organisations = len(rows), len(alone)


def _delete(rows: Sequence[Structure | Organisation], user: User | None) -> None:
    """Delete rows with what hangs on them, each leaving its line in the history; some forty queries for 500 rows, where
    one by one they would be forty each."""
    for chunk in chunks(rows):
        for row in chunk:
            row._history_user, row._change_reason = user, REASON
        collector = Collector(using=chunk[0]._state.db)
        collector.collect(chunk)
        collector.delete()


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

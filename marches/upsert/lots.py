"""Records of a file turned into lots, batch by batch: sources stored, states folded, contracts guessed."""

import hashlib
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import models

from marches.models import Acheteur, Lot, Marche, SourceLot, SourceVue
from marches.rules import type_marche
from marches.rules.decp import Enregistrement, Identite, nom_prefere
from marches.rules.signalements import signalements
from marches.upsert.contrats import LotIndexe, index_marche, lot_racines, refresh_marches, remove_empty
from marches.upsert.ecriture import insert, pour, update
from marches.upsert.facts import refresh_holders
from marches.upsert.folding import READERS, EtatLot, Versement, fold_records, lot_key
from marches.upsert.groupes import Vague, groupes_of, keep_rows, members, vagues
from marches.upsert.organisations import Noms, find_acheteurs, find_organisations
from marches.upsert.parts import write_parts
from marches.upsert.references import Lieux, Secteurs
from portal.imports import ImportReport
from portal.models import Importation
from structures.enums import TypeIdentifiant
from structures.models import Organisation

SOURCE = ["importation_id", "format", "cle", "empreinte", "publie_le", "donnees", "lot_id"]


@dataclass
class Lecture:
    """One record met in a file: its rank from 1, what it says, and what it is."""

    rang: int
    lu: Enregistrement
    donnees: Any
    texte: str  # `donnees` by `canonical`
    cle: str = ""
    empreinte: str = ""

    def __post_init__(self):
        self.empreinte = hashlib.sha256(self.texte.encode()).hexdigest()
        self.cle = lot_key(self.lu)


class LotUpsert:
    """Stores the batches of one file; its caller holds the transaction."""

    def __init__(self, format: str, importation: Importation | None, report: ImportReport, noms: Noms | None = None):
        self.format, self.importation, self.report, self.noms = format, importation, report, noms or {}
        self.lieux, self.secteurs = Lieux(), Secteurs()
        self.left: set[int] = set()  # organisations that hold a lot no more

    def store(self, batch: list[Lecture]) -> None:
        """Write one batch; every record is counted in the report, with what is wrong with it."""
        self._flag(batch)
        identities = set().union(*(lecture.lu.identites for lecture in batch))
        organisations, renamed = find_organisations(identities, self.noms, _said(batch))
        buyers = [organisations[_buyer(lecture.lu)] for lecture in batch]
        acheteurs = find_acheteurs(buyers)
        touched = set(Marche.objects.filter(acheteur__organisation__in=renamed).values_list("pk", flat=True))

        lots = {lot.cle: lot for lot in Lot.objects.filter(cle__in={lecture.cle for lecture in batch})}
        fresh = self._fresh(batch, lots)
        if fresh:
            states = self._fold(fresh, {lecture.cle for lecture in fresh} & lots.keys())
            identities = set().union(*(_named(state) for state in states.values())) - organisations.keys()
            organisations |= find_organisations(identities, self.noms)[0]
            touched |= self._write(states, lots, organisations, acheteurs)
            pour(SourceLot, SOURCE, [self._source(lecture, lots[lecture.cle].pk) for lecture in fresh])
        refresh_marches(touched)
        refresh_holders({organisation.pk for organisation in organisations.values()} | self.left)

    def refold(self, batch: Collection[Lot]) -> None:
        """Write these lots again out of their stored records, by the places, sectors and names of today."""
        lots = {lot.cle: lot for lot in batch}
        states = self._fold([], lots.keys())
        organisations, _ = find_organisations(set().union(*map(_named, states.values())), self.noms)
        acheteurs = find_acheteurs(organisations[_buyer(state.lu)] for state in states.values())
        refresh_marches(self._write(states, lots, organisations, acheteurs))
        refresh_holders({organisation.pk for organisation in organisations.values()} | self.left)

    def _flag(self, batch: list[Lecture]) -> None:
        self.lieux.prepare(lecture.lu.lieu_code for lecture in batch)
        for lecture in batch:
            for reason, value in (*lecture.lu.problemes, *signalements(lecture.lu)):
                self.report.flag(lecture.rang, reason, value)
            lieu = self.lieux.read(lecture.lu.lieu_code, lecture.lu.lieu_type)
            if lieu.probleme:
                self.report.flag(lecture.rang, lieu.probleme, f"{lecture.lu.lieu_code} {lecture.lu.lieu_type}".strip())

    def _fresh(self, batch: list[Lecture], lots: dict[str, Lot]) -> list[Lecture]:
        """The records not stored yet, each one counted as created, updated or unchanged."""
        stored = SourceLot.objects.filter(format=self.format, cle__in=lots.keys()) if lots else SourceLot.objects.none()
        rows = stored.values_list("cle", "empreinte", "pk", "importation_id")
        known = {(cle, empreinte): (pk, importation) for cle, empreinte, pk, importation in rows}
        keys, fresh, met = set(lots), [], set()
        for lecture in batch:
            record = (lecture.cle, lecture.empreinte)
            if record in known:
                self.report.unchanged()
                met.add(known[record])
                continue
            assert self.importation is not None
            known[record] = (0, self.importation.pk)
            if lecture.cle in keys:
                self.report.updated()
            else:
                self.report.created()
            keys.add(lecture.cle)
            fresh.append(lecture)
        self._remember({pk for pk, importation in met if importation != self.importation.pk})
        return fresh

    def _remember(self, sources: set[int]) -> None:
        """Note that this import met these records of others: they outlive them."""
        if not sources:
            return
        seen = SourceVue.objects.filter(importation=self.importation, source__in=sources).values_list(
            "source", flat=True
        )
        insert(SourceVue, [SourceVue(source_id=pk, importation=self.importation) for pk in sorted(sources - set(seen))])

    def _fold(self, fresh: list[Lecture], stored_too: Collection[str]) -> dict[str, EtatLot]:
        """The state of each lot out of its new records and, for the keys of `stored_too`, of those stored before."""
        versements = defaultdict(list)
        for lecture in fresh:
            versements[lecture.cle].append(Versement(lecture.lu, lecture.empreinte))
        stored = SourceLot.objects.filter(lot__cle__in=stored_too)
        for cle, format, donnees, empreinte in stored.values_list("lot__cle", "format", "donnees", "empreinte"):
            versements[cle].append(Versement(READERS[format](donnees), empreinte))
        return {cle: fold_records(of_lot) for cle, of_lot in versements.items()}

    def _source(self, lecture: Lecture, lot_id: int) -> tuple:
        assert self.importation is not None
        said = (lecture.cle, lecture.empreinte, lecture.lu.publie_le, lecture.texte)
        return self.importation.pk, self.format, *said, lot_id

    # Lots and contracts -----------------------------------------------------------------------------------------------
    def _write(
        self,
        states: dict[str, EtatLot],
        lots: dict[str, Lot],
        organisations: dict[Identite, Organisation],
        acheteurs: dict[int, Acheteur],
    ) -> set[int]:
        """Create and update the lots of `states`, added to `lots`; the ids of the contracts to refresh."""
        contrats = self._place(states, lots)
        self.lieux.prepare(state.lu.lieu_code for state in states.values())
        values = {cle: self._values(state, lots.get(cle)) for cle, state in states.items()}
        left, touched = self._write_marches(contrats, states, values, organisations, acheteurs)
        marches = {cle: contrat.marche for contrat in contrats for cle in contrat.lots}
        created, changed, names = [], [], {"marche"}
        for cle, of_lot in values.items():
            lot = lots.get(cle)
            if lot is None:
                created.append(Lot(cle=cle, marche=marches[cle], recence=marches[cle].recence, **of_lot))
                continue
            names.update(name.removesuffix("_id") for name in of_lot)
            if cle in marches and lot.marche_id != marches[cle].pk:
                left.add(lot.marche_id)
                of_lot["marche_id"] = marches[cle].pk
            if _assign(lot, of_lot, set(lot.champs_saisis)):
                changed.append(lot)
        insert(Lot, created)
        lots |= {lot.cle: lot for lot in created}
        update(Lot, changed, sorted(names))
        self.left |= write_parts(states, lots, organisations, {lot.pk for lot in created})
        remove_empty(left)
        return touched | {lots[cle].marche_id for cle in states.keys() - marches.keys()} | left

    def _values(self, state: EtatLot, lot: Lot | None) -> dict[str, Any]:
        values = state.fields()
        lieu = self.lieux.read(state.lu.lieu_code, state.lu.lieu_type)
        secteur = self.secteurs.find(state.lu.cpv)
        values |= {"commune_id": lieu.commune, "departement_id": lieu.departement, "secteur_id": secteur}
        objet = lot.objet if lot and _has(lot, "objet") else values["objet"]
        shown = lot.secteur_id if lot and _has(lot, "secteur") else secteur
        values["racines"] = lot_racines(objet, shown, self.secteurs)
        return values

    def _place(self, states: dict[str, EtatLot], lots: dict[str, Lot]) -> list[Vague]:
        """The contracts of every group that gains, keeps or loses a lot of `states`; lots placed by hand stay out."""
        mine = {cle: state for cle, state in states.items() if cle not in lots or not _has(lots[cle], "marche")}
        left = groupes_of(lots[cle].marche_id for cle in mine.keys() & lots.keys())
        stored = members({state.cle_marche for state in mine.values()} | left)
        days: dict[str, dict[str, Any]] = defaultdict(dict)
        for cle, (lot, groupe) in stored.items():
            if cle not in mine:
                days[groupe][cle] = lot.date_notification or lot.date_publication
        for cle, state in mine.items():
            typed = cle in lots and _has(lots[cle], "date_notification")
            notified = lots[cle].date_notification if typed else state.lu.date_notification
            days[state.cle_marche][cle] = notified or state.lu.date_publication
        contrats = vagues(days)
        keep_rows(contrats, {cle: lot.marche_id for cle, (lot, _) in stored.items()})
        return contrats

    def _write_marches(self, contrats: list[Vague], states, values, organisations, acheteurs) -> tuple[set, set]:
        """Each contract shows what its first lot says, and takes its lots; the ids of those that lost some, and of
        those whose words and date have to be read again."""
        elsewhere = self._fold([], {contrat.premier for contrat in contrats} - states.keys())
        identities = {_buyer(state.lu) for state in elsewhere.values()} - organisations.keys()
        organisations |= find_organisations(identities, self.noms)[0]
        acheteurs |= find_acheteurs(organisations[_buyer(state.lu)] for state in elsewhere.values())
        known = states | elsewhere
        made: list[Marche] = []
        changed: list[Marche] = []
        names: set[str] = set()
        unsure: list[Vague] = []
        for contrat in contrats:
            first = known[contrat.premier]
            columns = _marche_values(first, organisations, acheteurs)
            names.update(name.removesuffix("_id") for name in columns)
            if contrat.marche is None:
                contrat.marche = marche = Marche(cle=contrat.cle, groupe=contrat.groupe, **columns)
                made.append(marche)
                if values.keys() >= set(contrat.lots):  # nothing of it is stored yet: all that shows is at hand
                    lots = [LotIndexe(*(values[cle][name] for name in LotIndexe._fields)) for cle in contrat.lots]
                    buyer = organisations[_buyer(first.lu)].denomination
                    index_marche(marche, buyer, lots)
                else:
                    unsure.append(contrat)
                continue
            unsure.append(contrat)
            if _assign(contrat.marche, columns, set(contrat.marche.champs_saisis)):
                changed.append(contrat.marche)
        insert(Marche, made)
        update(Marche, changed, sorted(names))
        return _move(contrats, states), {contrat.marche.pk for contrat in unsure}


def _has(lot: Lot, name: str) -> bool:
    """Whether a person typed this field of the lot."""
    return name in lot.champs_saisis


def _move(contrats: list[Vague], but: Collection[str]) -> set[int]:
    """Put the stored lots, `but` these, in their contract where they are in another; ids of the contracts they left."""
    wanted = {cle: contrat.marche.pk for contrat in contrats for cle in contrat.lots if cle not in but}
    stored = Lot.objects.filter(cle__in=wanted).only("cle", "marche_id")
    moved = [lot for lot in stored if lot.marche_id != wanted[lot.cle]]
    left = {lot.marche_id for lot in moved}
    for lot in moved:
        lot.marche_id = wanted[lot.cle]
    update(Lot, moved, ["marche"])
    return left


def _buyer(lu: Enregistrement) -> Identite:
    return TypeIdentifiant.SIRET.value, lu.acheteur


def _said(batch: Collection[Lecture]) -> dict[Identite, str]:
    """The best of the names that the records themselves give to each body."""
    said: dict[Identite, str] = {}
    for lecture in batch:
        for identity, name in lecture.lu.denominations.items():
            said[identity] = nom_prefere(name, said.get(identity, ""))
    return said


def _named(state: EtatLot) -> set[Identite]:
    """The bodies a state shows, which may come from records stored before."""
    named = {*state.titulaires, *(acte.sous_traitant for acte in state.actes)}
    return named | {_buyer(state.lu)}


def _marche_values(state: EtatLot, organisations, acheteurs) -> dict[str, Any]:
    lu = state.lu
    return {
        "acheteur_id": acheteurs[organisations[_buyer(lu)].pk].pk,
        "reference": (lu.accord_cadre or lu.identifiant)[:60],
        "objet": state.objet_marche,
        "nature": lu.nature.value,
        "type": type_marche(lu.cpv).value,
        "procedure": lu.procedure,
        "techniques": lu.techniques,
        "ccag": lu.ccag,
    }


def _assign(obj: models.Model, values: dict[str, Any], typed: set[str]) -> bool:
    """Set the values that nobody typed; whether any of them changed."""
    changed = False
    for name, value in values.items():
        if name.removesuffix("_id") not in typed and getattr(obj, name) != value:
            setattr(obj, name, value)
            changed = True
    start, end = getattr(obj, "date_debut", None), getattr(obj, "date_fin", None)
    if start and end and end < start:  # a typed day against a published one: what was typed stays
        setattr(obj, "date_debut" if "date_fin" in typed else "date_fin", None)
    return changed

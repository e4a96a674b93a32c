"""Records of a file turned into lots, batch by batch: sources stored, states folded, contracts guessed."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone

from marches.models import Acheteur, ActeSousTraitance, Lot, Marche, Modification, SourceLot, Titulaire
from marches.rules import type_marche
from marches.rules.decp import Enregistrement, Identite
from marches.upsert.contrats import lot_racines, refresh_marches, remove_empty
from marches.upsert.facts import refresh_holders
from marches.upsert.folding import READERS, EtatLot, Versement, canonical, fold_records, lot_key
from marches.upsert.groupes import Vague, groupes_of, keep_rows, members, vagues
from marches.upsert.organisations import Noms, find_acheteurs, find_organisations
from marches.upsert.references import Lieux, Secteurs
from portal.imports import ImportReport
from portal.models import Importation
from structures.enums import TypeIdentifiant
from structures.models import Organisation


@dataclass
class Lecture:
    """One record met in a file: its rank from 1, what it says, and what it is."""

    rang: int
    lu: Enregistrement
    donnees: Any
    cle: str = ""
    empreinte: str = ""

    def __post_init__(self):
        self.empreinte = canonical(self.donnees)[1]
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
        organisations, renamed = find_organisations(identities, self.noms)
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
            SourceLot.objects.bulk_create(self._source(lecture, lots[lecture.cle]) for lecture in fresh)
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
            for reason, value in lecture.lu.problemes:
                self.report.flag(lecture.rang, reason, value)
            lieu = self.lieux.read(lecture.lu.lieu_code, lecture.lu.lieu_type)
            if lieu.probleme:
                self.report.flag(lecture.rang, lieu.probleme, f"{lecture.lu.lieu_code} {lecture.lu.lieu_type}".strip())

    def _fresh(self, batch: list[Lecture], lots: dict[str, Lot]) -> list[Lecture]:
        """The records not stored yet, each one counted as created, updated or unchanged."""
        known = set(SourceLot.objects.filter(format=self.format, cle__in=lots.keys()).values_list("cle", "empreinte"))
        keys, fresh = set(lots), []
        for lecture in batch:
            if (lecture.cle, lecture.empreinte) in known:
                self.report.unchanged()
                continue
            known.add((lecture.cle, lecture.empreinte))
            if lecture.cle in keys:
                self.report.updated()
            else:
                self.report.created()
            keys.add(lecture.cle)
            fresh.append(lecture)
        return fresh

    def _fold(self, fresh: list[Lecture], stored_too: Collection[str]) -> dict[str, EtatLot]:
        """The state of each lot out of its new records and, for the keys of `stored_too`, of those stored before."""
        versements = defaultdict(list)
        for lecture in fresh:
            versements[lecture.cle].append(Versement(lecture.lu, lecture.empreinte))
        stored = SourceLot.objects.filter(lot__cle__in=stored_too)
        for cle, format, donnees, empreinte in stored.values_list("lot__cle", "format", "donnees", "empreinte"):
            versements[cle].append(Versement(READERS[format](donnees), empreinte))
        return {cle: fold_records(of_lot) for cle, of_lot in versements.items()}

    def _source(self, lecture: Lecture, lot: Lot) -> SourceLot:
        return SourceLot(
            importation=self.importation,
            lot=lot,
            format=self.format,
            cle=lecture.cle,
            empreinte=lecture.empreinte,
            publie_le=lecture.lu.publie_le,
            donnees=lecture.donnees,
        )

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
        left = self._write_marches(contrats, states, organisations, acheteurs)
        marches = {cle: contrat.marche for contrat in contrats for cle in contrat.lots}
        created, changed, names = [], [], {"marche"}
        self.lieux.prepare(state.lu.lieu_code for state in states.values())
        for cle, state in states.items():
            values = self._values(state)
            lot = lots.get(cle)
            if lot is None:
                created.append(Lot(cle=cle, marche=marches[cle], **values))
                continue
            names.update(name.removesuffix("_id") for name in values)
            if cle in marches and lot.marche_id != marches[cle].pk:
                left.add(lot.marche_id)
                values["marche_id"] = marches[cle].pk
            if _assign(lot, values, set(lot.champs_saisis)):
                changed.append(lot)
        for lot in Lot.objects.bulk_create(created):
            lots[lot.cle] = lot
        _bulk_update(Lot, changed, names)
        self._write_parts(states, lots, organisations)
        remove_empty(left)
        return {lots[cle].marche_id for cle in states} | {contrat.marche.pk for contrat in contrats} | left

    def _values(self, state: EtatLot) -> dict[str, Any]:
        values = state.fields()
        lieu = self.lieux.read(state.lu.lieu_code, state.lu.lieu_type)
        secteur = self.secteurs.find(state.lu.cpv)
        values |= {"commune_id": lieu.commune, "departement_id": lieu.departement, "secteur_id": secteur}
        values["racines"] = lot_racines(values["objet"], secteur, self.secteurs)
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

    def _write_marches(self, contrats: list[Vague], states, organisations, acheteurs) -> set[int]:
        """Each contract shows what its first lot says, and takes its lots; the ids of those that lost some."""
        elsewhere = self._fold([], {contrat.premier for contrat in contrats} - states.keys())
        identities = {_buyer(state.lu) for state in elsewhere.values()} - organisations.keys()
        organisations |= find_organisations(identities, self.noms)[0]
        acheteurs |= find_acheteurs(organisations[_buyer(state.lu)] for state in elsewhere.values())
        known = states | elsewhere
        made: list[Marche] = []
        changed: list[Marche] = []
        names: set[str] = set()
        for contrat in contrats:
            values = _marche_values(known[contrat.premier], organisations, acheteurs)
            names.update(name.removesuffix("_id") for name in values)
            if contrat.marche is None:
                contrat.marche = Marche(cle=contrat.cle, groupe=contrat.groupe, **values)
                made.append(contrat.marche)
            elif _assign(contrat.marche, values, set(contrat.marche.champs_saisis)):
                changed.append(contrat.marche)
        Marche.objects.bulk_create(made)
        _bulk_update(Marche, changed, names)
        return _move(contrats, states)

    # Holders, modifications, subcontracts -----------------------------------------------------------------------------
    def _write_parts(self, states, lots, organisations) -> None:
        titulaires, modifications, actes = {}, {}, {}
        for cle, state in states.items():
            lot = lots[cle]
            typed = set(lot.champs_saisis)
            if "titulaires" not in typed:
                titulaires[lot.pk] = {
                    (organisations[identity].pk,): {"rang": rank} for rank, identity in enumerate(state.titulaires)
                }
            if "modifications" not in typed:
                modifications[lot.pk] = {
                    part.cle: {
                        "date_publication": part.date_publication,
                        "duree_mois": part.duree_mois,
                        "montant": part.montant,
                        "titulaires": [list(identity) for identity in part.titulaires],
                    }
                    for part in state.modifications
                }
            if "actes_sous_traitance" not in typed:
                actes[lot.pk] = {
                    (acte.numero, organisations[acte.sous_traitant].pk): {
                        "date_notification": acte.date_notification,
                        "date_publication": acte.date_publication,
                        "duree_mois": acte.duree_mois,
                        "montant": acte.montant,
                        "variation_prix": acte.variation_prix,
                    }
                    for acte in state.actes
                }
        self.left |= {row.organisation_id for row in _sync(Titulaire, titulaires, ("organisation_id",))}
        _sync(Modification, modifications, ("numero", "date_notification"))
        _sync(ActeSousTraitance, actes, ("numero", "sous_traitant_id"))


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
    _bulk_update(Lot, moved, ["marche"])
    return left


def _buyer(lu: Enregistrement) -> Identite:
    return TypeIdentifiant.SIRET.value, lu.acheteur


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


def _bulk_update(model: type[models.Model], rows: list, names: Iterable[str]) -> None:
    """Update these columns: an import leaves its records as trace, not history."""
    now = timezone.now()
    for row in rows:
        row.modifie_le = now
    model._default_manager.bulk_update(rows, [*names, "modifie_le"], batch_size=100)


def _sync(model: type[models.Model], wanted: dict[int, dict[tuple, dict[str, Any]]], key: Iterable[str]) -> list:
    """Make the rows of each lot those of `wanted` (lot id → key → columns), keeping the ids of those that stay.

    The rows that went.
    """
    key = tuple(key)
    changed, gone, seen = [], [], set()
    for row in model._default_manager.filter(lot__in=wanted):
        identity = tuple(getattr(row, name) for name in key)
        if getattr(row, "saisie", False):  # a person added or corrected it: no file touches it
            seen.add((row.lot_id, identity))
            continue
        values = wanted[row.lot_id].get(identity)
        if values is None or (row.lot_id, identity) in seen:
            gone.append(row)
            continue
        seen.add((row.lot_id, identity))
        if any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            changed.append(row)
    model._default_manager.filter(pk__in=[row.pk for row in gone]).delete()
    if changed:
        names = next(iter(next(values for values in wanted.values() if values).values())).keys()
        model._default_manager.bulk_update(changed, list(names), batch_size=200)
    model._default_manager.bulk_create(
        model(lot_id=lot_id, **dict(zip(key, identity, strict=True)), **values)
        for lot_id, rows in wanted.items()
        for identity, values in rows.items()
        if (lot_id, identity) not in seen
    )
    return gone

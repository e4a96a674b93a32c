"""Contracts as an OCDS 1.1 release package: one release a contract, with its lots, awards and contracts.

Source: Open Contracting Data Standard 1.1 and its profile for eForms, whose extensions hold lots (`lots`), reservations
(`otherRequirements`, `contractTerms`), social considerations (`sustainability`), renewals (`options`), techniques and
subcontracts. `ocid` is the prefix of the publisher (setting OCDS_PREFIXE) and the number of the contract here.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Prefetch
from django.urls import reverse

from marches.echeances import calendrier_of
from marches.enums import GenreCritere, Reservation, StatutLot, TypeMarche, UnitePonderation
from marches.exporters.essentielles import holders
from marches.exporters.lecture import Selection, complete, keys
from marches.models import Lot, Marche
from marches.rules import periodes, statut_lot

PARIS = ZoneInfo("Europe/Paris")
CONTRACTS_AT_ONCE = 100
LICENCE = "https://www.etalab.gouv.fr/licence-ouverte-open-licence"
EXTENSIONS = tuple(
    f"https://raw.githubusercontent.com/open-contracting-extensions/ocds_{name}_extension/{version}/extension.json"
    for name, version in (
        ("lots", "master"), ("otherRequirements", "master"), ("contractTerms", "master"),
        ("sustainability", "master"), ("options", "master"), ("techniques", "master"), ("subcontracting", "master"),
        ("process_title", "master"), ("awardCriteria", "master"),
    )
)  # fmt: skip
CATEGORIES = {TypeMarche.TRAVAUX: "works", TypeMarche.SERVICES: "services", TypeMarche.FOURNITURES: "goods"}
METHODES = {
    "Appel d'offres ouvert": "open",
    "Appel d'offres restreint": "selective",
    "Dialogue compétitif": "selective",
    "Procédure avec négociation": "selective",
    "Marché passé sans publicité ni mise en concurrence préalable": "direct",
    "Procédure négociée ouverte": "open",
    "Procédure non négociée ouverte": "open",
    "Procédure négociée restreinte": "selective",
    "Procédure non négociée restreinte": "selective",
}
# eForms knows two reservations (directive 2014/24, articles 20 and 77). « Réservé » alone says neither.
PARTICIPATION = {
    Reservation.HANDICAP: "shelteredWorkshop",
    Reservation.INSERTION: "shelteredWorkshop",
    Reservation.LES_DEUX: "shelteredWorkshop",
    Reservation.PENITENTIAIRE: "shelteredWorkshop",
    Reservation.ESS: "publicServiceMissionOrganization",
}
EXECUTION_RESERVEE = frozenset({Reservation.HANDICAP, Reservation.INSERTION, Reservation.LES_DEUX})
STATUTS = {
    StatutLot.EN_PREPARATION: "pending", StatutLot.ATTRIBUE: "pending", StatutLot.EN_COURS: "active",
    StatutLot.TERMINE: "terminated",
}  # fmt: skip
# Codelists awardCriterionType and criterionWeight; a middle stands for a range whose bounds the format cannot hold.
GENRES = {GenreCritere.PRIX: "price", GenreCritere.COUT: "cost", GenreCritere.QUALITE: "quality"}
POIDS = {UnitePonderation.POURCENTAGE: "percentage", UnitePonderation.POINTS: "points"}
EXACT, MILIEU = "Exact", "RangeMiddle"
RELATIONS = (("accord_cadre", "framework"), ("predecesseur", "prior"))


def ocds_pieces(selection: Selection, on: date, *, uri: str, base: str) -> Iterator[bytes]:
    """The package, piece by piece. `uri`: its own address; `base`: the address before « /marches/12/ »."""
    head = {
        "uri": uri,
        "version": "1.1",
        "publishedDate": moment(on),
        "publisher": {"name": "Portail des achats socialement responsables", "uri": base or uri},
        "license": LICENCE,
        "extensions": list(EXTENSIONS),
    }
    yield json.dumps(head, ensure_ascii=False).encode().removesuffix(b"}") + b', "releases": [\n'
    mark = b""
    rows = releases(selection, on, base)
    while piece := list(islice(rows, 50)):
        yield mark + b",\n".join(json.dumps(release, ensure_ascii=False, allow_nan=False).encode() for release in piece)
        mark = b",\n"
    yield b"\n]}\n"


def releases(selection: Selection, on: date, base: str) -> Iterator[dict[str, Any]]:
    """One release a contract, in flat memory: a hundred contracts at a time, with the lots asked for."""
    wanted = keys(selection.contrats)
    for start in range(0, len(wanted), CONTRACTS_AT_ONCE):
        lots = complete(Lot.objects.all() if selection.entiers else selection.lots).order_by("pk")
        rows = (
            Marche.objects.filter(pk__in=wanted[start : start + CONTRACTS_AT_ONCE].tolist())
            .select_related("acheteur__organisation__commune")
            .defer("racines", "presentation")
            .prefetch_related(Prefetch("lots", lots.prefetch_related("departement"), to_attr="a_ecrire"))
            .order_by("pk")
        )
        for marche in rows:
            if marche.a_ecrire:
                yield release(marche, marche.a_ecrire, on, base)


def ocid(pk: int) -> str:
    return f"{settings.OCDS_PREFIXE}-{pk}"


def release(marche: Marche, lots: list[Lot], on: date, base: str) -> dict[str, Any]:
    """One contract and these of its lots, read by `lecture.complete`."""
    parties = Parties()
    buyer = parties.add(marche.acheteur.organisation, "buyer", "procuringEntity")
    awarded = [lot for lot in lots if lot.date_notification or holders(lot)]
    found: dict[str, Any] = {
        "ocid": ocid(marche.pk),
        "id": "",
        "date": max(marche.modifie_le, *(lot.modifie_le for lot in lots)).astimezone(PARIS).isoformat(),
        "tag": ["tender", "award", "contract"] if awarded else ["tender"],
        "initiationType": "tender",
        "language": "fr",
        "title": marche.objet,
        "buyer": buyer,
        "tender": _tender(marche, lots, buyer, bool(awarded), on, base),
    }
    if awarded:
        found["awards"] = [_award(lot, parties) for lot in awarded]
        found["contracts"] = [_contract(lot, on) for lot in awarded]
    related = [
        {"id": str(rank), "relationship": [word], "scheme": "ocid", "identifier": ocid(getattr(marche, f"{name}_id"))}
        for rank, (name, word) in enumerate(RELATIONS, start=1)
        if getattr(marche, f"{name}_id")
    ]
    if related:
        found["relatedProcesses"] = related
    found["parties"] = parties.rows()
    written = json.dumps(found, ensure_ascii=False, sort_keys=True)
    found["id"] = f"{found['ocid']}-{hashlib.sha256(written.encode()).hexdigest()[:16]}"
    return found


class Parties:
    """The organisations of a release, each once, with every part it plays."""

    def __init__(self):
        self.known: dict[str, dict[str, Any]] = {}

    def add(self, organisation, *roles: str) -> dict[str, str]:
        """The reference to an organisation."""
        scheme = "FR-INSEE" if organisation.type_identifiant == "SIRET" else organisation.type_identifiant
        key = f"{scheme}-{organisation.identifiant}"
        party = self.known.setdefault(
            key,
            {
                "id": key,
                "name": organisation.nom,
                "identifier": {"scheme": scheme, "id": organisation.identifiant, "legalName": organisation.nom},
                "roles": [],
            },
        )
        party["roles"] += [role for role in roles if role not in party["roles"]]
        return {"id": key, "name": organisation.nom}

    def rows(self) -> list[dict[str, Any]]:
        return list(self.known.values())


def _tender(marche: Marche, lots: list[Lot], buyer: dict, awarded: bool, on: date, base: str) -> dict[str, Any]:
    closed = marche.date_limite is not None and marche.date_limite.date() < on
    tender: dict[str, Any] = {
        "id": marche.reference or str(marche.pk),
        "title": marche.objet,
        "status": "complete" if awarded or closed else "active" if marche.date_limite else "planned",
        "procuringEntity": buyer,
        "items": [_item(lot) for lot in lots],
        "lots": [_lot(lot, awarded) for lot in lots],
        "documents": [
            {
                "id": f"portail-{marche.pk}",
                "documentType": "contractSummary",
                "title": "Page du marché",
                "url": f"{base}{reverse('marches:detail', kwargs={'pk': marche.pk})}",
                "format": "text/html",
                "language": "fr",
            }
        ],
    }
    _put(tender, "value", _value(marche.montant_estime))
    _put(tender, "procurementMethod", METHODES.get(marche.procedure))
    _put(tender, "procurementMethodDetails", marche.procedure)
    _put(tender, "mainProcurementCategory", CATEGORIES.get(TypeMarche(marche.type)))
    if marche.date_limite:
        tender["tenderPeriod"] = {"endDate": marche.date_limite.astimezone(PARIS).isoformat()}
        if marche.date_lancement and marche.date_lancement <= marche.date_limite.date():
            tender["tenderPeriod"]["startDate"] = moment(marche.date_lancement)
    offers = [lot.offres_recues for lot in lots if lot.offres_recues]
    if len(lots) == 1 and offers:
        tender["numberOfTenderers"] = offers[0]
    words = marche.techniques.lower()
    if marche.est_accord_cadre or "accord-cadre" in words or "acquisition dynamique" in words or "enchère" in words:
        tender["techniques"] = {
            "hasFrameworkAgreement": marche.est_accord_cadre or "accord-cadre" in words,
            "hasDynamicPurchasingSystem": "acquisition dynamique" in words,
            "hasElectronicAuction": "enchère" in words,
        }
    return tender


def _lot(lot: Lot, awarded: bool) -> dict[str, Any]:
    reservation = Reservation(lot.reservation)
    found: dict[str, Any] = {
        "id": str(lot.pk),
        "title": f"Lot {lot.numero} : {lot.objet}" if lot.numero else lot.objet,
        "status": "complete" if awarded else "planned",
    }
    _put(found, "value", _value(lot.montant_estime))
    _put(found, "contractPeriod", _period(lot))
    if reservation in PARTICIPATION:
        found["otherRequirements"] = {"reservedParticipation": [PARTICIPATION[reservation]]}
    terms: dict[str, Any] = {}
    if reservation in EXECUTION_RESERVEE:
        terms["reservedExecution"] = True
    _put(terms, "performanceTerms", "\n".join(_terms(lot)))
    _put(found, "contractTerms", terms)
    social = _sustainability(lot, reservation)
    found["hasSustainability"] = bool(social)
    _put(found, "sustainability", social)
    _put(found, "awardCriteria", _criteria(lot))
    if lot.reconductions:
        found["hasRenewal"] = True
        found["renewal"] = {"maximumRenewals": lot.reconductions}
        how = "tacite" if lot.reconduction_tacite else "expresse"
        months = lot.reconduction_mois or lot.duree_mois
        found["renewal"]["description"] = f"Reconduction {how}" + (f", {months} mois chacune" if months else "")
    return found


def _criteria(lot: Lot) -> dict[str, Any]:
    """The award criteria with their weights; of a range, its middle. Source: extension awardCriteria, BT-539 to 541."""
    grille = lot.grille
    if grille is None:
        return {}
    found = []
    for rank, critere in enumerate(grille.criteres, start=1):
        row: dict[str, Any] = {"type": GENRES[critere.genre], "name": critere.nom}
        if grille.unite == UnitePonderation.ORDRE:
            row["numbers"] = [{"number": rank, "weight": "order"}]
        elif critere.poids is not None and grille.unite in POIDS:
            middle = critere.poids if critere.jusque is None else (critere.poids + critere.jusque) / 2
            exact = critere.jusque is None and not critere.milieu
            row["numbers"] = [{"number": _number(middle), "weight": POIDS[grille.unite] + (EXACT if exact else MILIEU)}]
        found.append(row)
    return {"criteria": found}


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _terms(lot: Lot) -> list[str]:
    said = []
    if lot.clause_sociale:
        said.append("Clause sociale d'exécution.")
    if lot.taches_essentielles:
        said.append(f"Tâches à effectuer par un membre du groupement : {lot.taches_essentielles}")
    if lot.amenagements:
        said.append(f"Aménagement des postes : {lot.amenagements}")
    if lot.materiel_a_fournir:
        said.append("Matériel à fournir par le titulaire.")
    return said


def _sustainability(lot: Lot, reservation: Reservation) -> list[dict[str, Any]]:
    """The social considerations, each with the means it uses. Source: codelists of the sustainability extension."""
    found = []
    if reservation != Reservation.AUCUNE:
        goal = "social" if reservation == Reservation.ESS else "social.disadvantagedEmploymentOpportunities"
        found.append({"goal": goal, "strategies": ["reservedParticipation"], "description": str(reservation.label)})
    if lot.clause_sociale:
        found.append(
            {"goal": "social", "strategies": ["contractPerformanceConditions"], "description": "Clause sociale"}
        )
    if lot.critere_social:
        found.append({"goal": "social", "strategies": ["awardCriteria"], "description": "Critère social"})
    return found


def _item(lot: Lot) -> dict[str, Any]:
    item: dict[str, Any] = {"id": str(lot.pk), "description": lot.objet, "relatedLot": str(lot.pk)}
    if lot.cpv[:8].isdigit() and len(lot.cpv) >= 8:
        item["classification"] = {"scheme": "CPV", "id": lot.cpv[:8]}
    address: dict[str, str] = {}
    _put(address, "locality", lot.commune.nom if lot.commune else "")
    _put(address, "region", lot.departement.nom if lot.departement else "")
    if address:
        item["deliveryAddresses"] = [address | {"countryName": "France"}]
    return item


def _award(lot: Lot, parties: Parties) -> dict[str, Any]:
    award: dict[str, Any] = {
        "id": str(lot.pk),
        "title": lot.objet,
        "status": "active",
        "suppliers": [parties.add(body, "supplier") for body in holders(lot)],
        "relatedLots": [str(lot.pk)],
    }
    _put(award, "date", moment(lot.date_notification))
    _put(award, "value", _value(lot.montant if lot.montant_initial is None else lot.montant_initial))
    _put(award, "contractPeriod", _period(lot))
    if lot.sous_traitance_declaree is not None or lot.actes_sous_traitance.all():
        award["hasSubcontracting"] = bool(lot.sous_traitance_declaree or lot.actes_sous_traitance.all())
    amounts = [acte.montant for acte in lot.actes_sous_traitance.all() if acte.montant is not None]
    if amounts:
        award["subcontracting"] = {"value": _value(sum(amounts))}
    if not award["suppliers"]:
        del award["suppliers"]
    return award


def _contract(lot: Lot, on: date) -> dict[str, Any]:
    contract: dict[str, Any] = {"id": str(lot.pk), "awardID": str(lot.pk), "title": lot.objet}
    _put(contract, "status", STATUTS.get(statut_lot(lot, on, calendrier_of(lot, on).fin)))
    _put(contract, "dateSigned", moment(lot.date_notification))
    _put(contract, "value", _value(lot.montant))
    _put(contract, "period", _period(lot))
    amendments = []
    for part in lot.modifications.all():
        said = [f"nouveau montant : {part.montant} € HT"] if part.montant is not None else []
        said += [f"nouvelle durée : {part.duree_mois} mois"] if part.duree_mois else []
        said += ["nouveaux titulaires"] if part.titulaires else []
        amendment = {"id": part.numero or str(part.pk)}
        _put(amendment, "description", f"{part.objet} {', '.join(said)}".strip())
        _put(amendment, "date", moment(part.date_notification))
        amendments.append(amendment)
    _put(contract, "amendments", amendments)
    return contract


def _period(lot: Lot) -> dict[str, Any]:
    """Start, end, days; the latest end when every renewal takes place."""
    start = lot.date_debut or lot.date_notification
    found: dict[str, Any] = {}
    _put(found, "startDate", moment(start))
    if lot.date_fin and (start is None or lot.date_fin >= start):
        found["endDate"] = moment(lot.date_fin, time(23, 59, 59))
        if start:
            found["durationInDays"] = (lot.date_fin - start).days + 1
    renewed = periodes(start, lot.duree_mois, lot.reconductions, lot.reconduction_mois, lot.date_fin)
    if len(renewed) > 1:
        found["maxExtentDate"] = moment(renewed[-1].fin, time(23, 59, 59))
    return found


def _value(amount) -> dict[str, Any] | None:
    if amount is None:
        return None
    return {"amount": int(amount) if amount == amount.to_integral_value() else float(amount), "currency": "EUR"}


def moment(day: date | None, hour: time = time(0)) -> str | None:
    """A day as the standard writes it: an instant, here in the time of Paris."""
    return datetime.combine(day, hour, PARIS).isoformat() if day else None


def _put(row: dict[str, Any], name: str, value: Any) -> None:
    """The standard has no place for what is not known."""
    if value not in (None, "", [], {}):
        row[name] = value

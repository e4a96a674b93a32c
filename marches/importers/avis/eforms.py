"""eForms notices: contract notices, award notices, prior information notices, from any version of the SDK 1.x."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from marches.enums import FormatAvis, NatureAvis, NatureContrat, TypeMarche
from marches.importers.avis import xml
from marches.importers.avis.xml import all_of, amount, coded, one, text, whole
from marches.rules.avis import AvisLu, ChangementLu, LotLu, PartieLue, ResultatLu
from marches.rules.mentions import finish
from marches.rules.ponderation import CriterePublie, en_json

ROOTS = {"ContractNotice", "ContractAwardNotice", "PriorInformationNotice"}
EXTENSION = ("UBLExtensions", "UBLExtension", "ExtensionContent", "EformsExtension")
NATURES = {
    "planning": NatureAvis.PREINFORMATION,
    "competition": NatureAvis.CONSULTATION,
    "result": NatureAvis.ATTRIBUTION,
    "cont-modif": NatureAvis.MODIFICATION,
}
TYPES = {"works": TypeMarche.TRAVAUX, "services": TypeMarche.SERVICES, "supplies": TypeMarche.FOURNITURES}
DIRECTIVES = {"32014L0023": NatureContrat.CONCESSION, "32009L0081": NatureContrat.DEFENSE}
DEADLINES = ("TenderSubmissionDeadlinePeriod", "ParticipationRequestReceptionPeriod")


def read(root: Any) -> AvisLu:
    """One notice; `refus` says why it cannot be kept. Never raises on what a notice may hold."""
    extension = one(root, *EXTENSION)
    lu = AvisLu(format=FormatAvis.EFORMS.value)
    type_code = one(root, "NoticeTypeCode")
    form = type_code.get("listName", "") if type_code is not None else ""
    lu.nature = NATURES.get(form, NatureAvis.AUTRE).value
    lu.formulaire = text(type_code)[:30]
    if lu.formulaire == "qu-sy":  # a qualification system calls for no offer: it feeds many procedures
        lu.nature = NatureAvis.AUTRE.value
    lu.identifiant = _first(coded(all_of(root, "ID"), "schemeName", "notice-id"))[:60]
    lu.version = text(one(root, "VersionID"))[:10]
    lu.procedure = text(one(root, "ContractFolderID"))[:60]
    lu.langue = text(one(root, "NoticeLanguageCode"))[:3]
    published = one(extension, "Publication")
    lu.numero = xml.number_oj(text(one(published, "NoticePublicationID")))
    lu.publie_le = xml.day(text(one(published, "PublicationDate")))
    lu.envoye_le = xml.day(text(one(root, "IssueDate")))
    if lu.numero:
        lu.url = f"https://ted.europa.eu/fr/notice/-/detail/{lu.numero}"
    if not (lu.identifiant or lu.numero):
        lu.refus = "l'avis n'a ni identifiant (BT-701) ni numéro de publication"
        return lu
    _changes(extension, lu)
    _procedure(root, lu)
    parties = dict(_organizations(extension))
    _buyers(root, parties, lu)
    for element in all_of(root, "ProcurementProjectLot"):
        lot_id = one(element, "ID")
        if lot_id is not None and lot_id.get("schemeName") in {"Lot", "Part"}:
            lu.lots.append(_lot(element, lu))
    if lu.nature in {NatureAvis.CONSULTATION, NatureAvis.ATTRIBUTION} and not lu.lots:
        lu.refus = "l'avis ne décrit aucun lot"
    _results(one(extension, "NoticeResult"), parties, lu)
    lu.url_documents = _first([lot.url_documents for lot in lu.lots])
    finish(lu)
    return lu


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")


def french(elements: Iterable[Any], language: str = "") -> str:
    """The text in French among translations, else in the language of the notice, else the first one."""
    by_language: dict[str, str] = {}
    for element in elements:
        if words := text(element):
            by_language.setdefault(element.get("languageID", ""), words)
    return by_language.get("FRA") or by_language.get(language) or next(iter(by_language.values()), "")


def _changes(extension: Any, lu: AvisLu) -> None:
    """BT-758: a notice that changes another keeps its form; it then is a corrigendum of the call."""
    changes = one(extension, "Changes")
    changed = text(one(changes, "ChangedNoticeIdentifier"))
    if not changed:
        return
    lu.modifie = xml.number_oj(changed) or f"avis:{_without_version(changed)}"
    if lu.nature == NatureAvis.CONSULTATION:
        lu.nature = NatureAvis.RECTIFICATIF.value
    for change in all_of(changes, "Change"):
        where = ", ".join(text(part) for part in all_of(change, "ChangedSection", "ChangedSectionIdentifier"))
        said = french(all_of(change, "ChangeDescription"), lu.langue)
        lu.changements.append(ChangementLu(ou=where[:200], apres=said[:2000]))


def _without_version(identifier: str) -> str:
    """« 1a2b…-01 » → « 1a2b… »: a notice is named with its version, its identifier is shared by all versions."""
    start, _, end = identifier.rpartition("-")
    return start if start and len(end) == 2 and end.isdigit() else identifier


def _procedure(root: Any, lu: AvisLu) -> None:
    project = one(root, "ProcurementProject")
    lu.titre = french(all_of(project, "Name"), lu.langue)[:1000]
    lu.description = french(all_of(project, "Description"), lu.langue)
    lu.reference = text(one(project, "ID"))[:60]
    lu.complements = french(all_of(project, "Note"), lu.langue)
    lu.type = _type(project)
    lu.cpv, lu.cpv_autres = _cpv(project)
    lu.nuts = _nuts(project)
    lu.montant_estime = amount(text(one(project, "RequestedTenderTotal", "EstimatedOverallContractAmount")))
    process = one(root, "TenderingProcess")
    lu.type_procedure = text(one(process, "ProcedureCode"))[:30]
    lu.nature_contrat = DIRECTIVES.get(text(one(root, "RegulatoryDomain")), NatureContrat.MARCHE).value
    references = all_of(process, "NoticeDocumentReference", "ID")
    numbers = [xml.number_oj(text(element)) or f"avis:{_without_version(text(element))}" for element in references]
    lu.suites = sorted({number for number in numbers if number != "avis:"})
    distribution = one(root, "TenderingTerms", "LotDistribution")
    lu.lots_max_candidat = whole(text(one(distribution, "MaximumLotsSubmittedNumeric")))
    lu.lots_max_attribues = whole(text(one(distribution, "MaximumLotsAwardedNumeric")))


def _type(project: Any) -> str:
    code = _first(coded(all_of(project, "ProcurementTypeCode"), "listName", "contract-nature"))
    return TYPES[code].value if code in TYPES else ""


def _cpv(project: Any) -> tuple[str, list[str]]:
    main = text(one(project, "MainCommodityClassification", "ItemClassificationCode"))[:10]
    codes = all_of(project, "AdditionalCommodityClassification", "ItemClassificationCode")
    others = [text(code)[:10] for code in codes]
    return main, list(dict.fromkeys(code for code in others if code))


def _nuts(project: Any) -> list[str]:
    codes = all_of(project, "RealizedLocation", "Address", "CountrySubentityCode")
    return list(dict.fromkeys(text(code)[:10] for code in codes if text(code)))


# Parties ------------------------------------------------------------------------------------------------------------
def _organizations(extension: Any) -> Iterable[tuple[str, PartieLue]]:
    """The companies of the notice by technical identifier; contacts and beneficial owners are not read."""
    for company in all_of(extension, "Organizations", "Organization", "Company"):
        number = text(one(company, "PartyLegalEntity", "CompanyID"))
        address = one(company, "PostalAddress")
        yield (
            text(one(company, "PartyIdentification", "ID")),
            PartieLue(
                nom=_name(company),
                siret=xml.siret(number),
                identifiant=number[:60],
                ville=text(one(address, "CityName"))[:150],
                code_postal=text(one(address, "PostalZone"))[:20],
                pays=text(one(address, "Country", "IdentificationCode"))[:3],
            ),
        )


def _name(company: Any) -> str:
    names = list(all_of(company, "PartyName", "Name"))
    french_first = [name for name in names if name.get("languageID") == "FRA"] + names
    return xml.body_name(next(iter(french_first), None))


def _buyers(root: Any, parties: dict[str, PartieLue], lu: AvisLu) -> None:
    for contracting in all_of(root, "ContractingParty"):
        party = parties.get(text(one(contracting, "Party", "PartyIdentification", "ID")))
        if party is not None and party not in lu.acheteurs:
            lu.acheteurs.append(party)
        kinds = coded(all_of(contracting, "ContractingPartyType", "PartyTypeCode"), "listName", "buyer-legal-type")
        lu.genre_acheteur = lu.genre_acheteur or _first(kinds)


# Lots ---------------------------------------------------------------------------------------------------------------
def _lot(element: Any, lu: AvisLu) -> LotLu:
    project, terms, process = (
        one(element, "ProcurementProject"),
        one(element, "TenderingTerms"),
        one(element, "TenderingProcess"),
    )
    cpv, others = _cpv(project)
    lot = LotLu(
        numero=xml.lot_number(text(one(element, "ID"))),
        titre=french(all_of(project, "Name"), lu.langue)[:1000],
        description=french(all_of(project, "Description"), lu.langue),
        type=_type(project),
        cpv=cpv,
        cpv_autres=others,
        nuts=_nuts(project),
        lieu=_place(project, lu.langue),
        montant_estime=amount(text(one(project, "RequestedTenderTotal", "EstimatedOverallContractAmount"))),
        complements=french(all_of(project, "Note"), lu.langue),
    )
    _duration(project, lot, lu.langue)
    _strategy(project, lot, lu.langue)
    _reserved(terms, lot, lu.langue)
    criteria = list(all_of(terms, "AwardingTerms", "AwardingCriterion", "SubordinateAwardingCriterion"))
    said = [french(all_of(c, tag), lu.langue) for c in criteria for tag in ("Name", "Description")]
    lot.criteres = "\n".join(dict.fromkeys(words for words in said if words))
    lot.grille = en_json(_criterion(criterion, lu.langue) for criterion in criteria)
    system = coded(all_of(process, "ContractingSystem", "ContractingSystemTypeCode"), "listName", "framework-agreement")
    lot.accord_cadre = _first(code for code in system if code != "none")
    for name in DEADLINES:
        period = one(process, name)
        lot.limite = lot.limite or xml.limit(text(one(period, "EndDate")), text(one(period, "EndTime")))
    documents = all_of(terms, "CallForTendersDocumentReference", "Attachment", "ExternalReference", "URI")
    lot.url_documents = _first(xml.web(text(address)) for address in documents)
    return lot


def _criterion(element: Any, language: str) -> CriterePublie:
    """BT-539 (type), BT-734 (name), BT-540 (description, where a name is missing), BT-541 and BT-5421 (weight).

    Without a type it is a sentence about the criteria, not one of them.
    """
    genre = text(one(element, "AwardingCriterionTypeCode"))
    if not genre:
        return CriterePublie()
    name = french(all_of(element, "Name"), language) or french(all_of(element, "Description"), language)
    for parameter in all_of(element, *EXTENSION, "AwardCriterionParameter"):
        code = one(parameter, "ParameterCode")
        if code is not None and code.get("listName") == "number-weight":
            return CriterePublie(name, genre, text(one(parameter, "ParameterNumeric")), text(code))
    return CriterePublie(name, genre)


def _place(project: Any, language: str) -> str:
    said = [french(all_of(place, "Description"), language) for place in all_of(project, "RealizedLocation")]
    towns = [text(one(place, "Address", "CityName")) for place in all_of(project, "RealizedLocation")]
    return _first([*said, *towns])[:300]


def _duration(project: Any, lot: LotLu, language: str) -> None:
    period = one(project, "PlannedPeriod")
    measure = one(period, "DurationMeasure")
    if measure is not None:
        lot.duree_mois = xml.months(text(measure), measure.get("unitCode", ""))
    lot.date_debut = xml.day(text(one(period, "StartDate")))
    lot.date_fin = xml.day(text(one(period, "EndDate")))
    extension = one(project, "ContractExtension")
    lot.reconductions = whole(text(one(extension, "MaximumNumberNumeric")))
    lot.reconduction = french(all_of(extension, "Renewal", "Period", "Description"), language)


def _strategy(project: Any, lot: LotLu, language: str) -> None:
    types = list(all_of(project, "ProcurementAdditionalType"))
    for kind in types:
        code = one(kind, "ProcurementTypeCode")
        if code is None:
            continue
        if code.get("listName") == "strategic-procurement":
            lot.strategie.append(text(code))
            if text(code) == "soc-obj" and not lot.strategie_texte:
                lot.strategie_texte = french(all_of(kind, "ProcurementType"), language)
        elif code.get("listName") == "social-objective":
            lot.objectifs.append(text(code))
    if not lot.strategie_texte and "soc-obj" in lot.strategie:
        lot.strategie_texte = french((t for kind in types for t in all_of(kind, "ProcurementType")), language)
    lot.strategie = sorted(set(lot.strategie) - {"none"})
    lot.objectifs = sorted(set(lot.objectifs) - {"none"})


def _reserved(terms: Any, lot: LotLu, language: str) -> None:
    codes = all_of(terms, "TendererQualificationRequest", "SpecificTendererRequirement", "TendererRequirementTypeCode")
    lot.participation = sorted(set(coded(codes, "listName", "reserved-procurement")) - {"none"})
    conditions = []
    for requirement in all_of(terms, "ContractExecutionRequirement"):
        code = one(requirement, "ExecutionRequirementCode")
        if code is None:
            continue
        if code.get("listName") == "reserved-execution":
            lot.execution = text(code) if text(code) == "yes" else lot.execution
        elif code.get("listName") == "conditions":
            conditions.append(french(all_of(requirement, "Description"), language))
    lot.conditions = "\n".join(dict.fromkeys(words for words in conditions if words))


# Results ------------------------------------------------------------------------------------------------------------
def _results(result: Any, parties: dict[str, PartieLue], lu: AvisLu) -> None:
    if result is None:
        return
    lu.montant_total = amount(text(one(result, "TotalAmount")))
    by_id = _by_id(result)
    for lot_result in all_of(result, "LotResult"):
        found = ResultatLu(
            lot=xml.lot_number(text(one(lot_result, "TenderLot", "ID"))),
            attribue=text(one(lot_result, "TenderResultCode")) == "selec-w",
            motif=text(one(lot_result, "DecisionReason", "DecisionReasonCode"))[:60],
        )
        for statistics in all_of(lot_result, "ReceivedSubmissionsStatistics"):
            if text(one(statistics, "StatisticsCode")) == "tenders":
                found.offres = whole(text(one(statistics, "StatisticsNumeric")))
        contracts = [by_id("SettledContract", text(one(c, "ID"))) for c in all_of(lot_result, "SettledContract")]
        tenders = [by_id("LotTender", text(one(t, "ID"))) for t in all_of(lot_result, "LotTender")]
        signed = {text(one(t, "ID")) for c in contracts if c is not None for t in all_of(c, "LotTender")}
        winning = [t for t in tenders if t is not None and (not signed or text(one(t, "ID")) in signed)]
        if found.attribue:
            _contract(contracts, found)
            _winners(winning, by_id, parties, found)
        lu.resultats.append(found)


def _by_id(result: Any) -> Callable[[str, str], Any]:
    index = {
        (xml.name_of(element), text(one(element, "ID"))): element
        for element in result
        if xml.name_of(element) in {"LotTender", "SettledContract", "TenderingParty"}
    }
    return lambda kind, identifier: index.get((kind, identifier))


def _contract(contracts: list[Any], found: ResultatLu) -> None:
    for contract in contracts:
        if contract is None:
            continue
        found.contrat = found.contrat or text(one(contract, "ContractReference", "ID"))[:60]
        found.conclu_le = found.conclu_le or xml.day(text(one(contract, "IssueDate")))
        found.titre = found.titre or french(all_of(contract, "Title"))[:1000]


def _winners(tenders: list[Any], by_id, parties: dict[str, PartieLue], found: ResultatLu) -> None:
    values = [amount(text(one(tender, "LegalMonetaryTotal", "PayableAmount"))) for tender in tenders]
    known = [value for value in values if value is not None]
    found.montant = sum(known, Decimal(0)) if known else None
    for tender in tenders:
        group = by_id("TenderingParty", text(one(tender, "TenderingParty", "ID")))
        for tag, holders in (("Tenderer", found.titulaires), ("SubContractor", found.sous_traitants)):
            for member in all_of(group, tag):
                party = parties.get(text(one(member, "ID")))
                if party is not None and party not in holders:
                    holders.append(party)

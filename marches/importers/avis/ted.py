"""Notices published before eForms, TED R2.0.9: forms F01 to F25 (2014 to 2023)."""

import re
from collections.abc import Iterable
from typing import Any

from marches.enums import FormatAvis, NatureAvis, NatureContrat, TypeMarche
from marches.importers.avis import xml
from marches.importers.avis.xml import all_of, amount, one, text, whole
from marches.rules.avis import AvisLu, ChangementLu, LotLu, PartieLue, ResultatLu
from marches.rules.mentions import finish
from marches.rules.ponderation import CriterePublie, en_json

FORM = re.compile(r"(?:F\d\d_2014|MOVE|T01|T02)")
NATURES = {
    "F01": NatureAvis.PREINFORMATION, "F02": NatureAvis.CONSULTATION, "F03": NatureAvis.ATTRIBUTION,
    "F04": NatureAvis.PREINFORMATION, "F05": NatureAvis.CONSULTATION, "F06": NatureAvis.ATTRIBUTION,
    "F07": NatureAvis.AUTRE, "F08": NatureAvis.PREINFORMATION, "F12": NatureAvis.CONSULTATION,
    "F13": NatureAvis.ATTRIBUTION, "F14": NatureAvis.RECTIFICATIF, "F16": NatureAvis.PREINFORMATION,
    "F17": NatureAvis.CONSULTATION, "F18": NatureAvis.ATTRIBUTION, "F20": NatureAvis.MODIFICATION,
    "F21": NatureAvis.CONSULTATION, "F22": NatureAvis.CONSULTATION, "F23": NatureAvis.CONSULTATION,
    "F24": NatureAvis.CONSULTATION, "F25": NatureAvis.ATTRIBUTION,
}  # fmt: skip
BY_NOTICE_TYPE = {
    "PRI_ONLY": NatureAvis.PREINFORMATION, "PRI_REDUCING_TIME_LIMITS": NatureAvis.PREINFORMATION,
    "PRI": NatureAvis.CONSULTATION, "PER_ONLY": NatureAvis.PREINFORMATION,
    "PER_REDUCING_TIME_LIMITS": NatureAvis.PREINFORMATION, "PRI_CALL_COMPETITION": NatureAvis.CONSULTATION,
    "PER_CALL_COMPETITION": NatureAvis.CONSULTATION, "QSU_CALL_COMPETITION": NatureAvis.AUTRE,
    "CONTRACT": NatureAvis.CONSULTATION, "AWARD_CONTRACT": NatureAvis.ATTRIBUTION,
    "CONCESSION_AWARD_CONTRACT": NatureAvis.ATTRIBUTION,
}  # fmt: skip
TYPES = {"WORKS": TypeMarche.TRAVAUX, "SERVICES": TypeMarche.SERVICES, "SUPPLIES": TypeMarche.FOURNITURES}
PROCEDURES = {
    "PT_OPEN": "open", "PT_RESTRICTED": "restricted", "PT_COMPETITIVE_NEGOTIATION": "neg-w-call",
    "PT_NEGOTIATED_WITH_PRIOR_CALL": "neg-w-call", "PT_INVOLVING_NEGOTIATION": "neg-w-call",
    "PT_COMPETITIVE_DIALOGUE": "comp-dial", "PT_INNOVATION_PARTNERSHIP": "innovation",
    "PT_AWARD_CONTRACT_WITHOUT_CALL": "neg-wo-call", "PT_AWARD_CONTRACT_WITHOUT_PUBLICATION": "neg-wo-call",
    "PT_NEGOTIATED_WITHOUT_PUBLICATION": "neg-wo-call",
}  # fmt: skip
AWARD = {"AC_QUALITY": "quality", "AC_COST": "cost", "AC_PRICE": "price"}
WORKSHOP, PROGRAM = "RESTRICTED_SHELTERED_WORKSHOP", "RESTRICTED_SHELTERED_PROGRAM"
SERVICE_MISSION = "RESERVED_ORGANISATIONS_SERVICE_MISSION"


def read(root: Any) -> AvisLu:
    """One notice; `refus` says why it cannot be kept."""
    lu = AvisLu(format=FormatAvis.TED.value)
    lu.numero = xml.number_oj(root.get("DOC_ID", "")) or xml.number_oj(
        text(one(root, "CODED_DATA_SECTION", "NOTICE_DATA", "NO_DOC_OJS"))
    )
    if not lu.numero:
        lu.refus = "l'avis n'a pas de numéro de publication (DOC_ID)"
        return lu
    lu.url = f"https://ted.europa.eu/fr/notice/-/detail/{lu.numero}"
    lu.publie_le = xml.day(text(one(root, "CODED_DATA_SECTION", "REF_OJS", "DATE_PUB")))
    lu.envoye_le = xml.day(text(one(root, "CODED_DATA_SECTION", "CODIF_DATA", "DS_DATE_DISPATCH")))
    form = _form(one(root, "FORM_SECTION"))
    if form is None:
        lu.refus = "l'avis n'a pas de formulaire R2.0.9 (F01 à F25)"
        return lu
    lu.langue, lu.formulaire = form.get("LG", "")[:3], form.get("FORM", "")[:30]
    notice = one(form, "NOTICE")
    kind = notice.get("TYPE", "") if notice is not None else ""
    lu.nature = BY_NOTICE_TYPE.get(kind, NATURES.get(lu.formulaire, NatureAvis.AUTRE)).value
    lu.nature_contrat = _contract_nature(lu.formulaire)
    _buyers(one(form, "CONTRACTING_BODY"), lu)
    terms, procedure = one(form, "LEFTI"), one(form, "PROCEDURE")
    for contract in all_of(form, "OBJECT_CONTRACT"):
        _contract(contract, lu)
        lu.lots += [_lot(element, lu) for element in all_of(contract, "OBJECT_DESCR")]
    _terms(terms, lu)
    _procedure(procedure, lu)
    _notes(form, lu)
    _awards(form, lu)
    if lu.nature == NatureAvis.MODIFICATION:
        _modification(one(form, "MODIFICATIONS_CONTRACT"), lu)
    finish(lu)
    return lu


def _form(section: Any) -> Any:
    """The form in French among its translations, else the original one."""
    forms = [child for child in section if FORM.fullmatch(xml.name_of(child))] if section is not None else []
    french = [form for form in forms if form.get("LG") == "FR"]
    original = [form for form in forms if form.get("CATEGORY") == "ORIGINAL"]
    return next(iter([*french, *original, *forms]), None)


def _contract_nature(form: str) -> str:
    if form in {"F23", "F24", "F25"}:
        return NatureContrat.CONCESSION.value
    return (NatureContrat.DEFENSE if form in {"F16", "F17", "F18"} else NatureContrat.MARCHE).value


def _party(address: Any) -> PartieLue:
    """A body out of its address block; CONTACT_POINT, E_MAIL, PHONE and FAX are not read."""
    number = text(one(address, "NATIONALID"))
    return PartieLue(
        nom=xml.body_name(one(address, "OFFICIALNAME")),
        siret=xml.siret(number),
        identifiant=number[:60] if any(char.isdigit() for char in number) else "",
        ville=text(one(address, "TOWN"))[:150],
        code_postal=text(one(address, "POSTAL_CODE"))[:20],
        pays=(one(address, "COUNTRY").get("VALUE", "") if one(address, "COUNTRY") is not None else "")[:3],
    )


def _buyers(body: Any, lu: AvisLu) -> None:
    for name in ("ADDRESS_CONTRACTING_BODY", "ADDRESS_CONTRACTING_BODY_ADDITIONAL"):
        for address in all_of(body, name):
            party = _party(address)
            if party.nom and party not in lu.acheteurs:
                lu.acheteurs.append(party)
    lu.url_documents = xml.web(text(one(body, "URL_DOCUMENT")))
    kind = one(body, "CA_TYPE")
    lu.genre_acheteur = {
        "MINISTRY": "cga", "NATIONAL_AGENCY": "cga", "REGIONAL_AUTHORITY": "ra", "REGIONAL_AGENCY": "ra",
        "BODY_PUBLIC": "body-pl",
    }.get(kind.get("VALUE", "") if kind is not None else "", "")  # fmt: skip


def _contract(contract: Any, lu: AvisLu) -> None:
    lu.titre = lu.titre or text(one(contract, "TITLE"))[:1000]
    lu.description = lu.description or text(one(contract, "SHORT_DESCR"))
    lu.reference = lu.reference or text(one(contract, "REFERENCE_NUMBER"))[:60]
    kind = one(contract, "TYPE_CONTRACT")
    code = kind.get("CTYPE", "") if kind is not None else ""
    if code in TYPES and not lu.type:
        lu.type = TYPES[code].value
    codes = _cpv(contract, "CPV_MAIN")
    if codes and not lu.cpv:
        lu.cpv, lu.cpv_autres = codes[0], codes[1:]
    lu.montant_estime = lu.montant_estime or amount(text(one(contract, "VAL_ESTIMATED_TOTAL")))
    lu.montant_total = lu.montant_total or amount(text(one(contract, "VAL_TOTAL")))
    division = one(contract, "LOT_DIVISION")
    if one(division, "LOT_ONE_ONLY") is not None:
        lu.lots_max_candidat = 1
    lu.lots_max_candidat = lu.lots_max_candidat or whole(text(one(division, "LOT_MAX_NUMBER")))
    lu.lots_max_attribues = lu.lots_max_attribues or whole(text(one(division, "LOT_MAX_ONE_TENDERER")))


def _cpv(element: Any, tag: str) -> list[str]:
    codes = [code.get("CODE", "")[:10] for code in all_of(element, tag, "CPV_CODE")]
    return list(dict.fromkeys(code for code in codes if code))


def _lot(element: Any, lu: AvisLu) -> LotLu:
    codes = _cpv(element, "CPV_ADDITIONAL")
    lot = LotLu(
        numero=xml.lot_number(text(one(element, "LOT_NO"))),
        titre=text(one(element, "TITLE"))[:1000],
        description=text(one(element, "SHORT_DESCR")),
        type=lu.type,
        cpv=lu.cpv,
        cpv_autres=codes,
        nuts=list(dict.fromkeys(place.get("CODE", "")[:10] for place in all_of(element, "NUTS"))),
        lieu=text(one(element, "MAIN_SITE"))[:300],
        montant_estime=amount(text(one(element, "VAL_OBJECT"))),
        date_debut=xml.day(text(one(element, "DATE_START"))),
        date_fin=xml.day(text(one(element, "DATE_END"))),
        reconduction=text(one(element, "RENEWAL_DESCR")),
        complements=text(one(element, "INFO_ADD")),
        criteres="\n".join(_criteria(element)),
        grille=en_json(_weighted(one(element, "AC"))),
    )
    duration = one(element, "DURATION")
    if duration is not None:
        lot.duree_mois = xml.months(text(duration), duration.get("TYPE", ""))
    return lot


def _criteria(element: Any) -> list[str]:
    tags = {"AC_CRITERION", "MAIN_FEATURES_AWARD"}
    return list(dict.fromkeys(text(part) for part in element.iter() if xml.name_of(part) in tags and text(part)))


def _weighted(criteria: Any) -> Iterable[CriterePublie]:
    """II.2.5: quality criteria, cost, then price, with what each weighs; the form gives no unit."""
    for part in criteria if criteria is not None else ():
        if genre := AWARD.get(xml.name_of(part)):
            yield CriterePublie(text(one(part, "AC_CRITERION")), genre, text(one(part, "AC_WEIGHTING")))


def _terms(terms: Any, lu: AvisLu) -> None:
    """Reservations and conditions: TED gives them for the whole notice, so for each of its lots."""
    participation = ["res-pub-ser"] if one(terms, SERVICE_MISSION) is not None else []
    if one(terms, WORKSHOP) is not None:
        participation.append("res-ws")
    execution = "yes" if one(terms, PROGRAM) is not None else ""
    conditions = text(one(terms, "PERFORMANCE_CONDITIONS"))
    for lot in lu.lots:
        lot.participation, lot.execution, lot.conditions = list(participation), execution, conditions


def _procedure(procedure: Any, lu: AvisLu) -> None:
    if procedure is None:
        return
    tags = {xml.name_of(child) for child in procedure}
    lu.type_procedure = next((code for tag, code in PROCEDURES.items() if tag in tags), "")
    lu.limite = xml.limit(text(one(procedure, "DATE_RECEIPT_TENDERS")), text(one(procedure, "TIME_RECEIPT_TENDERS")))
    for element in all_of(procedure, "NOTICE_NUMBER_OJ"):
        if number := xml.number_oj(text(element)):
            lu.suites.append(number)
    features = text(one(procedure, "MAIN_FEATURES_AWARD"))
    if features:
        for lot in lu.lots:
            lot.criteres = "\n".join(filter(None, (lot.criteres, features)))
    if "FRAMEWORK" in tags:
        for lot in lu.lots:
            lot.accord_cadre = "fa"


def _notes(form: Any, lu: AvisLu) -> None:
    notes = one(form, "COMPLEMENTARY_INFO")
    lu.complements = text(one(notes, "INFO_ADD"))
    if number := xml.number_oj(text(one(notes, "NOTICE_NUMBER_OJ"))):
        lu.modifie = number
    for change in all_of(form, "CHANGES", "CHANGE"):
        where = " ".join((text(one(change, "WHERE", "SECTION")), text(one(change, "WHERE", "LABEL")))).strip()
        old, new = one(change, "OLD_VALUE"), one(change, "NEW_VALUE")
        lu.changements.append(ChangementLu(where[:200], _value(old)[:2000], _value(new)[:2000]))
        moved = xml.limit(text(one(new, "DATE")), text(one(new, "TIME")))
        if moved and "IV.2.2" in where:  # « date limite de réception des offres ou des demandes de participation »
            lu.limite = moved


def _value(element: Any) -> str:
    if element is None:
        return ""
    codes = [code.get("CODE", "") for code in element.iter() if isinstance(code.tag, str) and code.get("CODE")]
    return text(element) or ", ".join(codes)


def _awards(form: Any, lu: AvisLu) -> None:
    for award in all_of(form, "AWARD_CONTRACT"):
        awarded, refused = one(award, "AWARDED_CONTRACT"), one(award, "NO_AWARDED_CONTRACT")
        found = ResultatLu(
            lot=xml.lot_number(text(one(award, "LOT_NO"))),
            titre=text(one(award, "TITLE"))[:1000],
            attribue=awarded is not None,
            contrat=text(one(award, "CONTRACT_NO"))[:60],
        )
        if refused is not None:
            found.motif = "infructueux" if one(refused, "PROCUREMENT_UNSUCCESSFUL") is not None else "sans suite"
        if awarded is not None:
            _award(awarded, found)
        lu.resultats.append(found)


def _award(awarded: Any, found: ResultatLu) -> None:
    found.conclu_le = xml.day(text(one(awarded, "DATE_CONCLUSION_CONTRACT")))
    received = one(awarded, "NB_TENDERS_RECEIVED")
    found.offres = whole(text(received if received is not None else one(awarded, "TENDERS", "NB_TENDERS_RECEIVED")))
    for path in (("VALUES", "VAL_TOTAL"), ("VALUE", "VAL_TOTAL"), ("VAL_TOTAL",)):
        if found.montant is None:
            found.montant = amount(text(one(awarded, *path)))
    for path in (("CONTRACTORS", "CONTRACTOR"), ("CONTRACTOR",)):
        for contractor in all_of(awarded, *path):
            party = _party(one(contractor, "ADDRESS_CONTRACTOR"))
            if party.nom and party not in found.titulaires:
                found.titulaires.append(party)


def _modification(part: Any, lu: AvisLu) -> None:
    info = one(part, "INFO_MODIFICATIONS")
    before, after = one(info, "VALUES", "VAL_TOTAL_BEFORE"), one(info, "VALUES", "VAL_TOTAL_AFTER")
    if before is None and after is None:
        before, after = one(info, "VAL_TOTAL_BEFORE"), one(info, "VAL_TOTAL_AFTER")
    said = text(one(info, "SHORT_DESCR"))
    lu.changements.append(ChangementLu(said[:200] or "Modification du contrat", text(before), text(after)))

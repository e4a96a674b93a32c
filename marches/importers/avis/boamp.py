"""Notices of the BOAMP in its former format (schema v230): national, adapted-procedure and European ones."""

from collections.abc import Iterable
from typing import Any

from marches.enums import FormatAvis, NatureAvis, NatureContrat, TypeMarche
from marches.importers.avis import xml
from marches.importers.avis.xml import all_of, amount, one, text, whole
from marches.rules.avis import AvisLu, LotLu, PartieLue, ResultatLu
from marches.rules.mentions import finish
from marches.rules.ponderation import CriterePublie, en_json

PROCEDURES = {"OUVERT": "open", "RESTREINT": "restricted", "DIALOGUE_COMPETITIF": "comp-dial"}
TYPES = {
    "TRAVAUX": TypeMarche.TRAVAUX, "SERVICE": TypeMarche.SERVICES, "SERVICES": TypeMarche.SERVICES,
    "FOURNITURE": TypeMarche.FOURNITURES, "FOURNITURES": TypeMarche.FOURNITURES,
}  # fmt: skip
QUALITY = ("CRITERES_ATTRIBUTION", "CRITERES_QUALITE", "CRITERE")
REFUSALS = {"INFRUCTUEUX": "infructueux", "SANS_SUITE": "sans suite"}
ORGANISMES = {"ETAT": "cga", "REGION": "ra", "DEPARTEMENT": "la", "COMMUNE": "la"}


def read(root: Any) -> AvisLu:
    """One notice, known by its IDWEB; `refus` says why it cannot be kept."""
    lu = AvisLu(format=FormatAvis.BOAMP.value, langue="FR")
    management, data = one(root, "GESTION"), one(root, "DONNEES")
    lu.identifiant = text(one(management, "REFERENCE", "IDWEB"))[:60]
    if not lu.identifiant or data is None:
        lu.refus = "l'avis n'a pas d'identifiant BOAMP (IDWEB) ou pas de données"
        return lu
    kind = one(management, "REFERENCE", "TYPE_AVIS")
    lu.nature, lu.formulaire = _nature(kind), _names(one(kind, "FAMILLE"))[:30]
    lu.nature_contrat = _contract_nature(kind)
    lu.publie_le = xml.day(text(one(management, "INDEXATION", "DATE_PUBLICATION")))
    lu.suites = _previous(management)
    _object(data, management, lu)
    lu.acheteurs = [_party(identity) for identity in all_of(data, "IDENTITE")]
    lu.genre_acheteur = next((ORGANISMES[tag] for tag in _tags(one(data, "TYPE_ORGANISME")) if tag in ORGANISMES), "")
    lu.url_documents = xml.web(text(one(data, "IDENTITE", "URL_DOCUMENT")))
    received = text(one(data, "CONDITION_DELAI", "RECEPT_OFFRES"))
    received = received or text(one(management, "INDEXATION", "DATE_LIMITE_REPONSE"))
    lu.limite = xml.limit(*(received.split("T", 1) if "T" in received else (received, "")))
    tags = _tags(one(data, "PROCEDURE", "TYPE_PROCEDURE"))
    lu.type_procedure = next((code for tag, code in PROCEDURES.items() if tag in tags), "")
    _awards(one(data, "ATTRIBUTION"), lu)
    _lots(data, management, lu)
    finish(lu)
    return lu


def _tags(element: Any) -> list[str]:
    return [xml.name_of(child) for child in element] if element is not None else []


def _names(element: Any) -> str:
    return " ".join(_tags(element))


def _nature(kind: Any) -> str:
    """A corrigendum keeps the nature of what it corrects: its status tells."""
    tags = _tags(one(kind, "NATURE"))
    if "ATTRIBUTION" in tags:
        return NatureAvis.ATTRIBUTION.value
    if "APPEL_OFFRE" not in tags:
        return NatureAvis.AUTRE.value
    corrected = {"RECTIFICATIF", "ANNULATION"} & set(_tags(one(kind, "STATUT")))
    return (NatureAvis.RECTIFICATIF if corrected else NatureAvis.CONSULTATION).value


def _contract_nature(kind: Any) -> str:
    concession = "DSP" in _tags(one(kind, "FAMILLE")) or "CONCESSION" in _tags(one(kind, "NATURE", "APPEL_OFFRE"))
    return (NatureContrat.CONCESSION if concession else NatureContrat.MARCHE).value


def _previous(management: Any) -> list[str]:
    """The notices it follows, by their IDWEB and by their number in the Official Journal."""
    found = []
    for previous in all_of(management, "MARCHE", "ANNONCE_ANTERIEUR"):
        if idweb := text(one(previous, "REFERENCE", "IDWEB")):
            found.append(f"avis:{idweb}")
        for journal in all_of(previous, "REFERENCE_PUBLICATION", "PUBLICATION_JOUE"):
            found.append(xml.number_oj(f"{text(one(journal, 'NUM_ANNONCE'))}-{text(one(journal, 'ANNEE'))}"))
    return sorted({token for token in found if token})


def _object(data: Any, management: Any, lu: AvisLu) -> None:
    subject = one(data, "OBJET")
    whole_text = text(one(subject, "OBJET_COMPLET"))
    lu.titre = (
        text(one(subject, "TITRE_MARCHE")) or text(one(management, "INDEXATION", "RESUME_OBJET")) or whole_text
    )[:1000]
    lu.description = whole_text
    lu.reference = text(one(subject, "REF_MARCHE"))[:60]
    lu.type = next((TYPES[tag].value for tag in _tags(one(subject, "TYPE_MARCHE")) if tag in TYPES), "")
    lu.cpv = text(one(subject, "CPV", "PRINCIPAL"))[:10]
    lu.montant_estime = amount(text(one(subject, "CARACTERISTIQUES", "VALEUR_TOTALE")))
    lu.complements = text(one(data, "RENSEIGNEMENTS_COMPLEMENTAIRES", "RENS_COMPLEMENT"))


def _party(identity: Any) -> PartieLue:
    """A body out of its block; correspondents, telephones and e-mail addresses are not read."""
    number = text(one(identity, "CODE_IDENT_NATIONAL"))
    return PartieLue(
        nom=xml.body_name(one(identity, "DENOMINATION")),
        siret=xml.siret(number),
        identifiant=number[:60],
        ville=text(one(identity, "VILLE"))[:150],
        code_postal=text(one(identity, "CP"))[:20],
        pays="FR",
    )


def _lots(data: Any, management: Any, lu: AvisLu) -> None:
    """The lots described; without any, those that the award names, else the one lot that the notice is about."""
    lu.lots = [_lot(element, lu) for element in all_of(data, "OBJET", "LOTS", "LOT")]
    if not lu.lots:
        named = {result.lot: result.titre for result in lu.resultats if result.lot}
        lu.lots = [LotLu(numero=number, titre=title) for number, title in named.items()] or [LotLu(titre="")]
        place = list(dict.fromkeys(text(code)[:10] for code in all_of(data, "OBJET", "LIEU_EXEC_LIVR", "CODE_NUTS")))
        months = whole(text(one(data, "OBJET", "DUREE_DELAI", "DUREE_MOIS")))
        for lot in lu.lots:
            lot.type, lot.cpv, lot.nuts, lot.duree_mois = lu.type, lu.cpv, place, months
    whole_notice = en_json(_weighted(one(data, "PROCEDURE", "CRITERES_ATTRIBUTION")))
    terms = one(data, "CONDITION_PARTICIPATION")
    social = "SOCIAUX" in _tags(one(management, "INDEXATION", "CRITERES_SOCIAUX_ENV"))
    for lot in lu.lots:
        lot.conditions = text(one(terms, "CONDITION_PARTICULIERE_EXECUTION"))
        lot.participation = ["res-ws"] if "MARCHE_RESERVE_OUI" in _tags(terms) else []
        lot.strategie = ["soc-obj"] if social else []
        lot.accord_cadre = "fa" if one(data, "PROCEDURE", "ACCORD_CADRE") is not None else ""
        lot.grille = lot.grille or whole_notice


def _lot(element: Any, lu: AvisLu) -> LotLu:
    codes = [text(code)[:10] for code in all_of(element, "CPV", "PRINCIPAL") if text(code)]
    return LotLu(
        numero=xml.lot_number(text(one(element, "NUM"))),
        titre=text(one(element, "INTITULE"))[:1000],
        description=text(one(element, "DESCRIPTION")),
        type=lu.type,
        cpv=next(iter(codes), lu.cpv),
        cpv_autres=codes[1:],
        nuts=list(dict.fromkeys(text(code)[:10] for code in all_of(element, "CODE_NUTS") if text(code))),
        lieu=text(one(element, "LIEU_PRINCIPAL"))[:300],
        montant_estime=amount(text(one(element, "VALEUR"))),
        duree_mois=whole(text(one(element, "DUREE_MOIS"))),
        date_debut=xml.day(text(one(element, "DATE_DEBUT"))),
        date_fin=xml.day(text(one(element, "DATE_FIN"))),
        reconduction=text(one(element, "RENOUVELLEMENT_DESCRIPTION")),
        complements=text(one(element, "INFO_COMPL")),
        criteres="\n".join(text(part) for part in all_of(element, *QUALITY)),
        grille=en_json(_weighted(one(element, "CRITERES_ATTRIBUTION"))),
    )


def _weighted(criteria: Any) -> Iterable[CriterePublie]:
    """What each criterion weighs; the format gives no unit."""
    for group, genre in (("CRITERES_QUALITE", "quality"), ("CRITERES_COUT", "cost"), ("CRITERES_PONDERES", "")):
        for part in all_of(criteria, group, "CRITERE"):
            yield CriterePublie(text(part), genre, part.get("POIDS", ""))
    price = one(criteria, "CRITERES_PRIX")
    if price is not None:
        yield CriterePublie("", "price", text(one(price, "POIDS")))


def _awards(award: Any, lu: AvisLu) -> None:
    if award is None:
        return
    lu.montant_total = amount(text(one(award, "VALEUR_TOTALE")))
    for decision in all_of(award, "DECISION"):
        tags = _tags(decision)
        found = ResultatLu(
            lot=xml.lot_number(text(one(decision, "NUM_LOT"))),
            titre=(text(one(decision, "INTITULE")) or text(one(decision, "DESCRIPTION")))[:1000],
            attribue="TITULAIRE" in tags,
            motif=next((word for tag, word in REFUSALS.items() if tag in tags), ""),
        )
        said = [*all_of(decision, "RENSEIGNEMENT")]
        amounts = [value for part in said if (value := amount(text(one(part, "MONTANT")))) is not None]
        found.montant = sum(amounts[1:], amounts[0]) if amounts else None
        found.conclu_le = next((day for part in said if (day := xml.day(text(one(part, "DATE_ATTRIBUTION"))))), None)
        found.offres = next((n for part in said if (n := whole(text(one(part, "NB_OFFRE_RECU")))) is not None), None)
        for holder in all_of(decision, "TITULAIRE"):
            party = _party(holder)
            if party.nom and party not in found.titulaires:
                found.titulaires.append(party)
        lu.resultats.append(found)

"""How one record of the essential data reads: typed values, and what is wrong with it. Nothing is corrected.

Sources: arrêtés du 22 décembre 2022 on the essential data of public contracts and of concessions, schema 2.0.x; arrêté
du 22 mars 2019, schema 1.5.0. A value that cannot be used is left empty and told in `problemes`.
"""

import re
from typing import Any

from marches.enums import NatureContrat
from marches.rules.decp.noms import LOST
from marches.rules.decp.types import SIRET, Enregistrement
from marches.rules.decp.valeurs import SUSPECT_MONTHS, Lecteur, clean, fold, is_siret, nested, plain, words

FORMAT, FORMAT_2019 = "decp-2022", "decp-2019"
_CPV = re.compile(r"\d{8}(-\d)?")
_BROKEN_ENTITY = re.compile(r"et#\d{2,4}\s?[;,]")
_LIST = re.compile(r"[,;|]")
_NATURES = {
    "marche": NatureContrat.MARCHE,
    "marche de partenariat": NatureContrat.PARTENARIAT,
    "marche de defense ou de securite": NatureContrat.DEFENSE,
}
ACCORD_CADRE = "Accord-cadre"
# In 2019 a framework and the contracts made under it were natures; in 2022 a framework is a technique.
NATURES_CONNUES = _NATURES | {"accord cadre": NatureContrat.MARCHE, "marche subsequent": NatureContrat.MARCHE}


def read_record(raw: Any) -> Enregistrement:
    """`raw`, one element of `marche` or `contrat-concession` (2022), as typed values; never raises.

    Without `objet` a record is set aside: several lots of one buyer share an `id`, and their objet alone tells them
    apart.
    """
    return read_fields(raw, _NATURES, sans_objet=False)


def read_record_2019(raw: Any) -> Enregistrement:
    """`raw`, one element of the list `marches` (2019), as typed values; never raises.

    Each lot had an `id` of its own: a record without `objet` is kept and flagged, unless it has no `id` either.
    """
    return read_fields(raw, NATURES_CONNUES, sans_objet=True)


def read_fields(raw: Any, natures: dict[str, NatureContrat], *, sans_objet: bool) -> Enregistrement:
    """A record under the keys of 2022 or 2019, with the natures it may name; `sans_objet` keeps one without objet."""
    lu = Enregistrement()
    if not isinstance(raw, dict):
        lu.refus = "l'enregistrement n'est pas un objet JSON"
        return lu
    raw = nested(raw)
    read = Lecteur(raw, lu)
    concession, buyer = _buyer(raw)
    lu.acheteur = clean(plain(buyer.get("id") if isinstance(buyer, dict) else buyer)).upper()[:60]
    lu.objet = plain(raw.get("objet"))
    lu.identifiant = plain(raw.get("id"))
    if not lu.acheteur:
        lu.refus = "acheteur sans identifiant"
    elif not lu.objet and not sans_objet:
        lu.refus = "objet absent"
    elif not lu.objet and not lu.identifiant:
        lu.refus = "ni objet ni identifiant\u00a0: rien ne distingue ce contrat des autres du même acheteur"
    if lu.refus:
        return lu
    _identity(read, buyer)
    nature = fold(plain(raw.get("nature")))
    lu.nature = NatureContrat.CONCESSION if concession else natures.get(nature, NatureContrat.MARCHE)
    if not concession and nature not in natures:
        read.problem("nature inconnue", nature)
    _subject(read)
    if nature == "accord cadre":
        lu.techniques = lu.techniques or ACCORD_CADRE
    lu.montant = read.amount("valeurGlobale" if concession else "montant")
    lu.duree_mois = read.whole("dureeMois", "durée", SUSPECT_MONTHS)
    _days(read, concession)
    lu.offres_recues = read.whole("offresRecues", "nombre d'offres")
    lu.sous_traitance_declaree = read.boolean("sousTraitanceDeclaree")
    if raw.get("considerationsSociales") not in (None, "", [], {}):
        said = words(raw["considerationsSociales"], "considerationSociale")
        lu.considerations = frozenset(fold(word) for text in said for word in _LIST.split(text))
    holders = ("concessionnaires", "concessionnaire") if concession else ("titulaires", "titulaire")
    lu.titulaires = read.bodies(raw.get(holders[0]), holders[1], "titulaire")
    if not lu.titulaires:
        read.problem("aucun titulaire")
    read.parts()
    return lu


def _buyer(raw: dict) -> tuple[bool, Any]:
    """Whether the record is a concession, and its buyer; some platforms write the keys of both, one of them empty."""
    announced = fold(plain(raw.get("_type")))
    concession = "concession" in announced if announced else not raw.get("acheteur") and "autoriteConcedante" in raw
    return concession, raw.get("autoriteConcedante" if concession else "acheteur")


def _identity(read: Lecteur, buyer: Any) -> None:
    lu = read.lu
    if not is_siret(lu.acheteur):
        read.problem("SIRET de l'acheteur invalide", lu.acheteur)
    if isinstance(buyer, dict):
        read.name((SIRET, lu.acheteur), buyer.get("nom"))
    if not lu.identifiant:
        read.problem("identifiant du marché absent")
    if not lu.objet:
        read.problem("objet absent")
    if LOST in lu.objet:
        read.problem("caractères perdus dans l'objet", lu.objet)
    if _BROKEN_ENTITY.search(lu.objet):
        read.problem("caractères mal codés dans l'objet", lu.objet)


def _subject(read: Lecteur) -> None:
    lu, raw = read.lu, read.raw
    lu.accord_cadre = read.text("idAccordCadre", 60)
    lu.cpv = read.text("codeCPV", 10)
    if lu.cpv and not _CPV.fullmatch(plain(raw.get("codeCPV"))):
        read.problem("code CPV invalide", plain(raw.get("codeCPV")))
    lu.procedure, lu.ccag = read.text("procedure", 100), read.text("ccag", 60)
    lu.techniques = ", ".join(words(raw.get("techniques"), "technique"))[:200]
    lu.forme_prix, lu.forme_groupement = read.text("formePrix", 40), read.text("typeGroupementOperateurs", 30)
    lieu = raw.get("lieuExecution")
    if isinstance(lieu, dict):
        lu.lieu_code, lu.lieu_type = plain(lieu.get("code"))[:20], plain(lieu.get("typeCode"))[:30]


def _days(read: Lecteur, concession: bool) -> None:
    lu = read.lu
    lu.date_notification = read.day("dateSignature" if concession else "dateNotification")
    lu.date_publication = read.day("datePublicationDonnees")
    lu.date_debut = read.day("dateDebutExecution")
    if lu.date_notification and lu.date_publication and (lu.date_notification - lu.date_publication).days > 365:
        read.problem("données publiées plus d'un an avant la notification", lu.date_publication.isoformat())

"""Lots as records of essential data (DECP 2022), whatever the file they will make.

What came from an official file is written again as it was published; what people typed over it since is added, except
the identifier and the subject, which say which contract it is. A lot typed by hand becomes a new record. The few facts
that the portal does not ask of a lot typed by hand get the most usual value of the format, and each is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from marches.enums import FormeGroupement, NatureContrat, Reservation
from marches.exporters.lecture import CONCESSIONS, pieces
from marches.models import Lot
from marches.rules import conformite as c
from marches.rules import decp
from portal.text import fold

NATURES = {
    NatureContrat.MARCHE: "Marché",
    NatureContrat.PARTENARIAT: "Marché de partenariat",
    NatureContrat.DEFENSE: "Marché de défense ou de sécurité",
}
FORMES = {FormeGroupement.CONJOINT: "Conjoint", FormeGroupement.SOLIDAIRE: "Solidaire"}
PAS_DE_GROUPEMENT = "Pas de groupement"
# Asked by the format of every contract, and by no form of the portal: what most contracts say.
USUELS: dict[str, Any] = {
    "techniques": {"technique": ["Sans objet"]},
    "modalitesExecution": {"modaliteExecution": ["Sans objet"]},
    "marcheInnovant": False,
    "ccag": "Pas de CCAG",
    "attributionAvance": False,
    "typesPrix": {"typePrix": ["Définitif ferme"]},
    "sousTraitanceDeclaree": False,
    "considerationsEnvironnementales": {"considerationEnvironnementale": [c.PAS_VERT]},
}
USUELS_CONCESSION: dict[str, Any] = {
    "nature": "Concession de service",
    "montantSubventionPublique": 0,
    "considerationsEnvironnementales": {"considerationEnvironnementale": [c.PAS_VERT]},
}
PRIVE = "contrat privé\u00a0: il n'entre pas dans les données essentielles de la commande publique"
BROUILLON = "brouillon\u00a0: publiez-le sur le portail d'abord"
# Field of a lot or of its contract → what it says in a record; in a concession, the other name.
DU_LOT = {
    "cpv": "codeCPV", "commune": "lieuExecution", "departement": "lieuExecution", "lieu_code": "lieuExecution",
    "lieu_type": "lieuExecution", "montant": "montant", "montant_initial": "montant", "duree_mois": "dureeMois",
    "duree_mois_initiale": "dureeMois", "forme_prix": "formePrix", "offres_recues": "offresRecues",
    "date_notification": "dateNotification", "date_publication": "datePublicationDonnees",
    "date_debut": "dateDebutExecution", "reservation": "considerationsSociales",
    "clause_sociale": "considerationsSociales", "critere_social": "considerationsSociales",
    "forme_groupement": "typeGroupementOperateurs", "sous_traitance_declaree": "sousTraitanceDeclaree",
    "titulaires": "titulaires",
}  # fmt: skip
DU_MARCHE = {"procedure": "procedure", "techniques": "techniques", "ccag": "ccag", "nature": "nature"}
EN_CONCESSION = {
    "acheteur": "autoriteConcedante", "montant": "valeurGlobale", "dateNotification": "dateSignature",
    "titulaires": "concessionnaires",
}  # fmt: skip
# Key of a record → what the reading makes of it: a later record that says nothing readable does not replace another.
LU = {
    "id": "identifiant", "objet": "objet", "idAccordCadre": "accord_cadre", "codeCPV": "cpv", "procedure": "procedure",
    "techniques": "techniques", "ccag": "ccag", "montant": "montant", "valeurGlobale": "montant",
    "dureeMois": "duree_mois", "dateNotification": "date_notification", "dateSignature": "date_notification",
    "datePublicationDonnees": "date_publication", "dateDebutExecution": "date_debut", "formePrix": "forme_prix",
    "typeGroupementOperateurs": "forme_groupement", "offresRecues": "offres_recues",
    "sousTraitanceDeclaree": "sous_traitance_declaree", "considerationsSociales": "considerations",
    "titulaires": "titulaires", "concessionnaires": "titulaires",
}  # fmt: skip
SILENT = (None, "", ())


@dataclass
class Ligne:
    """A lot and its record; one with `fiche.refus` has no place in a file."""

    lot: Lot
    concession: bool
    fiche: c.Fiche

    @property
    def ecarte(self) -> bool:
        return bool(self.fiche.refus)

    def resume(self) -> dict[str, Any]:
        """What a file says of a record that it leaves out."""
        return {
            "lot": self.lot.pk,
            "id": self.lot.identifiant,
            "acheteur": self.lot.marche.acheteur.organisation.identifiant,
            "objet": self.lot.objet_publie or self.lot.objet,
            "motifs": self.fiche.refus,
        }


def lignes(lots: QuerySet[Lot], on: date, concession: bool | None = None) -> Iterator[Ligne]:
    """These lots as records, in flat memory; contracts alone, concessions alone, or both."""
    if concession is not None:
        lots = lots.filter(CONCESSIONS if concession else ~CONCESSIONS)
    for piece in pieces(lots):
        for lot in piece:
            yield ligne(lot, on)


def ligne(lot: Lot, on: date) -> Ligne:
    """A lot read by `lecture.complete`, as a record; `on` is the day of the export."""
    concession = lot.marche.nature == NatureContrat.CONCESSION
    if lot.marche.nature == NatureContrat.PRIVE:
        return Ligne(lot, concession, c.Fiche(refus=[PRIVE]))
    if not lot.marche.publie:
        return Ligne(lot, concession, c.Fiche(refus=[BROUILLON]))
    raw, notes = record(lot, on)
    fiche = c.mettre_en_forme(raw, concession=concession)
    fiche.notes[:0] = notes
    return Ligne(lot, concession, fiche)


def record(lot: Lot, on: date) -> tuple[dict[str, Any], list[str]]:
    """The record of a lot before it is put in form, and what had to be supposed."""
    if lot.publies:
        return _published(lot), []
    raw = _written(lot)
    if lot.toutes_sources or lot.cle:  # from an older format or a notice: what it does not say is not ours to suppose
        return raw, []
    notes = []
    usual = USUELS_CONCESSION if lot.marche.nature == NatureContrat.CONCESSION else USUELS
    if raw.get("datePublicationDonnees") is None:
        raw["datePublicationDonnees"] = on.isoformat()
        notes.append(
            "«\u00a0datePublicationDonnees\u00a0»\u00a0: jour de l'export, faute d'une première publication connue"
        )
    for name, value in usual.items():
        if raw.get(name) is None:
            raw[name] = value
            said = value if not isinstance(value, dict) else ", ".join(*value.values())
            said = {True: "oui", False: "non"}.get(said, said) if isinstance(said, bool) else said
            notes.append(
                f"«\u00a0{name}\u00a0»\u00a0: valeur usuelle «\u00a0{said}\u00a0», à vérifier, faute d'être demandé "
                "par le portail"
            )
    if len(str(raw.get("id") or "")) not in range(1, c.LONGEST_ID + 1):
        raw["id"] = f"L{lot.pk}"
        notes.append(f"«\u00a0id\u00a0»\u00a0: «\u00a0L{lot.pk}\u00a0», faute d'un identifiant de 1 à 16 caractères")
    return raw, notes


# Published --------------------------------------------------------------------------------------------------------
def _published(lot: Lot) -> dict[str, Any]:
    """The records of a lot folded into one, as the register folds them, under what people typed since."""
    raw = fold_raw([source.donnees for source in sorted(lot.publies, key=_order)])
    concession = lot.marche.nature == NatureContrat.CONCESSION
    typed = {DU_LOT[name] for name in lot.champs_saisis if name in DU_LOT}
    typed |= {DU_MARCHE[name] for name in lot.marche.champs_saisis if name in DU_MARCHE}
    if typed:
        written = _written(lot)
        for name in typed:
            key = EN_CONCESSION.get(name, name) if concession else name
            if key == "considerationsSociales" and _same_words(raw.get(key), written[key]):
                continue
            if written.get(key) is not None:
                raw[key] = written[key]
    _add_typed_parts(raw, lot, concession)
    return raw


def _order(source) -> tuple:
    lu = decp.read_record(source.donnees)
    parts = len(lu.modifications) + len(lu.actes) + len(lu.modifications_actes)
    return lu.publie_le or date.min, parts, source.empreinte


PARTIES = {
    "modifications": "modification", "actesSousTraitance": "acteSousTraitance",
    "modificationsActesSousTraitance": "modificationActeSousTraitance", "donneesExecution": "donneesAnnuelles",
}  # fmt: skip


def fold_raw(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Records of one lot, in order, as one: the last readable word on each field; changes are gathered, each once."""
    found: dict[str, Any] = dict(records[0])
    for raw in records[1:]:
        lu = decp.read_record(raw)
        for key, value in raw.items():
            if key in PARTIES:
                found[key] = _gathered(found.get(key), value, key)
            elif value not in c.VIDES and (key not in LU or getattr(lu, LU[key]) not in SILENT):
                found[key] = value
    return found


def _gathered(before: Any, after: Any, key: str) -> list[Any]:
    """The elements of both lists, those of the second in the place of those that tell the same act."""
    found: dict[Any, Any] = {}
    for rank, item in enumerate([*_items(before, PARTIES[key]), *_items(after, PARTIES[key])]):
        inner = item.get(PARTIES[key], item) if isinstance(item, dict) else item
        found[_identity(inner, key, rank)] = item
    return list(found.values())


def _items(value: Any, key: str) -> list[Any]:
    value = value.get(key, []) if isinstance(value, dict) else value
    return value if isinstance(value, list) else [] if value is None else [value]


def _identity(inner: Any, key: str, rank: int) -> Any:
    if not isinstance(inner, dict):
        return rank
    if key == "actesSousTraitance":
        body = inner.get("sousTraitant")
        return str(inner.get("id")), str(body.get("id") if isinstance(body, dict) else body)
    if key == "donneesExecution":
        return str(inner.get("datePublicationDonneesExecution"))
    days = [str(value) for name, value in inner.items() if name.startswith(("dateNotification", "dateSignature"))]
    return str(inner.get("id")), *days[:1]


def _same_words(published: Any, written: dict[str, list[str]]) -> bool:
    words = _items(published, "considerationSociale")
    return {fold(str(word)) for word in words} == {fold(word) for word in written["considerationSociale"]}


def _add_typed_parts(raw: dict[str, Any], lot: Lot, concession: bool) -> None:
    """Changes and subcontracts that a person added or corrected, in the place of those they correct."""
    typed = [part for part in lot.modifications.all() if part.saisie]
    if typed:
        raw["modifications"] = _gathered(
            raw.get("modifications"), [_modification(part, concession) for part in typed], "modifications"
        )
    actes = [] if concession else [acte for acte in lot.actes_sous_traitance.all() if acte.saisie]
    if actes:
        raw["actesSousTraitance"] = _gathered(
            raw.get("actesSousTraitance"), [_acte(acte) for acte in actes], "actesSousTraitance"
        )
        corrected = {acte.numero for acte in actes}
        kept = [
            item
            for item in _items(raw.get("modificationsActesSousTraitance"), "modificationActeSousTraitance")
            if str((item.get("modificationActeSousTraitance") or item).get("id")) not in corrected
        ]
        raw["modificationsActesSousTraitance"] = kept


# Typed --------------------------------------------------------------------------------------------------------------
def _written(lot: Lot) -> dict[str, Any]:
    """The record that the columns of a lot give; None where they say nothing."""
    marche = lot.marche
    concession = marche.nature == NatureContrat.CONCESSION
    members = holders(lot)
    raw: dict[str, Any] = {
        "id": lot.identifiant or marche.reference,
        "acheteur": {"id": marche.acheteur.organisation.identifiant},
        "nature": None if concession else NATURES.get(NatureContrat(marche.nature)),
        "objet": objet_of(lot),
        "procedure": marche.procedure or None,
        "dureeMois": _months(lot),
        "dateNotification": _day(lot.date_notification),
        "datePublicationDonnees": _day(lot.date_publication),
        "montant": _number(lot.montant if lot.montant_initial is None else lot.montant_initial),
        "titulaires": [_holder(body, concession) for body in members] or None,
        "considerationsSociales": {"considerationSociale": considerations(lot)},
        "modifications": [_modification(part, concession) for part in lot.modifications.all()] or None,
    }
    if "montant" in lot.champs_saisis and not any(part.montant is not None for part in lot.modifications.all()):
        raw["montant"] = _number(lot.montant)
    if concession:
        raw["dateDebutExecution"] = _day(lot.date_debut)
        return {EN_CONCESSION.get(name, name): value for name, value in raw.items()}
    technique = marche.techniques or ("Accord-cadre" if marche.est_accord_cadre else "")
    execution = "Marchés subséquents" if marche.accord_cadre_id else ""
    return raw | {
        "codeCPV": lot.cpv or None,
        "techniques": {"technique": technique.split(", ")} if technique else None,
        "modalitesExecution": {"modaliteExecution": [execution]} if execution else None,
        "idAccordCadre": (marche.accord_cadre.reference if marche.accord_cadre else None) or None,
        "ccag": marche.ccag or None,
        "offresRecues": lot.offres_recues,
        "typeGroupementOperateurs": _group(lot, len(members)),
        "lieuExecution": _place(lot),
        "formePrix": lot.forme_prix or None,
        "sousTraitanceDeclaree": True if lot.actes_sous_traitance.all() else lot.sous_traitance_declaree,
        "actesSousTraitance": [_acte(acte) for acte in lot.actes_sous_traitance.all()] or None,
    }


def holders(lot: Lot) -> list:
    """The bodies that hold a lot: those published, else the members of the group that won, its spokesperson first."""
    rows = list(lot.titulaires.all())
    if not rows:
        rows = [membre for groupe in lot.retenus for membre in groupe.membres.all()]
    return [row.organisation for row in rows]


def objet_of(lot: Lot) -> str:
    """« Entretien des collèges : Lot 3 : Bayeux », the title of the contract cut so that the lot stays whole."""
    if lot.objet_publie:
        return lot.objet_publie
    if not lot.numero or fold(lot.objet) == fold(lot.marche.objet):
        return lot.objet[: c.LONGEST_OBJET]
    own = f" : Lot {lot.numero} : {lot.objet}"[: c.LONGEST_OBJET]
    return f"{lot.marche.objet[: c.LONGEST_OBJET - len(own)]}{own}"


def considerations(lot: Lot) -> list[str]:
    reserved = c.RESERVEE if lot.marche.nature == NatureContrat.CONCESSION else c.RESERVE
    found = [c.CLAUSE] * lot.clause_sociale + [c.CRITERE] * lot.critere_social
    found += [reserved] * (lot.reservation != Reservation.AUCUNE)
    return found or [c.PAS_SOCIAL]


def _group(lot: Lot, number: int) -> str | None:
    if lot.retenus and (forme := FORMES.get(FormeGroupement(lot.retenus[0].forme))):
        return forme
    return lot.forme_groupement or (PAS_DE_GROUPEMENT if number == 1 else None)


def _place(lot: Lot) -> dict[str, str] | None:
    if lot.lieu_code and lot.lieu_type:
        return {"code": lot.lieu_code, "typeCode": lot.lieu_type}
    if lot.commune_id:
        return {"code": lot.commune_id, "typeCode": "Code commune"}
    return {"code": lot.departement_id, "typeCode": "Code département"} if lot.departement_id else None


def _months(lot: Lot) -> int | None:
    """The firm duration and its renewals; between two days, both included, months rounded up."""
    months = lot.duree_mois_initiale or lot.duree_mois
    if not months and lot.date_debut and lot.date_fin:
        start, end = lot.date_debut, lot.date_fin
        whole = (end.year - start.year) * 12 + end.month - start.month
        months = max(1, whole + (end.day >= start.day))
    if months and lot.reconductions and not lot.toutes_sources:
        months += lot.reconductions * (lot.reconduction_mois or months)
    return months or None


def _holder(body, concession: bool) -> dict[str, Any]:
    key = "concessionnaire" if concession else "titulaire"
    return {key: {"typeIdentifiant": body.type_identifiant, "id": body.identifiant}}


def _modification(part, concession: bool) -> dict[str, Any]:
    notified = "dateSignatureModification" if concession else "dateNotificationModification"
    raw = {
        "id": _whole(part.numero),
        notified: _day(part.date_notification),
        "datePublicationDonneesModification": _day(part.date_publication),
        "dureeMois": part.duree_mois or None,
        "valeurGlobale" if concession else "montant": _number(part.montant),
    }
    if part.titulaires and not concession:
        raw["titulaires"] = [{"titulaire": {"typeIdentifiant": kind, "id": number}} for kind, number in part.titulaires]
    return {"modification": {name: value for name, value in raw.items() if value is not None}}


def _acte(acte) -> dict[str, Any]:
    raw = {
        "id": _whole(acte.numero),
        "sousTraitant": {"typeIdentifiant": acte.sous_traitant.type_identifiant, "id": acte.sous_traitant.identifiant},
        "dureeMois": acte.duree_mois or None,
        "dateNotification": _day(acte.date_notification),
        "datePublicationDonnees": _day(acte.date_publication),
        "montant": _number(acte.montant),
        "variationPrix": acte.variation_prix or None,
    }
    return {"acteSousTraitance": {name: value for name, value in raw.items() if value is not None}}


def _whole(number: str) -> int | str:
    return int(number) if number.isascii() and number.isdigit() else number


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _number(amount: Decimal | None) -> int | float | None:
    if amount is None:
        return None
    return int(amount) if amount == amount.to_integral_value() else float(amount)

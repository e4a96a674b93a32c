"""The shown state of a lot: the fold of what its records say, in order of publication, whatever the order of files."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from marches.enums import Reservation
from marches.rules import decp, fin_prevue, read_titre, skeleton
from marches.rules.decp import ActeLu, Enregistrement, ModificationLue
from marches.rules.objets import Titre, clean_text
from portal.text import fold

# Format of a source record → how it reads. Stored records are folded again for ever: a name here never goes.
READERS = {
    decp.FORMAT: decp.read_record,
    decp.FORMAT_2019: decp.read_record_2019,
    decp.FORMAT_TABLEAU: decp.read_row,
    decp.FORMAT_CONSOLIDE: decp.read_row_consolide,
}
OBJET_ABSENT = "Objet non publié"
# Fields that a later record replaces when it says something, and leaves alone when it is silent.
SCALARS = (
    "identifiant", "objet", "accord_cadre", "cpv", "procedure", "techniques", "ccag", "lieu_code", "lieu_type",
    "montant", "duree_mois", "date_notification", "date_publication", "date_debut", "forme_prix", "forme_groupement",
    "offres_recues", "sous_traitance_declaree", "considerations", "titulaires",
)  # fmt: skip
SILENT = (None, "", ())


def canonical(raw: Any, default: Callable[[Any], Any] | None = None) -> str:
    """`raw` as JSON with sorted keys, whose SHA-256 is the fingerprint of a record; `default` writes what JSON has not.

    ValueError for an infinite number.
    """
    encoder = _encoders.get(default)
    if encoder is None:
        encoder = _encoders[default] = json.JSONEncoder(
            ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=default
        )
    return encoder.encode(raw)


_encoders: dict[Any, json.JSONEncoder] = {}  # making one costs more than writing a record


def digest(*parts: str) -> str:
    """SHA-256 of several texts, no two different lists giving the same."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def lot_key(lu: Enregistrement) -> str:
    """Identity of a lot: buyer SIRET, published identifier, folded objet (see `rules.skeleton`)."""
    return digest(lu.acheteur, lu.identifiant, skeleton(lu.objet))


@dataclass(frozen=True)
class Versement:
    """One source record, read: what puts it in order among those of its lot."""

    lu: Enregistrement
    empreinte: str

    @property
    def order(self) -> tuple:
        parts = len(self.lu.modifications) + len(self.lu.actes) + len(self.lu.modifications_actes)
        return self.lu.publie_le or date.min, parts, self.empreinte


@dataclass
class EtatLot:
    """What the records of one lot say together."""

    lu: Enregistrement  # the last word on every plain field
    titre: Titre
    modifications: list[ModificationLue]
    actes: list[ActeLu]
    montant: Any
    duree_mois: int | None
    titulaires: tuple[tuple[str, str], ...]

    @property
    def siren(self) -> str:
        return self.lu.acheteur[:9] if re.fullmatch(r"\d{14}", self.lu.acheteur) else self.lu.acheteur

    @cached_property
    def cle_marche(self) -> str:
        """The guess of the contract: same buyer and common title, else same framework or same published identifier."""
        if self.titre.commun:
            return digest(self.siren, "titre", skeleton(self.titre.commun))
        reference = fold(self.lu.accord_cadre)
        if len(reference) < 4 or not any(char.isdigit() for char in reference):
            reference = fold(self.lu.identifiant)
        if not reference:
            return digest(self.siren, "lot", lot_key(self.lu))
        return digest(self.siren, "id", reference)

    def fields(self) -> dict[str, Any]:
        """Columns of `Lot` that follow from the records alone (no lookup)."""
        lu = self.lu
        return {
            "identifiant": lu.identifiant[:60],
            "numero": self.titre.numero[:20],
            "objet": self.titre.objet[:1000] or OBJET_ABSENT,
            "objet_publie": lu.objet[:1000],
            "cpv": lu.cpv,
            "lieu_code": lu.lieu_code,
            "lieu_type": lu.lieu_type,
            "montant": self.montant,
            "montant_initial": lu.montant,
            "forme_prix": lu.forme_prix,
            "offres_recues": lu.offres_recues,
            "date_notification": lu.date_notification,
            "date_publication": lu.date_publication,
            "date_debut": lu.date_debut,
            "date_fin": fin_prevue(lu.date_debut or lu.date_notification, self.duree_mois),
            "duree_mois": self.duree_mois,
            "duree_mois_initiale": lu.duree_mois,
            "reservation": Reservation.NON_PRECISEE.value if lu.reserve else Reservation.AUCUNE.value,
            "clause_sociale": lu.clause_sociale,
            "critere_social": lu.critere_social,
            "forme_groupement": lu.forme_groupement,
            "sous_traitance_declaree": lu.sous_traitance_declaree,
        }

    @property
    def objet_marche(self) -> str:
        return (self.titre.commun or clean_text(self.lu.objet))[:1000] or OBJET_ABSENT


def fold_records(versements: Iterable[Versement]) -> EtatLot:
    """One state out of every record of a lot; the same for any order of `versements`."""
    ordered = sorted(versements, key=lambda versement: versement.order)
    lus = decp.rassembler([versement.lu for versement in ordered])
    if len(lus) == 1:  # by far the most frequent, and nothing to fold
        return _state(lus[0], *({part.cle: part for part in parts} for parts in _parts(lus[0])))
    folded = Enregistrement(acheteur=ordered[-1].lu.acheteur, nature=ordered[-1].lu.nature)
    modifications: dict[Any, ModificationLue] = {}
    actes: dict[Any, ActeLu] = {}
    changes: dict[Any, ModificationLue] = {}
    for lu in lus:
        for name in SCALARS:
            value = getattr(lu, name)
            if value not in SILENT:
                setattr(folded, name, value)
        modifications |= {part.cle: part for part in lu.modifications}
        actes |= {acte.cle: acte for acte in lu.actes}
        changes |= {part.cle: part for part in lu.modifications_actes}
    return _state(folded, modifications, actes, changes)


def _parts(lu: Enregistrement) -> tuple[list, list, list]:
    return lu.modifications, lu.actes, lu.modifications_actes


def _state(folded: Enregistrement, modifications: dict, actes: dict, changes: dict) -> EtatLot:
    dated = sorted(modifications.values(), key=_rank)
    return EtatLot(
        lu=folded,
        titre=read_titre(folded.objet),
        modifications=dated,
        actes=_changed(actes, sorted(changes.values(), key=_rank)),
        montant=next((part.montant for part in reversed(dated) if part.montant is not None), folded.montant),
        duree_mois=next((part.duree_mois for part in reversed(dated) if part.duree_mois), folded.duree_mois),
        titulaires=next((part.titulaires for part in reversed(dated) if part.titulaires), folded.titulaires),
    )


def _rank(part: ModificationLue) -> tuple:
    """Order of the modifications of one lot: by day, then by number."""
    number = int(part.numero) if part.numero.isascii() and part.numero.isdigit() else -1
    return (
        part.date_notification or part.date_publication or date.min,
        part.date_publication or date.min,
        number,
        part.numero,
    )


def _changed(actes: dict[Any, ActeLu], changes: list[ModificationLue]) -> list[ActeLu]:
    """Subcontracts with their latest changes; a number borne by two subcontracts says nothing of either."""
    by_number: dict[str, list[Any]] = {}
    for key in actes:
        by_number.setdefault(key[0], []).append(key)
    for change in changes:
        keys = by_number.get(change.numero, [])
        if len(keys) == 1:
            acte = actes[keys[0]]
            actes[keys[0]] = replace(
                acte,
                montant=acte.montant if change.montant is None else change.montant,
                duree_mois=change.duree_mois or acte.duree_mois,
            )
    return sorted(
        actes.values(), key=lambda acte: (acte.date_notification or date.min, acte.numero, acte.sous_traitant)
    )

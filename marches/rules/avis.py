"""What a notice says once read: plain values, the same for every format. No contact person has a place here.

Sources: règlement d'exécution (UE) 2019/1780 (eForms, business terms « BT-… »); TED R2.0.9 forms F01 to F25.
"""

import dataclasses
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from marches.enums import NatureAvis, Reservation
from portal.siret import is_siren
from portal.text import fold

CHAINED = frozenset([NatureAvis.CONSULTATION, NatureAvis.RECTIFICATIF, NatureAvis.ATTRIBUTION, NatureAvis.MODIFICATION])
# Identifiers of a procedure and of a notice in an example of the SDK: the official converter of old notices writes
# them in each notice it converts, so they identify nothing.
IDENTIFIANTS_D_EXEMPLE = frozenset(["aff2863e-b4cc-4e91-baba-b3b85f709117", "f252f386-55ac-4fa8-9be4-9f950b9904c8"])


@dataclass
class PartieLue:
    """A body as published: `siret` is a valid one or empty, `identifiant` what the file wrote."""

    nom: str = ""
    siret: str = ""
    identifiant: str = ""
    ville: str = ""
    code_postal: str = ""
    pays: str = ""

    @property
    def siren(self) -> str:
        """The valid SIREN that the identifier gives, alone or at the head of a damaged SIRET; else ""."""
        digits = "".join(re.findall(r"\d", self.identifiant))
        return digits[:9] if len(digits) in {9, 14} and is_siren(digits[:9]) else ""

    @property
    def cle(self) -> str:
        """Two parties with one key bear the same name in the same town, « cedex » apart."""
        town = re.sub(r"(?i)\s*(?:\bcedex\b.*|\(.*)", "", self.ville)
        return f"{fold(self.nom)[:200]}|{fold(town)[:90]}"


@dataclass
class LotLu:
    """One lot. `limite` is the deadline as the file wrote it (ISO 8601), with its offset or without any."""

    numero: str = ""
    titre: str = ""
    description: str = ""
    type: str = ""
    cpv: str = ""
    cpv_autres: list[str] = field(default_factory=list)
    nuts: list[str] = field(default_factory=list)
    lieu: str = ""
    montant_estime: Decimal | None = None
    duree_mois: int | None = None
    date_debut: date | None = None
    date_fin: date | None = None
    reconductions: int | None = None
    reconduction: str = ""
    participation: list[str] = field(default_factory=list)  # BT-71
    execution: str = ""  # BT-736
    strategie: list[str] = field(default_factory=list)  # BT-06
    objectifs: list[str] = field(default_factory=list)  # BT-775
    strategie_texte: str = ""  # BT-777
    conditions: str = ""  # BT-70
    accord_cadre: str = ""  # BT-765
    limite: str = ""
    url_documents: str = ""
    criteres: str = ""
    grille: dict[str, Any] | None = None  # BT-539, BT-541, BT-734: `ponderation.Grille.en_json`
    complements: str = ""

    @property
    def textes(self) -> list[str]:
        """Every free text of the lot."""
        parts = (self.titre, self.description, self.strategie_texte, self.conditions, self.criteres, self.complements)
        return [part for part in parts if part]


@dataclass
class ResultatLu:
    """One award, or the absence of one, for one lot. `conclu_le` is BT-145."""

    lot: str = ""
    titre: str = ""
    attribue: bool = False
    motif: str = ""
    contrat: str = ""
    titulaires: list[PartieLue] = field(default_factory=list)
    sous_traitants: list[PartieLue] = field(default_factory=list)
    montant: Decimal | None = None
    conclu_le: date | None = None
    offres: int | None = None


@dataclass
class ChangementLu:
    """One thing that a corrigendum changes: where, from, to."""

    ou: str = ""
    avant: str = ""
    apres: str = ""


@dataclass
class AvisLu:
    """One notice. `refus` sets it aside; `problemes` are (reason, value) pairs, in French."""

    format: str = ""
    formulaire: str = ""
    nature: str = NatureAvis.AUTRE.value
    identifiant: str = ""
    version: str = ""
    numero: str = ""
    procedure: str = ""
    modifie: str = ""
    suites: list[str] = field(default_factory=list)
    publie_le: date | None = None
    envoye_le: date | None = None
    langue: str = ""
    titre: str = ""
    description: str = ""
    reference: str = ""
    nature_contrat: str = ""
    type: str = ""
    cpv: str = ""
    cpv_autres: list[str] = field(default_factory=list)
    nuts: list[str] = field(default_factory=list)
    type_procedure: str = ""
    acheteurs: list[PartieLue] = field(default_factory=list)
    genre_acheteur: str = ""
    montant_estime: Decimal | None = None
    montant_total: Decimal | None = None
    lots_max_candidat: int | None = None
    lots_max_attribues: int | None = None
    lots: list[LotLu] = field(default_factory=list)
    resultats: list[ResultatLu] = field(default_factory=list)
    changements: list[ChangementLu] = field(default_factory=list)
    limite: str = ""
    complements: str = ""
    url: str = ""
    url_documents: str = ""
    problemes: list[list[str]] = field(default_factory=list)
    refus: str = ""

    @property
    def cle(self) -> str:
        return self.numero or "-".join(part for part in (self.identifiant, self.version) if part)

    @property
    def est_identifie(self) -> bool:
        """Whether its own identifier (BT-701) is worth anything."""
        return bool(self.identifiant) and self.identifiant not in IDENTIFIANTS_D_EXEMPLE

    @property
    def jetons(self) -> set[str]:
        """What ties it to the other notices of its procedure.

        A prior information notice or a qualification system may feed many procedures: it ties none of them together.
        """
        own = {self.numero}
        if self.est_identifie:
            own.add(f"avis:{self.identifiant}")
        if self.nature in CHAINED:
            own |= {self.modifie, *self.suites}
            if self.procedure and self.procedure not in IDENTIFIANTS_D_EXEMPLE:
                own.add(f"procedure:{self.procedure}")
        return {jeton[:120] for jeton in own if jeton}

    @property
    def limites(self) -> list[str]:
        """The deadlines of the notice and of its lots, each once, first ones first."""
        return sorted({limite for limite in (self.limite, *(lot.limite for lot in self.lots)) if limite})


def as_dict(lu: Any) -> Any:
    """`lu` as JSON takes it; `from_dict` gives it back. Empty values are left out."""
    if dataclasses.is_dataclass(lu):
        pairs = ((part.name, getattr(lu, part.name)) for part in dataclasses.fields(lu))
        return {name: as_dict(value) for name, value in pairs if value not in (None, "", []) and value is not False}
    if isinstance(lu, list):
        return [as_dict(item) for item in lu]
    if isinstance(lu, date):
        return lu.isoformat()
    return str(lu) if isinstance(lu, Decimal) else lu


def from_dict(kind: Any, raw: dict[str, Any]) -> Any:
    """The dataclass `kind` out of what `as_dict` wrote; unknown keys, of an older version, are ignored."""
    hints = get_type_hints(kind)
    return kind(**{name: _value(hints[name], value) for name, value in raw.items() if name in hints})


def _value(hint: Any, value: Any) -> Any:
    if get_origin(hint) is list:
        (inner,) = get_args(hint)
        return [_value(inner, item) for item in value]
    if isinstance(hint, UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    if dataclasses.is_dataclass(hint):
        return from_dict(hint, value)
    if hint is date:
        return date.fromisoformat(value)
    return Decimal(value) if hint is Decimal else value


# What the codes mean -------------------------------------------------------------------------------------------------
def moment(limite: str) -> datetime | None:
    """The deadline written by a file; naive when it gave no offset, None when it is no date."""
    try:
        return datetime.fromisoformat(limite)
    except ValueError:
        return None


def sans_heure(limite: str) -> bool:
    """« 2026-11-26 » and « 2026-11-26+01:00 » give a day alone."""
    return bool(limite) and "T" not in limite


def reservation_des_codes(participation: list[str], execution: str) -> Reservation:
    """What the codes alone say of a lot.

    `res-pub-ser` is the ESS (directive 2014/24/UE, art. 77; Code de la commande publique, L. 2113-15). `res-ws`
    covers « personnes handicapées ou défavorisées » alike (art. 20; code list `reserved-procurement`): EA, ESAT or
    SIAE, which only the text can tell. Execution within sheltered employment programmes (BT-736) says no more.
    """
    if "res-ws" in participation or execution == "yes":
        return Reservation.NON_PRECISEE
    return Reservation.ESS if "res-pub-ser" in participation else Reservation.AUCUNE

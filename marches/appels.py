"""What pages say of calls and notices: deadline, days left, chain, lots as published; plain values, no request."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from django.db.models import Q

from marches.enums import NatureAvis, Reservation
from marches.models import Avis, Lot, Marche, PartieARapprocher
from marches.rules import mentions
from marches.rules.avis import AvisLu, LotLu
from marches.upsert.limites import lire_limite
from portal.text import fold
from structures.lieux import departement_of
from structures.models import Commune, Departement, Organisation

PARIS = ZoneInfo("Europe/Paris")
COMMUNE = re.compile(r"(?:commune|ville|mairie) (?:de|du|des|d) (.+)")
MOST_PLACES = 6
MOST_PROPOSED = 6
TONES = {
    NatureAvis.CONSULTATION: "accent", NatureAvis.RECTIFICATIF: "avertissement", NatureAvis.ATTRIBUTION: "ok",
    NatureAvis.MODIFICATION: "information",
}  # fmt: skip


@dataclass(frozen=True)
class Echeance:
    """A deadline: `texte` in Paris time with the offset of that day; `publie` as written, when it differs."""

    moment: datetime
    jours: int
    texte: str
    publie: str = ""

    @property
    def est_passee(self) -> bool:
        return self.jours < 0

    @property
    def urgente(self) -> bool:
        return 0 <= self.jours <= 7


def echeance(moment: datetime | None, now: datetime, fuseau: str = "", sans_heure: bool = False) -> Echeance | None:
    """« le 05/11/2026 à 12 h 00 (heure de Paris, UTC+01:00) »; days are counted from midnight to midnight, in Paris."""
    if moment is None:
        return None
    here = moment.astimezone(PARIS)
    days = (here.date() - now.astimezone(PARIS).date()).days
    if moment < now and days == 0:
        days = -1
    day = f"{here:%d/%m/%Y}"
    if sans_heure:
        return Echeance(moment, days, f"le\u00a0{day} (heure non précisée)")
    offset = f"{here:%z}"
    shown = f"le\u00a0{day} à\u00a0{here:%H}\u00a0h\u00a0{here:%M} (heure de Paris, UTC{offset[:3]}:{offset[3:]})"
    published = ""
    if fuseau and fuseau != f"{offset[:3]}:{offset[3:]}":
        sign = -1 if fuseau[0] == "-" else 1
        zone = timezone(sign * timedelta(hours=int(fuseau[1:3]), minutes=int(fuseau[4:])))
        published = f"{moment.astimezone(zone):%d/%m/%Y à %H:%M} (UTC{fuseau})"
    return Echeance(moment, days, shown, published)


@dataclass
class Appel:
    """One call in the list: contract, deadline, lots by reservation, sectors and places."""

    marche: Marche
    echeance: Echeance | None
    lots: int = 0
    reservations: dict[Reservation, int] = field(default_factory=dict)
    clause_sociale: bool = False
    secteurs: list[str] = field(default_factory=list)
    lieux: str = ""
    avis: Avis | None = None


def appels(marches: list[Marche], now: datetime) -> list[Appel]:
    """The calls of one page of contracts; three queries."""
    ids = [marche.pk for marche in marches]
    lots = defaultdict(list)
    for lot in (
        Lot.objects.filter(marche__in=ids)
        .select_related("secteur")
        .only("marche_id", "reservation", "clause_sociale", "secteur__nom", "departement_id")
    ):
        lots[lot.marche_id].append(lot)
    notices: dict[int, Avis] = {}
    for avis in Avis.objects.filter(marche__in=ids).chained():
        if avis.date_limite and avis.nature in {NatureAvis.CONSULTATION, NatureAvis.RECTIFICATIF}:
            notices[avis.marche_id] = avis
    names = dict(Departement.objects.values_list("code", "nom"))
    return [_appel(marche, lots[marche.pk], notices.get(marche.pk), names, now) for marche in marches]


def _appel(marche: Marche, lots: list[Lot], avis: Avis | None, names: dict[str, str], now: datetime) -> Appel:
    reservations: dict[Reservation, int] = defaultdict(int)
    for lot in lots:
        if lot.est_reserve:
            reservations[lot.reservation_enum] += 1
    codes = {lot.departement_id for lot in lots if lot.departement_id}
    codes |= set(avis.departements.split()) if avis else set()
    fuseau, whole = (avis.fuseau, avis.limite_sans_heure) if avis else ("", False)
    return Appel(
        marche=marche,
        echeance=echeance(marche.date_limite, now, fuseau, whole),
        lots=len(lots),
        reservations=dict(reservations),
        clause_sociale=any(lot.clause_sociale for lot in lots),
        secteurs=sorted({lot.secteur.nom for lot in lots if lot.secteur})[:3],
        lieux=lieux(codes, names),
        avis=avis,
    )


def lieux(codes: set[str], names: dict[str, str]) -> str:
    """« Calvados, Manche », « toute la France », « 12 départements »."""
    if "FR" in codes:
        return "toute la France"
    found = sorted(names[code] for code in codes if code in names)
    return ", ".join(found) if len(found) <= MOST_PLACES else f"{len(found)}\u00a0départements"


@dataclass
class Maillon:
    """One notice in the chain of a procedure."""

    avis: Avis
    ton: str
    echeance: Echeance | None
    courant: bool = False


def ton(avis: Avis) -> str:
    """Colour of the badge of its nature, which always carries the word too."""
    return TONES.get(NatureAvis(avis.nature), "neutre")


def chaine(avis: list[Avis], now: datetime, courant: Avis | None = None) -> list[Maillon]:
    return [
        Maillon(
            row,
            ton(row),
            echeance(row.date_limite, now, row.fuseau, row.limite_sans_heure),
            row == courant,
        )
        for row in avis
    ]


@dataclass
class LotPublie:
    lu: LotLu
    reservation: Reservation
    echeance: Echeance | None

    @property
    def numero(self) -> str:
        return "" if self.lu.numero.startswith("#") else self.lu.numero.partition("#")[0]


def lots_publies(lu: AvisLu, now: datetime) -> list[LotPublie]:
    """The lots as this notice tells them, each with its own deadline when the lots do not share one."""
    several = len(lu.limites) > 1
    text = f"{lu.titre}\n{lu.description}\n{lu.complements}"
    found = []
    for lot in lu.lots:
        moment, fuseau = lire_limite(lot.limite) if several else (None, "")
        found.append(LotPublie(lot, mentions.reservation(lot, text), echeance(moment, now, fuseau)))
    return found


def propositions(partie: PartieARapprocher) -> list[Organisation]:
    """Organisations that may be this party: same folded name, those of the same town first; nothing is chosen here."""
    name = partie.cle.partition("|")[0]
    rows = Organisation.objects.filter(type_identifiant="SIRET").select_related("commune")
    sirens = {partie.siren, commune_siren(partie)} - {""}
    company = rows.filter(siren__in=sirens)[:20] if sirens else []
    same = rows.filter(Q(nom_tri__iexact=name) | Q(denomination__iexact=partie.nom))
    directory = rows.filter(structures__publiee=True, structures__nom_tri__iexact=name)
    found = list(dict.fromkeys([*company, *same[:50], *directory[:50]]))
    if len(found) < MOST_PROPOSED and len(name) >= 8:
        found += [row for row in rows.filter(nom_tri__startswith=name[:40])[:20] if row not in found]
    town = partie.cle.partition("|")[2]
    postcode = partie.code_postal[:2]
    return sorted(found, key=lambda row: _distance(row, town, postcode))[:MOST_PROPOSED]


def commune_siren(partie: PartieARapprocher) -> str:
    """The SIREN of the commune that « Commune de … », « Ville de … » or « Mairie de … » names, when one answers.

    The département is that of the postcode: many communes share a name.
    """
    named = COMMUNE.match(partie.cle.partition("|")[0])
    if not named or len(partie.code_postal) < 2:
        return ""
    departement = departement_of(partie.code_postal[:5])
    found = Commune.objects.filter(nom_tri=named[1], departement=departement, parente=None).exclude(siren="")
    sirens = set(found.values_list("siren", flat=True)[:2])
    return sirens.pop() if len(sirens) == 1 else ""


def _distance(organisation: Organisation, town: str, postcode: str) -> tuple:
    here = fold(organisation.commune.nom) if organisation.commune else ""
    near = organisation.code_postal[:2] == postcode if postcode else False
    return (here != town or not town, not near, organisation.nom_tri, organisation.pk)

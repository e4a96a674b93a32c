"""The notices of one procedure folded into one contract and its lots, the same for any order of arrival."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation

from marches.enums import NatureAvis, Reservation
from marches.rules import mentions
from marches.rules.avis import CHAINED, AvisLu, LotLu, PartieLue, ResultatLu
from portal.text import fold

ORDER = [NatureAvis.CONSULTATION, NatureAvis.RECTIFICATIF, NatureAvis.ATTRIBUTION, NatureAvis.MODIFICATION]
CALLS = {NatureAvis.CONSULTATION, NatureAvis.RECTIFICATIF}
# Source: eForms code list `procurement-procedure-type` (BT-105), in the words of the Code de la commande publique.
PROCEDURES = {
    "open": "Appel d'offres ouvert",
    "restricted": "Appel d'offres restreint",
    "neg-w-call": "Procédure avec négociation",
    "neg-wo-call": "Marché passé sans publicité ni mise en concurrence préalables",
    "comp-dial": "Dialogue compétitif",
    "innovation": "Partenariat d'innovation",
    "oth-single": "Autre procédure en une étape",
    "oth-mult": "Autre procédure en plusieurs étapes",
    "comp-tend": "Mise en concurrence (règlement 1370/2007)",
}
_NUMBERS = {
    "une": 1, "un": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9,
    "douze": 12, "dix huit": 18, "vingt quatre": 24,
}  # fmt: skip
_COUNT = "(" + "|".join([r"\d{1,2}", *sorted(_NUMBERS, key=len, reverse=True)]) + ")"
_TIMES = (
    re.compile(rf"(?:recond(?:uct|ui)\w*|renouvel\w*)(?: \w+){{0,5}}? {_COUNT}(?: \d{{1,2}})? fois"),
    re.compile(rf"(?<!une )(?!une?\b){_COUNT}(?: \d{{1,2}})? (?:reconductions?|renouvellements?)"),
    re.compile(rf"(?:reconductions?|renouvellements?) (?:est )?fixe (?:a|au) {_COUNT}"),
)
# Only right after the count: « 3 fois 12 mois », « … pour une nouvelle période de deux ans »; never a total duration.
_LINK = (
    r"(?:maximum|au|par|pour|d|de|des|une|un|la|nouvelles?|periodes?|durees?|successives?|tacite\w*|expresse\w*|chacune"
    r"|reconductions?|chaque|possibles?)"
)
_PERIOD = re.compile(rf"(?: {_LINK})*? {_COUNT}(?: \d{{1,2}})? (an|mois)")
MOST_RENEWALS, MOST_MONTHS = 20, 120
LARGEST_AMOUNT = Decimal(10) ** 18 - 1  # what the column holds


@dataclass
class LotPlie:
    """One lot of a procedure: what the calls say of it, then what was awarded."""

    lu: LotLu
    reservation: Reservation = Reservation.AUCUNE
    clause_sociale: bool = False
    critere_social: bool = False
    titulaires: list[PartieLue] = field(default_factory=list)
    sous_traitants: list[PartieLue] = field(default_factory=list)
    montant: Decimal | None = None
    offres: int | None = None
    conclu_le: date | None = None
    publie_le: date | None = None
    attribue_par: str = ""


@dataclass
class Dossier:
    """`base` carries what the contract shows; `lancement` is the day the first call was sent."""

    base: AvisLu
    lots: dict[str, LotPlie]
    lancement: date | None = None
    limite: str = ""
    reservation_mentionnee: bool = False
    modifications: list[AvisLu] = field(default_factory=list)
    sans_lot: list[tuple[str, str]] = field(default_factory=list)  # results of no known lot: notice, its words


def order(lu: AvisLu) -> tuple:
    """Order of the notices of one procedure: by day, then call, corrigendum, award, modification."""
    rank = ORDER.index(NatureAvis(lu.nature)) if lu.nature in CHAINED else len(ORDER)
    return (lu.publie_le or lu.envoye_le or date.min, rank, lu.cle)


def fold_dossier(avis: Iterable[AvisLu]) -> Dossier | None:
    """One contract out of the notices of one procedure; None while no notice describes a lot (a corrigendum alone)."""
    ordered = sorted((lu for lu in avis if lu.nature in CHAINED), key=order)
    described = [lu for lu in ordered if lu.lots]
    if not described:
        return None
    calls = [lu for lu in described if lu.nature in CALLS]
    base = (calls or described)[-1]
    dossier = Dossier(base=_filled(base, [*calls, *described]), lots={})
    launches = [day for lu in ordered if lu.nature in CALLS and (day := lu.envoye_le or lu.publie_le)]
    dossier.lancement = min(launches, default=None)
    for lu in ordered:
        if lu.nature in CALLS:
            dossier.limite = next(iter(lu.limites), dossier.limite)
            dossier.reservation_mentionnee |= mentions.avis_mentionne(lu)
        _read_lots(dossier.lots, lu)
        if lu.nature == NatureAvis.ATTRIBUTION or (lu.nature == NatureAvis.MODIFICATION and lu.resultats):
            dossier.sans_lot += [(lu.cle, name) for name in _award(dossier.lots, lu)]
        if lu.nature == NatureAvis.MODIFICATION:
            dossier.modifications.append(lu)
    for lot in dossier.lots.values():
        _judge(lot, dossier.base)
    return dossier


def _filled(base: AvisLu, others: list[AvisLu]) -> AvisLu:
    """`base` with what it leaves empty taken from the other notices."""
    names = ("titre", "description", "reference", "type", "cpv", "type_procedure", "acheteurs", "montant_estime")
    missing = {
        name: next((getattr(lu, name) for lu in others if getattr(lu, name)), getattr(base, name))
        for name in names
        if not getattr(base, name)
    }
    return replace(base, **missing)


def _read_lots(lots: dict[str, LotPlie], lu: AvisLu) -> None:
    """A later call says the last word on a lot; an award or a modification only fills what is missing."""
    last_word = lu.nature in CALLS
    alone = len(lu.lots) == 1 and len(lots) == 1
    for lot in lu.lots:
        known = lots.get(lot.numero) or (next(iter(lots.values())) if alone else None)
        if known is None:
            lots[lot.numero] = LotPlie(lu=replace(lot))
            continue
        for name in LotLu.__dataclass_fields__:
            value = getattr(lot, name)
            if name != "numero" and value not in (None, "", []) and (last_word or not getattr(known.lu, name)):
                setattr(known.lu, name, value)


def _award(lots: dict[str, LotPlie], lu: AvisLu) -> list[str]:
    """Results of one notice; several for one lot make a multiple award. A later notice replaces an earlier one.

    What the notice calls the lots of the results that are of no known lot.
    """
    lost = []
    for result in lu.resultats:
        concerned = _awarded_lots(lots, result, lu)
        if not concerned:
            lost.append(result.lot or result.titre)
        for lot in concerned:
            if lot.attribue_par != lu.cle:
                lot.titulaires, lot.sous_traitants, lot.montant = [], [], None
                lot.conclu_le, lot.offres, lot.attribue_par = None, None, lu.cle
            lot.offres = result.offres if lot.offres is None else max(lot.offres, result.offres or 0)
            lot.publie_le = lu.publie_le
            if not result.attribue:
                continue
            lot.titulaires += [party for party in result.titulaires if party not in lot.titulaires]
            lot.sous_traitants += [party for party in result.sous_traitants if party not in lot.sous_traitants]
            lot.conclu_le = min(filter(None, (lot.conclu_le, result.conclu_le)), default=None)
            if result.montant is not None:
                lot.montant = min((lot.montant or Decimal(0)) + result.montant, LARGEST_AMOUNT)
    awarded = [lot for lot in lots.values() if lot.attribue_par == lu.cle and lot.titulaires]
    if len(lots) == 1 and len(awarded) == 1 and awarded[0].montant is None:
        awarded[0].montant = lu.montant_total
    return lost


def _awarded_lots(lots: dict[str, LotPlie], result: ResultatLu, lu: AvisLu) -> list[LotPlie]:
    """The lot of a result, or the several it names (« 1, 2 et 4 »); none when no lot described answers to it."""
    by_title = [lot for lot in lots.values() if result.titre and fold(lot.lu.titre) == fold(result.titre)]
    # « 12 » may be « 1, 2 » whose comma was lost, when the notice names numbers that no lot bears.
    broken = any(other.lot.isdigit() and other.lot not in lots for other in lu.resultats)
    if result.lot in lots and (not broken or len(result.lot) == 1 or lots[result.lot] in by_title):
        return [lots[result.lot]]
    if len(lots) == 1 and not result.lot:
        return list(lots.values())
    if len(lots) == 1 and len(lu.lots) == 1:
        return list(lots.values())
    several = [part.lstrip("0") for part in re.split(r"\D+", result.lot) if part.strip("0")]
    if len(several) > 1 and all(part in lots for part in several) and result.montant is None:
        return [lots[part] for part in several]
    if len(by_title) == 1:
        return by_title
    return []


def _judge(lot: LotPlie, base: AvisLu) -> None:
    text = f"{base.titre}\n{base.description}\n{base.complements}"
    lot.reservation = mentions.reservation(lot.lu, text)
    lot.clause_sociale = mentions.est_clause(lot.lu, base.complements)
    lot.critere_social = bool(mentions.SOCIAL.search(lot.lu.criteres))


def reconduction(lot: LotLu) -> tuple[int, int | None, bool]:
    """Number of renewals, months of each (None: as long as the firm period), tacit or not.

    « Reconductible trois fois, par périodes de 12 mois » → 3, 12, True. Tacit unless the text says « expresse ».
    Source: Code de la commande publique, R. 2112-4; eForms BT-57 and BT-58 (eForms gives a maximum number).
    """
    words = fold("\n".join((lot.reconduction, lot.complements if not lot.reconduction else "")))
    found = next((match for pattern in _TIMES if (match := pattern.search(words))), None)
    count = lot.reconductions if lot.reconductions is not None else _number(found)
    months = None
    if count and found and (period := _PERIOD.match(words, found.end())):
        months = _number(period) * (12 if period[2] == "an" else 1)
    tacit = not re.search(r"\bexpresse", words)
    if not 0 < count <= MOST_RENEWALS:
        return 0, None, tacit
    return count, months if months and months <= MOST_MONTHS else None, tacit


def _number(found: re.Match | None) -> int:
    if found is None:
        return 0
    return int(found[1]) if found[1].isdigit() else _NUMBERS[found[1]]


def amount(words: str) -> Decimal | None:
    """An amount of a change, as published; None when it is none."""
    try:
        value = Decimal(words.replace(" ", "").replace(",", "."))
    except InvalidOperation:
        return None
    return value.quantize(Decimal("0.01")) if value.is_finite() and 0 <= value <= LARGEST_AMOUNT else None

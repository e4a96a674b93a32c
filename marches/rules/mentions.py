"""What the free text of a notice says of insertion, disability and reservations."""

import re
from decimal import Decimal

from marches.enums import Reservation
from marches.rules.avis import AvisLu, LotLu, reservation_des_codes
from marches.rules.decp.valeurs import SUSPECT_AMOUNT

_L = r"\bL\.?\s*2113[-\s]?"
_R = r"r[ée]serv[ée]e?s?\b"
HANDICAP = re.compile(
    rf"(?is){_L}12\b|\b36[-\s]*I\b(?!I)|{_R}.{{0,160}}?(?:entreprises?\s+adapt[ée]es?|\bESAT\b|\baide par le travail|"
    rf"accompagnement par le travail|ateliers?\s+prot[ée]g[ée]s?)"
)
INSERTION = re.compile(
    rf"(?is){_L}13\b(?!-)|\b36[-\s]*II\b|{_R}.{{0,160}}?(?:insertion par l.activit|structures? d.insertion|\bSIAE\b)|"
    rf"{_R}\s+(?:[àa]\s+l.)?insertion"
)
CONJOINTE = re.compile(rf"(?i){_L}14\b")
ESS = re.compile(rf"(?is){_L}15\b|{_R}.{{0,120}}?[ée]conomie sociale et solidaire")
RESERVE = re.compile(r"(?i)\b(?:march[ée]s?|lots?|concession)\s+(?:est\s+|sont\s+|\d+\s+)*r[ée]serv[ée]e?s?\b")
NUMBERED = re.compile(r"(?i)\blots?\s+(?:n[°ºo]\s*)?\d+(?:\s*(?:,|et|à)\s*\d+)*\s+(?:est|sont|:)?\s*r[ée]serv")
EXCLUSION = re.compile(r"(?i)\b(?:non|pas|n.est pas|aucun\w*)\s+(?:march[ée]s?\s+|lots?\s+)?r[ée]serv")

SOCIAL = re.compile(
    r"(?i)insertion\s+(?:et\s+de\s+\w+\s+)?(?:socio)?(?:professionnelle|sociale|par\s+l.?\s?(?:activit|emploi|entretien))"
    r"|clauses?\s+(?:sociales?|d.\s?insertion)|condition\w*\s+d.ex[ée]cution\s+sociale|structures?\s+d.insertion"
    r"|march[ée]\w*\s+d.insertion|prestations?\s+(?:de\s+service\s+)?d.insertion|heures?\s+d.insertion"
    r"|(?:publics?|personnes?)\s+(?:\w+\s+){0,3}(?:en difficult|[ée]loign[ée]e?s?\s+de\s+l.emploi)"
    r"|travailleurs?\s+(?:handicap[ée]s?|d[ée]favoris[ée]s?)|entreprises?\s+adapt[ée]es?|\bESAT\b|\bSIAE\b"
    r"|L\.?\s*2113[-\s]?1[2-5]|L\.?\s*2112[-\s]?2\b"
)
CLAUSE = re.compile(
    r"(?i)clauses?\s+(?:sociales?|d.\s?insertion)|condition\w*\s+d.ex[ée]cution\s+sociale|heures?\s+d.insertion"
    r"|clause\s+(?:\w+\s+){0,4}promotion\s+de\s+l.emploi|clause\s+obligatoire\s+d.insertion"
)
AROUND, LONGEST = 140, 4_000  # characters


def precision(text: str) -> Reservation | None:
    """Whom a text reserves for, when it says so by an article or in words; None otherwise.

    Source: Code de la commande publique, L. 2113-12 (EA, ESAT), L. 2113-13 (SIAE), L. 2113-14 (both), L. 2113-15
    (ESS); before 01/04/2019, ordonnance 2015-899, art. 36-I and 36-II.
    """
    handicap, insertion = bool(HANDICAP.search(text)), bool(INSERTION.search(text))
    if CONJOINTE.search(text) or (handicap and insertion):
        return Reservation.LES_DEUX
    if handicap or insertion:
        return Reservation.HANDICAP if handicap else Reservation.INSERTION
    return Reservation.ESS if ESS.search(text) else None


def reservation(lot: LotLu, avis_text: str = "") -> Reservation:
    """The reservation of a lot: decided by its codes, made precise by its own text, else by that of the notice.

    A text never reserves by itself: a mention may be about another lot. An ESS code stays ESS.
    """
    by_codes = reservation_des_codes(lot.participation, lot.execution)
    if by_codes != Reservation.NON_PRECISEE:
        return by_codes
    own = precision("\n".join((lot.titre, lot.description, lot.complements)))
    return own or precision("\n".join((lot.conditions, lot.strategie_texte, avis_text))) or by_codes


def mentionne(text: str) -> bool:
    """Whether a text says that something is reserved to inclusive structures."""
    found = precision(text) is not None or bool(RESERVE.search(text))
    return found and not EXCLUSION.search(text)


def est_clause(lot: LotLu, avis_text: str = "") -> bool:
    """Whether the lot carries a social performance condition: a social objective (BT-06, BT-775) or words for it.

    Accessibility alone (`acc-all`) is a matter of technical specifications (L. 2112-2 is about performance).
    """
    objectives = set(lot.objectifs) - {"acc-all", "none"}
    coded = bool(objectives) or ("soc-obj" in lot.strategie and not lot.objectifs)
    return coded or any(CLAUSE.search(text) for text in (lot.conditions, lot.description, lot.complements, avis_text))


def extraits(text: str) -> list[str]:
    """The passages of a text that speak of insertion or disability, with a few words around; overlaps joined."""
    spans: list[list[int]] = []
    for found in SOCIAL.finditer(text):
        start, end = max(found.start() - AROUND, 0), min(found.end() + AROUND, len(text))
        if spans and start <= spans[-1][1]:
            spans[-1][1] = end
        else:
            spans.append([start, end])
    passages, length = [], 0
    for start, end in spans:
        passage = " ".join(text[start:end].split())
        passage = ("… " if start else "") + passage + (" …" if end < len(text) else "")
        if length + len(passage) > LONGEST:
            break
        passages.append(passage)
        length += len(passage)
    return list(dict.fromkeys(passages))


def texte_social(textes: list[str]) -> str:
    """The social passages of several texts, each once, one a line."""
    found = dict.fromkeys(passage for text in dict.fromkeys(textes) for passage in extraits(text))
    return "\n".join(found)[: LONGEST * 2]


# The whole notice ----------------------------------------------------------------------------------------------------
def finish(lu: AvisLu) -> None:
    """What every reader does last: lots told apart, contradictions between codes and words told in `problemes`."""
    seen: set[str] = set()
    for rank, lot in enumerate(lu.lots, start=1):
        if lot.numero in seen or (not lot.numero and len(lu.lots) > 1):
            lot.numero = f"{lot.numero}#{rank}" if lot.numero else f"#{rank}"
        seen.add(lot.numero)
    coded = [lot for lot in lu.lots if reservation_des_codes(lot.participation, lot.execution) != Reservation.AUCUNE]
    own = [lot for lot in lu.lots if mentionne("\n".join((lot.titre, lot.description, lot.complements)))]
    text = "\n".join((lu.titre, lu.description, lu.complements, *{lot.conditions for lot in lu.lots}))
    if not coded and (own or mentionne(text)):
        _tell(lu, "le texte parle d'une réservation que les codes de l'avis ne disent pas")
    if len(coded) > 1 and ((own and len(own) < len(coded)) or NUMBERED.search(text)):
        _tell(lu, "la réservation est codée pour plusieurs lots, le texte ne la dit que de certains\u00a0: vérifiez")
    doubtful = [result.montant for result in lu.resultats if result.attribue and _is_doubtful(result.montant)]
    if doubtful:
        _tell(lu, "montant attribué invraisemblable, gardé tel quel", f"{doubtful[0]}\u00a0€, {len(doubtful)} fois")
    for lot in coded:
        said = precision("\n".join((lot.titre, lot.description, lot.complements)))
        if reservation(lot) == Reservation.ESS and said not in (None, Reservation.ESS):
            _tell(
                lu, "le code réserve à l'ESS, le texte à d'autres structures\u00a0: vérifiez", lot.numero or lot.titre
            )


def _is_doubtful(montant: Decimal | None) -> bool:
    """An award of 1 € or less fills a compulsory field; a thousand million is a typing mistake or a ceiling."""
    return montant is not None and (montant <= 1 or montant >= SUSPECT_AMOUNT)


def _tell(lu: AvisLu, reason: str, value: str = "") -> None:
    lu.problemes.append([reason, value[:100]])


def textes(lu: AvisLu) -> list[str]:
    """Every free text of a notice, each once."""
    parts = [lu.titre, lu.description, lu.complements, *(text for lot in lu.lots for text in lot.textes)]
    return list(dict.fromkeys(part for part in parts if part))


def avis_mentionne(lu: AvisLu) -> bool:
    """Whether the notice carries or mentions a reservation. Source: R. 2113-7 (mention in the notice)."""
    coded = any(reservation_des_codes(lot.participation, lot.execution) != Reservation.AUCUNE for lot in lu.lots)
    return coded or any(mentionne(text) for text in textes(lu))

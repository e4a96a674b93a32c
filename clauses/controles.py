"""Checks of the lines of a month before they are accepted: fetches, then asks `rules.verifie_ligne`."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from clauses.accords import parametres_of
from clauses.enums import Etat, Modalite, TypeContrat
from clauses.models import Affectation, Declaration, Eligibilite, Imputation
from clauses.parametres import seuil
from clauses.rules import AutreLigne, LigneAVerifier, Plafonds, Prets, a_relire, compteur_prets, verifie_ligne
from portal.verdict import Niveau, Verdict, worst
from structures.enums import Kind
from structures.models import Structure

ZERO = Decimal(0)
LATEST = [Etat.BROUILLON, Etat.TRANSMISE, Etat.ACCEPTEE]  # of a line that has several, the one that counts


def current_imputations(declaration: Declaration) -> list[Imputation]:
    """The lines of a month as they stand: the latest imputation of each, with what the grid prints. One query."""
    rows = (
        declaration.imputations.filter(remplacee_par=None)
        .select_related("ligne__affectation__participant", "ligne__affectation__employeur", "remplace")
        .order_by("ligne__affectation__participant__code", "pk")
    )
    return list(rows)


def verdicts_by_imputation(declaration: Declaration, imputations: Iterable[Imputation]) -> dict[int, list[Verdict]]:
    """What to know of each line, the most serious first; an empty list for a clean one.

    Three queries in all, one more when an association lends people, two more when there is a CDI.
    """
    imputations = [i for i in imputations if i.ligne.affectation]
    people = {i.ligne.affectation.participant_id for i in imputations}
    employers = {i.ligne.affectation.employeur_id for i in imputations}
    eligibilites, kinds, others = _eligibilites(people), _kinds(employers), _month(declaration, people)
    lent = _lent(declaration.mois, imputations, kinds)
    plafonds = _plafonds(declaration, imputations)
    clause, found = declaration.clause, {}
    for imputation in imputations:
        affectation = imputation.ligne.affectation
        elsewhere = [
            row for row in others[affectation.participant_id]
            if (row.ligne, row.clause) != (imputation.ligne_id, imputation.clause_id)
        ]  # fmt: skip
        found[imputation.pk] = verifie_ligne(
            LigneAVerifier(
                mois=declaration.mois,
                heures=imputation.heures,
                total_mois=sum((row.heures for row in elsewhere), imputation.heures),
                modalite=affectation.modalite,
                contrat=affectation.contrat,
                date_debut=affectation.date_debut,
                date_fin=affectation.date_fin,
                kinds=kinds[affectation.employeur_id],
                clause_debut=clause.date_debut,
                clause_fin=clause.date_fin,
                eligibilites=eligibilites[affectation.participant_id],
                autres=[_other(row, imputation, declaration) for row in elsewhere],
                prets=_prets(lent, imputation, declaration.mois) if lent is not None else None,
            ),
            plafonds,
        )
    return found


def avis_du_declarant(declaration: Declaration, imputations: Iterable[Imputation]) -> dict[int, list[Verdict]]:
    """What who declares may put right in these lines before sending them, out of what it declares itself.

    One query, two more when one of its people is lent.
    """
    imputations = [i for i in imputations if i.ligne.affectation]
    own = declaration.organisation_id
    lending = [
        i for i in imputations
        if i.ligne.affectation.employeur_id == own and i.ligne.affectation.modalite == Modalite.MISE_A_DISPOSITION
    ]  # fmt: skip
    lent = _lent(declaration.mois, lending, _kinds([own])) if lending else None
    people = {i.ligne.affectation.participant_id for i in imputations}
    others, plafonds = _month(declaration, people, declarant=own), plafonds_usuels(declaration.mois)
    found = {}
    for imputation in imputations:
        affectation = imputation.ligne.affectation
        elsewhere = (
            row.heures for row in others[affectation.participant_id]
            if (row.ligne, row.clause) != (imputation.ligne_id, imputation.clause_id)
        )  # fmt: skip
        total = sum(elsewhere, imputation.heures)
        mine = lent if affectation.employeur_id == own else None
        prets = _prets(mine, imputation, declaration.mois) if mine else None
        found[imputation.pk] = a_relire(a_verifier(declaration, affectation, imputation.heures, total, prets), plafonds)
    return found


def a_verifier(declaration, affectation, heures, total, prets=None) -> LigneAVerifier:
    """These hours as the checks of the declarer read them; no query once the clause is read."""
    return LigneAVerifier(
        mois=declaration.mois,
        heures=heures,
        total_mois=total,
        modalite=affectation.modalite,
        contrat=affectation.contrat,
        date_debut=affectation.date_debut,
        date_fin=affectation.date_fin,
        kinds=(),
        clause_debut=declaration.clause.date_debut,
        clause_fin=declaration.clause.date_fin,
        prets=prets,
    )


def is_clean(verdicts: Iterable[Verdict]) -> bool:
    """Whether a line may be accepted with the others, without a look of its own."""
    return worst(verdicts).level < Niveau.AVERTISSEMENT


# What the rules read --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Comptee:
    """Hours sent or accepted of a person: one row a line and clause, a correction sent in place of the old one."""

    ligne: int
    clause: int
    heures: Decimal
    employeur: int
    employeur_nom: str
    declarant: int


def plafonds_usuels(on: date) -> Plafonds:
    """The parameters of the day `on`, but for what a convention says otherwise."""
    return Plafonds(
        par_semaine=seuil("heures_semaine", on),
        exception=seuil("heures_semaine_exception", on),
        par_jour=seuil("heures_jour", on),
        prets=seuil("ai_prets_heures", on),
        prets_alerte=seuil("ai_prets_alerte", on),
        prets_mois=int(seuil("ai_prets_mois", on)),
        cdi_mois=int(seuil("cdi_mois", on)),
    )


def _plafonds(declaration, imputations) -> Plafonds:
    usual = plafonds_usuels(declaration.mois)
    if any(i.ligne.affectation.contrat == TypeContrat.CDI for i in imputations):
        return replace(usual, cdi_mois=parametres_of(declaration.clause, declaration.mois).cdi_mois)
    return usual


def _eligibilites(people) -> dict[int, list]:
    found = defaultdict(list)
    for eligibilite in Eligibilite.objects.filter(participant__in=people):
        found[eligibilite.participant_id].append(eligibilite)
    return found


def _kinds(employers) -> dict[int, set[str]]:
    found = defaultdict(set)
    for organisation, kind in Structure.objects.filter(organisation__in=employers).values_list("organisation", "kind"):
        found[organisation].add(kind)
    return found


def _month(declaration, people, *, declarant: int | None = None) -> dict[int, list[Comptee]]:
    """What each person has in the month, on every clause; or what `declarant` declares, drafts too. One query."""
    rows = Imputation.objects.filter(
        ligne__affectation__participant__in=people,
        ligne__du__year=declaration.mois.year,
        ligne__du__month=declaration.mois.month,
        etat__in=LATEST if declarant else LATEST[1:],
    )
    if declarant:
        rows = rows.filter(declaration__organisation=declarant)
    told = rows.values_list(
        "ligne__affectation__participant", "etat", "ligne", "clause", "heures", "ligne__affectation__employeur",
        "ligne__affectation__employeur__denomination", "declaration__organisation",
    )  # fmt: skip
    latest: dict[tuple, tuple] = {}
    for person, etat, line, clause, hours, employer, name, declarer in told:
        row, rank = Comptee(line, clause, hours, employer, name, declarer), LATEST.index(Etat(etat))
        if (line, clause) not in latest or rank < latest[line, clause][0]:
            latest[line, clause] = (rank, person, row)
    found = defaultdict(list)
    for _, person, row in latest.values():
        found[person].append(row)
    return found


def _other(row: Comptee, imputation: Imputation, declaration: Declaration) -> AutreLigne:
    return AutreLigne(
        employeur=row.employeur_nom or "un autre employeur",
        heures=row.heures,
        meme_clause=row.clause == declaration.clause_id,
        meme_employeur=row.employeur == imputation.ligne.affectation.employeur_id,
        meme_declarant=row.declarant == declaration.organisation_id,
    )


# Lendings of an AI ----------------------------------------------------------------------------------------------------
def _counts(affectation: Affectation, kinds: dict[int, set[str]]) -> bool:
    """Whether the hours of this assignment count among the 480: an AI lends, and not to a public employer."""
    lending = affectation.modalite == Modalite.MISE_A_DISPOSITION and Kind.AI in kinds[affectation.employeur_id]
    return lending and affectation.utilisateur_prive is not False


def _lent(mois: date, imputations, kinds) -> dict | None:
    """(person, employer) → {(line, clause): (month, hours, known to be private)} up to the month; None for no lending.

    One query.
    """
    pairs = {
        (i.ligne.affectation.participant_id, i.ligne.affectation.employeur_id)
        for i in imputations
        if _counts(i.ligne.affectation, kinds)
    }
    if not pairs:
        return None
    rows = Imputation.objects.filter(
        ligne__affectation__participant__in={person for person, _ in pairs},
        ligne__affectation__employeur__in={employer for _, employer in pairs},
        ligne__affectation__modalite=Modalite.MISE_A_DISPOSITION,
        ligne__du__lte=mois,
        etat__in=[Etat.TRANSMISE, Etat.ACCEPTEE],
    ).exclude(ligne__affectation__utilisateur_prive=False)
    found: dict[tuple, dict] = defaultdict(dict)
    for person, employer, etat, line, clause, day, hours, private in rows.values_list(
        "ligne__affectation__participant", "ligne__affectation__employeur", "etat", "ligne", "clause", "ligne__du",
        "heures", "ligne__affectation__utilisateur_prive",
    ):  # fmt: skip
        known = found[person, employer]
        if etat == Etat.TRANSMISE or (line, clause) not in known:
            known[line, clause] = (day, hours, bool(private))
    return {pair: found[pair] for pair in pairs}


def _prets(lent, imputation, mois) -> Prets | None:
    affectation = imputation.ligne.affectation
    known = lent.get((affectation.participant_id, affectation.employeur_id))
    if known is None or affectation.utilisateur_prive is False:
        return None
    rows = dict(known)
    rows[imputation.ligne_id, imputation.clause_id] = (
        imputation.ligne.du, imputation.heures, bool(affectation.utilisateur_prive),
    )  # fmt: skip
    months = int(seuil("ai_prets_mois", mois))
    every = compteur_prets([(day, hours) for day, hours, _ in rows.values()], mois, duree=months)
    private = compteur_prets([(day, hours) for day, hours, sure in rows.values() if sure], mois, duree=months)
    return Prets(prives=private, inconnues=max(every - private, ZERO), derogation=affectation.derogation_480)

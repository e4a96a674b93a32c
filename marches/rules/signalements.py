"""What the law says of one published record, by the facts that the record alone shows."""

from datetime import date
from functools import lru_cache

from marches.enums import GenreAcheteur, TypeMarche
from marches.parametres import regles
from marches.rules.conditions import condition_sociale
from marches.rules.decp import Enregistrement
from marches.rules.execution import duree_accord_cadre, publication_des_donnees, sous_traitance_permise
from marches.rules.lancement import Lancement, juger, lancement
from marches.rules.objets import genre_probable, type_probable
from marches.rules.seuils import Valeur, procedure_annoncee, regime
from portal.text import fold
from portal.verdict import Niveau, Verdict
from structures.enums import TypeIdentifiant

# Divisions of the CPV that hold some of the listed social and other specific services, passed by an adapted procedure
# whatever their amount: a record of one of them is never called irregular. Source: avis relatif aux contrats de la
# commande publique ayant pour objet des services sociaux et autres services spécifiques (JO du 31/03/2019).
DIVISIONS_SOCIALES = frozenset({"55", "60", "64", "75", "79", "80", "85", "92", "98"})


def signalements(lu: Enregistrement) -> list[tuple[str, str]]:
    """(reason with its article, what the record says) of each rule that this record does not meet.

    A late publication (R. 2196-1), a framework longer than the law allows without a reason (L. 2125-1, L. 2325-1),
    an adapted procedure for an amount above the European threshold (L. 2124-1), supplies that are subcontracted
    (L. 2193-1), no social condition above the threshold (L. 2112-2-1): by the law of every day on which it may have
    been launched. A record says that a contract is reserved, never to whom: reservations are judged later, on the lot.
    Rows of the flat tables tell a state, whose publication may be the one of a modification: that day is not judged.
    """
    found: list[Verdict] = []
    if lu.date_notification and lu.date_publication and not lu.etat:
        found.append(
            publication_des_donnees(
                lu.date_notification, lu.date_publication, lu.montant, lu.nature, lu.date_publication
            )
        )
    known = lu.date_notification or lu.date_debut
    if known:
        found += _au_lancement(lu, lancement(None, known))
    return [
        (f"{_libelles()[verdict.regle]} ({verdict.source})", verdict.reason)
        for verdict in found
        if verdict.level != Niveau.OK and verdict.regle and not verdict.est_suspendu and _a_dire(verdict)
    ]


def _au_lancement(lu: Enregistrement, quand: Lancement) -> list[Verdict]:
    """What depends on the day of launch, whose law must say the same over the whole interval."""
    type_, found = type_probable(lu.cpv, lu.objet), []
    name = lu.denominations.get((TypeIdentifiant.SIRET.value, lu.acheteur), "")
    genre = genre_probable(lu.acheteur[:9], name)
    if lu.duree_mois and "accord-cadre" in lu.techniques.lower():
        found.append(juger(lambda day: duree_accord_cadre(True, lu.duree_mois, "", genre, lu.nature, day), quand))
    if lu.actes and type_ == TypeMarche.FOURNITURES:
        found.append(juger(lambda day: sous_traitance_permise(type_, day), quand))
    if lu.montant is not None and not lu.modifications and not lu.instantane:
        found += _valeur(lu, type_, genre, quand)
    return found


def _valeur(lu: Enregistrement, type_: TypeMarche, genre: GenreAcheteur, quand: Lancement) -> list[Verdict]:
    """What depends on the amount, that of the contract as it was signed."""
    found, value = [], Valeur(lu.montant, approchee=True)
    listed = lu.cpv[:2] in DIVISIONS_SOCIALES
    if "adaptee" in fold(lu.procedure):

        def adapted(day: date) -> Verdict:
            asked = regime(type_, genre, value, day, nature=lu.nature, services_sociaux=listed)
            return procedure_annoncee(lu.procedure, asked, False, day)

        found.append(juger(adapted, quand))
    if lu.considerations is not None and not lu.clause_sociale:
        found.append(
            juger(lambda day: condition_sociale(False, "", value, type_, genre, lu.nature, listed, day), quand)
        )
    return found


def _a_dire(verdict: Verdict) -> bool:
    """A late publication is told though it is only an information; a missing fact of the record is not."""
    return verdict.level >= Niveau.AVERTISSEMENT or verdict.regle.startswith("publication_")


@lru_cache(maxsize=1)
def _libelles() -> dict[str, str]:
    """What each rule of the catalogue is called."""
    return {regle.code: regle.intitule for regle in regles()}

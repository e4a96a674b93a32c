"""What the law says of one published record, by the facts that the record alone shows."""

from functools import lru_cache

from marches.parametres import regles
from marches.rules.decp import Enregistrement
from marches.rules.execution import duree_accord_cadre, publication_des_donnees
from marches.rules.lancement import juger, lancement
from marches.rules.objets import genre_probable
from portal.verdict import Niveau, Verdict
from structures.enums import TypeIdentifiant


def signalements(lu: Enregistrement) -> list[tuple[str, str]]:
    """(reason with its article, what the record says) of each rule that this record does not meet.

    A late publication (R. 2196-1) and a framework longer than the law allows without a reason (L. 2125-1, L. 2325-1),
    by the law of every day on which it may have been launched. A record says that a contract is reserved, never to
    whom: reservations are judged later, on the lot. Rows of the flat tables tell a state, whose publication may be the
    one of a modification: they are judged on their length only.
    """
    found: list[Verdict] = []
    if lu.date_notification and lu.date_publication and not lu.etat:
        found.append(
            publication_des_donnees(
                lu.date_notification, lu.date_publication, lu.montant, lu.nature, lu.date_publication
            )
        )
    known = lu.date_notification or lu.date_debut
    if known and lu.duree_mois and "accord-cadre" in lu.techniques.lower():
        name = lu.denominations.get((TypeIdentifiant.SIRET.value, lu.acheteur), "")
        genre = genre_probable(lu.acheteur[:9], name)
        found.append(
            juger(
                lambda day: duree_accord_cadre(True, lu.duree_mois, "", genre, lu.nature, day),
                lancement(None, known),
            )
        )
    return [
        (f"{_libelles()[verdict.regle]} ({verdict.source})", verdict.reason)
        for verdict in found
        if verdict.level != Niveau.OK and verdict.regle and not verdict.est_suspendu
    ]


@lru_cache(maxsize=1)
def _libelles() -> dict[str, str]:
    """What each rule of the catalogue is called."""
    return {regle.code: regle.intitule for regle in regles()}

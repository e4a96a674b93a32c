"""Which text a practice rested on, by day of launch and nature of the contract."""

from datetime import date

from marches.enums import NatureContrat, Reservation, SujetLegal
from marches.parametres import Base, bases

SUJETS: dict[Reservation, SujetLegal | None] = {  # every member has a row: a test says so
    Reservation.AUCUNE: None,
    Reservation.HANDICAP: SujetLegal.HANDICAP,
    Reservation.INSERTION: SujetLegal.INSERTION,
    Reservation.LES_DEUX: SujetLegal.LES_DEUX,
    Reservation.PENITENTIAIRE: SujetLegal.PENITENTIAIRE,
    Reservation.ESS: SujetLegal.ESS,
    Reservation.NON_PRECISEE: SujetLegal.NON_PRECISEE,
}


def base_legale(sujet: str, on: date, nature: str = NatureContrat.MARCHE) -> Base | None:
    """The text on which a clause, a criterion or a reservation of a contract launched on `on` rests; None without any.

    Source: Code des marchés publics of 2006, arts 5, 14, 15, 30 and 53, for contracts launched until 31/03/2016;
    ordonnance 2015-899, arts 30, 36, 37, 38 and 52, until 31/03/2019; then the Code de la commande publique. A nature
    without a text of its own (partenariat, private) takes that of contracts.
    """
    rows = [row for row in bases() if row.sujet == sujet]
    own = [row for row in rows if row.nature == nature] or [row for row in rows if row.nature == NatureContrat.MARCHE]
    return next((row for row in reversed(own) if row.holds(on)), None)


def source_of(reservation: Reservation, launched_on: date, nature: str = NatureContrat.MARCHE) -> str:
    """The text that a reservation rested on the day of launch, or the first one to allow it afterwards."""
    sujet = SUJETS[reservation]
    if sujet is None:
        return ""
    found = base_legale(sujet, launched_on, nature)
    if found is None:
        own = [row for row in bases() if row.sujet == sujet and row.nature == nature]
        found = (own or [row for row in bases() if row.sujet == sujet])[0]
    return found.libelle

"""Where to turn where no facilitator works, one private expert, and a convention: all invented."""

from datetime import date

from clauses.enums import GenreRelais, ServiceDelegue, StatutService
from clauses.models import ClauseSociale, Convention, PartieConvention, Relais, ServiceConvention
from clauses.rules import dernier_du_mois
from marches.rules import add_months
from structures.zones import make_zone

RELAIS = (
    (GenreRelais.PLIE, "PLIE des Deux Vallées", ("departement", "72"), "Accompagnement de demandeurs d'emploi."),
    (GenreRelais.MISSION_LOCALE, "Mission locale du Haut Maine", ("departement", "72"), "Jeunes de 16 à 25 ans."),
    (GenreRelais.RESEAU, "Réseau ligérien de l'insertion", ("region", "52"), "Structures d'insertion de la région."),
    (GenreRelais.CLUB, "Club des entreprises engagées de l'Ouest", ("region", "52"), "Achats et recrutements."),
    (GenreRelais.SERVICE, "Mission des achats de l'État en région", ("region", "52"), "Acheteurs de l'État."),
    (GenreRelais.EXPERT, "Cabinet Clause et Territoire", None, "Conseil payant aux maîtres d'ouvrage."),
)


def load() -> int:
    """Make the relays; how many."""
    for genre, nom, place, presentation in RELAIS:
        Relais.objects.create(
            genre=genre, nom=nom, zone=make_zone([place]) if place else None, presentation=presentation, fictif=True,
            courriel="contact@exemple.invalid",
        )  # fmt: skip
    return len(RELAIS)


def convention(facilitateur, acheteur, today) -> Convention:
    """The convention of the demonstration: the buyer and the body of the two accounts, signed last year."""
    made = Convention.objects.create(
        facilitateur=facilitateur, intitule="Convention de suivi des clauses sociales",
        date_debut=date(today.year - 1, 9, 1), date_fin=dernier_du_mois(add_months(today, 5)),
        signee_le=date(today.year - 1, 7, 10),
        contribution_an=18_000, zone=facilitateur.zone, fictive=True,
    )  # fmt: skip
    PartieConvention.objects.create(convention=made, acheteur=acheteur, contribution_an=18_000)
    done = {ServiceDelegue.CONSEIL: StatutService.FAIT, ServiceDelegue.SUIVI: StatutService.EN_COURS}
    for service in (*done, ServiceDelegue.COMPTE_RENDU):
        ServiceConvention.objects.create(
            convention=made, service=service, statut=done.get(service, StatutService.A_FAIRE)
        )
    for clause in ClauseSociale.objects.filter(facilitateur=facilitateur, lot__marche__acheteur=acheteur):
        clause.convention = made
        clause.save_without_historical_record()
    return made

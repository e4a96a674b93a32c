"""One account per role, in the middle of the stories, a colleague and a newcomer; they exist on a try-out only."""

from functools import cache

from django.contrib.auth.hashers import make_password

from marches.models import Marche
from portal.models import User
from portal.permissions import Role
from structures.models import Membre, Organisation, Reseau, Structure

MOT_DE_PASSE = "demonstration-2026"

COMPTES = [
    ("acheteur@demo.invalid", "Acheteuse au Département du Calvados", Role.ACHETEUR),
    ("facilitateur@demo.invalid", "Facilitateur des clauses sociales", Role.FACILITATEUR),
    ("structure@demo.invalid", "Directrice d'une association intermédiaire", Role.STRUCTURE),
    ("entreprise@demo.invalid", "Conducteur de travaux, entreprise titulaire", Role.ENTREPRISE),
    ("reseau@demo.invalid", "Chargée de mission d'un réseau", Role.RESEAU),
    ("administration@demo.invalid", "Administrateur du portail", Role.ADMINISTRATION),
]
COLLEGUE = ("collegue@demo.invalid", "Coordinatrice des remplacements", Role.STRUCTURE)
NOUVELLE = ("nouvelle@demo.invalid", "Responsable d'ateliers, pas encore rattachée")  # has claimed a card, and waits


def accounts() -> list[tuple[str, str]]:
    """(address, function) of each account, in the order of the roles."""
    return [(email, fonction) for email, fonction, _ in COMPTES]


def load(cards: dict[str, Structure], contracts: dict[str, Marche]) -> dict[str, Organisation]:
    """Make the accounts with their memberships; role → organisation they act for."""
    voies = contracts["voies"].lots.order_by("numero").first()
    portail, _ = Organisation.objects.get_or_create(
        type_identifiant="AUTRE", identifiant="portail", defaults={"denomination": "Équipe du portail", "fictive": True}
    )
    coorace = Reseau.objects.get(slug="coorace")
    coorace.organisation, _ = Organisation.objects.get_or_create(
        type_identifiant="AUTRE", identifiant="coorace-demo", defaults={"denomination": "Coorace", "fictive": True}
    )
    coorace.save()
    organisations = {
        Role.ACHETEUR: contracts["colleges"].acheteur.organisation,
        Role.FACILITATEUR: voies.clauses.get().facilitateur.organisation,
        Role.STRUCTURE: cards["actif"].organisation,
        Role.ENTREPRISE: voies.titulaires.first().organisation,
        Role.RESEAU: coorace.organisation,
        Role.ADMINISTRATION: portail,
    }
    for email, fonction, role in [*COMPTES, COLLEGUE]:
        user = _user(email, fonction, admin=role == Role.ADMINISTRATION)
        Membre.objects.get_or_create(user=user, organisation=organisations[role], role=role)
    # One management for the three structures of the group: she chooses which one she acts for.
    directrice = User.objects.get(email="structure@demo.invalid")
    Membre.objects.get_or_create(user=directrice, organisation=cards["dynamic"].organisation, role=Role.STRUCTURE)
    _user(*NOUVELLE)
    return {role.value: organisation for role, organisation in organisations.items()}


def _user(email: str, fonction: str, admin: bool = False) -> User:
    """The account of this address, made at its first mention."""
    user = User.objects.filter(email=email).first() or User.objects.create(
        email=email, password=_hashed(), fonction=fonction, is_staff=admin, is_superuser=admin
    )
    # The address counts as verified, or the first sign-in would wait for a code sent nowhere.
    user.emailaddress_set.update_or_create(email=email, defaults={"verified": True, "primary": True})
    return user


@cache
def _hashed() -> str:
    """The password of them all, hashed once: it is public, and hashing takes half a second."""
    return make_password(MOT_DE_PASSE)

"""Rows of the ground: accounts, messages, files, imports."""

from portal.models import Depot, Envoi, Importation, User
from tests.factories.nombres import PASSWORD, _n


def make_user(*, password: str = PASSWORD, **given) -> User:
    usual = {"email": f"personne{next(_n)}@exemple.fr"}
    return User.objects.create_user(password=password, **usual | given)


def make_envoi(**given) -> Envoi:
    n = next(_n)
    usual = {"cle": f"message:{n}", "destinataire": f"personne{n}@exemple.fr", "sujet": "Sujet", "texte": "Texte"}
    return Envoi.objects.create(**usual | given)


def make_depot(*, user=None, **given) -> Depot:
    usual = {"usage": "essai", "nom": "liste.csv", "contenu": b"SIRET;Type;Nom\n12345678900011;EI;Essai\n"}
    return Depot.objects.create(user=user or make_user(), **usual | given)


def make_importation(**given) -> Importation:
    return Importation.objects.create(**{"format": "essai", "fichier": f"fichier{next(_n)}.json"} | given)


def _record(target: str, row, given: dict) -> dict:
    """Fields of a source record about `row`."""
    n = next(_n)
    usual = {target: row, "format": "essai", "cle": f"cle-{n}", "empreinte": f"{n:064x}", "donnees": {}}
    if "importation" not in given:
        usual["importation"] = make_importation()
    return usual | given

"""A file of members that the network has brought, as its list of imports shows it."""

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from portal import depots
from portal.models import Importation, User
from portal.permissions import Acteur, Role
from structures.actions import importations
from structures.importers.tableau import USAGE
from structures.models import Organisation, Structure

FICHIER = "adherents.csv"
COLONNES = {"siret": "SIRET", "type": "Type", "nom": "Association", "capacite": "Places"}
ADHERENTS = [("ai-bessin", 90), ("ai-falaise", 45), ("ai-touques", 60)]  # key of the card, places
DAYS_AGO = 18


def load(cards: dict[str, Structure], people: dict[str, Organisation]) -> Importation:
    """Imported by the same path as on the site; the last two lines are set aside, each for its reason."""
    by = Acteur(User.objects.get(email="reseau@demo.invalid"), people["reseau"], Role.RESEAU)
    lines = [f"{cards[key].organisation.identifiant};AI;;{places}" for key, places in ADHERENTS]
    lines += [";AI;Association en création;", f"{cards['ai-bessin'].organisation.identifiant};Mairie;Erreur;"]
    content = "\n".join([";".join(COLONNES.values()), *lines]).encode()
    depot = depots.deposer(SimpleUploadedFile(FICHIER, content), USAGE, by.user)
    importations.choisir(depot, COLONNES, "", by=by)
    importation = importations.importer(depot, by=by)
    when = timezone.now() - timedelta(days=DAYS_AGO)
    Importation.objects.filter(pk=importation.pk).update(commencee_le=when, terminee_le=when)
    return importation

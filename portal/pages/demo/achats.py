"""Two years of purchases of the demonstration's buyer, read by the importer as any file would be."""

import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum
from stdnum import luhn

from marches.actions import achats as actions
from marches.importers.achats import CHAMPS, USAGE
from marches.models import AchatRealise
from portal import depots
from portal.correspondance import propose
from portal.models import User
from portal.permissions import Acteur, Role
from structures.models import Organisation, Structure

COLONNES = ["Exercice", "SIRET", "Fournisseur", "Montant HT", "Famille d'achat", "Service"]
INCLUSIFS = ["actif", "aire14", "esat-caen", "chantier-caen", "etiq", "dynamic", "cas-eatt", "ev-1"]
ORDINAIRES = ["Énergie", "Fournitures", "Informatique", "Travaux"]
CATEGORIES = {"proprete": "Propreté", "espaces-verts": "Espaces verts", "renfort": "Renfort de personnel",
              "communication": "Communication", "dechets": "Déchets"}  # fmt: skip
SERVICES = ["Collèges", "Routes", "Moyens généraux"]
LINES = 240  # a year, one in four from the directory: about a twelfth of the amount
AUTRE_SITE = "0002"  # an establishment of « Actif » that the directory does not know
ATTESTANTS = ("esat-caen", "ev-1")  # an ESAT, an adapted company
PART_ATTESTEE = Decimal("0.62")  # of what was bought


def load(cards: dict[str, Structure], acheteur: Organisation, today: date) -> None:
    by = Acteur(User.objects.get(email="acheteur@demo.invalid"), acheteur, Role.ACHETEUR)
    draw = random.Random(64)
    ordinary = Organisation.objects.filter(fictive=True, structures=None, acheteur=None, titulaires__isnull=False)
    others = list(ordinary.order_by("pk").values_list("denomination", "identifiant").distinct())
    for year in (today.year - 2, today.year - 1):
        rows = [*_usual(draw, year, cards, others), *_unusual(year, cards)]
        text = "\n".join(";".join(row) for row in [COLONNES, *rows])
        upload = SimpleUploadedFile(f"mandats-{year}.csv", text.encode())
        depot = depots.deposer(upload, USAGE, by.user)
        actions.importer(depot=depot, mapping=propose(COLONNES, CHAMPS), annee=None, by=by, on=today)
    couts = {}
    for cle in ATTESTANTS:
        siret = cards[cle].organisation.identifiant
        bought = AchatRealise.objects.filter(siret_fournisseur=siret, annee=today.year - 1).aggregate(Sum("montant"))
        couts[siret] = (Decimal(bought["montant__sum"]) * PART_ATTESTEE).quantize(Decimal("0.01"))
    actions.noter_attestations(annee=today.year - 1, couts=couts, by=by)


def _usual(draw: random.Random, year: int, cards, others) -> Iterator[list[str]]:
    families = {cle: _family(cards[cle]) for cle in INCLUSIFS}
    for rank in range(LINES):
        if rank % 4:
            name, number = draw.choice(others)
            amount, family = draw.randrange(2_000, 60_000), draw.choice(ORDINAIRES)
        else:
            cle = INCLUSIFS[rank // 4 % len(INCLUSIFS)]
            name, number = cards[cle].nom, cards[cle].organisation.identifiant
            amount, family = draw.randrange(900, 14_000), families[cle]
        yield [str(year), number, name, f"{amount},00", family, draw.choice(SERVICES)]


def _unusual(year: int, cards) -> Iterator[list[str]]:
    """Another establishment of a known company, a credit note, a line without amount: told apart by the reader."""
    actif, esat = cards["actif"], cards["esat-caen"]
    elsewhere = actif.organisation.siren + AUTRE_SITE
    elsewhere += luhn.calc_check_digit(elsewhere)
    yield [str(year), elsewhere, "Actif – antenne", "4 380,00", "Renfort de personnel", "Collèges"]
    yield [str(year), esat.organisation.identifiant, esat.nom, "-1 240,50", "Espaces verts", "Collèges"]
    yield [str(year), actif.organisation.identifiant, actif.nom, "", "Renfort de personnel", "Routes"]


def _family(card: Structure) -> str:
    first = card.activites.select_related("secteur").order_by("pk").first()
    return CATEGORIES.get(first.secteur.code.partition(".")[0], "Divers")

"""Plausible DECP 2022 files of any size, always the same for the same number: the data of the import's benchmark.

Shaped on the real daily files: one record in two is a numbered lot, of contracts of 2 to 22 lots; one in twelve is
modified, one in thirty has subcontracts; some come back later in the file with one modification more; one in a hundred
is dirty. Written line by line, at constant memory.
"""

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

WORKS = ["Construction", "Rénovation", "Extension", "Réhabilitation", "Aménagement", "Entretien", "Maintenance",
         "Nettoyage", "Fourniture", "Exploitation"]  # fmt: skip
THINGS = ["du groupe scolaire", "du collège", "des logements", "de la médiathèque", "du gymnase", "de la piscine",
          "des espaces verts", "de la voirie", "des réseaux d'assainissement", "du centre hospitalier",
          "de la maison de santé", "des bâtiments communaux", "du parc informatique",
          "de denrées alimentaires"]  # fmt: skip
NAMES = ["Jean Macé", "des Orangers", "Fontaine Saint-Georges", "de Castanéa", "Simone Veil", "du Pré Vert",
         "Les Tilleuls", "de la Gare", "Pierre Mendès-France", "du Moulin", "Bellevue", "de l'Étang"]  # fmt: skip
LOTS = [("Gros œuvre", "45223220"), ("Plomberie - Sanitaire - Chauffage", "45330000"), ("Électricité", "45311200"),
        ("Menuiseries extérieures", "45421000"), ("Peinture", "45442100"), ("Espaces verts", "77310000"),
        ("Nettoyage des locaux", "90910000"), ("Nettoyage des vitres", "90911300"), ("Restauration", "55500000"),
        ("Étanchéité", "45261420"), ("Voirie et réseaux divers", "45233140"),
        ("Fournitures de bureau", "30192000")]  # fmt: skip
PROCEDURES = ["Procédure adaptée", "Appel d'offres ouvert", "Marché passé sans publicité ni mise en concurrence"]
PLACES = [("53940", "Code postal"), ("27229", "Code commune"), ("31", "Code département"), ("76", "Code région"),
          ("69003", "Code postal"), ("59350", "Code commune")]  # fmt: skip
FIRST_DAY, DAYS = date(2019, 1, 1), 2_600
PER_BUYER, PER_FIRM = 45, 4  # records


def siret(siren: int, nic: int = 1) -> str:
    """A SIRET with its two check digits, from 8 digits."""
    nine = f"{siren:08d}"
    nine += next(str(digit) for digit in range(10) if not _luhn(nine + str(digit)))
    start = f"{nine}{nic:04d}"
    return start + next(str(digit) for digit in range(10) if not _luhn(start + str(digit)))


def _luhn(number: str) -> int:
    digits = [int(char) if rank % 2 else int(char) * 2 for rank, char in enumerate(reversed(number), start=1)]
    return sum(digit - 9 if digit > 9 else digit for digit in digits) % 10


def records(number: int, seed: int = 2026) -> Iterator[dict]:
    """`number` records."""
    draw = random.Random(seed)
    buyers = [siret(20_000_000 + rank, draw.choice([1, 1, 1, 2])) for rank in range(max(3, number // PER_BUYER))]
    firms = [siret(30_000_000 + rank) for rank in range(max(5, number // PER_FIRM))]
    made, contract, returning = 0, 0, []
    while made < number:
        contract += 1
        several = draw.random() < 0.17
        lots = draw.choice([2, 2, 3, 4, 5, 6, 8, 12, 22]) if several else 1
        title = f"{draw.choice(WORKS)} {draw.choice(THINGS)} {draw.choice(NAMES)} – opération {contract}"
        buyer, day = draw.choice(buyers), FIRST_DAY + timedelta(days=draw.randrange(DAYS))
        for rank in range(1, lots + 1):
            if made == number:
                return
            made += 1
            record = _record(draw, contract, rank if several else 0, title, buyer, day, firms)
            yield record
            if draw.random() < 0.03:
                returning.append(record)
        if len(returning) > 50 and made < number:
            made += 1
            yield _later(draw, returning.pop(draw.randrange(len(returning))), firms)


def _record(draw, contract, rank, title, buyer, day, firms) -> dict:
    subject, cpv = draw.choice(LOTS)
    place, kind = draw.choice(PLACES)
    social = draw.choices(
        [["Pas de considération sociale"], ["Clause sociale"], ["Critère social", "Clause sociale"],
         ["Marché réservé"]],
        [90, 6, 3, 1],
    )[0]  # fmt: skip
    record = {
        "id": f"{day.year}-{contract:07d}-{rank:02d}",
        "acheteur": {"id": buyer},
        "nature": "Marché",
        "objet": f"{title} : Lot {rank} : {subject}" if rank else f"{title}, {subject.lower()}",
        "codeCPV": cpv,
        "procedure": draw.choice(PROCEDURES),
        "lieuExecution": {"code": place, "typeCode": kind},
        "dureeMois": draw.choice([6, 12, 12, 24, 36, 48]),
        "dateNotification": day.isoformat(),
        "datePublicationDonnees": (day + timedelta(days=draw.randrange(1, 90))).isoformat(),
        "montant": round(draw.lognormvariate(11, 1.4), 2),
        "formePrix": "Unitaire",
        "attributionAvance": False,
        "offresRecues": draw.randrange(1, 9),
        "marcheInnovant": False,
        "ccag": "Pas de CCAG",
        "sousTraitanceDeclaree": False,
        "typeGroupementOperateurs": "Pas de groupement",
        "titulaires": [
            {"titulaire": {"typeIdentifiant": "SIRET", "id": firm}}
            for firm in draw.sample(firms, k=draw.choice([1, 1, 1, 1, 1, 2, 3]))
        ],
        "considerationsSociales": {"considerationSociale": social},
        "considerationsEnvironnementales": {"considerationEnvironnementale": ["Pas de considération environnementale"]},
        "modalitesExecution": {"modaliteExecution": ["Sans objet"]},
        "techniques": {"technique": ["Sans objet"]},
        "typesPrix": {"typePrix": ["Définitif ferme"]},
    }
    for number in range(1, draw.choices([1, 2, 3], [92, 6, 2])[0]):
        record.setdefault("modifications", []).append(_modification(draw, number, record))
    if draw.random() < 0.03:
        record["actesSousTraitance"] = [
            {"acteSousTraitance": {
                "id": 1, "sousTraitant": {"typeIdentifiant": "SIRET", "id": draw.choice(firms)}, "dureeMois": 3,
                "dateNotification": record["datePublicationDonnees"], "montant": draw.randrange(1_000, 90_000),
                "variationPrix": "Ferme", "datePublicationDonnees": record["datePublicationDonnees"],
            }}
        ]  # fmt: skip
    if draw.random() < 0.01:
        record |= draw.choice(
            [{"montant": 10**17}, {"montant": 0}, {"codeCPV": "45"}, {"dateNotification": "2102-01-01"},
             {"lieuExecution": {"code": "INO", "typeCode": "Code commune"}}, {"objet": ""},
             {"titulaires": [{"titulaire": {"typeIdentifiant": "SIRET", "id": "12345678900011"}}]}]
        )  # fmt: skip
    return record


def _modification(draw, number, record) -> dict:
    day = date.fromisoformat(record["datePublicationDonnees"]) + timedelta(days=90 * number)
    return {"modification": {
        "id": number, "dateNotificationModification": day.isoformat(), "montant": draw.randrange(10_000, 900_000),
        "datePublicationDonneesModification": (day + timedelta(days=20)).isoformat(),
    }}  # fmt: skip


def _later(draw, record, firms) -> dict:
    known = record.get("modifications", [])
    return record | {"modifications": [*known, _modification(draw, len(known) + 1, record)]}


def write(path: Path, number: int, seed: int = 2026) -> Path:
    """Write `number` records as one DECP 2022 file."""
    with path.open("w", encoding="utf-8") as file:
        file.write('{"marches":{"marche":[')
        for rank, record in enumerate(records(number, seed)):
            file.write((",\n" if rank else "\n") + json.dumps(record, ensure_ascii=False))
        file.write('\n],"contrat-concession":[]}}\n')
    return path

"""The import to be killed: `python -m tests.faults.enfant FICHIER LOT`, LOT records a batch.

Says « debut » once the file is checked, the position after each batch, then « fin ».
"""

import sys
from pathlib import Path

import django

django.setup()

from marches.importers import contrats  # noqa: E402
from marches.importers.fichiers import Fichier  # noqa: E402


def main(path: str, batch: str) -> None:
    contrats.BATCH = int(batch)
    fichier = Fichier(Path(path))
    importation = contrats.commencer(fichier)
    print("debut", flush=True)
    contrats.poursuivre(importation, fichier, told=lambda one: print(one.position, flush=True))
    print("fin", flush=True)


main(*sys.argv[1:])

"""`python -m tests.faults [--moteur sqlite|postgresql|les-deux] [--fois 10] [--contrats 6000]`.

On each engine: one import undisturbed, then ten times one that is killed (SIGKILL) at a random moment and run again.
All rows and the report must be those of the undisturbed one. Ends with 1 and the tables that differ when they are not.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests import engine as servers
from tests.bench.decp import write
from tests.faults.essai import Terrain

BATCH = 500


def main() -> int:
    sys.stdout.reconfigure(line_buffering=True)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moteur", choices=["sqlite", "postgresql", "les-deux"], default="les-deux")
    parser.add_argument("--fois", type=int, default=10)
    parser.add_argument("--contrats", type=int, default=6_000)
    parser.add_argument("--graine", type=int, default=random.randrange(10**6), help="pour refaire le même tirage")
    options = parser.parse_args()
    folder, wrong = Path(tempfile.mkdtemp(prefix="portail-faults-", dir="/tmp")), 0
    draw = random.Random(options.graine)
    print(f"Graine {options.graine}.")
    try:
        path = write(folder / "decp.json", options.contrats)
        for engine in ["sqlite", "postgresql"] if options.moteur == "les-deux" else [options.moteur]:
            wrong += judge(engine, folder, path, options.fois, draw)
    finally:
        servers.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if wrong else 0


def judge(engine: str, folder: Path, path: Path, times: int, draw: random.Random) -> int:
    """Number of runs that end otherwise than the undisturbed one."""
    terrain, wrong = Terrain(folder, servers.postgresql_url() if engine == "postgresql" else ""), 0
    try:
        base, undisturbed = terrain.neuve(), []
        terrain.importer(base, path, BATCH, undisturbed.append)
        seconds = undisturbed[0].seconds
        expected = terrain.etat(base)
        print(f"{engine} : {expected['SourceLot'][0]} enregistrements, {seconds:.1f} s d'écriture sans arrêt.")
        done = 0
        while done < times:
            base, wait = terrain.neuve(), draw.uniform(0, seconds)

            def stop(enfant, wait=wait):
                time.sleep(wait)
                enfant.tuer()

            said = terrain.importer(base, path, BATCH, stop)
            if "fin" in said:
                seconds *= 0.9  # this machine has become faster: too late to stop anything
                continue
            done += 1
            terrain.importer(base, path, BATCH)
            found = terrain.etat(base)
            other = [name for name in expected if found[name] != expected[name]]
            wrong += bool(other)
            print(
                f"  {done:>2}. arrêt après {wait:5.2f} s, {said[-1] if said[-1] != 'debut' else 0} écrits : "
                + (f"DIFFÉRENT ({', '.join(other)})" if other else "identique")
            )
    finally:
        terrain.close()
    return wrong


if __name__ == "__main__":
    sys.exit(main())

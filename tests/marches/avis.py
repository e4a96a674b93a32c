"""Sample notices, and what the database holds of them."""

from pathlib import Path

from marches.importers.avis import read_notice

DATA = Path(__file__).parents[1] / "data" / "avis"
CHAIN = [DATA / f"eforms_{name}.xml" for name in ("consultation", "rectificatif", "attribution")]
TED = [DATA / f"ted_{name}.xml" for name in ("f02", "f14", "f03")]


def read(path):
    return read_notice(path.read_bytes())

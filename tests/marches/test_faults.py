"""One import killed (SIGKILL) between two batches and run again; `make faults` does it ten times at random moments."""

import os

import pytest

from tests.bench.decp import write
from tests.faults.essai import Terrain


@pytest.fixture
def terrain(tmp_path, request):
    # A worker of its own: databases of the same name would meet.
    url = os.environ["DATABASE_URL"] if request.config.getoption("engine") == "postgresql" else ""
    terrain = Terrain(tmp_path, url)
    yield terrain
    terrain.close()


def test_an_import_killed_midway_and_run_again_is_as_if_undisturbed(terrain, tmp_path):
    path = write(tmp_path / "decp.json", 400)
    base = terrain.neuve()
    assert terrain.importer(base, path, 60)[-1] == "fin"
    expected = terrain.etat(base)
    assert expected["Lot"][0] > 350

    def stop(enfant):
        while enfant.line() != "180":
            pass
        enfant.tuer()

    base = terrain.neuve()
    assert "fin" not in terrain.importer(base, path, 60, stop)
    between = terrain.etat(base)
    assert 0 < between["SourceLot"][0] < expected["SourceLot"][0]
    assert between["inachevées"] == 1
    assert terrain.importer(base, path, 60)[1] != "60"  # it goes on, it does not begin again
    assert terrain.etat(base) == expected

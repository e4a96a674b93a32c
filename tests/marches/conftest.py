"""Fixtures of the register."""

import json

import pytest


@pytest.fixture
def write(tmp_path):
    """Write records as a DECP file."""
    count = 0

    def write(*records, name=""):
        nonlocal count
        count += 1
        path = tmp_path / (name or f"decp-{count}.json")
        path.write_text(json.dumps({"marches": {"marche": list(records)}}), encoding="utf-8")
        return path

    return write

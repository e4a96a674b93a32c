"""Official formats: each known by its content, stored under a key that can be read again."""

import gzip
import json
import zipfile
from pathlib import Path

import pytest

from marches.importers.contrats import import_file
from marches.importers.fichiers import Fichier, GardienJson, fichiers
from marches.importers.formats import FORMATS, format_of, reconnaitre
from marches.upsert.folding import READERS
from portal.imports import FichierRefuse

FIRST = Path(__file__).parent.parent / "data" / "decp_2022.json"


def test_what_a_format_stores_can_be_read_again():
    assert len({format.cle for format in FORMATS}) == len(FORMATS)
    for format in FORMATS:
        assert len(format.cle) <= 30
        assert READERS[format.cle_conservee] is format.read
        assert format_of(format.cle) is format


def test_a_file_is_known_by_its_content_not_its_name(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbf" + FIRST.read_bytes()))
    assert reconnaitre(path).cle == "decp-2022"


def test_the_refusal_says_what_was_seen_and_what_is_accepted(tmp_path):
    path = tmp_path / "decp.json"
    path.write_text('{"autre": []}')
    with pytest.raises(FichierRefuse, match=r"pas de bloc «\u00a0marches\u00a0».*DECP 2022"):
        reconnaitre(path)


def zipped(tmp_path, members) -> Path:
    path = tmp_path / "envoi.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.django_db
def test_each_file_of_an_archive_is_read_alone(tmp_path):
    path = zipped(
        tmp_path,
        {
            "a": FIRST.read_bytes(),
            "dossier/": b"",
            "dossier/b": gzip.compress(FIRST.read_bytes()),
            "__MACOSX/x": b"x",
            ".DS_Store": b"x",
        },
    )
    found = fichiers(path)
    assert [fichier.nom for fichier in found] == ["a", "b"]
    assert found[0].empreinte() == found[1].empreinte() == Fichier(FIRST).empreinte()
    assert import_file(found[0]).crees == 4
    assert import_file(found[1]).inchanges == 4


@pytest.mark.parametrize(("content", "words"), [(b"PK\x03\x04rest", "abîmée"), (b"PK\x03\x04" + b"\0" * 600, "abîmée")])
def test_a_damaged_archive_is_refused(tmp_path, content, words):
    path = tmp_path / "envoi.zip"
    path.write_bytes(content)
    with pytest.raises(FichierRefuse, match=words):
        fichiers(path)


def test_an_empty_archive_is_refused(tmp_path):
    with pytest.raises(FichierRefuse, match="vide"):
        fichiers(zipped(tmp_path, {"__MACOSX/x": b"x"}))


class Pieces:
    def __init__(self, content: bytes, size: int):
        self.pieces = [content[start : start + size] for start in range(0, len(content), size)]

    def read(self, size: int = -1) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


def drain(guard):
    while guard.read():
        pass


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_depth_counts_brackets_outside_of_texts_only(size):
    deepest = "[" * 100 + "]" * 100
    honest = json.dumps({"a": "[" * 500 + '"\\', "b": '\\"[', "c": "}" * 500})
    for content, refused in [(honest, False), (deepest, False), ("[" + deepest + "]", True)]:
        guard = GardienJson(Pieces(content.encode(), size))
        if refused:
            with pytest.raises(FichierRefuse, match="niveaux"):
                drain(guard)
        else:
            drain(guard)
            assert guard.depth == 0

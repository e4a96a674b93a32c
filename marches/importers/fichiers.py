"""Files as they come: plain, .gz or one member of a .zip; every way of being unreadable is told in French."""

import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

import ijson

from portal.imports import FichierRefuse, open_maybe_gzip

HEAD = 64 * 1024  # bytes shown to a format so that it knows its own
BLOCK = 64 * 1024
BOM = b"\xef\xbb\xbf"
ZIP_MAGIC = b"PK\x03\x04"
MOST_MEMBERS = 1_000
MOST_FILE_DIGITS = 1_000
_DIGITS_ALIKE = bytes(48 if 48 <= byte < 58 else byte for byte in range(256))
_ENDLESS_NUMBER = b"0" * (MOST_FILE_DIGITS + 1)
LONGEST_TEXT = 1_000_000  # bytes of one text
DEEPEST = 100  # levels of a JSON file; a record has about ten

NO_TEXT = {
    b"%PDF": "un document PDF",
    b"\xd0\xcf\x11\xe0": "un classeur Excel ancien (.xls)",
    b"\x89PNG": "une image",
    b"\xff\xd8\xff": "une image",
    b"Rar!": "une archive RAR",
    b"7z\xbc\xaf": "une archive 7-Zip",
}
INCOMPLETE = "Le fichier est incomplet\u00a0: il s'arrête avant la fin. Téléchargez-le de nouveau, puis recommencez."
NOT_UTF8 = "Le fichier n'est pas encodé en UTF-8\u00a0: enregistrez-le en UTF-8, puis recommencez."
_NOT_STRUCTURE = bytes(byte for byte in range(256) if byte not in b'[]{}"')


@dataclass(frozen=True)
class Fichier:
    """One file to import: a path, or one member of the archive at that path.

    `titre` is its name where the path is not. `limite`, in bytes unpacked, 0 for none: what a stranger sends may unpack
    to far more than it weighs.
    """

    chemin: Path
    membre: str = ""
    titre: str = ""
    limite: int = 0

    @property
    def nom(self) -> str:
        name = self.membre.rpartition("/")[2] if self.membre else self.titre or self.chemin.name
        return "".join(char if char.isprintable() else " " for char in name)[-200:]

    @contextmanager
    def ouvrir(self) -> Iterator[BinaryIO]:
        """Its bytes, unpacked, seekable, placed after the byte order mark; faults become `FichierRefuse`."""
        with readable():
            if not self.membre:
                with open_maybe_gzip(self.chemin) as file:
                    rewind(file)
                    yield file
                return
            with zipfile.ZipFile(self.chemin) as archive, archive.open(self.membre) as member:
                if member.peek(2)[:2] == b"\x1f\x8b":
                    with gzip.open(member, "rb") as file:
                        rewind(file)
                        yield file
                    return
                rewind(member)
                yield member

    def tete(self) -> bytes:
        """Its first 64 kB, byte order mark left out."""
        with self.ouvrir() as file:
            return _exactly(file, HEAD)

    def empreinte(self) -> str:
        """SHA-256 of its unpacked bytes: the same file, packed or not. FichierRefuse beyond its `limite`."""
        found, size = hashlib.sha256(), 0
        with self.ouvrir() as file:
            while block := file.read(BLOCK):
                found.update(block)
                size += len(block)
                if self.limite and size > self.limite:
                    raise FichierRefuse(
                        f"Décompressé, le fichier dépasse {self.limite // 1024**2}\u00a0Mo\u00a0: demandez à "
                        "l'administration du portail de l'importer avec la commande import_marches."
                    )
        return found.hexdigest()


def fichiers(path: str | Path, titre: str = "", limite: int = 0) -> list[Fichier]:
    """The file at `path`, or every file of the .zip at `path`; a workbook is one file, although it is a .zip."""
    path = Path(path)
    with readable(), open_maybe_gzip(path) as file:
        if file.read(len(ZIP_MAGIC)) != ZIP_MAGIC:
            return [Fichier(path, titre=titre, limite=limite)]
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
            if any(info.flag_bits & 1 for info in archive.infolist()):
                raise FichierRefuse("L'archive .zip est protégée par un mot de passe\u00a0: décompressez-la vous-même.")
    if "[Content_Types].xml" in names or "mimetype" in names:
        return [Fichier(path, titre=titre, limite=limite)]  # a workbook, which some format may read
    names = [name for name in names if not name.rpartition("/")[2].startswith(".") and "__MACOSX" not in name]
    if not names:
        raise FichierRefuse("L'archive .zip est vide\u00a0: choisissez celle qui contient les données.")
    if len(names) > MOST_MEMBERS:
        raise FichierRefuse(f"L'archive .zip contient plus de {MOST_MEMBERS} fichiers\u00a0: découpez-la.")
    return [Fichier(path, name, limite=limite) for name in sorted(names)]


@contextmanager
def readable() -> Iterator[None]:
    """Turn what readers raise on an unfit file into `FichierRefuse` that says what to do."""
    try:
        yield
    except ijson.IncompleteJSONError as error:
        # yajl reports every fault as « incomplete »; its words tell a missing end from a wrong character.
        if any(word in str(error).lower() for word in ("premature eof", "incomplete")):
            raise FichierRefuse(INCOMPLETE) from error
        raise FichierRefuse(_invalid(error, "JSON")) from error
    except EOFError as error:
        raise FichierRefuse(INCOMPLETE) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise FichierRefuse("L'archive .gz est abîmée\u00a0: téléchargez-la de nouveau, puis recommencez.") from error
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise FichierRefuse("L'archive .zip est abîmée\u00a0: téléchargez-la de nouveau, puis recommencez.") from error
    except SyntaxError as error:  # what every XML reader raises
        raise FichierRefuse(_invalid(error, "XML")) from error
    except (ijson.JSONError, ValueError) as error:
        raise FichierRefuse(_invalid(error, "JSON")) from error
    except OSError as error:
        raise FichierRefuse(f"Le fichier ne peut pas être lu\u00a0: {error.strerror or error}.") from error


def _invalid(error: Exception, kind: str) -> str:
    if "utf" in str(error).lower():
        return NOT_UTF8
    return f"Le fichier n'est pas un {kind} valide\u00a0: téléchargez-le de nouveau depuis sa source."


def _exactly(file: BinaryIO, size: int) -> bytes:
    """Up to `size` bytes: unpackers may hand on less at a time."""
    pieces = []
    while size > 0 and (piece := file.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def rewind(file: IO[bytes] | gzip.GzipFile) -> None:
    """Back to the first byte after the byte order mark."""
    file.seek(0)
    if file.read(len(BOM)) != BOM:
        file.seek(0)


def refuse_no_text(tete: bytes, but: tuple[bytes, ...] = ()) -> None:
    """FichierRefuse when the head is empty or of a file that is no text, but for these first bytes."""
    start = tete.lstrip()
    if not start:
        raise FichierRefuse("Le fichier est vide\u00a0: choisissez celui qui contient les données.")
    for magic, kind in NO_TEXT.items():
        if start.startswith(magic) and magic not in but:
            raise FichierRefuse(f"Ce fichier est {kind}, pas un fichier de données.")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FichierRefuse("Le fichier est encodé en UTF-16\u00a0: enregistrez-le en UTF-8, puis recommencez.")
    if b"\0" in tete and not start.startswith(but or (b"\0never",)):
        raise FichierRefuse("Le fichier contient des caractères nuls (NUL)\u00a0: il est abîmé, ou n'est pas du texte.")


class Gardien:
    """Hands the bytes of a text file on, and refuses what no such file holds and what would fill the memory.

    `separateur` is a character met at least once in a million in any honest file: « " » in JSON, « < » in XML, a line
    end in a table.
    """

    def __init__(self, file: BinaryIO, separateur: bytes = b'"'):
        self.file, self.separateur = file, separateur
        self.tail, self.silent = b"", 0

    def read(self, size: int = -1) -> bytes:
        block = self.file.read(size)
        if b"\0" in block:
            raise FichierRefuse("Le fichier contient des caractères nuls (NUL)\u00a0: il est abîmé.")
        if _ENDLESS_NUMBER in (self.tail + block).translate(_DIGITS_ALIKE):
            raise FichierRefuse("Le fichier contient un nombre de plus de 1\u00a0000 chiffres\u00a0: il est abîmé.")
        self.tail = block[-MOST_FILE_DIGITS:]
        first = block.find(self.separateur)
        if self.silent + (len(block) if first < 0 else first) > LONGEST_TEXT:
            raise FichierRefuse("Le fichier contient un texte de plus d'un million de caractères\u00a0: il est abîmé.")
        self.silent = self.silent + len(block) if first < 0 else len(block) - 1 - block.rfind(self.separateur)
        return block


class GardienJson(Gardien):
    """The same for JSON, with the depth of its objects, which makes readers slow beyond reason; and what it has met.

    Whole blocks are worked on at once: character by character, this would cost more than the reading itself.
    """

    def __init__(self, file: BinaryIO, noticed: bytes = b""):
        super().__init__(file)
        self.depth, self.in_text, self.escape = 0, False, b""
        self.noticed, self.seen, self.end = noticed, False, b""

    def read(self, size: int = -1) -> bytes:
        block = super().read(size)
        self._measure(block)
        if self.noticed and not self.seen:
            self.seen = self.noticed in self.end + block
            self.end = block[-len(self.noticed) :]
        return block

    def _measure(self, block: bytes) -> None:
        text = self.escape + block
        escaping = len(text) - len(text.rstrip(b"\\"))
        self.escape, text = (b"\\", text[:-1]) if escaping % 2 else (b"", text)
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
        # Only brackets and the quotes around them are left: those of texts that hold no bracket go two by two.
        text = (b'"' if self.in_text else b"") + text.translate(None, _NOT_STRUCTURE)
        pieces = text.replace(b'""', b"").split(b'"')
        self.in_text = len(pieces) % 2 == 0
        for bracket in b"".join(pieces[::2]):
            if bracket in b"[{":
                self.depth += 1
                if self.depth > DEEPEST:
                    raise FichierRefuse(f"Le fichier imbrique plus de {DEEPEST} niveaux\u00a0: il est abîmé.")
            else:
                self.depth -= 1


def items(file: BinaryIO, *prefixes: str, noticed: bytes = b"") -> Iterator[Any]:
    """The elements of a JSON file under these ijson prefixes, one prefix after the other, the whole file read for each;
    those after the first only when the file holds the bytes `noticed`."""
    needed = True
    for rank, prefix in enumerate(prefixes):
        if rank and not needed:
            return
        rewind(file)
        guard = GardienJson(file, noticed)
        yield from ijson.items(guard, prefix, buf_size=BLOCK)
        needed = not noticed or guard.seen

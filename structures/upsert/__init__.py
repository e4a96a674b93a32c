"""Source records folded into structures: what files said, in order of publication, under what people typed.

An importer hands `Fiche`s, one per line of a file. Each becomes a `SourceStructure`, known by (format, cle) and
recognised by its fingerprint. The shown state of a structure is then computed from all its records, whatever the order
in which files came: by publication date, then by `PRECEDENCE`. A field named in `champs_saisis` is never written.
"""

from structures.upsert.fiche import SOURCES, TYPED, Fiche
from structures.upsert.fold import fold
from structures.upsert.records import foresee, import_fiches

__all__ = ["SOURCES", "TYPED", "Fiche", "fold", "foresee", "import_fiches"]

"""A file of contracts or of notices."""

from portal.depots import LARGEST
from portal.fields import FichierField, FichierForm


class FichierMarchesForm(FichierForm):
    """The file alone: its format is known by its content."""

    fichier = FichierField(
        label="Fichier à importer",
        help_text=f"{LARGEST // 1024**2}\u00a0Mo au plus\u00a0: compressez un gros fichier (.gz ou .zip), il pèse "
        "alors dix à vingt fois moins.",
        accept=".json,.xml,.csv,.xlsx,.gz,.zip",
    )

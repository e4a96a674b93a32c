"""Files kept between the steps of an import: columns, preview, confirmation. Kept a day, seen by their owner alone."""

import io
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404
from django.utils import timezone

from portal.imports import FichierRefuse
from portal.models import Depot
from portal.tables import Row, TableError, read_table

LARGEST = 20 * 1024 * 1024  # bytes
MOST_ROWS = 100_000  # a packed file may hold far more than it weighs
KEPT = timedelta(hours=24)
KEPT_AT_MOST = 10  # files of one person and one import


def deposer(upload: UploadedFile, usage: str, user: Any) -> Depot:
    """Keep an uploaded file for the next steps; `FichierRefuse`, in French, when it is empty or over 20 MB.

    Old files go at the same time, so that nothing waits for a nightly task.
    """
    if not upload.size:
        raise FichierRefuse(
            "Le fichier est vide\u00a0: choisissez un fichier avec une ligne d'en-têtes et des données."
        )
    if upload.size > LARGEST:
        raise FichierRefuse(
            f"Le fichier pèse {upload.size / 1024 / 1024:.0f}\u00a0Mo, la limite est de "
            f"{LARGEST // 1024 // 1024}\u00a0Mo\u00a0: découpez-le, ou enregistrez-le au format CSV compressé "
            "(.csv.gz)."
        )
    purge(timezone.now())
    mine = Depot.objects.filter(user=user, usage=usage).order_by("-cree_le", "-pk")
    Depot.objects.filter(pk__in=list(mine.values_list("pk", flat=True)[KEPT_AT_MOST - 1 :])).delete()
    upload.seek(0)
    name = " ".join((upload.name or "fichier").replace("\x00", "").split())
    return Depot.objects.create(user=user, usage=usage, nom=name[-200:], contenu=upload.read())


def reprendre(pk: int | str, usage: str, user: Any) -> Depot:
    """The file that this user left for this import; 404 for any other, and once it has been erased."""
    try:
        depot = Depot.objects.filter(user=user, usage=usage, pk=int(pk)).first()
    except (TypeError, ValueError):
        depot = None
    if depot is None or depot.cree_le < timezone.now() - KEPT:
        raise Http404("Ce fichier n'est plus là\u00a0: déposez-le de nouveau.")
    return depot


def contenu(depot: Depot) -> io.BytesIO:
    """Its bytes, as a file open for reading."""
    return io.BytesIO(bytes(depot.contenu))


def table(depot: Depot, required: Iterable[str] = (), on_bad_row=None) -> Iterator[Row]:
    """The rows of the file; `TableError`, in French, when it is no table or has more than 100 000 rows."""
    rows = read_table(contenu(depot), name=depot.nom, required=required, on_bad_row=on_bad_row)
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise TableError("Plus de 100\u00a0000 lignes\u00a0: découpez le fichier en plusieurs, puis recommencez.")
        yield row


def entetes(depot: Depot) -> list[str]:
    """The headers of the file; `TableError` when it cannot be read or has no row of data."""
    refused: list[TableError] = []
    first = next(table(depot, on_bad_row=refused.append), None)
    if first is None and refused:
        raise refused[0]
    if first is None:
        raise TableError("Le tableau n'a que sa ligne d'en-têtes\u00a0: ajoutez-y des données, puis recommencez.")
    return list(first.values)


def purge(now: datetime) -> int:
    """Erase the files left for more than a day; how many."""
    return Depot.objects.filter(cree_le__lt=now - KEPT).delete()[0]

"""Any selection of the register as an official file or a table: the result of a search, one contract, one lot.

The address of a search with its criteria is stable: `marches/exporter/?format=csv&lieu=27&du=2026-01-01`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header

from marches.exporters import tables
from marches.exporters.decp_json import json_pieces
from marches.exporters.decp_xml import xml_pieces
from marches.exporters.essentielles import lignes
from marches.exporters.lecture import Selection
from marches.exporters.ocds import ocds_pieces
from marches.filters import MarcheFilter
from marches.models import Lot, Marche
from marches.rules.conformite import en_clair
from portal.limites import HOUR, spend
from portal.tables import csv_pieces, xlsx_response

MOST_XLSX = 20_000  # rows of a workbook, written while the browser waits
MOST_VISITOR, MOST_SIGNED_IN = 20_000, 200_000  # lots of an official file
MOST_AN_HOUR_VISITOR, MOST_AN_HOUR = 60, 300  # downloads of one address, of one account
MOST_CONTROLLED = 2_000  # lots read for the page of control
MOST_SHOWN = 50  # its lines


@dataclass(frozen=True)
class FormatExport:
    """A format one may ask for; `lots` is the largest number of lots for a visitor, None without limit."""

    cle: str
    nom: str
    aide: str
    extension: str
    type: str
    limite: bool = True


FORMATS = {
    format.cle: format
    for format in (
        FormatExport("csv", "CSV", "tableau, un lot par ligne", "csv", "text/csv; charset=utf-8", limite=False),
        FormatExport("xlsx", "XLSX", "classeur, 20\u00a0000 lots au plus", "xlsx", "", limite=False),
        FormatExport("decp-json", "DECP JSON", "données essentielles, format de 2022", "json", "application/json"),
        FormatExport("decp-xml", "DECP XML", "données essentielles, format de 2022", "xml", "application/xml"),
        FormatExport("ocds", "OCDS", "standard international\u00a01.1, JSON", "json", "application/json"),
    )
}


@dataclass(frozen=True)
class Demande:
    """What is asked for: lots, the name of the file, and the page to go back to."""

    selection: Selection
    nom: str
    retour: str
    titre: str


@login_not_required
def export(request):
    return _send(request, _searched(request))


@login_not_required
def export_marche(request, pk):
    return _send(request, _contract(request, pk))


@login_not_required
def export_lot(request, pk):
    return _send(request, _one_lot(request, pk))


@login_not_required
def controle(request):
    """What an official file of this selection leaves out or writes otherwise, and why."""
    demande: Demande | None
    if request.GET.get("marche"):
        demande = _contract(request, _whole(request.GET["marche"]))
    elif request.GET.get("lot"):
        demande = _one_lot(request, _whole(request.GET["lot"]))
    else:
        demande = _searched(request)
    if demande is None:
        return _back_to_search(request)
    on, base = timezone.localdate(), _base()
    if request.GET.get("format") == "csv":
        if not _may_download(request):
            return _too_often(request, demande)
        rows = tables.controle(demande.selection, on, base)
        return _streamed(csv_pieces(tables.CONTROLE, rows), f"{demande.nom}-controle.csv", FORMATS["csv"].type)
    partial = demande.selection.exceeds(MOST_CONTROLLED)
    selection = demande.selection
    if partial:
        first = list(selection.lots.order_by("pk").values_list("pk", flat=True)[:MOST_CONTROLLED])
        selection = Selection(Lot.objects.filter(pk__in=first), selection.contrats)
    context = {"demande": demande, "partiel": partial, "lus": MOST_CONTROLLED, **_told(selection, on)}
    return render(request, "marches/export_controle.html", context)


def _told(selection: Selection, on) -> dict[str, Any]:
    """The first lines left out, the most frequent notes, and how many of each."""
    ecartes, adaptes, conformes, notes = [], 0, 0, {}
    left_out = 0
    for ligne in lignes(selection.lots, on):
        if ligne.ecarte:
            left_out += 1
            if len(ecartes) < MOST_SHOWN:
                ecartes.append((ligne.lot, [en_clair(motif) for motif in ligne.fiche.refus]))
            continue
        conformes += 1
        adaptes += bool(ligne.fiche.notes)
        for note in ligne.fiche.notes:
            notes[note] = notes.get(note, 0) + 1
    frequent = sorted(((en_clair(note), number) for note, number in notes.items()), key=lambda row: (-row[1], row[0]))
    return {
        "conformes": conformes,
        "adaptes": adaptes,
        "ecartes": ecartes,
        "ecartes_total": left_out,
        "notes": frequent[:MOST_SHOWN],
    }


# What is asked ------------------------------------------------------------------------------------------------------
def _searched(request: HttpRequest) -> Demande | None:
    """The lots of a search; None when a criterion makes no sense: nobody wants the whole register in its place."""
    registre = MarcheFilter(request.GET, queryset=Marche.objects.visible_to(request.acteur))
    if registre.form.errors:
        return None
    contrats = registre.qs.order_by()
    lots = Lot.objects.visible_to(request.acteur)
    if registre.is_active:
        lots = lots.filter(marche__in=contrats.values("pk"))
    if registre.lots_q is not None:
        lots = lots.filter(pk__in=Lot.objects.filter(registre.lots_q).order_by().values("pk"))
    asked = {name: value for name, value in request.GET.items() if name in registre.form.fields and value}
    back = f"{reverse('marches:list')}?{urlencode(asked)}" if asked else reverse("marches:list")
    return Demande(Selection(lots, contrats), "marches", back, "Résultat de la recherche")


def _contract(request: HttpRequest, pk: int) -> Demande:
    marches = Marche.objects.visible_to(request.acteur)
    marche = get_object_or_404(marches, pk=pk)
    selection = Selection(Lot.objects.filter(marche=pk), marches.filter(pk=pk))
    return Demande(selection, f"marche-{pk}", marche.get_absolute_url(), marche.objet)


def _one_lot(request: HttpRequest, pk: int) -> Demande:
    lot = get_object_or_404(Lot.objects.visible_to(request.acteur), pk=pk)
    selection = Selection(Lot.objects.filter(pk=pk), Marche.objects.filter(pk=lot.marche_id), entiers=False)
    return Demande(selection, f"lot-{pk}", lot.get_absolute_url(), str(lot))


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Http404("Ce marché n'existe pas.")
    return int(text)


# What is sent -------------------------------------------------------------------------------------------------------
def _send(request: HttpRequest, demande: Demande | None):
    if demande is None:
        return _back_to_search(request)
    format = FORMATS.get(request.GET.get("format", "csv"))
    if format is None:
        messages.warning(
            request, "Ce format n'existe pas\u00a0: choisissez-en un dans la liste «\u00a0Exporter\u00a0»."
        )
        return redirect(demande.retour)
    if refusal := _refusal(request, demande.selection, format):
        messages.warning(request, refusal)
        return redirect(demande.retour)
    if not _may_download(request):
        return _too_often(request, demande)
    on = timezone.localdate()
    name = f"{demande.nom}-{format.cle}-{on.isoformat()}.{format.extension}"
    if format.cle == "xlsx":
        return xlsx_response(name, tables.LOTS, tables.lots(demande.selection.lots, on, _base()))
    return _streamed(_PIECES[format.cle](request, demande.selection, on), name, format.type)


def _refusal(request: HttpRequest, selection: Selection, format: FormatExport) -> str:
    """Why this selection cannot leave in this format, "" when it can."""
    if not selection.exists():
        return "Aucun lot ne répond à ces critères\u00a0: il n'y a rien à exporter."
    if format.cle == "xlsx" and selection.exceeds(MOST_XLSX):
        return (
            "Plus de 20\u00a0000 lots\u00a0: c'est trop pour un classeur. Ajoutez un critère, ou choisissez le format "
            "CSV, qui les contient tous."
        )
    most = MOST_VISITOR if request.acteur.is_visitor else MOST_SIGNED_IN
    if format.limite and selection.exceeds(most):
        advice = "connectez-vous, ajoutez un critère" if request.acteur.is_visitor else "ajoutez un critère"
        number = f"{most:,}".replace(",", "\u00a0")
        return (
            f"Plus de {number} lots\u00a0: c'est trop pour un fichier {format.nom}. Pour y arriver, {advice}, ou "
            "choisissez le format CSV, qui les contient tous."
        )
    return ""


_PIECES: dict[str, Callable[..., Iterator[bytes]]] = {
    "csv": lambda request, selection, on: csv_pieces(tables.LOTS, tables.lots(selection.lots, on, _base())),
    "decp-json": lambda request, selection, on: json_pieces(selection, on),
    "decp-xml": lambda request, selection, on: xml_pieces(selection, on),
    "ocds": lambda request, selection, on: ocds_pieces(
        selection, on, uri=f"{_base()}{request.get_full_path()}", base=_base()
    ),
}


def _base() -> str:
    return settings.SITE_URL


def _streamed(pieces: Iterator[bytes], name: str, content_type: str) -> StreamingHttpResponse:
    """A download sent as it is read; what fails at the start is an error page, not a broken file."""
    first = list(islice(pieces, 2))
    response = StreamingHttpResponse(chain(first, pieces), content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


def _may_download(request: HttpRequest) -> bool:
    if request.acteur.is_visitor:
        return spend("export-marches", get_adapter(request).get_client_ip(request), MOST_AN_HOUR_VISITOR, HOUR)
    return spend("export-marches", request.user.pk, MOST_AN_HOUR, HOUR)


def _too_often(request: HttpRequest, demande: Demande):
    messages.warning(request, "Trop de téléchargements en une heure depuis votre adresse\u00a0: réessayez plus tard.")
    return redirect(demande.retour)


def _back_to_search(request: HttpRequest):
    messages.warning(
        request, "Un critère n'est pas compris\u00a0: rien n'a été exporté. Corrigez-le, puis recommencez."
    )
    return redirect(f"{reverse('marches:list')}?{request.GET.urlencode()}")

"""Reports: choose one, read it, take it away, sign it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from clauses import stats
from clauses.actions.bilans import signer
from clauses.enums import PorteeBilan
from clauses.exporters import bilans as exporter
from clauses.exporters.bilans import Regard
from clauses.forms.bilans import PeriodeForm
from clauses.models import Facilitateur
from clauses.parametres import seuil
from clauses.rules import coherences, signature_possible
from clauses.stats import perimetres
from portal.pagination import paginate
from portal.pdf import pdf_response, render_pdf
from portal.permissions import Role, role_required
from portal.tables import csv_response, xlsx_response
from portal.templatetags.formats import jour
from portal.text import slugify_fr

LECTEURS = (Role.FACILITATEUR, Role.ACHETEUR, Role.ENTREPRISE, Role.STRUCTURE)
MOST_ROWS = 40  # of a table on the page; the spreadsheet has them all
FORMATS = ("pdf", "csv", "xlsx")


@role_required(*LECTEURS)
def bilans(request):
    """What a report may be about, then the reports already signed."""
    on = timezone.localdate()
    return render(
        request,
        "clauses/bilan_list.html",
        {
            "sujets": perimetres.sujets(request.acteur),
            "page": paginate(perimetres.signes(request.acteur).defer("chiffres"), request),
            "annee": on.year,
        },
    )


@role_required(*LECTEURS)
def bilan(request, portee, objet):
    sujet, form = _sujet(request, portee, objet)
    du, au = form.periode()
    figures = stats.chiffres(sujet.perimetre(du, au), timezone.localdate())
    shown = _read(request.acteur, figures, sujet.portee, du, au)
    return _page(request, shown, figures, sujet=sujet, form=form, du=du, au=au, libelle=sujet.libelle)


@role_required(*LECTEURS)
def bilan_fichier(request, portee, objet, format):
    sujet, form = _sujet(request, portee, objet)
    du, au = form.periode()
    figures = stats.chiffres(sujet.perimetre(du, au), timezone.localdate())
    shown = _read(request.acteur, figures, sujet.portee, du, au)
    return fichier(shown, format, sujet.libelle, sujet.portee.label, du, au, str(request.acteur.organisation))


@require_POST
@role_required(Role.FACILITATEUR)
def signer_bilan(request, portee, objet):
    """Freeze what the page shows; the page asked first."""
    sujet, form = _sujet(request, portee, objet, request.POST)
    facilitateur = get_object_or_404(Facilitateur.objects.acting(request.acteur))
    if not form.is_valid():
        messages.error(request, "La période n'est pas comprise\u00a0: choisissez-la de nouveau, puis signez.")
        return redirect("clauses:bilan", portee=portee, objet=objet)
    du, au = form.periode()
    try:
        row = signer(sujet, du, au, facilitateur=facilitateur, by=request.acteur)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        kept = urlencode({"du": f"{du:%Y-%m}", "au": f"{au:%Y-%m}"})
        return redirect(f"{reverse('clauses:bilan', args=[portee, objet])}?{kept}")
    messages.success(request, "Le bilan est signé\u00a0: ses chiffres ne changeront plus.")
    return redirect("clauses:bilan_signe", pk=row.pk)


@role_required(*LECTEURS)
def bilan_signe(request, pk):
    row = get_object_or_404(perimetres.signes(request.acteur), pk=pk)
    shown = _read_signed(request.acteur, row)
    return _page(request, shown, row.chiffres, signe=row, du=row.du, au=row.au, libelle=row.libelle)


@role_required(*LECTEURS)
def bilan_signe_fichier(request, pk, format):
    row = get_object_or_404(perimetres.signes(request.acteur), pk=pk)
    signature = (
        f"Bilan signé le {jour(row.signe_le)} par {row.facilitateur}\u00a0; ses chiffres n'ont pas changé depuis."
    )
    shown = _read_signed(request.acteur, row)
    organisme, genre = str(row.facilitateur), row.get_portee_display()
    return fichier(shown, format, row.libelle, genre, row.du, row.au, organisme, signature)


# Inside ---------------------------------------------------------------------------------------------------------------
def _sujet(request, portee, objet, data=None):
    found = perimetres.sujet(request.acteur, portee, objet)
    if found is None:
        raise Http404("Aucun bilan sur ce sujet.")
    # Others than the facilitator read whole years: two periods that overlap would tell what small counts hide.
    libre = request.acteur.has(Role.FACILITATEUR)
    return found, PeriodeForm(data or request.GET or {}, libre=libre, defaut=timezone.localdate().year)


def _regard(acteur) -> Regard:
    if acteur.has(Role.FACILITATEUR):
        return Regard.FACILITATEUR
    return Regard.ACHETEUR if acteur.has(Role.ACHETEUR) else Regard.ORGANISATION


def _read(acteur, chiffres, portee, du, au, alone=True):
    """The report as this `Acteur` may read it; a buyer reads people by whole year and for all its contracts only."""
    regard = _regard(acteur)
    whole_year = du.year == au.year and (du.month, au.month) == (1, 12)
    people = regard != Regard.ACHETEUR or (portee == PorteeBilan.ACHETEUR and whole_year and alone)
    return exporter.montrer(chiffres, regard, personnes=people)


def _read_signed(acteur, row):
    return _read(acteur, row.chiffres, row.portee, row.du, row.au, alone=row.chiffres.get("seul", False))


def controles(acteur, figures) -> list:
    """Whether the figures agree with one another, told to the facilitator alone: it holds small counts."""
    if not acteur.has(Role.FACILITATEUR) or not figures:
        return []
    return coherences(figures, reponse=seuil("suivi_reponse", timezone.localdate()))


def imprimables(shown) -> list:
    """(table, rows of the page as (heading, cell), how many more) of a report."""
    return [
        (
            table,
            [list(zip(table.entetes, row, strict=True)) for row in table.imprimees[:MOST_ROWS]],
            max(len(table.lignes) - MOST_ROWS, 0),
        )
        for table in shown.tableaux
    ]


def _page(request, shown, figures, *, sujet=None, signe=None, **context):
    if sujet:
        kwargs = {"portee": str(sujet.portee), "objet": sujet.objet}
        query = request.GET.urlencode()
        files = [(name, reverse("clauses:bilan_fichier", kwargs=kwargs | {"format": name})) for name in FORMATS]
        files = [(name.upper(), f"{url}?{query}" if query else url) for name, url in files]
        if request.acteur.has(Role.FACILITATEUR):
            context |= _signature(request.acteur, sujet, context["du"], context["au"])
            context["signer_url"] = reverse("clauses:bilan_signer", kwargs=kwargs)
    else:
        files = [(name.upper(), reverse("clauses:bilan_signe_fichier", args=[signe.pk, name])) for name in FORMATS]
    if signe:
        context["mention"] = f"Signé le {jour(signe.signe_le)} par {signe.facilitateur}. Ces chiffres ne changent plus."
    context |= {
        "bilan": shown,
        "tables": imprimables(shown),
        "controles": controles(request.acteur, figures),
        "fichiers": files,
        "signe": signe,
        "portee": PorteeBilan((sujet or signe).portee).label,
    }
    return render(request, "clauses/bilan.html", context)


def _signature(acteur, sujet, du, au) -> dict:
    """What to know before signing: whether this period may be, and what was signed of it already."""
    before = perimetres.signes(acteur).filter(portee=sujet.portee, objet=sujet.objet, du=du, au=au)
    return {
        "signable": signature_possible(du, au, timezone.localdate()),
        "signes": list(before.defer("chiffres").order_by("-signe_le")),
    }


def fichier(shown, format, libelle, genre, du, au, organisme, signature=""):
    """The report as a file to take away; Http404 for an unknown format."""
    name = f"bilan-{slugify_fr(libelle)[:60]}-{du:%Y-%m}-{au:%Y-%m}"
    facts = [
        (genre, libelle),
        ("Période", f"du {jour(du)} au {jour(au)}"),
        ("Établi le", jour(timezone.localdate())),
    ]
    if format == "pdf":
        data = exporter.document(
            shown,
            titre="Bilan des clauses sociales",
            organisme=organisme,
            mention=libelle,
            faits=facts[1:],
            signature=signature,
        )
        return pdf_response(render_pdf("bilan", data), name)
    rows = exporter.lignes(shown, [*facts, *([("Signature", signature)] if signature else [])])
    write = {"csv": csv_response, "xlsx": xlsx_response}.get(format)
    if write is None:
        raise Http404("Ce format n'existe pas.")
    return write(f"{name}.{format}", exporter.ENTETES, rows)

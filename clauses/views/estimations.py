"""Estimates that an organisation keeps: from the calculator, and on to a clause."""

from decimal import Decimal
from types import SimpleNamespace

from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from clauses import parametres, rules
from clauses.actions.estimations import KEPT, keep_estimate
from clauses.models import Estimation, Facilitateur
from clauses.views.calculateur import ESTIMATE, PREFIX, calculer, create_query
from portal.pagination import paginate
from portal.permissions import role_required

LONGEST_TITLE, MOST_HOURS = 200, Decimal(9_999_999)


@role_required(*ESTIMATE)
def estimations(request):
    found = Estimation.objects.visible_to(request.acteur).select_related("lot__marche", "par")
    return render(request, "clauses/estimation_list.html", {"page": paginate(found, request)})


@require_POST
@role_required(*ESTIMATE)
def create(request):
    """Keep the calculation of the address; one that is not complete goes back to the calculator, nothing lost."""
    asked = calculer(request.GET, request.acteur)
    titre = " ".join(request.POST.get("titre", "").replace("\x00", "").split())[:LONGEST_TITLE]
    if not asked["results"] or not titre or asked["total"].arrondi > MOST_HOURS:
        messages.error(request, "L'estimation n'est pas gardée\u00a0: donnez-lui un titre et vérifiez le calcul.")
        return redirect(f"{reverse('clauses:calculateur')}?{request.GET.urlencode()}")
    kept = keep_estimate(titre=titre, results=asked["results"], lot=asked["lot"], by=request.acteur)
    messages.success(request, "L'estimation est gardée.")
    return redirect(kept)


@role_required(*ESTIMATE)
def estimation(request, pk):
    """The figures as they were kept, the way back to the calculator, and for a facilitator on to the clause."""
    found = Estimation.objects.visible_to(request.acteur).select_related("lot__marche", "par")
    estimation = get_object_or_404(found, pk=pk)
    on = timezone.localdate()
    lines = [_read(line) for line in estimation.lignes]
    may_create = estimation.lot and len(lines) == 1 and Facilitateur.objects.acting(request.acteur).exists()
    each = parametres.heures_par_personne(on)
    context = {
        "estimation": estimation,
        "lines": lines,
        "etp": rules.etp(estimation.heures, parametres.seuil("base_etp", on)),
        "personnes": rules.personnes_pour(estimation.heures, each.valeur),
        "par_personne": each,
        "calcul_url": f"{reverse('clauses:calculateur')}?{_calculator(estimation, lines)}",
        "create_url": f"{reverse('clauses:create', args=[estimation.lot_id])}?{create_query(lines[0])}"
        if may_create
        else "",
    }
    return render(request, "clauses/estimation_detail.html", context)


@require_POST
@role_required(*ESTIMATE)
def delete(request, pk):
    get_object_or_404(Estimation.objects.editable_by(request.acteur), pk=pk).delete()
    messages.success(request, "L'estimation est supprimée.")
    return redirect("clauses:estimations")


def _read(line: dict) -> dict:
    """A kept lot with its figures as numbers again, in the shape of a result of the calculator."""
    return line | {name: Decimal(line[name]) for name in KEPT} | {"calcul": SimpleNamespace(arrondi=line["heures"])}


def _calculator(estimation: Estimation, lines: list[dict]) -> str:
    query = QueryDict(mutable=True)
    query["calculer"], query[f"{PREFIX}-TOTAL_FORMS"] = "1", str(len(lines))
    if estimation.lot_id:
        query["lot"] = str(estimation.lot_id)
    for rank, line in enumerate(lines):
        shares = {"part": line["part"] * 100, "montant": line["montant"], "cout": line["cout"]}
        for name, value in (shares | {"heures": Decimal(line["heures"])}).items():
            query[f"{PREFIX}-{rank}-{name}"] = f"{value.normalize():f}".replace(".", ",")
        query[f"{PREFIX}-{rank}-nom"] = line["nom"]
    return query.urlencode()

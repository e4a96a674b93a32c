"""Estimates that an organisation keeps: from the calculator, and on to a clause."""

from decimal import Decimal
from types import SimpleNamespace
from urllib.parse import urlencode

from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from clauses import parametres, rules
from clauses.accords import conventions_for
from clauses.actions.clauses import create_clauses
from clauses.actions.estimations import KEPT, keep_estimate
from clauses.enums import TypeClause
from clauses.forms.estimations import ClausesForm, lots_form
from clauses.models import Estimation, Facilitateur, ModeleClause
from clauses.rules.modeles import remplir
from clauses.rules.redaction import relire
from clauses.views.calculateur import ESTIMATE, PREFIX, calculer, create_query, is_key
from clauses.views.modeles import PUBLICS, values_for
from marches.models import Lot, Marche
from portal.imports import plural
from portal.pagination import paginate
from portal.permissions import Role, role_required
from portal.search import filter_words
from portal.templatetags.formats import jour

LONGEST_TITLE, LONGEST_NOTE, MOST_HOURS = 200, 4_000, Decimal(9_999_999)
MOST_FOUND = 10  # contracts proposed for an estimate that names no lot


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
    may_create = Facilitateur.objects.acting(request.acteur).exists()
    each = parametres.heures_par_personne(on)
    context = {
        "estimation": estimation,
        "lines": lines,
        "etp": rules.etp(estimation.heures, parametres.seuil("base_etp", on)),
        "personnes": rules.personnes_pour(estimation.heures, each.valeur),
        "par_personne": each,
        "calcul_url": f"{reverse('clauses:calculateur')}?{_calculator(estimation, lines)}",
        "create_url": f"{reverse('clauses:create', args=[estimation.lot_id])}?{create_query(lines[0])}"
        if may_create and estimation.lot and len(lines) == 1
        else "",
        "clauses_url": reverse("clauses:estimation_clauses", args=[pk]) if may_create else "",
    }
    return render(request, "clauses/estimation_detail.html", context)


@role_required(Role.FACILITATEUR)
def clauses(request, pk):
    """The lots of an estimate become as many clauses of one contract, in one action; read again before."""
    facilitateur = get_object_or_404(Facilitateur.objects.acting(request.acteur).select_related("organisation"))
    found = Estimation.objects.visible_to(request.acteur).select_related("lot__marche")
    estimation = get_object_or_404(found, pk=pk)
    marche = _contract(request, estimation)
    context = {"estimation": estimation, "marche": marche, "q": " ".join(request.GET.get("q", "").split())[:200]}
    if marche is None:
        visible = Marche.objects.visible_to(request.acteur).for_cards()
        context["trouves"] = filter_words(visible, context["q"])[:MOST_FOUND] if context["q"] else None
        return render(request, "clauses/estimation_clauses.html", context)
    lines = [_read(line) for line in estimation.lignes]
    lots = Lot.objects.visible_to(request.acteur).filter(marche=marche).defer("racines").order_by("pk")
    form = ClausesForm(
        request.POST or None, modeles=ModeleClause.objects.current(request.acteur).order_by("titre", "pk"),
        initial={"type": TypeClause.CONDITION, "publics": PUBLICS},
    )  # fmt: skip
    formset = lots_form(request.POST or None, lines, lots)
    asked = []
    if form.is_valid() and formset.is_valid():
        asked = [
            _clause(line, row.cleaned_data, form.cleaned_data, facilitateur)
            for line, row in zip(lines, formset, strict=True)
            if row.cleaned_data["lot"]
        ]
        refused = any(verdict.is_blocking for _, verdicts in asked for verdict in verdicts)
        if "creer" in request.POST and not refused:
            convention = conventions_for(facilitateur, marche.acheteur).in_force(timezone.localdate()).first()
            shared = {"convention": convention, "type": form.cleaned_data["type"]}
            shared |= {"modele": form.cleaned_data["modele"], "publics": form.cleaned_data["publics"]}
            made = create_clauses(
                [demand | shared for demand, _ in asked], facilitateur=facilitateur, by=request.acteur
            )
            messages.success(request, f"{plural(len(made), 'clause est créée', 'clauses sont créées')}.")
            return redirect(f"{reverse('clauses:list')}?{urlencode({'q': marche.objet[:200]})}")
        context["refusees"] = refused and "creer" in request.POST
    context |= {"form": form, "formset": formset, "rows": list(zip(lines, formset, strict=True)), "asked": asked}
    return render(request, "clauses/estimation_clauses.html", context)


def _contract(request, estimation):
    """The contract of the address, else that of the estimate; None while none is known."""
    key = request.GET.get("marche", "")
    visible = Marche.objects.visible_to(request.acteur).select_related("acheteur__organisation")
    if key:
        return get_object_or_404(visible, pk=key) if is_key(key) else None
    return visible.filter(pk=estimation.lot.marche_id).first() if estimation.lot else None


def _clause(line, row, shared, facilitateur) -> tuple[dict, list]:
    """What `create_clause` takes for one line, and what is to be read again of its writing."""
    lot, hours = row["lot"], row["heures"]
    values = values_for(lot, facilitateur, {"heures": f"{hours:.0f}", "taux": f"{line['taux']:f}"})
    values |= {"publics": shared["publics"], "date_debut": jour(row["date_debut"]), "date_fin": jour(row["date_fin"])}
    texte = remplir(shared["modele"].texte, values) if shared["modele"] else ""
    kept = {name: f"{line[name]:f}" for name in KEPT} | {"source": line["part_source"], "heures": line["heures"]}
    motif = "" if hours == line["heures"] else "Volume revu après l'estimation"
    demand = {"lot": lot, "heures": hours, "date_debut": row["date_debut"], "date_fin": row["date_fin"]}
    demand |= {"texte": texte, "calcul": kept, "motif": motif}
    labour = rules.heures_main_oeuvre(line["montant"], line["part"], line["cout"])
    usual = parametres.seuil("part_proportionnee", timezone.localdate())
    verdicts = [rules.proportionnalite(hours, labour, usual)] + relire(
        texte, type=shared["type"], heures=hours, lot=values["lot"], contact=values["contact"],
        publics=shared["publics"],
    )  # fmt: skip
    return demand, [verdict for verdict in verdicts if not verdict.is_ok]


@require_POST
@role_required(*ESTIMATE)
def note(request, pk):
    """What was said before the contract is published, to federations and companies; the same for all."""
    found = get_object_or_404(Estimation.objects.editable_by(request.acteur), pk=pk)
    found.note = request.POST.get("note", "").replace("\x00", "").strip()[:LONGEST_NOTE]
    found.save(update_fields=["note"])
    messages.success(request, "Les échanges sont notés.")
    return redirect(found)


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

"""The calculator, open to all: everything is in the address, so that a calculation is shared as a link."""

from decimal import Decimal

from django.contrib.auth.decorators import login_not_required
from django.forms import formset_factory
from django.http import QueryDict
from django.shortcuts import render
from django.utils import timezone

from clauses import parametres, rules
from clauses.forms import CENT, CalculLotForm, secteurs_with_children
from clauses.models import Facilitateur
from marches.models import Lot
from portal.permissions import Role
from portal.verdict import worst

MOST_LOTS = 20
ESTIMATE = (Role.ACHETEUR, Role.FACILITATEUR, Role.RESEAU, Role.ENTREPRISE, Role.STRUCTURE)
PREFIX = "l"
LotFormSet = formset_factory(CalculLotForm, extra=0, max_num=MOST_LOTS, absolute_max=MOST_LOTS)


@login_not_required
def calculateur(request):
    """One lot or several. `lot` names a lot of the register: its amount, its sector and the way back to it."""
    context = calculer(request.GET, request.acteur)
    context["create_query"] = (
        create_query(context["results"][0])
        if context["lot"] and len(context["results"]) == 1 and _may_create(request)
        else ""
    )
    context["may_keep"] = bool(context["results"]) and request.acteur.has(*ESTIMATE)
    context["carried"] = request.GET.urlencode()
    return render(request, "clauses/calculateur.html", context)


def calculer(query, acteur) -> dict:
    """What the address `query` asks for, as the page shows it: the forms, a result a lot, their sum."""
    on = timezone.localdate()
    lot = lot_of(query.get("lot"), acteur)
    asked = _numbered(query, lot)
    shared = {"secteurs": secteurs_with_children(), "on": on}
    submitted = "calculer" in query
    formset = LotFormSet(asked, prefix=PREFIX, form_kwargs=shared)
    results, total = [], None
    if submitted and formset.is_valid():
        results = [_result(form.cleaned_data, on) for form in formset]
        total = rules.somme_lots(result["calcul"] for result in results)
    forms = list(formset) if submitted else _unbound(asked, shared)
    each = parametres.heures_par_personne(on)
    return {
        "formset": formset,
        "forms": forms,
        "submitted": submitted,
        "results": results,
        "total": total,
        "total_etp": rules.etp(total.arrondi, parametres.seuil("base_etp", on)) if total else None,
        "may_add": len(forms) < MOST_LOTS,
        "lot": lot,
        "personnes": rules.personnes_pour(total.arrondi, each.valeur) if total else None,
        "par_personne": each,
        "on": on,
    }


def lot_of(text, acteur):
    lots = Lot.objects.visible_to(acteur).select_related("marche", "secteur")
    return lots.filter(pk=text).first() if is_key(text) else None


def is_key(text) -> bool:
    return bool(text) and text.isascii() and text.isdecimal() and len(text) < 19


def _numbered(query, lot) -> QueryDict:
    """The query string as a formset wants it: the number of lots, one more or one less when asked."""
    data = query.copy()
    count = data.get(f"{PREFIX}-TOTAL_FORMS", "1")
    count = min(max(int(count), 1), MOST_LOTS) if is_key(count) else 1
    if "ajouter" in data:
        count = min(count + 1, MOST_LOTS)
    elif "retirer" in data:
        count = max(count - 1, 1)
    data[f"{PREFIX}-TOTAL_FORMS"], data[f"{PREFIX}-INITIAL_FORMS"] = str(count), "0"
    if lot and f"{PREFIX}-0-montant" not in data:
        data[f"{PREFIX}-0-nom"] = str(lot)[:120]
        data[f"{PREFIX}-0-montant"] = f"{lot.montant or ''}".replace(".", ",")
        data[f"{PREFIX}-0-secteur"] = lot.secteur.code if lot.secteur else ""
    return data


def _unbound(data, shared) -> list[CalculLotForm]:
    """The same lots, without reproaches: nothing was calculated yet."""
    forms = []
    for rank in range(int(data[f"{PREFIX}-TOTAL_FORMS"])):
        initial = {name: data.get(f"{PREFIX}-{rank}-{name}", "") for name in CalculLotForm.base_fields}
        forms.append(CalculLotForm(prefix=f"{PREFIX}-{rank}", initial=initial, **shared))
    return forms


def _result(data, on) -> dict:
    part, cout, montant = data["part"] / CENT, data["cout"], data["montant"]
    labour = rules.heures_main_oeuvre(montant, part, cout)
    reverse = data.get("heures") is not None and labour > 0
    if reverse:
        hours = data["heures"]
        taux = rules.taux_pour(hours, montant, part, cout)
        calcul = rules.Calcul(hours, int(hours.quantize(Decimal(1), context=rules.WIDE)))
    else:
        taux = data["taux"] / CENT
        calcul = rules.heures_prevues(montant, part, taux, cout)
    verdict = rules.proportionnalite(calcul.exact, labour, parametres.seuil("part_proportionnee", on))
    return {
        "nom": data.get("nom") or "",
        "montant": montant,
        "part": part,
        "part_source": data["part_source"],
        "taux": taux,
        "cout": cout,
        "main_oeuvre": labour,
        "calcul": calcul,
        "reverse": reverse,
        "etp": rules.etp(calcul.arrondi, parametres.seuil("base_etp", on)),
        "verdict": verdict,
        "blocking": worst([verdict]).is_blocking,
    }


def _may_create(request) -> bool:
    return request.acteur.has(Role.FACILITATEUR) and Facilitateur.objects.acting(request.acteur).exists()


def create_query(result) -> str:
    """The elements of the calculation of one lot, carried to the form of a new clause."""
    query = QueryDict(mutable=True)
    query["heures"] = str(result["calcul"].arrondi)
    for name in ("montant", "part", "taux", "cout"):
        query[name] = f"{result[name]:f}"
    query["source"] = result["part_source"][:200]
    return query.urlencode()

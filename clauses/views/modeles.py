"""The library of clauses: model texts, what one gives once filled for a lot, and the texts of an organisation."""

from decimal import Decimal
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from clauses.actions import modeles as actions
from clauses.forms.modeles import ModeleForm
from clauses.models import ClauseSociale, Facilitateur, ModeleClause
from clauses.rules.modeles import adapter, mentions, remplir
from clauses.rules.redaction import relire_modele
from clauses.templatetags.clauses import pourcent_fin
from clauses.views.calculateur import is_key, lot_of
from portal.permissions import Role, role_required
from portal.templatetags.formats import jour, nombre

READERS = (Role.FACILITATEUR, Role.ACHETEUR)
CARRIED = ("heures", "montant", "part", "taux", "cout", "source")  # a calculation, from page to page
LONGEST = 200  # characters of a value carried by an address
PUBLICS = (
    "demandeurs d'emploi de longue durée, bénéficiaires de minima sociaux, travailleurs handicapés, jeunes sans emploi "
    "ni formation, et autres personnes dont un prescripteur atteste la situation."
)


@role_required(*READERS)
def modeles(request):
    """Last published version of each model, and one's drafts; `lot` and a calculation are carried to their pages."""
    lot = lot_of(request.GET.get("lot"), request.acteur)
    rows = ModeleClause.objects.current(request.acteur).select_related("organisation").order_by("titre", "pk")
    context = {
        "modeles": rows,
        "brouillons": ModeleClause.objects.editable_by(request.acteur).order_by("titre", "pk"),
        "lot": lot,
        "carried": f"?{urlencode({'lot': lot.pk} | carried(request.GET))}" if lot else "",
    }
    return render(request, "clauses/modele_list.html", context)


@role_required(*READERS)
def modele(request, pk):
    """One version, any of them: what was published stays readable."""
    found = get_object_or_404(ModeleClause.objects.published(request.acteur), pk=pk)
    lot = lot_of(request.GET.get("lot"), request.acteur)
    mine = _body(request.acteur)
    values = values_for(lot, mine, request.GET) if lot else {}
    texte = remplir(found.texte, values) if lot else found.texte
    asked = urlencode({"modele": found.pk} | carried(request.GET))
    context = {
        "modele": found,
        "lot": lot,
        "texte": texte,
        "verdicts": mentions(values) if lot else [],
        "carried": {name: value for name, value in carried(request.GET).items() if name != "heures"},
        "heures": values.get("heures_brutes", ""),
        "versions": ModeleClause.objects.published(request.acteur)
        .filter(code=found.code, organisation=found.organisation_id)
        .exclude(pk=found.pk)[:20],
        "create_url": f"{reverse('clauses:create', args=[lot.pk])}?{asked}" if lot and mine else "",
        "is_mine": found.organisation_id is not None,
        "used": found.clauses.count() if found.organisation_id is not None else 0,
    }
    return render(request, "clauses/modele_detail.html", context)


@role_required(*READERS)
def modele_edit(request, pk=None):
    """A draft of one's own: from nothing, from a published text (`pk`), or the draft itself."""
    texts = ModeleClause.objects.published(request.acteur) | ModeleClause.objects.editable_by(request.acteur)
    depuis = get_object_or_404(texts, pk=pk) if pk else None
    first = {name: getattr(depuis, name) for name in ("titre", "type", "texte")} if depuis else None
    form = ModeleForm(request.POST or None, initial=first)
    if form.is_valid():
        draft = actions.nouvelle_version(form=form, organisation=request.acteur.organisation, depuis=depuis)
        if "publier" not in request.POST:
            messages.success(request, "Le brouillon est enregistré\u00a0: votre organisme seul le voit.")
            return redirect("clauses:modele_edit", pk=draft.pk)
        try:
            actions.publier(draft, timezone.localdate())
        except ValidationError as error:
            form.add_error(None, ["Le texte est gardé en brouillon, mais pas publié.", *error.messages])
        else:
            messages.success(request, f"La version {draft.version} est publiée\u00a0: elle ne changera plus.")
            return redirect("clauses:modele", pk=draft.pk)
    typed = form["texte"].value() or ""
    context = {
        "form": form,
        "depuis": depuis,
        "verdicts": relire_modele(typed, form["type"].value() or "") if typed.strip() else [],
    }
    return render(request, "clauses/modele_form.html", context)


@require_POST
@role_required(*READERS)
def modele_retirer(request, pk):
    """A text of one's own is no longer proposed; the clauses made with it keep theirs, and a draft goes."""
    mine = ModeleClause.objects.filter(organisation=request.acteur.organisation_id or 0)
    found = get_object_or_404(mine, pk=pk)
    if found.publie_le is None:
        found.delete()
        messages.success(request, "Le brouillon est supprimé.")
    else:
        mine.filter(code=found.code, retire_le=None).exclude(publie_le=None).update(retire_le=timezone.localdate())
        messages.success(request, "Le texte n'est plus proposé. Les clauses qui l'ont repris le gardent.")
    return redirect("clauses:modeles")


# Into a clause --------------------------------------------------------------------------------------------------------
def filled(query, lot, acteur) -> tuple[dict, str]:
    """First values of a new clause on `lot` from the model or from the clause of another contract that the address
    names, and a sentence that says where they come from; ({}, "") when it names none."""
    key, other = query.get("modele", ""), query.get("reprendre", "")
    if is_key(key):
        modele = ModeleClause.objects.published(acteur).filter(pk=key).first()
        if modele is not None:
            return _from_model(modele, lot, acteur, query), f"Texte du modèle «\u00a0{modele.titre}\u00a0»."
    if is_key(other):
        clause = reusable(lot, acteur).filter(pk=other).first()
        if clause is None:
            raise Http404("Aucune clause à reprendre.")
        said = f"Texte repris de «\u00a0{clause.lot}\u00a0»\u00a0: relisez-le, le lot et les dates changent."
        return _from_clause(clause, lot, acteur, query), said
    return {}, ""


def reusable(lot, acteur):
    """Clauses whose text may serve on `lot`: those of the same buyer that this `Acteur` sees, the latest first."""
    rows = ClauseSociale.objects.visible_to(acteur).of_buyer(lot.marche.acheteur).exclude(lot=lot).exclude(texte="")
    return rows.select_related("lot__marche__acheteur__organisation", "facilitateur__organisation").order_by(
        "-date_debut", "-pk"
    )


def carried(query) -> dict[str, str]:
    """The calculation that an address carries, short and clean; its figures are judged where they are used."""
    return {name: query[name].replace("\x00", "")[:LONGEST] for name in CARRIED if query.get(name)}


def values_for(lot, facilitateur, query) -> dict[str, str]:
    """What the lot, the calculation and the body that acts put in the place of the variables; nothing is invented."""
    heures = str(query.get("heures", ""))
    heures = heures if heures.isascii() and heures.isdecimal() and len(heures) < 8 and int(heures) else ""
    if facilitateur is None:
        facilitateur = _of_buyer(lot)
    contact = ", ".join(filter(None, [facilitateur.courriel, facilitateur.telephone])) if facilitateur else ""
    return {
        "acheteur": lot.marche.acheteur.organisation.nom,
        "lot": lot.objet or lot.marche.objet,
        "facilitateur": facilitateur.organisation.nom if facilitateur else "",
        "contact": contact,
        "publics": PUBLICS,
        "heures": nombre(heures) if heures else "",
        "heures_brutes": heures,
        "date_debut": jour(lot.date_debut) if lot.date_debut else "",
        "date_fin": jour(lot.date_fin) if lot.date_fin else "",
        "taux": _rate(query.get("taux", "")),
    }


def _from_model(modele, lot, acteur, query) -> dict:
    values = values_for(lot, _body(acteur), query)
    said = {"type": modele.type, "texte": remplir(modele.texte, values), "publics": values["publics"]}
    said["modele"] = modele
    return said | ({"heures": values["heures_brutes"]} if values["heures"] else {})


def _from_clause(clause, lot, acteur, query) -> dict:
    """Its text with what changes from a lot to the next; its people, its penalties, its model."""
    first = clause.heures_dues.order_by("date_effet", "pk").first()
    hours = first.heures if first and first.heures == int(first.heures) else ""
    before = values_for(clause.lot, clause.facilitateur, {"heures": f"{hours:.0f}" if hours else ""})
    before |= {"date_debut": jour(clause.date_debut), "date_fin": jour(clause.date_fin), "publics": ""}
    after = values_for(lot, _body(acteur), query)
    kept = ("type", "publics", "penalite_heure", "penalite_document_jour", "penalite_plafond", "modele")
    return {name: getattr(clause, name) for name in kept} | {"texte": adapter(clause.texte, before, after)}


def _rate(text: str) -> str:
    try:
        rate = Decimal(text)
    except ArithmeticError:
        return ""
    return pourcent_fin(rate) if rate.is_finite() and 0 < rate <= 1 else ""


def _body(acteur) -> Facilitateur | None:
    return Facilitateur.objects.acting(acteur).select_related("organisation").first()


def _of_buyer(lot):
    """The body that already follows clauses of this buyer, the last one; None when there is none."""
    known = Facilitateur.objects.filter(clauses__lot__marche__acheteur=lot.marche.acheteur_id)
    return known.select_related("organisation").order_by("-clauses__pk").first()

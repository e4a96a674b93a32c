"""A contract as its buyer writes it: a draft, its links, its publication, its history."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from marches.actions import ActionRefusee
from marches.actions import marches as actions
from marches.actions.lots import PUBLIES_MARCHE, libelle, revenir_marche
from marches.controle import de_niveau, points_de
from marches.forms import lots as lot_forms
from marches.forms import marches as forms
from marches.forms.marches import LiensForm, MarcheForm, PublicationForm
from marches.juridique import operation_of, place_of
from marches.models import Marche
from marches.views.champs import Saisie, historique, own_marche, writers
from portal.verdict import Niveau

LIENS = {
    "predecesseur": "Suite de ce marché",
    "operation_mere": "Petit lot extrait de cette opération",
    "accord_cadre": "Marché subséquent de cet accord-cadre",
}


@writers
def create(request):
    """A draft with its first lot; `?lien=…&marche=…` says which contract it follows or comes from."""
    liens = _origin(request)
    link, origin = next(iter(liens.items()), ("", None))
    initial = {"type": origin.type, "nature": origin.nature, "procedure": origin.procedure} if origin else {}
    if link == "operation_mere":  # what a small lot is taken out for (R. 2123-1, 2°)
        initial["procedure"] = "Procédure adaptée"
    data = request.POST if request.method == "POST" else None
    form = MarcheForm(data, acteur=request.acteur, noms=forms.COURT, initial=initial, instance=Marche())
    lot_form = lot_forms.LotForm(
        data, noms=lot_forms.COURT, prefix="lot", initial={"petit_lot": link == "operation_mere"}
    )
    lot_form.fields["objet"].required = False
    lot_form.fields["objet"].help_text = "Vide\u00a0: le titre du marché, s'il n'a qu'un lot."
    if data is not None and all([form.is_valid(), lot_form.is_valid()]):
        marche = actions.creer(marche_form=form, lot_form=lot_form, liens=liens, by=request.acteur)
        messages.success(
            request,
            "Le marché est enregistré comme brouillon\u00a0: vous seul le voyez. Complétez-le, puis publiez-le.",
        )
        return redirect(marche)
    context = {"form": form, "lot_form": lot_form, "lien": LIENS.get(link, ""), "origine": origin}
    if origin is not None and link == "operation_mere":
        mother, family = operation_of(origin, list(origin.lots.defer("racines")))
        context["place"] = place_of(mother, family, timezone.localdate())
    return render(request, "marches/marche_create.html", context)


def _origin(request) -> dict[str, Marche]:
    """The contract named by the address, among those that this person may write."""
    link, key = request.GET.get("lien", ""), request.GET.get("marche", "")
    if link not in LIENS or not (key.isascii() and key.isdecimal() and len(key) < 19):
        return {}
    mine = Marche.objects.editable_by(request.acteur)
    origin = mine.filter(pk=key).first()
    if origin and link == "operation_mere" and origin.operation_mere_id:  # a small lot is taken out of the operation
        origin = mine.filter(pk=origin.operation_mere_id).first()
    return {link: origin} if origin else {}


@writers
def edit(request, pk):
    marche = own_marche(request, pk)
    saisie = Saisie(
        request,
        lambda data, row: MarcheForm(data, acteur=request.acteur, instance=row),
        marche,
        lambda form, seen: actions.modifier(
            marche=marche, form=form, seen=seen, by=request.acteur, on=timezone.localdate()
        ),
    )
    if saisie.done:
        messages.success(request, "Le marché est enregistré.")
        return redirect(marche)
    publies = [(name, libelle(Marche, name)) for name in marche.champs_saisis if name in PUBLIES_MARCHE]
    return render(request, "marches/marche_edit.html", saisie.context | {"marche": marche, "publies": publies})


@writers
def liens(request, pk):
    marche = own_marche(request, pk)
    saisie = Saisie(
        request,
        lambda data, row: LiensForm(data, acteur=request.acteur, instance=row),
        marche,
        lambda form, seen: actions.relier(marche=marche, form=form, seen=seen, by=request.acteur),
    )
    if saisie.done:
        messages.success(request, "Les liens du marché sont enregistrés.")
        return redirect(marche)
    return render(request, "marches/marche_liens.html", saisie.context | {"marche": marche})


@writers
def publier(request, pk):
    """What the law says of a draft, then its publication."""
    marche = own_marche(request, pk)
    if marche.publie:
        return redirect(marche)
    points = points_de(marche)
    blocages = de_niveau(points, Niveau.BLOCAGE)
    warned = de_niveau(points, Niveau.AVERTISSEMENT)
    initial = {"justification": marche.justification}
    form = PublicationForm(request.POST if request.method == "POST" else None, requise=bool(warned), initial=initial)
    if form.is_valid():
        try:
            actions.publier(marche=marche, justification=form.cleaned_data.get("justification", ""), by=request.acteur)
        except ActionRefusee as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Le marché est publié\u00a0: tout le monde le voit dans le registre.")
            return redirect(marche)
    context = {"marche": marche, "points": points, "blocages": blocages, "form": form}
    return render(request, "marches/marche_publier.html", context)


@writers
def supprimer(request, pk):
    marche = own_marche(request, pk)
    if request.method == "POST":
        try:
            actions.supprimer_brouillon(marche=marche, by=request.acteur)
        except ActionRefusee as refusal:
            messages.warning(request, str(refusal))
            return redirect(marche)
        messages.success(request, "Le brouillon est supprimé.")
        return redirect("marches:list")
    return render(request, "marches/marche_delete.html", {"marche": marche})


@writers
@require_POST
def revenir(request, pk):
    marche = own_marche(request, pk)
    try:
        revenir_marche(marche=marche, champ=request.POST.get("champ", ""), by=request.acteur)
    except ActionRefusee as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "La valeur publiée est revenue.")
    return redirect("marches:edit", pk=pk)


@writers
def histoire(request, pk):
    marche = own_marche(request, pk)
    return historique(request, marche, marche.get_absolute_url(), "Historique du marché")

"""Groups of structures, joint ventures and networks: their pages are open to everyone, written by their people."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Prefetch, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from portal.pagination import paginate
from portal.permissions import Role, role_required
from structures import stats
from structures.actions import groupes as actions
from structures.enums import Kind
from structures.forms.groupes import CoEntrepriseForm, Fondateurs, GroupeForm, ReseauForm
from structures.models import CoEntreprise, Fondateur, GroupeEconomique, Reseau, Structure
from structures.templatetags.carte import carte
from structures.views.suppression import confirm_deletion

WRITERS = (Role.STRUCTURE, Role.RESEAU, Role.ADMINISTRATION)
LISTED = Q(structures__publiee=True, structures__remplacee_par=None)


# Groups (GES) -------------------------------------------------------------------------------------------------------
@login_not_required
def groupes(request):
    invented = Count("structures", filter=LISTED & Q(structures__fictive=True))
    rows = GroupeEconomique.objects.annotate(membres=Count("structures", filter=LISTED), fictives=invented)
    page = paginate(rows.order_by("nom", "pk"), request)
    for groupe in page:
        groupe.fictif = groupe.membres > 0 and groupe.fictives == groupe.membres
    context = {"page": page, "peut_creer": request.acteur.has(*WRITERS)}
    return render(request, "structures/groupe_list.html", context)


@login_not_required
def groupe(request, pk, slug):
    groupe = get_object_or_404(GroupeEconomique, pk=pk)
    if slug != groupe.slug:
        return redirect(groupe, permanent=True)
    membres = list(groupe.structures.listed().select_related("departement", "organisation").defer("racines"))
    groupe.fictif = bool(membres) and all(structure.fictive for structure in membres)
    context = {
        "groupe": groupe,
        "membres": membres,
        "editable": GroupeEconomique.objects.editable_by(request.acteur).filter(pk=pk).exists(),
        "supprimable": GroupeEconomique.objects.deletable_by(request.acteur).filter(pk=pk).exists(),
        "derniere": groupe.history.order_by("-history_date").values_list("history_date", flat=True).first(),
    }
    return render(request, "structures/groupe_detail.html", context)


@role_required(*WRITERS)
def groupe_create(request):
    return _groupe_form(request, GroupeEconomique())


@role_required(*WRITERS)
def groupe_edit(request, pk):
    return _groupe_form(request, get_object_or_404(GroupeEconomique.objects.editable_by(request.acteur), pk=pk))


@role_required(*WRITERS)
def groupe_supprimer(request, pk):
    groupe = get_object_or_404(GroupeEconomique.objects.deletable_by(request.acteur), pk=pk)
    return confirm_deletion(
        request, groupe, titre="Supprimer le groupe",
        consequences=(
            "Les fiches de ses structures restent dans l'annuaire, et ne nomment plus le groupe.",
            "La page du groupe disparaît\u00a0: ses liens ne marcheront plus.",
        ),
        delete=lambda: actions.delete_groupe(groupe, by=request.acteur),
        fait=f"Le groupe «\u00a0{groupe.nom}\u00a0» est supprimé.", suite="structures:groupes",
    )  # fmt: skip


def _groupe_form(request, groupe):
    form = GroupeForm(request.POST or None, instance=groupe, acteur=request.acteur)
    if form.is_valid():
        groupe = actions.save_groupe(form=form, by=request.acteur)
        messages.success(request, "Le groupe est enregistré.")
        return redirect(groupe)
    titre = "Modifier le groupe" if groupe.pk else "Présenter un groupe économique solidaire"
    context = {
        "form": form,
        "titre": titre,
        "retour": groupe.get_absolute_url() if groupe.pk else reverse("structures:groupes"),
        "parent": ("Groupes économiques solidaires", reverse("structures:groupes")),
    }
    return render(request, "structures/groupe_form.html", context)


# Joint ventures -----------------------------------------------------------------------------------------------------
@login_not_required
def co_entreprises(request):
    rows = CoEntreprise.objects.annotate(nombre=Count("fondateurs")).select_related("structure").order_by("nom", "pk")
    context = {"page": paginate(rows, request), "peut_creer": request.acteur.has(*WRITERS)}
    return render(request, "structures/co_entreprise_list.html", context)


@login_not_required
def co_entreprise(request, pk, slug):
    shown = Structure.objects.filter(publiee=True).only("nom", "kind")
    founders = Fondateur.objects.select_related("organisation").prefetch_related(Prefetch("structure", queryset=shown))
    rows = CoEntreprise.objects.prefetch_related(
        Prefetch("fondateurs", queryset=founders), Prefetch("structure", queryset=shown)
    )
    co_entreprise = get_object_or_404(rows, pk=pk)
    if slug != co_entreprise.slug:
        return redirect(co_entreprise, permanent=True)
    context = {
        "co_entreprise": co_entreprise,
        "editable": CoEntreprise.objects.editable_by(request.acteur).filter(pk=pk).exists(),
        "supprimable": CoEntreprise.objects.deletable_by(request.acteur).filter(pk=pk).exists(),
        "derniere": co_entreprise.history.order_by("-history_date").values_list("history_date", flat=True).first(),
    }
    return render(request, "structures/co_entreprise_detail.html", context)


@role_required(*WRITERS)
def co_entreprise_create(request):
    return _co_entreprise_form(request, CoEntreprise())


@role_required(*WRITERS)
def co_entreprise_edit(request, pk):
    return _co_entreprise_form(request, get_object_or_404(CoEntreprise.objects.editable_by(request.acteur), pk=pk))


@role_required(*WRITERS)
def co_entreprise_supprimer(request, pk):
    co_entreprise = get_object_or_404(CoEntreprise.objects.deletable_by(request.acteur), pk=pk)
    return confirm_deletion(
        request, co_entreprise, titre="Supprimer la co-entreprise",
        consequences=(
            "Les fiches de ses fondateurs restent dans l'annuaire, et ne la nomment plus.",
            "Sa page disparaît\u00a0: ses liens ne marcheront plus.",
        ),
        delete=lambda: actions.delete_co_entreprise(co_entreprise, by=request.acteur),
        fait=f"La co-entreprise «\u00a0{co_entreprise.nom}\u00a0» est supprimée.", suite="structures:co_entreprises",
    )  # fmt: skip


def _co_entreprise_form(request, co_entreprise):
    form = CoEntrepriseForm(request.POST or None, instance=co_entreprise, acteur=request.acteur)
    founders = co_entreprise.fondateurs.select_related("structure__organisation") if co_entreprise.pk else ()
    initial = [{"nom": row.nom, "structure": row.structure, "apport": row.apport, "part": row.part} for row in founders]
    fondateurs = Fondateurs(request.POST or None, initial=initial, prefix="fondateurs")
    if form.is_valid() and fondateurs.is_valid():
        if _still_mine(form, fondateurs, request.acteur):
            co_entreprise = actions.save_co_entreprise(form=form, rows=fondateurs.rows, by=request.acteur)
            messages.success(request, "La co-entreprise est enregistrée.")
            return redirect(co_entreprise)
        form.add_error(None, "Nommez parmi les fondateurs au moins une structure dont vous modifiez la fiche.")
    context = {
        "form": form,
        "fondateurs": fondateurs,
        "titre": "Modifier la co-entreprise" if co_entreprise.pk else "Présenter une co-entreprise sociale",
        "retour": co_entreprise.get_absolute_url() if co_entreprise.pk else reverse("structures:co_entreprises"),
        "parent": ("Co-entreprises sociales", reverse("structures:co_entreprises")),
    }
    return render(request, "structures/co_entreprise_form.html", context)


def _still_mine(form, fondateurs, acteur) -> bool:
    """Whether who writes would still be among those who may: nobody writes a page about others alone."""
    if acteur.has(Role.ADMINISTRATION):
        return True
    named = [form.cleaned_data["structure"], *(row["structure"] for row in fondateurs.rows)]
    pks = [structure.pk for structure in named if structure]
    return Structure.objects.editable_by(acteur).filter(pk__in=pks).exists()


# Networks -----------------------------------------------------------------------------------------------------------
@login_not_required
def reseaux(request):
    rows = Reseau.objects.annotate(membres=Count("structures", filter=LISTED)).order_by("nom", "pk")
    return render(request, "structures/reseau_list.html", {"page": paginate(rows, request)})


@login_not_required
def reseau(request, slug):
    reseau = get_object_or_404(Reseau.objects.select_related("organisation"), slug=slug)
    members = Structure.objects.listed().filter(
        pk__in=Structure.reseaux.through.objects.filter(reseau=reseau).values("structure")
    )
    by_kind = stats.by_kind(members)
    annuaire = f"{reverse('structures:list')}?reseau={reseau.slug}"
    context = {
        "reseau": reseau,
        "annuaire": annuaire,
        "par_type": [(kind, by_kind[kind], f"{annuaire}&kind={kind}") for kind in Kind if kind in by_kind],
        "total": sum(by_kind.values()),
        "carte": carte(stats.by_departement(members), lambda code: f"{annuaire}&lieu=departement-{code}"),
        "editable": Reseau.objects.editable_by(request.acteur).filter(pk=reseau.pk).exists(),
        "derniere": reseau.history.order_by("-history_date").values_list("history_date", flat=True).first(),
    }
    return render(request, "structures/reseau_detail.html", context)


@role_required(Role.RESEAU, Role.ADMINISTRATION)
def reseau_edit(request, slug):
    reseau = get_object_or_404(Reseau.objects.editable_by(request.acteur), slug=slug)
    form = ReseauForm(request.POST or None, instance=reseau)
    if form.is_valid():
        actions.save_reseau(form=form, by=request.acteur)
        messages.success(request, "La présentation du réseau est enregistrée.")
        return redirect(reseau)
    return render(request, "structures/reseau_form.html", {"form": form, "reseau": reseau})

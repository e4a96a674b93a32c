"""The register, open to everyone; the grouping of lots is revised by their buyer and by administration."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from marches import actions, juridique, presentation
from marches.controle import points_de, points_publics
from marches.echeances import calendrier_of
from marches.filters import MarcheFilter
from marches.forms import RattacherForm
from marches.frise import frise_lot, frise_marche, phrase
from marches.models import Lot, Marche
from marches.parcours import parcours_of
from marches.presentation_criteres import criteres
from marches.rules import statut_lot
from marches.stats import resumes
from marches.stats.registre import synthese_reservations
from portal.pagination import paginate
from portal.permissions import Role, role_required

EXACT = 1_000  # contracts found that are counted; more are « plus de 1 000 »
LOTS = 50  # lots shown at once of a contract that may have hundreds
MOST_POINTS = 15  # on the page of a contract; the lots say theirs


@login_not_required
def list(request):
    lots = Lot.objects.visible_to(request.acteur)
    registre = MarcheFilter(request.GET, queryset=Marche.objects.visible_to(request.acteur), lots=lots)
    rows = registre.qs  # also reads what is asked
    found = parcours_of(registre.question, rows, registre.ordre, EXACT)
    page = found.page(request, registre.queryset.for_cards())
    summaries = resumes(page.rows, registre.lots_q)
    now = timezone.now()
    open_now = {m.pk for m in page if m.date_limite and m.date_limite >= now and summaries[m.pk].au is None}
    context = {
        "registre": registre,
        "page": page,
        "cartes": [(marche, summaries[marche.pk], marche.pk in open_now) for marche in page],
        "peut_saisir": request.acteur.has(Role.ACHETEUR, Role.ADMINISTRATION),
    }
    template = "marches/_resultats.html" if request.htmx else "marches/marche_list.html"
    return render(request, template, context)


@login_not_required
def detail(request, pk):
    marche = get_object_or_404(Marche.objects.visible_to(request.acteur).for_detail(), pk=pk)
    editable = Marche.objects.editable_by(request.acteur).filter(pk=pk).exists()
    rows = marche.lots.with_titulaires().prefetch_related("decisions_reconduction").select_related("commune")
    lots = sorted(rows.defer("racines"), key=presentation.lot_order)
    on = timezone.localdate()
    calendriers = {lot.pk: calendrier_of(lot, on) for lot in lots}
    jalons = frise_marche(marche, [(lot, calendriers[lot.pk]) for lot in lots], on)
    page = paginate(lots, request, per_page=LOTS)
    holders = presentation.porteurs(page.rows)
    points = points_de(marche, lots) if editable else points_publics(marche, lots)
    context = {
        "marche": marche,
        "lots": [
            (lot, statut_lot(lot, on, calendriers[lot.pk].fin), calendriers[lot.pk].fin, holders[lot.pk])
            for lot in page.rows
        ],
        "page": page,
        "resume": presentation.resume_of(lots),
        "jalons": jalons,
        "phrase": phrase(jalons),
        "editable": editable,
        "points": points[:MOST_POINTS],
        "autres_points": len(points[MOST_POINTS:]),
        "place": juridique.place_utile(marche, lots, on) if editable else None,
        "acheteur_verdicts": juridique.verdicts_acheteur(marche.acheteur, on) if editable else [],
        "reservations": synthese_reservations(lots),
        "successeurs": marche.successeurs.visible_to(request.acteur).only("objet"),
        "extraits": marche.extraits.visible_to(request.acteur).only("objet"),
        "subsequents": marche.subsequents.visible_to(request.acteur).only("objet"),
    }
    if not editable:
        for link in ("predecesseur", "operation_mere", "accord_cadre"):  # of a draft, nothing is shown
            if (other := getattr(marche, link)) is not None and not other.publie:
                setattr(marche, link, None)
    return render(request, "marches/marche_detail.html", context)


@login_not_required
def lot_detail(request, pk):
    lots = Lot.objects.visible_to(request.acteur)
    lots = lots.select_related("marche__acheteur__organisation", "secteur__parent", "commune", "departement")
    lot = get_object_or_404(
        lots.with_titulaires().prefetch_related("modifications", "decisions_reconduction").defer("racines"), pk=pk
    )
    on = timezone.localdate()
    editable = Lot.objects.editable_by(request.acteur).filter(pk=pk).exists()
    cal = calendrier_of(lot, on)
    jalons = frise_lot(lot, cal, on)
    groupes = presentation.groupements(lot, request.acteur)
    verdicts = juridique.verdicts_lot(lot, on)
    context = {
        "lot": lot,
        "marche": lot.marche,
        "statut": statut_lot(lot, on, cal.fin),
        "cal": cal,
        "jalons": jalons,
        "phrase": phrase(jalons),
        "modifications": lot.modifications.all(),
        "actes": lot.actes_sous_traitance.all(),  # read for the verdicts, with who is subcontracted
        "groupements": groupes,
        "titulaires": presentation.titulaires_seuls(lot, groupes),
        "criteres": criteres(lot),
        "reponses": presentation.who_may_answer(lot),
        "sources": lot.sources.select_related("importation").defer("donnees").order_by("publie_le", "pk"),
        "editable": editable,
        "verdicts": verdicts if editable else juridique.publics(verdicts),
        "groupement_titulaire": any(vu.groupement.retenu for vu in groupes),
        "peut_preparer": request.acteur.has(Role.STRUCTURE, Role.ENTREPRISE),
        "sites": lot.sites.aggregate(total=Count("pk"), libres=Count("pk", filter=Q(organisation=None))),
        "lit_sites": Lot.objects.followed_by(request.acteur).filter(pk=pk).exists() or editable,
        "voisins": lot.marche.lots.exclude(pk=pk).count(),
    }
    return render(request, "marches/lot_detail.html", context)


@role_required(Role.ACHETEUR, Role.ADMINISTRATION)
def lot_rattacher(request, pk):
    lots = Lot.objects.editable_by(request.acteur).select_related("marche__acheteur__organisation")
    lot = get_object_or_404(lots, pk=pk)
    form = RattacherForm(request.POST or None, lot=lot, acteur=request.acteur)
    if form.is_valid():
        try:
            marche = actions.rattacher(lot=lot, marche=form.cleaned_data["marche"], by=request.acteur)
        except actions.ActionRefusee as refusal:
            form.add_error("marche", str(refusal))
        else:
            messages.success(request, "Le lot est rattaché à ce marché\u00a0; les imports ne changeront pas ce choix.")
            return redirect(marche)
    voisins = lot.marche.lots.exclude(pk=pk).exists()
    return render(request, "marches/lot_rattacher.html", {"lot": lot, "form": form, "voisins": voisins})


@require_POST
@role_required(Role.ACHETEUR, Role.ADMINISTRATION)
def lot_detacher(request, pk):
    lot = get_object_or_404(Lot.objects.editable_by(request.acteur), pk=pk)
    try:
        actions.detacher(lot=lot, by=request.acteur)
    except actions.ActionRefusee as refusal:
        messages.warning(request, str(refusal))
        return redirect(lot)
    messages.success(
        request, "Le lot forme maintenant un marché à lui seul\u00a0; les imports ne changeront pas ce choix."
    )
    return redirect(lot.marche)

"""Board, creation and page of a social clause."""

from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from clauses import actions, bord, rules
from clauses.accords import conventions_for
from clauses.enums import EtapeEcart, OrigineHeures, TypeClause
from clauses.filters import ClauseFilter
from clauses.forms import ClauseForm, HeuresDuesForm, OuvrirMoisForm
from clauses.models import ClauseSociale, Declaration, Ecart, Facilitateur
from clauses.presentation import allure_pour, by_month, histoire_de_clause
from clauses.querysets import DECLARENTS
from clauses.rules import avec_suite
from clauses.rules.redaction import relire
from clauses.stats import nombre_personnes
from clauses.stats.suites import dernieres_suites
from clauses.views.modeles import carried, filled, reusable
from marches.models import Lot
from marches.rules import fin_prevue
from portal.pagination import paginate
from portal.permissions import Role, role_required

SUIVI = (Role.FACILITATEUR, Role.ACHETEUR, Role.ENTREPRISE, Role.STRUCTURE)
LONGEST = 20  # digits of a number carried by an address
MOST_PEOPLE = 500  # codes listed on the page of a clause
MOST_REUSED = 8  # clauses of the buyer whose text is proposed
MOST_NOTES = 50  # meetings and tasks on the page of a clause
FIRST, MOST, MOST_EACH = 4, 14, 20  # months to do shown at once on the board, in all, of each kind


@role_required(*SUIVI)
def clause_list(request):
    """The clauses that most need somebody first, then the months to check, to declare or to correct."""
    on = timezone.localdate()
    visible = ClauseSociale.objects.visible_to(request.acteur)
    filtered = ClauseFilter(request.GET, queryset=visible)
    if request.acteur.has(Role.FACILITATEUR):
        for name, rows in bord.choix_de(request.acteur).items():
            field = filtered.form.fields[name]
            field.choix_lus = [("", field.empty_label), *((row.pk, str(row)) for row in rows)]
    every = request.acteur.has(Role.FACILITATEUR) and not any(request.GET.get(name) for name in filtered.filters)
    ranks = bord.classees_de(request.acteur, on) if every else bord.classees(filtered.qs, on)
    wanted = filtered.form.cleaned_data.get("rythme") if filtered.form.is_valid() else ""
    if wanted:
        ranks = [rank for rank in ranks if rank.allure.en_retard == (wanted == "retard")]
    page = paginate(ranks, request)
    page = replace(page, rows=bord.suivis(page.rows, on, avec_parts=not request.acteur.has(Role.STRUCTURE)))
    to_do, waiting = _to_do(request.acteur, on)
    return render(
        request,
        "clauses/clause_list.html",
        {
            "filter": filtered,
            "page": page,
            "late_count": sum(rank.allure.en_retard for rank in ranks),
            "a_traiter": bord.a_traiter(request.acteur, on) if request.acteur.has(Role.FACILITATEUR) else None,
            "to_do": to_do[:FIRST],
            "to_do_rest": to_do[FIRST:],
            "to_do_count": waiting,
            "to_do_more": waiting - len(to_do),
            "most_late": bord.MOST_LATE,
            "retards": bord.mois_en_retard(request.acteur, on) if request.acteur.has(Role.FACILITATEUR) else [],
            "on": on,
        },
    )


@role_required(Role.FACILITATEUR)
def create(request, lot_pk):
    """A clause on a lot, prefilled from the lot and from the calculator."""
    lots = Lot.objects.visible_to(request.acteur).select_related("marche__acheteur__organisation", "secteur")
    lot = get_object_or_404(lots, pk=lot_pk)
    facilitateur = get_object_or_404(Facilitateur.objects.acting(request.acteur))
    calcul = _calcul(request.GET)
    start = lot.date_debut or lot.date_notification
    initial = {"heures": calcul.get("heures"), "date_debut": start}
    initial["date_fin"] = lot.date_fin or fin_prevue(start, lot.duree_mois)
    if lot.est_reserve:
        initial["type"] = TypeClause.RESERVE
    first, reprise = filled(request.GET, lot, request.acteur)
    conventions = conventions_for(facilitateur, lot.marche.acheteur)
    initial |= {"convention": next(iter(conventions.in_force(timezone.localdate())), None)} | first
    form = ClauseForm(request.POST or None, initial=initial, calcul=calcul, conventions=conventions)
    verdicts = None
    if form.is_valid() and "relire" in request.POST:
        data = form.cleaned_data
        verdicts = relire(
            data["texte"], type=data["type"], heures=data["heures"], lot=str(lot), publics=data["publics"],
            contact=facilitateur.courriel or facilitateur.telephone,
        )  # fmt: skip
    elif form.is_valid():
        try:
            clause = actions.create_clause(
                lot=lot, facilitateur=facilitateur, calcul=calcul, modele=first.get("modele"), by=request.acteur,
                **form.cleaned_data,
            )  # fmt: skip
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "La clause est créée. Ouvrez le premier mois quand l'entreprise commence.")
            return redirect(clause)
    context = {
        "form": form,
        "lot": lot,
        "calcul": calcul,
        "reprise": reprise,
        "verdicts": verdicts,
        "existantes": ClauseSociale.objects.filter(lot=lot).count(),
        "reutilisables": reusable(lot, request.acteur)[:MOST_REUSED],
        "carried": urlencode(carried(request.GET)),
    }
    return render(request, "clauses/clause_form.html", context)


@role_required(*SUIVI)
def detail(request, pk):
    """Hours due by origin, progress, months, and for the facilitator what can be added."""
    on = timezone.localdate()
    visible = ClauseSociale.objects.visible_to(request.acteur)
    clause = get_object_or_404(visible.with_suivi(on).for_cards(), pk=pk)
    return _detail(request, clause, on)


@require_POST
@role_required(Role.FACILITATEUR)
def add_heures_dues(request, pk):
    on = timezone.localdate()
    clause = get_object_or_404(ClauseSociale.objects.editable_by(request.acteur).with_suivi(on).for_cards(), pk=pk)
    form = HeuresDuesForm(request.POST, clause=clause)
    if form.is_valid():
        try:
            actions.add_heures_dues(clause, by=request.acteur, **form.cleaned_data)
        except ValidationError as error:
            form.add_error("heures", error)
        else:
            messages.success(request, "Les heures dues sont enregistrées.")
            return redirect(clause)
    return _detail(request, clause, on, heures_form=form)


@require_POST
@role_required(Role.FACILITATEUR, Role.ENTREPRISE, Role.STRUCTURE)
def open_month(request, pk):
    on = timezone.localdate()
    visible = ClauseSociale.objects.with_suivi(on).for_cards()
    clause = get_object_or_404(visible.filter(pk__in=_open_to(request.acteur).filter(pk=pk).values("pk")))
    form = OuvrirMoisForm(request.POST, organisations=_declarants(clause, request.acteur))
    if form.is_valid():
        try:
            declaration = actions.open_month(clause, on=on, by=request.acteur, **form.cleaned_data)
        except ValidationError as error:
            form.add_error("mois", error)
        else:
            return redirect(declaration)
    return _detail(request, clause, on, mois_form=form)


def _detail(request, clause, on, heures_form=None, mois_form=None):
    acteur = request.acteur
    follows = acteur.has(Role.FACILITATEUR)
    declarants = _declarants(clause, acteur)
    may_open = _open_to(acteur).filter(pk=clause.pk).exists()
    mois_form = mois_form or OuvrirMoisForm(
        organisations=declarants, initial={"mois": rules.premier_du_mois(min(on, clause.date_fin))}
    )
    years, year, months = _months(request, clause)
    gaps = Ecart.objects.visible_to(acteur).filter(clause=clause)
    return render(
        request,
        "clauses/clause_detail.html",
        {
            "clause": clause,
            "allure": _allure(clause, gaps, acteur.role, on),
            "dues": clause.heures_dues.select_related("membre"),
            "years": years,
            "year": year,
            "months": months,
            "one_each": all(len(month.declarations) == 1 for month in months),
            "people": _people(clause, acteur),
            "participants": _participants(clause) if follows else [],
            "heures_form": heures_form or (_heures_form(clause) if follows else None),
            "mois_form": mois_form if may_open else None,
            "error_forms": [form for form in (heures_form, mois_form) if form is not None and form.errors],
            "has_declarants": bool(declarants),
            "parts": bord.parts_des_membres(clause, on) if not acteur.has(Role.STRUCTURE) else [],
            "relecture": _relecture(clause) if acteur.has(Role.FACILITATEUR, Role.ACHETEUR) else [],
            "vie": _vie(clause) if follows else None,
            "relais": clause.passations.filter(acceptee=True).select_related("de__organisation"),
            "ecarts": gaps,
            "may_find_gap": follows and _new_gap(clause),
            "missing": max(clause.heures_dues_total - clause.heures_acceptees, Decimal(0)),
            "penalite": _penalite(clause, on),
            "on": on,
        },
    )


def _allure(clause, gaps, role, on):
    """The pace, with what this role has to do, or what was done already of the hours missing."""
    told = allure_pour(clause.allure(on), role)
    missing = clause.heures_dues_total - clause.heures_acceptees
    return avec_suite(told, dernieres_suites(gaps).get(clause.pk), fin=clause.date_fin, on=on, manquantes=missing)


def _new_gap(clause) -> bool:
    """Whether hours are missing that no gap under way, nor one already decided for these very figures, tells."""
    if clause.heures_dues_total <= clause.heures_acceptees:
        return False
    same = Q(heures_dues=clause.heures_dues_total, heures_acceptees=clause.heures_acceptees)
    return not clause.ecarts.filter(~Q(etape=EtapeEcart.CLOS) | same).exists()


def _people(clause, acteur):
    """How many people worked on it: all for its facilitator, its own for who declares or employs them, else None.

    A buyer reads people in its yearly report alone, where small counts and what would tell them are hidden.
    """
    rows = ClauseSociale.objects.filter(pk=clause.pk)
    if acteur.has(Role.FACILITATEUR):
        return nombre_personnes(rows)
    return nombre_personnes(rows, chez=acteur.organisation_id) if acteur.has(*DECLARENTS) else None


def _relecture(clause):
    """What to look at again in the writing of the clause."""
    contact = clause.facilitateur.courriel or clause.facilitateur.telephone if clause.facilitateur else ""
    return relire(
        clause.texte, type=clause.type, heures=clause.heures_dues_total, lot=str(clause.lot), contact=contact,
        publics=clause.publics,
    )  # fmt: skip


def _vie(clause):
    """What its facilitator noted of a clause, the latest first. Six queries."""
    return {
        "histoire": histoire_de_clause(clause),
        "reprises": clause.reprises.select_related("organisation"),
        "passations": clause.passations.select_related("de__organisation", "vers__organisation"),
        "reunions": clause.reunions.all()[:MOST_NOTES],
        "postes": clause.postes.all()[:MOST_NOTES],
        "taches": clause.taches.order_by(F("faite_le").asc(nulls_first=True), "echeance", "pk")[:MOST_NOTES],
    }


def _months(request, clause):
    """The years with a month this `Acteur` sees, the latest first; the one asked for; its months."""
    seen = Declaration.objects.visible_to(request.acteur).filter(clause=clause)
    years = [day.year for day in seen.dates("mois", "year", order="DESC")]
    if not years:
        return [], None, []
    year = next((each for each in years if str(each) == request.GET.get("annee")), years[0])
    rows = seen.filter(mois__year=year).select_related("organisation").with_etat().with_heures()
    return years, year, by_month(rows.order_by("-mois", "organisation__nom_tri", "pk"))


def _heures_form(clause):
    return HeuresDuesForm(clause=clause, initial={"origine": OrigineHeures.AVENANT})


def _penalite(clause, on):
    """What the missing hours would cost once the clause is over: an indication, the buyer decides."""
    if clause.penalite_heure is None or clause.date_fin >= on:
        return None
    return rules.penalite_contrat(
        clause.heures_dues_total, clause.heures_acceptees, par_heure=clause.penalite_heure,
        plafond=clause.penalite_plafond,
    ).montant  # fmt: skip


def _participants(clause):
    """People with a line on this clause, for its facilitator."""
    from clauses.models import Participant

    people = Participant.objects.filter(
        affectations__lignes__imputations__clause=clause, facilitateur=clause.facilitateur
    )
    return list(people.distinct()[:MOST_PEOPLE])


def _open_to(acteur):
    """Clauses on which this `Acteur` opens months: those it follows, or owes."""
    return (
        ClauseSociale.objects.followed_by(acteur)
        if acteur.has(Role.FACILITATEUR)
        else ClauseSociale.objects.owed_by(acteur)
    )


def _declarants(clause, acteur):
    known = actions.declarants(clause)
    return known if acteur.has(Role.FACILITATEUR) else known.filter(pk=acteur.organisation_id)


def _to_do(acteur, on):
    """Months that wait for this `Acteur`, the oldest first: to check, or for others to send or correct; their number.

    The states are counted once the months are chosen: for some, not for years of them.
    """
    if acteur.has(Role.FACILITATEUR):
        chosen = bord.mois_a_verifier(acteur)
        return bord.mois_de(chosen[:MOST]), len(chosen)
    months = Declaration.objects.visible_to(acteur).order_by("mois", "pk")
    refused = months.to_correct()
    drafts = months.drafted().exclude(pk__in=refused.order_by().values("pk"))
    kinds = [list(kind.values_list("pk", flat=True)[:MOST_EACH]) for kind in (refused, drafts, months.empty())]
    chosen = [pk for kind in kinds for pk in kind]
    late = set(months.late(on).filter(pk__in=chosen).values_list("pk", flat=True))
    found = bord.mois_de(chosen)
    for month in found:
        month.late = month.pk in late
    return found, len(chosen)


def _calcul(query) -> dict:
    """The elements of a calculation carried by the address, as plain JSON; {} when one of them is missing or wrong."""
    try:
        values = {name: Decimal(query.get(name, "")) for name in ("montant", "part", "taux", "cout")}
        if not all(value.is_finite() and -LONGEST < value.adjusted() < LONGEST for value in values.values()):
            return {}
        hours = int(query.get("heures", ""))
        computed = rules.heures_prevues(values["montant"], values["part"], values["taux"], values["cout"])
    except (ArithmeticError, ValueError):  # decimal.Overflow is no OverflowError
        return {}
    # Shares carried with all their digits: a rate found from hours gives them back, to the hour.
    if abs(computed.arrondi - hours) > 1 or not 0 < hours < 10_000_000:
        return {}
    source = query.get("source", "").replace("\x00", "")[:200]
    return {"heures": hours, "source": source} | {name: f"{value:f}"[:60] for name, value in values.items()}

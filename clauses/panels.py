"""What this floor shows on the pages of the register: hours due, declared, accepted."""

from datetime import date

from django.core.cache import cache
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from clauses import parametres
from clauses.models import CalendrierProcedure, ClauseSociale, Convention, Facilitateur, PartieConvention
from clauses.procedures import faits_of
from clauses.rules.procedure import calendrier
from clauses.stats import totaux
from portal import perimetres
from portal.panels import register
from portal.permissions import Role
from portal.requetes import PreparedObjects
from structures.stats.territoires import lieu_of

MOST_FACILITATORS = 10
# Of a lot, with their totals: written once, most lots have none.
CLAUSES = PreparedObjects(
    lambda lots, days: (
        ClauseSociale.objects.filter(lot__in=lots).with_suivi(days[0]).select_related("facilitateur__organisation")
    ),
    (int, 1),
    (date, 1),
)
SECONDS = 60


@perimetres.register(Role.FACILITATEUR)
def departements_of_facilitator(acteur):
    """The départements that its zone reaches, else that of its seat; five queries."""
    return Facilitateur.objects.acting(acteur).par_departement()


@register("marches.Lot", name="clauses", order=20)
def lot_panel(lot, acteur):
    """« Clause sociale » on a lot: totals for everybody, a way in for those who may, a button for a facilitator.

    No number of people: counts by lot, side by side with totals, would tell by subtraction what reports hide.
    """
    on = timezone.localdate()
    rows = CLAUSES.objects([lot.pk], [on])
    facilitateur = acteur is not None and acteur.has(Role.FACILITATEUR)
    announced = lot.clause_sociale or lot.critere_social
    if not rows and not facilitateur and not announced:
        return None
    opened = set()
    if rows and acteur is not None and not acteur.is_visitor:
        opened = set(ClauseSociale.objects.visible_to(acteur).filter(lot=lot).values_list("pk", flat=True))
    may_create = facilitateur and not rows and Facilitateur.objects.acting(acteur).exists()
    return "clauses/_lot_panel.html", {
        "suivis": [
            {"clause": c, "allure": c.allure(on), "url": c.get_absolute_url() if c.pk in opened else ""} for c in rows
        ],
        "announced": announced,
        "create_url": reverse("clauses:create", args=[lot.pk]) if may_create else "",
        "calcul_url": f"{reverse('clauses:calculateur')}?lot={lot.pk}" if may_create else "",
    }


def _of_marche(pks):
    """What may name somebody to write to: clauses of the lots, conventions of the buyer."""
    return [
        ClauseSociale.objects.filter(lot__marche__in=pks),
        PartieConvention.objects.filter(acheteur__marches__in=pks),
    ]


@register("marches.Marche", name="clauses", order=20, when=_of_marche)
def marche_panel(marche, acteur):
    """The sum of the clauses of the lots of a contract, and whom a company writes to: who follows them, else the bodies
    under convention with the buyer."""
    on = timezone.localdate()
    clauses = ClauseSociale.objects.filter(Q(lot__marche=marche))
    count = clauses.count()
    agreed = Convention.objects.in_force(on).filter(parties__acheteur=marche.acheteur_id)
    bodies = Q(clauses__in=clauses.order_by().values("pk")) if count else Q(conventions__in=agreed.values("pk"))
    followers = Facilitateur.objects.filter(bodies).select_related("organisation").distinct()
    contacts = list(followers.order_by("organisation__nom_tri", "pk")[:MOST_FACILITATORS])
    if not count and not contacts:
        return None
    context = {"count": count, "totaux": totaux(clauses, on) if count else None, "contacts": contacts}
    return "clauses/_marche_panel.html", context


@register("marches.Marche", name="procedure", order=8)
def procedure_panel(marche, acteur):
    """The calendar of the procedure, for the buyer who prepares it and the facilitator who follows it; two queries,
    none for anybody else."""
    if acteur is None or marche.premiere or not acteur.has(Role.ACHETEUR, Role.FACILITATEUR):
        return None
    row = CalendrierProcedure.objects.visible_to(acteur).filter(marche=marche.pk).prefetch_related("etapes").first()
    if row is not None:
        row.marche = marche
        return "clauses/_procedure_panel.html", {
            "procedure": row, "calendrier": calendrier(faits_of(row), timezone.localdate())
        }  # fmt: skip
    if acteur.has(Role.FACILITATEUR) or not type(marche).objects.editable_by(acteur).filter(pk=marche.pk).exists():
        return None
    return "clauses/_procedure_panel.html", {"procedure": None, "marche_pk": marche.pk}


@register("structures.Commune", name="facilitateurs", order=20)
@register("structures.Epci", name="facilitateurs", order=20)
@register("structures.Departement", name="facilitateurs", order=20)
@register("structures.Region", name="facilitateurs", order=20)
def facilitators_of_place(place, acteur):
    """Who follows social clauses there: bodies whose zone reaches the place, or with their seat there; one query."""
    lieu = lieu_of(place)
    rows = Facilitateur.objects.covering(lieu)
    found = list(rows[: MOST_FACILITATORS + 1])
    return "clauses/_facilitateurs_panel.html", {
        "facilitateurs": found[:MOST_FACILITATORS],
        "others": len(found) > MOST_FACILITATORS,
        "annuaire_url": f"{reverse('clauses:facilitateurs')}?ou={lieu.parametre}",
    }


@register("structures.Secteur", name="clauses", order=20)
def clauses_of_sector(secteur, acteur):
    """The labour share to start from, the way to the calculator, and the clauses of the sector; four queries, once a
    minute."""
    on = timezone.localdate()
    key = f"clauses:secteur:{secteur.pk}:{on:%Y%m%d}"
    count, sums = cache.get_or_set(key, lambda: _of_sector(secteur, on), SECONDS)
    return "clauses/_secteur_panel.html", {
        "secteur": secteur,
        "part": _labour_share(secteur, on),
        "count": count,
        "totaux": sums,
    }


def _of_sector(secteur, on):
    clauses = ClauseSociale.objects.filter(Q(lot__secteur=secteur.pk) | Q(lot__secteur__parent=secteur.pk))
    return clauses.count(), totaux(clauses, on)


def _labour_share(secteur, on):
    """(share from 0 to 1, source), from the sector itself, else from the dated table; None when nobody published it."""
    if secteur.part_main_oeuvre is not None:
        return secteur.part_main_oeuvre, secteur.source_part
    found = parametres.part_main_oeuvre(secteur.code, on)
    return (found.valeur, f"{found.source} ({found.confiance})") if found else None

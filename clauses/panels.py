"""What this floor shows on the pages of the register: hours due, declared, accepted."""

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from clauses.models import ClauseSociale, Facilitateur
from clauses.stats import nombre_personnes, public_count, totaux
from portal.panels import register
from portal.permissions import Role


@register("marches.Lot", name="clauses", order=20)
def lot_panel(lot, acteur):
    """« Clause sociale » on a lot: totals for everybody, a way in for those who may, a button for a facilitator."""
    on = timezone.localdate()
    rows = list(ClauseSociale.objects.filter(lot=lot).with_suivi(on).select_related("facilitateur__organisation"))
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
        "people": public_count(nombre_personnes(ClauseSociale.objects.filter(lot=lot))) if rows else 0,
    }


@register("marches.Marche", name="clauses", order=20)
def marche_panel(marche, acteur):
    """The sum of the clauses of the lots of a contract."""
    on = timezone.localdate()
    clauses = ClauseSociale.objects.filter(Q(lot__marche=marche))
    count = clauses.count()
    if not count:
        return None
    return "clauses/_marche_panel.html", {"count": count, "totaux": totaux(clauses, on)}

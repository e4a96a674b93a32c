"""What the register shows on the pages of the directory, and what notices add to those of the register."""

from collections import defaultdict

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.utils import timezone

from marches import appels, presentation
from marches.actions import importations
from marches.actions.avis import EN_ANNULATION, can_be_taken_back
from marches.consultation import apercu
from marches.filters import place_q
from marches.importers.avis import FORMAT as FORMAT_AVIS
from marches.models import Alliance, Avis, Lot, MembreAlliance, MembreGroupement, PartieARapprocher, Titulaire
from marches.panorama import panorama
from portal.models import Importation
from portal.panels import register
from portal.permissions import Role
from portal.requetes import Prepared
from structures.enums import NiveauLieu
from structures.models import Structure
from structures.stats.territoires import lieu_of

MOST_LOTS = 10
BUYER = "marche__acheteur__organisation__"
SHOWN = (
    "numero", "montant", "date_notification", "date_debut", "date_fin", "reservation", "clause_sociale",
    "critere_social", "duree_mois", "reconductions", "reconduction_mois", "reconduction_tacite", "preavis_jours",
    "date_publication", "marche__date_limite", "marche__date_lancement", "marche__publie", "marche__objet",
    f"{BUYER}denomination", f"{BUYER}type_identifiant", f"{BUYER}identifiant",
)  # fmt: skip
MOST_ALLIANCES = 5
MOST_PARTIES = 20


def held_by(organisations) -> QuerySet[Lot] | None:
    """Lots that these organisations hold, as published or as members of a chosen group; None without any.

    One light query says whether there are: most structures hold nothing.
    """
    held = {pk for (pk,) in _held.chunked(sorted(organisations))}
    if not held:
        return None
    return Lot.objects.published().filter(pk__in=held).select_related("marche__acheteur__organisation").only(*SHOWN)


_held = Prepared(
    lambda pks: (
        Titulaire.objects.filter(organisation__in=pks)
        .order_by()
        .values_list("lot")
        .union(
            MembreGroupement.objects.filter(organisation__in=pks, groupement__retenu=True)
            .order_by()
            .values_list("groupement__lot")
        )
    ),
    (int, 8),
)


def _titles(pks: list[int]) -> list[QuerySet]:
    own = Structure.objects.filter(pk__in=pks).order_by().values("organisation")
    return [
        Titulaire.objects.filter(organisation__in=own),
        MembreGroupement.objects.filter(organisation__in=own, groupement__retenu=True),
    ]


def _public_alliances(pks: list[int]) -> list[QuerySet]:
    return [MembreAlliance.objects.filter(structure__in=pks, alliance__publiee=True)]


@register("structures.Structure", order=10, when=_titles)
def lots_of_structure(structure, acteur):
    """Public contracts that the register says its organisation holds or held, alone or in a group; 2 or 3 queries."""
    held = held_by([structure.organisation_id]) if structure.organisation_id else None
    if held is None:
        return None
    places = MembreGroupement.objects.filter(
        groupement__lot=OuterRef("pk"), groupement__retenu=True, organisation=structure.organisation_id
    )
    holders = Titulaire.objects.filter(lot=OuterRef("pk")).order_by().values("lot")
    lots = held.annotate(
        membre=Exists(places),
        pilote=Exists(places.filter(mandataire=True)),
        taches=Subquery(places.order_by("pk").values("taches")[:1]),
        nombre=Coalesce(Subquery(holders.annotate(n=Count("pk")).values("n")), 0),
    )
    rows = list(lots.order_by("-date_notification", "-pk")[: MOST_LOTS + 1])
    if not rows:
        return None
    # Files of contracts tell no renewal: most cards then have no decision to read.
    prefetch_related_objects([lot for lot in rows if lot.reconductions], "decisions_reconduction")
    on = timezone.localdate()
    context = {
        "references": [presentation.reference(lot, on) for lot in rows[:MOST_LOTS]],
        "others": len(rows) > MOST_LOTS,
        "siren": structure.organisation.siren,
        "homonymes": structure.organisation.nom != structure.nom,
    }
    return "marches/_structure_panel.html", context


@register("structures.Structure", order=20, when=_public_alliances)
def alliances_of_structure(structure, acteur):
    """Public alliances of a structure, with what it brings; one query."""
    rows = MembreAlliance.objects.filter(structure=structure.pk, alliance__publiee=True).select_related("alliance")
    membres = list(rows.order_by("alliance__nom"))
    return ("marches/_alliances_panel.html", {"membres": membres}) if membres else None


@register("structures.GroupeEconomique", order=10)
def lots_of_groupe(groupe, acteur):
    """Public contracts of the structures of a group, and who among them holds each; five queries."""
    structures = groupe.structures.filter(publiee=True).exclude(organisation=None)
    names = dict(structures.order_by("nom_tri").values_list("organisation", "organisation__denomination"))
    held = held_by(names) if names else None
    if held is None:
        return None
    rows = list(held.order_by("-date_notification", "-pk")[: MOST_LOTS + 1])
    if not rows:
        return None
    shown = [lot.pk for lot in rows]
    titles = Titulaire.objects.filter(lot__in=shown, organisation__in=names).order_by()
    places = MembreGroupement.objects.filter(groupement__lot__in=shown, groupement__retenu=True)
    by_lot: dict[int, set[str]] = defaultdict(set)
    for pk, body in [
        *titles.values_list("lot", "organisation"),
        *places.filter(organisation__in=names).order_by().values_list("groupement__lot", "organisation"),
    ]:
        by_lot[pk].add(names[body])
    lots = [(lot, presentation.lot_en_mots(lot), sorted(by_lot[lot.pk])) for lot in rows[:MOST_LOTS]]
    return "marches/_groupe_panel.html", {"lots": lots, "others": len(rows) > MOST_LOTS}


@register("structures.Commune", order=10)
@register("structures.Epci", order=10)
@register("structures.Departement", order=10)
@register("structures.Region", order=10)
def lots_of_place(place, acteur):
    """Contracts performed in a place and who buys there; seven queries, once in five minutes per place."""
    lieu = lieu_of(place)
    found = panorama(lieu.parametre, lambda: place_q(lieu), timezone.localdate())
    typed = lieu.parametre if lieu.niveau == NiveauLieu.EPCI else lieu.libelle
    return "marches/_panorama_panel.html", {"panorama": found, "parametre": "lieu", "valeur": typed}


@register("structures.Secteur", order=10)
def lots_of_sector(secteur, acteur):
    """Contracts that bought in a sector or in one of its family; eight queries, once in five minutes per sector."""

    def meant() -> Q:
        return Q(secteur__in=[secteur.pk, *secteur.enfants.order_by().values_list("pk", flat=True)])

    found = panorama(f"secteur-{secteur.pk}", meant, timezone.localdate())
    return "marches/_panorama_panel.html", {"panorama": found, "parametre": "secteur", "valeur": secteur.code}


@register("structures.Secteur", order=15)
def alliances_of_sector(secteur, acteur):
    """Public alliances of a sector, of its family or of one of its family; one query."""
    meant = Q(secteurs=secteur.pk) | Q(secteurs__parent=secteur.pk)
    if secteur.parent_id:
        meant |= Q(secteurs=secteur.parent_id)
    alliances = list(Alliance.objects.filter(meant, publiee=True).distinct().order_by("nom")[: MOST_ALLIANCES + 1])
    if not alliances:
        return None
    shown = alliances[:MOST_ALLIANCES]
    return "marches/_alliances_secteur_panel.html", {"alliances": shown, "others": len(alliances) > MOST_ALLIANCES}


@register("marches.Marche", name="avis", order=5, when=lambda pks: [Avis.objects.filter(marche__in=pks)])
def notices_of_marche(marche, acteur):
    """The chain of notices of a contract, its deadline, the holders known by their name alone; two queries."""
    return _notices(marche, marche)


@register("marches.Lot", name="avis", order=5)
def notices_of_lot(lot, acteur):
    return _notices(lot.marche, lot, lot.identifiant)


def _notices(marche, shown, numero: str | None = None):
    notices = [*marche.avis.chained()]
    if not notices:
        return None
    now = timezone.now()
    last = next((row for row in reversed(notices) if row.date_limite == marche.date_limite), None)
    parties = PartieARapprocher.objects.filter(avis__in=notices).exclude(role="acheteur").en_attente()
    named = [row for row in parties.order_by("nom", "pk") if numero is None or numero in row.lots or not row.lots]
    context = {
        "chaine": appels.chaine(notices, now),
        "echeance": appels.echeance(
            marche.date_limite, now, last.fuseau if last else "", last.limite_sans_heure if last else False
        ),
        "parties": named[:MOST_PARTIES],
        "autres": max(len(named) - MOST_PARTIES, 0),
    }
    return "marches/_avis_panel.html", context


@register("marches.Marche", name="questions", order=7)
def questions_of_marche(marche, acteur):
    return _questions(marche, acteur)


@register("marches.Lot", name="questions", order=7)
def questions_of_lot(lot, acteur):
    return _questions(lot.marche, acteur, lot)


def _questions(marche, acteur, lot=None):
    """Where to ask, until when, the latest answers; four queries at most."""
    found = apercu(marche, timezone.now(), lot)
    if found is None:
        return None
    asks = acteur is not None and acteur.has(Role.STRUCTURE, Role.ENTREPRISE)
    return "marches/_questions_panel.html", {
        "apercu": found,
        "marche_pk": marche.pk,
        "lot_pk": lot.pk if lot is not None else "",
        "peut_demander": asks,
        "visiteur": acteur is None or acteur.is_visitor,
    }


@register("portal.Importation", name="marches.avis")
def import_of_notices(importation, acteur):
    if importation.format != FORMAT_AVIS or not acteur.has(Role.ADMINISTRATION):
        return None
    return "marches/_avis_importation_panel.html", {
        "importation": importation,
        "can_be_taken_back": can_be_taken_back(importation),
        "annulation": importation.rapport.get("annulation"),
        "en_annulation": EN_ANNULATION in importation.rapport,
        "echec": importation.rapport.get("echec", ""),
    }


@register("portal.Importation", name="marches.contrats")
def import_of_contracts(importation, acteur):
    """How far an import of contracts is, why it was refused, what became of it once taken back, its faults counted."""
    if importation.format not in importations.CLES:
        return None
    if not importations.visible_importations(acteur).filter(pk=importation.pk).exists():
        return None
    return "marches/_importation_panel.html", {
        "importation": importation,
        "en_cours": importation.etat == Importation.Etat.EN_COURS,
        "can_be_taken_back": importations.can_be_taken_back(importation),
        "annulation": importation.rapport.get("annulation"),
        "echec": importation.rapport.get("echec", ""),
    }

"""Sites of a buyer: kept, imported from a list, put in a lot, given to its holders; none twice, none forgotten."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from marches.actions.marches import acheteur_of
from marches.actions.registre import ActionRefusee
from marches.importers.sites import SiteLu, lire
from marches.models import Acheteur, Lot, MembreGroupement, ReferentAcheteur, Site, SiteLot
from portal.imports import FichierRefuse, ImportReport
from portal.models import Depot
from portal.permissions import Acteur
from portal.text import fold
from structures.models import Organisation

COLUMNS = ("nom", "code", "type", "adresse", "commune_id", "agents")
BATCH = 500
RAPPORT = "rapport"  # where a file that was imported keeps its report
MOST_DETAILS = 30  # rows kept for each reason: a file may hold thousands


@transaction.atomic
def save(*, site: Site, values: Mapping, by: Acteur) -> Site:
    """Save a site; ActionRefusee when another one of the buyer has its code."""
    if not site.pk:
        site.acheteur = acheteur_of(by)
    for name, value in values.items():
        setattr(site, name, value)
    twins = Site.objects.of_buyer(site.acheteur).exclude(pk=site.pk)
    if site.code and (twin := twins.filter(code=site.code).first()):
        raise ActionRefusee(f"Le site «\u00a0{twin.nom}\u00a0» porte déjà ce code.")
    site.save()
    return site


@transaction.atomic
def supprimer(site: Site) -> None:
    """Delete a site; ActionRefusee when a lot is performed there."""
    try:
        site.delete()
    except ProtectedError as error:
        raise ActionRefusee("Ce site est dans un lot\u00a0: sortez-l'en d'abord.") from error


@transaction.atomic
def save_referent(*, referent: ReferentAcheteur, values: Mapping, by: Acteur) -> ReferentAcheteur:
    if not referent.pk:
        referent.acheteur = acheteur_of(by)
    for name, value in values.items():
        setattr(referent, name, value)
    try:
        with transaction.atomic():
            referent.save()
    except IntegrityError as error:
        raise ActionRefusee("Ce référent existe déjà\u00a0: même fonction, même rôle.") from error
    return referent


# A list of sites ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Apercu:
    """What a file would change: sites made, changed, left as they are."""

    nouveaux: list[SiteLu]
    modifies: list[tuple[Site, SiteLu]]
    inchanges: int


def apercu(depot: Depot, mapping: Mapping[str, str], report: ImportReport, acheteur: Acheteur) -> Apercu:
    """What the file would change, nothing written; each row counted in the report."""
    known: dict[tuple, Site] = {}
    for site in Site.objects.of_buyer(acheteur).order_by("-pk"):
        known["nom", fold(site.nom), site.commune_id or ""] = site
        if site.code:
            known["code", site.code, ""] = site
    new: list[SiteLu] = []
    changed: list[tuple[Site, SiteLu]] = []
    met: set[int] = set()
    same = 0
    for lu in lire(depot, mapping, report):
        site = known.get(lu.cle) or known.get(("nom", fold(lu.nom), lu.commune or ""))
        if site is not None and site.pk in met:
            report.set_aside(lu.ligne, "Même site qu'une ligne précédente, sous un autre nom ou un autre code", lu.nom)
            continue
        if site is not None:
            met.add(site.pk)
        if site is None or (site.code and lu.code and site.code != lu.code):
            report.created()
            new.append(lu)
        elif any(getattr(site, name) != value for name, value in values_of(lu, site).items()):
            report.updated()
            changed.append((site, lu))
        else:
            report.unchanged()
            same += 1
    report.check()
    return Apercu(new, changed, same)


def values_of(lu: SiteLu, site: Site | None = None) -> dict:
    """The columns a row gives; what it does not say stays as the site has it."""
    said = {
        "nom": lu.nom, "code": lu.code, "type": lu.type.value, "adresse": lu.adresse, "commune_id": lu.commune,
        "agents": lu.agents,
    }  # fmt: skip
    if site is None:
        return said
    silent = {"code": "", "type": "autre", "adresse": "", "commune_id": None, "agents": None}
    return {name: value for name, value in said.items() if name not in silent or value != silent[name]}


@transaction.atomic
def importer(*, depot: Depot, mapping: Mapping[str, str], by: Acteur) -> None:
    """Every row of the file, or none; ActionRefusee when no row can be kept. Asked twice, it is done once.

    The file is emptied, and its report kept in its place (`rapport_of`).
    """
    depot = Depot.objects.select_for_update().get(pk=depot.pk)
    if RAPPORT in depot.choix:
        return
    report, buyer = ImportReport(depot.nom, plafond=MOST_DETAILS), acheteur_of(by)
    try:
        found = apercu(depot, mapping, report, buyer)
    except FichierRefuse as refusal:
        raise ActionRefusee(str(refusal)) from refusal
    if not (found.nouveaux or found.modifies or found.inchanges):
        raise ActionRefusee("Aucune ligne de ce fichier n'a pu être comprise\u00a0: revoyez le choix des colonnes.")
    Site.objects.bulk_create([Site(acheteur=buyer, **values_of(lu)) for lu in found.nouveaux], batch_size=BATCH)
    for site, lu in found.modifies:
        for name, value in values_of(lu, site).items():
            setattr(site, name, value)
    Site.objects.bulk_update([site for site, _ in found.modifies], COLUMNS, batch_size=BATCH)
    depot.contenu, depot.choix = b"", depot.choix | {RAPPORT: report.as_dict()}
    depot.save(update_fields=["contenu", "choix"])


def rapport_of(depot: Depot) -> ImportReport | None:
    """What became of a file of sites; None while it waits to be imported."""
    return ImportReport.from_dict(depot.choix[RAPPORT]) if RAPPORT in depot.choix else None


# Sites of a lot -------------------------------------------------------------------------------------------------------
def porteurs(lot: Lot) -> dict[int, Organisation]:
    """Who may be given a site of a lot: its holders, and the members of the group that won it; two queries."""
    found = {row.organisation_id: row.organisation for row in lot.titulaires.select_related("organisation")}
    members = MembreGroupement.objects.filter(groupement__lot=lot, groupement__retenu=True)
    return found | {row.organisation_id: row.organisation for row in members.select_related("organisation")}


@transaction.atomic
def ajouter(*, lot: Lot, sites: Collection[Site]) -> tuple[int, int]:
    """Put these sites in a lot: how many were added, how many were there already."""
    there = set(SiteLot.objects.filter(lot=lot, site__in=[site.pk for site in sites]).values_list("site", flat=True))
    rows = [SiteLot(lot=lot, site=site) for site in sites if site.pk not in there]
    SiteLot.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows), len(there)


@transaction.atomic
def attribuer(
    *, lot: Lot, rows: Collection[SiteLot], organisation: Organisation | None, referent: ReferentAcheteur | None
) -> int:
    """Give these sites to a holder, and say whom to speak to there; what is None stays as it is. How many changed.

    ActionRefusee for a body that does not hold the lot.
    """
    if organisation is not None and organisation.pk not in porteurs(lot):
        raise ActionRefusee("Cette organisation ne tient pas ce lot\u00a0: ajoutez-la d'abord parmi ses titulaires.")
    changed = []
    for row in SiteLot.objects.select_for_update().filter(lot=lot, pk__in=[row.pk for row in rows]):
        wanted = (
            organisation.pk if organisation else row.organisation_id,
            referent.pk if referent else row.referent_id,
        )
        if wanted != (row.organisation_id, row.referent_id):
            row.organisation_id, row.referent_id = wanted
            changed.append(row)
    SiteLot.objects.bulk_update(changed, ["organisation", "referent"])
    return len(changed)


@transaction.atomic
def liberer(*, lot: Lot, rows: Collection[SiteLot]) -> int:
    """Take these sites back from whoever has them."""
    return SiteLot.objects.filter(lot=lot, pk__in=[row.pk for row in rows]).update(organisation=None)


@transaction.atomic
def sortir(*, lot: Lot, rows: Collection[SiteLot]) -> int:
    """Take these sites out of the lot."""
    return SiteLot.objects.filter(lot=lot, pk__in=[row.pk for row in rows]).delete()[0]

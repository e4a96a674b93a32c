"""Purchases of a buyer: a file brought in, taken back, matched again with the directory; attestations typed."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from hashlib import sha256

from django.db import IntegrityError, transaction

from marches.actions.registre import ActionRefusee
from marches.importers.achats import Annuaire, Connu, LigneLue, lire
from marches.models import AchatRealise, AttestationOeth, FichierAchats
from portal.imports import FichierRefuse, ImportReport
from portal.models import Depot
from portal.permissions import Acteur
from portal.templatetags.formats import jour

HANDFUL = 2_000  # lines read, matched and written at once
KEPT = ("structure", "kind", "secteur", "qpv")  # what a line keeps of the directory
FEW_BYTES = 300_000  # of a file saved while the browser waits, some 5 000 lines; more go to the queue
ATTENTE, LECTURE, ECRITURE = "attente", "lecture", "ecriture"
UNFORESEEN = "Une erreur imprévue a arrêté l'enregistrement\u00a0: signalez-la à l'administration du portail."
MOST_DETAILS = 5_000  # records the saved report lists, of each sort; all are counted by reason


@transaction.atomic
def importer(
    *, depot: Depot, mapping: Mapping[str, str], annee: int | None, by: Acteur, on: date, lignes: int | None = None
) -> FichierAchats:
    """Save every line of the file or none, at once when it is short, else in the queue: `rapport["etape"]` then says
    how far it is. `lignes` of the file, when they have been counted.

    ActionRefusee for a file already sent, and for a short one without any line to keep.
    """
    from marches.tasks import import_achats

    print_ = empreinte(depot)
    refuse_twice(print_, by)
    try:
        with transaction.atomic():
            fichier = FichierAchats.objects.create(
                organisation=by.organisation,
                nom=depot.nom,
                empreinte=print_,
                par=by.user,
                rapport={"etape": ATTENTE, "position": 0, "total": lignes, "colonnes": dict(mapping), "annee": annee},
            )
    except IntegrityError:  # sent twice at the same moment
        refuse_twice(print_, by)
        raise
    if len(depot.contenu) > FEW_BYTES:
        import_achats.enqueue(fichier.pk, depot.pk, on.isoformat())
        return fichier
    try:
        enregistrer(fichier, depot, on)
    except FichierRefuse as refusal:
        raise ActionRefusee(str(refusal)) from refusal
    return fichier


def enregistrer(fichier: FichierAchats, depot: Depot, on: date) -> None:
    """Read the whole file, then write its lines; FichierRefuse when it is no table or has no line to keep."""
    colonnes, annee = fichier.rapport["colonnes"], fichier.rapport["annee"]
    report, annuaire = ImportReport(depot.nom), Annuaire(on)
    some: list[LigneLue] = []
    for ligne in lire(depot, colonnes, annee, on, report):
        some.append(ligne)
        if len(some) % HANDFUL == 0:
            _say(fichier, LECTURE, report.lus)
    if not report.crees:
        raise FichierRefuse("Aucune ligne de ce fichier n'a pu être comprise\u00a0: revoyez le choix des colonnes.")
    report.check()
    _say(fichier, ECRITURE, report.lus)
    with transaction.atomic():
        for start in range(0, len(some), HANDFUL):
            handful = some[start : start + HANDFUL]
            annuaire.ask(ligne.siret for ligne in handful)
            AchatRealise.objects.bulk_create([_row(fichier, ligne, annuaire) for ligne in handful])
        fichier.rapport = saved(report) | {"colonnes": colonnes, "annee": annee}
        fichier.save(update_fields=["rapport"])
        depot.delete()


def run(fichier_id: int, depot_id: int, on: date) -> None:
    """Do one import of `importer` left to the queue; nothing when it has been done, or taken back meanwhile."""
    fichier = FichierAchats.objects.filter(pk=fichier_id, rapport__has_key="etape").first()
    if fichier is None:
        return
    try:
        depot = Depot.objects.filter(pk=depot_id).first()
        if depot is None:
            raise FichierRefuse("Le fichier n'est plus là\u00a0: déposez-le de nouveau.")
        enregistrer(fichier, depot, on)
    except FichierRefuse as refusal:
        stopped(fichier_id, str(refusal))


def stopped(fichier_id: int, reason: str = UNFORESEEN) -> None:
    """Say why no line of a file was written; the same file may then be sent again."""
    for fichier in FichierAchats.objects.filter(pk=fichier_id, rapport__has_key="etape"):
        fichier.rapport = {name: fichier.rapport[name] for name in ("colonnes", "annee")} | {"echec": reason}
        fichier.empreinte = f"refus {fichier.pk}"
        fichier.save(update_fields=["rapport", "empreinte"])


def _say(fichier: FichierAchats, etape: str, position: int) -> None:
    """Let the page that follows a file know how far it is; one query."""
    fichier.rapport |= {"etape": etape, "position": position}
    fichier.save(update_fields=["rapport"])


def _row(fichier: FichierAchats, ligne, annuaire: Annuaire) -> AchatRealise:
    connu = annuaire[ligne.siret]
    return AchatRealise(
        fichier_id=fichier.pk, organisation_id=fichier.organisation_id, ligne=ligne.ligne, annee=ligne.annee,
        siret_fournisseur=ligne.siret, fournisseur=ligne.fournisseur, montant=ligne.montant,
        categorie=ligne.categorie, entite=ligne.entite,
        structure_id=connu.structure, kind=connu.kind, secteur_id=connu.secteur, qpv=connu.qpv,
    )  # fmt: skip


def empreinte(depot: Depot) -> str:
    """SHA-256 of the bytes of the file."""
    return sha256(bytes(depot.contenu)).hexdigest()


def refuse_twice(print_: str, by: Acteur) -> None:
    """ActionRefusee when this organisation has already sent the same bytes."""
    twin = FichierAchats.objects.visible_to(by).filter(empreinte=print_).first()
    if twin:
        raise ActionRefusee(
            f"Ce fichier a déjà été envoyé le {jour(twin.cree_le)}, sous le nom «\u00a0{twin.nom}\u00a0»\u00a0: ses "
            "achats sont déjà comptés. Pour le remplacer, retirez d'abord cet envoi."
        )


def saved(report: ImportReport) -> dict:
    """The report as JSON: all counts, every reason with its count, the first 5 000 records of each sort."""
    counts = {
        "ecartes_par_raison": dict(Counter(ecart.raison for ecart in report.ecartes).most_common()),
        "signales": len(report.signalements),
        "ecartes_total": len(report.ecartes),
    }
    del report.ecartes[MOST_DETAILS:], report.signalements[MOST_DETAILS:]
    return report.as_dict() | counts


@transaction.atomic
def supprimer(fichier: FichierAchats) -> int:
    """Take a file back with its lines; how many lines."""
    lines = fichier.lignes.all()._raw_delete(using=fichier.lignes.db)
    fichier.delete()
    return lines


@transaction.atomic
def rapprocher_de_nouveau(*, by: Acteur, on: date) -> tuple[int, int]:
    """What the directory says today of every supplier, written on the lines; inclusive lines (before, after).

    Only the lines whose answer changed are written, those that share one together.
    """
    achats = AchatRealise.objects.visible_to(by)
    before = achats.inclusifs().count()
    annuaire = Annuaire(on)
    annuaire.ask(achats.order_by().values_list("siret_fournisseur", flat=True).distinct())
    changed: dict[Connu, list[int]] = defaultdict(list)
    for pk, numero, *known in achats.order_by().values_list("pk", "siret_fournisseur", *KEPT).iterator(HANDFUL):
        connu = annuaire[numero]
        if known != [getattr(connu, name) for name in KEPT]:
            changed[connu].append(pk)
    for connu, lines in changed.items():
        values = {name: getattr(connu, name) for name in KEPT}
        for start in range(0, len(lines), HANDFUL):
            achats.filter(pk__in=lines[start : start + HANDFUL]).update(**values)
    return before, achats.inclusifs().count()


@transaction.atomic
def noter_attestations(*, annee: int, couts: Mapping[str, Decimal | None], by: Acteur) -> None:
    """Costs of labour as attested, by SIRET; None takes one back."""
    attestations = AttestationOeth.objects.visible_to(by).filter(annee=annee)
    attestations.filter(siret_fournisseur__in=[siret for siret, cout in couts.items() if cout is None]).delete()
    known = {row.siret_fournisseur: row for row in attestations}
    for siret, cout in couts.items():
        if cout is None or (siret in known and known[siret].cout_main_oeuvre == cout):
            continue
        row = known.get(siret) or AttestationOeth(organisation=by.organisation, annee=annee, siret_fournisseur=siret)
        row.cout_main_oeuvre, row.par = cout, by.user
        row.save()

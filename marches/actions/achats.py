"""Purchases of a buyer: a file brought in, taken back, matched again with the directory; attestations typed."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from hashlib import sha256

from django.db import IntegrityError, transaction

from marches.actions.registre import ActionRefusee
from marches.importers.achats import Annuaire, Connu, lire, par_poignees
from marches.models import AchatRealise, AttestationOeth, FichierAchats
from portal.imports import FichierRefuse, ImportReport
from portal.models import Depot
from portal.permissions import Acteur
from portal.templatetags.formats import jour

HANDFUL = 2_000  # lines read, matched and written at once
KEPT = ("structure", "kind", "secteur", "qpv")  # what a line keeps of the directory
MOST_DETAILS = 5_000  # records the saved report lists, of each sort; all are counted by reason


def importer(
    *, depot: Depot, mapping: Mapping[str, str], annee: int | None, by: Acteur, on: date
) -> FichierAchats:  # fmt: skip
    """Every line of the file saved, or none; ActionRefusee for a file already sent or without any line to keep."""
    print_ = empreinte(depot)
    refuse_twice(print_, by)
    try:
        with transaction.atomic():
            fichier = FichierAchats.objects.create(
                organisation=by.organisation, nom=depot.nom, empreinte=print_, par=by.user
            )
            report, annuaire = ImportReport(depot.nom), Annuaire(on)
            for some in par_poignees(lire(depot, mapping, annee, on, report), HANDFUL):
                annuaire.ask(ligne.siret for ligne in some)
                AchatRealise.objects.bulk_create([_row(fichier, ligne, annuaire) for ligne in some])
            if not report.crees:
                raise ActionRefusee(
                    "Aucune ligne de ce fichier n'a pu être comprise\u00a0: revoyez le choix des colonnes."
                )
            report.check()
            fichier.rapport = saved(report) | {"colonnes": dict(mapping), "annee": annee}
            fichier.save(update_fields=["rapport"])
            depot.delete()
    except IntegrityError:  # sent twice at the same moment
        refuse_twice(print_, by)
        raise
    except FichierRefuse as refusal:
        raise ActionRefusee(str(refusal)) from refusal
    return fichier


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

"""What the tests of DECP files share: the files, a record, what the register shows."""

from pathlib import Path

from marches.models import Acheteur, Lot, Marche, SourceLot
from structures.models import Organisation

DATA = Path(__file__).parent.parent / "data"
FIRST, NEXT, DIRTY = DATA / "decp_2022.json", DATA / "decp_2022_suite.json", DATA / "decp_2022_sale.json"
BUYER, FIRM, HOLDER = "80000001000010", "80000002800012", "80000003600015"


def record(**given):
    usual = {
        "id": "X-1",
        "acheteur": {"id": BUYER},
        "nature": "Marché",
        "objet": "Entretien des locaux",
        "codeCPV": "90919200",
        "dureeMois": 12,
        "dateNotification": "2026-01-15",
        "datePublicationDonnees": "2026-02-01",
        "montant": 50000,
        "titulaires": [{"titulaire": {"typeIdentifiant": "SIRET", "id": FIRM}}],
    }
    return {name: value for name, value in (usual | given).items() if value is not None}


def _rows(manager, *names):
    return sorted(map(str, manager.values_list(*names)))


def state():
    """What the register shows, without ids nor the trace of imports."""
    lots = {}
    for lot in Lot.objects.select_related("marche__acheteur__organisation"):
        columns = {
            field.name: getattr(lot, field.attname)
            for field in Lot._meta.concrete_fields
            if field.name not in {"id", "marche", "cree_le", "modifie_le"}
        }
        marche = {
            name: getattr(lot.marche, name)
            for name in (
                "cle",
                "objet",
                "reference",
                "nature",
                "type",
                "procedure",
                "ccag",
                "recence",
                "racines",
                "social",
            )
        }
        lots[lot.cle] = columns | {
            "contrat": marche | {"acheteur": lot.marche.acheteur.organisation.identifiant},
            "titulaires": list(lot.titulaires.values_list("organisation__identifiant", "rang")),
            "modifications": sorted(
                map(str, lot.modifications.values("numero", "date_notification", "montant", "titulaires"))
            ),
            "actes": sorted(
                map(str, lot.actes_sous_traitance.values("numero", "sous_traitant__identifiant", "montant"))
            ),
            "sources": sorted(lot.sources.values_list("cle", "empreinte")),
        }
    organisations = sorted(Organisation.objects.values_list("type_identifiant", "identifiant", "denomination"))
    return lots, organisations, Marche.objects.count(), Acheteur.objects.count()


def notified(day, n, **given):
    """Lot `n` of a contract whose title comes back every few years."""
    text = f"Entretien des bâtiments communaux : Lot {n} : Vitrerie"
    dates = {"dateNotification": day, "datePublicationDonnees": day}
    return record(id=f"{day[:4]}-{n}", objet=text, **dates | given)


def empty_register():
    for model in (SourceLot, Lot, Marche, Acheteur, Organisation):
        model.objects.all().delete()

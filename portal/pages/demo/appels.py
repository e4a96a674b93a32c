"""Calls still open on the day of the demonstration, stored as an import of notices would store them."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from marches.enums import FormatAvis, NatureAvis, TypeMarche
from marches.models import Lot, Marche
from marches.rules.avis import AvisLu, ChangementLu, LotLu, PartieLue
from marches.rules.ponderation import CriterePublie, en_json
from marches.upsert.avis import AvisUpsert, LectureAvis
from portal.imports import ImportReport
from portal.models import Importation
from portal.pages.demo.contrats import ACHETEURS

REFERENCE = "demo-appel-{}"
MONTHS = "Reconductible tacitement trois fois, par période de 12 mois."
HANDICAP = "Lot réservé aux entreprises adaptées et aux ESAT, en application de l'article L. 2113-12."
LES_DEUX = "Lot réservé en application de l'article L. 2113-14 du code de la commande publique."
CLAUSE = "Clause sociale d'insertion\u00a0: 420 heures au profit de personnes éloignées de l'emploi."

# What offers are compared on (%): since 21/08/2026 the environment is among them. On a lot whose clause sets hours, the
# quality of the insertion that is offered too.
CRITERES = (("Valeur technique", 45), ("", 35), ("Gestion des déchets et des consommables", 20))
CRITERES_CLAUSE = (
    ("Valeur technique", 40), ("", 30), ("Qualité de l'insertion professionnelle proposée", 15),
    ("Gestion des déchets et des consommables", 15),
)  # fmt: skip

# key of the buyer, title, days before the deadline, lots (title, CPV, NUTS, estimate, BT-71, BT-70)
APPELS = [
    ("calvados", "Entretien des espaces verts des collèges", 6,
     [("Secteur de Caen", "77310000", "FRD11", 96_000, ["res-ws"], HANDICAP),
      ("Secteur de Vire et du Bocage", "77310000", "FRD11", 78_000, ["res-ws"], LES_DEUX),
      ("Élagage", "77340000", "FRD11", 54_000, [], CLAUSE.replace("420", "90"))]),
    ("calvados", "Réfection des sols des collèges", 40,
     [("Sols souples", "45432100", "FRD11", 180_000, [], CLAUSE.replace("420", "260")),
      ("Parquets", "45432100", "FRD11", 64_000, ["res-ws"], HANDICAP)]),
    ("eure", "Nettoyage des locaux communautaires", 19,
     [("Nettoyage courant", "90911200", "FRD21", 240_000, [], CLAUSE),
      ("Vitrerie", "90911300", "FRD21", 32_000, ["res-ws"], "")]),
    ("hopital", "Accompagnement vers l'emploi des patients et de leurs aidants", 33,
     [("Accompagnement", "85312000", "FRD11", 150_000, ["res-pub-ser"], "Article L. 2113-15.")]),
]  # fmt: skip


def load(contracts: dict[str, Marche], today: date) -> int:
    """Store the calls of the demonstration, one of them corrected since; number of contracts."""
    buyers = {marche.acheteur.organisation.nom: marche.acheteur.organisation for marche in contracts.values()}
    importation = Importation.objects.create(
        format="avis", fichier="avis de démonstration", terminee_le=timezone.now(), rapport={"lus": len(APPELS)}
    )
    upsert = AvisUpsert(importation, ImportReport("démonstration"))
    for rank, (buyer, titre, days, lots) in enumerate(APPELS, start=1):
        lu = _call(rank, buyers[ACHETEURS[buyer][0]], titre, today, days, lots)
        upsert.store(LectureAvis(rank, lu))
        if buyer == "eure":
            upsert.store(LectureAvis(rank + 10, _corrected(lu, today, days)))
    upsert.finish()
    made = Marche.objects.filter(avis__sources__importation=importation).distinct()
    Lot.objects.filter(marche__in=made).update(fictif=True)
    for marche in made:
        marche.avis.update(fictif=True, url="", url_documents="")
    return Marche.objects.filter(pk__in=[marche.pk for marche in made]).update(fictif=True)


def _call(rank, organisation, titre, today, days, lots) -> AvisLu:
    limite = f"{today + timedelta(days=days)}T12:00:00"
    renewed = not any("L. 2113-15" in lot[5] for lot in lots)  # three years at most, renewals included
    return AvisLu(
        format=FormatAvis.EFORMS.value,
        formulaire="cn-standard",
        nature=NatureAvis.CONSULTATION.value,
        identifiant=REFERENCE.format(rank),
        version="01",
        procedure=REFERENCE.format(rank),
        publie_le=today - timedelta(days=14),
        envoye_le=today - timedelta(days=16),
        titre=titre,
        nature_contrat="marche",
        type=TypeMarche.SERVICES.value,
        cpv=lots[0][1],
        type_procedure="open",
        acheteurs=[PartieLue(nom=organisation.nom, siret=organisation.identifiant)],
        montant_estime=Decimal(sum(lot[3] for lot in lots) * (4 if renewed else 1)),
        lots=[
            LotLu(
                numero=str(number) if len(lots) > 1 else "",
                titre=title,
                cpv=cpv,
                nuts=[nuts],
                montant_estime=Decimal(estimate),
                duree_mois=12 if renewed else 36,
                reconduction=MONTHS if renewed else "",
                participation=participation,
                conditions=conditions,
                limite=limite,
                **_criteres(CRITERES_CLAUSE if "heures" in conditions else CRITERES),
            )
            for number, (title, cpv, nuts, estimate, participation, conditions) in enumerate(lots, start=1)
        ],
    )


def _criteres(weights: tuple[tuple[str, int], ...]) -> dict[str, Any]:
    """As the reader of eForms gives them; the price bears no other name."""
    rows = [CriterePublie(name, "quality" if name else "price", str(weight), "per-exa") for name, weight in weights]
    return {"criteres": "\n".join(name for name, _ in weights if name), "grille": en_json(rows)}


def _corrected(lu: AvisLu, today: date, days: int) -> AvisLu:
    """The same call, its deadline moved by a week."""
    before, after = today + timedelta(days=days), today + timedelta(days=days + 7)
    return replace(
        lu,
        nature=NatureAvis.RECTIFICATIF.value,
        identifiant=f"{lu.identifiant}-rectifie",
        modifie=f"avis:{lu.identifiant}",
        publie_le=today - timedelta(days=3),
        envoye_le=today - timedelta(days=4),
        lots=[replace(lot, limite=f"{after}T12:00:00") for lot in lu.lots],
        changements=[ChangementLu("Date limite de remise des offres", f"{before:%d/%m/%Y}", f"{after:%d/%m/%Y}")],
    )

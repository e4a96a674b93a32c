"""What a facilitator keeps over the year: agreements, models, meetings, gaps, reports."""

from datetime import date
from decimal import Decimal

from django.db.models import Max

from clauses.enums import GenreRelais, MotifEffacement, PorteeBilan, ServiceDelegue, Situation, TypeClause
from clauses.models import (
    ActionFormation,
    Attestation,
    Bilan,
    Cloture,
    ConsultationParticipant,
    Convention,
    DemandeFacilitateur,
    Ecart,
    Effacement,
    Estimation,
    ModeleClause,
    PartEcart,
    PartieConvention,
    Passation,
    PointSuivi,
    Poste,
    Prescripteur,
    Relais,
    RepriseHeures,
    Reunion,
    ServiceConvention,
    StatistiquePublique,
    Tache,
    Transfert,
)
from tests.factories.clauses import make_clause, make_facilitateur, make_participant
from tests.factories.marches import make_acheteur
from tests.factories.nombres import _n
from tests.factories.structures import make_organisation


def make_relais(**given) -> Relais:
    return Relais.objects.create(**{"genre": GenreRelais.PLIE, "nom": f"PLIE {next(_n)}"} | given)


def make_demande_facilitateur(*, facilitateur=None, **given) -> DemandeFacilitateur:
    usual = {
        "facilitateur": facilitateur or make_facilitateur(),
        "courriel": f"demande{next(_n)}@example.org",
        "objet": "Une clause à écrire",
        "texte": "Nous préparons un marché de nettoyage.",
        "a_effacer_le": date(2099, 1, 1),
    }
    return DemandeFacilitateur.objects.create(**usual | given)


def make_convention(*, facilitateur=None, **given) -> Convention:
    usual = {
        "facilitateur": facilitateur or make_facilitateur(),
        "intitule": f"Convention {next(_n)}",
        "date_debut": date(2026, 1, 1),
        "date_fin": date(2026, 12, 31),
    }
    return Convention.objects.create(**usual | given)


def make_partie_convention(*, convention=None, acheteur=None, **given) -> PartieConvention:
    usual = {"convention": convention or make_convention(), "acheteur": acheteur or make_acheteur()}
    return PartieConvention.objects.create(**usual | given)


def make_service_convention(*, convention=None, **given) -> ServiceConvention:
    usual = {"convention": convention or make_convention(), "service": ServiceDelegue.CONSEIL}
    return ServiceConvention.objects.create(**usual | given)


def make_modele_clause(**given) -> ModeleClause:
    usual = {
        "code": f"modele-{next(_n)}",
        "titre": "Condition d'exécution",
        "type": TypeClause.CONDITION,
        "texte": "Le titulaire réalise {heures} heures d'insertion.",
    }
    return ModeleClause.objects.create(**usual | given)


def make_estimation(*, organisation=None, **given) -> Estimation:
    usual = {
        "organisation": organisation or make_organisation(),
        "titre": f"Estimation {next(_n)}",
        "lignes": [],
        "heures": Decimal(833),
    }
    return Estimation.objects.create(**usual | given)


def make_reprise_heures(*, clause=None, **given) -> RepriseHeures:
    usual = {
        "clause": clause or make_clause(),
        "arretee_au": date(2026, 2, 28),
        "heures": Decimal(100),
        "justificatif_vu_le": date(2026, 3, 2),
    }
    return RepriseHeures.objects.create(**usual | given)


def make_passation(*, clause=None, de=None, vers=None, **given) -> Passation:
    de = de or make_facilitateur()
    usual = {
        "clause": clause or make_clause(facilitateur=de), "de": de, "vers": vers or make_facilitateur(),
        "motif": "Changement de territoire",
    }  # fmt: skip
    return Passation.objects.create(**usual | given)


def make_reunion(*, clause=None, **given) -> Reunion:
    usual = {"clause": clause or make_clause(), "le": date(2026, 2, 3), "objet": "Réunion de lancement"}
    return Reunion.objects.create(**usual | given)


def make_tache(*, clause=None, **given) -> Tache:
    usual = {"intitule": "Rappeler l'entreprise", "echeance": date(2026, 3, 10)}
    if "convention" not in given:
        usual["clause"] = clause or make_clause()
    return Tache.objects.create(**usual | given)


def make_poste(*, clause=None, employeur=None, **given) -> Poste:
    usual = {
        "clause": clause or make_clause(), "employeur": employeur or make_organisation(), "metier": "Peintre",
    }  # fmt: skip
    return Poste.objects.create(**usual | given)


def make_prescripteur(*, facilitateur=None, **given) -> Prescripteur:
    n = next(_n)
    usual = {
        "facilitateur": facilitateur or make_facilitateur(), "nom": f"Mission locale {n}",
        "courriel": f"accueil{n}@example.org",
    }  # fmt: skip
    return Prescripteur.objects.create(**usual | given)


def make_transfert(*, participant=None, de=None, vers=None, **given) -> Transfert:
    usual = {
        "participant": participant or make_participant(), "de": de or make_organisation(),
        "vers": vers or make_organisation(), "le": date(2026, 4, 1), "consentement_le": date(2026, 3, 25),
    }  # fmt: skip
    return Transfert.objects.create(**usual | given)


def make_action_formation(*, participant=None, **given) -> ActionFormation:
    usual = {"participant": participant or make_participant(), "intitule": "CACES R489"}
    return ActionFormation.objects.create(**usual | given)


def make_point_suivi(*, participant=None, **given) -> PointSuivi:
    participant = participant or make_participant()
    done = participant.points_suivi.count()
    usual = {"participant": participant, "terme": (0, 3, 6, 12, 18)[done], "situation": Situation.CDI}
    return PointSuivi.objects.create(**usual | {"fait_le": date(2026, 6, 1)} | given)


def make_consultation_participant(*, participant=None, **given) -> ConsultationParticipant:
    usual = {"participant": participant or make_participant(), "page": "participant"}
    return ConsultationParticipant.objects.create(**usual | given)


def make_effacement(**given) -> Effacement:
    return Effacement.objects.create(**{"empreinte": f"{next(_n):064x}", "motif": MotifEffacement.DEMANDE} | given)


def make_ecart(*, clause=None, **given) -> Ecart:
    usual = {
        "clause": clause or make_clause(), "constate_le": date(2027, 1, 15), "heures_dues": Decimal(833),
        "heures_acceptees": Decimal(700),
    }  # fmt: skip
    return Ecart.objects.create(**usual | given)


def make_part_ecart(*, ecart=None, organisation=None, **given) -> PartEcart:
    usual = {
        "ecart": ecart or make_ecart(), "organisation": organisation or make_organisation(), "heures": Decimal(133),
    }  # fmt: skip
    return PartEcart.objects.create(**usual | given)


def make_bilan(*, facilitateur=None, **given) -> Bilan:
    usual = {
        "facilitateur": facilitateur or make_facilitateur(), "portee": PorteeBilan.MARCHE, "objet": "1",
        "libelle": "Nettoyage des collèges", "du": date(2026, 1, 1), "au": date(2026, 12, 31), "chiffres": {},
    }  # fmt: skip
    return Bilan.objects.create(**usual | given)


def make_attestation(*, facilitateur=None, organisation=None, **given) -> Attestation:
    usual = {
        "facilitateur": facilitateur or make_facilitateur(), "organisation": organisation or make_organisation(),
        "numero": f"A{next(_n):06d}", "du": date(2026, 1, 1), "au": date(2026, 12, 31),
        "chiffres": {
            "organisation": "Bâti", "identifiant": "", "organisme": "Maison", "heures": "10.00", "formation": "0.00",
            "personnes": 1, "en_attente": 0, "lignes": [],
        },
    }  # fmt: skip
    return Attestation.objects.create(**usual | given)


def make_cloture(*, facilitateur=None, **given) -> Cloture:
    usual = {"facilitateur": facilitateur or make_facilitateur(), "annee": 2025}
    return Cloture.objects.create(**usual | given)


def make_statistique_publique(**given) -> StatistiquePublique:
    """A past year, published with its people, with nothing in it."""
    france = ["", "France", "", "0.00", "0.00", 0, 0, 0, 0]
    tables = {"regions": [], "departements": [], "secteurs": [], "familles": []}
    last = StatistiquePublique.objects.aggregate(last=Max("annee"))["last"] or 1989
    usual = {
        "annee": last + 1,
        "chiffres": {"version": 1, "france": france} | tables,
        "personnes_publiees": True,
    }
    return StatistiquePublique.objects.create(**usual | given)

"""What the contracts of the demonstration are: those of the founding stories, and patterns of invented ones."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from marches.enums import (
    CriteresAttribution,
    FormeGroupement,
    GenreAcheteur,
    MotifDispense,
    NatureContrat,
    Reservation,
    TypeMarche,
)
from marches.rules import add_months
from structures.enums import Kind

# A contract of one need, compared on several criteria, under a formal procedure.
COMPARE = {"criteres": CriteresAttribution.PLUSIEURS, "critere_environnemental": True, "prestations_distinctes": False,
           "procedure": "Appel d'offres ouvert"}  # fmt: skip
# key: ground of exemption from the social condition, in the words of the buyer
DISPENSES = {
    "logiciels": (MotifDispense.LIEN, "Licences livrées en ligne, sans installation ni formation\u00a0: aucun travail "
                  "à confier n'est lié à l'objet du marché."),
    "toiture": (MotifDispense.TRAVAUX_COURTS, "Chantier de quatre mois, pendant la fermeture d'été du gymnase."),
}  # fmt: skip
S, T, F = TypeMarche.SERVICES, TypeMarche.TRAVAUX, TypeMarche.FOURNITURES

# key: name, kind of buyer, commune of its seat
ACHETEURS = {
    "calvados": ("Département du Calvados", GenreAcheteur.LOCAL, "14118"),
    "centre": ("Région Centre-Val de Loire", GenreAcheteur.LOCAL, "45234"),
    "epernon": ("Commune d'Épernon", GenreAcheteur.LOCAL, "28140"),
    "plaine-commune": ("Plaine Commune", GenreAcheteur.LOCAL, "93066"),
    "caen-la-mer": ("Communauté urbaine Caen la Mer", GenreAcheteur.LOCAL, "14118"),
    "sncf": ("SNCF Réseau", GenreAcheteur.RESEAUX, "93066"),
    "la-poste": ("Groupe La Poste", GenreAcheteur.RESEAUX, "75056"),
    "idf": ("Région Île-de-France", GenreAcheteur.LOCAL, "93066"),
    "eure": ("Agglomération des Portes de l'Eure", GenreAcheteur.LOCAL, "27229"),
    "bailleur": ("Habitat des Deux Rives", GenreAcheteur.BAILLEUR, "76575"),
    "hopital": ("Centre hospitalier du Bocage", GenreAcheteur.HOPITAL, "14762"),
    "lyon": ("Ville de Val-sur-Rhône", GenreAcheteur.LOCAL, "69283"),
    "touraine": ("Université de Touraine", GenreAcheteur.ETAT, "37122"),
    "morlaix": ("Communauté du Pays de Morlaix", GenreAcheteur.LOCAL, "29151"),
}
ENTREPRISES = [
    ("rail", "Voies et Ouvrages de Normandie", "14118"), ("genie-civil", "Génie civil de l'Orne", "14437"),
    ("bati", "Bâti Bocage", "14762"), ("peinture", "Peintures Lemarchand-Duval", "14366"),
    ("paysage", "Paysages de l'Iton", "27229"), ("proprete", "Clarté Services", "76575"),
    ("travaux-idf", "Construire en Seine", "93066"), ("formation", "Institut des métiers du tertiaire", "93055"),
    ("electricite", "Lumens et Réseaux", "45234"), ("couverture", "Toitures de Loire", "37122"),
    ("terrassement", "Terrassements du Léon", "29151"), ("menuiserie", "Menuiseries du Rhône", "69283"),
    ("restauration", "Tables collectives", "28085"), ("voirie", "Routes et Voirie d'Ouche", "27701"),
]  # fmt: skip


@dataclass
class L:
    """A lot to make. `titulaires` are keys of structures or firms; months count from `debut`."""

    objet: str
    secteur: str
    cpv: str
    montant: int
    debut: date
    mois: int
    titulaires: list = field(default_factory=list)
    numero: str = ""
    reservation: Reservation = Reservation.AUCUNE
    clause: bool = False
    critere: bool = False
    commune: str = ""
    reconductions: int = 0
    reconduction_mois: int | None = None
    groupement: dict = field(default_factory=dict)
    materiel: bool = False
    petit: bool = False
    publie_apres: int = 0  # days from the start to the publication of the data


def told(today: date) -> list[tuple[str, str, dict, list[L]]]:
    """The contracts the founding documents tell: (key, buyer, columns of the contract, lots)."""
    eleven = ["actif", "ai-bessin", "ai-auge", "ai-bocage", "ai-falaise", "ai-touques", "ai-estuaire",
              "ai-cote-fleurie", "ai-druance", "ai-nacre", "ai-isigny"]  # fmt: skip
    eure_et_loir = ["action-emploi", "ai-28-chartres", "ai-28-dreux", "ai-28-dunois", "ai-28-perche"]
    gme_colleges = {
        "nom": "Groupement des onze associations intermédiaires du Calvados",
        "gouvernance": (
            "Actif coordonne les remplacements\u00a0; chaque association répond aux collèges de son secteur."
        ),
        "taches": {"actif": "Mandataire\u00a0; 13 collèges, coordination et facturation"},
    }
    remplacements = "Remplacement des agents techniques des collèges publics"
    lycees = "Entretien et ménage des lycées"
    replanting = L(
        "Plantations du bâtiment d'enseignement supérieur d'Aubervilliers", "espaces-verts.plantation", "77310000",
        68_000, date(today.year, 3, 1), 12, ["regie-aubervilliers"], "1", Reservation.INSERTION, commune="93001",
        petit=True,
    )  # fmt: skip
    return [
        ("colleges-pilote", "calvados",
         {"objet": f"{remplacements} – expérimentation", "reference": "EXP-COLLEGES", "type": S, "pilote": True,
          "date_lancement": date(2019, 5, 6),
          "presentation": "Première expérience du remplacement des agents par les associations intermédiaires."},
         [L(remplacements, "renfort.colleges-lycees", "79620000", 240_000, date(2019, 9, 1), 24, eleven, "",
            Reservation.INSERTION, True, groupement=gme_colleges)]),
        ("colleges", "calvados",
         {"objet": f"{remplacements} (58 collèges)", "reference": "COLLEGES-2021", "type": S,
          "predecesseur": "colleges-pilote", "date_lancement": date(2021, 4, 12),
          "presentation": "58 collèges, 550 agents départementaux. Marché conclu pour quatre ans, jusqu'en 2025."},
         [L(remplacements, "renfort.colleges-lycees", "79620000", 620_000, date(2021, 9, 1), 48, eleven, "",
            Reservation.INSERTION, True, groupement=gme_colleges)]),
        ("colleges-suite", "calvados",
         {"objet": f"{remplacements} – suite du marché de 2021", "reference": "COLLEGES-2025", "type": S,
          "predecesseur": "colleges", "date_lancement": date(2025, 4, 14),
          "presentation": "Suite imaginée pour la démonstration\u00a0: mêmes associations, même coordination."},
         [L(remplacements, "renfort.colleges-lycees", "79620000", 690_000, date(2025, 9, 1), 48, eleven, "",
            Reservation.INSERTION, True, groupement=gme_colleges)]),
        ("centres-routiers", "calvados",
         {"objet": "Nettoyage des centres routiers départementaux", "reference": "ROUTES-NET", "type": S,
          "presentation": "Une première période s'achève bientôt\u00a0: la reconduction reste à décider."},
         [L("Nettoyage des centres routiers", "proprete.bureaux", "90919200", 96_000,
            add_months(date(today.year, today.month, 1), -20), 24, ["proprete"], "", clause=True, reconductions=1,
            reconduction_mois=12)]),
        ("lycees", "centre",
         {"objet": f"{lycees} de la région", "reference": "LYCEES-CVL", "type": S, "date_lancement": date(2016, 6, 1),
          "presentation": "Quinze jours pour répondre\u00a0: les associations travaillaient déjà ensemble. Chacune a "
                          "son lycée et son interlocuteur à la Région."},
         [L(f"{lycees} d'Eure-et-Loir", "proprete.ecoles", "90919300", 310_000, date(2016, 9, 1), 12, eure_et_loir,
            "28", Reservation.INSERTION, True, reconductions=3, reconduction_mois=12,
            groupement={"nom": "Groupement des associations intermédiaires d'Eure-et-Loir"})]),
        ("espaces-verts-28", "epernon",
         {"objet": "Entretien des espaces verts communaux", "reference": "EV-2018", "type": S,
          "presentation": "Consultation signalée par la Région au réseau, puis par le réseau aux associations."},
         [L("Entretien des espaces verts communaux", "espaces-verts.entretien", "77310000", 36_000, date(2018, 3, 1),
            12, ["action-emploi"], "", Reservation.INSERTION, reconductions=2, reconduction_mois=12)]),
        ("cartons", "plaine-commune",
         {"objet": "Collecte des cartons et des cagettes en bois auprès des professionnels", "reference": "CARTONS",
          "type": S, "marche_insertion": True, "date_lancement": date(2015, 11, 16),
          "presentation": "Marché d'insertion (article 30 du code alors en vigueur)\u00a0: l'insertion en est l'objet "
                          "même, ce qui permettait une réponse commune d'une entreprise adaptée et de quatre régies."},
         [L("Collecte des cartons et des cagettes en bois", "dechets.papiers-cartons", "90511400", 1_900_000,
            date(2016, 3, 1), 72, ["petit-plus", "regie-aubervilliers", "regie-pierrefitte", "regie-saint-denis",
                                   "regie-stains"], "", clause=True,
            groupement={
                "nom": "Le Petit Plus et quatre régies de quartier", "signee": date(2016, 2, 26), "voix": 1,
                "gouvernance": "Cinq membres, une voix chacun.",
                "taches": {"petit-plus": "Mandataire\u00a0: encadrement, sécurité, éco-conduite, planification",
                           "regie-aubervilliers": "Équipiers de collecte", "regie-pierrefitte": "Équipiers de collecte",
                           "regie-saint-denis": "Équipiers de collecte", "regie-stains": "Équipiers de collecte"},
            })]),
        ("calendriers", "caen-la-mer",
         {"objet": "Information sur la collecte des déchets et entretien des espaces verts", "reference": "DECHETS-EV",
          "type": S, "date_lancement": date(today.year - 1, 9, 15),
          "presentation": "Marché reconductible sur trois ans, découpé en lots pour tous, en lots réservés au handicap "
          "et en lots réservés à l'insertion."},
         [L("Distribution des calendriers de collecte", "communication.distribution", "79824000", 54_000,
            date(today.year, 1, 1), 12, ["chantier-caen", "aire14"], "1", Reservation.INSERTION, True,
            reconductions=2, reconduction_mois=12,
            groupement={"forme": FormeGroupement.SOLIDAIRE, "nom": "Chantiers de l'Orne et Aire 14",
                        "taches": {"chantier-caen": "Mandataire", "aire14": "Distribution de février"}}),
          L("Espaces verts, secteur nord", "espaces-verts.entretien", "77310000", 118_000, date(today.year, 1, 1), 12,
            ["esat-caen"], "2", Reservation.HANDICAP, reconductions=2, reconduction_mois=12),
          L("Espaces verts, secteur sud", "espaces-verts.entretien", "77310000", 92_000, date(today.year, 1, 1), 12,
            ["aire14"], "3", Reservation.INSERTION, True, reconductions=2, reconduction_mois=12),
          L("Taille des arbres d'alignement", "espaces-verts.elagage", "77341000", 160_000, date(today.year, 1, 1), 12,
            ["paysage"], "4", clause=True, reconductions=2, reconduction_mois=12, materiel=True)]),
        ("voies", "sncf",
         {"objet": "Renouvellement de voies et remise en état d'ouvrages", "reference": "VOIES-14", "type": T,
          "date_lancement": date(today.year - 1, 6, 2),
          "presentation": "Deux entreprises, une même obligation d'heures d'insertion, huit intérimaires sur place."},
         [L("Voies ferrées", "travaux-publics.voies-ferrees", "45234100", 2_400_000, date(today.year - 1, 11, 1), 18,
            ["rail"], "1", clause=True, commune="14118"),
          L("Ouvrages d'art", "travaux-publics.ouvrages-art", "45221000", 1_350_000, date(today.year - 1, 11, 1), 18,
            ["genie-civil"], "2", clause=True, critere=True, commune="14118")]),
        ("recygo", "la-poste",
         {"objet": "Tri des papiers de bureau collectés (offre Recygo)", "reference": "RECYGO", "type": S,
          "nature": NatureContrat.PRIVE,
          "presentation": "Accord-cadre de cotraitance entre un groupe, son entreprise d'insertion et des ESAT, sur "
          "trois de ses six sites."},
         [L(f"Site de {ville}", "dechets.tri", "90514000", montant, date(2015, 9, 1), 48, membres, str(rang),
            groupement={"nom": f"Tri des papiers – {ville}"})
          for rang, (ville, montant, membres) in enumerate([
              ("Buc", 210_000, ["nouvelle-attitude-buc", "esat-pierrat"]),
              ("Tours", 160_000, ["nouvelle-attitude-tours", "esat-genets"]),
              ("Lyon", 190_000, ["nouvelle-attitude-lyon", "apf"])], start=1)]),
        ("aubervilliers", "idf",
         {"objet": "Construction d'un bâtiment d'enseignement supérieur à Aubervilliers", "reference": "AUB-SUP",
          "type": T, "date_lancement": date(today.year - 2, 10, 6)},
         [L("Gros œuvre", "gros-oeuvre.construction", "45214400", 8_600_000, date(today.year - 1, 5, 1), 30,
            ["travaux-idf"], "1", clause=True, commune="93001"),
          L("Peinture et sols souples", "second-oeuvre.peinture", "45442100", 640_000, date(today.year, 2, 1), 14,
            ["travaux-idf"], "2", clause=True, commune="93001")]),
        ("plantations", "idf",
         {"objet": "Plantations du bâtiment d'enseignement supérieur d'Aubervilliers", "reference": "AUB-PLANT",
          "type": S, "operation_mere": "aubervilliers", "date_lancement": date(today.year - 1, 11, 3),
          "presentation": "Prestation sortie de l'opération de construction pour être réservée à l'insertion."},
         [replanting]),
        ("maintenance-lycees", "idf",
         {"objet": "Maintenance et petits travaux des lycées franciliens", "reference": "MAINT-LYC", "type": S,
          "date_lancement": date(today.year - 1, 3, 10), "est_accord_cadre": True,
          "montant_maximum": Decimal(1_200_000),
          "presentation": "Accord-cadre en lots fins, un par territoire\u00a0; chaque chantier est un marché "
                          "subséquent."},
         [L(f"Petits travaux – {nom}", "second-oeuvre.multiservices", "50700000", montant, date(today.year - 1, 9, 1),
            24, [titulaire], str(rang), reservation, True, commune=commune, reconductions=1, reconduction_mois=12)
          for rang, (nom, montant, titulaire, reservation, commune) in enumerate([
              ("Plaine Commune", 180_000, "regie-stains", Reservation.INSERTION, "93072"),
              ("Est Ensemble", 150_000, "resilience", Reservation.INSERTION, "93055"),
              ("Paris", 220_000, "travaux-idf", Reservation.AUCUNE, "75056")], start=1)]),
        ("subsequent-lycee", "idf",
         {"objet": "Reprise des peintures d'un internat (marché subséquent)", "reference": "MAINT-LYC-S1", "type": S,
          "accord_cadre": "maintenance-lycees", "date_lancement": date(today.year - 1, 11, 3)},
         [L("Peintures de l'internat", "second-oeuvre.peinture", "45442100", 38_000, date(today.year, 2, 1), 6,
            ["regie-stains"], "", Reservation.INSERTION, True, commune="93072")]),
        ("brouillon-abords", "calvados",
         {"objet": "Entretien des abords de huit collèges", "reference": "ABORDS", "type": S, "publie": False,
          "presentation": "Brouillon\u00a0: le Département hésite encore entre deux découpages en lots."},
         [L("Abords des collèges du Bessin", "espaces-verts.entretien", "77310000", 60_000,
            add_months(date(today.year, today.month, 1), 8), 12, [], "1", Reservation.INSERTION,
            reconductions=3, reconduction_mois=12)]),
        ("logiciels", "calvados",
         {"objet": "Licences d'un logiciel de gestion du personnel", "reference": "LOGICIELS", "type": F, **COMPARE,
          "date_lancement": today - timedelta(days=40), "montant_estime": Decimal(310_000),
          "presentation": "Au-dessus du seuil européen, sans condition sociale\u00a0: la dispense est motivée "
                          "et gardée au registre."},
         [L("Licences pour quatre ans", "numerique.tests", "48450000", 310_000,
            add_months(date(today.year, today.month, 1), 3), 48, [])]),
        ("toiture", "idf",
         {"objet": "Réfection de la toiture d'un gymnase", "reference": "TOITURE", "type": T, **COMPARE,
          "date_lancement": today - timedelta(days=25), "montant_estime": Decimal(5_600_000),
          "presentation": "Travaux de moins de six mois\u00a0: quatrième motif de dispense."},
         [L("Toiture du gymnase", "gros-oeuvre.couverture", "45261000", 5_600_000,
            add_months(date(today.year, today.month, 1), 6), 4, [], commune="93066")]),
        # What the cross-checks find.
        ("vitrerie", "calvados",
         {"objet": "Vitrerie des maisons des solidarités", "reference": "VITRES", "type": S,
          "date_lancement": date(today.year - 1, 9, 8),
          "presentation": "Imaginé pour la démonstration\u00a0: ses données appellent des vérifications."},
         [L("Vitrerie, secteur de Caen", "proprete.vitrerie", "90911300", 48_000, date(today.year, 1, 1), 24,
            ["proprete"], "1", Reservation.INSERTION),
          L("Vitrerie, secteur du Bessin", "proprete.vitrerie", "90911300", 44_000, date(today.year, 1, 1), 24,
            ["aire14"], "2", publie_apres=70)]),
        ("courrier", "calvados",
         {"objet": "Acheminement du courrier entre les sites du Département", "reference": "COURRIER", "type": S,
          "date_lancement": date(today.year - 2, 3, 4), "est_accord_cadre": True,
          "montant_maximum": Decimal(200_000),
          "presentation": "Imaginé pour la démonstration\u00a0: accord-cadre de cinq ans, sans justification."},
         [L("Navettes quotidiennes", "communication.distribution", "64110000", 150_000, date(today.year - 2, 7, 1), 60,
            ["proprete"], "", clause=True)]),
        ("formation", "idf",
         {"objet": "Formation professionnelle des demandeurs d'emploi – métiers du tertiaire", "reference": "FORM-TERT",
          "type": S, "date_lancement": date(today.year - 1, 8, 25),
          "presentation": "La clause y porte sur les fonctions support de l'organisme\u00a0: comptabilité, "
                          "secrétariat, entretien."},
         [L("Métiers du tertiaire", "formation.professionnelle", "80530000", 1_200_000, date(today.year, 1, 1), 24,
            ["formation"], "", clause=True, commune="93055")]),
        ("numerique", "idf",
         {"objet": "Recette de logiciels et assistance aux utilisateurs", "reference": "RECETTE", "type": S},
         [L("Tests fonctionnels et assistance de premier niveau", "numerique.tests", "72254000", 210_000,
            date(today.year, 4, 1), 24, ["acces"], "", Reservation.INSERTION, True)]),
    ]  # fmt: skip


# title, type, [(lot, sector, cpv, least and most in k€, firms, kinds of structures that could hold it)]
GABARITS = [
    ("Nettoyage des locaux et des écoles", S,
     [("Bureaux", "proprete.bureaux", "90919200", (60, 240), ["proprete"], {Kind.EI, Kind.ESAT}),
      ("Écoles", "proprete.ecoles", "90919300", (80, 300), ["proprete"], {Kind.EI}),
      ("Vitrerie", "proprete.vitrerie", "90911300", (20, 70), ["proprete"], {Kind.EI})]),
    ("Entretien des espaces verts", S,
     [("Parcs et jardins", "espaces-verts.entretien", "77311000", (60, 220), ["paysage"],
       {Kind.ESAT, Kind.ACI, Kind.EA}),
      ("Bords de rivière", "espaces-verts.espaces-naturels", "77312000", (20, 60), ["paysage"], {Kind.ACI})]),
    ("Rénovation énergétique d'un groupe scolaire", T,
     [("Maçonnerie", "gros-oeuvre.maconnerie", "45262522", (300, 900), ["bati"], {Kind.ACI}),
      ("Couverture", "gros-oeuvre.couverture", "45261000", (150, 500), ["couverture"], set()),
      ("Menuiseries", "second-oeuvre.menuiserie", "45421000", (120, 400), ["menuiserie"], set()),
      ("Peinture", "second-oeuvre.peinture", "45442100", (90, 260), ["peinture"], {Kind.EI, Kind.ACI}),
      ("Électricité", "second-oeuvre.electricite", "45311000", (110, 320), ["electricite"], set())]),
    ("Réhabilitation de logements", T,
     [("Second œuvre", "second-oeuvre.platrerie", "45410000", (400, 1400), ["bati"], set()),
      ("Nettoyage de fin de chantier", "proprete.specialise", "90911200", (20, 60), ["proprete"], {Kind.EI})]),
    ("Aménagement de voirie et de pistes cyclables", T,
     [("Terrassement et voirie", "travaux-publics.routes", "45233140", (500, 2200), ["voirie", "terrassement"], set()),
      ("Plantations", "espaces-verts.plantation", "77310000", (30, 110), ["paysage"], {Kind.ACI, Kind.ESAT})]),
    ("Restauration collective et livraison de repas", S,
     [("Repas livrés", "restauration.collective", "55520000", (200, 800), ["restauration"], {Kind.ESAT})]),
    ("Blanchisserie du linge plat et des vêtements", S,
     [("Blanchisserie", "textile.blanchisserie", "98310000", (60, 190), ["proprete"], {Kind.ESAT, Kind.EA})]),
    ("Numérisation d'archives", S,
     [("Numérisation", "administratif.numerisation", "79999100", (30, 120), ["formation"], {Kind.EA, Kind.ESAT})]),
]  # fmt: skip

"""The structures told by the founding stories; ten of their neighbours, which the stories do not name, are invented."""

from dataclasses import dataclass, field

from structures.enums import Kind, Mode

P, M, F = Mode.PRESTATION, Mode.MISE_A_DISPOSITION, Mode.FABRICATION


@dataclass(frozen=True)
class Fiche:
    """A structure told by the founding stories. `cle` names it in the other modules of the demonstration."""

    cle: str
    nom: str
    kind: Kind
    commune: str  # code INSEE
    activites: list  # (sector code, mode)
    zone: list = field(default_factory=list)  # (level, code)
    description: str = ""
    reseaux: tuple = ()
    groupe: str = ""
    siret: str = ""
    identifiant_source: str = ""
    rayon: int = 0  # km around the seat
    sans_siret: bool = False
    remplacee_par: str = ""  # cle of the card that took over
    plus: dict = field(default_factory=dict)


CALVADOS, EURE_ET_LOIR = [("departement", "14")], [("departement", "28")]
PLAINE_COMMUNE = [("commune", "93001"), ("commune", "93066"), ("commune", "93072")]
COLLEGES = [("renfort.colleges-lycees", M), ("renfort.cantine", M), ("proprete.ecoles", M)]

FICHES = [
    Fiche(
        "actif", "Actif", Kind.AI, "14118", [*COLLEGES, ("renfort.services-techniques", M)], CALVADOS,
        "Association intermédiaire de l'agglomération caennaise. Elle coordonne le groupement des associations "
        "intermédiaires du Calvados qui remplacent les agents techniques des collèges publics.",
        ("coorace",), "Actif & Dynamic",
    ),
    Fiche(
        "dynamic", "Dynamic", Kind.ETTI, "14118", [("renfort.interim", M), ("gros-oeuvre.aide-chantier", M)], CALVADOS,
        "Entreprise de travail temporaire d'insertion\u00a0: l'intérim y sert d'abord le parcours des personnes.",
        ("coorace",), "Actif & Dynamic",
    ),
    Fiche(
        "etiq", "EtiQ", Kind.EI, "14437", [("communication.impression", F), ("industrie.conditionnement", P)], CALVADOS,
        "Entreprise d'insertion dirigée par la même équipe qu'Actif et Dynamic.", ("coorace",), "Actif & Dynamic",
    ),
    Fiche(
        "aire14-ai", "Aire 14 – association intermédiaire", Kind.AI, "14327",
        [("renfort.services-techniques", M), ("proprete.bureaux", M)], CALVADOS,
        "Association intermédiaire du groupe Aire 14.", ("coorace",), "Aire 14",
    ),
    Fiche(
        "aire14", "Aire 14 – ateliers et chantiers", Kind.ACI, "14327",
        [("espaces-verts.entretien", P), ("communication.distribution", P), ("second-oeuvre.peinture", P),
         ("dechets.ordures-menageres", P)], [("epci", "200065597"), ("departement", "14")],
        "Espaces verts, restauration de bâtiments, appui aux services de gestion des déchets. Trois personnes de "
        "l'équipe sont formées au droit des marchés publics.",
        ("coorace", "chantier-ecole"), "Aire 14", plus={"part_marches_publics": 51, "annee_part": 2020},
    ),
    Fiche(
        "chantier-caen", "Les Chantiers de l'Orne", Kind.ACI, "14118",
        [("communication.distribution", P), ("dechets.decheterie", P)], CALVADOS,
        "Atelier et chantier d'insertion, mandataire du groupement qui distribue les calendriers de collecte.",
        ("chantier-ecole",),
    ),
    Fiche(
        "esat-caen", "ESAT des Trois Rivières", Kind.ESAT, "14341", [("espaces-verts.entretien", P)], CALVADOS,
        "Équipes d'espaces verts encadrées, sur site.", ("hosmoz",), identifiant_source="990000014",
        plus={"capacite": 85},
    ),
    Fiche(
        "esl", "ESL Emploi", Kind.ETTI, "14118",
        [("travaux-publics.voies-ferrees", M), ("industrie.soudure", M), ("gros-oeuvre.aide-chantier", M),
         ("second-oeuvre.sols", M), ("travaux-publics.terrassement", M)], CALVADOS,
        "Intérim d'insertion\u00a0: soudage, manœuvre, conduite d'engins, pose de revêtements.", ("coorace",),
    ),
    Fiche(
        "action-emploi", "Action Emploi", Kind.AI, "28140",
        [("restauration.scolaire", M), ("renfort.atsem", M), ("renfort.services-techniques", M),
         ("proprete.ecoles", M), ("espaces-verts.entretien", M)], EURE_ET_LOIR,
        "Association intermédiaire très présente auprès des communes\u00a0: cantines, remplacement d'ATSEM, services "
        "techniques l'été. Plus de la moitié de son activité vient des collectivités.",
        ("coorace",), siret="41950598700042", plus={"part_marches_publics": 50, "annee_part": 2019},
    ),
    Fiche(
        "petit-plus", "Le Petit Plus", Kind.EA, "93007",
        [("dechets.papiers-cartons", P), ("dechets.tri", P)], [("region", "11")],
        "Entreprise adaptée spécialisée dans la collecte et le recyclage\u00a0: environ 1\u00a0000 points de "
        "collecte en Île-de-France.", ("unea",),
    ),
    Fiche(
        "resilience", "Résilience", Kind.EI, "93007", [("proprete.bureaux", P), ("proprete.logements", P)],
        [("departement", "93")],
        "Entreprise d'insertion dirigée par la même équipe que Le Petit Plus, avec une chargée d'insertion commune.",
        ("fei",),
    ),
    *[
        Fiche(
            f"regie-{cle}", f"Régie de quartier {nom}", Kind.EI, insee,
            [("dechets.papiers-cartons", P), ("proprete.espace-public", P), ("espaces-verts.entretien", P)],
            PLAINE_COMMUNE, "Régie conventionnée entreprise d'insertion\u00a0: elle emploie les habitants du quartier.",
            ("cnlrq",),
        )
        for cle, nom, insee in [
            ("aubervilliers", "d'Aubervilliers", "93001"),
            ("pierrefitte", "de Pierrefitte", "93066"),
            ("saint-denis", "de Saint-Denis", "93066"),
            ("stains", "de Stains", "93072"),
        ]
    ],
    *[
        Fiche(
            f"nouvelle-attitude-{cle}", f"Nouvelle Attitude – {ville}", Kind.EI, insee,
            [("dechets.tri", P), ("dechets.papiers-cartons", P)], [("departement", insee[:2])],
            "Tri des papiers de bureau collectés par La Poste (offre Recygo), avec des équipes d'ESAT sur place.",
            ("fei",), siret=siret,
        )
        for cle, ville, insee, siret in [
            ("buc", "Buc", "78117", ""),
            ("tours", "Joué-lès-Tours", "37122", "49376467400112"),
            ("lyon", "Mions", "69283", "49376467400146"),
        ]
    ],
    Fiche(
        "esat-pierrat", "ESAT Jean Pierrat", Kind.ESAT, "78117", [("dechets.tri", P)], [("departement", "78")],
        "Une équipe travaille dans l'atelier de tri de Buc.", ("hosmoz",), siret="38069051100320",
        identifiant_source="780700779", plus={"capacite": 11},
    ),
    Fiche(
        "esat-genets", "ESAT Les Genêts d'Or", Kind.ESAT, "29151",
        [("dechets.tri", P), ("industrie.conditionnement", P)],
        [("departement", "29")], "Opérations de tri confiées à l'atelier.", ("hosmoz",), identifiant_source="990000029",
    ),
    Fiche(
        "apf", "APF Entreprises – atelier de tri", Kind.ESAT, "69283", [("dechets.tri", P)], [("departement", "69")],
        "Une équipe détachée sur le site de tri de l'agglomération lyonnaise.", ("hosmoz",),
        identifiant_source="990000069",
    ),
    Fiche(
        "acces", "Acces, Inclusive Tech", Kind.EI, "93066",
        [("numerique.tests", P), ("numerique.support", P), ("administratif.saisie", P)], [("region", "11")],
        "Entreprise d'insertion du numérique créée avec une fondation d'entreprise\u00a0: tests d'applications, "
        "assistance de premier niveau, saisie et contrôle de dossiers.", ("fei",), siret="82200166500030",
    ),
    Fiche(
        "lemon-aide", "Lemon Aide", Kind.EI, "93055",
        [("dechets.tri", P), ("dechets.papiers-cartons", P)], [("region", "11")],
        "Entreprise d'insertion née d'une alliance entre une jeune entreprise du recyclage, une fondation et un "
        "industriel.", ("fei",), siret="82162170300023",
    ),
    Fiche(
        "evreux-proprete", "Propreté des Quatre Vallées", Kind.EI, "27229",
        [("proprete.bureaux", P), ("proprete.ecoles", P), ("proprete.vitrerie", P)], [("departement", "27")],
        "Nettoyage de bureaux, d'écoles et de vitres dans tout le département de l'Eure.", ("fei",),
    ),
    Fiche(
        "louviers", "Les Ateliers de Louviers", Kind.ACI, "27375",
        [("proprete.logements", P), ("textile.blanchisserie", P)], [("departement", "27")],
        "Nettoyage de parties communes et blanchisserie.", ("chantier-ecole",),
    ),
    Fiche(
        "val-de-reuil", "ESAT du Vaudreuil", Kind.ESAT, "27701",
        [("proprete.bureaux", P), ("industrie.conditionnement", P)],
        [("departement", "27")], "Nettoyage de locaux, conditionnement à façon.", ("hosmoz",),
        identifiant_source="990000027", plus={"capacite": 62},
    ),
]  # fmt: skip

# The ten other associations of the Calvados group are not named by the story: these names are invented.
AI_CALVADOS = [
    ("bessin", "Bessin Services", "14047"), ("auge", "Pays d'Auge Emploi", "14366"),
    ("bocage", "Bocage Solidarité", "14762"), ("falaise", "Emploi en pays de Falaise", "14258"),
    ("touques", "Coup de pouce Touques", "14514"), ("estuaire", "Estuaire Emploi", "14333"),
    ("cote-fleurie", "Côte fleurie Services", "14715"), ("druance", "Druance Entraide", "14174"),
    ("nacre", "Nacre Emploi", "14228"), ("isigny", "Relais d'Isigny", "14342"),
]  # fmt: skip
FICHES += [
    Fiche(f"ai-{cle}", nom, Kind.AI, insee, COLLEGES, CALVADOS, "Association intermédiaire du Calvados.", ("coorace",))
    for cle, nom, insee in AI_CALVADOS
]
FICHES += [
    Fiche(
        f"ai-28-{cle}", nom, Kind.AI, insee, [("proprete.ecoles", M), ("renfort.colleges-lycees", M)], EURE_ET_LOIR,
        "Association intermédiaire d'Eure-et-Loir.", ("coorace",),
    )
    for cle, nom, insee in [
        ("chartres", "Beauce Emploi", "28085"), ("dreux", "Drouais Services", "28134"),
        ("dunois", "Dunois Entraide", "28088"), ("perche", "Perche Solidarité", "28280"),
    ]
]  # fmt: skip

"""The structures of the founding stories, and some 270 invented ones spread over the whole country."""

import random
from dataclasses import dataclass, field
from datetime import date

from portal.pages.demo.identites import Registre
from structures.enums import Kind, Mode, Origine
from structures.models import Activite, Commune, GroupeEconomique, Reseau, Secteur, Structure
from structures.search_index import reindex
from structures.zones import Geography, make_zone

P, M, F = Mode.PRESTATION, Mode.MISE_A_DISPOSITION, Mode.FABRICATION
INVENTED = 270
PER_DEPARTEMENT = 2

RESEAUX = {
    "coorace": ("Coorace", "Entreprises d'utilité sociale territoriale."),
    "fei": ("Fédération des entreprises d'insertion", "Entreprises d'insertion et de travail temporaire d'insertion."),
    "cnlrq": ("Mouvement des régies", "Régies de quartier et de territoire."),
    "chantier-ecole": ("Chantier école", "Ateliers et chantiers d'insertion."),
    "unea": ("Unea", "Entreprises adaptées."),
    "hosmoz": ("Hosmoz", "ESAT et entreprises adaptées."),
    "ffgeiq": ("Fédération française des GEIQ", "Groupements d'employeurs pour l'insertion et la qualification."),
}


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
    plus: dict = field(default_factory=dict)


CALVADOS, EURE_ET_LOIR = [("departement", "14")], [("departement", "28")]
PLAINE_COMMUNE = [("commune", "93001"), ("commune", "93066"), ("commune", "93072")]
COLLEGES = [("renfort.colleges-lycees", M), ("renfort.cantine", M), ("proprete.ecoles", M)]

FICHES = [
    Fiche(
        "actif", "Actif", Kind.AI, "14118", [*COLLEGES, ("renfort.services-techniques", M)], CALVADOS,
        "Association intermédiaire de l'agglomération caennaise. Elle coordonne le groupement des associations "
        "intermédiaires du Calvados qui remplacent les agents techniques des collèges publics.",
        ("coorace",), "Actif & Dynamic", plus={"effectif": 12},
    ),
    Fiche(
        "dynamic", "Dynamic", Kind.ETTI, "14118", [("renfort.interim", M), ("gros-oeuvre.aide-chantier", M)], CALVADOS,
        "Entreprise de travail temporaire d'insertion : l'intérim y sert d'abord le parcours des personnes.",
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
        "Intérim d'insertion : soudage, manœuvre, conduite d'engins, pose de revêtements.", ("coorace",),
    ),
    Fiche(
        "action-emploi", "Action Emploi", Kind.AI, "28140",
        [("restauration.scolaire", M), ("renfort.atsem", M), ("renfort.services-techniques", M),
         ("proprete.ecoles", M), ("espaces-verts.entretien", M)], EURE_ET_LOIR,
        "Association intermédiaire très présente auprès des communes : cantines, remplacement d'ATSEM, services "
        "techniques l'été. Plus de la moitié de son activité vient des collectivités.",
        ("coorace",), siret="41950598700042", plus={"part_marches_publics": 50, "annee_part": 2019},
    ),
    Fiche(
        "petit-plus", "Le Petit Plus", Kind.EA, "93007",
        [("dechets.papiers-cartons", P), ("dechets.tri", P)], [("region", "11")],
        "Entreprise adaptée spécialisée dans la collecte et le recyclage : environ 1 000 points de collecte en "
        "Île-de-France.", ("unea",),
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
            PLAINE_COMMUNE, "Régie conventionnée entreprise d'insertion : elle emploie les habitants du quartier.",
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
        "Entreprise d'insertion du numérique créée avec une fondation d'entreprise : tests d'applications, assistance "
        "de premier niveau, saisie et contrôle de dossiers.", ("fei",), siret="82200166500030",
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

# kind: (weight, names, activities to draw from, network)
MODELES = {
    Kind.ACI: (
        28,
        ["Les Jardins de la Source", "Les Chantiers du Canal", "Terre d'ouvrage", "La Serre partagée",
         "Pierres et sentiers", "La Ressourcerie du Faubourg", "Les Mains vertes", "Bâtir autrement",
         "L'Atelier du lavoir", "Rivières et chemins"],
        ["espaces-verts.entretien", "espaces-verts.espaces-naturels", "reemploi.ressourcerie", "gros-oeuvre.maconnerie",
         "alimentation.fruits-legumes", "second-oeuvre.peinture", "textile.couture", "proprete.espace-public",
         "espaces-verts.plantation"], "chantier-ecole",
    ),
    Kind.EI: (
        22,
        ["Propre et juste", "Passerelle Bâtiment", "Recycl'avenir", "Services et parcours", "Tremplin Multiservices",
         "La Boucle verte", "Cap Second Œuvre", "Table commune", "Logis et parcours"],
        ["proprete.bureaux", "proprete.logements", "second-oeuvre.peinture", "dechets.tri", "dechets.decheterie",
         "restauration.traiteur", "transport.demenagement", "gros-oeuvre.rehabilitation", "numerique.support",
         "reemploi.appareils"], "fei",
    ),
    Kind.ESAT: (
        18,
        ["ESAT Les Tilleuls", "ESAT du Moulin", "ESAT La Clairière", "ESAT Les Ajoncs", "ESAT du Vieux Pont",
         "ESAT L'Horizon", "ESAT Les Cèdres"],
        ["espaces-verts.entretien", "industrie.conditionnement", "textile.blanchisserie", "industrie.assemblage",
         "restauration.collective", "communication.impression", "proprete.bureaux"], "hosmoz",
    ),
    Kind.AI: (
        12,
        ["Emploi de proximité", "Relais Services", "Solidarité Emploi", "Coup de main", "Entraide et travail"],
        ["renfort.services-techniques", "renfort.atsem", "renfort.cantine", "proprete.ecoles",
         "renfort.colleges-lycees", "social.aide-domicile"], "coorace",
    ),
    Kind.EA: (
        9,
        ["Ateliers adaptés du Bastion", "Compétences adaptées", "L'Atelier des talents", "Façonnage adapté"],
        ["administratif.numerisation", "dechets.papiers-cartons", "industrie.electronique", "espaces-verts.entretien",
         "communication.impression", "administratif.courrier"], "unea",
    ),
    Kind.ETTI: (
        7, ["Intérim Tremplin", "Passerelle Intérim", "Parcours Intérim"],
        ["renfort.interim", "gros-oeuvre.aide-chantier", "travaux-publics.terrassement", "transport.manutention"],
        "fei",
    ),
    Kind.GEIQ: (
        3, ["GEIQ Bâtiment", "GEIQ Multisectoriel", "GEIQ Propreté"],
        ["renfort.interim", "gros-oeuvre.construction", "travaux-publics.routes"], "ffgeiq",
    ),
    Kind.EATT: (1, ["Intérim adapté"], ["renfort.interim", "renfort.administratif"], "unea"),
}  # fmt: skip
LENDERS = {Kind.AI, Kind.ETTI, Kind.GEIQ, Kind.EATT}


def load(today: date) -> dict[str, Structure]:
    """Make every structure with its activities and zones; `cle` → Structure (invented ones under « inv-… »)."""
    registre, draw = Registre(), random.Random(14)
    secteurs = {secteur.code: secteur for secteur in Secteur.objects.all()}
    reseaux = {
        slug: Reseau.objects.get_or_create(slug=slug, defaults={"nom": nom, "presentation": texte})[0]
        for slug, (nom, texte) in RESEAUX.items()
    }
    communes = Commune.objects.select_related("departement").in_bulk({fiche.commune for fiche in FICHES})
    cards, geography = {}, Geography.read()
    for fiche in FICHES:
        organisation = registre.organisation(fiche.nom, communes[fiche.commune], siret=fiche.siret)
        cards[fiche.cle] = _card(fiche, organisation, communes[fiche.commune], today)
    for fiche in [*FICHES, *_invented(draw, registre, cards, today)]:
        card = cards[fiche.cle]
        card.reseaux.set([reseaux[slug] for slug in fiche.reseaux])
        if fiche.groupe:
            card.groupe, _ = GroupeEconomique.objects.get_or_create(nom=fiche.groupe)
            card.save_without_historical_record()
        zone = make_zone(fiche.zone, geography=geography) if fiche.zone else None
        Activite.objects.bulk_create(
            [
                Activite(structure=card, secteur=secteurs[code], mode=mode, zone=zone, origine=Origine.DECLAREE)
                for code, mode in fiche.activites
            ],
            ignore_conflicts=True,
        )
    reindex([card.pk for card in cards.values()])
    return cards


def _card(fiche: Fiche, organisation, commune: Commune, today: date) -> Structure:
    structure = Structure(
        organisation=organisation,
        kind=fiche.kind,
        identifiant_source=fiche.identifiant_source,
        nom=fiche.nom,
        description=fiche.description,
        ville=commune.nom,
        code_postal=commune.codes_postaux.split()[0] if commune.codes_postaux else "",
        commune=commune,
        departement=commune.departement,
        latitude=commune.latitude,
        longitude=commune.longitude,
        convention_debut=date(today.year - 1, 1, 1) if fiche.kind != Kind.ESAT else None,
        convention_fin=date(today.year + 1, 12, 31) if fiche.kind != Kind.ESAT else None,
        source="données de démonstration",
        donnees_du=today,
        fictive=True,
        **fiche.plus,
    )
    existing = Structure.objects.filter(
        organisation=organisation, kind=fiche.kind, identifiant_source=fiche.identifiant_source
    ).first()
    if existing:  # a real file was imported first: its card stays, and receives the activities told here
        return existing
    structure.save_without_historical_record()
    return structure


def _invented(draw: random.Random, registre: Registre, cards: dict, today: date) -> list[Fiche]:
    """Draw `INVENTED` structures: two in each département at least, the rest by population. Fills `cards`."""
    by_departement: dict[str, list[Commune]] = {}
    for commune in (
        Commune.objects.filter(parente=None, latitude__isnull=False, departement__isnull=False)
        .select_related("departement")
        .order_by("-population", "code")[:6000]
    ):
        by_departement.setdefault(commune.departement_id, []).append(commune)
    places = [place for towns in by_departement.values() for place in towns[:PER_DEPARTEMENT]]
    largest = sorted((towns[0] for towns in by_departement.values()), key=lambda town: (-town.population, town.code))
    places += largest[: INVENTED - len(places)]
    kinds, weights = list(MODELES), [MODELES[kind][0] for kind in MODELES]
    fiches = []
    for rank, commune in enumerate(places):
        kind = draw.choices(kinds, weights)[0]
        _, names, trades, reseau = MODELES[kind]
        mode = M if kind in LENDERS else P
        fiche = Fiche(
            f"inv-{rank}", f"{draw.choice(names)} – {commune.nom}", kind, commune.code,
            [(code, mode) for code in draw.sample(trades, k=min(len(trades), draw.choice([1, 2, 2, 3])))],
            draw.choice([
                [("departement", commune.departement_id)],
                [("departement", commune.departement_id)],
                [("epci", commune.epci_id)] if commune.epci_id else [("commune", commune.code)],
                [("region", commune.departement.region_id)] if kind in {Kind.EA, Kind.EI} else [],
            ]),
            reseaux=(reseau,) if draw.random() < 0.6 else (),
            identifiant_source=f"99{rank:07d}" if kind == Kind.ESAT else "",
            plus={"capacite": draw.randrange(20, 140)} if kind == Kind.ESAT else {},
        )  # fmt: skip
        cards[fiche.cle] = _card(fiche, registre.organisation(fiche.nom, commune), commune, today)
        fiches.append(fiche)
    return fiches

"""Invented cards that show what happens rarely: zones of every sort, a convention that ended, a card that moved; and
enough gardeners in Normandie for a whole contract to be reserved there."""

from portal.pages.demo.annuaire import CALVADOS, F, Fiche, M, P
from structures.enums import Kind

ISERE = ["38185", "38421", "38151", "38544", "38053", "38169", "38563", "38553", "38229", "38193", "38382", "38485"]
CONVENTIONS_FINIES = frozenset({"cas-convention"})

CAS = [
    Fiche(
        "cas-rayon", "Les Sentiers d'Écouves", Kind.ACI, "61001",
        [("espaces-verts.espaces-naturels", P), ("travaux-publics.clotures", P)], rayon=60,
        description="Chantier qui ouvre des sentiers, pose des clôtures et entretient des mares, à une heure de route "
        "d'Alençon, dans l'Orne comme dans la Sarthe et la Mayenne.", reseaux=("chantier-ecole",),
    ),
    Fiche(
        "cas-epci", "Rue nette en pays d'Alençon", Kind.EI, "61001", [("proprete.espace-public", P)],
        [("epci", "246100663")], "Propreté des rues et des marchés dans une intercommunalité à cheval sur deux "
        "départements et deux régions.", ("fei",),
    ),
    Fiche(
        "cas-communes", "L'Atelier des Trois Massifs", Kind.EA, "38185",
        [("industrie.conditionnement", P), ("industrie.assemblage", F)], [("commune", code) for code in ISERE],
        "Conditionnement et petit assemblage, livrés dans douze communes desservies par une tournée quotidienne.",
        ("unea",),
    ),
    Fiche(
        "cas-france", "Archives de l'Estuaire", Kind.EA, "44109",
        [("administratif.numerisation", P), ("administratif.saisie", P)], [("france", "")],
        "Numérisation de fonds d'archives et saisie de dossiers\u00a0: enlèvement et retour dans toute la France, y "
        "compris outre-mer.", ("unea",),
    ),
    Fiche(
        "cas-sans-zone", "La Varlope du lac", Kind.EI, "74010",
        [("second-oeuvre.menuiserie", P), ("industrie.bois", F)],
        description="Menuiserie d'agencement et mobilier en bois massif. La structure n'a pas encore dit où elle "
        "intervient.", reseaux=("fei",),
    ),
    Fiche(
        "cas-paris", "La Table des Peupliers", Kind.EI, "75113",
        [("restauration.traiteur", P), ("restauration.restaurant", P)], [("commune", "75113"), ("commune", "75105")],
        "Traiteur et restaurant de quartier\u00a0: buffets livrés à vélo dans le sud-est de Paris.", ("fei",),
    ),
    Fiche(
        "cas-corse", "Murs et maquis", Kind.ACI, "2A004",
        [("espaces-verts.espaces-naturels", P), ("gros-oeuvre.maconnerie", P)], [("departement", "2A")],
        "Débroussaillement contre le feu et reprise de murs en pierre sèche.", ("chantier-ecole",),
    ),
    Fiche(
        "cas-reunion", "Ravine nette", Kind.ACI, "97411",
        [("proprete.espace-public", P), ("espaces-verts.espaces-naturels", P)], [("departement", "974")],
        "Entretien de ravines et de plages, lutte contre les plantes envahissantes.", ("chantier-ecole",),
    ),
    Fiche(
        "cas-convention", "Le Fil du Bessin", Kind.EI, "14047", [("textile.blanchisserie", P)], CALVADOS,
        "Blanchisserie de linge plat. Sa dernière convention connue est arrivée à son terme.", ("fei",),
    ),
    Fiche(
        "cas-eiti", "Pignon sur rue", Kind.EITI, "59350",
        [("transport.livraison", P), ("communication.distribution", P)], [("departement", "59")],
        "Coursiers à vélo indépendants, accompagnés pour trouver et tenir leurs contrats.",
    ),
    Fiche(
        "cas-eatt", "Intérim adapté du Bocage", Kind.EATT, "14118",
        [("renfort.interim", M), ("renfort.administratif", M)], CALVADOS,
        "Intérim de personnes reconnues travailleurs handicapés\u00a0: accueil, saisie, manutention légère.", ("unea",),
    ),
    Fiche(
        "cas-sep", "Atelier de production du Val d'Iton", Kind.SEP, "27701", [("industrie.conditionnement", F)],
        [("region", "28")], "Conditionnement à façon par des personnes détenues, payées et formées.",
    ),
    Fiche(
        "cas-esat-sans-siret", "ESAT La Haie fleurie", Kind.ESAT, "50025",
        [("espaces-verts.entretien", P), ("espaces-verts.plantation", P)], [("departement", "50")],
        "Équipes d'espaces verts. Le fichier d'origine donne son numéro FINESS, pas son SIRET.", ("hosmoz",),
        identifiant_source="990000050", sans_siret=True, plus={"capacite": 40},
    ),
    Fiche(
        "cas-retiree", "La Lavandière du port", Kind.EI, "14488", [("proprete.ecoles", P)], CALVADOS,
        "Nettoyage d'écoles. Fiche retirée de l'annuaire à la demande de la structure.", plus={"publiee": False},
    ),
    Fiche(
        "cas-ancienne", "Les Ateliers de Louviers – ancien site", Kind.ACI, "27375", [("proprete.ecoles", P)],
        [("departement", "27")], "Ancienne adresse\u00a0: l'activité a rejoint l'autre site.", remplacee_par="louviers",
    ),
]  # fmt: skip
RARES = frozenset(fiche.cle for fiche in CAS)

# commune of the seat, kind, name: all of them invented
_NORMANDIE = [
    ("14366", Kind.ACI, "Les Vergers de la Touques"), ("14762", Kind.EA, "Vire Paysage adapté"),
    ("14047", Kind.ACI, "Haies et talus"), ("14431", Kind.ESAT, "ESAT du Val de Dives"),
    ("14061", Kind.ACI, "Le Chantier des petites rivières"), ("14258", Kind.EI, "Espaces verts de l'Ante"),
    ("14333", Kind.ACI, "Les Jardins de la Lieutenance"), ("27229", Kind.EA, "Iton Paysage adapté"),
    ("27681", Kind.ESAT, "ESAT de la Boucle de Seine"), ("27284", Kind.ACI, "Les Prairies de l'Epte"),
    ("27467", Kind.EI, "Risle Espaces verts"), ("27056", Kind.ESAT, "ESAT de la Charentonne"),
    ("27679", Kind.ACI, "Les Jardins d'Avre"), ("50129", Kind.EI, "Rade Nature et Services"),
    ("50502", Kind.ESAT, "ESAT des Remparts de la Vire"), ("50218", Kind.ACI, "Les Landes de la baie"),
    ("50025", Kind.ACI, "Grève et bocage"), ("50147", Kind.ESAT, "ESAT de la Soulles"),
    ("50615", Kind.EA, "Cotentin Paysage adapté"), ("61001", Kind.ESAT, "ESAT de la Haute Sarthe"),
    ("61169", Kind.EI, "Vère Paysage"), ("61006", Kind.ACI, "Les Rives de l'Orne"),
    ("61214", Kind.ESAT, "ESAT des Forges de Risle"), ("61293", Kind.ACI, "Le Potager du Perche"),
    ("76351", Kind.EI, "Estuaire Espaces verts"), ("76540", Kind.EA, "Robec Paysage adapté"),
    ("76217", Kind.ACI, "Les Valleuses"), ("76259", Kind.ESAT, "ESAT de la Valmont"),
    ("76231", Kind.ACI, "La Boucle des jardins"), ("76108", Kind.EI, "Plateau Paysage"),
]  # fmt: skip
_SECONDS = ["espaces-verts.plantation", "espaces-verts.espaces-naturels", "espaces-verts.creation",
            "espaces-verts.elagage"]  # fmt: skip
_RESEAU_OF = {Kind.ACI: "chantier-ecole", Kind.EI: "fei", Kind.EA: "unea", Kind.ESAT: "hosmoz"}
_WORDS = [
    "Tonte, taille et désherbage sans produit chimique, par des équipes encadrées qui apportent leur matériel.",
    "Entretien de parcs, de cimetières et d'abords de bâtiments publics\u00a0; plantations à l'automne et au "
    "printemps.",
    "Équipes de six à huit personnes pour l'entretien courant, la fauche tardive et le paillage des massifs.",
]

CAS += [
    Fiche(
        f"ev-{rank}", nom, kind, insee, [("espaces-verts.entretien", P), (_SECONDS[rank % len(_SECONDS)], P)],
        [("region", "28")] if kind == Kind.EA else [("departement", insee[:2])], _WORDS[rank % len(_WORDS)],
        (_RESEAU_OF[kind],) if rank % 3 else (), identifiant_source=f"9900001{rank:02d}" if kind == Kind.ESAT else "",
        plus={"capacite": 35 + 5 * (rank % 9)} if kind == Kind.ESAT else {},
    )
    for rank, (insee, kind, nom) in enumerate(_NORMANDIE)
]  # fmt: skip

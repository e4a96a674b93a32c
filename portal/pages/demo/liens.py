"""What ties the cards together: joint ventures and their founders, standing alliances."""

from datetime import date

from marches.models import Alliance, MembreAlliance
from structures.models import CoEntreprise, Fondateur, Secteur, Structure
from structures.zones import make_zone

# key of the card: name, purpose, follow-up of the impact, founders (name, key of a card, what they bring)
CO_ENTREPRISES = [
    ("acces", "Acces, Inclusive Tech",
     "Ouvrir les métiers du numérique, en tension, à des personnes que l'insertion oriente d'habitude vers des métiers "
     "manuels\u00a0: tests d'applications, assistance aux utilisateurs, traitement de dossiers.",
     "Sorties vers l'emploi et heures de formation reçues, revues deux fois par an avec les fondateurs.",
     [("Ares", "", "Recrutement et accompagnement social des salariés en parcours"),
      ("Fondation Accenture", "", "Formation au numérique par des bénévoles, appui commercial")]),
    ("lemon-aide", "Lemon Aide",
     "Confier la collecte et le conditionnement de matières recyclables à des équipes en insertion, pour donner une "
     "utilité sociale à une activité de recyclage qui grandit.",
     "Effets mesurés avec les outils d'un fonds d'entreprise, puis objectifs corrigés chaque année.",
     [("Lemon Tri", "", "Clients, logistique et savoir-faire du recyclage"),
      ("Fondation Agir contre l'exclusion (FACE)", "", "Réseau de l'insertion et de l'emploi"),
      ("Fonds Danone pour l'écosystème", "", "Financement et mesure de l'impact")]),
]  # fmt: skip

ALLIANCES = [
    ("Associations intermédiaires d'Eure-et-Loir",
     "Cinq associations qui se connaissent et se partagent le département\u00a0: entretien des lycées, écoles, "
     "remplacements. Elles avaient l'habitude de travailler ensemble avant de répondre, en quinze jours, à la Région.",
     ["proprete.ecoles", "renfort.colleges-lycees"], [("departement", "28")], date(2013, 9, 1),
     "Chaque association répond pour les établissements proches d'elle\u00a0; une voix par association.",
     [("action-emploi", True, "Coordination et facturation"), ("ai-28-chartres", False, ""),
      ("ai-28-dreux", False, ""), ("ai-28-dunois", False, ""), ("ai-28-perche", False, "")]),
    ("Associations intermédiaires du Calvados",
     "Les associations qui remplacent ensemble les agents des collèges, prêtes à répondre de nouveau, lot par lot.",
     ["renfort.colleges-lycees", "espaces-verts.entretien"], [("departement", "14")], date(2019, 4, 1),
     "Actif coordonne\u00a0; chaque association répond pour son secteur.",
     [("actif", True, "Coordination et facturation"), ("ai-bessin", False, "Bessin"), ("ai-auge", False, "Pays d'Auge"),
      ("ai-bocage", False, "Bocage"), ("ai-falaise", False, "Pays de Falaise")]),
    ("Collecter et trier en Plaine Commune",
     "Une entreprise adaptée et quatre régies de quartier réunies pour la collecte des papiers et des "
     "cartons\u00a0: les compétences du recyclage d'un côté, la connaissance des quartiers de l'autre.",
     ["dechets.papiers-cartons"], [("commune", "93001"), ("commune", "93066"), ("commune", "93072")],
     date(2015, 11, 3), "Cinq membres, cinq voix égales.",
     [("petit-plus", True, "Méthode, matériel, sécurité, encadrement"),
      ("regie-aubervilliers", False, "Collecteurs"), ("regie-pierrefitte", False, "Collecteurs"),
      ("regie-saint-denis", False, "Collecteurs"), ("regie-stains", False, "Collecteurs")]),
]  # fmt: skip


def load(cards: dict[str, Structure]) -> None:
    _co_entreprises(cards)
    _alliances(cards)


def _co_entreprises(cards) -> None:
    for cle, nom, objet, impact, founders in CO_ENTREPRISES:
        venture = CoEntreprise.objects.create(
            nom=nom, objet=objet, creee_en=2016, structure=cards[cle], plan_impact=impact, fictive=True,
            source="étude sur la coopération entre acteurs solidaires et entreprises",
        )  # fmt: skip
        Fondateur.objects.bulk_create(
            Fondateur(co_entreprise=venture, nom=name, structure=cards.get(card), apport=apport, rang=rang)
            for rang, (name, card, apport) in enumerate(founders)
        )


def _alliances(cards) -> None:
    for nom, objet, codes, places, since, gouvernance, members in ALLIANCES:
        alliance = Alliance.objects.create(
            nom=nom, objet=objet, depuis=since, gouvernance=gouvernance, zone=make_zone(places), fictive=True
        )
        alliance.secteurs.set(Secteur.objects.filter(code__in=codes))
        MembreAlliance.objects.bulk_create(
            MembreAlliance(alliance=alliance, structure=cards[cle], pilote=pilote, apport=apport, rang=rang)
            for rang, (cle, pilote, apport) in enumerate(members)
        )

"""What people did with the directory: joint ventures, alliances, lists, messages, purchases, a claim."""

import random
from datetime import date, timedelta
from decimal import Decimal

from marches.models import AchatRealise, Alliance, FichierAchats, MembreAlliance
from portal.models import User
from structures.enums import EtatDemande, Sens
from structures.models import (
    CoEntreprise,
    Echange,
    Favori,
    Fondateur,
    ListeFavoris,
    MessageEchange,
    Organisation,
    RechercheEnregistree,
    Revendication,
    Secteur,
    Structure,
)
from structures.zones import make_zone

# key of the card: name, purpose, follow-up of the impact, founders (name, key of a card, what they bring)
CO_ENTREPRISES = [
    ("acces", "Acces, Inclusive Tech",
     "Ouvrir les métiers du numérique, en tension, à des personnes que l'insertion oriente d'habitude vers des métiers "
     "manuels : tests d'applications, assistance aux utilisateurs, traitement de dossiers.",
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
     "Cinq associations qui se connaissent et se partagent le département : entretien des lycées, écoles, "
     "remplacements. Elles avaient l'habitude de travailler ensemble avant de répondre, en quinze jours, à la Région.",
     ["proprete.ecoles", "renfort.colleges-lycees"], [("departement", "28")], date(2013, 9, 1),
     "Chaque association répond pour les établissements proches d'elle ; une voix par association.",
     [("action-emploi", True, "Coordination et facturation"), ("ai-28-chartres", False, ""),
      ("ai-28-dreux", False, ""), ("ai-28-dunois", False, ""), ("ai-28-perche", False, "")]),
    ("Collecter et trier en Plaine Commune",
     "Une entreprise adaptée et quatre régies de quartier réunies pour la collecte des papiers et des cartons : les "
     "compétences du recyclage d'un côté, la connaissance des quartiers de l'autre.",
     ["dechets.papiers-cartons"], [("commune", "93001"), ("commune", "93066"), ("commune", "93072")],
     date(2015, 11, 3), "Cinq membres, cinq voix égales.",
     [("petit-plus", True, "Méthode, matériel, sécurité, encadrement"),
      ("regie-aubervilliers", False, "Collecteurs"), ("regie-pierrefitte", False, "Collecteurs"),
      ("regie-saint-denis", False, "Collecteurs"), ("regie-stains", False, "Collecteurs")]),
]  # fmt: skip

LISTE = ("Collèges : entretien et remplacements", "Structures à consulter pour le renouvellement du marché.")
FAVORIS = [
    ("actif", "Mandataire du marché actuel ; répond vite."),
    ("ai-bessin", "Suit trois collèges du Bessin."),
    ("aire14", "À solliciter pour les espaces verts en hiver."),
    ("esat-caen", ""),
]
CATEGORIES = {"proprete": "Propreté", "espaces-verts": "Espaces verts", "renfort": "Renfort de personnel",
              "communication": "Communication", "dechets": "Déchets"}  # fmt: skip
KEPT_MONTHS = 6


def load(cards: dict[str, Structure], acheteur: Organisation, today: date) -> None:
    """Everything; the accounts of the demonstration exist already."""
    user = User.objects.get(email="acheteur@demo.invalid")
    _co_entreprises(cards)
    _alliances(cards)
    _lists(cards, acheteur, user)
    _exchange(cards["aire14"], acheteur, user, today)
    _claim(cards)
    RechercheEnregistree.objects.create(
        user=user, nom="Espaces verts dans le Calvados", parametres="lieu=departement-14&secteur=espaces-verts"
    )
    _purchases(cards, acheteur, user, today)


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


def _lists(cards, acheteur: Organisation, user: User) -> None:
    liste = ListeFavoris.objects.create(organisation=acheteur, nom=LISTE[0], note=LISTE[1], par=user)
    Favori.objects.bulk_create(Favori(liste=liste, structure=cards[cle], note=note, par=user) for cle, note in FAVORIS)


def _exchange(card: Structure, acheteur: Organisation, user: User, today: date) -> None:
    echange = Echange.objects.create(
        structure=card, organisation=acheteur, sujet="Entretien des cours de collèges en hiver",
        a_effacer_le=today + timedelta(days=30 * KEPT_MONTHS),
    )  # fmt: skip
    MessageEchange.objects.create(
        echange=echange, sens=Sens.VERS_STRUCTURE, par=user,
        texte="Bonjour,\n\nNous préparons un marché de petits travaux de taille et de plantation dans six collèges. "
        "Auriez-vous une équipe disponible de janvier à mars ?\n\nLa mission achats responsables",
    )  # fmt: skip
    MessageEchange.objects.create(
        echange=echange, sens=Sens.VERS_ACHETEUR,
        texte="Bonjour,\n\nOui : une équipe de huit personnes et son encadrant, du 6 janvier au 20 mars. Nous pouvons "
        "venir voir les sites avant la publication.",
    )  # fmt: skip


def _claim(cards) -> None:
    """Somebody asks for a card of the network: its staff have something to decide."""
    user = User.objects.get(email="entreprise@demo.invalid")
    card = cards["ai-falaise"]
    Revendication.objects.create(
        structure=card, user=user, siret=card.organisation.identifiant, courriel="direction@falaise.invalid",
        fonction="Directeur", message="Je prends la suite de la directrice, partie en retraite.",
        etat=EtatDemande.EN_ATTENTE,
    )  # fmt: skip


def _purchases(cards, acheteur: Organisation, user: User, today: date) -> None:
    """Two years of purchase lines, about a twelfth of the amount from the directory."""
    draw = random.Random(64)
    ordinary = Organisation.objects.filter(fictive=True, structures=None, acheteur=None, titulaires__isnull=False)
    others = list(ordinary.order_by("pk").values_list("denomination", "identifiant").distinct())
    inclusive = [cards[cle] for cle in ("actif", "aire14", "esat-caen", "chantier-caen", "etiq", "dynamic")]
    sectors = {card.pk: activite.secteur for card in inclusive for activite in card.activites.select_related("secteur")}
    for year in (today.year - 2, today.year - 1):
        fichier = FichierAchats.objects.create(
            organisation=acheteur, nom=f"mandats-{year}.csv", empreinte=f"demonstration-{year}", par=user
        )
        lines = []
        for rank in range(240):
            card = inclusive[rank % len(inclusive)] if rank % 4 == 0 else None
            name, number = ("", "") if card else draw.choice(others)
            sector = sectors.get(card.pk) if card else None
            lines.append(
                AchatRealise(
                    fichier=fichier, organisation=acheteur, ligne=rank + 2, annee=year,
                    siret_fournisseur=card.organisation.identifiant if card else number,
                    fournisseur=card.nom if card else name,
                    montant=Decimal(draw.randrange(900, 14_000) if card else draw.randrange(2_000, 60_000)),
                    categorie=CATEGORIES.get(sector.code.split(".")[0], "Divers") if sector else draw.choice(
                        ["Énergie", "Fournitures", "Informatique", "Travaux"]),
                    entite=draw.choice(["Collèges", "Routes", "Moyens généraux"]),
                    structure=card, kind=card.kind if card else "", secteur=sector,
                    qpv=card.siege_qpv if card else None,
                )
            )  # fmt: skip
        AchatRealise.objects.bulk_create(lines)

"""The founding stories, told again in our own words: figures kept with their period, people named by their function.

Where a source contradicts itself, the figure is kept as it was said and marked « à vérifier ».
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from marches.models import Marche
from portal import images
from portal.pages.actions import reindex
from portal.pages.demo import illustrations
from portal.pages.models import ChiffreCle, Photo, Temoignage
from structures.models import Organisation, Structure


@dataclass(frozen=True)
class Chiffre:
    libelle: str
    valeur: str
    unite: str
    periode: str
    a_verifier: bool = False


@dataclass(frozen=True)
class Recit:
    titre: str
    chapeau: str
    corps: str
    fonction: str
    structures: list
    marches: list
    chiffres: list
    source: str
    entretien: date | None = None
    audience: str = Temoignage.Audience.PUBLIC
    statut: str = Temoignage.Statut.PUBLIE


RECITS = [
    Recit(
        "Onze associations, cinquante-huit collèges, un seul interlocuteur",
        "Dans le Calvados, les associations intermédiaires remplacent ensemble les agents des collèges publics. "
        "Une expérience devenue un marché de quatre ans.",
        """
Quand un agent d'entretien ou de cuisine manque dans un collège, il faut quelqu'un le lendemain. Aucune association
du département ne pouvait à elle seule couvrir tous les établissements ; onze d'entre elles ont décidé de le faire
ensemble.

## Un mandataire qui organise

Actif, l'association intermédiaire du groupe Actif & Dynamic, est à l'origine de l'idée. Elle a convaincu le
Département de tenter l'expérience, réparti les établissements et pris le rôle de mandataire. Elle suit elle-même
13 collèges, plus que chacun de ses partenaires.

## Se former avant de remplacer

Le groupement a aussi monté une formation collective, avec le réseau Coorace et l'opérateur de compétences des
entreprises de proximité : elle mène à une certification d'agent d'entretien et de restauration. À la sortie, des
missions sont proposées aux personnes formées.

## Ce qui a fait la différence

- **Un lot réservé** à l'insertion, qui donne sa chance à des associations locales.
- **Une coordination unique**, donc une seule adresse pour le Département.
- **Un essai avant l'engagement** : l'expérimentation a convaincu, le marché suivant a été conclu pour quatre ans.
""",
        "Direction d'un groupe économique solidaire",
        ["actif", "dynamic", "ai-bessin", "ai-auge", "ai-bocage"], ["colleges-pilote", "colleges"],
        [
            Chiffre("Associations intermédiaires dans le groupement", "11", "", "marché en cours jusqu'en 2025"),
            Chiffre("Collèges publics concernés", "58", "collèges", "marché en cours jusqu'en 2025"),
            Chiffre("Agents du Département dans ces collèges", "550", "agents", "marché en cours jusqu'en 2025"),
            Chiffre("Heures prévues", "25 000", "heures et plus", "les quatre années du marché", True),
            Chiffre("Personnes en mission", "170", "personnes", "les deux premières années"),
            Chiffre("Embauches par le Département", "37", "personnes", "les deux premières années", True),
            Chiffre("Personnes formées à qui une mission est proposée", "12", "personnes", "non précisée", True),
        ],
        "Réseau Coorace, retours d'adhérents sur la commande publique",
    ),
    Recit(
        "Quinze jours pour répondre\u00a0: la coopération était déjà là",
        "En Eure-et-Loir, des associations habituées à travailler ensemble ont emporté l'entretien des lycées, "
        "puis un marché d'espaces verts.",
        """
Plus de la moitié de l'activité d'Action Emploi vient des collectivités : cantines scolaires, remplacement d'ATSEM,
renfort des services techniques l'été. Des missions utiles, qui débouchent souvent sur un emploi durable.

## Aller voir la personne chargée des clauses

Une intercommunalité d'une cinquantaine de communes s'est créée, avec quelqu'un pour s'occuper des clauses sociales.
Après une formation de son réseau, l'association a demandé un rendez-vous, expliqué ce qu'une clause change pour un
territoire et aidé à l'écrire. La clause figure aujourd'hui dans tous les marchés de la collectivité.

## Le marché des lycées

La Région et le réseau ont signalé la consultation ; il restait quinze jours. Le groupement existait déjà, le dossier
est parti à temps. Depuis, chaque association a son lycée et son interlocuteur à la Région, et le marché est reconduit
tacitement d'année en année.

## Ce qui bloque encore

Une association intermédiaire met des personnes à disposition : **elle ne peut pas fournir de matériel**. Dès qu'un
cahier des charges l'exige, elle est écartée. La formation des salariés, elle, a souffert de dossiers en retard et de
financements incertains.
""",
        "Direction d'une association intermédiaire", ["action-emploi", "ai-28-chartres", "ai-28-dreux"],
        ["lycees", "espaces-verts-28"],
        [
            Chiffre("Part de l'activité réalisée avec des collectivités", "plus de 50", "%", "2019"),
            Chiffre("Délai pour répondre à la consultation des lycées", "15", "jours", "2016"),
            Chiffre("Communes de l'intercommunalité", "une cinquantaine", "", "2019"),
        ],
        "Espace adhérents du réseau Coorace, entretien du 24 juillet 2019", date(2019, 7, 24),
        Temoignage.Audience.ADHERENTS,
    ),
    Recit(
        "Des lots pour tous, des lots réservés\u00a0: chacun y trouve sa place",
        "Près de Caen, un chantier d'insertion tient son rang parmi les entreprises, et ses équipes travaillent même "
        "pendant la saison creuse.",
        """
Le groupe Aire 14 réunit, près de Caen, une association intermédiaire et des ateliers et chantiers d'insertion.
L'un de ses marchés accompagne le service de gestion des déchets : il faut notamment distribuer les calendriers de
collecte.

## Février, le bon moment

La distribution tombe en février, quand les espaces verts sont au repos. Elle se fait en **groupement solidaire** avec
un autre chantier d'insertion, qui en est le mandataire. Les équipes changent d'horizon et rencontrent les habitants.

## Un découpage qui ouvre des portes

Pour les espaces verts, l'acheteur a prévu trois sortes de lots : ouverts à tous, réservés au handicap, réservés à
l'insertion. Chacun répond là où il est bon. Le niveau demandé reste celui de n'importe quelle entreprise : trois
personnes de l'équipe se sont formées au droit des marchés publics pour le tenir.
""",
        "Direction d'un groupe économique solidaire", ["aire14", "aire14-ai", "chantier-caen", "esat-caen"],
        ["calendriers"],
        [
            Chiffre("Part du chiffre d'affaires issue des marchés publics", "plus de 51", "%", "2020"),
            Chiffre("Durée du marché avec ses reconductions", "3", "ans", "marché des calendriers"),
            Chiffre("Personnes formées au droit des marchés", "3", "personnes", "non précisée", True),
        ],
        "Réseau Coorace, retours d'adhérents sur la commande publique",
    ),
    Recit(
        "D'une obligation à une équipe\u00a0: huit intérimaires sur un chantier ferroviaire",
        "Deux entreprises devaient des heures d'insertion. Elles ont trouvé des collègues.",
        """
Sur un chantier de la SNCF, la clause sociale imposait un volume d'heures à deux entreprises. ESL Emploi leur a
proposé des intérimaires en parcours d'insertion, chacun selon ce qu'il sait faire.

## Des métiers variés

Soudage, manœuvre, conduite d'engins, pose de revêtements : les tâches ont été réparties entre trois équipes, d'après
les compétences de chacun. Les personnes ont gagné un savoir-faire rare, les entreprises une main-d'œuvre qu'elles ne
trouvaient plus.

## Le maillon qui manque

Pour que cela se reproduise, il faut une information précise sur les offres et leur suivi : qui doit combien d'heures,
à qui s'adresser, ce qui a été fait. C'est le travail d'un facilitateur.
""",
        "Direction d'une entreprise de travail temporaire d'insertion", ["esl"], ["voies"],
        [
            Chiffre("Intérimaires sur le chantier, pour les deux entreprises", "8", "personnes", "durée du chantier"),
            Chiffre("Salariés encore en mission au moment de l'entretien", "3", "personnes", "à l'entretien"),
            Chiffre("Équipes différentes", "3", "équipes", "durée du chantier"),
        ],
        "Réseau Coorace, retours d'adhérents sur la commande publique",
    ),
    Recit(
        "Une entreprise adaptée et quatre régies de quartier, à cinq voix égales",
        "Pour collecter cartons et cagettes à Plaine Commune, cinq structures du handicap et de l'insertion ont "
        "répondu d'une seule voix.",
        """
Fin 2015, Plaine Commune cherche qui collectera les cartons et les cagettes en bois de ses commerçants. Les régies de
quartier d'Aubervilliers, de Pierrefitte, de Saint-Denis et de Stains pensaient répondre chacune de leur côté. Mais la
collecte était un métier nouveau : elles ont préféré chercher un cinquième partenaire qui le connaisse.

## Qui fait quoi

Le Petit Plus, entreprise adaptée du recyclage, est **mandataire** : il recrute l'encadrement, organise les tournées,
forme à la sécurité et à l'éco-conduite. Les régies, conventionnées entreprises d'insertion, emploient les équipiers.
La convention de groupement, signée quelques jours avant le démarrage, donne une voix à chacun des cinq membres.

## Ce que dit le droit

Il s'agissait d'un *marché d'insertion*, où l'insertion est l'objet même du contrat : rien n'interdisait d'y réunir
handicap et insertion. Sur un lot réservé à un seul de ces deux secteurs, cette alliance aurait été refusée. Depuis le
9 décembre 2020, un acheteur peut réserver un même lot **aux deux**.

## Des passerelles

Des personnes handicapées passées par les régies peuvent rejoindre Le Petit Plus, qui compte environ 1 000 points de
collecte en Île-de-France.
""",
        "Direction d'une entreprise adaptée et d'une entreprise d'insertion",
        ["petit-plus", "resilience", "regie-aubervilliers", "regie-pierrefitte", "regie-saint-denis", "regie-stains"],
        ["cartons"],
        [
            Chiffre("Membres du groupement", "5", "structures", "2016-2022"),
            Chiffre("Équipiers de collecte employés par les régies", "14", "postes", "2016-2022"),
            Chiffre("Durée du marché", "6", "ans", "à partir du 1er mars 2016"),
            Chiffre("Points de collecte du mandataire", "1 000", "points", "à l'entretien"),
        ],
        "Fiche sur les coopérations économiques avec l'économie sociale et solidaire (Avise)",
    ),
    Recit(
        "Trier les papiers de bureau avec des équipes d'ESAT",
        "Une entreprise d'insertion de La Poste partage ses ateliers de tri avec des établissements d'accompagnement "
        "par le travail.",
        """
La Poste collecte les papiers de bureau ; sa filiale Nouvelle Attitude, entreprise d'insertion, les trie. En 2015, un
accord-cadre de cotraitance a associé des ESAT à ce travail, sur trois de ses six sites : Buc, Tours et Lyon.

## Sur place ou à l'atelier

Cinq personnes travaillent au milieu des équipes de tri ; un autre ESAT reçoit une partie des papiers dans son propre
atelier.

## Deux durées qui ne se ressemblent pas

En entreprise d'insertion, le parcours dure vingt-quatre mois et prépare la suite. En ESAT, on s'inscrit dans la durée.
Il a fallu adapter les postes, chercher le calme, revoir l'accompagnement. Le démarrage fut difficile ; les deux
partenaires veulent continuer.
""",
        "Direction générale d'une entreprise d'insertion",
        ["nouvelle-attitude-buc", "nouvelle-attitude-tours", "nouvelle-attitude-lyon", "esat-pierrat", "esat-genets",
         "apf"],
        ["recygo"],
        [
            Chiffre("Sites qui travaillent avec un ESAT", "3 sur 6", "sites", "à l'entretien"),
            Chiffre("Personnes d'ESAT présentes dans les ateliers", "5", "personnes", "à l'entretien"),
        ],
        "Fiche sur les coopérations économiques avec l'économie sociale et solidaire (Avise)",
    ),
    Recit(
        "170\u00a0000 heures\u00a0: comment une région a cherché ses petits lots",
        "En Île-de-France, la direction des achats est allée chercher l'insertion là où personne ne l'attendait.",
        """
Pour 2017, la Région Île-de-France s'était donné un minimum : 170 000 heures d'insertion. Deux personnes y ont
travaillé chaque jour, au siège et sur le terrain.

## À l'intérieur : convaincre

Les marchés de **maintenance** se prêtent bien à des lots fins, un par territoire. Les grandes rénovations, beaucoup
moins : il faut relire chaque projet pour en extraire une prestation à réserver. Pour un bâtiment d'enseignement
supérieur à Aubervilliers, les plantations ont ainsi été sorties de l'opération.

## À l'extérieur : connaître

Avec un réseau francilien de l'insertion, la Région a rencontré les structures avant de publier : que savent-elles
faire, en quelle quantité, et où ?

## Des secteurs nouveaux

Les organismes de formation ont été invités à confier à des personnes en insertion leur comptabilité, leur secrétariat
ou l'entretien de leurs locaux.
""",
        "Direction de la commande publique d'une région",
        ["regie-aubervilliers", "regie-stains", "acces"],
        ["aubervilliers", "plantations", "maintenance-lycees", "formation"],
        [Chiffre("Objectif minimal d'heures d'insertion", "170 000", "heures", "2017")],
        "Bonne pratique publiée en 2017 sur les achats socialement responsables",
    ),
    Recit(
        "Créer ensemble une entreprise\u00a0: deux exemples de coentreprise sociale",
        "Une fondation du numérique, un industriel, des acteurs de l'insertion\u00a0: quand l'alliance devient une "
        "société.",
        """
Certaines alliances vont jusqu'à fonder une entreprise commune. Deux entreprises d'insertion franciliennes en sont
nées.

**Acces** forme et emploie des personnes dans le numérique : tests d'applications, assistance, saisie de dossiers. Un
groupe d'insertion apporte l'accompagnement, une fondation d'entreprise la formation et le réseau.

**Lemon Aide** trie et conditionne les déchets collectés chez les entreprises. Une jeune société du recyclage, une
fondation et un industriel l'ont imaginée ensemble, et mesurent régulièrement ses effets.

Trois conseils reviennent : écrire l'objectif commun, dire ce que chacun apporte, mesurer.
""",
        "Direction d'une coentreprise sociale", ["acces", "lemon-aide"], ["numerique"], [
            Chiffre("Création de Lemon Aide", "2016", "", "2016"),
        ],
        "Fiche sur les coopérations économiques avec l'économie sociale et solidaire (Avise)",
        statut=Temoignage.Statut.BROUILLON,
    ),
]  # fmt: skip


# Rank of a story → its drawing.
DESSINS = {0: "college", 1: "jardin", 2: "jardin", 3: "rails", 4: "cartons"}


def load(
    cards: dict[str, Structure], contracts: dict[str, Marche], auteur: Organisation, today: date
) -> list[Temoignage]:
    """Make every story, the latest published last week."""
    stories = []
    for rank, recit in enumerate(RECITS):
        published = recit.statut == Temoignage.Statut.PUBLIE
        story = Temoignage(
            titre=_spaced(recit.titre), chapeau=_spaced(recit.chapeau), corps=_spaced(unwrapped(recit.corps)),
            fonction_interviewee=recit.fonction,
            date_entretien=recit.entretien, auteur=auteur, audience=recit.audience, statut=recit.statut,
            publie_le=today - timedelta(days=7 + 19 * rank) if published else None, source=recit.source, fictif=True,
        )  # fmt: skip
        story.save_without_historical_record()
        story.structures.set([cards[key] for key in recit.structures])
        story.marches.set([contracts[key] for key in recit.marches])
        ChiffreCle.objects.bulk_create(
            ChiffreCle(
                temoignage=story, libelle=c.libelle, valeur=c.valeur, unite=c.unite, periode=c.periode,
                source=recit.source, origine=ChiffreCle.Origine.DECLARE, a_verifier=c.a_verifier, rang=order,
            )
            for order, c in enumerate(recit.chiffres)
        )  # fmt: skip
        if rank in DESSINS:
            _illustrate(story, DESSINS[rank])
        stories.append(story)
    reindex([story.pk for story in stories])
    return stories


def unwrapped(text: str) -> str:
    """Each paragraph on one line: the ends of line of this file are not those of the story."""
    return re.sub(r"(?<!\n)\n(?![\n#>-])", " ", text.strip())


def _spaced(text: str) -> str:
    """No-break spaces where French wants them."""
    return re.sub(r" (?=[:;!?»])|(?<=«) ", "\u00a0", text)


def _illustrate(story: Temoignage, scene: str) -> None:
    upload, text = illustrations.upload(scene)
    prepared = images.prepare(upload)
    photo = Photo(temoignage=story, texte_alternatif=text, credit="Dessin de démonstration du portail")
    photo.hold(prepared)
    photo.save()

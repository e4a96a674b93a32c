"""What people did with the directory: lists, messages, claims, colleagues, saved searches, cards written."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from portal.models import User
from portal.pages.demo.contacts import domain
from portal.permissions import Acteur, Role
from structures.actions import edition, recherches
from structures.actions.echanges import erased_on
from structures.enums import Bloc, EtatDemande, Sens
from structures.models import (
    Echange,
    Favori,
    Invitation,
    ListeFavoris,
    MessageEchange,
    Organisation,
    Revendication,
    Structure,
)

# name, note, [(key of the card, note)]
LISTES = [
    ("Collèges\u00a0: entretien et remplacements", "Structures à consulter pour le renouvellement du marché.",
     [("actif", "Mandataire du marché actuel\u00a0; répond vite."), ("ai-bessin", "Suit trois collèges du Bessin."),
      ("aire14", "À solliciter pour les espaces verts en hiver."), ("esat-caen", "")]),
    ("Propreté des écoles", "Contacts pris au salon de 2024, à revoir avant la prochaine consultation.",
     [("evreux-proprete", "A chiffré quatorze écoles à Évreux."), ("cas-ancienne", "Visite faite en mars."),
      ("cas-retiree", "Intéressée par un petit lot."), ("cas-convention", "Demander où en est la convention.")]),
]  # fmt: skip

V, A = Sens.VERS_STRUCTURE, Sens.VERS_ACHETEUR
# key of the card, subject, [(days ago, way, read, text)], days since the structure closed it
ECHANGES = [
    ("aire14", "Entretien des cours de collèges en hiver", [
        (9, V, True, "Bonjour,\n\nNous préparons un marché de petits travaux de taille et de plantation dans six "
         "collèges. Auriez-vous une équipe disponible de janvier à mars\u00a0?\n\nLa mission achats responsables"),
        (7, A, False,
         "Bonjour,\n\nOui\u00a0: une équipe de huit personnes et son encadrant, du 6 janvier au 20 mars. Nous "
         "pouvons venir voir les sites avant la publication."),
    ], None),
    ("actif", "Remplacements de la rentrée de janvier", [
        (16, V, True,
         "Bonjour,\n\nCombien d'agents pourriez-vous former aux cuisines d'ici la rentrée de janvier\u00a0?"),
        (15, A, True, "Bonjour,\n\nDouze personnes terminent leur formation à l'hygiène alimentaire le 12 décembre."),
        (2, V, False, "Merci. Deux collèges de plus nous demandent un remplaçant\u00a0: pouvons-nous en parler cette "
         "semaine\u00a0?"),
    ], None),
    ("esat-caen", "Massifs d'un nouveau collège", [
        (62, V, True, "Bonjour,\n\nPourriez-vous planter et entretenir les massifs d'un collège qui ouvre à l'ouest de "
         "Caen\u00a0?"),
        (58, A, True, "Bonjour,\n\nNos équipes sont complètes pour deux saisons. Nous préférons fermer cet échange et "
         "vous invitons à écrire à nos confrères."),
    ], 58),
]  # fmt: skip

# days ago, account, card, block, values: what a reader of the history sees
ECRITURES: list[tuple[int, str, str, Bloc, dict[str, Any]]] = [
    (96, "reseau", "actif", Bloc.PRESENTATION, {
        "description": "Association intermédiaire de l'agglomération caennaise. Elle coordonne onze associations qui "
                       "remplacent les agents techniques des collèges publics du Calvados\u00a0: cuisine, entretien, "
                       "petite maintenance.",
    }),
    (41, "structure", "actif", Bloc.CAPACITE, {"effectif": 152, "effectif_parcours": 140}),
    (12, "structure", "actif", Bloc.IDENTITE, {"enseigne": "Actif, l'emploi solidaire"}),
]  # fmt: skip
PREMIERE_LECTURE = 160  # days ago, when the card was first read from a file

RECHERCHES = ["lieu=departement-14&secteur=espaces-verts", "lieu=region-28&reservable=handicap&secteur=espaces-verts"]


def load(cards: dict[str, Structure], people: dict[str, Organisation], today: date) -> None:
    """Everything; the accounts exist already, and the words of the cards are indexed."""
    users = {user.email.partition("@")[0]: user for user in User.objects.filter(email__endswith="@demo.invalid")}
    _lists(cards, people["acheteur"], users["acheteur"])
    for cle, sujet, messages, ferme in ECHANGES:
        _exchange(cards[cle], sujet, messages, ferme, people["acheteur"], users, today)
    _claims(cards, users, today)
    Invitation.objects.create(
        organisation=people["structure"], role=Role.STRUCTURE, courriel=f"coordination@{domain(cards['actif'])}",
        par=users["structure"], expire_le=_at(today, -11),
    )  # fmt: skip
    _edit(cards, people, users, today)
    for parametres in RECHERCHES:
        recherches.save(parametres, by=users["acheteur"], now=timezone.now())


def _at(today: date, days_ago: int, minutes: int = 0) -> datetime:
    """Ten in the morning, so many days ago."""
    return timezone.make_aware(datetime.combine(today - timedelta(days=days_ago), time(10, minutes)))


def _lists(cards, acheteur: Organisation, user: User) -> None:
    for nom, note, favourites in LISTES:
        liste = ListeFavoris.objects.create(organisation=acheteur, nom=nom, note=note, par=user)
        Favori.objects.bulk_create(
            Favori(liste=liste, structure=cards[cle], note=said, par=user) for cle, said in favourites
        )


def _exchange(card: Structure, sujet: str, messages, ferme: int | None, acheteur: Organisation, users, today) -> None:
    """Written as the past has it: no message leaves, and each row bears its own day."""
    first, last = messages[0][0], messages[-1][0]
    echange = Echange.objects.create(
        structure=card, organisation=acheteur, sujet=sujet, a_effacer_le=erased_on(today - timedelta(days=last)),
        ferme_le=None if ferme is None else _at(today, ferme, 30),
    )  # fmt: skip
    Echange.objects.filter(pk=echange.pk).update(cree_le=_at(today, first), dernier_le=_at(today, last))
    member = users["structure"] if card.nom == "Actif" else None  # without account, a structure answers by the link
    for days, sens, read, texte in messages:
        par = users["acheteur"] if sens == V else member
        when = _at(today, days)
        message = MessageEchange.objects.create(
            echange=echange, sens=sens, texte=texte, par=par, lu_le=when + timedelta(hours=3) if read else None
        )
        MessageEchange.objects.filter(pk=message.pk).update(cree_le=when)


def _claims(cards, users: dict[str, User], today: date) -> None:
    """Claims as their deciders find them: two that wait, one refused with its reason."""
    falaise, haie, touques = cards["ai-falaise"], cards["cas-esat-sans-siret"], cards["ai-touques"]
    claims = [
        Revendication(
            structure=falaise, user=users["entreprise"], siret=falaise.organisation.identifiant,
            courriel="direction@falaise.invalid", fonction="Directeur", etat=EtatDemande.EN_ATTENTE,
            message="Je prends la suite de la directrice, partie en retraite.",
        ),
        Revendication(
            structure=haie, user=users["nouvelle"], siret=haie.identifiant_source,
            courriel="ateliers@haie-fleurie.invalid", fonction="Responsable des ateliers", etat=EtatDemande.EN_ATTENTE,
            message="Notre ESAT partage le SIRET de son association gestionnaire\u00a0: je peux vous l'envoyer.",
        ),
        Revendication(
            structure=touques, user=users["entreprise"], siret=touques.organisation.identifiant,
            courriel="travaux@voies-et-ouvrages.invalid", fonction="Conducteur de travaux",
            message="Nous travaillons souvent avec cette association.", etat=EtatDemande.REFUSEE,
            decidee_le=_at(today, 20), decidee_par=users["reseau"],
            motif="Vous n'en faites pas partie. Pour travailler avec cette association, écrivez-lui depuis sa fiche.",
        ),
    ]  # fmt: skip
    for days, claim in zip((3, 5, 24), claims, strict=True):
        claim.save()
        Revendication.objects.filter(pk=claim.pk).update(cree_le=_at(today, days))


def _edit(cards, people: dict[str, Organisation], users: dict[str, User], today: date) -> None:
    """Write cards as the pages do, then give each trace the day it tells."""
    written: dict[int, list[int]] = {}
    for days, who, cle, bloc, values in ECRITURES:
        by = Acteur(users[who], people[who], Role(who))
        edition.write(cards[cle].pk, bloc, by=by, on=today - timedelta(days=days), values=values)
        written.setdefault(cards[cle].pk, [PREMIERE_LECTURE]).append(days)
    for pk, told in written.items():
        traces = Structure.history.filter(id=pk).order_by("history_id")
        for trace, ago in zip(traces, told, strict=True):
            Structure.history.filter(history_id=trace.history_id).update(history_date=_at(today, ago))

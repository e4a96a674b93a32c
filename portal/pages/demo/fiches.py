"""What the cards of the demonstration say beyond their activities: means, labels, offers, references, pictures."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from marches.rules import add_months
from portal import images
from portal.pages.demo import illustrations
from portal.pages.demo.contacts import contact
from structures.enums import Kind, RolePrefere
from structures.models import (
    GroupeEconomique,
    Label,
    LabelObtenu,
    Offre,
    PhotoStructure,
    ReferenceClient,
    Structure,
)

JANVIER, FEVRIER, JUILLET, AOUT, DECEMBRE = (1 << month - 1 for month in (1, 2, 7, 8, 12))

# key → columns of the card
MOYENS: dict[str, dict[str, Any]] = {
    "actif": {
        "effectif": 149, "effectif_parcours": 137, "formes_commande_publique": 2, "delai_reponse_jours": 3,
        "role_prefere": RolePrefere.COTRAITANT, "part_marches_publics": 58, "annee_part": 2024,
        "chiffre_affaires": Decimal(1_850_000), "annee_chiffre_affaires": 2024, "annee_creation": 1988,
        "mois_creux": JUILLET | AOUT,
    },
    "dynamic": {
        "effectif": 88, "effectif_parcours": 82, "delai_reponse_jours": 1, "role_prefere": RolePrefere.COTRAITANT,
        "chiffre_affaires": Decimal(2_150_000), "annee_chiffre_affaires": 2024, "annee_creation": 1996,
        "mois_creux": AOUT,
    },
    "aire14": {
        "effectif": 90, "effectif_parcours": 66, "formes_commande_publique": 3, "delai_reponse_jours": 5,
        "role_prefere": RolePrefere.COTRAITANT, "mois_creux": JANVIER | FEVRIER, "siege_qpv": True,
        "chiffre_affaires": Decimal(980_000), "annee_chiffre_affaires": 2024, "annee_creation": 1994,
    },
    "action-emploi": {
        "effectif": 104, "effectif_parcours": 95, "delai_reponse_jours": 2, "role_prefere": RolePrefere.COTRAITANT,
        "mois_creux": DECEMBRE | JANVIER,
    },
    "petit-plus": {
        "effectif": 48, "effectif_parcours": 36, "formes_commande_publique": 1, "delai_reponse_jours": 4,
        "role_prefere": RolePrefere.TITULAIRE, "chiffre_affaires": Decimal(2_400_000), "annee_chiffre_affaires": 2024,
        "siege_qpv": False, "annee_creation": 2003,
    },
    "regie-aubervilliers": {
        "effectif": 31, "effectif_parcours": 22, "siege_qpv": True, "role_prefere": RolePrefere.COTRAITANT,
        "delai_reponse_jours": 7, "mois_creux": DECEMBRE,
    },
    "acces": {
        "effectif": 38, "effectif_parcours": 26, "role_prefere": RolePrefere.SOUS_TRAITANT, "annee_creation": 2016,
        "delai_reponse_jours": 5, "formes_commande_publique": 1,
    },
    "lemon-aide": {
        "effectif": 29, "effectif_parcours": 21, "role_prefere": RolePrefere.SOUS_TRAITANT, "annee_creation": 2016,
    },
    "evreux-proprete": {
        "effectif": 41, "effectif_parcours": 33, "formes_commande_publique": 1, "delai_reponse_jours": 3,
        "role_prefere": RolePrefere.TITULAIRE, "chiffre_affaires": Decimal(1_120_000), "annee_chiffre_affaires": 2024,
    },
    "esat-caen": {"effectif": 102, "effectif_parcours": 85, "delai_reponse_jours": 8, "mois_creux": JANVIER | FEVRIER},
    "chantier-caen": {"effectif": 46, "effectif_parcours": 38, "siege_qpv": True, "delai_reponse_jours": 6},
    "cas-rayon": {"effectif": 22, "effectif_parcours": 17, "siege_zrr": False, "mois_creux": JANVIER},
    "cas-france": {
        "effectif": 64, "effectif_parcours": 41, "delai_reponse_jours": 4, "role_prefere": RolePrefere.TITULAIRE,
        "chiffre_affaires": Decimal(1_640_000), "annee_chiffre_affaires": 2024,
    },
    "cas-eatt": {"effectif": 47, "effectif_parcours": 40, "delai_reponse_jours": 2},
    "cas-eiti": {"effectif": 31, "effectif_parcours": 28, "delai_reponse_jours": 1},
}  # fmt: skip

LABELS = {
    "actif": ["rsei", "esus"],
    "aire14": ["rsei"],
    "petit-plus": ["iso-14001", "ecovadis"],
    "evreux-proprete": ["iso-9001", "nf-service"],
    "acces": ["esus"],
    "lemon-aide": ["esus", "iso-14001"],
    "esat-caen": ["qualipaysage"],
    "cas-rayon": ["agriculture-biologique"],
    "cas-france": ["iso-9001", "iso-14001"],
}
EXPIRED_LABELS = {("petit-plus", "ecovadis"), ("cas-france", "iso-14001")}
CONFIRMED_MONTHS_AGO = {"dynamic": 13}  # old enough for its members to be reminded  # fmt: skip

OFFRES = {
    "actif": [
        ("Remplacement d'agents techniques au pied levé",
         "Un agent formé aux cuisines, à l'entretien et à la plonge, présent le lendemain matin dans l'établissement."),
        ("Préparer les recrutements d'un établissement",
         "Essai en situation, formation avec l'opérateur de compétences, puis passage de relais à l'employeur."),
    ],
    "aire14": [
        ("Distribution des calendriers de collecte", "En février, quand les chantiers extérieurs tournent au ralenti."),
        ("Entretien d'espaces verts sans produit chimique", "Désherbage à la main et à la vapeur, paillage, taille."),
    ],
    "petit-plus": [
        ("Collecte des papiers et cartons de bureau", "Contenants fournis, tournées régulières, bilan des tonnages."),
    ],
    "acces": [
        ("Tests fonctionnels d'applications", "Campagnes rejouées à chaque version, anomalies décrites et suivies."),
        ("Assistance aux utilisateurs, premier niveau", "Téléphone et courriel, aux heures de bureau."),
    ],
    "evreux-proprete": [
        ("Nettoyage écologique des écoles", "Produits écolabellisés et méthode à plat, sans seau ni essorage."),
    ],
}  # fmt: skip

REFERENCES = {
    "actif": [("Collèges publics du Calvados", "Remplacement des agents techniques", 2019, None),
              ("Centre régional des œuvres universitaires", "Renfort des équipes de restauration", 2022, 2024)],
    "aire14": [("Syndicat de collecte du Bessin", "Distribution des calendriers", 2021, 2024)],
    "petit-plus": [("Établissement public territorial francilien", "Collecte des cartons des commerçants", 2016, 2022)],
    "acces": [("Entreprise de services du numérique", "Assistance de premier niveau, en sous-traitance", 2018, None)],
    "evreux-proprete": [("Agglomération normande", "Nettoyage de 14 écoles", 2023, None)],
}  # fmt: skip

DESSINS = {
    "actif": ["college", "cuisine", "couloir"], "aire14": ["jardin"], "esat-caen": ["jardin"],
    "petit-plus": ["cartons"], "esl": ["rails"],
}  # fmt: skip
MOYENS_PARTAGES = {
    "Actif & Dynamic": "Une direction, une comptabilité et une équipe d'accompagnement pour trois structures\u00a0; "
    "chacune garde son agrément et répond en son nom.",
    "Aire 14": "Un atelier, un parc de véhicules et une personne chargée des réponses aux marchés publics.",
}
USUAL_LABELS = {
    Kind.EI: ["iso-9001", "rsei", "esus", "iso-14001"], Kind.ACI: ["rsei", "esus", "agriculture-biologique"],
    Kind.EA: ["iso-9001", "ecovadis", "imprim-vert"], Kind.ESAT: ["iso-9001", "qualipaysage"],
    Kind.ETTI: ["rsei"], Kind.AI: ["rsei"], Kind.GEIQ: ["qualiopi"], Kind.EATT: ["ecovadis"],
}  # fmt: skip
SUPPORTED_BY_STAFF = 0.72  # of an invented structure's headcount: people in a path or with a disability


def load(cards: dict[str, Structure], today: date) -> None:
    """Complete the cards of `structures.load`: those told by hand, two invented ones in three, every gardener.

    A card of a real file keeps what it says: nothing invented is added to it.
    """
    draw, lines, labels = random.Random(28), random.Random(19), {label.code: label for label in Label.objects.all()}
    obtained, offers, references, filled, done = [], [], [], [], set()
    for cle, card in cards.items():
        codes, told = LABELS.get(cle, []), MOYENS.get(cle, {})
        if (cle.startswith("inv-") and draw.random() < 0.66) or cle.startswith("ev-"):
            told, codes = _invented(draw, card, today, with_turnover=cle.startswith("ev-"))
        day = today - timedelta(days=draw.randrange(20, 420))
        if cle in CONFIRMED_MONTHS_AGO:
            day = add_months(today, -CONFIRMED_MONTHS_AGO[cle])
        reached = contact(card, lines) if lines.random() < 0.8 or cle in MOYENS else {}
        ends = {code: _end(draw, today) for code in codes}
        if not card.fictive or card.pk in done:  # two invented names may be drawn for the same town
            continue
        done.add(card.pk)
        if card.organisation and not card.organisation.fictive:
            reached = {}  # a body that exists: no address is made up for it
        if told or reached:
            filled.append(_filled(card, told, reached, day))
        ends |= {code: today - timedelta(days=40) for code in codes if (cle, code) in EXPIRED_LABELS}
        obtained += [LabelObtenu(structure=card, label=labels[code], valable_jusqu_au=end)
                     for code, end in ends.items() if code in labels]  # fmt: skip
        offers += [Offre(structure=card, nom=nom, description=texte, rang=rang)
                   for rang, (nom, texte) in enumerate(OFFRES.get(cle, []))]  # fmt: skip
        references += [ReferenceClient(structure=card, client=client, objet=objet, annee_debut=start, annee_fin=end)
                       for client, objet, start, end in REFERENCES.get(cle, [])]  # fmt: skip
    cards["actif"].logo.save("actif.webp", images.prepare(illustrations.upload("logo")[0]).vignette, save=False)
    for card in filled:
        card.save_without_historical_record()
    LabelObtenu.objects.bulk_create(obtained)
    Offre.objects.bulk_create(offers)
    ReferenceClient.objects.bulk_create(references)
    for cle, scenes in DESSINS.items():
        for rang, scene in enumerate(scenes):
            _illustrate(cards[cle], scene, rang)
    for nom, moyens in MOYENS_PARTAGES.items():
        GroupeEconomique.objects.filter(nom=nom).update(moyens_partages=moyens)


def _filled(card: Structure, told: dict, reached: dict, on: date) -> Structure:
    for name, value in (told | reached).items():
        setattr(card, name, value)
    if told:
        card.verifiee_le = on
        card.blocs_saisis = {"capacite": on.isoformat()} | ({"identite": on.isoformat()} if reached else {})
    return card


def _invented(draw: random.Random, card: Structure, today: date, with_turnover: bool) -> tuple[dict, list[str]]:
    """Plausible means for an invented card, and its labels; half of them give their turnover, unless all must."""
    headcount = draw.randrange(8, 90)
    told = {
        "effectif": headcount,
        "effectif_parcours": round(headcount * SUPPORTED_BY_STAFF),
        "delai_reponse_jours": draw.choice([2, 3, 5, 8, 10, None]),
        "formes_commande_publique": draw.choice([None, None, 0, 1, 2]),
        "role_prefere": draw.choice(["", *RolePrefere.values]),
        "mois_creux": draw.choice([0, JANVIER | FEVRIER, JUILLET | AOUT, DECEMBRE]),
        "siege_qpv": draw.choice([None, None, False, True]),
        "siege_zrr": draw.choice([None, None, False, True]),
    }
    if draw.random() < 0.5 or with_turnover:
        turnover = Decimal(headcount * draw.randrange(18, 42) * 1_000)
        told |= {"chiffre_affaires": turnover, "annee_chiffre_affaires": today.year - 2}
    usual = USUAL_LABELS.get(Kind(card.kind), [])
    return told, draw.sample(usual, k=min(len(usual), draw.choice([0, 0, 1, 1, 2])))


def _end(draw: random.Random, today: date) -> date | None:
    return draw.choice([None, today + timedelta(days=draw.randrange(60, 900))])


def _illustrate(card: Structure, scene: str, rang: int) -> None:
    upload, text = illustrations.upload(scene)
    prepared = images.prepare(upload)
    photo = PhotoStructure(
        structure=card, texte_alternatif=text, credit="Dessin de démonstration du portail", rang=rang
    )
    photo.hold(prepared)
    photo.save()

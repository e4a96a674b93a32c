"""Every card of the demonstration: those told, some 270 invented all over the country, and those of the rare cases."""

import random
from datetime import date

from portal.pages.demo.annuaire import FICHES, Fiche, M, P
from portal.pages.demo.cas import CAS, CONVENTIONS_FINIES
from portal.pages.demo.identites import Registre
from structures.enums import Kind, Origine
from structures.models import Activite, Commune, GroupeEconomique, Reseau, Secteur, Structure
from structures.zones import Geography, make_zone

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
    """Make every structure with its activities and zones; `cle` → Structure (invented ones under « inv-… »).

    Their words are not indexed yet: the cards are not complete.
    """
    registre, draw = Registre(), random.Random(14)
    secteurs = {secteur.code: secteur for secteur in Secteur.objects.all()}
    reseaux = {
        slug: Reseau.objects.get_or_create(slug=slug, defaults={"nom": nom, "presentation": texte})[0]
        for slug, (nom, texte) in RESEAUX.items()
    }
    communes = Commune.objects.select_related("departement").in_bulk({fiche.commune for fiche in [*FICHES, *CAS]})
    cards: dict[str, Structure] = {}
    geography = Geography.read()
    told = [*_made(FICHES, registre, communes, cards, today), *_invented(draw, registre, cards, today)]
    for fiche in [*told, *_made(CAS, registre, communes, cards, today)]:
        card = cards[fiche.cle]
        card.reseaux.set([reseaux[slug] for slug in fiche.reseaux])
        if fiche.groupe:
            card.groupe, _ = GroupeEconomique.objects.get_or_create(nom=fiche.groupe)
        if fiche.remplacee_par:
            card.remplacee_par = cards[fiche.remplacee_par]
        if fiche.groupe or fiche.remplacee_par:
            card.save_without_historical_record()
        zone = None
        if fiche.zone or fiche.rayon:
            centre = (card.latitude, card.longitude)
            zone = make_zone(fiche.zone, centre=centre, rayon_km=fiche.rayon or None, geography=geography)
        Activite.objects.bulk_create(
            [
                Activite(structure=card, secteur=secteurs[code], mode=mode, zone=zone, origine=Origine.DECLAREE)
                for code, mode in fiche.activites
            ],
            ignore_conflicts=True,
        )
    return cards


def _made(fiches: list[Fiche], registre: Registre, communes: dict, cards: dict, today: date) -> list[Fiche]:
    """Make the cards of `fiches`, in their order, so that each keeps its number. Fills `cards`."""
    for fiche in fiches:
        commune = communes[fiche.commune]
        organisation = None if fiche.sans_siret else registre.organisation(fiche.nom, commune, siret=fiche.siret)
        cards[fiche.cle] = _card(fiche, organisation, commune, today)
    return fiches


def _card(fiche: Fiche, organisation, commune: Commune, today: date) -> Structure:
    under_convention = fiche.kind not in {Kind.ESAT, Kind.SEP}
    columns = {
        "organisation": organisation,
        "kind": fiche.kind,
        "identifiant_source": fiche.identifiant_source,
        "nom": fiche.nom,
        "description": fiche.description,
        "ville": commune.nom,
        "code_postal": commune.codes_postaux.split()[0] if commune.codes_postaux else "",
        "commune": commune,
        "departement": commune.departement,
        "latitude": commune.latitude,
        "longitude": commune.longitude,
        "convention_debut": date(today.year - 1, 1, 1) if under_convention else None,
        "convention_fin": date(today.year + 1, 12, 31) if under_convention else None,
        "source": "données de démonstration",
        "donnees_du": today,
        "fictive": True,
    }
    if fiche.cle in CONVENTIONS_FINIES:
        years = {"convention_debut": date(today.year - 4, 7, 1), "convention_fin": date(today.year - 1, 6, 30)}
        columns |= years
    existing = Structure.objects.filter(
        organisation=organisation, kind=fiche.kind, identifiant_source=fiche.identifiant_source
    ).first()
    if existing:  # a real file was imported first: its card stays, and receives the activities told here
        return existing
    structure = Structure(**columns | fiche.plus)
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

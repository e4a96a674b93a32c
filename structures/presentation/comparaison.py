"""Up to four structures side by side, chosen through the address `?s=1&s=2`: no session, no JavaScript."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Prefetch
from django.http import QueryDict

from portal.templatetags.formats import jour, pluriel
from structures import rules, zones
from structures.enums import Kind, Mode, RolePrefere
from structures.filters import Adresse, Puce, sans
from structures.models import Activite, LabelObtenu, ReferenceClient, Structure
from structures.presentation.blocs import mois_of
from structures.presentation.fiche import months_in_words

MOST = 4
COLON = "\u00a0: "
LONGEST_KEY = 18  # digits


@dataclass(frozen=True, slots=True)
class Ligne:
    """A fact, for each structure: its words, one to a line; empty when it is not known."""

    libelle: str
    valeurs: list[list[str]]


def ids(data: QueryDict) -> list[int]:
    """The structures chosen, at most four, each once, in the order chosen."""
    return _asked(data)[:MOST]


def _asked(data: QueryDict) -> list[int]:
    texts = (text for text in data.getlist("s") if text.isascii() and text.isdigit() and len(text) <= LONGEST_KEY)
    return list(dict.fromkeys(int(text) for text in texts))


def chosen(data: QueryDict, adresse: Adresse) -> dict | None:
    """What the list says of the choice; None when nothing is chosen. One query."""
    wanted = ids(data)
    if not wanted:
        return None
    names = dict(Structure.objects.listed().filter(pk__in=wanted).values_list("pk", "nom"))
    kept = [pk for pk in wanted if pk in names]
    return {
        "puces": [Puce(names[pk], adresse.url(s=[other for other in kept if other != pk])) for pk in kept],
        "query": adresse.url(s=kept),
        "assez": len(kept) > 1,
        "trop": len(_asked(data)) > MOST,
        "most": MOST,
        "vider": adresse.url(s=None),
    }


def compare(data: QueryDict, on: date) -> dict:
    """Context of the page; the same number of queries for one structure or four."""
    wanted, adresse = ids(data), Adresse(data)
    activities = Activite.objects.select_related("secteur", "zone").order_by("secteur__ordre", "mode")
    held = LabelObtenu.objects.select_related("label").order_by("label__ordre")
    rows = (
        Structure.objects.listed()
        .filter(pk__in=wanted)
        .select_related("departement", "groupe")
        .defer("racines", "description")
        .prefetch_related(
            Prefetch("activites", queryset=activities.defer("secteur__racines")),
            Prefetch("labels", queryset=held),
            Prefetch("references", queryset=ReferenceClient.objects.all()),
            "reseaux",
        )
    )
    found = {structure.pk: structure for structure in rows}
    structures = [found[pk] for pk in wanted if pk in found]
    places = zones.describe(
        {activite.zone for structure in structures for activite in structure.activites.all() if activite.zone}
    )
    others = {structure.pk: [pk for pk in found if pk != structure.pk] for structure in structures}
    return {
        "structures": [(structure, adresse.url(s=others[structure.pk])) for structure in structures],
        "lignes": [
            Ligne(libelle, values)
            for libelle, read in LIGNES
            if any(values := [read(structure, places, on) for structure in structures])
        ],
        "trop": len(_asked(data)) > MOST,
        "inconnues": len(wanted) - len(structures),
        "most": MOST,
        "retour": sans(data),
    }


# What is compared ---------------------------------------------------------------------------------------------------
def _kind(structure, places, on):
    return [Kind(structure.kind).label]


def _reservations(structure, places, on):
    laws = {"handicap": "marchés réservés au handicap", "insertion": "marchés réservés à l’insertion"}
    found = [said for name, said in laws.items() if rules.reservable(structure.kind, name, on)]
    if rules.reservable(structure.kind, "penitentiaire", on):
        found.append("marchés réservés au travail en détention")
    return found or ["aucun sans prouver qu’elle est une structure équivalente"]


def _town(structure, places, on):
    departement = f" ({structure.departement.nom})" if structure.departement else ""
    return [f"{structure.ville}{departement}"] if structure.ville else []


def _sectors(structure, places, on):
    modes = dict(Mode.choices)
    return [f"{activite.secteur.nom} – {modes[activite.mode].lower()}" for activite in structure.activites.all()]


def _zones(structure, places, on):
    said = [places.get(activite.zone_id, "zone non déclarée") for activite in structure.activites.all()]
    return [*dict.fromkeys(text[:1].upper() + text[1:] for text in said)]


def _size(structure, places, on):
    said = [pluriel(structure.capacite, "place,places")] if structure.capacite is not None else []
    said += [pluriel(structure.effectif, "personne,personnes")] if structure.effectif is not None else []
    inside = structure.effectif_parcours
    return said + ([f"dont {inside} en parcours ou en situation de handicap"] if inside is not None else [])


def _low_season(structure, places, on):
    said = months_in_words(mois_of(structure.mois_creux))
    return [said[:1].upper() + said[1:]] if said else []


def _role(structure, places, on):
    said = [RolePrefere(structure.role_prefere).label] if structure.role_prefere else []
    days = structure.delai_reponse_jours
    if days is None:
        return said
    return [*said, f"répond en {pluriel(days, 'jour,jours')} environ" if days else "répond dans la journée"]


def _labels(structure, places, on):
    return [
        f"{obtenu.label.nom}{' (expiré)' if obtenu.valable_jusqu_au and obtenu.valable_jusqu_au < on else ''}"
        for obtenu in structure.labels.all()
    ]


def _references(structure, places, on):
    return [
        f"{reference.client}{f'{COLON}{reference.objet}' if reference.objet else ''}"
        for reference in structure.references.all()
    ][:8]


def _networks(structure, places, on):
    said = [reseau.nom for reseau in structure.reseaux.all()]
    return said + ([f"Groupe{COLON}{structure.groupe.nom}"] if structure.groupe else [])


def _convention(structure, places, on):
    debut, fin = structure.convention_debut, structure.convention_fin
    if debut and fin:
        said = f"du {jour(debut)} au {jour(fin)}"
    else:
        said = f"depuis le {jour(debut)}" if debut else f"jusqu’au {jour(fin)}" if fin else ""
    return [said, *(["expirée"] if fin and fin < on else [])] if said else []


def _contracts(structure, places, on):
    said = []
    if structure.titulaire_jusqu_au and structure.titulaire_jusqu_au >= on:
        said.append(f"tient un marché public, jusqu’au {jour(structure.titulaire_jusqu_au)} au moins")
    elif structure.titulaire_jusqu_au:
        said.append(f"a tenu un marché public, jusqu’au {jour(structure.titulaire_jusqu_au)}")
    elif structure.titulaire_depuis:
        said.append(f"a obtenu un marché public le {jour(structure.titulaire_depuis)}")
    if structure.a_cotraite:
        said.append("a déjà cotraité")
    if structure.formes_commande_publique:
        trained = pluriel(structure.formes_commande_publique, "personne formée,personnes formées")
        said.append(f"{trained} à la commande publique")
    return [text[:1].upper() + text[1:] for text in said]


def _complete(structure, places, on):
    dated = [f"données du {jour(structure.donnees_du)}"] if structure.donnees_du else []
    return [f"{structure.completude}\u00a0% de la fiche remplie", *dated]


LIGNES = (
    ("Type", _kind),
    ("Peut répondre aux", _reservations),
    ("Siège", _town),
    ("Secteurs et modes", _sectors),
    ("Zones", _zones),
    ("Taille", _size),
    ("Mois de faible activité", _low_season),
    ("Rôle préféré et délai", _role),
    ("Labels", _labels),
    ("Références déclarées", _references),
    ("Réseaux et groupe", _networks),
    ("Convention ou agrément", _convention),
    ("Marchés publics", _contracts),
    ("Fiche", _complete),
)


# Kinds in plain words -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class TypeExplique:
    code: str
    nom: str
    tone: str
    phrase: str
    source: str
    reservations: list[str]
    nombre: int


def kinds(on: date) -> list[TypeExplique]:
    """Each kind, what it does, which reservations are meant for it, and how many the directory shows. One query."""
    counts = dict(Structure.objects.listed().order_by().values_list("kind").annotate(number=Count("pk")))
    laws = {"handicap": "handicap", "insertion": "insertion", "penitentiaire": "établissements pénitentiaires"}
    return [
        TypeExplique(
            kind.value, kind.label, Structure(kind=kind).tone, *rules.PRESENTATIONS[kind],
            [said for name, said in laws.items() if rules.reservable(kind, name, on)], counts.get(kind.value, 0),
        )
        for kind in Kind
    ]  # fmt: skip

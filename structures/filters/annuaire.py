"""The directory's criteria as a `FilterSet`: from the query string to a `Question`, with what must be said of it."""

from dataclasses import replace
from functools import cached_property

import django_filters

from portal.templatetags.formats import MONTHS
from portal.text import de_lieu, tokens
from structures.directory import Question, search, search_corrected, whole
from structures.directory.question import TRIS
from structures.enums import Kind, Mode, NiveauLieu
from structures.filters.adresse import Adresse, Puce, Retrait
from structures.filters.champs import (
    LONGEST_SHOWN,
    ListFilter,
    NumberFilter,
    OneFilter,
    TextFilter,
    TypedListFilter,
    YesFilter,
    sector_choices,
)
from structures.lieux import Lieu, Recherche, in_words, resolve
from structures.models import Label, Reseau, Secteur, Structure
from structures.toponymes import dans_le_lieu, du_lieu

FARTHEST_KM = 300
MOST_PLACES = 10
FAMILLES = {"insertion": "Insertion", "handicap": "Handicap"}
RESERVABLE = {
    "handicap": "Réservé au handicap",
    "insertion": "Réservé à l’insertion",
    "les_deux": "Réservé aux deux à la fois",
}
TITULAIRE = {"tient": "Tient un marché public aujourd’hui", "a_tenu": "A tenu ou tient un marché public"}
OUI = {
    "mise_a_disposition": "Met du personnel à disposition",
    "a_cotraite": "A déjà cotraité",
    "formee": "Formée à la commande publique",
    "ges": "Membre d’un groupe économique solidaire (GES)",
    "qpv": "Siège en quartier prioritaire (QPV)",
    "zrr": "Siège en zone rurale (ZRR, FRR)",
}
MOIS = {str(number): name for number, name in enumerate(MONTHS, 1)}
NUMBERS = {
    "capacite_min": "Capacité\u00a0: au moins {} places",
    "effectif_min": "Effectif\u00a0: au moins {} personnes",
    "effectif_max": "Effectif\u00a0: au plus {} personnes",
    "completude_min": "Fiche complète à {} % au moins",
}


class StructureFilter(django_filters.FilterSet):
    """`filter.question` says what was understood, `filter.places` what each typed place may mean."""

    q = TextFilter(label="Métier, nom ou SIRET", max_length=200)
    ou = TypedListFilter(label="Où\u00a0?")
    lieu = TypedListFilter(label="Lieu")
    rayon = NumberFilter(label="Rayon autour de la commune", least=1, most=FARTHEST_KM, unit="de kilomètres")
    secteur = ListFilter(label="Secteur d’achat", choices=[])
    kind = ListFilter(label="Type de structure", choices=Kind.choices)
    famille = OneFilter(label="Famille", choices=list(FAMILLES.items()))
    reservable = OneFilter(label="Marché réservable", choices=list(RESERVABLE.items()))
    mode = OneFilter(label="Mode de réponse", choices=Mode.choices)
    mise_a_disposition = YesFilter(label=OUI["mise_a_disposition"])
    titulaire = OneFilter(label="Marchés publics", choices=list(TITULAIRE.items()))
    a_cotraite = YesFilter(label=OUI["a_cotraite"])
    formee = YesFilter(label=OUI["formee"])
    reseau = ListFilter(label="Réseau", choices=[])
    label = ListFilter(label="Label", choices=[])
    ges = YesFilter(label=OUI["ges"])
    capacite_min = NumberFilter(label="Capacité, au moins", least=0, most=100_000, unit="de places")
    effectif_min = NumberFilter(label="Effectif, au moins", least=0, most=1_000_000, unit="de personnes")
    effectif_max = NumberFilter(label="Effectif, au plus", least=0, most=1_000_000, unit="de personnes")
    mois = ListFilter(label="Mois de faible activité", choices=list(MOIS.items()))
    qpv = YesFilter(label=OUI["qpv"])
    zrr = YesFilter(label=OUI["zrr"])
    completude_min = NumberFilter(label="Fiche complète à (%)", least=0, most=100)
    tri = OneFilter(label="Trier par", choices=list(TRIS.items()))

    class Meta:
        model = Structure
        fields = []

    def __init__(self, data, **options):
        super().__init__(data, **options)
        self.adresse = Adresse(self.data)
        self.secteurs = {secteur.code: secteur for secteur in Secteur.objects.defer("racines", "synonymes", "cpv")}
        self.reseaux = dict(Reseau.objects.order_by("nom").values_list("slug", "nom"))
        self.labels = dict(Label.objects.order_by("ordre", "nom").values_list("code", "nom"))
        self.filters["secteur"].extra["choices"] = sector_choices(self.secteurs.values())
        self.filters["reseau"].extra["choices"] = list(self.reseaux.items())
        self.filters["label"].extra["choices"] = list(self.labels.items())

    def filter_queryset(self, queryset):
        return search(queryset, self.question)

    @cached_property
    def given(self) -> dict:
        self.form.is_valid()  # the fields never refuse: they say what they left out
        return self.form.cleaned_data

    @cached_property
    def question(self) -> Question:
        given = self.given
        return Question(
            words=given["q"],
            secteurs=tuple(self.secteurs[code] for code in given["secteur"]),
            mode=given["mode"],
            lieux=tuple(dict.fromkeys(place.lieu for place in self.places if place.lieu)),
            rayon_km=given["rayon"],
            kinds=tuple(given["kind"]),
            reseaux=tuple(given["reseau"]),
            labels=tuple(given["label"]),
            mois=tuple(int(month) for month in given["mois"]),
            **{name: given[name] for name in ("famille", "reservable", "titulaire", "tri", *NUMBERS, *OUI)},
        )

    @cached_property
    def places(self) -> list[Recherche]:
        """What each place given may mean, in the order given; the same place counts once."""
        typed = [piece.strip() for text in self.given["ou"] for piece in text[:300].split(";")]
        wanted = dict.fromkeys(piece for piece in [*typed, *self.given["lieu"]] if piece)
        return [self._place(piece, bool(self.given["rayon"])) for piece in list(wanted)[:MOST_PLACES]]

    def _place(self, typed: str, around: bool) -> Recherche:
        """The place meant; with a radius, one that has a centre wins over one that has none."""
        place = resolve(typed)
        centred = next((lieu for lieu in place.candidats if lieu.has_point), None)
        if around and place.lieu and not place.lieu.has_point and centred:
            return replace(place, lieu=centred)
        return place

    def corrected(self):
        """The same search with mistyped words replaced, which becomes the question; None when nothing can be."""
        asked = replace(self.question)
        found = search_corrected(self.queryset.all(), asked)
        if found is None or not found.exists():
            return None
        said = asked.corrected
        if self.place_in_words and not set(said).isdisjoint(tokens(self.place_in_words[0].nom)):
            return None  # a place is no mistake for another word
        words = " ".join(said.get(word, word) for word in tokens(self.question.words))
        self.question = replace(self.question, words=words, corrected=said)
        return search(self.queryset.all(), self.question)

    @cached_property
    def place_in_words(self) -> tuple[Lieu, str] | None:
        """The place typed among the words, when none is given where places go, and the other words."""
        question = self.question
        return in_words(question.words) if question.words and not question.lieux and not question.is_number else None

    # Addresses ------------------------------------------------------------------------------------------------------
    def url(self, **changes) -> str:
        """The address of this search with these parameters changed, None taking one away; always from page 1."""
        return self.adresse.url(**changes)

    def puces(self) -> list[Puce]:
        """The active filters, in words, each with the address of the search without it."""
        return self.adresse.puces(self.retraits())

    def retraits(self) -> list[Retrait]:
        question, found = self.question, []
        if question.words:
            found.append(Retrait(f"«\u00a0{question.words}\u00a0»", {"q": None}))
        found += [self._less("secteur", secteur.code, secteur.nom) for secteur in question.secteurs]
        for place in self.places:
            if place.lieu:
                around = question.rayon_km and place.lieu.has_point
                said = f"{question.rayon_km}\u00a0km autour {de_lieu(place.lieu.nom)}" if around else place.lieu.libelle
                found.append(Retrait(said, self.other_places(place)))
        found += [self._less("kind", kind, Kind(kind).label) for kind in question.kinds]
        for name, words in (("famille", FAMILLES), ("reservable", RESERVABLE), ("titulaire", TITULAIRE)):
            if value := getattr(question, name):
                found.append(Retrait(words[value], {name: None}))
        if question.mode:
            found.append(Retrait(Mode(question.mode).label, {"mode": None}))
        found += [Retrait(said, {name: None}) for name, said in OUI.items() if getattr(question, name)]
        found += [self._less("reseau", slug, f"réseau {self.reseaux[slug]}") for slug in question.reseaux]
        found += [self._less("label", code, self.labels[code]) for code in question.labels]
        for name, said in NUMBERS.items():
            if (number := getattr(question, name)) is not None:
                found.append(Retrait(said.format(number), {name: None}))
        found += [self._less("mois", str(month), f"disponible en {MOIS[str(month)]}") for month in question.mois]
        return found

    def _less(self, name: str, value: str, libelle: str) -> Retrait:
        return Retrait(libelle, {name: [other for other in self.given[name] if other != value]})

    def other_places(self, place: Recherche, instead: Lieu | None = None) -> dict:
        """What the address says of places once this one is gone, or replaced."""
        kept = [other for other in self.places if other is not place]
        if instead is None:
            typed = {"ou": [other.texte for other in kept], "lieu": None}
            return typed if kept else typed | {"rayon": None}
        return {"ou": [other.texte for other in kept], "lieu": instead.parametre}

    @property
    def typed_places(self) -> str:
        """What the field « où » shows: every place, by a name that is not ambiguous."""
        return " ; ".join(
            place.lieu.libelle if place.lieu and place.texte == place.lieu.parametre else place.texte
            for place in self.places
        )

    # Words ----------------------------------------------------------------------------------------------------------
    def propositions(self) -> list[Retrait]:
        """What to try when nothing was found."""
        question, found = self.question, []
        lieu = question.lieu
        rayon = question.rayon_km or 0
        if self.place_in_words:
            place, others = self.place_in_words
            said = (
                f"Chercher «\u00a0{others}\u00a0» {dans_le_lieu(place)}"
                if others
                else f"Chercher {dans_le_lieu(place)}"
            )
            found.append(Retrait(said, {"q": others or None, "ou": None, "lieu": place.parametre}))
        if question.is_around and rayon < FARTHEST_KM:
            more = min(FARTHEST_KM, rayon * 2)
            found.append(Retrait(f"Élargir le rayon à {more}\u00a0km", {"rayon": more}))
        elif lieu and lieu.departement and lieu.niveau != NiveauLieu.DEPARTEMENT:
            name = lieu.noms.get((NiveauLieu.DEPARTEMENT.value, lieu.departement), "")
            wider = {"ou": None, "lieu": f"departement-{lieu.departement}", "rayon": None}
            found.append(Retrait(f"Chercher dans tout le département ({name})", wider))
        for names, said in (
            (("secteur",), "Chercher dans tous les secteurs"),
            (("mode", "mise_a_disposition"), "Accepter tous les modes de réponse"),
            (("kind", "famille", "reservable"), "Accepter tous les types de structure"),
            (("titulaire", "a_cotraite", "formee"), "Accepter les structures sans marché public connu"),
            (("reseau", "label", "ges"), "Accepter tous les réseaux et labels"),
            ((*NUMBERS, "mois"), "Ne pas tenir compte de la taille ni du calendrier"),
            (("qpv", "zrr"), "Accepter tous les sièges"),
            (("ou", "lieu", "rayon"), "Chercher dans toute la France"),
            (("q",), "Retirer les mots cherchés"),
        ):
            if any(self.given[name] for name in names):
                found.append(Retrait(said, dict.fromkeys(names)))
        return found

    def ecartes(self) -> dict[str, str]:
        """Name of each criterion of which something was left out, with the sentence that says so."""
        said = {}
        for name, field in self.form.fields.items():
            values = ", ".join(f"«\u00a0{value}\u00a0»" for value in getattr(field, "ecartes", ()))
            if values and name == "rayon":
                said[name] = f"Le rayon est {field.bounds}\u00a0; {values} n'a pas été pris en compte."
            elif values and hasattr(field, "bounds"):
                said[name] = f"{field.label}\u00a0: écrivez {field.bounds}\u00a0; {values} n'a pas été pris en compte."
            elif values and name == "q":
                said[name] = f"La recherche s'arrête à {field.max_length} caractères\u00a0; la suite n'a pas été lue."
            elif values:
                said[name] = (
                    f"{field.label}\u00a0: {values} n'est pas dans la liste\u00a0; choisissez une autre valeur."
                )
        return said

    def avis(self) -> list[str]:
        """What the reader must know of how their question was understood."""
        question, said = self.question, list(self.ecartes().values())
        unknown = [place for place in self.places if place.is_unknown]
        for place in unknown:
            rest = "Il n'a pas été pris en compte." if question.lieux else "La recherche porte sur toute la France."
            said.append(
                f"Aucun lieu connu ne s'appelle «\u00a0{place.texte[:LONGEST_SHOWN]}\u00a0»\u00a0: essayez un nom de "
                f"commune, un code postal, un département ou une région. {rest}"
            )
        said += [
            f"Aucun lieu ne s'appelle «\u00a0{place.texte[:LONGEST_SHOWN]}\u00a0»\u00a0: la recherche porte sur "
            f"{whole(place.lieu)}."
            for place in self.places
            if place.corrige and place.lieu
        ]
        if question.rayon_km and not question.lieux and not unknown:
            said.append("Un rayon se compte autour d'une commune\u00a0: indiquez-en une.")
        if question.rayon_km:
            said += [
                f"La position {du_lieu(lieu)} n'est pas connue\u00a0: la recherche porte sur toute la commune."
                if lieu.niveau == NiveauLieu.COMMUNE
                else f"Un rayon se compte autour d'une commune\u00a0: la recherche porte sur {whole(lieu)}."
                for lieu in question.lieux
                if not lieu.has_point
            ]
        if len(question.lieux) > 1 and len(question.territoires) < len(question.lieux):
            said.append(
                "«\u00a0France\u00a0» comprend tous les autres lieux\u00a0: la recherche porte sur toute la France."
            )
        if question.tri == "distance" and not question.centre:
            said.append("Le tri par distance demande une seule commune\u00a0: les résultats sont triés par pertinence.")
        smallest, largest = question.effectif_min, question.effectif_max
        if smallest is not None and largest is not None and smallest > largest:
            said.append("L'effectif minimal dépasse l'effectif maximal\u00a0: aucune structure ne peut convenir.")
        return said

    def homonymes(self) -> list[tuple[Lieu, list[Retrait]]]:
        """Of each place whose name is borne by several: the one retained, and the others to choose instead."""
        return [
            (
                place.lieu,
                [
                    Retrait(f"{lieu.libelle}, {lieu.precision}", self.other_places(place, lieu))
                    for lieu in place.candidats
                    if lieu != place.lieu
                ],
            )
            for place in self.places
            if place.is_ambiguous and place.lieu
        ]

"""An activity as a structure types it: a trade, a mode, and places in words."""

import re
from dataclasses import dataclass, field

from django import forms
from django.db.models import TextChoices

from portal.fields import EntierField
from portal.text import fold, slugify_fr
from structures.actions.activites import ZoneDemandee, declared
from structures.enums import Mode, NiveauLieu
from structures.lieux import Lieu, Recherche, of_commune, resolve
from structures.models import Activite, Commune, Secteur, Structure
from structures.presentation.portee import Portee, portee
from structures.rules import usual_mode
from structures.zones import names_of

MOST_PLACES = 80
LONGEST_PLACES = 6_000  # characters
LARGEST_RADIUS = 500  # km
MODE_HELP = {
    Mode.PRESTATION: "vous faites le travail avec vos équipes",
    Mode.MISE_A_DISPOSITION: "vos salariés travaillent chez le client, sous sa direction",
    Mode.FABRICATION: "vous produisez des biens que le client achète",
}


class Etendue(TextChoices):
    FRANCE = "france", "Toute la France"
    CHOISIE = "choisie", "Certains lieux, ou un rayon autour d'un point"
    INCONNUE = "inconnue", "Je ne le dis pas encore"


@dataclass
class Choix:
    """A typed place that several places answer to: the field `nom` chooses one."""

    texte: str
    nom: str
    candidats: list[Lieu]


@dataclass
class Lecture:
    """Places typed by somebody, read: what was understood, what must be chosen, what is unknown."""

    lieux: list[Lieu] = field(default_factory=list)
    choix: list[Choix] = field(default_factory=list)
    inconnus: list[str] = field(default_factory=list)
    corriges: list[tuple[str, str]] = field(default_factory=list)  # what was typed, what it was read as


class ActiviteForm(forms.Form):
    secteur = forms.TypedChoiceField(
        label="Secteur", coerce=int, error_messages={"required": "Choisissez le secteur de cette activité."}
    )
    mode = forms.ChoiceField(
        label="Mode", choices=Mode.choices, widget=forms.RadioSelect,
        help_text=" ".join(f"{mode.label}\u00a0: {said}." for mode, said in MODE_HELP.items()),
        error_messages={"required": "Dites comment vous travaillez pour vos clients."},
    )  # fmt: skip
    precision = forms.CharField(
        label="Précision", max_length=200, required=False,
        help_text="Ce qui vous distingue dans ce secteur\u00a0: «\u00a0vitrerie en hauteur\u00a0», «\u00a0linge de "
                  "santé\u00a0»…",
    )  # fmt: skip
    etendue = forms.ChoiceField(
        label="Où intervenez-vous\u00a0?", choices=Etendue.choices, widget=forms.RadioSelect,
        error_messages={"required": "Dites où vous intervenez."},
    )  # fmt: skip
    lieux = forms.CharField(
        label="Lieux", required=False, max_length=LONGEST_PLACES, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=(
            "Communes, intercommunalités, départements ou régions, un par ligne ou séparés par des "
            "points-virgules\u00a0: «\u00a0Calvados\u00a0; Orne\u00a0; Évreux\u00a0». Les codes postaux et les "
            "numéros de département conviennent aussi."
        ),
    )  # fmt: skip
    rayon_km = EntierField(
        label="Rayon (km)", required=False, min_value=1, max_value=LARGEST_RADIUS, help_text="À vol d'oiseau."
    )
    autour = forms.CharField(
        label="Autour de", required=False, max_length=100,
        help_text="Une commune ou un code postal\u00a0; vide\u00a0: autour de votre siège.",
    )  # fmt: skip

    def __init__(self, data=None, *, activite: Activite, structure: Structure):
        self.activite, self.structure = activite, structure
        self.known = declared(activite.zone)
        self._labels = _labels(self.known)
        super().__init__(data, initial=self._initial())
        self.fields["secteur"].choices = [("", "Choisir un secteur"), *grouped_secteurs()]
        self._forget()

    def _forget(self) -> None:
        self.lecture, self.centre, self.demande = Lecture(), Lecture(), ZoneDemandee()
        self.choisis: list[tuple[str, str]] = []  # answers given earlier, as hidden fields: they are not asked twice

    # What is shown first ------------------------------------------------------------------------------------------
    def _initial(self) -> dict:
        activite, known = self.activite, self.known
        is_france = (NiveauLieu.FRANCE.value, "") in known.lieux
        etendue = Etendue.FRANCE if is_france else Etendue.INCONNUE if known.is_empty else Etendue.CHOISIE
        if not activite.pk:
            etendue = Etendue.CHOISIE
        said = {} if is_france else self._labels
        return {
            "secteur": activite.secteur_id,
            "mode": activite.mode if activite.pk else usual_mode(self.structure.kind),
            "precision": activite.precision,
            "etendue": etendue,
            "lieux": "\n".join(lieu.libelle for lieu in said.values()),
            "rayon_km": known.cercle[2] if known.cercle else None,
            "autour": self._centre_said() if known.cercle else "",
        }

    def _centre_said(self) -> str:
        latitude, longitude, _ = self.known.cercle
        if (latitude, longitude) == (self.structure.latitude, self.structure.longitude):
            return ""
        commune = Commune.objects.filter(latitude=latitude, longitude=longitude).order_by("code").first()
        return f"{commune.nom} ({commune.departement_id or commune.code[:2]})" if commune else ""

    # What is typed ------------------------------------------------------------------------------------------------
    def clean_secteur(self):
        return Secteur.objects.get(pk=self.cleaned_data["secteur"])

    def clean(self):
        cleaned = super().clean() or {}
        self._forget()
        self._read_zone(cleaned)
        secteur, mode = cleaned.get("secteur"), cleaned.get("mode")
        same = self.structure.activites.filter(secteur=secteur, mode=mode).exclude(pk=self.activite.pk)
        if secteur and mode and same.exists():
            self.add_error("secteur", "Cette activité est déjà sur votre fiche avec ce mode\u00a0: modifiez-la plutôt.")
        return cleaned

    def _read_zone(self, cleaned: dict) -> None:
        etendue = cleaned.get("etendue")
        if etendue == Etendue.FRANCE:
            self.demande = ZoneDemandee(((NiveauLieu.FRANCE.value, ""),))
        if etendue != Etendue.CHOISIE or {"lieux", "rayon_km", "autour"} & self.errors.keys():
            return
        texts = list(dict.fromkeys(_split(cleaned["lieux"])))
        if len(texts) > MOST_PLACES:
            self.add_error(
                "lieux", f"{MOST_PLACES} lieux au plus\u00a0: remplacez-les par leur département ou leur région."
            )
            return
        self.lecture = self._read(texts)
        if self.lecture.inconnus:
            listed = "\u00a0; ".join(f"«\u00a0{text[:60]}\u00a0»" for text in self.lecture.inconnus[:5])
            self.add_error("lieux", f"Lieu inconnu\u00a0: {listed}. Corrigez le nom, ou écrivez un code postal.")
        if self.lecture.choix:
            self.add_error("lieux", "Plusieurs lieux répondent aux mêmes mots\u00a0: choisissez le bon ci-dessous.")
        circle = self._circle(cleaned.get("rayon_km"), cleaned["autour"].strip())
        self.demande = ZoneDemandee(tuple((lieu.niveau.value, lieu.code) for lieu in self.lecture.lieux), circle)
        if self.demande.is_empty and not {"lieux", "rayon_km", "autour"} & self.errors.keys():
            self.add_error(
                "lieux", "Indiquez au moins un lieu ou un rayon, ou choisissez «\u00a0Je ne le dis pas encore\u00a0»."
            )

    def _circle(self, km: int | None, around: str) -> tuple[float, float, int] | None:
        if km is None:
            if around:
                self.add_error("rayon_km", "Indiquez le rayon en kilomètres autour de ce point.")
            return None
        if not around:
            if self.structure.latitude is None or self.structure.longitude is None:
                self.add_error("autour", "L'adresse de votre fiche n'est pas située\u00a0: écrivez ici une commune.")
                return None
            return self.structure.latitude, self.structure.longitude, km
        if self.known.cercle and around == self.initial["autour"]:
            return (*self.known.cercle[:2], km)
        self.centre = self._read([around], points_only=True)
        if self.centre.choix:
            self.add_error("autour", "Plusieurs communes répondent à ces mots\u00a0: choisissez la bonne ci-dessous.")
        elif not self.centre.lieux:
            self.add_error("autour", "Commune inconnue\u00a0: vérifiez son nom, ou écrivez son code postal.")
        else:
            lieu = self.centre.lieux[0]
            return (*lieu.point, km)
        return None

    def _read(self, texts: list[str], points_only: bool = False) -> Lecture:
        """What these texts mean; places already declared under the same words cost no query."""
        read = Lecture()
        for text in texts:
            if not points_only and (known := self._labels.get(fold(text))):
                read.lieux.append(known)
                continue
            found = resolve(text)
            candidates = [lieu for lieu in found.candidats if lieu.has_point] if points_only else [*found.candidats]
            if not candidates:
                read.inconnus.append(text)
            elif len(candidates) == 1 or (not points_only and _is_plain(found)):
                read.lieux.append(candidates[0])
                if found.corrige:
                    read.corriges.append((text, candidates[0].libelle))
            else:
                self._choose(read, text, candidates, "centre" if points_only else "lieu")
        return read

    def _choose(self, read: Lecture, text: str, candidates: list[Lieu], prefix: str) -> None:
        name = f"{prefix}-{slugify_fr(text) or 'autre'}"
        answer = self.data.get(name, "")
        chosen = next((lieu for lieu in candidates if lieu.parametre == answer), None)
        if chosen:
            read.lieux.append(chosen)
            self.choisis.append((name, answer))
        else:
            read.choix.append(Choix(text, name, candidates))

    @property
    def choix(self) -> list[Choix]:
        return [*self.lecture.choix, *self.centre.choix]

    @property
    def inconnus(self) -> list[str]:
        return [*self.lecture.inconnus, *self.centre.inconnus]

    @property
    def corriges(self) -> list[tuple[str, str]]:
        return [*self.lecture.corriges, *self.centre.corriges]

    def apply(self) -> Activite:
        """The activity with what was typed, its zone apart; not saved."""
        self.activite.secteur = self.cleaned_data["secteur"]
        self.activite.mode = self.cleaned_data["mode"]
        self.activite.precision = self.cleaned_data["precision"].strip()
        return self.activite

    def portee(self) -> Portee | None:
        """What the zone typed so far reaches, whatever else is wrong; None when there is no zone."""
        self.errors  # noqa: B018 reads the form
        return None if self.demande.is_empty else portee(self.demande.lieux, self.demande.cercle)


def grouped_secteurs() -> list[tuple[str, list[tuple[int, str]]]]:
    """Sectors under their family, for a select; the family itself comes first. One query."""
    groups: dict[int, tuple[str, list]] = {}
    rows = list(Secteur.objects.order_by("ordre").values_list("pk", "nom", "parent"))
    for pk, nom, parent in rows:
        if parent is None:
            groups[pk] = (nom, [(pk, f"{nom} (toute la famille)")])
    for pk, nom, parent in rows:
        if parent in groups:
            groups[parent][1].append((pk, nom))
    return list(groups.values())


def _split(text: str) -> list[str]:
    return [" ".join(part.split()) for part in re.split(r"[;,\n\r]+", text or "") if part.strip()]


def _is_plain(found: Recherche) -> bool:
    """Whether the first answer bears the typed name, is larger, and holds the others: no need to ask."""
    first, *others = found.candidats
    return first.niveau == NiveauLieu.COMMUNE and all(lieu.parente == first.code for lieu in others)


def _labels(known: ZoneDemandee) -> dict[str, Lieu]:
    """Declared places by their folded label; one query for each kind of place."""
    names = names_of(known.lieux)
    found: dict[str, Lieu] = {}
    communes = [code for niveau, code in known.lieux if niveau == NiveauLieu.COMMUNE]
    rows = Commune.objects.filter(pk__in=communes).select_related("departement__region", "epci").order_by("nom_tri")
    for lieu in map(of_commune, rows):
        found[fold(lieu.libelle)] = lieu
    for niveau, code in known.lieux:
        if niveau != NiveauLieu.COMMUNE and (niveau, code) in names:
            lieu = Lieu(
                NiveauLieu(niveau),
                code,
                names[niveau, code],
                departement=code if niveau == NiveauLieu.DEPARTEMENT else "",
            )
            found[fold(lieu.libelle)] = lieu
    return found

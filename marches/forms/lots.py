"""What buyers type of a lot: what it is, to whom it is reserved, its days, its renewals, its holders."""

from typing import Any

from django import forms

from marches.enums import Reservation
from marches.forms.champs import FicheForm, LieuField, SiretsField, amount_field, day_field, place_of, whole_field
from marches.forms.grille import GrilleField
from marches.models import Lot
from marches.rules import fin_prevue
from marches.rules.mentions import SOCIAL
from marches.rules.ponderation import grille_of
from portal import etats
from structures.enums import NiveauLieu
from structures.forms.activites import grouped_secteurs
from structures.lieux import Lieu

COURT = ("numero", "objet", "secteur", "cpv", "lieu", "reservation", "clause_sociale", "critere_social",
         "montant_estime", "duree_mois", "petit_lot")  # fmt: skip
LONGEST_MONTHS, MOST_RENEWALS = 1200, 20
PLACE_TYPES = {
    NiveauLieu.COMMUNE: "Code commune", NiveauLieu.DEPARTEMENT: "Code département", NiveauLieu.REGION: "Code région",
}  # fmt: skip
PLACE = ("commune_id", "departement_id", "lieu_code", "lieu_type")


class LotForm(FicheForm):
    """The whole lot, or the fields `noms` of it."""

    lieu = LieuField(
        label="Lieu d'exécution",
        help_text="Une commune, un département ou une région\u00a0; le principal s'il y en a plusieurs.",
    )
    montant_estime = amount_field("Montant estimé (€ HT)", "Avant l'attribution, reconductions comprises.")
    montant = amount_field(
        "Montant attribué (€ HT)", "Montant actuel, modifications comprises\u00a0; vide s'il n'est pas connu."
    )
    montant_initial = amount_field("Montant initial (€ HT)", "Montant notifié au départ, s'il a changé depuis.")
    offres_recues = whole_field("Offres reçues", 0, 10_000, "Nombre d'offres, groupements comptés pour une.")
    date_notification = day_field(label="Notification au titulaire", help_text="Le contrat prend effet ce jour-là.")
    date_debut = day_field(label="Début d'exécution", help_text="S'il est différent de la notification.")
    date_fin = day_field(
        label="Fin d'exécution",
        help_text="Dernier jour de la période ferme, compris\u00a0; vide, il est calculé d'après le début et la durée.",
    )
    duree_mois = whole_field("Durée ferme (mois)", 1, LONGEST_MONTHS, "Sans les reconductions.")
    reconductions = whole_field("Nombre de reconductions", 0, MOST_RENEWALS, "0 s'il n'y en a pas.", required=True)
    reconduction_mois = whole_field(
        "Durée d'une reconduction (mois)", 1, 120, "Vide\u00a0: autant que la période ferme."
    )
    preavis_jours = whole_field(
        "Préavis avant reconduction (jours)", 0, 730, "Délai écrit au contrat pour dire que l'on ne reconduit pas."
    )
    titulaires = SiretsField(
        label="SIRET des titulaires",
        help_text="Un par ligne, le mandataire d'abord. Après le SIRET, écrivez le nom d'une entreprise que le portail "
        "ne connaît pas encore.",
    )
    criteres = GrilleField(
        label="Critères d'attribution du lot",
        help_text="Un par ligne, du plus important au moins important, avec son poids\u00a0: "
        "«\u00a0Prix\u00a0: 40\u00a0%\u00a0», «\u00a0Insertion professionnelle\u00a0: 15\u00a0%\u00a0». Des points "
        "ou une fourchette (30 à 40\u00a0%) conviennent aussi\u00a0; sans poids, l'ordre des lignes est l'ordre "
        "d'importance.",
    )
    justification = forms.CharField(
        label="Justification des points signalés", required=False, max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Votre réponse aux avertissements de droit sur ce marché, s'il y en a\u00a0: elle reste au dossier.",
    )  # fmt: skip
    groupes = (
        ("Ce que l'on achète", (("numero", "cpv"), "objet", "secteur", "lieu")),
        ("Réservation et considérations sociales", ("reservation", "clause_sociale", "critere_social",
                                                    "services_sociaux", "petit_lot")),
        ("Choix des offres", ("criteres",)),
        ("Exécution", ("materiel_a_fournir", "taches_essentielles", "amenagements")),
        ("Montants", (("montant_estime", "montant"), ("montant_initial", "forme_prix"), "offres_recues")),
        ("Dates", (("date_notification", "date_debut"), ("duree_mois", "date_fin"))),
        ("Reconductions", (("reconductions", "reconduction_mois"), "preavis_jours", "reconduction_tacite")),
        ("Titulaires", ("titulaires", "sous_traitance_declaree")),
        ("Points signalés", ("justification",)),
    )  # fmt: skip

    class Meta:
        model = Lot
        fields = (
            "numero", "objet", "secteur", "cpv", "reservation", "clause_sociale", "critere_social", "services_sociaux",
            "petit_lot", "criteres", "materiel_a_fournir", "taches_essentielles", "amenagements", "montant_estime",
            "montant", "montant_initial", "forme_prix", "offres_recues", "date_notification", "date_debut",
            "duree_mois", "date_fin", "reconductions", "reconduction_mois", "preavis_jours", "reconduction_tacite",
            "sous_traitance_declaree",
        )  # fmt: skip
        widgets = {
            "objet": forms.Textarea(attrs={"rows": 2}),
            "taches_essentielles": forms.Textarea(attrs={"rows": 3}),
            "amenagements": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "numero": "«\u00a01\u00a0», «\u00a03A\u00a0»… Vide si le marché n'a qu'un lot.",
            "objet": "Ce que le titulaire fait, en une phrase.",
            "secteur": "Les structures de ce métier trouveront le lot.",
            "cpv": "Huit chiffres, par exemple 77310000.",
            "reservation": "À qui ce lot est réservé\u00a0; le portail dit ensuite si la loi le permet.",
            "clause_sociale": "Une condition d'exécution\u00a0: des heures d'insertion, par exemple.",
            "critere_social": "Un critère de choix des offres porte sur la qualité sociale.",
            "services_sociaux": "Services sociaux et autres services spécifiques\u00a0: nécessaire pour réserver à "
            "l'ESS.",
            "petit_lot": "Moins de 80\u00a0000\u00a0€ (services, fournitures) ou 1\u00a0M€ (travaux), 20\u00a0% du "
            "total au plus.",
            "materiel_a_fournir": "Une association intermédiaire, qui prête des personnes, n'y répond pas seule.",
            "taches_essentielles": "Celles que doit faire un membre du groupement, pas un sous-traitant "
            "(R.\u00a02142-27).",
            "amenagements": "Ce que le lot permet\u00a0: horaires, postes adaptés, accompagnement sur place.",
            "forme_prix": "«\u00a0Unitaire\u00a0», «\u00a0Forfaitaire\u00a0» ou «\u00a0Mixte\u00a0»\u00a0: ce "
            "que le format DECP accepte.",
            "reconduction_tacite": "Décochée\u00a0: l'acheteur doit écrire pour reconduire (R.\u00a02112-4).",
            "sous_traitance_declaree": "Une part du lot est-elle sous-traitée\u00a0?",
        }
        error_messages = {"objet": {"required": "Dites ce que l'on achète."}}

    def __init__(self, *args, **given):
        instance = given.get("instance")
        if instance is not None:
            known = {"lieu": said_place(instance), **_holders(instance), "justification": instance.marche.justification}
            given["initial"] = known | (given.get("initial") or {})
        super().__init__(*args, **given)
        if instance is None or not instance.marche.publie or instance.marche.cle:
            self.fields.pop("justification", None)  # a draft is judged when it is published
        if "criteres" in self.fields:
            self.fields["criteres"].connue = self.instance.criteres
        if "secteur" in self.fields:
            self.fields["secteur"].choices = [("", "À préciser"), *grouped_secteurs()]

    def clean_numero(self) -> str:
        return " ".join(self.cleaned_data["numero"].split())

    def clean_cpv(self) -> str:
        text = self.cleaned_data["cpv"].strip().replace(" ", "")
        digits, _, key = text.partition("-")
        if text and not (digits.isascii() and digits.isdigit() and 2 <= len(digits) <= 8 and len(key) <= 1):
            raise forms.ValidationError("Un code CPV compte huit chiffres, par exemple 77310000.")
        return text

    def clean_reservation(self) -> str:
        return self.cleaned_data["reservation"] or Reservation.AUCUNE

    def clean(self):
        cleaned = super().clean()
        start = cleaned.get("date_debut") or cleaned.get("date_notification")
        notified, begun = cleaned.get("date_notification"), cleaned.get("date_debut")
        if notified and begun and begun < notified:
            self.add_error("date_debut", "L'exécution ne peut commencer avant la notification.")
        end, months = cleaned.get("date_fin"), cleaned.get("duree_mois")
        if "date_fin" in self.fields and "date_fin" not in self.errors and (not end or self._follows()):
            end = cleaned["date_fin"] = fin_prevue(start, months)
        if start and end and end < start:
            self.add_error("date_fin", "La fin d'exécution ne peut précéder le début.")
        dated = {"reconductions", "duree_mois", "date_notification", "date_debut", "titulaires"}
        if cleaned.get("reconductions") and dated & set(self.changed_data):  # else they are as they were found
            self._renewals(months, start, bool(cleaned.get("titulaires")))
        self._social(cleaned or {})
        return cleaned

    def _social(self, cleaned: dict[str, Any]) -> None:
        """A criterion whose name is social makes a social lot: searches, figures and published data go by the box."""
        grille = grille_of(cleaned.get("criteres"))
        if "criteres" not in self.changed_data or grille is None or cleaned.get("critere_social"):
            return
        if named := next((each.nom for each in grille.criteres if SOCIAL.search(each.nom)), ""):
            self.add_error(
                "critere_social",
                f"«\u00a0{named[:80]}\u00a0» est un critère social\u00a0: cochez cette case, pour que le "
                "lot soit trouvé et publié comme tel.",
            )

    def _renewals(self, months: int | None, start: Any, held: bool) -> None:
        """Renewals follow a firm period; its first day is not known before there is a holder."""
        said = "Nécessaire pour dater les reconductions\u00a0: elles suivent la période ferme."
        if not months and "duree_mois" not in self.errors:
            self.add_error("duree_mois", said)
        elif not start and held and "date_notification" not in self.errors:
            self.add_error("date_notification", said)

    def _follows(self) -> bool:
        """Whether the end, left as it was, was the one of a start or a duration that has just been changed."""
        lot = self.instance
        was = fin_prevue(lot.date_debut or lot.date_notification, lot.duree_mois)
        moved = {"date_debut", "date_notification", "duree_mois"} & set(self.changed_data)
        return bool(was and moved and lot.date_fin == was and "date_fin" not in self.changed_data)

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        if "lieu" in self.fields and "lieu" in self.changed_data:
            values |= columns_of(self.cleaned_data["lieu"])
        return values

    @property
    def typed(self) -> dict[str, Any]:
        said = {name: etats.plain(value) for name, value in super().values.items()}
        return said | ({"titulaires": self.sirets} if "titulaires" in self.fields else {})

    @property
    def justification_typed(self) -> str | None:
        """What answers the warnings on the whole contract; None when it is not asked, or did not change."""
        if "justification" not in self.fields or "justification" not in self.changed_data:
            return None
        return self.cleaned_data["justification"].strip()

    @property
    def sirets(self) -> list[str]:
        return [siret for siret, _ in self.cleaned_data["titulaires"]]

    @property
    def nouveaux_titulaires(self) -> list[tuple[str, str]] | None:
        """(SIRET, name) of the holders, in order; None when they did not change or are not asked."""
        if "titulaires" not in self.fields or self.sirets == self.initial.get("sirets", []):
            return None
        return self.cleaned_data["titulaires"]


def columns_of(lieu: Lieu | None) -> dict[str, str | None]:
    """The columns of a lot that say where it is performed."""
    if lieu is None:
        return {"commune_id": None, "departement_id": None, "lieu_code": "", "lieu_type": ""}
    is_commune = lieu.niveau == NiveauLieu.COMMUNE
    departement = lieu.code if lieu.niveau == NiveauLieu.DEPARTEMENT else lieu.departement if is_commune else None
    return {
        "commune_id": lieu.code if is_commune else None,
        "departement_id": departement or None,
        "lieu_code": lieu.code,
        "lieu_type": PLACE_TYPES.get(lieu.niveau, str(lieu.niveau.label)),
    }


def said_place(lot: Lot) -> str:
    if lot.commune_id:
        return place_of(lot.commune)
    if lot.departement_id:
        return str(lot.departement)
    return ""


def _holders(lot: Lot) -> dict[str, Any]:
    """The holders of a stored lot, as one types them; a body known by another number than a SIRET stays apart."""
    if not lot.pk:
        return {"titulaires": "", "sirets": []}
    rows = lot.titulaires.select_related("organisation").order_by("rang", "pk")
    bodies = [row.organisation for row in rows if row.organisation.type_identifiant == "SIRET"]
    lines = [f"{body.identifiant} {body.denomination}".strip() for body in bodies]
    return {"titulaires": "\n".join(lines), "sirets": [body.identifiant for body in bodies]}

"""What buyers type of a contract: what is bought, when, how it is split, what the law asks of them."""

from django import forms
from django.core.exceptions import ValidationError

from marches.enums import CriteresAttribution, MotifDispense, NatureContrat
from marches.forms.champs import FicheForm, MarcheField, amount_field, contracts_of, day_field, whole_field
from marches.models import Marche
from portal.permissions import Acteur, Role
from structures.fournisseurs import lire

COURT = ("objet", "reference", "nature", "type", "procedure", "date_lancement", "date_limite", "montant_estime",
         "est_accord_cadre", "acheteur_siret")  # fmt: skip
CONCESSION = {MotifDispense.LIEN, MotifDispense.CONCURRENCE}


class MarcheForm(FicheForm):
    """The whole contract, or the fields `noms` of it; administration says for which buyer a new one is."""

    acheteur_siret = forms.CharField(
        label="SIRET de l'acheteur", max_length=40,
        help_text="L'organisme qui passe ce marché.", error_messages={"required": "Dites qui achète."},
    )  # fmt: skip
    date_lancement = day_field(
        label="Lancement de la consultation",
        help_text="Jour d'envoi de l'avis, ou premier contact\u00a0: c'est lui qui dit quel droit s'applique.",
    )
    date_limite = forms.DateTimeField(
        label="Date limite de remise des offres", required=False,
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        help_text="Jour et heure, à l'heure de Paris.",
        error_messages={"invalid": "Écrivez un jour et une heure, par exemple 15/03/2027 12:00."},
    )  # fmt: skip
    montant_estime = amount_field(
        "Montant estimé (€ HT)",
        "Tous les lots, options et reconductions comprises\u00a0: c'est ce total qui dit la procédure (R. 2121-1).",
    )
    montant_maximum = amount_field(
        "Montant maximum de l'accord-cadre (€ HT)", "Obligatoire pour un accord-cadre (R. 2162-4)."
    )
    lots_max_candidat = whole_field(
        "Lots par candidat, au plus", 1, 500, "Si vous limitez le nombre de lots auxquels un candidat peut répondre."
    )
    lots_max_attribues = whole_field(
        "Lots par titulaire, au plus", 1, 500, "Si vous limitez le nombre de lots attribués au même titulaire."
    )
    dispense_motif = forms.ChoiceField(
        label="Dispense de condition sociale", required=False, choices=[("", "Aucune"), *MotifDispense.choices],
        help_text="Au-dessus des seuils européens, des conditions sociales d'exécution sont obligatoires depuis le "
        "22 août 2026 (L. 2112-2-1)\u00a0: si vous n'en mettez pas, dites pourquoi.",
    )  # fmt: skip
    dispense_texte = forms.CharField(
        label="Justification de la dispense", required=False, max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 4}), help_text="Conservée avec le dossier de la procédure (L. 2184-1).",
    )  # fmt: skip
    groupes = (
        ("L'acheteur", ("acheteur_siret",)),
        ("Ce que l'on achète", ("objet", ("reference", "type"), ("nature", "procedure"), ("techniques", "ccag"),
                                "presentation")),
        ("Calendrier", (("date_lancement", "date_limite"),)),
        ("Montants", ("montant_estime", "est_accord_cadre", "montant_maximum", "justification_duree")),
        ("Allotissement", ("prestations_distinctes", "motif_non_allotissement", "justification_non_allotissement",
                           ("lots_max_candidat", "lots_max_attribues"), "interdit_seul_et_groupe",
                           "interdit_plusieurs_groupes")),
        ("Critères d'attribution", ("criteres", "achat_standardise", "critere_environnemental")),
        ("Insertion et réservation", ("marche_insertion", "services_sociaux", "reservation_mentionnee", "pilote")),
        ("Condition sociale", ("dispense_motif", "dispense_texte")),
        ("Points signalés", ("justification",)),
    )  # fmt: skip

    class Meta:
        model = Marche
        fields = (
            "objet", "reference", "nature", "type", "procedure", "techniques", "ccag", "presentation",
            "date_lancement", "date_limite", "montant_estime", "est_accord_cadre", "montant_maximum",
            "justification_duree", "prestations_distinctes", "motif_non_allotissement",
            "justification_non_allotissement", "lots_max_candidat", "lots_max_attribues", "interdit_seul_et_groupe",
            "interdit_plusieurs_groupes", "criteres", "achat_standardise", "critere_environnemental",
            "marche_insertion", "services_sociaux", "reservation_mentionnee", "pilote",
            "justification",
        )  # fmt: skip
        widgets = {
            "objet": forms.Textarea(attrs={"rows": 2}),
            "presentation": forms.Textarea(attrs={"rows": 5}),
            "justification_duree": forms.Textarea(attrs={"rows": 3}),
            "justification_non_allotissement": forms.Textarea(attrs={"rows": 3}),
            "justification": forms.Textarea(attrs={"rows": 4}),
        }
        help_texts = {
            "objet": "Le titre de la consultation, tel que dans l'avis.",
            "reference": "Votre numéro de marché ou de consultation.",
            "nature": "Marché, concession ou contrat privé portant une clause.",
            "type": "Travaux, services ou fournitures\u00a0: les seuils en dépendent.",
            "procedure": "Par exemple «\u00a0Procédure adaptée\u00a0» ou «\u00a0Appel d'offres ouvert\u00a0».",
            "techniques": "Par exemple «\u00a0Accord-cadre\u00a0» ou «\u00a0Système d'acquisition dynamique\u00a0».",
            "ccag": "Par exemple «\u00a0Fournitures courantes et services\u00a0».",
            "presentation": "Ce qu'un candidat doit comprendre du contexte, en quelques phrases.",
            "est_accord_cadre": "Des bons de commande ou des marchés subséquents suivront.",
            "justification_duree": "Si l'accord-cadre dépasse quatre ans, reconductions comprises (L. 2125-1).",
            "prestations_distinctes": "Le besoin contient-il des prestations que l'on peut séparer (L. 2113-10)\u00a0?",
            "motif_non_allotissement": "Si des prestations distinctes ne sont pas alloties (L. 2113-11).",
            "justification_non_allotissement": "Les raisons de droit ou de fait, que le dossier doit garder.",
            "interdit_seul_et_groupe": "Le même candidat ne peut répondre seul et dans un groupement (R. 2142-21).",
            "interdit_plusieurs_groupes": "Le même candidat ne peut être dans plusieurs groupements (R. 2142-21).",
            "criteres": "Le prix seul n'est plus possible pour une consultation lancée depuis le 21 août 2026 "
            "(R. 2152-7)\u00a0; un critère social est toujours permis, et se note lot par lot.",
            "achat_standardise": "Fournitures ou services dont la qualité ne change pas d'un candidat à l'autre. Ne "
            "sert qu'au prix seul, avant le 21 août 2026.",
            "critere_environnemental": "Un critère porte sur l'environnement, ou le coût retenu en tient compte "
            "(cycle de vie)\u00a0: obligatoire depuis le 21 août 2026.",
            "marche_insertion": "L'insertion est l'objet même du marché (R. 2123-1, 3°)\u00a0: tout "
            "candidat peut répondre.",
            "services_sociaux": "Services sociaux, de santé, culturels et autres services de la liste officielle.",
            "reservation_mentionnee": "L'avis ou les documents annoncent la décision de réserver (R. 2113-7).",
            "pilote": "Une expérience qui en prépare d'autres.",
            "justification": "Votre réponse aux avertissements de droit, s'il y en a\u00a0: elle reste au dossier.",
        }
        error_messages = {"objet": {"required": "Donnez un titre au marché."}}

    def __init__(self, *args, acteur: Acteur, **given):
        instance = given.get("instance")
        if instance is not None and instance.pk and (dispense := getattr(instance, "dispense", None)):
            given["initial"] = {
                "dispense_motif": dispense.motif, "dispense_texte": dispense.texte, **(given.get("initial") or {}),
            }  # fmt: skip
        super().__init__(*args, **given)
        self.acteur = acteur
        if self.instance.pk or not acteur.has(Role.ADMINISTRATION):
            self.fields.pop("acheteur_siret", None)

    def clean_acheteur_siret(self) -> str:
        siret, fault = lire(self.cleaned_data["acheteur_siret"])
        if fault or len(siret) != 14:
            raise ValidationError(fault or "Un SIREN ne suffit pas\u00a0: donnez les 14 chiffres du SIRET.")
        return siret

    def clean(self):
        cleaned = super().clean()
        launch, deadline = cleaned.get("date_lancement"), cleaned.get("date_limite")
        if launch and deadline and deadline.date() < launch:
            self.add_error("date_limite", "Les offres ne peuvent être attendues avant le lancement.")
        if cleaned.get("montant_maximum") is not None and not cleaned.get("est_accord_cadre"):
            self.add_error("est_accord_cadre", "Un montant maximum suppose un accord-cadre\u00a0: cochez la case.")
        if (
            cleaned.get("motif_non_allotissement")
            and not (cleaned.get("justification_non_allotissement") or "").strip()
        ):
            self.add_error(
                "justification_non_allotissement", "Écrivez pourquoi\u00a0: le dossier doit le garder (L. 2113-11)."
            )
        if cleaned.get("criteres") == CriteresAttribution.PRIX and cleaned.get("critere_environnemental"):
            self.add_error(
                "criteres", "Avec un critère sur l'environnement, le prix n'est plus seul\u00a0: plusieurs critères."
            )
        motif, texte = cleaned.get("dispense_motif"), (cleaned.get("dispense_texte") or "").strip()
        if motif and not texte:
            self.add_error("dispense_texte", "Écrivez la justification\u00a0: la loi demande qu'elle soit conservée.")
        if texte and not motif and "dispense_motif" not in self.errors:
            self.add_error("dispense_motif", "Choisissez le motif de cette dispense.")
        if motif and cleaned.get("nature") == NatureContrat.CONCESSION and motif not in CONCESSION:
            self.add_error("dispense_motif", "Ce motif n'existe pas pour une concession (L. 3114-2-1).")
        return cleaned

    @property
    def dispense(self) -> tuple[str, str] | None:
        """(ground, text) of the exemption, ("", "") for none; None when this form does not ask."""
        if "dispense_motif" not in self.fields:
            return None
        return self.cleaned_data["dispense_motif"], self.cleaned_data["dispense_texte"].strip()


class PublicationForm(forms.Form):
    """Publishing asks for a written answer when the law of the day warns of something."""

    justification = forms.CharField(
        label="Votre justification", required=False, max_length=5_000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Elle répond aux avertissements ci-dessus et reste au dossier du marché\u00a0; les visiteurs ne la "
        "voient pas.",
    )  # fmt: skip

    def __init__(self, *args, requise: bool, **given):
        super().__init__(*args, **given)
        if not requise:
            del self.fields["justification"]
        else:
            self.fields["justification"].required = True
            self.fields["justification"].error_messages["required"] = (
                "Écrivez pourquoi vous passez outre ces avertissements\u00a0: le dossier doit le garder."
            )


class LiensForm(FicheForm):
    """What a contract follows, what it was taken out of, and the framework it is called from."""

    predecesseur = MarcheField(label="Fait suite à")
    operation_mere = MarcheField(label="Petit lot extrait de l'opération")
    accord_cadre = MarcheField(label="Marché subséquent de l'accord-cadre")
    groupes = (("Avant lui", ("predecesseur", "pilote")), ("Au-dessus de lui", ("operation_mere", "accord_cadre")))

    class Meta:
        model = Marche
        fields = ("predecesseur", "pilote", "operation_mere", "accord_cadre")
        help_texts = {"pilote": "Une expérience qui en prépare d'autres."}

    def __init__(self, *args, acteur: Acteur, **given):
        super().__init__(*args, **given)
        for name in ("predecesseur", "operation_mere", "accord_cadre"):
            self.fields[name].queryset = contracts_of(acteur, self.instance)
            self.fields[name].widget.attrs["list"] = "marches-proposes"

    @property
    def proposes(self):
        """The latest contracts of the buyer, offered while one types."""
        rows = self.fields["predecesseur"].queryset.defer("racines", "presentation")
        return list(rows.order_by("-recence", "-pk")[:30])

    def clean_accord_cadre(self):
        framework = self.cleaned_data["accord_cadre"]
        if framework is not None and not framework.est_accord_cadre:
            raise ValidationError(
                "Ce marché n'est pas un accord-cadre\u00a0: cochez d'abord «\u00a0accord-cadre\u00a0» sur sa fiche."
            )
        return framework

    def clean_operation_mere(self):
        """An operation and the lots taken out of it: two levels, no more, for the value of the whole to be known."""
        mother = self.cleaned_data["operation_mere"]
        if mother is None or "operation_mere" not in self.changed_data:
            return mother
        if mother.operation_mere_id and mother.operation_mere_id != self.instance.pk:
            whole = mother.operation_mere.objet[:80]
            raise ValidationError(
                f"Ce marché est lui-même extrait d'une opération, «\u00a0{whole}\u00a0»\u00a0: choisissez-la."
            )
        if mother.pk != self.instance.pk and self.instance.extraits.exclude(pk=mother.pk).exists():
            raise ValidationError("Des petits lots sont extraits de ce marché\u00a0: il est lui-même une opération.")
        return mother

    def clean(self):
        cleaned = super().clean()
        for name, said in (("predecesseur", "se suivent en boucle"), ("operation_mere", "sortent l'un de l'autre")):
            target = cleaned.get(name)
            if target is not None and _leads_to(target, name, self.instance.pk):
                self.add_error(name, f"Ces marchés {said}\u00a0: choisissez-en un autre.")
        return cleaned


def _leads_to(marche: Marche, link: str, pk: int | None, most: int = 50) -> bool:
    """Whether following `link` from `marche` comes to the contract `pk`."""
    seen: set[int] = set()
    while marche is not None and marche.pk not in seen and len(seen) < most:
        if marche.pk == pk:
            return True
        seen.add(marche.pk)
        marche = getattr(marche, link)
    return False

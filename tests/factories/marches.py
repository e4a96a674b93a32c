"""Buyers, contracts, lots, notices, groupings, alliances, sites and calendars."""

from datetime import date

from marches.enums import DecisionReconduction, FormeGroupement, GenreAcheteur, MotifChangement, MotifDispense
from marches.models import (
    Acheteur,
    ActeSousTraitance,
    Agenda,
    Alliance,
    Avis,
    ChangementGroupement,
    DispenseSociale,
    Groupement,
    JetonAvis,
    Lot,
    Marche,
    MembreAlliance,
    MembreGroupement,
    Modification,
    PartieARapprocher,
    Question,
    Reconduction,
    ReferentAcheteur,
    ReglageQuestions,
    Site,
    SiteLot,
    SourceAvis,
    SourceLot,
    SourceVue,
    SuiviQuestions,
    Titulaire,
)
from marches.models.lots import SOCIAL, est_vraisemblable
from marches.rules.dates import jour_entier
from portal.permissions import Role
from portal.text import sort_key
from tests.factories.nombres import _n
from tests.factories.socle import _record, make_importation, make_user
from tests.factories.structures import make_organisation, make_structure


def make_acheteur(*, organisation=None, **given) -> Acheteur:
    usual = {"organisation": organisation or make_organisation(), "genre": GenreAcheteur.LOCAL}
    return Acheteur.objects.create(**usual | given)


def make_marche(*, acheteur=None, **given) -> Marche:
    usual = {"acheteur": acheteur or make_acheteur(), "objet": f"Marché {next(_n)}"} | given
    return Marche.objects.create(**{"objet_tri": sort_key(usual["objet"])[:80]} | usual)


def make_lot(*, marche=None, **given) -> Lot:
    """Its contract keeps what follows from its lots, as every writer of ours sees to; its words apart."""
    marche = marche or make_marche()
    usual = {"marche": marche, "objet": f"Lot {next(_n)}", "recence": marche.recence}
    lot = Lot.objects.create(**usual | given)
    if Lot.objects.filter(SOCIAL, pk=lot.pk).exists():
        marche.social = True
    if lot.montant is not None and est_vraisemblable(lot.montant):
        marche.montant_lots += lot.montant
    Marche.objects.filter(pk=marche.pk).update(social=marche.social, montant_lots=marche.montant_lots)
    if day := jour_entier(lot.date_notification):
        marche.recence, marche.premiere = max(marche.recence, day), min(marche.premiere or day, day)
        Marche.objects.filter(pk=marche.pk).update(recence=marche.recence, premiere=marche.premiere)
        marche.lots.update(recence=marche.recence)
        lot.recence = marche.recence
    return lot


def make_titulaire(*, lot=None, organisation=None, **given) -> Titulaire:
    usual = {"lot": lot or make_lot(), "organisation": organisation or make_organisation()}
    return Titulaire.objects.create(**usual | given)


def make_modification(*, lot=None, **given) -> Modification:
    n = next(_n)
    usual = {"lot": lot or make_lot(), "numero": str(n), "date_notification": date(2026, 1, 15)}
    return Modification.objects.create(**usual | given)


def make_acte_sous_traitance(*, lot=None, sous_traitant=None, **given) -> ActeSousTraitance:
    usual = {
        "lot": lot or make_lot(),
        "numero": str(next(_n)),
        "sous_traitant": sous_traitant or make_organisation(),
        "date_notification": date(2026, 1, 15),
    }
    return ActeSousTraitance.objects.create(**usual | given)


def make_source_lot(*, lot=None, **given) -> SourceLot:
    return SourceLot.objects.create(**_record("lot", lot or make_lot(), given))


def make_source_vue(*, source=None, importation=None) -> SourceVue:
    return SourceVue.objects.create(
        source=source or make_source_lot(), importation=importation or make_importation(format="decp-2022")
    )


def make_avis(**given) -> Avis:
    n = next(_n)
    usual = {"cle": f"{n:06d}-2026", "dossier": f"{n:06d}-2026", "format": "eforms", "nature": "consultation"}
    return Avis.objects.create(**usual | {"titre": f"Avis {n}", "acheteur_nom": "Ville de Caen"} | given)


def make_jeton_avis(*, avis=None, **given) -> JetonAvis:
    return JetonAvis.objects.create(**{"avis": avis or make_avis(), "jeton": f"jeton-{next(_n)}"} | given)


def make_source_avis(*, avis=None, **given) -> SourceAvis:
    return SourceAvis.objects.create(**_record("avis", avis or make_avis(), given))


def make_partie(*, avis=None, **given) -> PartieARapprocher:
    n = next(_n)
    usual = {"avis": avis or make_avis(), "role": "acheteur", "nom": f"Acheteur {n}", "cle": f"acheteur {n}|caen"}
    return PartieARapprocher.objects.create(**usual | {"ville": "Caen"} | given)


def make_groupement(*, lot=None, **given) -> Groupement:
    usual = {"lot": lot or make_lot(), "forme": FormeGroupement.CONJOINT}
    return Groupement.objects.create(**usual | given)


def make_membre_groupement(*, groupement=None, organisation=None, **given) -> MembreGroupement:
    usual = {
        "groupement": groupement or make_groupement(),
        "organisation": organisation or make_organisation(),
    }
    return MembreGroupement.objects.create(**usual | given)


def make_changement_groupement(*, groupement=None, organisation=None, **given) -> ChangementGroupement:
    usual = {
        "groupement": groupement or make_groupement(),
        "organisation": organisation or make_organisation(),
        "entree": True,
        "le": date(2026, 3, 1),
        "motif": MotifChangement.RESTRUCTURATION,
    }
    return ChangementGroupement.objects.create(**usual | given)


def make_dispense_sociale(*, marche=None, **given) -> DispenseSociale:
    usual = {
        "marche": marche or make_marche(),
        "motif": MotifDispense.LIEN,
        "texte": "Achat de données, sans main-d'œuvre.",
        "constatee_le": date(2026, 9, 1),
    }
    return DispenseSociale.objects.create(**usual | given)


def make_reconduction(*, lot=None, **given) -> Reconduction:
    usual = {"lot": lot or make_lot(), "rang": 1, "decision": DecisionReconduction.RECONDUIT}
    return Reconduction.objects.create(**usual | {"decidee_le": date(2026, 6, 1)} | given)


def make_referent_acheteur(*, acheteur=None, **given) -> ReferentAcheteur:
    usual = {"acheteur": acheteur or make_acheteur(), "fonction": f"Cheffe de service {next(_n)}", "role": "collèges"}
    return ReferentAcheteur.objects.create(**usual | given)


def make_site(*, acheteur=None, **given) -> Site:
    n = next(_n)
    usual = {"acheteur": acheteur or make_acheteur(), "nom": f"Collège {n}", "code": f"014{n:05}"}
    return Site.objects.create(**usual | given)


def make_site_lot(*, lot=None, site=None, **given) -> SiteLot:
    lot = lot or make_lot()
    return SiteLot.objects.create(**{"lot": lot, "site": site or make_site(acheteur=lot.marche.acheteur)} | given)


def make_agenda(*, organisation=None, **given) -> Agenda:
    usual = {"organisation": organisation or make_organisation(), "role": Role.ACHETEUR}
    return Agenda.objects.create(**usual | given)


def make_alliance(**given) -> Alliance:
    return Alliance.objects.create(**{"nom": f"Alliance {next(_n)}", "objet": "Une offre commune."} | given)


def make_membre_alliance(*, alliance=None, structure=None, **given) -> MembreAlliance:
    usual = {"alliance": alliance or make_alliance(), "structure": structure or make_structure()}
    return MembreAlliance.objects.create(**usual | given)


def make_question(*, marche=None, **given) -> Question:
    usual = {"marche": marche or make_marche(), "sujet": "prestation", "texte": f"Question {next(_n)}\u00a0?"}
    return Question.objects.create(**usual | given)


def make_reglage_questions(*, marche=None, **given) -> ReglageQuestions:
    return ReglageQuestions.objects.create(**{"marche": marche or make_marche()} | given)


def make_suivi_questions(*, marche=None, user=None) -> SuiviQuestions:
    return SuiviQuestions.objects.create(marche=marche or make_marche(), user=user or make_user())

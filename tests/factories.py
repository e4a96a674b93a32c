"""Makers of test data: one `make_…` per model. A test gives what it is about, the rest is usual.

What a row needs above it is made as well: `make_imputation()` alone makes its line, its clause, its lot, its contract.
"""

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from itertools import count

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from clauses.enums import (
    Critere,
    Etat,
    GenreRelais,
    Modalite,
    MotifEffacement,
    OrigineHeures,
    PorteeBilan,
    ServiceDelegue,
    Situation,
    TypeClause,
    TypeContrat,
)  # fmt: skip
from clauses.models import (
    ActionFormation,
    Affectation,
    Attestation,
    Bilan,
    ClauseSociale,
    Cloture,
    ConsultationParticipant,
    Convention,
    Declaration,
    DemandeFacilitateur,
    Ecart,
    Effacement,
    Eligibilite,
    Estimation,
    Facilitateur,
    HeuresDues,
    Imputation,
    LigneHeures,
    ModeleClause,
    PartEcart,
    Participant,
    PartieConvention,
    Passation,
    PointSuivi,
    Poste,
    Prescripteur,
    Relais,
    RepriseHeures,
    Reunion,
    ServiceConvention,
    StatistiquePublique,
    Tache,
    Transfert,
)  # fmt: skip
from marches.enums import (
    DecisionReconduction,
    FormeGroupement,
    GenreAcheteur,
    MotifChangement,
    MotifDispense,
)
from marches.models import (
    AchatRealise,
    Acheteur,
    ActeSousTraitance,
    Agenda,
    Alliance,
    AttestationOeth,
    Avis,
    ChangementGroupement,
    DispenseSociale,
    FichierAchats,
    Groupement,
    JetonAvis,
    Lot,
    Marche,
    MembreAlliance,
    MembreGroupement,
    Modification,
    PartieARapprocher,
    Reconduction,
    ReferentAcheteur,
    Site,
    SiteLot,
    SourceAvis,
    SourceLot,
    SourceVue,
    Titulaire,
)  # fmt: skip
from marches.rules.dates import jour_entier
from portal.models import Depot, Envoi, Importation, User
from portal.pages.models import ChiffreCle, Photo, Temoignage
from portal.permissions import Role
from portal.text import racines
from structures.enums import Couverture, EtatDemande, Kind, Mode, NiveauLieu, Sens
from structures.models import (
    Activite,
    Adhesion,
    CodePostal,
    CoEntreprise,
    Commune,
    Departement,
    Echange,
    Epci,
    Favori,
    Fondateur,
    GroupeEconomique,
    Invitation,
    Label,
    LabelObtenu,
    LigneExport,
    ListeFavoris,
    Membre,
    MessageEchange,
    Offre,
    Organisation,
    PhotoStructure,
    RechercheEnregistree,
    ReferenceClient,
    Region,
    Reseau,
    Revendication,
    Secteur,
    SourceStructure,
    Structure,
    Zone,
    ZoneLieu,
)  # fmt: skip

PASSWORD = "une phrase de passe pour les tests"
_n = count(1)


# Numbers ------------------------------------------------------------------------------------------------------------
def luhn_key(digits: str) -> str:
    """The digit that makes `digits` + itself pass Luhn's check."""
    total = 0
    for rank, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if rank % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def make_siren(number: int | None = None) -> str:
    """A valid SIREN; the same `number` gives the same one. The sample files write theirs above 80 million."""
    digits = f"{60_000_000 + (next(_n) if number is None else number):08d}"
    return digits + luhn_key(digits)


def make_siret(siren: str | None = None, nic: int = 1) -> str:
    """A valid SIRET, the `nic`-th establishment of `siren` or of a new one."""
    digits = f"{siren or make_siren()}{nic:04d}"
    return digits + luhn_key(digits)


# Ground -------------------------------------------------------------------------------------------------------------
def make_user(*, password: str = PASSWORD, **given) -> User:
    usual = {"email": f"personne{next(_n)}@exemple.fr"}
    return User.objects.create_user(password=password, **usual | given)


def make_envoi(**given) -> Envoi:
    n = next(_n)
    usual = {"cle": f"message:{n}", "destinataire": f"personne{n}@exemple.fr", "sujet": "Sujet", "texte": "Texte"}
    return Envoi.objects.create(**usual | given)


def make_depot(*, user=None, **given) -> Depot:
    usual = {"usage": "essai", "nom": "liste.csv", "contenu": b"SIRET;Type;Nom\n12345678900011;EI;Essai\n"}
    return Depot.objects.create(user=user or make_user(), **usual | given)


def make_importation(**given) -> Importation:
    return Importation.objects.create(**{"format": "essai", "fichier": f"fichier{next(_n)}.json"} | given)


# Territories and sectors --------------------------------------------------------------------------------------------
def make_region(**given) -> Region:
    n = next(_n)
    usual = {"code": f"R{n % 100:02d}", "nom": f"Région {n}"}
    fields = usual | given
    return Region.objects.create(**{"nom_tri": fields["nom"].lower()} | fields)


def make_departement(*, region=None, **given) -> Departement:
    n = next(_n)
    usual = {"code": f"D{n % 100:02d}", "nom": f"Département {n}", "region": region or make_region()}
    fields = usual | given
    return Departement.objects.create(**{"nom_tri": fields["nom"].lower()} | fields)


def make_epci(**given) -> Epci:
    n = next(_n)
    fields = {"siren": make_siren(), "nom": f"Intercommunalité {n}", "type": "CC"} | given
    return Epci.objects.create(**{"nom_tri": fields["nom"].lower()} | fields)


def make_commune(*, departement=None, **given) -> Commune:
    n = next(_n)
    usual = {
        "code": f"{n % 100_000:05d}",
        "nom": f"Commune {n}",
        "departement": departement or make_departement(),
        "population": 1000,
        "latitude": 47.2,
        "longitude": -1.55,
    }
    fields = usual | given
    return Commune.objects.create(**{"nom_tri": fields["nom"].lower()} | fields)


def make_code_postal(*, commune=None, **given) -> CodePostal:
    usual = {"code": f"{next(_n) % 100_000:05d}", "commune": commune or make_commune()}
    return CodePostal.objects.create(**usual | given)


def make_secteur(**given) -> Secteur:
    n = next(_n)
    fields = {"code": f"secteur-{n}", "nom": f"Secteur {n}", "ordre": n} | given
    words = racines(fields["nom"], fields.get("synonymes", ""))
    return Secteur.objects.create(**{"racines": words} | fields)


def make_zone(**given) -> Zone:
    """An empty zone; give `latitude`, `longitude`, `rayon_km` for a circle, and `make_zone_lieu` for its places."""
    return Zone.objects.create(**given)


def make_zone_lieu(*, zone=None, **given) -> ZoneLieu:
    usual = {
        "zone": zone or make_zone(),
        "niveau": NiveauLieu.DEPARTEMENT,
        "code": f"{next(_n) % 1000:03d}",
        "couverture": Couverture.ENTIER,
        "declare": True,
    }
    return ZoneLieu.objects.create(**usual | given)


# Organisations and structures ---------------------------------------------------------------------------------------
def make_organisation(**given) -> Organisation:
    n = next(_n)
    usual = {"identifiant": given.get("identifiant") or make_siret(), "denomination": f"Organisation {n}"}
    return Organisation.objects.create(**usual | given)


def make_membre(*, user=None, organisation=None, **given) -> Membre:
    usual = {
        "user": user or make_user(),
        "organisation": organisation or make_organisation(),
        "role": Role.ACHETEUR,
    }
    return Membre.objects.create(**usual | given)


def make_reseau(**given) -> Reseau:
    n = next(_n)
    return Reseau.objects.create(**{"nom": f"Réseau {n}", "slug": f"reseau-{n}"} | given)


def make_groupe_economique(**given) -> GroupeEconomique:
    return GroupeEconomique.objects.create(**{"nom": f"Groupe {next(_n)}"} | given)


def make_structure(*, organisation=None, **given) -> Structure:
    """An EI of a new organisation; `organisation=None` with `identifiant_source` given makes one without SIRET."""
    usual = {"nom": f"Structure {next(_n)}", "kind": Kind.EI, "organisation": organisation}
    if organisation is None and not given.get("identifiant_source"):
        usual["organisation"] = make_organisation()
    return Structure.objects.create(**usual | given)


def make_activite(*, structure=None, secteur=None, **given) -> Activite:
    usual = {
        "structure": structure or make_structure(),
        "secteur": secteur or make_secteur(),
        "mode": Mode.PRESTATION,
    }
    return Activite.objects.create(**usual | given)


def make_source_structure(*, structure=None, **given) -> SourceStructure:
    return SourceStructure.objects.create(**_record("structure", structure or make_structure(), given))


def make_liste_favoris(*, organisation=None, **given) -> ListeFavoris:
    usual = {"organisation": organisation or make_organisation(), "nom": f"Liste {next(_n)}"}
    return ListeFavoris.objects.create(**usual | given)


def make_favori(*, liste=None, structure=None, **given) -> Favori:
    usual = {"liste": liste or make_liste_favoris(), "structure": structure or make_structure()}
    return Favori.objects.create(**usual | given)


def make_echange(*, structure=None, organisation=None, **given) -> Echange:
    """A conversation to erase in 2099, without any message."""
    usual = {
        "structure": structure or make_structure(),
        "organisation": organisation or make_organisation(),
        "sujet": f"Sujet {next(_n)}",
        "a_effacer_le": date(2099, 1, 1),
    }
    return Echange.objects.create(**usual | given)


def make_message_echange(*, echange=None, **given) -> MessageEchange:
    usual = {"echange": echange or make_echange(), "sens": Sens.VERS_STRUCTURE, "texte": "Bonjour"}
    return MessageEchange.objects.create(**usual | given)


def make_recherche_enregistree(*, user=None, **given) -> RechercheEnregistree:
    n = next(_n)
    usual = {"user": user or make_user(), "nom": f"Recherche {n}", "parametres": f"q=metier{n}"}
    return RechercheEnregistree.objects.create(**usual | given)


# Cards kept alive ---------------------------------------------------------------------------------------------------
def make_revendication(*, structure=None, user=None, **given) -> Revendication:
    """A claim that waits for an answer."""
    usual = {
        "structure": structure or make_structure(),
        "user": user or make_user(),
        "siret": make_siret(),
        "courriel": f"directrice{next(_n)}@exemple.fr",
        "etat": EtatDemande.EN_ATTENTE,
    }
    return Revendication.objects.create(**usual | given)


def make_adhesion(*, structure=None, **given) -> Adhesion:
    """A request to a network, or to the `groupe` given."""
    usual = {"structure": structure or make_structure()} | ({} if "groupe" in given else {"reseau": make_reseau()})
    return Adhesion.objects.create(**usual | given)


def make_invitation(*, organisation=None, **given) -> Invitation:
    usual = {
        "organisation": organisation or make_organisation(),
        "role": Role.STRUCTURE,
        "courriel": f"collegue{next(_n)}@exemple.fr",
        "expire_le": timezone.now() + timedelta(days=14),
    }
    return Invitation.objects.create(**usual | given)


def make_photo_structure(*, structure=None, image=None, **given) -> PhotoStructure:
    usual = {
        "structure": structure or make_structure(),
        "image": image or make_image(name=f"photo{next(_n)}.png"),
        "texte_alternatif": "Un atelier",
        "credit": "Studio d'essai",
    }
    return PhotoStructure.objects.create(**usual | given)


def make_co_entreprise(**given) -> CoEntreprise:
    return CoEntreprise.objects.create(**{"nom": f"Co-entreprise {next(_n)}", "objet": "Un objet."} | given)


def make_fondateur(*, co_entreprise=None, **given) -> Fondateur:
    usual = {"co_entreprise": co_entreprise or make_co_entreprise(), "nom": f"Fondateur {next(_n)}"}
    return Fondateur.objects.create(**usual | given)


def make_label(**given) -> Label:
    n = next(_n)
    usual = {"code": f"label-{n}", "nom": f"Label {n}", "presentation": "Ce qu'il atteste.", "ordre": n % 10_000}
    return Label.objects.create(**usual | given)


def make_label_obtenu(*, structure=None, label=None, **given) -> LabelObtenu:
    usual = {"structure": structure or make_structure(), "label": label or make_label()}
    return LabelObtenu.objects.create(**usual | given)


def make_ligne_export(*, structure=None, **given) -> LigneExport:
    structure = structure or make_structure()
    usual = {
        "structure": structure, "fiche_du": structure.modifiee_le, "empreinte": "0" * 40, "avant": "",
        "apres": "50;;;", "adresse": f"{structure.pk}-{structure.slug}/", "contact": ";",
    }  # fmt: skip
    return LigneExport.objects.create(**usual | given)


def make_offre(*, structure=None, **given) -> Offre:
    return Offre.objects.create(**{"structure": structure or make_structure(), "nom": f"Offre {next(_n)}"} | given)


def make_reference_client(*, structure=None, **given) -> ReferenceClient:
    usual = {"structure": structure or make_structure(), "client": f"Client {next(_n)}"}
    return ReferenceClient.objects.create(**usual | given)


# Contracts ----------------------------------------------------------------------------------------------------------
def make_acheteur(*, organisation=None, **given) -> Acheteur:
    usual = {"organisation": organisation or make_organisation(), "genre": GenreAcheteur.LOCAL}
    return Acheteur.objects.create(**usual | given)


def make_marche(*, acheteur=None, **given) -> Marche:
    usual = {"acheteur": acheteur or make_acheteur(), "objet": f"Marché {next(_n)}"}
    return Marche.objects.create(**usual | given)


def make_lot(*, marche=None, **given) -> Lot:
    """Its contract keeps the days of its lots, as every writer of ours sees to."""
    marche = marche or make_marche()
    usual = {"marche": marche, "objet": f"Lot {next(_n)}", "recence": marche.recence}
    lot = Lot.objects.create(**usual | given)
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


# What was really bought ---------------------------------------------------------------------------------------------
def make_fichier_achats(*, organisation=None, **given) -> FichierAchats:
    n = next(_n)
    usual = {"organisation": organisation or make_organisation(), "nom": f"achats{n}.csv", "empreinte": f"{n:064x}"}
    return FichierAchats.objects.create(**usual | given)


def make_achat_realise(*, fichier=None, organisation=None, structure=None, **given) -> AchatRealise:
    """A line of 100 €; with a `structure`, matched with its establishment."""
    fichier = fichier or make_fichier_achats(organisation=organisation)
    usual = {
        "fichier": fichier, "organisation": fichier.organisation, "ligne": next(_n), "annee": 2025,
        "montant": Decimal(100), "fournisseur": "Fournisseur", "siret_fournisseur": make_siret(),
    }  # fmt: skip
    if structure:
        number = structure.organisation.identifiant
        usual |= {"structure": structure, "kind": structure.kind, "siret_fournisseur": number}
    return AchatRealise.objects.create(**usual | given)


def make_attestation_oeth(*, organisation=None, **given) -> AttestationOeth:
    usual = {
        "organisation": organisation or make_organisation(), "annee": 2025, "siret_fournisseur": make_siret(),
        "cout_main_oeuvre": Decimal(6000),
    }  # fmt: skip
    return AttestationOeth.objects.create(**usual | given)


def make_agenda(*, organisation=None, **given) -> Agenda:
    usual = {"organisation": organisation or make_organisation(), "role": Role.ACHETEUR}
    return Agenda.objects.create(**usual | given)


def make_alliance(**given) -> Alliance:
    return Alliance.objects.create(**{"nom": f"Alliance {next(_n)}", "objet": "Une offre commune."} | given)


def make_membre_alliance(*, alliance=None, structure=None, **given) -> MembreAlliance:
    usual = {"alliance": alliance or make_alliance(), "structure": structure or make_structure()}
    return MembreAlliance.objects.create(**usual | given)


# Clauses and hours --------------------------------------------------------------------------------------------------
def make_facilitateur(*, organisation=None, **given) -> Facilitateur:
    usual = {"organisation": organisation or make_organisation(), "prefixe": f"F{next(_n) % 100_000:05d}"}
    return Facilitateur.objects.create(**usual | given)


def make_clause(*, lot=None, **given) -> ClauseSociale:
    """A clause of the year 2026, with no hour due: `make_heures_dues` adds some."""
    usual = {
        "lot": lot or make_lot(),
        "type": TypeClause.CONDITION,
        "date_debut": date(2026, 1, 1),
        "date_fin": date(2026, 12, 31),
    }
    return ClauseSociale.objects.create(**usual | given)


def make_heures_dues(*, clause=None, **given) -> HeuresDues:
    clause = clause or make_clause()
    usual = {
        "clause": clause,
        "origine": OrigineHeures.INITIAL,
        "date_effet": clause.date_debut,
        "heures": Decimal(1000),
    }
    return HeuresDues.objects.create(**usual | given)


def make_participant(*, facilitateur=None, **given) -> Participant:
    usual = {
        "facilitateur": facilitateur or make_facilitateur(),
        "code": f"P{next(_n):06d}",
        "annee_naissance": 1990,
        "entree_le": date(2026, 1, 5),
    }
    return Participant.objects.create(**usual | given)


def make_eligibilite(*, participant=None, **given) -> Eligibilite:
    usual = {
        "participant": participant or make_participant(),
        "critere": Critere.DELD,
        "justificatif_vu_le": date(2026, 1, 5),
        "valable_du": date(2026, 1, 5),
        "valable_au": date(2028, 1, 4),
    }
    return Eligibilite.objects.create(**usual | given)


def make_affectation(*, participant=None, employeur=None, **given) -> Affectation:
    usual = {
        "participant": participant or make_participant(),
        "employeur": employeur or make_organisation(),
        "modalite": Modalite.EMBAUCHE,
        "contrat": TypeContrat.CDD,
        "date_debut": date(2026, 1, 5),
    }
    return Affectation.objects.create(**usual | given)


def make_declaration(*, clause=None, organisation=None, **given) -> Declaration:
    usual = {
        "clause": clause or make_clause(),
        "organisation": organisation or make_organisation(),
        "mois": date(2026, 3, 1),
    }
    return Declaration.objects.create(**usual | given)


def make_ligne_heures(*, affectation=None, **given) -> LigneHeures:
    affectation = affectation or make_affectation()
    usual = {
        "affectation": affectation,
        "employeur": affectation.employeur,
        "du": date(2026, 3, 1),
        "au": date(2026, 3, 31),
        "heures_travail": Decimal(100),
        "modalite": affectation.modalite,
        "sexe": affectation.participant.sexe,
    }
    return LigneHeures.objects.create(**usual | given)


def make_imputation(*, ligne=None, clause=None, declaration=None, **given) -> Imputation:
    """Hours of March 2026, as a draft; the line, the clause and the month agree with each other when left out."""
    clause = clause or (declaration.clause if declaration else make_clause())
    ligne = ligne or make_ligne_heures()
    if declaration is None:
        employeur = ligne.affectation.employeur if ligne.affectation else make_organisation()
        declaration, _ = Declaration.objects.get_or_create(
            clause=clause, organisation=employeur, mois=ligne.du.replace(day=1)
        )
    usual = {
        "ligne": ligne,
        "clause": clause,
        "declaration": declaration,
        "heures": ligne.heures_travail + ligne.heures_formation,
        "etat": Etat.BROUILLON,
    }
    return Imputation.objects.create(**usual | given)


# The facilitator's year ---------------------------------------------------------------------------------------------
def make_relais(**given) -> Relais:
    return Relais.objects.create(**{"genre": GenreRelais.PLIE, "nom": f"PLIE {next(_n)}"} | given)


def make_demande_facilitateur(*, facilitateur=None, **given) -> DemandeFacilitateur:
    usual = {
        "facilitateur": facilitateur or make_facilitateur(),
        "courriel": f"demande{next(_n)}@example.org",
        "objet": "Une clause à écrire",
        "texte": "Nous préparons un marché de nettoyage.",
        "a_effacer_le": date(2099, 1, 1),
    }
    return DemandeFacilitateur.objects.create(**usual | given)


def make_convention(*, facilitateur=None, **given) -> Convention:
    usual = {
        "facilitateur": facilitateur or make_facilitateur(),
        "intitule": f"Convention {next(_n)}",
        "date_debut": date(2026, 1, 1),
        "date_fin": date(2026, 12, 31),
    }
    return Convention.objects.create(**usual | given)


def make_partie_convention(*, convention=None, acheteur=None, **given) -> PartieConvention:
    usual = {"convention": convention or make_convention(), "acheteur": acheteur or make_acheteur()}
    return PartieConvention.objects.create(**usual | given)


def make_service_convention(*, convention=None, **given) -> ServiceConvention:
    usual = {"convention": convention or make_convention(), "service": ServiceDelegue.CONSEIL}
    return ServiceConvention.objects.create(**usual | given)


def make_modele_clause(**given) -> ModeleClause:
    usual = {
        "code": f"modele-{next(_n)}",
        "titre": "Condition d'exécution",
        "type": TypeClause.CONDITION,
        "texte": "Le titulaire réalise {heures} heures d'insertion.",
    }
    return ModeleClause.objects.create(**usual | given)


def make_estimation(*, organisation=None, **given) -> Estimation:
    usual = {
        "organisation": organisation or make_organisation(),
        "titre": f"Estimation {next(_n)}",
        "lignes": [],
        "heures": Decimal(833),
    }
    return Estimation.objects.create(**usual | given)


def make_reprise_heures(*, clause=None, **given) -> RepriseHeures:
    usual = {
        "clause": clause or make_clause(),
        "arretee_au": date(2026, 2, 28),
        "heures": Decimal(100),
        "justificatif_vu_le": date(2026, 3, 2),
    }
    return RepriseHeures.objects.create(**usual | given)


def make_passation(*, clause=None, de=None, vers=None, **given) -> Passation:
    de = de or make_facilitateur()
    usual = {
        "clause": clause or make_clause(facilitateur=de), "de": de, "vers": vers or make_facilitateur(),
        "motif": "Changement de territoire",
    }  # fmt: skip
    return Passation.objects.create(**usual | given)


def make_reunion(*, clause=None, **given) -> Reunion:
    usual = {"clause": clause or make_clause(), "le": date(2026, 2, 3), "objet": "Réunion de lancement"}
    return Reunion.objects.create(**usual | given)


def make_tache(*, clause=None, **given) -> Tache:
    usual = {"intitule": "Rappeler l'entreprise", "echeance": date(2026, 3, 10)}
    if "convention" not in given:
        usual["clause"] = clause or make_clause()
    return Tache.objects.create(**usual | given)


def make_poste(*, clause=None, employeur=None, **given) -> Poste:
    usual = {
        "clause": clause or make_clause(), "employeur": employeur or make_organisation(), "metier": "Peintre",
    }  # fmt: skip
    return Poste.objects.create(**usual | given)


def make_prescripteur(*, facilitateur=None, **given) -> Prescripteur:
    n = next(_n)
    usual = {
        "facilitateur": facilitateur or make_facilitateur(), "nom": f"Mission locale {n}",
        "courriel": f"accueil{n}@example.org",
    }  # fmt: skip
    return Prescripteur.objects.create(**usual | given)


def make_transfert(*, participant=None, de=None, vers=None, **given) -> Transfert:
    usual = {
        "participant": participant or make_participant(), "de": de or make_organisation(),
        "vers": vers or make_organisation(), "le": date(2026, 4, 1), "consentement_le": date(2026, 3, 25),
    }  # fmt: skip
    return Transfert.objects.create(**usual | given)


def make_action_formation(*, participant=None, **given) -> ActionFormation:
    usual = {"participant": participant or make_participant(), "intitule": "CACES R489"}
    return ActionFormation.objects.create(**usual | given)


def make_point_suivi(*, participant=None, **given) -> PointSuivi:
    participant = participant or make_participant()
    done = participant.points_suivi.count()
    usual = {"participant": participant, "terme": (0, 3, 6, 12, 18)[done], "situation": Situation.CDI}
    return PointSuivi.objects.create(**usual | {"fait_le": date(2026, 6, 1)} | given)


def make_consultation_participant(*, participant=None, **given) -> ConsultationParticipant:
    usual = {"participant": participant or make_participant(), "page": "participant"}
    return ConsultationParticipant.objects.create(**usual | given)


def make_effacement(**given) -> Effacement:
    return Effacement.objects.create(**{"empreinte": f"{next(_n):064x}", "motif": MotifEffacement.DEMANDE} | given)


def make_ecart(*, clause=None, **given) -> Ecart:
    usual = {
        "clause": clause or make_clause(), "constate_le": date(2027, 1, 15), "heures_dues": Decimal(833),
        "heures_acceptees": Decimal(700),
    }  # fmt: skip
    return Ecart.objects.create(**usual | given)


def make_part_ecart(*, ecart=None, organisation=None, **given) -> PartEcart:
    usual = {
        "ecart": ecart or make_ecart(), "organisation": organisation or make_organisation(), "heures": Decimal(133),
    }  # fmt: skip
    return PartEcart.objects.create(**usual | given)


def make_bilan(*, facilitateur=None, **given) -> Bilan:
    usual = {
        "facilitateur": facilitateur or make_facilitateur(), "portee": PorteeBilan.MARCHE, "objet": "1",
        "libelle": "Nettoyage des collèges", "du": date(2026, 1, 1), "au": date(2026, 12, 31), "chiffres": {},
    }  # fmt: skip
    return Bilan.objects.create(**usual | given)


def make_attestation(*, facilitateur=None, organisation=None, **given) -> Attestation:
    usual = {
        "facilitateur": facilitateur or make_facilitateur(), "organisation": organisation or make_organisation(),
        "numero": f"A{next(_n):06d}", "du": date(2026, 1, 1), "au": date(2026, 12, 31),
        "chiffres": {
            "organisation": "Bâti", "identifiant": "", "organisme": "Maison", "heures": "10.00", "formation": "0.00",
            "personnes": 1, "en_attente": 0, "lignes": [],
        },
    }  # fmt: skip
    return Attestation.objects.create(**usual | given)


def make_cloture(*, facilitateur=None, **given) -> Cloture:
    usual = {"facilitateur": facilitateur or make_facilitateur(), "annee": 2025}
    return Cloture.objects.create(**usual | given)


def make_statistique_publique(**given) -> StatistiquePublique:
    """A past year, published with its people, with nothing in it."""
    france = ["", "France", "", "0.00", "0.00", 0, 0, 0, 0]
    tables = {"regions": [], "departements": [], "secteurs": [], "familles": []}
    usual = {
        "annee": 1990 + next(_n),
        "chiffres": {"version": 1, "france": france} | tables,
        "personnes_publiees": True,
    }
    return StatistiquePublique.objects.create(**usual | given)


# Stories ------------------------------------------------------------------------------------------------------------
def make_temoignage(*, auteur=None, **given) -> Temoignage:
    """A published story, open to all; its author is the organisation of a network."""
    usual = {
        "titre": f"Témoignage {next(_n)}",
        "chapeau": "Un résumé.",
        "corps": "Un *récit*.",
        "auteur": auteur or make_organisation(),
        "statut": Temoignage.Statut.PUBLIE,
    }
    fields = usual | given
    if fields["statut"] == Temoignage.Statut.PUBLIE:
        fields.setdefault("publie_le", date(2026, 5, 12))
    return Temoignage.objects.create(**fields)


def make_image(width: int = 40, height: int = 30, kind: str = "PNG", name: str = "photo.png") -> SimpleUploadedFile:
    """A plain picture, as a browser would send it."""
    from PIL import Image

    content = BytesIO()
    Image.new("RGB", (width, height), (40, 90, 160)).save(content, kind)
    return SimpleUploadedFile(name, content.getvalue(), content_type=f"image/{kind.lower()}")


def make_photo(*, temoignage=None, image=None, **given) -> Photo:
    usual = {
        "temoignage": temoignage or make_temoignage(),
        "image": image or make_image(name=f"photo{next(_n)}.png"),
        "texte_alternatif": "Une équipe au travail",
        "credit": "Studio d'essai",
    }
    return Photo.objects.create(**usual | given)


def make_chiffre_cle(*, temoignage=None, **given) -> ChiffreCle:
    usual = {
        "temoignage": temoignage or make_temoignage(),
        "libelle": "Heures d'insertion",
        "valeur": "1 200",
        "unite": "heures",
        "periode": "2026",
        "source": "Bilan du marché",
    }
    return ChiffreCle.objects.create(**usual | given)


def _record(target: str, row, given: dict) -> dict:
    """Fields of a source record about `row`."""
    n = next(_n)
    usual = {target: row, "format": "essai", "cle": f"cle-{n}", "empreinte": f"{n:064x}", "donnees": {}}
    if "importation" not in given:
        usual["importation"] = make_importation()
    return usual | given

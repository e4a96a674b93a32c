"""One of each object that a page is about."""

from datetime import date
from types import SimpleNamespace

from django.test import Client
from django.utils import timezone

from clauses import stats
from clauses.enums import Etat
from clauses.models import ClauseSociale
from marches.actions.reconductions import jeton as jeton_agenda
from marches.notifications.alliances import jeton
from portal.models import Depot
from portal.pages.models import Temoignage
from portal.permissions import Role
from structures.actions.recherches import stop_token
from tests import factories as make
from tests.conftest import sign_in
from tests.permissions.reponses import A, E, F, R, S


def chiffres_vides() -> dict:
    """The figures of a report about nothing."""
    return stats.chiffres(stats.Perimetre(ClauseSociale.objects.none(), date(2026, 1, 1), date(2026, 12, 31)))


def make_world(clients: dict[str, Client] | None):
    """One of each object; those of the organisations of `clients`, or of strangers without."""

    owners = clients or {role: sign_in(role) for role in Role}

    def owner(role: Role):
        return owners[role].acteur_organisation

    acheteur, structure, facilitateur = owner(A).acheteur, owner(S).structures.get(), owner(F).facilitateur
    lot = make.make_lot(marche=make.make_marche(acheteur=acheteur))
    make.make_titulaire(lot=lot, organisation=owner(E))
    clause = make.make_clause(lot=lot, facilitateur=facilitateur)
    make.make_heures_dues(clause=clause)
    attestation = make.make_attestation(facilitateur=facilitateur, organisation=owner(E))
    attestation.acheteurs.add(owner(A))
    participant = make.make_participant(facilitateur=facilitateur)
    affectation = make.make_affectation(participant=participant, employeur=structure.organisation)
    declaration = make.make_declaration(clause=clause, organisation=owner(E))
    imputation = make.make_imputation(
        clause=clause,
        ligne=make.make_ligne_heures(affectation=affectation),
        declaration=declaration,
        etat=Etat.TRANSMISE,
    )
    groupe = make.make_groupe_economique()
    type(structure).objects.filter(pk=structure.pk).update(groupe=groupe)
    fondateur = make.make_fondateur(structure=structure)
    membre = make.make_membre_alliance(structure=structure)
    groupement = make.make_groupement(lot=lot, retenu=False, candidature_le=date(2026, 1, 15))
    make.make_membre_groupement(groupement=groupement, organisation=structure.organisation, mandataire=True)
    make.make_membre_groupement(groupement=groupement, organisation=owner(E))
    favori = make.make_favori(liste=make.make_liste_favoris(organisation=owner(A)))
    recherche = make.make_recherche_enregistree(user=owners[A].user)
    avis = make.make_avis(acheteur=acheteur)
    brouillon = make.make_temoignage(auteur=owner(R), statut=Temoignage.Statut.BROUILLON)
    partie = make.make_partie_convention(acheteur=acheteur, convention=make.make_convention(facilitateur=facilitateur))
    cache = make.make_lot(marche=make.make_marche(acheteur=acheteur, publie=False)).marche
    signataire = make.make_signataire_charte(charte=make.make_charte(organisation=owner(R)))
    return SimpleNamespace(
        nulle_part="nulle-part.png",
        annee=2026,
        publication=make.make_statistique_publique(),
        bloc="identite",
        demande=make.make_revendication(structure=structure),
        invitation=make.make_invitation(organisation=structure.organisation),
        appartenance=owners[S].user.membres.get(),
        adhesion=make.make_adhesion(groupe=groupe, reseau=None),
        collegue=make.make_membre(organisation=owner(S), role=S),
        photo_structure=make.make_photo_structure(structure=structure),
        activite=make.make_activite(structure=structure),
        nul_territoire="departement-00",
        secteur=make.make_secteur(),
        structure=structure,
        groupe=groupe,
        groupement=groupement,
        co_entreprise=fondateur.co_entreprise,
        reseau=owner(R).reseau,
        alliance=membre.alliance,
        depart=jeton(membre),
        marche=lot.marche,
        cache=cache,
        calendrier=make.make_calendrier_procedure(marche=cache, facilitateur=facilitateur),
        lot=lot,
        premier=1,
        modification=make.make_modification(lot=lot),
        acte=make.make_acte_sous_traitance(lot=lot),
        site=make.make_site(acheteur=acheteur),
        site_lot=make.make_site_lot(lot=lot),
        referent=make.make_referent_acheteur(acheteur=acheteur),
        liste_sites=left(owners[A], "sites"),
        agenda=jeton_agenda(make.make_agenda(organisation=owner(A))),
        question=make.make_question(marche=lot.marche, lot=lot, sujet="clause"),
        facilitateur=facilitateur,
        convention=partie.convention,
        service=make.make_service_convention(convention=partie.convention),
        modele=make.make_modele_clause(publie_le=date(2026, 1, 1)),
        estimation=make.make_estimation(organisation=owner(A)),
        demande_f=make.make_demande_facilitateur(facilitateur=facilitateur),
        clause=clause,
        passation=make.make_passation(vers=facilitateur),
        tache=make.make_tache(clause=clause),
        poste=make.make_poste(clause=clause),
        prescripteur=make.make_prescripteur(facilitateur=facilitateur),
        ecart=make.make_ecart(clause=make.make_clause(lot=lot, facilitateur=facilitateur)),
        avise=make.make_ecart(clause=clause, etape="notifie", notifie_le=date(2026, 1, 5)),
        decide=make.make_ecart(clause=clause, etape="clos", decision="renonciation", decidee_le=timezone.now()),
        declaration=declaration,
        imputation=imputation,
        csv="csv",
        portee="marche",
        bilan=make.make_bilan(facilitateur=facilitateur, objet=str(lot.marche.pk), chiffres=chiffres_vides()),
        cloture=make.make_cloture(facilitateur=facilitateur, chiffres=chiffres_vides()),
        attestation=attestation,
        participant=participant,
        sorti=make.make_participant(facilitateur=facilitateur, sortie_le=participant.entree_le),
        terme=3,
        formation=make.make_action_formation(participant=participant),
        eligibilite=make.make_eligibilite(participant=participant),
        affectation=affectation,
        charte=signataire.charte,
        signataire=signataire,
        temoignage=make.make_temoignage(auteur=owner(R)),
        brouillon=brouillon,
        photo=make.make_photo(temoignage=brouillon),
        importation=make.make_importation(
            format="tableau", rapport={"organisation": owner(R).pk}, terminee_le=timezone.now()
        ),
        avis=avis,
        partie=make.make_partie(avis=avis, role="titulaire"),
        import_avis=make.make_importation(format="avis", rapport={"lus": 1}, terminee_le=timezone.now()),
        depot=make.make_depot(user=owners[R].user, usage="structures"),
        contrats=left(owners[A], "contrats"),
        import_contrats=make.make_importation(
            format="decp-2022", rapport={"organisation": owner(A).pk}, terminee_le=timezone.now()
        ),
        favoris=favori.liste,
        favori=favori,
        echange=make.make_echange(organisation=owner(A), structure=structure),
        recherche=recherche,
        arret=stop_token(recherche),
        liste=left(owners[A], "fournisseurs"),
        achats=left(owners[A], "achats"),
        fichier_achats=make.make_fichier_achats(organisation=owner(A)),
    )


def left(client: Client, usage: str):
    """A file that the user of this client left for an import of their organisation."""
    choix = {"organisation": client.acteur_organisation.pk}
    return Depot.objects.create(
        user=client.user, usage=usage, nom="liste.csv", contenu=b"SIRET;Montant\n1;2\n", choix=choix
    )

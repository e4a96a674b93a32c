"""Two charters: the one that Brittany adopted in 2012, in our words, and an invented one. Signatories are invented,
the Region apart."""

from datetime import date

from portal.pages.models import Charte, SignataireCharte
from structures.models import Departement, Organisation
from structures.zones import make_zone

N = SignataireCharte.Nature
# name, nature, département (empty: several), day
BRETAGNE = [
    ("Région Bretagne", N.COLLECTIVITE, "", None),
    ("Communauté de communes des Sept Îlots", N.COLLECTIVITE, "22", date(2012, 10, 4)),
    ("Syndicat d'aménagement de la Vilaine aval", N.COLLECTIVITE, "35", date(2012, 11, 20)),
    ("Office de l'habitat des Monts d'Arrée", N.ACHETEUR, "29", date(2012, 10, 4)),
    ("Centre hospitalier des Abers", N.ACHETEUR, "29", date(2013, 1, 15)),
    ("Union des artisans du bâtiment du Penthièvre", N.FEDERATION, "22", date(2012, 10, 4)),
    ("Syndicat des entrepreneurs du paysage de l'Ouest", N.FEDERATION, "", date(2013, 3, 8)),
    ("Chambre de métiers du Pays gallo", N.CONSULAIRE, "35", date(2012, 10, 4)),
    ("Maison de l'emploi du Blavet", N.EMPLOI, "56", date(2012, 10, 4)),
    ("PLIE du Pays de Rance", N.EMPLOI, "35", date(2012, 10, 4)),
    ("Mission locale du Cap", N.EMPLOI, "29", date(2012, 12, 11)),
    ("Collectif breton des chantiers d'insertion", N.RESEAU, "", date(2012, 10, 4)),
    ("Union locale des salariés du bâtiment", N.SYNDICAT, "56", date(2013, 3, 8)),
]
CALVADOS = [
    ("Agglomération du Bessin maritime", N.COLLECTIVITE, "14", date(2024, 3, 12)),
    ("Bailleur social de la Côte fleurie", N.ACHETEUR, "14", date(2024, 3, 12)),
    ("Groupement des entreprises de propreté du Bocage", N.FEDERATION, "14", date(2024, 6, 3)),
    ("Travaux publics de la Suisse normande", N.ENTREPRISE, "61", date(2024, 9, 17)),
    ("Maison de l'emploi de la Plaine", N.EMPLOI, "14", date(2024, 3, 12)),
]
CHARTES = [
    ("Charte commune d'activation et de gestion des clauses sociales en Bretagne", 2012, None, [("region", "53")],
     "Le Conseil régional l'a proposée aux acteurs de l'emploi et de l'économie pour que la clause sociale s'applique "
     "partout de la même façon, avec un interlocuteur connu sur chaque bassin d'emploi.",
     "Un guichet unique par bassin d'emploi, maison de l'emploi ou PLIE.\n"
     "Le facilitateur consulté avant chaque publication, sans retarder la procédure.\n"
     "Des heures demandées à la mesure du marché et des personnes disponibles.\n"
     "Les fédérations professionnelles prévenues des marchés à venir.\n"
     "Des personnes accompagnées jusqu'après la fin du marché.\n"
     "Un bilan commun chaque année.", BRETAGNE),
    ("Charte des achats inclusifs du Calvados", 2024, 2028, [("departement", "14")],
     "Charte inventée pour la démonstration\u00a0: des acheteurs et des entreprises qui veulent des marchés lisibles.",
     "Publier ses besoins six mois avant les consultations.\n"
     "Réserver un lot au moins par an aux structures inclusives.\n"
     "Répondre à chaque question d'une entreprise, et à toutes la même chose.", CALVADOS),
]  # fmt: skip


def load(network: Organisation, today: date) -> int:
    """The charters with their signatories; how many."""
    known = set(Departement.objects.values_list("code", flat=True))
    for nom, annee, fin, places, presentation, engagements, signed in CHARTES:
        charte = Charte(
            nom=nom, annee=annee, fin=fin, presentation=presentation, engagements=engagements, organisation=network,
            zone=make_zone(places), publiee=True, fictive=True,
        )  # fmt: skip
        charte.save_without_historical_record()
        SignataireCharte.objects.bulk_create(
            SignataireCharte(
                charte=charte, nom=name, nature=nature, departement_id=code if code in known else None, signe_le=day
            )
            for name, nature, code, day in signed
        )
    return len(CHARTES)

"""What the demonstration tells of its people besides hours: skills, teams, who sent them; who pays the facilitator."""

import random
from datetime import date
from decimal import Decimal

from clauses.enums import Competence, GenrePrescripteur, SourceFinancement, TailleEntreprise
from clauses.models import Affectation, CompetenceParticipant, Facilitateur, Financement, Participant, TailleDeclarant
from structures.models import Organisation

C, G = Competence, GenrePrescripteur
# What a trade of the demonstration asks for; anybody may drive besides.
METIERS = {
    "Soudeur": C.SOUDURE, "Manœuvre": C.MANUTENTION, "Conducteur d'engins": C.ENGINS, "Poseur de revêtements": C.SOLS,
    "Agent d'entretien de collège": C.NETTOYAGE, "Agent de restauration scolaire": C.CUISINE,
    "Équipier de collecte": C.MANUTENTION,
}  # fmt: skip
ENVOYES = [(G.FRANCE_TRAVAIL, 5), (G.MISSION_LOCALE, 3), (G.PLIE, 2), (G.CAP_EMPLOI, 2), (G.SOCIAL, 2),
           (G.STRUCTURE, 2), (G.SPONTANEE, 1), ("", 2)]  # fmt: skip
EQUIPES = ["JOU-1", "NUI-1"]
FINANCEMENTS = {
    SourceFinancement.FSE: Decimal(38_000), SourceFinancement.DEPARTEMENT: Decimal(27_500),
    SourceFinancement.BLOC_LOCAL: Decimal(18_000), SourceFinancement.ACHETEURS: None,
}  # fmt: skip
TAILLES = [TailleEntreprise.MICRO, TailleEntreprise.PETITE, TailleEntreprise.PETITE, TailleEntreprise.INTERMEDIAIRE]


def load(facilitateur: Facilitateur, employeurs: list[Organisation], today: date) -> int:
    """Tell it of the people of this body, of the teams of `employeurs`, of last year's funds; how many skills."""
    draw = random.Random(47)
    people = list(Participant.objects.filter(facilitateur=facilitateur).order_by("pk"))
    for person in people:
        person.prescripteur = draw.choices([genre for genre, _ in ENVOYES], [weight for _, weight in ENVOYES])[0]
    Participant.objects.bulk_update(people, ["prescripteur"], batch_size=200)
    skills = set()
    trades = Affectation.objects.filter(participant__facilitateur=facilitateur).order_by("pk")
    for pk, metier in trades.values_list("participant", "metier"):
        found = {METIERS.get(metier), C.CONDUITE if draw.random() < 0.3 else None} - {None}
        skills |= {(pk, competence) for competence in found}
    CompetenceParticipant.objects.bulk_create(
        [CompetenceParticipant(participant_id=pk, competence=competence) for pk, competence in sorted(skills)]
    )
    for employeur in employeurs:
        _equipes(employeur, today)
    Financement.objects.bulk_create(
        Financement(facilitateur=facilitateur, annee=annee, source=source, montant=montant)
        for annee in (today.year - 1, today.year) for source, montant in FINANCEMENTS.items()
    )  # fmt: skip
    _tailles(facilitateur, draw)
    return len(skills)


def _equipes(employeur: Organisation, today: date) -> None:
    """Two teams of those who work for this employer now."""
    running = Affectation.objects.filter(employeur=employeur, date_debut__lte=today).exclude(date_fin__lt=today)
    for rank, pk in enumerate(running.order_by("participant__code").values_list("pk", flat=True)):
        Affectation.objects.filter(pk=pk).update(equipe=EQUIPES[rank % len(EQUIPES)])


def _tailles(facilitateur: Facilitateur, draw: random.Random) -> None:
    """The size of half of the companies that declare to this body: the other half is still to ask."""
    firms = Organisation.objects.filter(declarations__clause__facilitateur=facilitateur, structures=None).distinct()
    TailleDeclarant.objects.bulk_create(
        TailleDeclarant(organisation=firm, taille=draw.choice(TAILLES)) for firm in firms.order_by("pk")[::2]
    )

"""What the tests of the pages where a card is written share."""

from django.urls import reverse

from structures.models import Structure

IDENTITE = {"nom": "L'Atelier", "enseigne": "", "courriel": "contact@atelier.fr", "telephone": "02 31 00 00 00",
            "site": "", "adresse": "", "code_postal": "", "ville": "", "annee_creation": "",
            "convention_debut": "", "convention_fin": "", "departements_convention": ""}  # fmt: skip


def url(card, bloc):
    return reverse("structures:edition_bloc", args=[card.pk, bloc])


def read(client, card, bloc):
    """The sealed state that the page of a block holds."""
    page = client.get(url(card, bloc)).content.decode()
    return page.partition('name="etat" value="')[2].partition('"')[0]


def fresh(card):
    return Structure.objects.get(pk=card.pk)

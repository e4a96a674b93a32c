"""The feed of stories, for those who follow the portal from a reader."""

from datetime import datetime, time

from django.contrib.syndication.views import Feed
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed

from portal.pages.models import Temoignage
from portal.permissions import Acteur

MOST_ENTRIES = 20


class FluxTemoignages(Feed):
    """The latest stories meant for everybody: a reader never signs in."""

    feed_type = Atom1Feed
    title = "Témoignages – Portail des achats socialement responsables"
    subtitle = "Ce que des acheteurs, des entreprises et des structures inclusives ont réussi ensemble."
    link = reverse_lazy("pages:temoignages")

    def items(self):
        return Temoignage.objects.open_to(Acteur()).select_related("auteur").prefetch_related("photos")[:MOST_ENTRIES]

    def item_title(self, item):
        return item.titre

    def item_description(self, item):
        return item.chapeau

    def item_author_name(self, item):
        return item.auteur.nom if item.auteur else None

    def item_pubdate(self, item):
        return timezone.make_aware(datetime.combine(item.publie_le, time(12)))

    def item_updateddate(self, item):
        return item.modifie_le

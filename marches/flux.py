"""The feed of the answers of a consultation, for those who follow it from a reader."""

from django.contrib.syndication.views import Feed
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed

from marches.models import Marche, Question
from portal.permissions import Acteur

MOST_ENTRIES = 50


class FluxQuestions(Feed):
    """The latest answers, the same ones for everybody: a reader never signs in."""

    feed_type = Atom1Feed

    def get_object(self, request, pk):
        return get_object_or_404(Marche.objects.visible_to(Acteur()).only("objet"), pk=pk)

    def title(self, marche):
        return f"Questions et réponses – {marche.objet}"[:250]

    def link(self, marche):
        return reverse("marches:questions", args=[marche.pk])

    def items(self, marche):
        rows = Question.objects.filter(marche=marche).published()
        return rows.order_by("-repondue_le", "-pk")[:MOST_ENTRIES]

    def item_title(self, question):
        return str(question)

    def item_description(self, question):
        return f"{question.texte_publie}\n\n{question.reponse}"

    def item_pubdate(self, question):
        return question.repondue_le

    def item_updateddate(self, question):
        return question.modifiee_le or question.repondue_le

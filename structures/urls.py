from django.urls import path

from structures import acteur
from structures.views import annuaire

app_name = "structures"

urlpatterns = [
    path("", annuaire.list, name="list"),
    path("agir/", acteur.agir, name="agir"),
    path("<int:pk>-<slug:slug>/", annuaire.detail, name="detail"),
]

from django.urls import path

from structures import acteur, views

app_name = "structures"

urlpatterns = [
    path("", views.list, name="list"),
    path("agir/", acteur.agir, name="agir"),
    path("<int:pk>-<slug:slug>/", views.detail, name="detail"),
]

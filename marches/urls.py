from django.urls import path

from marches import views

app_name = "marches"

urlpatterns = [
    path("", views.list, name="list"),
    path("<int:pk>/", views.detail, name="detail"),
    path("lots/<int:pk>/", views.lot_detail, name="lot_detail"),
    path("lots/<int:pk>/rattacher/", views.lot_rattacher, name="lot_rattacher"),
    path("lots/<int:pk>/detacher/", views.lot_detacher, name="lot_detacher"),
]

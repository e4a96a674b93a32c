"""The ground and the roof: home, boards, stories, the site itself."""

from tests.permissions.reponses import ADMIN, DRAFT, PHOTO, STORY, A, Page, R, everybody, only, replaced, signed_in

PAGES = [
    # The ground
    Page("sante", everybody()),
    Page("media", everybody(404), kwargs={"path": "nulle_part"}),
    # Home, board, stories
    Page("pages:accueil", everybody()),
    Page("pages:tableau_de_bord", signed_in()),
    Page(
        "pages:importation",
        replaced(only(ADMIN, R, A), {A: 404}),
        replaced(only(ADMIN, R, A), {R: 404, A: 404}),
        kwargs={"pk": "importation.pk"},
    ),
    Page("pages:temoignages", everybody()),
    Page("pages:flux", everybody()),
    Page("pages:temoignage", everybody(), kwargs=STORY),
    Page("pages:mes_temoignages", only(R)),
    Page("pages:temoignage_create", only(R)),
    Page("pages:temoignage_edit", only(R), only(R, code=404), kwargs=DRAFT),
    Page("pages:temoignage_photos", only(R), only(R, code=404), kwargs=DRAFT),
    Page("pages:photo_edit", only(R), only(R, code=404), kwargs=PHOTO),
    Page("pages:photo_delete", only(R, code=302), only(R, code=404), kwargs=PHOTO, method="post"),
    Page("pages:temoignage_apercu", only(R), only(R, code=404), kwargs=DRAFT),
    Page("pages:temoignage_publication", only(R), only(R, code=404), kwargs=DRAFT),
    Page("pages:temoignage_delete", only(R, code=302), only(R, code=404), kwargs=DRAFT, method="post"),
    # The site itself
    Page("pages:mentions_legales", everybody()),
    Page("pages:accessibilite", everybody()),
    Page("pages:credits", everybody()),
    Page("pages:statistiques", everybody()),
    Page("pages:statistiques_csv", everybody(), kwargs={"annee": "publication.annee"}),
    Page("pages:donnees_personnelles", everybody()),
    Page("pages:robots", everybody()),
    Page("pages:sitemap", everybody()),
    Page("pages:favicon", everybody(301)),
]

"""The ground and the roof: home, boards, stories, the site itself."""

from tests.permissions.reponses import ADMIN, DRAFT, PHOTO, STORY, A, F, Page, R, everybody, only, replaced, signed_in

# A story of the network, seen by a facilitator, who writes its own.
AUTHORED = replaced(only(R, F, code=302), {F: 404}), only(R, F, code=404)

CHARTER = {"pk": "charte.pk"}

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
    # Charters: read by everybody, kept by their network
    Page("pages:chartes", everybody()),
    Page("pages:charte", everybody(), kwargs=CHARTER),
    Page("pages:charte_create", only(R, ADMIN)),
    Page("pages:charte_edit", only(R, ADMIN), replaced(only(R, ADMIN), {R: 404}), kwargs=CHARTER),
    Page("pages:charte_signataires", only(R, ADMIN), replaced(only(R, ADMIN), {R: 404}), kwargs=CHARTER),
    Page(
        "pages:signataire_retirer",
        only(R, ADMIN, code=302),
        replaced(only(R, ADMIN, code=302), {R: 404}),
        kwargs=CHARTER | {"ligne": "signataire.pk"},
        method="post",
    ),
    Page("pages:mes_temoignages", only(R, F)),
    Page("pages:temoignage_create", only(R, F)),
    Page(
        "pages:temoignage_depuis_bilan",
        only(F, code=302),
        only(F, code=404),
        kwargs={"pk": "bilan.pk"},
        method="post",
    ),
    Page("pages:temoignage_edit", replaced(only(R, F), {F: 404}), only(R, F, code=404), kwargs=DRAFT),
    Page("pages:temoignage_photos", replaced(only(R, F), {F: 404}), only(R, F, code=404), kwargs=DRAFT),
    Page("pages:photo_edit", replaced(only(R, F), {F: 404}), only(R, F, code=404), kwargs=PHOTO),
    Page("pages:photo_delete", *AUTHORED, kwargs=PHOTO, method="post"),
    Page("pages:temoignage_apercu", replaced(only(R, F), {F: 404}), only(R, F, code=404), kwargs=DRAFT),
    Page("pages:temoignage_publication", replaced(only(R, F), {F: 404}), only(R, F, code=404), kwargs=DRAFT),
    Page("pages:temoignage_delete", *AUTHORED, kwargs=DRAFT, method="post"),
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

"""Work of the register done out of the page."""

from datetime import date

from portal.tasks import task


@task()
def import_avis_depot(importation_id: int, depot_id: int) -> None:
    from marches.actions import avis

    try:
        avis.run(importation_id, depot_id)
    except Exception:
        avis.stopped(importation_id)
        raise


@task()
def annuler_import_avis(importation_id: int) -> None:
    from marches.actions import avis

    try:
        avis.run_annulation(importation_id)
    except Exception:
        avis.abandonner_annulation(importation_id)
        raise


@task()
def lire_contrats(depot_id: int) -> None:
    from marches.actions import importations

    try:
        importations.run_lecture(depot_id)
    except Exception:
        importations.arreter_lecture(depot_id)
        raise


@task()
def import_contrats(depot_id: int) -> None:
    from marches.actions.importations import run_import

    run_import(depot_id)


@task()
def import_achats(fichier_id: int, depot_id: int, on: str) -> None:
    from marches.actions import achats

    try:
        achats.run(fichier_id, depot_id, date.fromisoformat(on))
    except Exception:
        achats.stopped(fichier_id)
        raise

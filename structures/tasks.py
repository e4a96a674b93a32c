"""Work of the directory done out of the page."""

from datetime import date

from portal.tasks import task


@task()
def import_depot(importation_id: int, depot_id: int) -> None:
    from structures.actions import importations

    try:
        importations.run(importation_id, depot_id)
    except Exception:
        importations.stopped(importation_id)
        raise


@task()
def essayer_depot(depot_id: int, on: str, cle: str) -> None:
    from structures.actions import essais

    try:
        essais.run(depot_id, date.fromisoformat(on), cle)
    except Exception:
        essais.stopped(depot_id, cle)
        raise


@task()
def annuler_import(importation_id: int, user_id: int) -> None:
    from structures.actions import annulation

    try:
        annulation.run_annulation(importation_id, user_id)
    except Exception:
        annulation.abandonner_annulation(importation_id)
        raise


@task()
def keep_lines() -> None:
    """Write again the lines of the export that are not up to date, after a name changed for instance."""
    from structures.exporters.lignes import keep_stale

    keep_stale()

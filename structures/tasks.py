"""Work of the directory done out of the page."""

from portal.tasks import task


@task()
def import_depot(importation_id: int, depot_id: int) -> None:
    from structures.actions import importations

    try:
        importations.run(importation_id, depot_id)
    except Exception:
        importations.stopped(importation_id)
        raise

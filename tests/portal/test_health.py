"""/sante/ says whether the portal can work, to whoever asks, and nothing more."""

from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

pytestmark = pytest.mark.django_db
WELL = {"base": "ok", "migrations": "ok", "taches": "ok", "cache": "ok"}


def queue_task(age: timedelta, **given) -> DBTaskResult:
    """A waiting task, queued `age` ago."""
    with time_machine.travel(timezone.now() - age, tick=False):
        usual = {
            "task_path": "portal.tasks.deliver",
            "args_kwargs": {"args": [1], "kwargs": {}},
            "queue_name": "default",
            "backend_name": "default",
        }
        return DBTaskResult.objects.create(**usual | given)


def test_all_is_well(client):
    response = client.get("/sante/")
    assert (response.status_code, response.json()) == (200, WELL)
    assert "no-store" in response["Cache-Control"]


def test_recent_task_is_no_concern(client):
    queue_task(timedelta(minutes=2))
    assert client.get("/sante/").json() == WELL


def test_late_queue_is_said(client):
    queue_task(timedelta(minutes=20))
    response = client.get("/sante/")
    assert (response.status_code, response.json()) == (503, WELL | {"taches": "en retard"})


def test_task_of_later_is_not_late(client):
    queue_task(timedelta(hours=3), run_after=timezone.now() + timedelta(hours=1))
    assert client.get("/sante/").status_code == 200


def test_finished_task_is_not_late(client):
    task = queue_task(timedelta(hours=3))
    DBTaskResult.objects.filter(pk=task.pk).update(status="SUCCESSFUL")
    assert client.get("/sante/").status_code == 200


def test_pending_migration_is_said(client):
    applied = MigrationRecorder(connection).migration_qs.filter(app="portal").order_by("name")
    applied.filter(name=applied.last().name).delete()
    response = client.get("/sante/")
    assert (response.status_code, response.json()) == (503, WELL | {"migrations": "en attente"})


def test_unreachable_database_is_said_without_detail(client, monkeypatch):
    def refuse():
        raise OperationalError("password authentication failed for user portail")

    monkeypatch.setattr(connection, "ensure_connection", refuse)
    response = client.get("/sante/")
    assert response.status_code == 503
    assert response.json()["base"] == "injoignable"
    assert b"password" not in response.content

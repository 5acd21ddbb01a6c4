"""What whoever watches over the service is told."""

from __future__ import annotations

from sqlalchemy import text

from mailchimpsync.actions.api.description import Scope
from web.conftest import Office, Serve


def test_health_only_says_that_the_process_answers(serve: Serve) -> None:
    office = serve()
    office.site.store.close()
    with office.site.store.begin() as tx:
        tx.execute(text("DROP TABLE civicrm_mailchimpsync_token"))

    answer = office.get("/health")

    assert (answer.status_code, answer.text) == (200, "OK")
    assert office.client.post("/health").status_code == 405


def test_a_service_whose_database_is_as_it_should_be_is_ready(office: Office) -> None:
    answer = office.get("/ready")

    assert (answer.status_code, answer.json()) == (200, {"ready": True, "problems": []})


def test_a_service_with_the_schema_of_another_version_is_not_ready(serve: Serve) -> None:
    office = serve()
    with office.site.store.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    answer = office.get("/ready")

    assert answer.status_code == 503
    assert answer.json()["problems"] == ["STORE_OLD: The database schema belongs to another version."]


def test_a_service_whose_worker_has_died_is_not_ready(serve: Serve) -> None:
    alive = [True, False]
    office = serve(is_alive=lambda: alive.pop(0))

    assert office.get("/ready").status_code == 200
    dead = office.get("/ready")

    assert (dead.status_code, dead.json()["problems"]) == (503, ["The worker is not at work."])
    assert office.get("/health").status_code == 200


def test_metrics_need_a_token(serve: Serve) -> None:
    office = serve(metrics=lambda: (b"runs_total 7\n", "text/plain; version=0.0.4"))

    assert office.get("/metrics").status_code == 401
    answer = office.get("/metrics", scope=Scope.READ)

    assert (answer.status_code, answer.content) == (200, b"runs_total 7\n")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4"


def test_a_process_that_measures_nothing_says_so(office: Office) -> None:
    assert office.get("/metrics", scope=Scope.READ).status_code == 404

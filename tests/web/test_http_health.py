"""What whoever watches over the service is told."""

from __future__ import annotations

from sqlalchemy import text

from mailchimpsync.actions.api.description import Scope
from web.conftest import ApiService, Serve


def test_health_only_says_that_the_process_answers(serve: Serve) -> None:
    api_service = serve()
    api_service.site.store.close()
    with api_service.site.store.begin() as tx:
        tx.execute(text("DROP TABLE civicrm_mailchimpsync_token"))

    answer = api_service.get("/health")

    assert (answer.status_code, answer.text) == (200, "OK")
    assert api_service.client.post("/health").status_code == 405


def test_a_service_whose_database_is_as_it_should_be_is_ready(api_service: ApiService) -> None:
    answer = api_service.get("/ready")

    assert (answer.status_code, answer.json()) == (200, {"ready": True, "problems": []})


def test_a_service_with_the_schema_of_another_version_is_not_ready(serve: Serve) -> None:
    api_service = serve()
    with api_service.site.store.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    answer = api_service.get("/ready")

    assert answer.status_code == 503
    assert answer.json()["problems"] == ["STORE_OLD: The database schema belongs to another version."]


def test_a_service_whose_worker_has_died_is_not_ready(serve: Serve) -> None:
    alive = [True, False]
    api_service = serve(is_alive=lambda: alive.pop(0))

    assert api_service.get("/ready").status_code == 200
    dead = api_service.get("/ready")

    assert (dead.status_code, dead.json()["problems"]) == (503, ["The worker is not at work."])
    assert api_service.get("/health").status_code == 200


def test_metrics_need_a_token(serve: Serve) -> None:
    api_service = serve(metrics=lambda: (b"runs_total 7\n", "text/plain; version=0.0.4"))

    assert api_service.get("/metrics").status_code == 401
    answer = api_service.get("/metrics", scope=Scope.READ)

    assert (answer.status_code, answer.content) == (200, b"runs_total 7\n")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4"


def test_a_process_that_measures_nothing_says_so(api_service: ApiService) -> None:
    assert api_service.get("/metrics", scope=Scope.READ).status_code == 404

"""Django's tables and connections in a fleet: each site has its own, and no connection is handed on to another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from django.db import connection, connections, transaction
from django.db.utils import InterfaceError, ProgrammingError

from mailchimpsync.actions import Fleet, create_fleet
from mailchimpsync.store.engine.dialect import Namespace
from mailchimpsync.web import tables
from mailchimpsync.web.models import User
from mailchimpsync.web.served import serving
from mailchimpsync.web.settings import configure, migrate_tables
from store.databases import own_fleet_database
from store.fleet.test_tables import described

pytestmark = pytest.mark.postgres


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """A fleet with two sites; Django is set up for it."""
    with own_fleet_database() as url, create_fleet(tmp_path / "fleet", url) as fleet:
        configure(fleet.settings, "tests")
        fleet.more_tables = tables
        for name in ("green", "red"):
            fleet.add(name)
        yield fleet
        connections.close_all()


def namespace_of(fleet: Fleet, name: str) -> Namespace:
    namespace = fleet.open(name).store.namespace
    assert namespace is not None
    return namespace


def test_tables_created_at_once_are_those_that_djangos_migrations_lead_to(fleet: Fleet) -> None:
    red = fleet.open("red").store
    with red.begin() as tx:
        for name in ("auth_group_permissions", "auth_permission", "auth_group", "django_content_type"):
            tx.exec_driver_sql(f"DROP TABLE {name}")
        for name in ("accessattemptexpiration", "accessattempt", "accesslog", "accessfailurelog"):
            tx.exec_driver_sql(f"DROP TABLE axes_{name}")
        for name in ("mailchimpsync_user", "django_session", "django_migrations"):
            tx.exec_driver_sql(f"DROP TABLE {name}")
    with serving(red.namespace):
        migrate_tables()
        connection.close()

    with fleet.store.begin() as tx:
        found, wanted = (described(tx, namespace_of(fleet, name)) for name in ("green", "red"))

    for what, rows in wanted.items():
        assert found[what] == rows, what


def test_tables_that_are_the_newest_are_left_alone_and_older_ones_migrated(fleet: Fleet) -> None:
    green = fleet.open("green").store
    tables.bring_up(green)
    with green.begin() as tx:
        tx.exec_driver_sql("DROP TABLE mailchimpsync_user")
        tx.exec_driver_sql("DELETE FROM django_migrations WHERE app = 'web'")

    tables.bring_up(green)

    with serving(green.namespace):
        assert User.objects.count() == 0


def test_users_of_one_site_are_no_users_of_another(fleet: Fleet) -> None:
    green, red = namespace_of(fleet, "green"), namespace_of(fleet, "red")
    with serving(green):
        User.objects.create(name="ann", created_by="tests")
        with serving(red):
            assert User.objects.count() == 0
        assert User.objects.count() == 1
    with pytest.raises(InterfaceError, match="No site is being served"):
        User.objects.count()


def test_another_threads_connection_is_of_no_site(fleet: Fleet) -> None:
    raised: list[BaseException] = []

    def count() -> None:
        try:
            User.objects.count()
        except InterfaceError as error:
            raised.append(error)

    with serving(namespace_of(fleet, "green")):
        other = Thread(target=count)
        other.start()
        other.join()

    assert len(raised) == 1


def test_a_transaction_can_not_go_on_for_another_site(fleet: Fleet) -> None:
    green, red = namespace_of(fleet, "green"), namespace_of(fleet, "red")
    with serving(green), transaction.atomic():
        User.objects.create(name="ann", created_by="tests")
        with serving(red), pytest.raises(InterfaceError, match="transaction of another site"):
            User.objects.count()
    with serving(red):
        assert User.objects.count() == 0


@pytest.mark.parametrize("first", ["SELECT 1", "RESET ROLE", "RESET search_path", "RESET ALL", "DISCARD ALL"])
def test_no_statement_that_resets_a_connection_opens_another_sites_tables(fleet: Fleet, first: str) -> None:
    with serving(namespace_of(fleet, "green")), connection.cursor() as cursor:
        cursor.execute(first)
        with pytest.raises(ProgrammingError, match="permission denied for schema site_red"):
            cursor.execute("SELECT name FROM site_red.mailchimpsync_user")
        cursor.execute("SELECT count(*) FROM mailchimpsync_user")
        assert cursor.fetchone() == (0,)


def test_a_connection_that_failed_is_not_another_sites(fleet: Fleet) -> None:
    green, red = namespace_of(fleet, "green"), namespace_of(fleet, "red")
    with serving(green), pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM nothing")

    with serving(red), connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_schema()")
        assert cursor.fetchone() == tuple(red)

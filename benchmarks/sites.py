"""Measures many sites in one database: `python benchmarks/sites.py URL [--sites 1000]` (about half an hour for 1,000).

URL is of a PostgreSQL server, such as postgresql://postgres@127.0.0.1/postgres, whose user may create databases and
users. The fleet gets a database of its own, and a user who may do no more than a fleet needs. Both are dropped at
the end.

Each site has users' tables and a configuration with two connections. Its tables are empty otherwise: a site's own rows
cost what they cost elsewhere. Measured are creating sites, opening one and asking for its status with 1 and with all of
them, what PostgreSQL remembers of all in a connection, one migration of each, and removing some.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from secrets import token_hex
from statistics import median, quantiles

from pydantic import SecretStr
from sqlalchemy import create_engine, make_url, text

from mailchimpsync.actions import Fleet, create_fleet, getstatus, overview
from mailchimpsync.actions.fleet.migration import migrate_fleet, migrate_sites
from mailchimpsync.cli.fleet_parts import open_whole_fleet, with_users
from mailchimpsync.config import Account, CivicrmSite, Configuration, Link, load_settings
from mailchimpsync.store.fleet.roles import within

REPEATED = 50
REMOVED = 20
KEY = "0123456789abcdef0123456789abcdef-us1"
CONFIGURATION = Configuration(
    civicrm=CivicrmSite(url="https://crm.example.org", api_key=SecretStr("key")),
    accounts={"Green": Account(api_key=SecretStr(KEY))},
    connections=tuple(
        Link(account="Green", audience_id=list_id, group_id=group) for list_id, group in (("a1", 5), ("b2", 6))
    ),
)


@contextmanager
def fleet_of_its_own(server: str, home: Path) -> Iterator[Fleet]:
    """Have a fleet in a new database, with a new user."""
    name, url = f"mailchimpsync_{token_hex(4)}", make_url(server)
    engine = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as admin:
        admin.exec_driver_sql(f"CREATE ROLE {name} LOGIN CREATEROLE NOINHERIT PASSWORD '{name}'")
        admin.exec_driver_sql(f"CREATE DATABASE {name} OWNER {name}")
        in_it = create_engine(engine.url.set(database=name), isolation_level="AUTOCOMMIT")
        with in_it.connect() as admin_of_it:  # only to measure
            admin_of_it.exec_driver_sql(f"GRANT SELECT ON pg_backend_memory_contexts TO {name}")
            admin_of_it.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION pg_get_backend_memory_contexts TO {name}")
        in_it.dispose()
        own = url.set(drivername="postgresql", username=name, password=name, database=name)
        try:
            with create_fleet(home, own.render_as_string(hide_password=False)) as fleet:
                yield with_users(fleet)
        finally:
            admin.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
            roles = admin.execute(
                text("SELECT roleid::regrole::text FROM pg_auth_members WHERE member = CAST(:name AS regrole)"),
                {"name": name},
            )
            for (role,) in roles.all():
                admin.exec_driver_sql(f"DROP ROLE {role}")
            admin.exec_driver_sql(f"DROP ROLE {name}")
    engine.dispose()


@contextmanager
def measured(what: str, number: int) -> Iterator[None]:
    """Print how long something took, and how much of it is this process's own work, for each of a number."""
    wall, own = time.perf_counter(), processor_seconds()
    yield
    wall, own = time.perf_counter() - wall, processor_seconds() - own
    each = f"{1_000 * wall / number:,.1f} ms each, {1_000 * own / number:,.1f} ms ours"
    print(f"{what}: {wall:,.1f} s, {own:,.1f} s ours; {each}", flush=True)


def processor_seconds() -> float:
    """Return the processor time of this process and of those that it has started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def repeated(what: str, work: Callable[[], object]) -> None:
    """Print the median and the 95th percentile of some work."""
    times = []
    for _ in range(REPEATED):
        started = time.perf_counter()
        work()
        times.append(1_000 * (time.perf_counter() - started))
    print(f"{what}: {median(times):,.1f} ms, 95th percentile {quantiles(times, n=20)[-1]:,.1f} ms", flush=True)


def add_sites(fleet: Fleet, names: Sequence[str]) -> None:
    for name in names:
        fleet.add(name)
        with fleet.open(name) as site:
            site.save(CONFIGURATION, "benchmark")


def look_at(fleet: Fleet, name: str) -> None:
    with fleet.open(name) as site:
        getstatus(site)


def backend_memory(fleet: Fleet) -> str:
    """Return how much memory a connection of PostgreSQL uses for what it remembers of tables."""
    with fleet.store.begin() as tx:
        query = "SELECT sum(used_bytes) FROM pg_backend_memory_contexts"
        return f"{int(tx.execute(text(query)).scalar_one()) / 1e6:,.0f} MB"


def visit_all(fleet: Fleet, names: Sequence[str]) -> None:
    """Use every table of all sites on one connection: the pool hands out the same as long as one is enough."""
    for name in names:
        look_at(fleet, name)


def make_older(fleet: Fleet) -> None:
    """Take every site back by one schema, so that there is something to migrate."""
    for site in fleet.sites():
        namespace = fleet.store.store_of(site).namespace
        assert namespace is not None
        with fleet.store.begin() as tx, within(tx, namespace):
            tx.exec_driver_sql("ALTER TABLE civicrm_mailchimpsync_status DROP COLUMN resumed_at")
            tx.exec_driver_sql("UPDATE alembic_version SET version_num = '0027'")


def measure(fleet: Fleet, number: int) -> None:
    names = [f"site-{place:04}" for place in range(number)]
    add_sites(fleet, names[:1])
    repeated("open and status, 1 site", lambda: look_at(fleet, names[0]))
    with measured(f"adding {number - 1:,} sites", number - 1):
        add_sites(fleet, names[1:])
    repeated(f"open and status, {number:,} sites", lambda: look_at(fleet, names[number // 2]))
    print(f"a connection to the database remembers: {backend_memory(fleet)}", flush=True)
    with measured("visiting all sites", number):
        visit_all(fleet, names)
    print(f"a connection to the database remembers then: {backend_memory(fleet)}", flush=True)
    with measured("an overview of all sites", number):
        overview(fleet)
    make_older(fleet)
    home = fleet.settings.home
    migrate_fleet(load_settings(home))
    with measured("migrating all sites by one migration", number):
        assert all(one.problem is None for one in migrate_sites(fleet, partial(open_whole_fleet, home)))
    with measured("migrating again, with nothing to do", number):
        assert all(one.problem is None for one in migrate_sites(fleet, partial(open_whole_fleet, home)))
    removed = min(REMOVED, number)
    with measured(f"removing {removed} sites", removed):
        for name in names[:removed]:
            fleet.remove(name)
    with fleet.store.begin() as tx:
        size = tx.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    print(f"the database: {size / 1e6:,.0f} MB; this process: {memory_mb():,.0f} MB at most", flush=True)


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--sites", type=int, default=1_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, fleet_of_its_own(given.url, Path(place) / "fleet") as fleet:
        measure(fleet, given.sites)


if __name__ == "__main__":
    main()

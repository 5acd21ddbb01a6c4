"""A fleet's sites: added, opened, closed to each other, removed."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, make_url, text

from mailchimpsync.actions import Fleet, create_fleet, create_site, open_fleet, open_site, rotate_key_file
from mailchimpsync.actions.doctor import examine
from mailchimpsync.actions.finding import Level
from mailchimpsync.actions.fleet.master_key import rotate_master_key_file
from mailchimpsync.config import Account, Configuration, new_key, read_keys, write_key_file
from mailchimpsync.errors import Code, ConfigurationError, StoreError, UsageError
from mailchimpsync.store import Transaction
from mailchimpsync.store.fleet import sites
from mailchimpsync.store.schema import cache
from store.databases import LIST, own_database

pytestmark = pytest.mark.postgres

KEY = "0123456789abcdef0123456789abcdef-us1"
CONFIGURATION = Configuration(accounts={"Green": Account(api_key=SecretStr(KEY))})


def test_sites_of_a_fleet_have_configurations_of_their_own(fleet: Fleet) -> None:
    for name in ("green", "red"):
        fleet.add(name, f"The {name.title()} Charity")

    with fleet.open("green") as green, fleet.open("red") as red:
        green.save(CONFIGURATION, "ann")
        red.refresh()

        assert (green.version, red.version) == (1, 0)
    with open_site(fleet.settings.home, site="green") as green:
        assert green.configuration.accounts["Green"].api_key.get_secret_value() == KEY
        assert green.settings.site == "green"
    assert fleet.names() == ["green", "red"]
    assert [site.title for site in fleet.sites()] == ["The Green Charity", "The Red Charity"]


def test_a_removed_site_leaves_nothing(fleet: Fleet) -> None:
    role = fleet.add("green").role
    fleet.remove("green")

    with fleet.store.begin() as tx:
        roles = tx.execute(text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role}).scalar()
        schemas = tx.execute(text("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'site%'")).scalar()

    assert (fleet.names(), roles, schemas) == ([], 0, 0)
    fleet.add("green")


def test_a_site_that_can_not_be_added_is_not_added_by_half(fleet: Fleet) -> None:
    fleet.add("green")

    for name in ("green", "Green", "1st", "a" * 41, "", 'a"b', "a_b"):
        with pytest.raises(UsageError):
            fleet.add(name)
    with pytest.raises(UsageError, match="at most 200"):
        fleet.add("red", "x" * 201)

    assert fleet.names() == ["green"]


def test_an_unknown_site_is_named_with_the_one_that_was_meant(fleet: Fleet) -> None:
    fleet.add("charity-a")

    with pytest.raises(UsageError, match="Did you mean charity-a"):
        fleet.open("charity-b")
    with pytest.raises(UsageError, match=r"no site xyz\.$"):
        fleet.open("xyz")


def test_a_fleet_asks_which_site_and_a_home_has_none(fleet: Fleet, tmp_path: Path) -> None:
    create_site(tmp_path / "site").close()

    with pytest.raises(UsageError, match="--site"):
        open_site(fleet.settings.home)
    with pytest.raises(UsageError, match="leave out `--site green`"):
        open_site(tmp_path / "site", site="green")
    with pytest.raises(UsageError, match="--site"):
        create_site(fleet.settings.home)
    with pytest.raises(UsageError, match="Choose another home"):
        create_fleet(tmp_path / "site", "postgresql://nobody@127.0.0.1/none")
    with pytest.raises(ConfigurationError, match="fleet init"):
        open_fleet(tmp_path / "site")


def test_a_fleet_that_exists_is_created_again_without_harm(fleet: Fleet) -> None:
    fleet.add("green")

    with create_fleet(fleet.settings.home, fleet.database_url) as again:
        assert again.names() == ["green"]
        again.open("green").close()


@pytest.mark.parametrize("url", ["sqlite:///fleet.sqlite", "mariadb://root@127.0.0.1/fleet"])
def test_a_fleet_needs_postgresql(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a fleet needs PostgreSQL"):
        create_fleet(tmp_path / "fleet", url)

    assert not (tmp_path / "fleet").exists()


def test_a_user_of_the_database_who_may_not_create_roles_is_told_what_to_ask_for(fleet: Fleet, tmp_path: Path) -> None:
    user = str(make_url(fleet.database_url).username)
    with fleet.store.begin() as tx:
        tx.exec_driver_sql(f"CREATE ROLE {user}_plain LOGIN PASSWORD 'plain'")
        tx.exec_driver_sql(f"GRANT {user}_plain TO CURRENT_USER")
    plain = fleet.database_url.replace(f"//{user}:{user}@", f"//{user}_plain:plain@")

    with pytest.raises(ConfigurationError, match=f'ALTER ROLE "{user}_plain" CREATEROLE NOINHERIT; GRANT CREATE'):
        create_fleet(tmp_path / "other", plain)


def test_a_user_of_the_database_who_may_read_every_site_is_reported(fleet: Fleet, tmp_path: Path) -> None:
    fleet.add("green")
    what = "may read the tables of every site"
    with own_database("postgres") as url, create_fleet(tmp_path / "other", url) as other:
        other.add("green")
        by_superuser = examine(other.settings.home, site_name="green")
        other.remove("green")

    assert [one.level for one in by_superuser if what in one.found] == [Level.WARNING]
    assert not [one for one in examine(fleet.settings.home, site_name="green") if what in one.found]


def test_two_fleets_on_one_server_have_sites_of_the_same_name(fleet: Fleet, tmp_path: Path) -> None:
    fleet.add("green")

    with own_database("postgres") as url, create_fleet(tmp_path / "other", url) as other:
        other.add("green")
        other.open("green").close()
        other.remove("green")

    fleet.open("green").close()


def test_a_sites_key_is_replaced_while_it_is_in_use(fleet: Fleet) -> None:
    fleet.add("green")
    fleet.add("red")
    with fleet.open("green") as service, fleet.open("green") as site:
        site.save(CONFIGURATION, "ann")
        service.refresh()
        before = site.keys.read()

        assert len(list(rotate_key_file(site))) == 3
        site.save(CONFIGURATION, "ann")
        service.refresh()

        assert service.version == 2
        assert len(site.keys.read()) == 1
        assert site.keys.read() != before
    with fleet.open("green") as site:
        assert site.configuration == CONFIGURATION.with_webhook_secrets() or site.configuration.accounts


def test_another_master_key_opens_no_site_and_adds_none(fleet: Fleet) -> None:
    fleet.add("green")
    write_key_file(fleet.settings.key_path, [new_key()])

    for attempt in (lambda: fleet.open("green"), lambda: fleet.add("red"), fleet.check_master_key):
        with pytest.raises(ConfigurationError) as caught:
            attempt()
        assert caught.value.code is Code.SECRET
    assert fleet.names() == ["green"]


def test_a_second_home_of_a_fleet_needs_its_master_key(fleet: Fleet, tmp_path: Path) -> None:
    fleet.add("green")
    second = tmp_path / "second"

    with pytest.raises(ConfigurationError, match="isn't the fleet's master key"):
        create_fleet(second, fleet.database_url)
    assert not second.exists()

    second.mkdir()
    write_key_file(second / "secret.key", read_keys(fleet.settings))
    with create_fleet(second, fleet.database_url) as same, same.open("green") as site:
        assert site.version == 0


def test_one_damaged_site_keeps_nobody_from_using_the_fleet(fleet: Fleet) -> None:
    for name in ("damaged", "green"):
        fleet.add(name)
    with fleet.store.begin() as tx:
        sites.change_site(tx, "damaged", secret_keys="nonsense")

    fleet.check_master_key()
    fleet.add("red")
    with pytest.raises(ConfigurationError, match="doesn't open the site damaged, so no site has a new one"):
        list(rotate_master_key_file(fleet))

    assert fleet.names() == ["damaged", "green", "red"]
    fleet.open("green").close()
    fleet.remove("damaged")
    assert len(list(rotate_master_key_file(fleet))) == 3


def test_a_site_that_is_added_while_the_master_key_is_replaced_can_be_opened(fleet: Fleet) -> None:
    fleet.add("green")
    steps = rotate_master_key_file(fleet)
    with ThreadPoolExecutor(1) as pool:

        def rotate_meanwhile(_tx: Transaction) -> None:
            rotation.append(pool.submit(list, steps))
            with pytest.raises(TimeoutError):  # it waits until the site is there
                rotation[0].result(timeout=1)

        rotation: list[Future[list[str]]] = []
        fleet.add("red", fill=rotate_meanwhile)
        rotation[0].result(timeout=30)

    assert len(read_keys(fleet.settings)) == 1
    for name in ("green", "red"):
        fleet.open(name).close()


def test_a_site_with_another_schema_is_refused_alone(fleet: Fleet) -> None:
    fleet.add("green")
    fleet.add("red")
    with fleet.open("red") as red, red.store.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '0027'"))

    with pytest.raises(StoreError) as caught:
        fleet.open("red")
    fleet.open("green").close()

    assert caught.value.code is Code.STORE_OLD


def test_slots_of_connections_to_mailchimp_are_the_fleets(fleet: Fleet) -> None:
    fleet.add("green")
    with fleet.open("green") as site, site.mailchimp_client(CONFIGURATION.accounts["Green"]) as client:
        assert client.slots.acquire(1)
        with fleet.store.begin() as tx:
            held = tx.execute(text("SELECT count(*) FROM civicrm_mailchimpsync_connection_slot WHERE token > ''"))
            assert held.scalar() == 1
        client.slots.release()


def test_a_site_is_found_in_the_environment(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet.add("green")
    monkeypatch.setenv("MAILCHIMPSYNC_SITE", "green")

    with open_site(fleet.settings.home) as site:
        assert site.settings.site == "green"


def test_the_keys_of_sites_are_not_in_the_database(fleet: Fleet) -> None:
    fleet.add("green")
    with fleet.store.begin() as tx:
        token = sites.keys_of(tx, "green")
    with fleet.open("green") as site:
        assert site.keys.read()[0] not in token


def test_a_site_learns_at_once_that_a_table_of_its_own_has_grown(fleet: Fleet) -> None:
    fleet.add("charity-a")
    with fleet.open("charity-a") as site:
        rows = [{"mailchimp_list_id": LIST, "identity": f"c:{number}"} for number in range(3_000)]
        with site.store.begin() as tx:
            tx.execute(insert(cache), rows)
        site.store.refresh_statistics()

        with site.store.reading() as tx:
            known = tx.execute(text(f"SELECT reltuples FROM pg_class WHERE oid = '{cache.name}'::regclass")).scalar()  # noqa: S608 (our own name)

    assert known == len(rows)

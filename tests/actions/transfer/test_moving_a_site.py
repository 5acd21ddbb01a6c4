"""A site is exported with everything it knows, and is the same wherever it is imported; or nothing is."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from actions.conftest import CharitySite
from mailchimpsync.actions import Site, create_fleet, fetchandreconcile, getstatus, journal_verify, open_site
from mailchimpsync.actions.transfer.export import export_site
from mailchimpsync.actions.transfer.imports import import_into_fleet, import_into_home
from mailchimpsync.errors import BusyError, MailchimpsyncError, UsageError
from mailchimpsync.store import Store, transfer
from mailchimpsync.store.schema import status
from mailchimpsync.store.site import tombstones
from store.conftest import KINDS
from store.databases import own_database, own_fleet_database

PASSPHRASE = "a passphrase of the tests"


def nothing(_site: Site) -> None:
    """Stand for the tables of users, which tests of the command line have."""


def everything(store: Store) -> dict[str, Sequence[Any]]:
    with store.reading() as tx:
        found = {name: table for name, table in transfer.tables().items() if transfer.has_table(tx, table)}
        return {name: list(transfer.read_rows(tx, table)) for name, table in found.items()}


def highest_numbers(store: Store) -> dict[str, int]:
    with store.reading() as tx:
        return transfer.numbers(tx, [*transfer.tables().values()][:-1])


@pytest.fixture
def exported(charity_site: CharitySite, tmp_path: Path) -> Path:
    """The file of a site that has synced, and in which an address was erased, and the newest rows deleted."""
    site, file = charity_site.site, tmp_path / "charity.site"
    fetchandreconcile(site)
    key = site.make_erasure_key()
    with site.store.begin() as tx:
        tombstones.set_tombstone(tx, tombstones.digest_of(key, "gone@example.org"), site.runtime.now(), "ann")
        tx.execute(text("DELETE FROM civicrm_mailchimpsync_log"))
    export_site(site, file, PASSPHRASE)
    return file


@contextmanager
def imported_into(kind: str, file: Path, home: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        url = stack.enter_context(own_database(kind)) if kind != "sqlite" else None
        import_into_home(home, file, PASSPHRASE, nothing, database=url)
        yield stack.enter_context(open_site(home))


@pytest.mark.parametrize("kind", KINDS)
def test_a_home_is_the_same_with_any_database(
    kind: str, charity_site: CharitySite, exported: Path, tmp_path: Path
) -> None:
    with imported_into(kind, exported, tmp_path / "other") as site:
        assert everything(site.store) == everything(charity_site.site.store)
        assert highest_numbers(site.store) == highest_numbers(charity_site.site.store)
        assert site.configuration == charity_site.site.configuration
        assert site.keys.read() == charity_site.site.keys.read()
        assert getstatus(site)[0].state.name == getstatus(charity_site.site)[0].state.name
        assert all(not chain.wrong for chain in journal_verify(site).chains)
        assert site.erasure_key() == charity_site.site.erasure_key()


@pytest.mark.parametrize("kind", KINDS)
def test_a_moved_site_goes_on_where_it_was(
    kind: str, charity_site: CharitySite, exported: Path, tmp_path: Path
) -> None:
    before = highest_numbers(charity_site.site.store)
    with imported_into(kind, exported, tmp_path / "other") as site:
        fetchandreconcile(site, since="ever")

        assert getstatus(site)[0].state.in_sync == getstatus(charity_site.site)[0].state.in_sync
        with site.store.reading() as tx:
            [first] = tx.execute(text("SELECT min(id) FROM civicrm_mailchimpsync_log")).scalars()
        assert first > before["civicrm_mailchimpsync_log"]


@pytest.mark.postgres
def test_a_home_moves_into_a_fleet_and_out_again(charity_site: CharitySite, exported: Path, tmp_path: Path) -> None:
    with own_fleet_database() as url, create_fleet(tmp_path / "fleet", url) as fleet:
        fleet.add("other")
        with pytest.raises(UsageError, match="has no name"):
            import_into_fleet(fleet, exported, PASSPHRASE)
        import_into_fleet(fleet, exported, PASSPHRASE, "green")

        with fleet.open("green") as green:
            assert everything(green.store) == everything(charity_site.site.store)
            assert green.keys.read() == charity_site.site.keys.read()
            assert green.configuration == charity_site.site.configuration
            export_site(green, tmp_path / "green.site", PASSPHRASE, "The Green Charity")
        again = import_into_fleet(fleet, tmp_path / "green.site", PASSPHRASE, "again")
        assert again.title == "The Green Charity"
        with pytest.raises(UsageError, match="There is a site green already"):
            import_into_fleet(fleet, tmp_path / "green.site", PASSPHRASE)
    with imported_into("sqlite", tmp_path / "green.site", tmp_path / "out") as site:
        assert everything(site.store) == everything(charity_site.site.store)


def test_no_secret_is_in_the_file(charity_site: CharitySite, exported: Path) -> None:
    lines = gzip.decompress(exported.read_bytes()).decode()
    site = charity_site.site
    account = next(iter(site.configuration.accounts.values()))
    assert site.configuration.civicrm is not None

    for secret in (*site.keys.read(), account.api_key, site.configuration.civicrm.api_key, site.erasure_key()):
        assert str(getattr(secret, "get_secret_value", lambda given=secret: given)()) not in lines
    assert exported.stat().st_mode & 0o077 == 0


def changed(file: Path, change: Any) -> Path:
    """The file with other lines."""
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    other = file.with_name("changed.site")
    other.write_bytes(gzip.compress(b"".join(change(lines))))
    return other


def other_schema(lines: list[bytes]) -> list[bytes]:
    return [json.dumps({**json.loads(lines[0]), "schema_number": "0001"}).encode() + b"\n", *lines[1:]]


def other_format(lines: list[bytes]) -> list[bytes]:
    return [json.dumps({**json.loads(lines[0]), "format": 99}).encode() + b"\n", *lines[1:]]


def one_row_less(lines: list[bytes]) -> list[bytes]:
    row = next(place for place, line in enumerate(lines) if line.startswith(b"["))
    return lines[:row] + lines[row + 1 :]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda lines: lines[:-1], "altered or damaged"),
        (lambda lines: lines[: len(lines) // 2], "altered or damaged"),
        (lambda lines: [line.replace(b"example.org", b"example.net") for line in lines], "altered or damaged"),
        (lambda lines: [*lines, b"{}\n"], "altered or damaged"),
        (lambda lines: lines[1:], "isn't an exported site"),
        (lambda _lines: [b"hello\n"], "isn't an exported site"),
        (one_row_less, "altered or damaged"),
        (other_schema, "has schema 0001"),
        (other_format, "has format 99"),
    ],
)
def test_of_a_file_that_was_changed_nothing_is_imported(change: Any, why: str, exported: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=why):
        import_into_home(tmp_path / "other", changed(exported, change), PASSPHRASE, nothing)

    assert not (tmp_path / "other").exists()


@pytest.mark.postgres
def test_a_fleet_has_nothing_of_a_site_that_could_not_be_imported(exported: Path, tmp_path: Path) -> None:
    broken = changed(exported, one_row_less)
    with own_fleet_database() as url, create_fleet(tmp_path / "fleet", url) as fleet:
        with pytest.raises(UsageError, match="altered or damaged"):
            import_into_fleet(fleet, broken, PASSPHRASE, "green")

        assert fleet.names() == []
        import_into_fleet(fleet, exported, PASSPHRASE, "green")


def test_a_file_that_is_cut_off_or_no_file_is_refused(exported: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.site"
    cut.write_bytes(exported.read_bytes()[:-100])

    for file, why in ((cut, "damaged"), (tmp_path / "none.site", "can't be read"), (tmp_path, "can't be read")):
        with pytest.raises(UsageError, match=why):
            import_into_home(tmp_path / "other", file, PASSPHRASE, nothing)
    assert not (tmp_path / "other").exists()


def test_another_passphrase_opens_nothing(exported: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="The passphrase isn't the one of this file"):
        import_into_home(tmp_path / "other", exported, "another passphrase", nothing)
    with pytest.raises(UsageError, match="at least 12 characters"):
        import_into_home(tmp_path / "other", exported, "short", nothing)

    assert not (tmp_path / "other").exists()


def test_a_site_with_something_at_work_is_not_exported(charity_site: CharitySite, tmp_path: Path) -> None:
    site = charity_site.site
    fetchandreconcile(site)
    with site.store.begin() as tx:
        later = site.runtime.now().replace(year=2200)
        tx.execute(update(status).values(lease_owner="someone", lease_expires=later))

    with pytest.raises(BusyError, match="is at work"):
        export_site(site, tmp_path / "busy.site", PASSPHRASE)

    assert [file.name for file in tmp_path.glob("*.site*")] == []


def test_no_file_and_no_home_is_overwritten(charity_site: CharitySite, exported: Path, tmp_path: Path) -> None:
    before = exported.read_bytes()
    with pytest.raises(UsageError, match=r"There is a file .* already"):
        export_site(charity_site.site, exported, PASSPHRASE)
    with pytest.raises(UsageError, match=r"There is a site in .* already"):
        import_into_home(charity_site.charity.home, exported, PASSPHRASE, nothing)
    with pytest.raises(UsageError, match="can't be written"):
        export_site(charity_site.site, tmp_path / "no" / "directory.site", PASSPHRASE)

    assert exported.read_bytes() == before


def test_a_home_with_other_files_is_not_taken_and_what_a_killed_import_left_is_replaced(
    exported: Path, tmp_path: Path
) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes.txt").touch()
    with pytest.raises(UsageError, match="has other files"):
        import_into_home(tmp_path / "taken", exported, PASSPHRASE, nothing)
    (tmp_path / "new.importing").mkdir()
    (tmp_path / "new.importing" / "secret.key").write_text("of an import that was killed")
    (tmp_path / "new").mkdir()

    import_into_home(tmp_path / "new", exported, PASSPHRASE, nothing)

    open_site(tmp_path / "new").close()
    assert not (tmp_path / "new.importing").exists()


def test_a_journal_that_was_tampered_with_is_not_imported(charity_site: CharitySite, tmp_path: Path) -> None:
    site, file = charity_site.site, tmp_path / "tampered.site"
    fetchandreconcile(site)
    with site.store.begin() as tx:
        altered = tx.execute(text("UPDATE civicrm_mailchimpsync_journal SET actor = 'someone else'"))
        assert altered.rowcount
    export_site(site, file, PASSPHRASE)

    with pytest.raises(MailchimpsyncError, match="isn't as it was written"):
        import_into_home(tmp_path / "other", file, PASSPHRASE, nothing)
    assert not (tmp_path / "other").exists()


def test_a_database_with_rows_is_left_as_it_is(charity_site: CharitySite, exported: Path, tmp_path: Path) -> None:
    url, before = charity_site.site.settings.database_url, everything(charity_site.site.store)

    with pytest.raises(UsageError, match="has rows"):
        import_into_home(tmp_path / "other", exported, PASSPHRASE, nothing, database=url)

    assert everything(charity_site.site.store) == before

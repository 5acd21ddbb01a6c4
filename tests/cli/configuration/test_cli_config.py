"""Ann looks at her configuration, edits it, and takes it in again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mailchimpsync.actions import open_site

if TYPE_CHECKING:
    from cli.conftest import CommandLine


def test_show_masks_every_key(connected: CommandLine) -> None:
    shown = connected("config", "show").stdout

    assert 'api_key = "…3210-us6"' in shown
    assert 'api_key = "…-key"' in shown
    assert 'audience_name = "Newsletter"' in shown


def test_an_export_that_is_edited_and_imported_keeps_the_keys(connected: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "exported.toml"
    connected("config", "export", "--output", str(file))
    file.write_text(file.read_text().replace('resubscribe = "ask"', 'resubscribe = "never"'))

    result = connected("config", "import", str(file))

    assert result.exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert 'resubscribe = "never"' in connected("config", "show").stdout
    assert connected("sync").exit_code == 0


def test_an_encrypted_export_comes_back_whole(connected: CommandLine) -> None:
    text = connected("config", "export", "--encrypted").stdout

    assert connected("config", "import", "-", typed=text).exit_code == 0
    assert connected("sync").exit_code == 0


def test_secrets_are_exported_only_when_asked_for_by_name(connected: CommandLine) -> None:
    assert connected.mailchimp_key not in connected("config", "export").output

    plain = connected("config", "export", "--with-secrets").stdout
    connected.outputs.pop()

    assert connected.mailchimp_key in plain
    assert connected.civicrm_key in plain


def test_an_export_never_overwrites_a_file(connected: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("mine")

    result = connected("config", "export", "--output", str(file))

    assert result.exit_code == 2
    assert file.read_text() == "mine"


def test_an_import_names_every_problem_and_saves_nothing(connected: CommandLine) -> None:
    before = connected("config", "show").stdout
    text = before.replace(connected.list_id, "a1-b2").replace("1111111111 = 9", "1111111111 = 8")

    result = connected("config", "import", "-", typed=text)

    assert result.exit_code == 7
    assert "an audience id can only contain letters, digits and underscores" in " ".join(result.stderr.split())
    assert "is linked with the subscription group 8" in result.stderr
    assert connected("config", "show").stdout == before


def test_another_secret_key_than_the_one_in_use_is_told(connected: CommandLine) -> None:
    (connected.home / "secret.key").write_text("7yTy8qVz3yRr5yYv5uXl2mX9Gm0b0y1p3b9m1mN4c0o=\n")

    result = connected("status")

    assert result.exit_code == 7
    assert "encrypted with a different secret key" in result.stderr


def test_a_key_file_open_to_others_is_refused(connected: CommandLine) -> None:
    (connected.home / "secret.key").chmod(0o644)

    result = connected("sync")

    assert result.exit_code == 7
    assert "chmod 600" in result.stderr


def test_no_object_of_an_open_site_shows_a_key(connected: CommandLine) -> None:
    with open_site(connected.home) as site:
        site.systems(site.configuration.connections[0])
        shown = repr(site) + repr(site.configuration) + repr(site.keyring)

    assert connected.mailchimp_key not in shown
    assert connected.civicrm_key not in shown

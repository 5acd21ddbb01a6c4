"""What is not a server's address is refused at every interface, in words; nothing falls over it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from mailchimpsync.cli.main import cli
from mailchimpsync.http_urls import is_http_url

NO_ADDRESSES = [
    "http://[::1",
    "http://[::1]:port",
    "http://a..b",
    "http://xn--ü",
    "http://a\nb",
    "http://two words",
    "http://localhost:99999",
    "http://",
    "ftp://example.org",
    "example.org",
    "https://ann:secret@example.org",
]


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_no_server_can_have_is_no_address(text: str) -> None:
    assert not is_http_url(text)


@pytest.mark.parametrize(
    "text", ["https://example.org", "http://[::1]:8080/3.0", "https://müller.example/civi", "http://my_container:80"]
)
def test_what_a_server_may_have_is_one(text: str) -> None:
    assert is_http_url(text)


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_every_command_that_takes_an_address_says_so_instead_of_falling_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("MAILCHIMPSYNC_CIVICRM_KEY", "key")
    monkeypatch.setenv("MAILCHIMPSYNC_MAILCHIMP_KEY", "0123456789abcdef0123456789abcdef-us1")
    home = ["--home", str(tmp_path)]
    (tmp_path / "mailchimpsync.toml").touch()
    for call in (["init", "--civicrm-url", text], ["connect", "--base-url", text, "--audience", "x", "--group", "1"]):
        result = CliRunner().invoke(cli, [*home, *call])
        assert result.exit_code != 0
        assert result.exception is None or isinstance(result.exception, SystemExit), call

    monkeypatch.setenv("MAILCHIMPSYNC_PUBLIC_URL", text)
    result = CliRunner().invoke(cli, [*home, "status"])

    assert isinstance(result.exception, SystemExit)
    assert "public_url" in result.output

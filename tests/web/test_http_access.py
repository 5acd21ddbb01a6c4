"""Who may call, how often, and under which name."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from mailchimpsync.actions.api.description import Scope
from mailchimpsync.actions.configuration.tokens import create_token, list_tokens, revoke_token
from mailchimpsync.web.limits import Limits
from web.conftest import ApiService, Serve

DOCUMENT = "/api/openapi.json"


def later(api_service: ApiService, **by: float) -> Any:
    """Return the site at another time."""
    now = api_service.site.runtime.now() + timedelta(**by)
    return replace(api_service.site, runtime=replace(api_service.site.runtime, now=lambda: now))


def error_of(answer: httpx2.Response) -> str:
    content = answer.json()
    assert content["is_error"] == 1
    return str(content["error_code"])


def ask(api_service: ApiService, **headers: str) -> httpx2.Response:
    return api_service.client.get(DOCUMENT, headers=headers)


# -- tokens -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["Authorization", "X-Civi-Auth"])
def test_a_token_is_taken_from_either_header(api_service: ApiService, header: str) -> None:
    assert ask(api_service, **{header: f"Bearer {api_service.tokens[Scope.READ]}"}).status_code == 200
    assert ask(api_service, **{header: f"bearer  {api_service.tokens[Scope.READ]}"}).status_code == 200


@pytest.mark.parametrize(
    "mistype",
    [
        lambda _text: "",
        lambda _text: "Bearer",
        lambda text: f"Basic {text}",
        lambda text: f"Bearer {text[:-1]}",
        lambda text: f"Bearer {text}x",
        lambda text: f"Bearer {text.upper()}",
        lambda text: f"Bearer {text * 100}",
        lambda _text: "Bearer \xff\xfe",
    ],
)
def test_a_mistyped_token_is_refused(api_service: ApiService, mistype: Callable[[str], str]) -> None:
    value = mistype(api_service.tokens[Scope.CONFIGURE])
    refused = api_service.client.get(DOCUMENT, headers=[(b"Authorization", value.encode("latin-1"))])

    assert refused.status_code == 401
    assert error_of(refused) == "TOKEN"
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_expires(api_service: ApiService) -> None:
    text = create_token(later(api_service, days=-2), name="Carl", scope=Scope.READ, expires_in_days=2, by="Ann")

    refused = ask(api_service, Authorization=f"Bearer {text}")

    assert (refused.status_code, error_of(refused)) == (401, "TOKEN")
    assert "expired" in refused.json()["error_message"]


def test_a_token_is_valid_until_it_expires(api_service: ApiService) -> None:
    text = create_token(later(api_service, days=-1), name="Carl", scope=Scope.READ, expires_in_days=2, by="Ann")

    assert ask(api_service, Authorization=f"Bearer {text}").status_code == 200


def test_a_revoked_token_is_refused_at_once(serve: Serve) -> None:
    api_service = serve()
    assert api_service.get(DOCUMENT, scope=Scope.RUN).status_code == 200
    revoke_token(api_service.site, next(one.id for one in list_tokens(api_service.site) if one.scope is Scope.RUN))

    assert api_service.get(DOCUMENT, scope=Scope.RUN).status_code == 401
    assert api_service.get(DOCUMENT, scope=Scope.READ).status_code == 200


def test_the_last_use_of_a_token_is_recorded_to_the_minute(serve: Serve) -> None:
    api_service = serve()

    def used() -> Any:
        return next(one.last_used_at for one in list_tokens(api_service.site) if one.scope is Scope.READ)

    assert used() is None
    api_service.get(DOCUMENT, scope=Scope.READ)
    first = used()
    api_service.get(DOCUMENT, scope=Scope.READ)

    assert first is not None
    assert used() == first


# -- limits -----------------------------------------------------------------------------------------------------------


def test_a_token_has_a_limit_per_minute(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    api_service = limited(serve, monkeypatch, token=3)

    assert [api_service.get(DOCUMENT, scope=Scope.READ).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert api_service.get(DOCUMENT, scope=Scope.RUN).status_code == 200, "another token has a count of its own"
    pass_time(monkeypatch, 60)
    assert api_service.get(DOCUMENT, scope=Scope.READ).status_code == 200


def test_the_response_says_when_to_try_again(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    api_service = limited(serve, monkeypatch, token=1)
    api_service.get(DOCUMENT, scope=Scope.READ)

    refused = api_service.get(DOCUMENT, scope=Scope.READ)

    assert (refused.status_code, error_of(refused)) == (429, "TOO_MANY_CALLS")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_failed_calls_have_a_lower_limit_and_dont_lock_out_valid_tokens_or_sign_in(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    api_service = limited(serve, monkeypatch, unknown_tokens=2)

    assert [ask(api_service, Authorization=f"Bearer guess{n}").status_code for n in range(3)] == [401, 401, 429]
    assert api_service.get(DOCUMENT, scope=Scope.READ).status_code == 200
    page = api_service.client.post("/sign-in", data={"username": "nobody", "password": "x"})
    assert page.status_code != 429


def test_a_missing_scope_does_not_count_as_a_failed_sign_in(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    api_service = limited(serve, monkeypatch, unknown_tokens=1)

    statuses = [api_service.post("/api/Mailchimpsync/includecontact", scope=Scope.READ).status_code for _ in range(3)]

    assert statuses == [403, 403, 403]


def test_an_address_is_limited_whatever_its_tokens(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    api_service = limited(serve, monkeypatch, address=2)

    assert [api_service.get(DOCUMENT, scope=scope).status_code for scope in Scope] == [200, 200, 429]
    assert api_service.client.get("/health").status_code == 200


def test_webhooks_are_not_limited(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    api_service = limited(serve, monkeypatch, address=1, unknown_tokens=1)

    assert {api_service.client.post("/webhook/audience?secret=guess").status_code for _ in range(5)} == {401}


def test_forwarded_addresses_are_ignored_unless_a_trusted_proxy_sent_them(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    api_service = limited(serve, monkeypatch, unknown_tokens=1)

    assert [guess(api_service, f"192.0.2.{n}") for n in range(3)] == [401, 429, 429]


def test_behind_a_proxy_callers_are_distinguished_by_the_address_it_added(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    api_service = limited(serve, monkeypatch, unknown_tokens=1, environment={"TRUSTED_PROXIES": "1"})

    assert [guess(api_service, "192.0.2.1"), guess(api_service, "192.0.2.2")] == [401, 401]
    assert guess(api_service, "203.0.113.9, 192.0.2.1") == 429, "what the caller wrote itself does not count"
    assert [guess(api_service, "2001:db8::1"), guess(api_service, "2001:db8::2")] == [401, 429]
    assert [guess(api_service, "junk"), guess(api_service, "other junk")] == [401, 429]


def guess(api_service: ApiService, forwarded: str) -> int:
    return ask(api_service, Authorization="Bearer guess", **{"X-Forwarded-For": forwarded}).status_code


def limited(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, *, environment: dict[str, str] | None = None, **calls: int
) -> ApiService:
    """Serve with low limits, on a clock that stands at the beginning of a minute."""
    usual = Limits()
    changed = {name: replace(getattr(usual, name), calls=number) for name, number in calls.items()}
    monkeypatch.setattr("mailchimpsync.web.limits.time.time", lambda: 1_800_000_000.0)
    return serve(environment=environment, limits=replace(usual, **changed))


def pass_time(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr("mailchimpsync.web.limits.time.time", lambda: 1_800_000_000.0 + seconds)


# -- names and headers ------------------------------------------------------------------------------------------------


def test_the_service_answers_under_its_own_names_only(serve: Serve) -> None:
    api_service = serve(environment={"PUBLIC_URL": "https://sync.example.org/"})

    def status(host: str, path: str = DOCUMENT) -> int:
        return api_service.client.get(path, headers={"Host": host, **api_service.bearer(Scope.READ)}).status_code

    assert {status(host) for host in ("sync.example.org", "localhost:8321", "127.0.0.1", "[::1]:80")} == {200}
    assert {status(host) for host in ("evil.example.com", "sync.example.org.evil.com", "x y", "-", "[bad")} == {400}
    assert status("evil.example.com", "/webhook/audience") == 400
    assert status("10.0.0.7:8321", "/health") == 200, "probes come to whatever address a container has"


@pytest.mark.parametrize(
    "path",
    ["/health", "/ready", "/api/docs", DOCUMENT, "/nowhere", "/webhook/audience", "/static/mailchimpsync/api.js"],
)
def test_every_answer_has_the_headers_that_keep_browsers_safe(api_service: ApiService, path: str) -> None:
    headers = api_service.client.get(path).headers

    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Set-Cookie" not in headers


def test_an_answer_says_how_long_it_is_and_the_answer_to_head_has_no_body(api_service: ApiService) -> None:
    asked, looked = api_service.client.get("/health"), api_service.client.head("/health")

    assert asked.headers["Content-Length"] == looked.headers["Content-Length"] == "2"
    assert (asked.content, looked.content) == (b"OK", b"")


def test_responses_are_never_cached(api_service: ApiService) -> None:
    assert api_service.get(DOCUMENT, scope=Scope.READ).headers["Cache-Control"] == "no-store"
    assert api_service.get(DOCUMENT).headers["Cache-Control"] == "no-store"


def test_browsers_are_told_to_stay_with_https_where_the_service_has_it(serve: Serve) -> None:
    api_service = serve(environment={"PUBLIC_URL": "https://sync.example.org", "TRUSTED_PROXIES": "1"})

    by_https = api_service.client.get("/health", headers={"X-Forwarded-Proto": "https"})

    assert "max-age=31536000" in by_https.headers["Strict-Transport-Security"]
    assert "Strict-Transport-Security" not in api_service.client.get("/health").headers


def test_nothing_that_is_logged_holds_a_secret_or_an_address(
    api_service: ApiService, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_given: object, **_named: object) -> None:
        raise ZeroDivisionError("bella@example.org")

    monkeypatch.setattr("mailchimpsync.web.api.api_docs.openapi_document", fail)
    with caplog.at_level(logging.DEBUG):
        failed = api_service.client.get(f"{DOCUMENT}?email=bella@example.org", headers=api_service.bearer(Scope.READ))
        api_service.client.get("/nowhere?secret=s3cret")
        api_service.client.post("/webhook/audience?secret=s3cret", data={"data[email]": "bella@example.org"})
        api_service.client.get("/health?secret=s3cret", headers={"Host": "x y"})

    assert failed.status_code == 500
    assert error_of(failed) == "INTERNAL"
    assert "bella" not in failed.text
    ours = [record for record in caplog.records if record.name.startswith(("django", "mailchimpsync"))]
    assert [record.getMessage().split(", raised in ")[0] for record in ours] == ["An unexpected ZeroDivisionError"]
    assert "bella" not in ours[0].getMessage()

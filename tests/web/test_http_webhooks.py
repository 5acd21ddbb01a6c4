"""Mailchimp calls us: whatever it or anyone else sends, nothing breaks, and nothing is kept without the right secret."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from mailchimpsync.actions import create_site
from mailchimpsync.config import Configuration
from mailchimpsync.store.schema import event
from mailchimpsync.web import service
from mailchimpsync.web.limits import Limits
from web.conftest import LIST, ApiService, Serve

AUDIENCE, BATCH = "/webhook/audience", "/webhook/batch"
FORM = "application/x-www-form-urlencoded"
EXAMPLES = int(os.environ.get("MAILCHIMPSYNC_FUZZ_EXAMPLES", "100"))
UNSUBSCRIBE = {
    "type": "unsubscribe",
    "fired_at": "2026-11-20 12:02:47",
    "data[list_id]": LIST,
    "data[email]": "bella@example.org",
    "data[action]": "unsub",
    "data[reason]": "manual",
}


def kept(api_service: ApiService) -> int:
    with api_service.site.store.begin() as tx:
        return int(tx.execute(select(func.count()).select_from(event)).scalar_one())


def test_an_event_with_the_right_secret_is_kept(serve: Serve) -> None:
    api_service = serve()
    answer = api_service.client.post(f"{AUDIENCE}?secret={api_service.webhook_secret}", data=UNSUBSCRIBE)

    assert (answer.status_code, answer.text) == (200, "OK")
    assert kept(api_service) == 1


@pytest.mark.parametrize("path", [AUDIENCE, BATCH])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_mailchimp_finds_the_address_there(api_service: ApiService, path: str, method: str) -> None:
    answer = api_service.client.request(method, path)

    assert answer.status_code == 200
    assert answer.text == ("OK" if method == "GET" else "")


@pytest.mark.parametrize("path", [AUDIENCE, BATCH])
def test_other_methods_are_refused(api_service: ApiService, path: str) -> None:
    answer = api_service.client.put(path, content=b"x")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(
    "query", ["", "?secret=", "?secret=wrong", "?Secret={}", "?secret={}x", "?secret=%00", "?secret=%ff"]
)
@pytest.mark.parametrize("path", [AUDIENCE, BATCH])
def test_without_the_right_secret_nothing_is_kept(api_service: ApiService, path: str, query: str) -> None:
    answer = api_service.client.post(f"{path}{query.format(api_service.webhook_secret)}", data=UNSUBSCRIBE)

    assert answer.status_code == 401
    assert kept(api_service) == 0, "nobody sent the right one"


def test_a_burst_of_forged_calls_looks_for_a_newer_configuration_once_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = [1_000.0]
    monkeypatch.setattr(service, "time", SimpleNamespace(monotonic=lambda: time[0]))
    with create_site(tmp_path / "site") as site:
        web = service.Service(site.for_another_thread(), Limits())
        seen = [web.site_for_webhooks(newest=True).version]
        site.save(Configuration(), "Bella")
        for seconds in (0.5, 0.4, 0.2):
            time[0] += seconds
            seen.append(web.site_for_webhooks(newest=True).version)

    assert seen == [0, 0, 0, 1]


def test_a_call_that_is_too_large_is_refused(api_service: ApiService) -> None:
    body = b"type=unsubscribe&data[email]=" + b"x" * 256_000
    answer = api_service.client.post(f"{AUDIENCE}?secret={api_service.webhook_secret}", content=body)

    assert answer.status_code == 413
    assert kept(api_service) == 0


def test_a_secret_that_was_made_meanwhile_is_known_at_once(serve: Serve) -> None:
    api_service = serve()
    configuration = api_service.site.configuration
    account = configuration.accounts["Green Paths"].model_copy(update={"webhook_secret": None})
    api_service.site.save(configuration.model_copy(update={"accounts": {"Green Paths": account}}), "Ann")

    answer = api_service.client.post(f"{AUDIENCE}?secret={api_service.webhook_secret}", data=UNSUBSCRIBE)

    assert answer.status_code == 200


def test_an_event_that_cannot_be_kept_is_to_be_sent_again(serve: Serve) -> None:
    api_service = serve()
    with api_service.site.store.begin() as tx:
        event.drop(tx)

    answer = api_service.client.post(f"{AUDIENCE}?secret={api_service.webhook_secret}", data=UNSUBSCRIBE)

    assert answer.status_code == 503


# -- fuzz -------------------------------------------------------------------------------------------------------------

FIELDS = ["type", "fired_at", *(f"data[{name}]" for name in ("id", "list_id", "email", "old_email", "new_email"))]
WORDS = [
    "subscribe",
    "upemail",
    "cleaned",
    "profile",
    "batch_operation_completed",
    LIST,
    "bella@example.org",
    "2026-11-20",
]
pairs = st.tuples(
    st.one_of(st.sampled_from(FIELDS), st.text()), st.one_of(st.sampled_from(WORDS), st.text(), st.just("\0"))
)
forms = st.lists(pairs, max_size=12).map(
    lambda found: "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in found).encode()
)
bodies = st.one_of(st.binary(max_size=2_000), forms, forms.map(lambda body: body.decode().encode("utf-16")))
header_texts = st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=200)
calls = st.fixed_dictionaries(
    {
        "path": st.sampled_from([AUDIENCE, BATCH]),
        "method": st.sampled_from(["POST", "POST", "POST", "GET", "PUT", "DELETE", "OPTIONS"]),
        "secret": st.one_of(st.none(), st.text(max_size=60), st.just("%ff%fe"), st.just("the right one")),
        "body": bodies,
        "content_type": st.one_of(
            st.just(FORM), st.just("application/json"), st.just(FORM + "; charset=x"), header_texts
        ),
        "signature": st.one_of(st.none(), st.just("t=1,v1=00"), header_texts),
    }
)


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"))


def _send(api_service: ApiService, call: dict[str, Any]) -> int:
    query = "" if call["secret"] is None else "secret=" + call["secret"]
    if call["secret"] not in (None, "%ff%fe"):
        right = call["secret"] == "the right one"
        query = "secret=" + (api_service.webhook_secret if right else quote(call["secret"].encode("utf-8", "replace")))
    headers = [(b"Content-Type", call["content_type"].encode("latin-1"))]
    if call["signature"] is not None:
        headers.append((b"X-Mailchimp-Signature", call["signature"].encode("latin-1")))
    url = f"{call['path']}?{query}"
    return api_service.client.request(call["method"], url, content=call["body"], headers=headers).status_code


def test_whatever_comes_is_answered_and_only_the_right_secret_has_anything_kept(serve: Serve) -> None:
    api_service = serve()

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(calls)
    def fuzz(call: dict[str, Any]) -> None:
        before = kept(api_service)

        status = _send(api_service, call)

        assert status in {200, 204, 400, 401, 405, 413}
        if call["secret"] != "the right one":
            assert kept(api_service) == before

    fuzz()

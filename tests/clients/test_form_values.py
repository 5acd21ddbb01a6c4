"""What is sent to CiviCRM as a value of a form is read there as it was meant."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from hypothesis import given
from hypothesis import strategies as st

from mailchimpsync.civicrm.http.form import form_value

texts = st.text()
values = st.recursive(
    texts | st.integers() | st.booleans() | st.none(), lambda one: st.lists(one) | st.dictionaries(texts, one)
)


@given(values)
def test_any_value_arrives_as_it_was(value: object) -> None:
    [arrived] = parse_qs(f"params={form_value(value)}")["params"]

    assert json.loads(arrived) == value


def test_characters_with_a_meaning_in_forms_arrive() -> None:
    value = {"where": [["email", "IN", ["a+b%20@example.org", "ä&=;#?/é@example.org", "“😀”\\\"' \n\t\x7f"]]]}

    assert json.loads(parse_qs(f"params={form_value(value)}&calls=1")["params"][0]) == value

"""PHP-serialised values are read back as they were, and nothing else is taken for one."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailchimpsync.civicrm.extension.php_values import BYTES_MAX, NotPhpError, php_value
from support.extension import serialise

_PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
)
_KEYS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.text())
_VALUES = st.recursive(_PLAIN, lambda inside: st.dictionaries(_KEYS, inside, max_size=5), max_leaves=20)


@given(_VALUES)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    data = serialise(value)
    try:
        assert php_value(data) == value
    except NotPhpError as error:
        assert str(error) == "too deep"  # noqa: PT017 (a value may be deeper than any that occurs)


@given(_VALUES, st.data())
def test_a_damaged_value_is_read_or_refused_and_nothing_else(value: Any, data: st.DataObject) -> None:
    damaged = bytearray(serialise(value))
    at = data.draw(st.integers(0, len(damaged) - 1))
    damaged[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with suppress(NotPhpError):
        php_value(bytes(damaged))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    with suppress(NotPhpError):
        php_value(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b'O:8:"stdClass":0:{}',
        b'C:3:"Foo":0:{}',
        b"R:1;",
        b"a:1:{i:0;r:1;}",
        b"i:" + b"1" * 5_000 + b";",
        b"d:nan;",
        b"d:1e5e5;",
        b's:5:"ab";',
        b's:-1:"";',
        b's:1:"\xc3";',
        b"a:1:{a:0:{}i:1;}",
        b"a:1:{b:1;i:1;}",
        b"a:2:{i:1;i:1;}",
        b"a:999999:{}",
        b"i:1;i:2;",
        b"a:1:{i:0;" * 1_000,
        b"x" * (BYTES_MAX + 1),
    ],
    ids=lambda data: repr(data[:20]),
)
def test_what_never_occurs_is_refused(data: bytes) -> None:
    with pytest.raises(NotPhpError) as caught:
        php_value(data)

    assert "ab" not in str(caught.value)


def test_texts_are_counted_in_bytes() -> None:
    assert php_value('a:1:{s:10:"first_name";s:5:"Zoé!";}'.encode()) == {"first_name": "Zoé!"}

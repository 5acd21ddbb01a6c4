"""Types of parameters that several actions share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, Field

RUN_SECONDS = 300
"""How long a run may take by default; cron calls again."""

READ_SECONDS = 3_600
"""How long a plan or a comparison may take by default; neither can be continued later."""

MAX_TIME_LONGEST = 31 * 86_400

_OR_ID = Field(validation_alias=AliasChoices("group_id", "id"))

GroupId = Annotated[
    int | None,
    Field(description="The subscription group of a connection. Default: all connections.", gt=0),
]
GroupIdOrId = Annotated[GroupId, _OR_ID]
"""The same, which CiviCRM's callers also name `id`."""

OneGroupId = Annotated[int, Field(description="The subscription group of the connection.", gt=0)]
OneGroupIdOrId = Annotated[OneGroupId, _OR_ID]
"""The same, which CiviCRM's callers also name `id`."""

_NUMBER_MAX = 2**63
RowId = Annotated[int, Field(gt=0, lt=_NUMBER_MAX)]
ApiKey = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="The name of a configured account, its masked key, or any Mailchimp API key.",
    ),
]
DataToTry = Annotated[
    dict[str, Any] | None,
    Field(description="Values for `data` of the connection, to try them before saving. Default: as configured."),
]

SharedMaxTime = Annotated[
    float,
    Field(
        description="Seconds for all connections together; 0 or less: no limit. The next call continues.",
        le=MAX_TIME_LONGEST,
        allow_inf_nan=False,
    ),
]
MaxTime = Annotated[float, Field(description="Seconds; 0: no limit.", ge=0, le=MAX_TIME_LONGEST, allow_inf_nan=False)]


def number_in(text: str) -> int | None:
    """Return the number of a contact or row that a text is; None if it isn't one that a database can hold."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(_NUMBER_MAX))
    return int(text) if is_number and 0 < int(text) < _NUMBER_MAX else None

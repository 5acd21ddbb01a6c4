"""Parameters that several actions have, declared once."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, Field

RUN_SECONDS = 300
"""How long a run may take unless a call says otherwise: cron calls again."""

LOOK_SECONDS = 3_600
"""How long a plan or a comparison may take unless a call says otherwise: neither goes on where it stopped."""

MAX_TIME_LONGEST = 31 * 86_400

GroupId = Annotated[
    int | None,
    Field(description="The subscription group of a connection; without it, all connections.", gt=0),
]
GroupIdOrId = Annotated[
    int | None,
    Field(
        description="The subscription group of a connection; without it, all connections.",
        gt=0,
        validation_alias=AliasChoices("group_id", "id"),
    ),
]
"""As CiviCRM's callers name it too: `id`."""

SharedMaxTime = Annotated[
    float,
    Field(
        description="Seconds that all connections share; 0 or less: no limit. The next call goes on.",
        le=MAX_TIME_LONGEST,
        allow_inf_nan=False,
    ),
]
MaxTime = Annotated[float, Field(description="Seconds; 0: no limit.", ge=0, le=MAX_TIME_LONGEST, allow_inf_nan=False)]

"""The form for the data sent to Mailchimp besides subscriptions."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailchimpsync.actions import DataFields
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.config import Data, Link, Schedule
from mailchimpsync.config.data import GROUPS_MAX, TAGS_MAX
from mailchimpsync.web.screens.configuration.connection.data_map import Row, add_rows, clean_rows, rows_of, rows_wanted
from mailchimpsync.web.screens.configuration.fields import NotBlank, bounds, check_box, number_field
from mailchimpsync.web.screens.configuration.saving import ConfigurationForm
from mailchimpsync.web.screens.screen import Visit


class Act(StrEnum):
    """What the buttons of the form do."""

    SAVE = "save"
    MORE = "more"
    PREVIEW = "preview"
    CREATE = "create"


class Tags(StrEnum):
    """Which tags go."""

    NONE = "none"
    ALL = "all"
    SOME = "some"


class DataForm(ConfigurationForm):
    """Which data is sent, and the field map.

    `may_change`: without it, the reader can only choose a contact to preview.
    """

    tags = forms.ChoiceField(
        label=gettext_lazy("Contact tags"),
        widget=forms.RadioSelect,
        choices=[
            (Tags.NONE.value, gettext_lazy("None")),
            (Tags.ALL.value, gettext_lazy("All tags that apply to contacts")),
            (Tags.SOME.value, gettext_lazy("Only the tags chosen below")),
        ],
    )
    only_tags = forms.MultipleChoiceField(
        label=gettext_lazy("Chosen tags"), widget=forms.CheckboxSelectMultiple, required=False
    )
    groups_as_tags = forms.MultipleChoiceField(
        label=gettext_lazy("Groups to send as tags"),
        help_text=gettext_lazy("You can choose smart groups too. 50 at most."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    tag_prefix = NotBlank(
        label=gettext_lazy("Tag prefix at Mailchimp"),
        help_text=gettext_lazy(
            "The prefix distinguishes these tags from tags set at Mailchimp, which are never changed."
        ),
        **bounds(Data, "tag_prefix"),
        strip=False,
        required=False,
    )
    tags_start_automations = check_box(gettext_lazy("Tag changes may start automations at Mailchimp"))
    names = forms.BooleanField(
        label=gettext_lazy("First and last name"),
        help_text=gettext_lazy("Sent to FNAME and LNAME. A blank name never overwrites an existing one."),
        required=False,
    )
    language = check_box(gettext_lazy("Preferred language"))
    data_every_hours = number_field(
        Schedule,
        "data_every_hours",
        gettext_lazy("Check for new data every … hours"),
        help_text=gettext_lazy("Checked during a scheduled sync. 0 turns it off."),
    )
    contact = NotBlank(
        label=gettext_lazy("Person"),
        help_text=gettext_lazy("Name, e-mail address or contact ID, or part of it. Leave blank for the first members."),
        max_length=200,
        required=False,
    )
    rows = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, visit: Visit, link: Link, found: DataFields) -> None:
        """Take what there is to choose from on both sides."""
        data = link.data
        posted = visit.request.POST
        self.before, self.found = link, found
        self.act = Act(posted["act"]) if posted.get("act") in list(Act) else Act.SAVE
        self.may_change = visit.may(Scope.CONFIGURE)
        number = len(data.fields)
        if self.may_change:
            number = rows_wanted(number, posted.get("rows"), more=self.act is Act.MORE)
        super().__init__(visit, initial={**_initial(link), "rows": number})
        if self._posted is not None:
            self._posted["rows"] = str(number)
        tags = {**found.tags, **{name: name for name in data.only_tags if name not in found.tags}}
        gone = {one: _("group %(id)s") % {"id": one} for one in data.groups_as_tags if one not in found.groups}
        self.fields["only_tags"].choices = list(tags.items())  # type: ignore[attr-defined]
        self.fields["groups_as_tags"].choices = [(str(key), name) for key, name in {**found.groups, **gone}.items()]  # type: ignore[attr-defined]
        add_rows(self, number, data.fields, found)
        for name, field in self.fields.items():
            field.disabled = not self.may_change and name not in ("contact", "version")

    def full_clean(self) -> None:
        """Asking for more rows doesn't report missing values yet."""
        if self.act is Act.MORE:
            self._errors = ErrorDict()
            self.cleaned_data = {}
            return
        super().full_clean()

    def clean(self) -> dict[str, Any]:
        """What was chosen must be given too."""
        given = super().clean()
        given["fields"] = clean_rows(self, given, names=bool(given.get("names")))
        if given.get("tags") == Tags.SOME and not given.get("only_tags"):
            self.add_error("only_tags", ValidationError(_("Choose at least one tag, or another option above.")))
        sends_tags = given.get("tags") != Tags.NONE or given.get("groups_as_tags")
        if sends_tags and not given.get("tag_prefix", "").strip():
            self.add_error("tag_prefix", ValidationError(_("Enter a prefix, for example “CiviCRM: ”.")))
        for name, most in (("only_tags", TAGS_MAX), ("groups_as_tags", GROUPS_MAX)):
            if len(given.get(name, ())) > most:
                self.add_error(name, ValidationError(_("Choose up to %(number)s.") % {"number": most}))
        return given

    @property
    def map_rows(self) -> Iterator[Row]:
        """The rows of the field map."""
        return rows_of(self)

    @property
    def wanted(self) -> Data:
        """What the form says; what it doesn't show stays."""
        given = self.cleaned_data
        same = ("tag_prefix", "tags_start_automations", "names", "language", "fields")
        values = {
            **{name: given[name] for name in same},
            "tags": given["tags"] != Tags.NONE,
            "only_tags": given["only_tags"] if given["tags"] == Tags.SOME else (),
            "groups_as_tags": [int(one) for one in given["groups_as_tags"]],
        }
        return Data.model_validate({**self.before.data.model_dump(), **values})

    @property
    def changed(self) -> dict[str, Any]:
        """What the form says of a link."""
        hours = {"data_every_hours": self.cleaned_data["data_every_hours"]}
        return {"data": self.wanted, "schedule": self.before.schedule.model_copy(update=hours)}


def _initial(link: Link) -> dict[str, Any]:
    data = link.data
    tags = (Tags.SOME if data.only_tags else Tags.ALL) if data.tags else Tags.NONE
    return {
        **data.model_dump(include={"tag_prefix", "tags_start_automations", "names", "language"}),
        "tags": tags.value,
        "only_tags": list(data.only_tags),
        "groups_as_tags": [str(one) for one in data.groups_as_tags],
        "data_every_hours": link.schedule.data_every_hours,
    }

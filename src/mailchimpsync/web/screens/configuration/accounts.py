"""Mailchimp accounts: add one by its key, see what it holds, change its key, remove it. Keys are tested first."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import SecretStr

from mailchimpsync.actions import ProbedAccount, kept_account_name, probe_account, read_account, with_time_limit
from mailchimpsync.actions.api.description import Scope
from mailchimpsync.config import Account, Configuration, mask
from mailchimpsync.errors import Code, MailchimpsyncError, UsageError
from mailchimpsync.web.screens.configuration.field_errors import add_error_beside_field
from mailchimpsync.web.screens.configuration.fields import NotBlank, SecretField
from mailchimpsync.web.screens.configuration.saving import (
    ConfigurationForm,
    PendingChange,
    front,
    save,
    save_form,
    status_of_form,
)
from mailchimpsync.web.screens.screen import Visit, screen

NAME_CHARS_MAX = 100


class KeyForm(ConfigurationForm):
    """A key of an account."""

    api_key = SecretField(
        label=gettext_lazy("API key"),
        help_text=gettext_lazy(
            "Create one at Mailchimp under Account, Extras, API keys. It ends with a server prefix, for example -us6."
        ),
        required=True,
    )


class AccountForm(KeyForm):
    """A new account."""

    name = NotBlank(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("Leave blank to use its name at Mailchimp."),
        max_length=NAME_CHARS_MAX,
        required=False,
    )
    base_url = NotBlank(
        label=gettext_lazy("API address"),
        help_text=gettext_lazy("Replaces Mailchimp's own address. Only for a proxy or a local test server."),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def clean_name(self) -> str:
        """Names are part of the URLs of pages."""
        name: str = self.cleaned_data["name"]
        if "/" in name or name.strip(".") != name:
            raise ValidationError(_("A name can't contain a slash, or start or end with a full stop."))
        return name

    @property
    def wanted(self) -> Account:
        """The account that the form describes."""
        given = self.cleaned_data
        return Account(api_key=SecretStr(given["api_key"]), base_url=given["base_url"] or None)


@screen(Scope.CONFIGURE, "GET", "HEAD", "POST")
def add(visit: Visit) -> HttpResponse:
    """Add an account by its key, which is tested first."""
    form = AccountForm(visit)
    if form.is_bound and form.is_valid() and (answer := _add(visit, form)) is not None:
        return answer
    return visit.render("configuration/account_add.html", {"form": form}, status=status_of_form(form))


def _add(visit: Visit, form: AccountForm) -> HttpResponse | None:
    before = visit.site.configuration
    try:
        before.replacing(accounts={**before.accounts, "new": form.wanted})  # the form of key and address
        choice = _probe(visit, form.wanted)
    except MailchimpsyncError as error:
        add_error_beside_field(form, error, key="api_key", address="base_url" if form.wanted.base_url else "api_key")
        return None
    name = form.cleaned_data["name"] or choice.name.replace("/", " ").strip(". ") or _("Mailchimp")
    if name in before.accounts:
        form.add_error(
            "name", _("An account with this name already exists. Choose another name, or change that account's key.")
        )
        return None
    wanted = before.replacing(accounts={**before.accounts, name: form.wanted})
    done = _("The key works. The account “%(name)s” was saved.") % {"name": choice.name}
    return save_form(
        visit, form, PendingChange(wanted, done, reverse("configuration-account", args=[name])), check=False
    )


@screen()
def show(visit: Visit, name: str) -> HttpResponse:
    """Show what an account holds, live; if it can't be read, the page says why."""
    account = _account(visit, name)
    context: dict[str, Any] = {
        "name": name,
        "account": account,
        "key": mask(account.api_key.get_secret_value()),
        "links": {link.audience_id: link for link in visit.site.configuration.connections if link.account == name},
    }
    try:
        with with_time_limit(visit.site) as site:
            context["look"] = read_account(site, name)
    except MailchimpsyncError as error:
        context["error"] = error
    return visit.render(
        "configuration/account.html", {**context, "name_at_mailchimp": kept_account_name(visit.site, name)}
    )


@screen(Scope.CONFIGURE, "GET", "HEAD", "POST")
def change_key(visit: Visit, name: str) -> HttpResponse:
    """Change an account's key; the new one must open the same audiences."""
    account = _account(visit, name)
    form = KeyForm(visit)
    if form.is_bound and form.is_valid() and (answer := _change_key(visit, form, name)) is not None:
        return answer
    context = {"form": form, "name": name, "key": mask(account.api_key.get_secret_value())}
    return visit.render("configuration/account_key.html", context, status=status_of_form(form))


def _change_key(visit: Visit, form: KeyForm, name: str) -> HttpResponse | None:
    before = visit.site.configuration
    account = before.accounts[name].model_copy(update={"api_key": SecretStr(form.cleaned_data["api_key"])})
    try:
        wanted = before.replacing(accounts={**before.accounts, name: account})
        choice = _probe(visit, account)
    except MailchimpsyncError as error:
        add_error_beside_field(form, error, key="api_key", address="api_key")
        return None
    if lost := _lost(before, name, choice):
        said = _("This key belongs to another account. It doesn't have the connected audience: %(names)s.")
        form.add_error("api_key", said % {"names": ", ".join(lost)})
        return None
    done = _("The key for the account “%(name)s” was changed.") % {"name": name}
    return save_form(
        visit, form, PendingChange(wanted, done, reverse("configuration-account", args=[name])), check=False
    )


@screen(Scope.CONFIGURE, "GET", "HEAD", "POST")
def remove(visit: Visit, name: str) -> HttpResponse:
    """Remove an account with its connections, after a confirmation that lists what is deleted."""
    _account(visit, name)
    before = visit.site.configuration
    wanted = before.replacing(
        accounts={one: account for one, account in before.accounts.items() if one != name},
        connections=[link for link in before.connections if link.account != name],
    )
    done = _("The account “%(name)s” was removed.") % {"name": name}
    return save(visit, PendingChange(wanted, done, front()), check=False, always_ask=True)


def _probe(visit: Visit, account: Account) -> ProbedAccount:
    with with_time_limit(visit.site) as site:
        return probe_account(site, account)


def _lost(before: Configuration, name: str, choice: ProbedAccount) -> list[str]:
    opened = {one.id for one in choice.audiences}
    links = [link for link in before.connections if link.account == name]
    return [link.audience_name or link.audience_id for link in links if link.audience_id not in opened]


def _account(visit: Visit, name: str) -> Account:
    account = visit.site.configuration.accounts.get(name)
    if account is None:
        raise UsageError(_("There is no account “%(name)s”.") % {"name": name}, code=Code.UNKNOWN)
    return account


urlpatterns = [
    path("configuration/accounts/add", add, name="configuration-add-account"),
    path("configuration/account/<path:name>/key", change_key, name="configuration-account-key"),
    path("configuration/account/<path:name>/remove", remove, name="configuration-remove-account"),
    path("configuration/account/<path:name>", show, name="configuration-account"),
]

"""A local Mailchimp: the Marketing API 3.0 on the wire, with audiences of its own."""

from mailchimpsync_sandbox.mailchimp.http.app import MailchimpSandbox

__all__ = ["MailchimpSandbox"]

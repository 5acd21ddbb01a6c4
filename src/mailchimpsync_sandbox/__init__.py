"""A local Mailchimp and a local CiviCRM that speak the real wire protocols, for the demo and the tests."""

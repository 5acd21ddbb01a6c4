"""A fleet: one installation for many sites, each in a schema and a role of its own (docs/decisions/sites.md)."""

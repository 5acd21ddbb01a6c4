"""Sites as files: export one with all of its data, and import it elsewhere (docs/decisions/moving-sites.md)."""

"""The pages that people see: one module a screen, each thin over the actions."""

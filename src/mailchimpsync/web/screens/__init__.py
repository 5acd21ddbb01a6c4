"""The pages that people see: one module for each screen, a thin layer over the actions."""

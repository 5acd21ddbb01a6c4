"""What commands print: console, tables, findings, progress, errors, JSON.

Progress and errors go to standard error, results to standard output.
"""

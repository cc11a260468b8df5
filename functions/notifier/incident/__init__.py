"""Incidents: which failures belong together, and when to report them.

In: classified failures, the incident as stored. Out: fingerprint, counts, decision, next state.
Imports `diagnosis`, `joblog`, `batch` and `text`; the time is an argument.
"""

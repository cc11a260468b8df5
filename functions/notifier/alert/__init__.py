"""Everything there is to say about a failure or an incident, before a channel formats it.

In: a failure with its log, or an incident with its counts. Out: an `Alert`.
Imports `incident`, `diagnosis`, `joblog`, `batch` and `text`.
"""

"""The job's log: which line says why it failed, and which lines to show.

In: the newest lines of a log stream. Out: root line, excerpt, parametrised error.
Imports `text`.
"""

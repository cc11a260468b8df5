"""The job's log: the line that says why it failed, and the lines to show.

In: the newest lines of a log stream. Out: root line, excerpt, parametrised error.
Imports `text`.
"""

"""Commands and links that a reader can follow: AWS CLI, consoles, queries, reruns.

In: a failure or an incident. Out: shell-quoted commands and URLs made of valid identifiers alone.
Imports what `alert` imports.
"""

"""Untrusted text made safe, and units as people read them.

In: any text of a job, a log or AWS. Out: one visible line without secrets, bounded in length.
Imports nothing of the notifier.
"""

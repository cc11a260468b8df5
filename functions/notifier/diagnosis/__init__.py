"""Why a job failed: the catalogue of causes, and how certain the answer is.

In: a `Failure` and its safe log lines. Out: a `Diagnosis` with cause, certainty and evidence.
Imports `joblog`, `batch` and `text`.
"""

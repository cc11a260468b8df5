"""One sweep: what no event reports, found in AWS Batch and sent to the failure queue.

In: the schedule, and what AWS Batch lists. Out: events of missed failures and of what stands still.
Imports what `workflows` imports.
"""

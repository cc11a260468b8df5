"""The stories: one delivery, one follow-up, one sweep.

In: records, follow-ups or the schedule, and the ports. Out: published alerts, stored incidents.
Imports `ports` and what is below; never an adapter.
"""

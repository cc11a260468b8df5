"""Which destinations an alert goes to: an ordered tree of routes, as in Alertmanager.

In: a routes document in TOML, an alert's values, the time. Out: the names of destinations, and why.
It imports nothing of the senders.
"""

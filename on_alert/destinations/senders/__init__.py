"""One module a service: an alert in that service's own form, within its limits, sent once.

In: an alert document and the thread of its incident. Out: the thread as the service now has it, or
a `DestinationError`. A sender knows no route and no other sender.
"""

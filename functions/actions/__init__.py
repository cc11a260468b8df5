"""The links of alerts: what a person may do about an incident from a message.

Deployed as a function of its own, and only with ActionLinks=on. Nothing else imports this package
but the command line, which acknowledges and silences in the same way.
"""

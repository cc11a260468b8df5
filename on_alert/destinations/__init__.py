"""Alerts delivered to Slack, Teams, PagerDuty, mail and more: off unless `Destinations=on`.

In: `batch-failure-alert/1` documents from AlertTopic. Out: messages to the destinations that the
routes choose. It knows that document and nothing else of the notifier.
"""

"""AWS Batch: an event of any shape becomes a `Failure`.

In: the JSON of an EventBridge event, or what DescribeJobs says. Out: a `Failure`, safe to show.
Imports `text`.
"""

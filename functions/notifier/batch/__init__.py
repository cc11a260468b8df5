"""AWS Batch: parse an event of any shape into a `Failure`.

In: the JSON of an EventBridge event, or the answer of DescribeJobs. Out: a `Failure`, safe to show.
Imports `text`.
"""

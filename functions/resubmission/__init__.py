"""From a job as AWS Batch describes it to the request that submits it again. Needs no AWS.

The links of alerts and `batch-notifier rerun` build their requests here, so that both submit the
same. In: what DescribeJobs or DescribeServiceJob returns. Out: requests of SubmitJob,
SubmitServiceJob. docs/rerun.md lists what becomes of each field.
"""

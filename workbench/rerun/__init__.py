"""`batch-notifier rerun`: submit a job again, with everything that it was submitted with.

In: what DescribeJobs or DescribeServiceJob returns. Out: requests of SubmitJob, SubmitServiceJob.
Values of a job (environment, command, parameters, payload) are never printed: only their names.
docs/rerun.md lists what becomes of each field.
"""

"""`batch-notifier rerun`: submit a job again, with everything that it was submitted with.

What is submitted is built by `resubmission`, as for the links of alerts. Values of a job
(environment, command, parameters, payload) are never printed: only their names.
"""

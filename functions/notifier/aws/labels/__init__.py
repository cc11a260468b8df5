"""The tags of jobs, job definitions and queues, from AWS Batch."""

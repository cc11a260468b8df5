"""Report failed AWS Batch jobs to their owners: what failed, why, and what to do next."""

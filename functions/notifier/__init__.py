"""Tell the owners of a failed AWS Batch job what failed, why, and what to do next."""

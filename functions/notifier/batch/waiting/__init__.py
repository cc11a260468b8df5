"""Where a job waits in its queue, from GetJobQueueSnapshot."""

"""Which run of which pipeline a job is a task of, by names, tags and a few settings."""

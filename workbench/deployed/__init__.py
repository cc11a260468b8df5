"""A deployed notifier as seen from here: its stack, dead letters, silences and failed jobs."""

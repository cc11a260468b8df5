"""What surrounds a failure, in words: its place in the queue."""

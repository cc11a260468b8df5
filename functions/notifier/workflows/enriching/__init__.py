"""What a failure does not say itself: its labels."""

"""What a person runs on their own machine."""

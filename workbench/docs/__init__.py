"""What writes the generated parts of the repository: README, pages, catalogue, samples, cost."""

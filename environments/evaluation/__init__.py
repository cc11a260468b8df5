"""What the resources of a template become, for each choice of its parameters."""

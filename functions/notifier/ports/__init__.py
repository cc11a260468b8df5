"""What the workflows need of the world: protocols, options, metric names, service errors.

In: nothing. Out: types that `workflows` use and `aws` implements.
Imports the packages from `channels` down, for the types of arguments and results.
"""

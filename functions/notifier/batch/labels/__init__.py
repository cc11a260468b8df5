"""The labels of a job: tags that steer its alerts or that subscriptions filter by.

In: the tags of a job, its definition and its queue. Out: the failure with its labels.
"""

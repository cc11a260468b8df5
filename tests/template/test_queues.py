"""Rules for queues: no message is lost, and each source queue has a dead-letter queue."""

from __future__ import annotations

from tests.template.stack import Stack, arn, dead_letter_queues

FOURTEEN_DAYS = 14 * 24 * 3600


def test_every_queue_redrives_or_is_a_dead_letter_queue(stack: Stack) -> None:
    ends = dead_letter_queues(stack)
    queues = stack.of_type("AWS::SQS::Queue")
    assert queues
    for name, queue in queues.items():
        assert ("RedrivePolicy" in queue) != (arn(name) in ends), name


def test_dead_letter_queues_have_the_maximum_retention(
    stack: Stack,
) -> None:
    queues = {arn(name): queue for name, queue in stack.of_type("AWS::SQS::Queue").items()}
    for end, sources in dead_letter_queues(stack).items():
        kept = queues[end]["MessageRetentionPeriod"]
        assert kept == FOURTEEN_DAYS
        for source in sources:
            assert kept >= queues.get(arn(source), {}).get("MessageRetentionPeriod", 0)


def test_every_rule_and_subscription_has_a_dead_letter_queue(
    stack: Stack,
) -> None:
    queues = {arn(name) for name in stack.of_type("AWS::SQS::Queue")}
    assert dead_letter_queues(stack).keys() <= queues
    senders = set().union(*dead_letter_queues(stack).values())
    assert stack.of_type("AWS::SNS::Subscription", "AWS::Events::Rule").keys() <= senders


def test_delivery_policies_stay_within_an_hour(stack: Stack) -> None:
    """The limit of SNS: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html"""
    policies = [
        one["DeliveryPolicy"]["healthyRetryPolicy"]
        for one in stack.of_type("AWS::SNS::Subscription").values()
        if one["Protocol"] == "https"
    ]
    assert policies
    for policy in policies:
        assert policy["minDelayTarget"] < policy["maxDelayTarget"]
        assert policy["numRetries"] * policy["maxDelayTarget"] <= 3600


def test_queues_are_encrypted_with_sse_sqs(stack: Stack) -> None:
    for name, queue in stack.of_type("AWS::SQS::Queue").items():
        assert queue["SqsManagedSseEnabled"] is True, name
        assert "KmsMasterKeyId" not in queue, name


def test_event_sources_follow_the_recommendations_of_lambda(stack: Stack) -> None:
    queues = {arn(name): queue for name, queue in stack.of_type("AWS::SQS::Queue").items()}
    functions = {arn(name): one for name, one in stack.of_type("AWS::Lambda::Function").items()}
    sources = stack.of_type("AWS::Lambda::EventSourceMapping")
    assert sources
    for source in sources.values():
        queue = queues[source["EventSourceArn"]]
        timeout = functions[source["FunctionName"]]["Timeout"]
        window = source.get("MaximumBatchingWindowInSeconds", 0)
        assert queue["VisibilityTimeout"] == 6 * timeout + window
        assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert source["ScalingConfig"]["MaximumConcurrency"] >= 2  # the service's minimum
        assert source["BatchSize"] <= 10 or window >= 1  # the service's condition

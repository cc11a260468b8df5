"""The catalogue is checked here, so that nothing of it has to be checked at run time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import asdict
from re import _constants, _parser  # type: ignore[attr-defined]  # the tree of an expression

import pytest

from notifier.diagnosis import catalogue
from notifier.diagnosis.catalogue import Cause, Certainty, Class, Match, Severity, Specificity
from notifier.diagnosis.diagnose import explain

CAUSES = catalogue.load().causes
PLACES = {"status", "reason", "request", "log", "lone-log"}
AROUND = asdict(catalogue.load().wrappers)
MATCHES = [(cause, match) for cause in CAUSES for match in cause.matches]
NAMES = [f"{cause.id}-{cause.matches.index(match)}" for cause, match in MATCHES]
EXPRESSIONS = sorted(
    {e for _, match in MATCHES for e in (match.pattern, match.also, match.unless) if e}
    | set(AROUND.values())
)

# Cause ids that filters and dashboards may already hold, by class: extended, never renamed.
KNOWN = {
    "application":
        "container-health-check sagemaker-algorithm-error app-segfault app-abort app-sigill "
        "app-sigfpe app-sigbus app-sigint app-exit-1 app-exit-2 app-exit-128 app-exit-255 "
        "app-exit-nonzero",
    "cancelled":
        "job-queue-deleted cancelled-by-orchestrator app-sigterm terminated-by-user",
    "capacity":
        "job-state-time-limit fargate-capacity queue-insufficient-capacity sagemaker-capacity",
    "configuration":
        "log-group-missing log-driver-config log-driver-unspecified "
        "init-secrets-manager-notfound secret-json-key init-ssm init-secrets-manager "
        "task-placement-incompatible placement-attribute image-invalid-reference "
        "gpu-runtime-hook cannot-start-not-found cannot-start-permission device-missing "
        "cannot-start-mount cannot-start-oci cannot-start-unspecified cannot-create-unspecified "
        "env-file-error overrides-too-long job-definition-invalid tags-over-50 "
        "fargate-resource-combination fargate-unsupported-setting "
        "fargate-ce-unsupported-setting fargate-efs-platform api-describejobs-limit "
        "queue-ce-max-resource queue-job-resource-requirement queue-instance-config-unsupported "
        "queue-ce-invalid ce-instance-profile ce-eks-version ce-eks-namespace ce-vpc-mismatch "
        "ce-launch-template ce-client-error-other sagemaker-validation eks-config-error "
        "app-exit-126 app-exit-127",
    "dependency":
        "dependent-job-failed array-child-failed",
    "image":
        "image-pull-rate-limit image-platform-mismatch image-manifest-unsupported "
        "image-not-found image-pull-resolve-ref image-pull-unspecified exec-format-error "
        "eks-image-pull",
    "infrastructure":
        "init-eni eni-provision-timeout eni-rate-limit eni-attach-failed "
        "fargate-storage-timeout cannot-create-devicemapper cannot-start-cgroup "
        "agent-cgroup-error cannot-inspect-container docker-timeout container-runtime-error "
        "cannot-stop-container agent-state-error container-networking-error resource-init-other "
        "ce-cluster-missing ce-nodes-not-joining-eks ce-instances-not-joining "
        "sagemaker-internal-error eks-evicted",
    "memory":
        "oom-container eks-oomkilled sigkill-137",
    "network":
        "log-driver-network init-efs-dns init-efs-timeout init-network "
        "init-pull-auth-unspecified fargate-subnet-ips image-pull-dns image-pull-network",
    "permission":
        "log-driver-denied init-ssm-denied init-secrets-denied image-pull-auth "
        "image-pull-denied role-assume-failed ecs-service-linked-role "
        "queue-service-role-permissions ce-service-role-assume ce-spot-fleet-role "
        "ce-not-authorized",
    "spot":
        "host-ec2-terminated fargate-spot-interruption spot-interruption-generic",
    "storage":
        "init-efs-access init-efs image-pull-no-space cannot-create-disk-full "
        "cannot-create-volume-perm cannot-create-volume app-disk-full",
    "timeout":
        "job-timeout eks-deadline",
    "unknown":
        "queue-blocked-undetermined not-a-failure sagemaker-other task-failed-to-start "
        "essential-container-exited unknown",
}  # fmt: skip

ADDED = {
    "app-out-of-memory", "app-gpu-out-of-memory", "app-access-denied", "app-connection-failed",
    "app-file-missing", "efs-vpc-mismatch", "ce-disabled", "queue-disabled", "queue-invalid",
    "stuck-full", "stuck-starting", "stuck-unexplained",
}  # fmt: skip


def test_ids_are_unique_and_none_of_the_known_ones_is_gone() -> None:
    ids = [cause.id for cause in CAUSES]
    known = {each for ids_of in KNOWN.values() for each in ids_of.split()}
    assert len(ids) == len(set(ids))
    assert set(ids) == known | ADDED, "name a new cause in ADDED; never rename an old one"


@pytest.mark.parametrize(("class_", "ids"), KNOWN.items())
def test_known_ids_keep_their_class(class_: str, ids: str) -> None:
    by_id = {cause.id: cause.class_ for cause in CAUSES}
    assert {by_id[each] for each in ids.split()} == {Class(class_)}


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.id)
def test_prose_is_short_plain_and_complete(cause: Cause) -> None:
    assert len(cause.title) <= 40
    assert len(cause.title.split()) <= 6
    assert cause.title.isascii()
    assert not cause.title.endswith(".")
    assert cause.meaning.endswith(".")
    assert len(cause.meaning) <= 330
    assert 1 <= len(cause.actions) <= 4
    assert all(each.endswith(".") and each[0].isupper() for each in cause.actions)
    assert cause.retry in {"yes", "maybe", "no"}
    assert cause.source


@pytest.mark.parametrize(("cause", "match"), MATCHES, ids=NAMES)
def test_an_example_is_recognised_by_its_own_pattern(cause: Cause, match: Match) -> None:
    found = catalogue.load().recognise(match.example, match.where, tuple(Specificity))
    assert match.where <= PLACES
    assert match.position_in(catalogue.normalise(match.example)) is not None
    assert found is not None
    assert found[0].id == cause.id


@pytest.mark.parametrize(("cause", "match"), MATCHES, ids=NAMES)
def test_an_example_is_explained_as_its_own_cause(cause: Cause, match: Match) -> None:
    told = explain(match.example)
    assert told.cause == cause.id
    assert told.certainty <= match.certainty


def test_every_cause_can_be_reached() -> None:
    by_rule = {
        "tags-over-50", "unknown", "app-exit-nonzero", "ce-disabled", "queue-disabled",
        "queue-invalid", "stuck-full", "stuck-starting", "stuck-unexplained",
    }  # fmt: skip
    for cause in CAUSES:
        assert cause.matches or cause.exit or cause.id in by_rule, cause.id


def test_an_exit_code_has_one_cause() -> None:
    codes = [code for cause in CAUSES for code in cause.exit]
    assert len(codes) == len(set(codes))


def test_log_lines_are_never_certain() -> None:
    lone = [match for _, match in MATCHES if match.where <= {"log", "lone-log"}]
    assert all(match.certainty < Certainty.CERTAIN for match in lone)


def test_texts_that_name_no_cause_are_never_certain() -> None:
    vague = [
        m for c, m in MATCHES if c.specificity is not Specificity.CAUSE and c.id != "eks-image-pull"
    ]
    assert all(match.certainty < Certainty.CERTAIN for match in vague)


def test_severities_and_certainties_have_their_own_order() -> None:
    assert Severity.INFO < Severity.WARNING < Severity.CRITICAL
    assert Certainty.GUESS < Certainty.LIKELY < Certainty.CERTAIN
    assert max(Severity.CRITICAL, Severity.INFO) is Severity.CRITICAL


def _repeats(tree: object, inside: int = 1) -> Iterator[tuple[int, int]]:
    """Yield (most, most of the repeats around it) for every repeat of an expression."""
    for op, argument in tree:  # type: ignore[attr-defined]  # sre's own tree has no types
        if op in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
            yield argument[1], inside
            yield from _repeats(argument[2], max(inside, int(argument[1])))
        elif op is _constants.SUBPATTERN:
            yield from _repeats(argument[3], inside)
        elif op is _constants.BRANCH:
            for branch in argument[1]:
                yield from _repeats(branch, inside)
        elif op in (_constants.ASSERT, _constants.ASSERT_NOT):
            yield from _repeats(argument[1], inside)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_repeats_are_bounded_and_not_nested(expression: str) -> None:
    for most, wrappers in _repeats(_parser.parse(expression)):
        assert most <= 1000
        assert most == 1 or wrappers == 1
    assert not expression.startswith(".*")


HOSTILE = {
    "letters": "a" * 500,
    "words": "failed to exec: " * 40,
    "beginnings": "image repository manifest for x " * 20,
    "marks": "1.:/ " * 120,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_ten_times_the_text_takes_about_ten_times_as_long(text: str) -> None:
    patterns = [re.compile(each, re.IGNORECASE) for each in EXPRESSIONS]

    def spent(subject: str) -> float:
        best = 9.0
        for _ in range(3):
            start = time.process_time()
            for pattern in patterns:
                pattern.search(subject)
            best = min(best, time.process_time() - start)
        return best

    assert spent(text * 40) <= 12 * spent(text * 4) + 0.02

"""The catalogue is checked here, so that nothing of it has to be checked at run time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import asdict
from re import _parser  # type: ignore[attr-defined]  # the tree of an expression

import pytest

from notifier.diagnosis import catalogue
from notifier.diagnosis.catalogue import Cause, Certainty, Class, Match, Severity, Specificity
from notifier.diagnosis.diagnose import explain
from tests.expressions import REPEATS, inner

CAUSES = catalogue.load().causes
CERTAIN = Certainty.CERTAIN
AREAS = {
    "application", "Batch request", "capacity", "CloudFormation", "container start", "EKS",
    "host lost", "image pull", "limits", "log driver", "networking", "quota",
    "registry authentication", "SageMaker", "secrets", "throttling", "volume",
}  # fmt: skip
PLACES = {"status", "reason", "request", "log", "lone-log"}
AROUND = asdict(catalogue.load().wrappers)
MATCHES = [(cause, match) for cause in CAUSES for match in cause.matches]
NAMES = [f"{cause.name}-{cause.matches.index(match)}" for cause, match in MATCHES]
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
    "account-blocked", "account-not-subscribed", "app-access-denied", "app-address-in-use",
    "app-child-killed", "app-clock-skew", "app-collective-timeout", "app-connection-failed",
    "app-credentials-expired", "app-credentials-invalid", "app-credentials-missing",
    "app-database-connections", "app-database-deadlock", "app-database-login",
    "app-database-object-missing", "app-disk-io-error", "app-docker-socket", "app-encoding",
    "app-exit-124", "app-file-missing", "app-file-permission", "app-fuse-missing", "app-git-auth",
    "app-gpu-driver", "app-gpu-hardware", "app-gpu-kernel-error", "app-gpu-out-of-memory",
    "app-http-error", "app-input-corrupt", "app-library-mismatch", "app-license", "app-lock-held",
    "app-module-missing", "app-mount-lost", "app-out-of-memory", "app-output-missing",
    "app-package-install",
    "app-process-limit", "app-read-only-filesystem", "app-s3-archived", "app-s3-region",
    "app-setting-missing", "app-stale-file-handle", "app-syntax-error", "app-tls-certificate",
    "app-too-many-open-files", "app-usage-error", "aws-api-throttled", "batch-disable-first",
    "host-draining", "job-variable-reserved", "sagemaker-preempted",
    "batch-name-exists", "batch-request-unspecified", "batch-resource-busy",
    "batch-resource-quota", "batch-server-error", "cannot-start-args-too-long",
    "cannot-start-capability", "cannot-start-device-node", "cannot-start-env-invalid",
    "cannot-start-is-directory", "cannot-start-security-profile", "cannot-start-ulimit",
    "cannot-start-workdir", "capacity-unspecified", "ce-ami-architecture", "ce-ami-missing",
    "ce-capacity-reservation", "ce-disabled", "ce-key-pair-missing", "ce-manual-scale-down",
    "ce-placement-group", "ce-still-in-use", "ce-volume-kms", "ce-volume-too-small",
    "cfn-access-denied", "cfn-already-exists", "cfn-cancelled", "cfn-capability",
    "cfn-custom-resource-silent", "cfn-export-in-use", "cfn-not-stabilized", "cfn-quota",
    "cfn-replace-named", "cfn-rollback-failed", "cfn-template-invalid", "cfn-unspecified",
    "container-dependency-failed", "container-name-conflict", "container-removed-early",
    "container-unhealthy", "docker-daemon-down", "ebs-volume-quota", "ec2-vcpu-quota",
    "ecr-pull-through-cache", "efs-access-point-missing", "efs-mount-target-conflict",
    "efs-tls-tunnel", "efs-vpc-mismatch", "eks-admission-gpu", "eks-admission-rejected",
    "eks-claim-missing", "eks-cni-not-ready", "eks-container-lost", "eks-crash-loop",
    "eks-init-failed", "eks-namespace-quota", "eks-pod-deleted", "eks-pod-security",
    "eks-preempted", "eks-probe-failed", "eks-sandbox-failed", "eks-service-account-missing",
    "eks-spec-invalid", "eks-unschedulable", "eks-unspecified", "eks-volume-mount",
    "eni-not-authorized", "eni-quota", "eni-security-groups-limit", "fargate-platform-version",
    "fargate-quota", "fargate-task-retired", "firelens-config", "firelens-start-failed",
    "fsx-mount-failed", "host-deregistered", "host-lost-unspecified", "host-status-check",
    "image-gone-from-host", "image-layer-conflict", "image-layer-corrupt", "image-layer-owner",
    "image-pull-proxy", "image-pull-stalled", "image-pull-tls", "image-too-many-layers",
    "image-user-missing", "limits-container-over-task", "limits-cpu-range", "limits-shm-tmpfs",
    "limits-swap-invalid", "limits-unspecified", "log-driver-endpoint", "log-driver-splunk-token",
    "log-driver-throttled", "log-group-quota", "mount-propagation", "network-missing",
    "network-unspecified", "queue-disabled", "queue-invalid", "queue-misconfigured",
    "queue-mixed-environments", "queue-quota-share-limit", "queue-service-environment-max",
    "quota-unspecified", "registry-account-suspended", "registry-login-unspecified",
    "registry-sso-required", "sagemaker-access-denied", "sagemaker-artifact-upload",
    "sagemaker-data-download", "sagemaker-disk-full", "sagemaker-image-pull",
    "sagemaker-max-runtime", "sagemaker-max-wait", "sagemaker-network", "sagemaker-out-of-memory",
    "sagemaker-spot-interrupted", "secret-arn-invalid", "secret-kms-key", "secret-marked-deleted",
    "secret-value-empty", "secrets-unspecified", "security-group-missing",
    "service-job-preempted", "stuck-full", "stuck-starting", "stuck-unexplained",
    "submit-not-authorized", "submit-too-large", "subnet-missing", "volume-name-invalid",
    "volume-not-provisioned", "volume-target-missing", "volume-unspecified",
}  # fmt: skip


def test_ids_are_unique_and_none_of_the_known_ones_is_gone() -> None:
    ids = list(catalogue.load().by_id)
    known = {each for ids_of in KNOWN.values() for each in ids_of.split()}
    names = [cause.name for cause in CAUSES]
    assert len(names) == len(set(names))
    assert set(ids) == known | ADDED, "name a new cause in ADDED; never rename an old one"


@pytest.mark.parametrize(("class_", "ids"), KNOWN.items())
def test_known_ids_keep_their_class(class_: str, ids: str) -> None:
    by_id = {cause.id: cause.class_ for cause in CAUSES}
    assert {by_id[each] for each in ids.split()} == {Class(class_)}


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
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
    assert cause.area in AREAS
    assert all(source.startswith("https://") for source in cause.source)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_a_variant_shares_id_and_class_with_its_cause(cause: Cause) -> None:
    main = catalogue.load().by_id[cause.id]
    assert main.name == main.id == cause.id
    assert cause.class_ is main.class_


def test_there_are_causes_for_what_the_sources_write() -> None:
    assert len(catalogue.load().by_id) >= 230


def test_a_text_that_may_be_cut_is_not_certain_where_words_could_exclude_it() -> None:
    """ECS and Batch cut reasons at 255 and 1,024 characters."""
    closed = [match for _, match in MATCHES if match.unless and match.certainty is CERTAIN]
    for match in closed:
        for cut in (f"{match.example} ...", match.example.ljust(255, "x")[:255]):
            found = catalogue.load().recognise(cut, match.where, (Specificity.CAUSE,))
            if found and found[1] is CERTAIN:
                text = catalogue.normalise(cut)
                others = [one for one in found[0].matches if not one.unless]
                assert any(one.position_in(text) is not None for one in others), cut
    assert len(closed) > 30


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
    for operation, argument in tree:  # type: ignore[attr-defined]  # sre's own tree has no types
        is_repeat = operation in REPEATS
        if is_repeat:
            yield argument[1], inside
        around = max(inside, int(argument[1])) if is_repeat else inside
        for one in inner(argument):
            yield from _repeats(one, around)


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
        start = time.process_time()
        for pattern in patterns:
            pattern.search(subject)
        return time.process_time() - start

    # A pattern that takes longer than that does so each time, and a busy machine does not.
    assert any(spent(text * 40) <= 12 * spent(text * 4) + 0.02 for _ in range(5))

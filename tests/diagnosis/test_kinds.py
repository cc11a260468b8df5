"""Kinds of texts that were once misread, each with several texts of its kind."""

from __future__ import annotations

import pytest

from notifier.diagnosis.diagnose import explain
from notifier.diagnosis.log_causes import diagnose_log
from notifier.joblog.root_line import find_root_line
from notifier.text import untrusted

SANDBOX = "Failed to create pod sandbox: rpc error: code = Unknown desc = "
LAYER = 'failed to extract layer sha256:4f2c to overlayfs as "extract-1": '
NETWORK, MOUNT, LAYER_DAMAGED = "eks-cni-not-ready", "eks-volume-mount", "image-layer-corrupt"
MOUNT_FAILED = 'MountVolume.SetUp failed for volume "pvc-1" : rpc error: code = Internal desc = '

# What the kubelet says is the pod's, whatever words of a program stand in it.
TEXTS = [
    (f'{SANDBOX}failed to set up sandbox container "ab" network for pod "app"', NETWORK),
    (f'{SANDBOX}plugin type="calico" name="k8s" failed (add): connection refused', NETWORK),
    (f"{SANDBOX}failed to reserve sandbox name: permission denied", "eks-sandbox-failed"),
    (f"{SANDBOX}failed to start sandbox container: read-only file system", "eks-sandbox-failed"),
    (f"{SANDBOX}failed to create shim: too many open files", "eks-sandbox-failed"),
    (f"{MOUNT_FAILED}mkdir /data/x: read-only file system", MOUNT),
    (f"{MOUNT_FAILED}mkdir /var/lib/kubelet/x: permission denied", MOUNT),
    (f"{MOUNT_FAILED}mount.nfs: Connection refused", MOUNT),
    ("null (Service: AWSBatch; Status Code: 502; Error Code: Unknown)", "batch-server-error"),
    ("Failed (Service: Batch, Status Code: 503, Request ID: 1-2)", "batch-server-error"),
    ("Failed (Service: AWSBatch; Status Code: 400; Error Code: ClientException)",
     "batch-request-unspecified"),
    (f"{LAYER}exit status 1: unpigz: skipping: <stdin>: corrupted -- crc32 mismatch",
     LAYER_DAMAGED),
    (f"{LAYER}archive/tar: invalid tar header", LAYER_DAMAGED),
    (f"{LAYER}gzip: invalid checksum", LAYER_DAMAGED),
    (f"{LAYER}zstd: invalid input: magic number mismatch", LAYER_DAMAGED),
    ('Unable to attach or mount volumes: unmounted volumes=[x], unattached volumes=[x]: failed to'
     ' get Plugin from volumeSpec for volume "x" err=no volume plugin matched', MOUNT),
    ("bind source path does not exist: /data/x", "cannot-start-mount"),
    ('{"Error": "Batch.ClientException", "Cause": "JobDefinition arn:aws:batch:us-west-2:1:job-'
     'definition/x:92 is not in ACTIVE status"}', "job-definition-invalid"),
    ('{"Error": "Lambda.Unknown", "Cause": "x is not in ACTIVE status"}', "unknown"),
    ("Error for Training job x-1: Failed Reason: InternalServerError: We encountered an internal"
     " error.  Please try again.", "sagemaker-internal-error"),
    ("FailedToRetrieveImagePullSecret: Unable to retrieve some image pull secrets (x)",
     "eks-image-pull"),
    ("CannotStartContainerError: dependent container init exited with non-zero status",
     "container-dependency-failed"),
    ("failed to register layer: flate: corrupt input before offset 88", LAYER_DAMAGED),
    # A network of pods may answer "unauthorized" as well as a registry.
    (f"{SANDBOX}failed to setup network for sandbox \"ab\": connection is unauthorized:"
     " Unauthorized", NETWORK),
    (f'{SANDBOX}plugin type="cilium" failed (add): 401 Unauthorized', NETWORK),
    # What no node can take names its own reason where a claim is missing.
    ('0/4 nodes are available: persistentvolumeclaim "scratch" not found. preemption: 0/4 nodes'
     " are available: 4 Preemption is not helpful for scheduling.", "eks-claim-missing"),
    ('0/2 nodes are available: persistentvolumeclaim "in" is being deleted.', "eks-claim-missing"),
    ("0/2 nodes are available: 2 Insufficient cpu.", "eks-unschedulable"),
    # FSx in a pod is a volume of the pod.
    ('MountVolume.SetUp failed for volume "fsx-pv" : rpc error: could not mount fsx', MOUNT),
    ('AttachVolume.Attach failed for volume "fsx-pv" : driver fsx.csi.aws.com failed', MOUNT),
    # What another service than Batch refuses to whoever deploys.
    ('Resource handler returned message: "User: arn:aws:sts::1:assumed-role/o/p is not authorized'
     ' to perform: iam:DeleteRole on resource: role x"', "cfn-access-denied"),
    ('Resource handler returned message: "User: arn:aws:iam::1:user/p is not authorized to perform:'
     ' lambda:CreateFunction on resource: x (Service: Lambda)"', "cfn-access-denied"),
    ('Resource handler returned message: "The operation failed because the secret x already'
     ' exists."', "cfn-already-exists"),
    ("Fargate requires task definition to have execution role ARN to support ECR images.",
     "job-definition-invalid"),
    ("An error occurred (ClientException) when calling the RegisterTaskDefinition operation: Role"
     " is not valid", "job-definition-invalid"),
    ("Tags can only contain letters, numbers and spaces (Service: Batch, Status Code: 400)",
     "job-definition-invalid"),
    ("failed to initialize logging driver: tls: handshake failure", "log-driver-config"),
    ("failed to initialize logging driver: x509: certificate has expired", "log-driver-config"),
    ("cannot load seccomp profile \"/x/y.json\": no such file", "cannot-start-security-profile"),
    ("OCI runtime create failed: requested CDI device nvidia.com/gpu=0 not found",
     "gpu-runtime-hook"),
    ("You have exceeded the maximum number of interfaces allowed for your account", "eni-quota"),
    ('AttachVolume.Attach failed for volume "x" : VolumeLimitExceeded: the limit of attached'
     " volumes", MOUNT),
    ("An error occurred (VolumeLimitExceeded) when calling the CreateVolume operation: x",
     "ebs-volume-quota"),
    ('failed to create shim task: failed to mount "/run/kata/x/rootfs" to "/run/x/rootfs"',
     "cannot-start-oci"),
    ("unable to retrieve secret from asm: api error ValidationException: Invalid name. Must be a"
     " valid name", "secret-arn-invalid"),
    ("Security group sg-1 does not appear to belong to the same VPC as the input subnets.",
     "ce-vpc-mismatch"),
    ("Invalid 'memory' setting for task. For more information", "fargate-resource-combination"),
    ("Could not launch Spot Instances. InvalidParameterCombination - The specified instance type"
     " is not eligible for Free Tier.", "ce-client-error-other"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "cause"), TEXTS)
def test_a_text(text: str, cause: str) -> None:
    assert explain(text).cause == cause


LINES = [
    ("FATAL: while mounting image /proc/self/fd/3: squashfuse not found", "app-fuse-missing"),
    ("FATAL: fuse-overlayfs is not installed", "app-fuse-missing"),
    ("fusermount3: command not found", "app-fuse-missing"),
    ("mount error: could not find fuse2fs in PATH", "app-fuse-missing"),
    ("License checkout has failed.", "app-license"),
    ("Error: unable to connect to the license server.", "app-license"),
    ("ERROR: could not contact licence manager 'flex'", "app-license"),
    ("The following arguments were not expected: --fast --all", "app-usage-error"),
    ("Microsoft.Data.SqlClient.SqlException (0x80131904): Timeout expired. The timeout period"
     " elapsed prior to obtaining a connection from the pool.", "app-connection-failed"),
    ("Exception : [Failed to read 8 bytes from input stream! Read 0]", "app-input-corrupt"),
    ("[E::cram_decode_seq] CRAM CIGAR extends beyond slice", "app-input-corrupt"),
    ("Could not find profile named 'default'", "app-setting-missing"),
    ("Could not open input file: /var/www/artisan", "app-file-missing"),
    ("No Rakefile found (looking for: rakefile, Rakefile)", "app-file-missing"),
    ("ValueError: Path /data/x does not exist.", "app-file-missing"),
    ('column "path" does not exist', "app-database-object-missing"),
    ("PDOException: SQLSTATE[HY000] [2002] No such file or directory", "app-connection-failed"),
    ("SQLSTATE[HY000]: General error: 2006 MySQL server has gone away", "app-connection-failed"),
    ("panic: kafka: client has run out of available brokers to talk to", "app-connection-failed"),
    ("RuntimeError: WandbCallback requires wandb to be installed.", "app-module-missing"),
    ("libjags.so.4: cannot open shared object file: No such file or directory",
     "app-module-missing"),
    ("libcuda.so.1: cannot open shared object file: No such file or directory", "app-gpu-driver"),
    ("crond: can't lock /var/run/crond.pid, otherpid may be 29", "app-lock-held"),
    ("MPIU_SHMW_Seg_create(635): open failed - Permission denied", "app-file-permission"),
    ("RESOURCE_EXHAUSTED: Attempting to reserve 6.48G at the bottom", "app-gpu-out-of-memory"),
    ("NCCL error: unhandled cuda error, NCCL version 2.21.5", "app-gpu-kernel-error"),
    ("NCCL error: unhandled system error, NCCL version 2.14.3", "app-collective-timeout"),
    ("Cuda failure 2 'out of memory'", "app-gpu-out-of-memory"),
    ("The reads contain too many k-mers to fit into available memory.", "app-out-of-memory"),
    ('system call for: "[\'x\']" finished abnormally, OS return value: -9', "app-child-killed"),
    ("ray.exceptions.OwnerDiedError: Failed to retrieve object 00ff.", "app-child-killed"),
    ("Invalid value for '--rows': 'x' is not a valid integer.", "app-usage-error"),
    ("Error: no valid credential sources for Terraform AWS Provider", "app-credentials-missing"),
    ("/usr/bin/bash: line 1: bwa: command not found", "app-exit-127"),
    (".command.sh: line 2: lastz: command not found", "app-exit-127"),
    ("ray.exceptions.ActorDiedError: The actor died unexpectedly before finishing this task.",
     "app-child-killed"),
    ("rig: job failed: the agent on b was killed by SIGKILL", "app-child-killed"),
    ("RuntimeError: DataLoader worker (pid 12) is killed by signal: Killed.", "app-child-killed"),
    ("value required for 'LABKEY_SYSTEM_DESCRIPTION'", "app-setting-missing"),
    ("Error: API_BASE_URL is not set", "app-setting-missing"),
    ("FATAL: missing: DB_HOST", "app-setting-missing"),
    ("nginx: [emerg] unknown directive \"servr\" in /etc/nginx/nginx.conf:37", "app-syntax-error"),
    ('[emerg] "location" directive is not allowed here in /etc/nginx/x.conf:2', "app-syntax-error"),
    ("sambamba: Error reading BGZF block: stream error: not enough data in stream",
     "app-input-corrupt"),
    ("samtools view: failed to read header from \"-\"", "app-input-corrupt"),
    ("FormatException: Unexpected end of input (at character 1)", "app-input-corrupt"),
    ("PHP Fatal error:  Uncaught Error: Failed opening required '/app/x.php'", "app-file-missing"),
    ("FATAL: while mounting /data: mount source /data doesn't exist", "app-file-missing"),
    ("org.apache.kafka.common.errors.TimeoutException: Topic in not present in metadata after 60000"
     " ms.", "app-connection-failed"),
    ("TimeoutException: Expiring 3 record(s) for out-0:120000 ms has passed",
     "app-connection-failed"),
    ("tornado.iostream.StreamClosedError: Stream is closed", "app-connection-failed"),
    ("PhpAmqpLib\\Exception\\AMQPIOException: stream_socket_client(): unable to connect",
     "app-connection-failed"),
    ("Error: no internet connection", "app-connection-failed"),
    ("Memory access fault by GPU node-1 on address 0x7f00.", "app-gpu-kernel-error"),
    ("RuntimeError: a.cu 12 cuda execution failed with error 98", "app-gpu-kernel-error"),
    ("RuntimeError: a.cu 12 cuda execution failed with error 2", "app-gpu-out-of-memory"),
    ("Error: Could not find or load main class com.acme.Load", "app-module-missing"),
    ("plugin.Open(\"x\"): plugin was built with a different version of package y",
     "app-library-mismatch"),
    ("file panel_2024.dta not found", "app-file-missing"),
    ("AirflowNotFoundException: The conn_id `warehouse` isn't defined", "app-setting-missing"),
    ("Configuration: storage: option 'encryption_key' is required", "app-setting-missing"),
    ("PIL.UnidentifiedImageError: cannot identify image file '/in/a.jpg'", "app-input-corrupt"),
    ("2026-11-02 03:00:01 ERROR 404: Not Found.", "app-http-error"),
    ("ERROR 503: Service Unavailable.", "app-http-error"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "cause"), LINES)
def test_a_line_of_a_log(line: str, cause: str) -> None:
    found = diagnose_log([line], find_root_line([line]), frozenset({"log"}))
    assert found is not None
    assert found.cause == cause


NO_CAUSE = [
    "RESOURCE_EXHAUSTED: grpc: received message larger than max (4 vs. 3)",
    "ValueError: value 3 does not fit into int8",
    "Migration checksum mismatch for migration version 3",
    "rollback: key not found",
    "[E::cram_get_ref] Unable to fetch the reference",
    "read 8 bytes from the input stream",
]


@pytest.mark.parametrize("line", NO_CAUSE)
def test_a_line_that_looks_like_a_cause(line: str) -> None:
    assert diagnose_log([line], find_root_line([line]), frozenset({"log"})) is None


KILLED = "distributed.scheduler.KilledWorker: ('sum-1', <Worker 'tcp://10.0.0.7:1'>)"
STACK = ["Traceback (most recent call last):", '  File "a.py", line 3, in main', KILLED]
MEMORY = [
    ["distributed.nanny - WARNING - Worker exceeded 95% memory budget. Restarting", *STACK],
    ["WARNING - Worker tcp://10.0.0.7:1 exceeded its memory limit", *STACK],
    ["Out of memory: Killed process 31 (python)",
     "concurrent.futures.process.BrokenProcessPool: A process was terminated abruptly"],
]  # fmt: skip


@pytest.mark.parametrize("log", MEMORY)
def test_memory_explains_the_death_of_a_worker(log: list[str]) -> None:
    lines = untrusted.lines(log)
    found = diagnose_log(lines, find_root_line(lines), frozenset({"log"}))
    assert found is not None
    assert found.cause == "app-out-of-memory"


def test_nothing_but_memory_explains_the_death_of_a_worker() -> None:
    lines = untrusted.lines(["ERROR connection refused by 10.0.0.8", *STACK])
    found = diagnose_log(lines, find_root_line(lines), frozenset({"log"}))
    assert found is not None
    assert found.cause == "app-child-killed"

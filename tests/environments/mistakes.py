"""One mistake for each thing that the rules find: a change of resources that have none."""

from __future__ import annotations

import copy
from typing import Any, TypeAlias

Change: TypeAlias = dict[str, Any]

REMOVED = object()
ROLE = "arn:aws:iam::111122223333:role/job"
PROFILE = "arn:aws:iam::111122223333:instance-profile/host"
WINDOWS = {"OperatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}
SIZE = [{"Type": "VCPU", "Value": "1"}, {"Type": "MEMORY", "Value": "2048"}]


def trust(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def volume(**settings: Any) -> dict[str, Any]:
    return {
        "Volumes": [{"Name": "d", "EfsVolumeConfiguration": {"FileSystemId": "fs-1"} | settings}],
        "MountPoints": [{"SourceVolume": "d", "ContainerPath": "/d"}],
    }


def container(**settings: Any) -> dict[str, Any]:
    return {"Image": "busybox", "ResourceRequirements": SIZE} | settings


# Resources without a mistake. Each is a template of its own, together with its companions.
BASES: dict[str, dict[str, Any]] = {
    "ec2": {
        "Type": "AWS::Batch::ComputeEnvironment",
        "Properties": {
            "Type": "MANAGED",
            "ComputeResources": {
                "Type": "EC2",
                "AllocationStrategy": "BEST_FIT_PROGRESSIVE",
                "MinvCpus": 0,
                "MaxvCpus": 16,
                "InstanceTypes": ["m7i", "optimal"],
                "InstanceRole": PROFILE,
                "Subnets": ["subnet-0a"],
                "SecurityGroupIds": ["sg-0a"],
            },
        },
    },
    "fargate": {
        "Type": "AWS::Batch::ComputeEnvironment",
        "Properties": {
            "Type": "MANAGED",
            "ComputeResources": {
                "Type": "FARGATE",
                "MaxvCpus": 16,
                "Subnets": ["subnet-0a"],
                "SecurityGroupIds": ["sg-0a"],
            },
        },
    },
    "job": {
        "Type": "AWS::Batch::JobDefinition",
        "Properties": {"Type": "container", "ContainerProperties": container()},
    },
    "fargate-job": {
        "Type": "AWS::Batch::JobDefinition",
        "Properties": {
            "Type": "container",
            "PlatformCapabilities": ["FARGATE"],
            "ContainerProperties": container(ExecutionRoleArn=ROLE),
        },
    },
    "tasks": {
        "Type": "AWS::Batch::JobDefinition",
        "Properties": {
            "Type": "container",
            "EcsProperties": {
                "TaskProperties": [
                    {"Containers": [container(Name="a"), container(Name="b", Essential=False)]}
                ]
            },
        },
    },
    "nodes": {
        "Type": "AWS::Batch::JobDefinition",
        "Properties": {
            "Type": "multinode",
            "NodeProperties": {
                "MainNode": 0,
                "NumNodes": 2,
                "NodeRangeProperties": [{"TargetNodes": "0:", "Container": container()}],
            },
        },
    },
    "pod": {
        "Type": "AWS::Batch::JobDefinition",
        "Properties": {
            "Type": "container",
            "EksProperties": {
                "PodProperties": {
                    "Containers": [
                        {"Image": "b", "Resources": {"Limits": {"cpu": "1", "memory": "512Mi"}}}
                    ]
                }
            },
        },
    },
    "queue": {
        "Type": "AWS::Batch::JobQueue",
        "Properties": {
            "Priority": 1,
            "ComputeEnvironmentOrder": [{"Order": 1, "ComputeEnvironment": {"Ref": "Ec2"}}],
        },
    },
    "policy": {
        "Type": "AWS::Batch::SchedulingPolicy",
        "Properties": {
            "FairsharePolicy": {
                "ShareDistribution": [{"ShareIdentifier": "a*", "WeightFactor": 0.5}]
            }
        },
    },
}
COMPANIONS: dict[str, dict[str, Any]] = {
    "Role": {"Type": "AWS::IAM::Role", "Properties": trust("lambda.amazonaws.com")},
    "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}},
    "Interfaces": {
        "Type": "AWS::EC2::LaunchTemplate",
        "Properties": {"LaunchTemplateData": {"NetworkInterfaces": [{"DeviceIndex": 0}]}},
    },
    "Script": {
        "Type": "AWS::EC2::LaunchTemplate",
        "Properties": {"LaunchTemplateData": {"UserData": {"Fn::Base64": "#!/bin/sh\nyum update"}}},
    },
    "Ec2": BASES["ec2"],
    "Fargate": BASES["fargate"],
    "Arm": {
        "Type": "AWS::Batch::ComputeEnvironment",
        "Properties": {
            "Type": "MANAGED",
            "ComputeResources": BASES["ec2"]["Properties"]["ComputeResources"]
            | {"InstanceTypes": ["m7g"]},
        },
    },
}


def order(*names: str) -> Change:
    listed = [
        {"Order": number, "ComputeEnvironment": {"Ref": name}}
        for number, name in enumerate(names, start=1)
    ]
    return {"ComputeEnvironmentOrder": listed}


def ec2(**settings: Any) -> Change:
    return {f"ComputeResources.{key}": value for key, value in settings.items()}


def job(**settings: Any) -> Change:
    return {f"ContainerProperties.{key}": value for key, value in settings.items()}


def sizes(vcpu: object, memory: object) -> Change:
    listed = [{"Type": "vcpu", "Value": vcpu}, {"Type": "memory", "Value": memory}]
    return job(ResourceRequirements=listed)


def override(*types: str) -> dict[str, Any]:
    """Return a launch template with an override for these instance types."""
    base = {"LaunchTemplateName": "base"}
    return base | {"Overrides": [base | {"TargetInstanceTypes": list(types)}]}


HEALTHY = [{"ContainerName": "a", "Condition": "HEALTHY"}]
EKS = {"EksClusterArn": "arn:aws:eks:eu-west-1:1:cluster/c", "KubernetesNamespace": "batch"}
POD = "EksProperties.PodProperties"
TASK = "EcsProperties.TaskProperties"
RETRY = {"Attempts": 2}
# Rule, the resource without a mistake, and what is changed in its properties.
MISTAKES: list[tuple[str, str, Change]] = [
    ("EB1001", "ec2", ec2(InstanceRole={"Fn::Sub": "${Role.Arn}"})),
    ("EB1001", "ec2", ec2(InstanceRole=ROLE)),
    ("EB1002", "fargate-job", sizes(2, 1024)),
    ("EB1002", "fargate-job", {"PlatformCapabilities": ["Fargate"], **sizes("8", "30000")}),
    ("EB1003", "fargate-job", job(Privileged=True)),
    ("EB1004", "fargate", ec2(MinvCpus=0)),
    ("EB1004", "fargate", ec2(ScalingPolicy={"MinScaleDownDelayMinutes": 20})),
    ("EB1004", "fargate", ec2(AllocationStrategy="BEST_FIT")),
    ("EB1005", "fargate", ec2(Tags={"a": "b"})),
    (
        "EB1006",
        "fargate-job",
        job(FargatePlatformConfiguration={"PlatformVersion": "1.3.0"}, **volume()),
    ),
    ("WB1008", "job", job(Command=["echo hello world"])),
    ("EB1101", "ec2", {"ComputeResources": REMOVED}),
    ("EB1102", "ec2", ec2(Subnets=REMOVED)),
    ("EB1102", "fargate", ec2(Subnets=["subnet-0a"] * 17)),
    ("EB1103", "fargate", ec2(SecurityGroupIds=[])),
    ("EB1103", "fargate", ec2(SecurityGroupIds=["sg-0a"] * 6)),
    ("EB1104", "ec2", ec2(InstanceRole=REMOVED)),
    ("EB1105", "ec2", ec2(InstanceTypes=REMOVED)),
    ("EB1106", "ec2", ec2(MinvCpus=8, DesiredvCpus=4)),
    ("EB1106", "ec2", ec2(MinvCpus=32)),
    ("EB1107", "ec2", ec2(BidPercentage=101)),
    ("EB1107", "ec2", {"UpdatePolicy": {"JobExecutionTimeoutMinutes": 9000}}),
    ("EB1108", "ec2", {"Type": "unmanaged", "ComputeResources": REMOVED}),
    ("EB1108", "ec2", {"UnmanagedvCpus": 4}),
    ("EB1109", "fargate", ec2(Type="ECS_MANAGED_INSTANCES")),
    ("EB1110", "fargate", ec2(MaxvCpus=REMOVED)),
    ("EB1201", "ec2", ec2(AllocationStrategy="spot_capacity_optimized")),
    (
        "EB1201",
        "ec2",
        ec2(
            Type="SPOT",
            InstanceTypes=["m7i"],
            AllocationStrategy="BEST_FIT_PROGRESSIVE_ORDERED",
        ),
    ),
    ("EB1202", "ec2", ec2(Type="SPOT", AllocationStrategy=REMOVED)),
    ("EB1203", "ec2", ec2(AllocationStrategy="BEST_FIT_PROGRESSIVE_ORDERED")),
    ("EB1204", "ec2", ec2(InstanceTypes=["t3.micro"])),
    ("EB1204", "ec2", ec2(InstanceTypes=["m5.7xlarge"])),
    ("EB1205", "ec2", ec2(InstanceTypes=["c7gn.large", "optimal"])),
    ("EB1206", "ec2", ec2(Ec2Configuration=[{"ImageType": "ecs_al2"}])),
    ("EB1206", "ec2", ec2(Ec2Configuration=[{"ImageType": "ECS_AL2_NVIDIA"}])),
    ("EB1207", "ec2", ec2(Ec2Configuration=[{"ImageType": "EKS_AL2023"}])),
    (
        "EB1208",
        "ec2",
        ec2(Ec2Configuration=[{"ImageType": "ECS_AL2023_NVIDIA"}], InstanceTypes=["p3.2xlarge"]),
    ),
    ("EB1209", "ec2", ec2(LaunchTemplate={"LaunchTemplateId": {"Ref": "Interfaces"}})),
    ("EB1210", "ec2", ec2(LaunchTemplate={"LaunchTemplateId": {"Ref": "Script"}})),
    ("EB1211", "ec2", ec2(LaunchTemplate={"Version": "1"})),
    ("EB1211", "ec2", ec2(LaunchTemplate={"LaunchTemplateName": "a", "Version": "newest"})),
    ("EB1212", "ec2", ec2(InstanceTypes=["m7i"], LaunchTemplate=override("c7i.large"))),
    ("EB1212", "ec2", ec2(LaunchTemplate=override())),
    ("EB1213", "ec2", ec2(Ec2Configuration=[{"ImageType": "ECS_AL2023"}] * 3)),
    ("WB1301", "ec2", {"ComputeEnvironmentName": "jobs"}),
    ("EB1302", "ec2", {"ReplaceComputeEnvironment": False, "ServiceRole": ROLE}),
    (
        "EB1302",
        "ec2",
        {"ReplaceComputeEnvironment": "false", **ec2(AllocationStrategy="BEST_FIT")},
    ),
    ("EB1303", "fargate", {"UpdatePolicy": {"TerminateJobsOnUpdate": True}}),
    ("EB1303", "fargate", ec2(UpdateToLatestImageVersion=True)),
    ("EB1401", "job", {"ContainerProperties": REMOVED}),
    ("EB1401", "nodes", {"NodeProperties": REMOVED}),
    ("EB1401", "nodes", {"NodeProperties.NodeRangeProperties": [{"TargetNodes": "0:1"}]}),
    ("EB1401", "job", job(Image=REMOVED)),
    ("EB1402", "pod", {"ContainerProperties": container()}),
    ("EB1403", "nodes", {"PlatformCapabilities": ["MANAGED_INSTANCES"]}),
    ("EB1404", "job", {"PlatformCapabilities": ["managed_instances"]}),
    ("EB1405", "job", {"PlatformCapabilities": ["FARGATE_SPOT"]}),
    ("EB1405", "job", {"PlatformCapabilities": ["EC2", "FARGATE"]}),
    ("EB1406", "nodes", {"NodeProperties.MainNode": 2}),
    ("EB1406", "nodes", {"NodeProperties.NumNodes": 1001}),
    (
        "EB1406",
        "nodes",
        {"NodeProperties.NodeRangeProperties": [{"TargetNodes": "1:", "Container": container()}]},
    ),
    ("EB1407", "tasks", {TASK: [{"Containers": [container(Name="a", Essential=False)]}]}),
    ("EB1407", "tasks", {TASK: [{"Containers": [container(Name="a"), container(Name="a")]}]}),
    ("EB1408", "tasks", {TASK: [{"Containers": [container(Name="a")]}] * 2}),
    ("EB1501", "fargate-job", job(ExecutionRoleArn=REMOVED)),
    ("EB1502", "job", job(Secrets=[{"Name": "TOKEN", "ValueFrom": "token"}])),
    ("EB1503", "fargate-job", job(Ulimits=[{"Name": "nofile", "SoftLimit": 1, "HardLimit": 1}])),
    ("EB1503", "fargate-job", job(LinuxParameters={"SharedMemorySize": 64})),
    ("EB1503", "fargate-job", job(Volumes=[{"Name": "d", "Host": {"SourcePath": "/d"}}])),
    ("EB1503", "fargate-job", job(ResourceRequirements=[*SIZE, {"Type": "GPU", "Value": "1"}])),
    ("EB1504", "fargate-job", job(ResourceRequirements=REMOVED, Vcpus=1, Memory=2048)),
    ("EB1505", "job", job(NetworkConfiguration={"AssignPublicIp": "ENABLED"})),
    ("EB1505", "job", job(FargatePlatformConfiguration={"PlatformVersion": "LATEST"})),
    ("EB1505", "job", job(RuntimePlatform={"CpuArchitecture": "ARM64"})),
    ("EB1506", "fargate-job", job(LogConfiguration={"LogDriver": "json-file"})),
    ("EB1507", "fargate-job", job(FargatePlatformConfiguration={"PlatformVersion": "1.4"})),
    ("EB1601", "job", job(ResourceRequirements=SIZE[1:])),
    ("EB1602", "job", sizes("0.5", "512")),
    ("EB1602", "fargate-job", sizes("1", "2GB")),
    ("EB1603", "job", sizes("1", "2")),
    ("EB1604", "job", job(ResourceRequirements=[*SIZE, SIZE[0]])),
    (
        "EB1605",
        "fargate-job",
        job(RuntimePlatform=WINDOWS) | sizes("0.5", "1024"),
    ),
    ("EB1508", "fargate-job", job(User="root", RuntimePlatform=WINDOWS)),
    ("EB1508", "fargate-job", job(RuntimePlatform=WINDOWS | {"CpuArchitecture": "ARM64"})),
    ("EB1701", "job", {"Timeout": {"AttemptDurationSeconds": 30}}),
    ("EB1702", "job", {"RetryStrategy": {"Attempts": 11}}),
    ("EB1703", "job", {"RetryStrategy": {"EvaluateOnExit": [{"OnReason": "*", "Action": "EXIT"}]}}),
    (
        "EB1703",
        "job",
        {"RetryStrategy": RETRY | {"EvaluateOnExit": [{"OnReason": "*", "Action": "EXIT"}] * 6}},
    ),
    ("EB1704", "job", {"RetryStrategy": RETRY | {"EvaluateOnExit": [{"Action": "RETRY"}]}}),
    (
        "EB1704",
        "job",
        {"RetryStrategy": RETRY | {"EvaluateOnExit": [{"OnReason": "*Spot*", "Action": "RETRY"}]}},
    ),
    ("EB1705", "fargate-job", job(EphemeralStorage={"SizeInGiB": 20})),
    ("EB1706", "job", {"SchedulingPriority": 10000}),
    ("EB1707", "job", job(LinuxParameters={"MaxSwap": 512, "Swappiness": 120})),
    ("EB1708", "queue", {"Priority": 1001}),
    ("EB1709", "policy", {"FairsharePolicy.ComputeReservation": 100}),
    (
        "EB1801",
        "job",
        job(JobRoleArn=ROLE, **volume(AuthorizationConfig={"Iam": "ENABLED"})),
    ),
    ("EB1801", "job", job(**volume(AuthorizationConfig={"AccessPointId": "fsap-1"}))),
    (
        "EB1802",
        "job",
        job(**volume(TransitEncryption="ENABLED", AuthorizationConfig={"Iam": "ENABLED"})),
    ),
    (
        "EB1803",
        "job",
        job(
            **volume(
                TransitEncryption="ENABLED",
                RootDirectory="/data",
                AuthorizationConfig={"AccessPointId": "fsap-1"},
            )
        ),
    ),
    ("EB1804", "job", job(MountPoints=[{"SourceVolume": "data", "ContainerPath": "/d"}])),
    ("EB1805", "job", job(**volume(FileSystemId="shared"))),
    (
        "EB2301",
        "job",
        job(Ulimits=[{"Name": "nofile", "SoftLimit": 4096, "HardLimit": 1024}]),
    ),
    (
        "EB2301",
        "tasks",
        {
            "EcsProperties.TaskProperties": [
                {
                    "Containers": [
                        container(
                            Name="a", Ulimits=[{"Name": "stack", "SoftLimit": -1, "HardLimit": 64}]
                        )
                    ]
                }
            ]
        },
    ),
    ("EB2302", "job", job(Environment=[{"Name": "AWS_BATCH_SHARD", "Value": "3"}])),
    (
        "EB2302",
        "fargate-job",
        job(Secrets=[{"Name": "AWS_BATCH_KEY", "ValueFrom": "arn:aws:ssm:x"}]),
    ),
    (
        "EB2302",
        "pod",
        {
            f"{POD}.Containers": [
                {
                    "Image": "b",
                    "Env": [{"Name": "AWS_BATCH_A", "Value": "1"}],
                    "Resources": {"Limits": {"cpu": "1", "memory": "512Mi"}},
                },
            ]
        },
    ),
    ("EB1901", "pod", {"PlatformCapabilities": ["EC2"]}),
    ("EB1901", "pod", {"PropagateTags": True}),
    ("EB1902", "ec2", {"EksConfiguration": EKS | {"KubernetesNamespace": "default"}}),
    ("EB1903", "pod", {f"{POD}.Metadata": {"Namespace": "kube-system"}}),
    ("EB1904", "ec2", {"EksConfiguration": EKS, **ec2(AllocationStrategy=REMOVED)}),
    ("EB1904", "fargate", {"EksConfiguration": EKS}),
    ("EB1905", "pod", {f"{POD}.Containers": [{"Resources": {"Limits": {"cpu": "1"}}}]}),
    (
        "EB1906",
        "pod",
        {
            f"{POD}.Volumes": [{"Name": "cache", "EmptyDir": {}}],
            f"{POD}.InitContainers": [{"VolumeMounts": [{"Name": "data", "MountPath": "/d"}]}],
        },
    ),
    (
        "EB1905",
        "pod",
        {f"{POD}.Containers": [{"Resources": {"Limits": {"cpu": "1", "memory": "1Gi"}}}]},
    ),
    ("EB2001", "queue", order("Ec2", "A", "B", "C")),
    ("EB2002", "queue", order("Ec2", "Fargate")),
    ("EB2003", "queue", order("Ec2", "Arm")),
    ("EB2004", "queue", order("Ec2", "Ec2")),
    (
        "EB2005",
        "queue",
        {"JobStateTimeLimitActions": [{"MaxTimeSeconds": 60, "Action": "CANCEL"}]},
    ),
    ("EB2005", "queue", {"JobStateTimeLimitActions": [{"Action": "TERMINATE"}]}),
    (
        "EB2006",
        "policy",
        {"FairsharePolicy.ShareDistribution": [{"ShareIdentifier": "a b"}]},
    ),
    (
        "EB2006",
        "policy",
        {
            "FairsharePolicy.ShareDistribution": [
                {"ShareIdentifier": "a*"},
                {"ShareIdentifier": "ab"},
            ]
        },
    ),
    ("EB2009", "queue", {"ComputeEnvironmentOrder": REMOVED}),
    ("EB2009", "queue", {"ComputeEnvironmentOrder": []}),
    ("EB2009", "queue", {"ServiceEnvironmentOrder": [{"Order": 1, "ServiceEnvironment": "s"}]}),
    ("EB2201", "ec2", {"ComputeEnvironmentName": "jobs.v1", "ReplaceComputeEnvironment": False}),
    ("EB2202", "job", {"JobDefinitionName": "my job"}),
    ("EB2203", "queue", {"JobQueueName": "team/high"}),
    ("EB2204", "fargate", ec2(Type="FARGATE_ONDEMAND")),
    ("EB2204", "ec2", {"State": "ENABLE"}),
    ("EB2205", "fargate-job", job(RuntimePlatform={"CpuArchitecture": "ARM"})),
    ("EB2205", "tasks", {TASK: [{"Containers": [container(Name="a", DependsOn=HEALTHY)]}]}),
    ("EB2205", "job", job(**volume(TransitEncryption="true"))),
    ("EB2205", "job", job(LogConfiguration={"LogDriver": "cloudwatch"})),
    ("EB2205", "pod", {f"{POD}.DnsPolicy": "Cluster"}),
    ("EB2206", "queue", {"State": "ON"}),
    ("EB2207", "ec2", ec2(SecurityGroupIds=["default"])),
    ("EB2207", "ec2", ec2(ImageId="al2023")),
    ("EB2207", "ec2", ec2(LaunchTemplate={"LaunchTemplateId": "base"})),
    ("EB2208", "queue", {"SchedulingPolicyArn": "fair"}),
    ("EB2101", "ec2", {"ServiceRole": {"Fn::GetAtt": ["Role", "Arn"]}}),
    ("EB2101", "ec2", ec2(InstanceRole={"Fn::GetAtt": "Profile.Arn"})),
    ("EB2102", "job", job(JobRoleArn={"Fn::GetAtt": "Role.Arn"})),
    ("EB2103", "job", job(ExecutionRoleArn="ecsTaskExecutionRole")),
]


def template(base: str, change: Change) -> dict[str, Any]:
    """Return the template of a resource with its companions, and with the change."""
    resource = copy.deepcopy(BASES[base])
    for path, value in change.items():
        at = resource["Properties"]
        *parents, last = path.split(".")
        for key in parents:
            at = at[key]
        at[last] = value
        if value is REMOVED:
            del at[last]
    return {"Resources": {"Subject": resource} | COMPANIONS}

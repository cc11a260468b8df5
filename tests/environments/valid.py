"""Templates that AWS accepts, and that a simpler rule would doubt."""

from __future__ import annotations

_NETWORK = "Subnets: [subnet-0a], SecurityGroupIds: [sg-0a]"
_ROLE = "arn:aws:iam::111122223333:role/execution"
_EC2 = """
      Type: MANAGED
      ComputeResources:
        Type: EC2
        AllocationStrategy: BEST_FIT_PROGRESSIVE
        MaxvCpus: 16
        InstanceTypes: [m7i]
        InstanceRole: ecsInstanceRole
        Subnets: [subnet-0a]
        SecurityGroupIds: [sg-0a]"""
_FARGATE_JOB = f"""
      Type: container
      PlatformCapabilities: [FARGATE]
      ContainerProperties:
        Image: busybox
        ExecutionRoleArn: {_ROLE}"""
_BY_PLATFORM = f"""
Parameters:
  Platform: {{Type: String, Default: FARGATE, AllowedValues: [EC2, FARGATE]}}
Conditions:
  OnFargate: !Equals [!Ref Platform, FARGATE]
  OnEc2: !Not [!Condition OnFargate]
Resources:
  Compute:
    Type: AWS::Batch::ComputeEnvironment
    Properties:
      Type: MANAGED
      ComputeResources:
        Type: !Ref Platform
        MinvCpus: !If [OnEc2, 0, !Ref AWS::NoValue]
        MaxvCpus: 16
        InstanceTypes: !If [OnEc2, [m7i], !Ref AWS::NoValue]
        InstanceRole: !If [OnEc2, ecsInstanceRole, !Ref AWS::NoValue]
        {_NETWORK.replace(", S", chr(10) + "        S")}
  Job:
    Type: AWS::Batch::JobDefinition
    Properties:
      Type: container
      PlatformCapabilities: [!Ref Platform]
      ContainerProperties:
        Image: busybox
        ExecutionRoleArn: !If [OnFargate, {_ROLE}, !Ref AWS::NoValue]
        Privileged: !If [OnFargate, false, true]
        ResourceRequirements:
          - {{Type: VCPU, Value: !If [OnFargate, "0.25", "1"]}}
          - {{Type: MEMORY, Value: !If [OnFargate, "512", "700"]}}
"""
_SIZES = """
Parameters:
  Size: {Type: String, Default: small, AllowedValues: [small, large]}
Mappings:
  Sizes:
    small: {Vcpu: "0.25", Memory: "512"}
    large: {Vcpu: "4", Memory: "16384"}
Resources:
  Job:
    Type: AWS::Batch::JobDefinition
    Properties: %s
        ResourceRequirements:
          - {Type: VCPU, Value: !FindInMap [Sizes, !Ref Size, Vcpu]}
          - {Type: MEMORY, Value: !FindInMap [Sizes, !Ref Size, Memory]}
"""
_UNKNOWN = """
Parameters:
  Platform: {Type: String}
  Memory: {Type: AWS::SSM::Parameter::Value<String>, Default: /jobs/memory}
  Role: {Type: String, Default: ""}
Resources:
  NoType: {Properties: {}}
  Compute:
    Type: AWS::Batch::ComputeEnvironment
    Properties:
      Type: MANAGED
      ComputeResources:
        Type: !ImportValue kind
        MaxvCpus: 16
        InstanceTypes: !Split [",", !ImportValue types]
        Subnets: !Split [",", !ImportValue subnets]
        SecurityGroupIds: [!Ref Platform]
  Job:
    Type: AWS::Batch::JobDefinition
    Properties:
      Type: container
      PlatformCapabilities: [FARGATE]
      ContainerProperties:
        Image: "{{resolve:ssm:image}}"
        Command: [!Ref Memory]
        ExecutionRoleArn: !Ref Role
        ResourceRequirements:
          - {Type: VCPU, Value: "2"}
          - {Type: MEMORY, Value: !Ref Memory}
  Serverless:
    Type: AWS::Batch::ComputeEnvironment
    Properties:
      Type: MANAGED
      ComputeEnvironmentName: ${self:custom.name}
      ComputeResources:
        Type: FARGATE_SPOT
        MaxvCpus: 16
        Subnets: "${self:custom.subnets}"
        SecurityGroupIds: "${self:custom.groups}"
"""
_NAMESAKE = f"""
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: {{Effect: Allow, Principal: {{Service: [ec2.amazonaws.com]}}}}
  Profile:
    Type: AWS::IAM::InstanceProfile
    Properties: {{Roles: [!Ref Role], InstanceProfileName: !Ref Role}}
  Compute:
    Type: AWS::Batch::ComputeEnvironment
    Properties: {_EC2.replace("ecsInstanceRole", "!Ref Role")}
"""
_MOUNT_TARGET = f"""
Resources:
  Home: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}
  Away: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.1.0.0/16}}}}
  Here: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref Home, CidrBlock: 10.0.0.0/24}}}}
  There: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref Away, CidrBlock: 10.1.0.0/24}}}}
  Files: {{Type: AWS::EFS::FileSystem}}
  Target:
    Type: AWS::EFS::MountTarget
    Properties: {{FileSystemId: !Ref Files, SubnetId: !Ref There}}
  Compute:
    Type: AWS::Batch::ComputeEnvironment
    Properties: {_EC2.replace("[subnet-0a]", "[!Ref Here]")}
"""
_JOB = """
  Job:
    Type: AWS::Batch::JobDefinition
    Properties:
      Type: container
      ContainerProperties:
        Image: busybox
        ResourceRequirements: [{Type: VCPU, Value: 1}, {Type: MEMORY, Value: 512}]
"""
_MOUNTED = """\
        Volumes: [{Name: d, EfsVolumeConfiguration: {FileSystemId: !Ref Files}}]
"""
_COMMANDS = """
Resources:
  Arguments:
    Type: AWS::Batch::JobDefinition
    Properties:
      Type: container
      ContainerProperties:
        Image: 111122223333.dkr.ecr.eu-west-1.amazonaws.com/own:1
        Command: ["echo hello"]
        ResourceRequirements: [{Type: VCPU, Value: 1}, {Type: MEMORY, Value: 512}]
  Options:
    Type: AWS::Batch::JobDefinition
    Properties:
      Type: container
      ContainerProperties:
        Image: ubuntu
        Command: ["--input s3://bucket/key"]
        ResourceRequirements: [{Type: VCPU, Value: 1}, {Type: MEMORY, Value: 512}]
"""
_FAIR = """
Resources:
  Policy: {Type: AWS::Batch::SchedulingPolicy, Properties: {FairsharePolicy: {}}}
  Queue:
    Type: AWS::Batch::JobQueue
    Properties:
      Priority: 1
      SchedulingPolicyArn: !Ref Policy
      ComputeEnvironmentOrder: [{Order: 1, ComputeEnvironment: !ImportValue jobs}]
"""
_SPOT = """
Parameters:
  Capacity: {Type: String, Default: on-demand, AllowedValues: [on-demand, spot]}
Conditions:
  IsSpot: !Equals [!Ref Capacity, spot]
Resources:
  Compute:
    Type: AWS::Batch::ComputeEnvironment
    Properties:
      Type: MANAGED
      ComputeResources:
        Type: !If [IsSpot, FARGATE_SPOT, FARGATE]
        MaxvCpus: 16
        Subnets: [subnet-0a]
        SecurityGroupIds: [sg-0a]
"""
_ALLOWED = """
Parameters:
  Vcpu: {Type: String, Default: "1", AllowedValues: ["1", "4"]}
  Memory: {Type: String, Default: "2048", AllowedValues: ["2048", "30720"]}
Resources:
  Job:
    Type: AWS::Batch::JobDefinition
    Properties: %s
        ResourceRequirements:
          - {Type: VCPU, Value: !Ref Vcpu}
          - {Type: MEMORY, Value: !Ref Memory}
"""
_NODES = f"""
Resources:
  Compute:
    Type: AWS::Batch::ComputeEnvironment
    Properties: {_EC2}
  Job:
    Type: AWS::Batch::JobDefinition
    Properties:
      Type: multinode
      NodeProperties:
        MainNode: 0
        NumNodes: 2
        NodeRangeProperties:
          - TargetNodes: "0:"
            Container:
              Image: busybox
              ResourceRequirements: [{{Type: VCPU, Value: 1}}, {{Type: MEMORY, Value: 512}}]
"""
_NETWORKS = """
Resources:
  Home: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Away: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.1.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Home, CidrBlock: 10.0.0.0/24}}
  Jobs:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: jobs, VpcId: !GetAtt Home.VpcId}
  Compute:
    Type: AWS::Batch::ComputeEnvironment
    Properties:
      Type: MANAGED
      ComputeResources:
        Type: FARGATE
        MaxvCpus: 16
        Subnets: [!Ref Subnet]
        SecurityGroupIds: [!GetAtt Jobs.GroupId, !GetAtt Home.DefaultSecurityGroup]
"""
_QUEUES = """
Parameters:
  Environment: {Type: String}
  Environments: {Type: CommaDelimitedList, Default: ""}
Resources:
  Named:
    Type: AWS::Batch::JobQueue
    Properties:
      JobQueueName: !Sub "${AWS::StackName}-jobs"
      Priority: 1
      ComputeEnvironmentOrder: [{Order: 1, ComputeEnvironment: !Ref Environment}]
  Imported:
    Type: AWS::Batch::JobQueue
    Properties: {Priority: 1, ComputeEnvironmentOrder: !ImportValue order}
  Services:
    Type: AWS::Batch::JobQueue
    Properties:
      Priority: 1
      JobQueueType: SAGEMAKER_TRAINING
      ServiceEnvironmentOrder:
        - {Order: 1, ServiceEnvironment: !Sub "${AWS::StackName}-service"}
"""
_WORDS = f"""
Parameters:
  Condition: {{Type: String, Default: ""}}
Resources:
  Compute:
    Type: AWS::Batch::ComputeEnvironment
    Properties: {_EC2.replace("MANAGED", "managed", 1).replace("EC2", "ec2", 1)}
        LaunchTemplate:
          LaunchTemplateName: base
          Overrides: [{{LaunchTemplateName: big, TargetInstanceTypes: [m7i.4xlarge]}}]
      ServiceRole: service-role/AWSBatchServiceRole
      State: enabled
  Job:
    Type: AWS::Batch::JobDefinition
    Properties:
      JobDefinitionName: 2_jobs-a
      Type: Container
      EcsProperties:
        TaskProperties:
          - Containers:
              - Name: main
                Image: busybox
                DependsOn: [{{ContainerName: side, Condition: !Ref Condition}}]
                ResourceRequirements: [{{Type: VCPU, Value: 1}}, {{Type: MEMORY, Value: 512}}]
              - Name: side
                Image: busybox
                Essential: false
                ResourceRequirements: [{{Type: VCPU, Value: 1}}, {{Type: MEMORY, Value: 512}}]
"""
_LIMITS = """
Parameters: {Files: {Type: Number}}
Resources:
  Job:
    Type: AWS::Batch::JobDefinition
    Properties:
      Type: container
      ContainerProperties:
        Image: busybox
        ResourceRequirements: [{Type: VCPU, Value: "1"}, {Type: MEMORY, Value: "512"}]
        Environment:
          - {Name: AWS_REGION, Value: eu-west-1}
          - {Name: MY_AWS_BATCH_SIZE, Value: "3"}
          - {Name: !Sub "AWS_${AWS::Region}", Value: "1"}
        Ulimits:
          - {Name: nofile, SoftLimit: 1024, HardLimit: 1024}
          - {Name: memlock, SoftLimit: -1, HardLimit: -1}
          - {Name: stack, SoftLimit: 64, HardLimit: -1}
          - {Name: nproc, SoftLimit: !Ref Files, HardLimit: 10}
"""
VALID = {
    "groups and subnets of one network": _NETWORKS,
    "queues by parameter, by import and of services": _QUEUES,
    "words in any case, and names": _WORDS,
    "platform by parameter and condition": _BY_PLATFORM,
    "sizes by mapping": _SIZES % _FARGATE_JOB,
    "values known only at deployment": _UNKNOWN,
    "profile named as its role": _NAMESAKE,
    "mount target that no job uses": _MOUNT_TARGET,
    "commands that are arguments": _COMMANDS,
    "named and updated in place": "Resources:\n  Compute:\n    Type:"
    " AWS::Batch::ComputeEnvironment\n    Properties:\n      ComputeEnvironmentName: jobs\n"
    f"      ReplaceComputeEnvironment: false{_EC2}\n",
    "ulimits that are equal or unlimited, variables": _LIMITS,
    "no resources": "Resources: {}",
    "multi-node on demand": _NODES,
    "a fraction without a zero": _SIZES.replace('"0.25"', '".25"') % _FARGATE_JOB,
    "fair share with priority": _FAIR + _JOB + "      SchedulingPriority: 1\n",
}
_MOVED = _MOUNT_TARGET.replace(
    "Resources:",
    "Parameters: {Kind: {Type: String, Default: a, AllowedValues: [a, b]}}\n"
    "Conditions: {IsHere: !Equals [!Ref Kind, a]}\nResources:",
    1,
).replace("SubnetId: !Ref There", "SubnetId: !If [IsHere, !Ref Here, !Ref There]")
WARNED = {
    "security group of another network": (
        {"EB2209"},
        _NETWORKS.replace("VpcId: !GetAtt Home.VpcId", "VpcId: !Ref Away"),
    ),
    "mount target in a subnet that is a parameter": (
        {"IB1807"},
        _MOUNT_TARGET.replace(
            "Resources:", "Parameters: {Zone: {Type: String}}\nResources:", 1
        ).replace("SubnetId: !Ref There", "SubnetId: !Ref Zone"),
    ),
    "mount target moved by parameter": ({"IB1806"}, _MOVED),
    "sizes by allowed values": ({"WB1002"}, _ALLOWED % _FARGATE_JOB),
    "no size fits": ({"EB1002"}, _ALLOWED.replace('"2048"', '"700"') % _FARGATE_JOB),
    "multi-node on Spot": (
        {"WB2008"},
        _NODES.replace("Type: EC2", "Type: SPOT").replace(
            "BEST_FIT_PROGRESSIVE", "SPOT_CAPACITY_OPTIMIZED"
        ),
    ),
    "fair share without priority": ({"WB2007"}, _FAIR + _JOB),
    "mount target in another network": ({"EB1007"}, _MOUNT_TARGET + _JOB + _MOUNTED),
    "type of Fargate by parameter": ({"IB1304"}, _SPOT),
}

#!/usr/bin/env bats
# ec2sim driven by Debian's awscli, a client that knows nothing of it.

bats_require_minimum_version 1.5.0

AWS=/usr/bin/aws
SUBNET=subnet-0aaaaaaaaaaaaaaa1
export AWS_ACCESS_KEY_ID=AKIAEC2SIMEXAMPLE001
export AWS_SECRET_ACCESS_KEY=ec2sim-example-secret-key-0000000000001
export AWS_DEFAULT_REGION=us-east-2 AWS_PAGER='' AWS_EC2_METADATA_DISABLED=true
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_MAX_ATTEMPTS=1
export AWS_DEFAULT_OUTPUT=text
unset AWS_SESSION_TOKEN AWS_PROFILE

# await SECONDS COMMAND...: until the command succeeds
await() {
	local deadline=$((SECONDS + ($1 < 60 ? 60 : $1)))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$deadline" ] || { echo "waited in vain: $*"; return 1; }
		sleep 0.05
	done
}

setup_file() {
	[ -x "$AWS" ] || skip "needs Debian's awscli"
	SIM=$BATS_FILE_TMPDIR/sim
	"$BATS_TEST_DIRNAME/../ec2sim" --listen 127.0.0.1:0 --state "$SIM" \
		--journal "$BATS_FILE_TMPDIR/journal.jsonl" 3>&- &
	SIM_PID=$!
	await 20 test -s "$SIM/ready"
	ENDPOINT=http://$(cat "$SIM/ready")
	export SIM SIM_PID ENDPOINT
}

teardown_file() {
	[ -z "${SIM_PID:-}" ] || kill "$SIM_PID"
}

aws() {
	"$AWS" --endpoint-url "$ENDPOINT" "$@"
}

state_is() {
	[ "$(aws ec2 describe-instances --instance-ids "$1" \
		--query 'Reservations[].Instances[].State.Name')" = "$2" ]
}

fleet() {
	aws ec2 create-fleet --type instant --output json \
		--launch-template-configs "LaunchTemplateSpecification={LaunchTemplateName=$1,Version=$2},Overrides=[{InstanceType=hpc7a.96xlarge,SubnetId=$SUBNET,Placement={GroupName=$3}}]" \
		--target-capacity-specification "TotalTargetCapacity=$4,OnDemandTargetCapacity=$4,DefaultTargetCapacityType=on-demand" \
		--on-demand-options "AllocationStrategy=prioritized,SingleInstanceType=true,SingleAvailabilityZone=true,MinTargetCapacity=$4" \
		--tag-specifications 'ResourceType=instance,Tags=[{Key=burst:gang,Value=g 1}]' "${@:5}"
}

@test "a gang goes all the way through" {
	run -0 aws ec2 create-placement-group --group-name gang --strategy cluster --query PlacementGroup.State
	[ "$output" = pending ]
	group_available() {
		[ "$(aws ec2 describe-placement-groups --group-names gang --query 'PlacementGroups[].State')" = available ]
	}
	await 10 group_available

	run -0 aws ec2 create-launch-template --launch-template-name burst --launch-template-data \
		'{"ImageId":"ami-1","InstanceType":"c7i.large","MetadataOptions":{"HttpTokens":"required","InstanceMetadataTags":"enabled"}}' \
		--query LaunchTemplate.LaunchTemplateName
	[ "$output" = burst ]
	await 10 aws ec2 describe-launch-templates --launch-template-names burst
	run -0 aws ec2 create-launch-template-version --launch-template-name burst --source-version 1 \
		--launch-template-data '{"NetworkInterfaces":[{"DeviceIndex":0,"NetworkCardIndex":0,"InterfaceType":"efa","Groups":["sg-0aaaaaaaaaaaaaaa1"]},{"DeviceIndex":1,"NetworkCardIndex":1,"InterfaceType":"efa","Groups":["sg-0aaaaaaaaaaaaaaa1"]}]}' \
		--query LaunchTemplateVersion.VersionNumber
	[ "$output" = 2 ]
	await 10 aws ec2 describe-launch-template-versions --launch-template-name burst --versions 2

	run -0 fleet burst 2 gang 3 --client-token token-1
	answer=$output
	run -0 jq -r '.Instances[0].InstanceIds | length' <<<"$answer"
	[ "$output" = 3 ]
	# the same token again: the same answer, no second launch
	run -0 fleet burst 2 gang 3 --client-token token-1
	[ "$(jq -c .Instances <<<"$output")" = "$(jq -c .Instances <<<"$answer")" ]
	run -254 fleet burst 2 gang 2 --client-token token-1
	[[ $output == *IdempotentParameterMismatch* ]]

	mapfile -t ids < <(jq -r '.Instances[].InstanceIds[]' <<<"$answer")
	await 10 state_is "${ids[0]}" running
	run -0 aws ec2 describe-instances --filters 'Name=tag:burst:gang,Values=g 1' Name=instance-state-name,Values=pending,running \
		--query 'Reservations[].Instances[].[InstanceId,PrivateIpAddress]'
	[ "${#lines[@]}" = 3 ]
	[[ ${lines[0]} == *10.77.1.* ]]

	aws ec2 create-tags --resources "${ids[@]}" --tags Key=burst:k0,Value=
	run -0 aws ec2 describe-tags --filters Name=key,Values=burst:k0 --query 'length(Tags)'
	[ "$output" = 3 ]

	run -254 aws ec2 delete-placement-group --group-name gang
	[[ $output == *InvalidPlacementGroup.InUse* ]]
	run -0 aws ec2 terminate-instances --instance-ids "${ids[@]}" --query 'TerminatingInstances[].CurrentState.Name'
	[[ $output == *shutting-down*shutting-down*shutting-down* ]]
	await 10 aws ec2 delete-placement-group --group-name gang
	state_is "${ids[0]}" terminated
}

@test "STS hands out credentials that EC2 takes, with their token only" {
	run -0 aws sts get-caller-identity --query Account
	[ "$output" = 123456789012 ]
	run -0 aws sts assume-role --role-arn arn:aws:iam::123456789012:role/head --role-session-name test --output json
	# shellcheck disable=SC2030 # each test is a process of its own
	AWS_ACCESS_KEY_ID=$(jq -r .Credentials.AccessKeyId <<<"$output")
	# shellcheck disable=SC2030
	AWS_SECRET_ACCESS_KEY=$(jq -r .Credentials.SecretAccessKey <<<"$output")
	token=$(jq -r .Credentials.SessionToken <<<"$output")
	run -254 aws ec2 describe-subnets
	[[ $output == *AuthFailure* ]]
	export AWS_SESSION_TOKEN=$token
	run -0 aws ec2 describe-subnets --query 'length(Subnets)'
	[ "$output" = 3 ]
	run -0 aws sts get-caller-identity --query Arn
	[ "$output" = arn:aws:sts::123456789012:assumed-role/head/test ]
}

@test "a wrong secret is refused" {
	AWS_SECRET_ACCESS_KEY=wrong run -254 aws ec2 describe-instances
	[[ $output == *SignatureDoesNotMatch* ]]
	AWS_ACCESS_KEY_ID=AKIAUNKNOWN run -254 aws ec2 describe-instances
	[[ $output == *AuthFailure* ]]
	AWS_DEFAULT_REGION=eu-west-1 run -254 aws ec2 describe-instances
	[[ $output == *SignatureDoesNotMatch* ]]
}

@test "an unknown parameter is refused" {
	# awscli would not send one; curl signs well enough without a session token
	body='Action=DescribeInstances&Version=2016-11-15&Colour=red'
	# shellcheck disable=SC2031
	run -0 curl -s --aws-sigv4 "aws:amz:us-east-2:ec2" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
		-H 'Content-Type: application/x-www-form-urlencoded' -d "$body" "$ENDPOINT/"
	[[ $output == *UnknownParameter*Colour* ]]
}

@test "dry run and what is not simulated" {
	run -254 aws ec2 create-placement-group --group-name x --strategy cluster --dry-run
	[[ $output == *DryRunOperation* ]]
	run -254 aws ec2 create-vpc --cidr-block 10.0.0.0/16
	[[ $output == *UnsupportedOperation* ]]
}

@test "types, offers, zones, groups" {
	run -0 aws ec2 describe-instance-types --instance-types hpc7a.96xlarge \
		--query 'InstanceTypes[0].[VCpuInfo.DefaultVCpus,NetworkInfo.EfaInfo.MaximumEfaInterfaces]'
	[ "$output" = $'192\t2' ]
	run -0 aws ec2 describe-instance-types --filters Name=network-info.efa-supported,Values=true --output json --query 'length(InstanceTypes)'
	[ "$output" = 298 ]
	run -0 aws ec2 describe-instance-type-offerings --location-type availability-zone \
		--filters Name=instance-type,Values=hpc7a.96xlarge --query 'length(InstanceTypeOfferings)'
	[ "$output" = 3 ]
	run -0 aws ec2 describe-availability-zones --query 'AvailabilityZones[].ZoneId'
	[ "$output" = $'use2-az1\tuse2-az2\tuse2-az3' ]
	run -0 aws ec2 describe-security-groups --group-ids sg-0aaaaaaaaaaaaaaa1 \
		--query 'SecurityGroups[].IpPermissions[].UserIdGroupPairs[].GroupId'
	[ "$output" = sg-0aaaaaaaaaaaaaaa1 ]
}

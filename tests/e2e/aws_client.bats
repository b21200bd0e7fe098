#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# lib/aws against the simulator, which checks each request by AWS's own service model. Run in the
# build directory:	bats SRCDIR/tests/e2e/aws_client.bats

bats_require_minimum_version 1.5.0

SUBNET=subnet-0aaaaaaaaaaaaaaa1
SG=sg-0aaaaaaaaaaaaaaa1

await() {
	local deadline=$((SECONDS + ($1 < 60 ? 60 : $1)))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < deadline)) || { echo "waited in vain: $*" >&2; return 1; }
		sleep 0.05
	done
}

# Does the newest service model of EC2 on this machine know FEATURE?
models_have() {
	PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 - "$BATS_TEST_DIRNAME/../../contrib/ec2sim" "$1" <<-'EOF'
	import sys
	sys.path.insert(0, sys.argv[1])
	import judge, newer
	sys.exit(sys.argv[2] not in newer.features(judge.load_model('ec2')))
	EOF
}

setup_file() {
	export CLIENT=${BUILDDIR:-$PWD}/tests/e2e/ec2_client
	[[ -x $CLIENT ]] || { echo "no $CLIENT: make first, run in the build directory" >&2; return 1; }
	for tool in openssl python3; do
		command -v "$tool" >/dev/null || skip "needs $tool"
	done
	export SIM=$BATS_FILE_TMPDIR/sim FAULTS=$BATS_FILE_TMPDIR/faults.json
	export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
	export AWS_ACCESS_KEY_ID=AKIAEC2SIMEXAMPLE001 AWS_REGION=us-east-2
	export AWS_SECRET_ACCESS_KEY=ec2sim-example-secret-key-0000000000001
	unset AWS_SESSION_TOKEN AWS_PROFILE
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$BATS_FILE_TMPDIR/key.pem" \
		-out "$BATS_FILE_TMPDIR/cert.pem" -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null
	export BLOCK=''
	! models_have capacity-blocks || BLOCK='{"id": "cr-0aaaaaaaaaaaaaaa3", "type": "p5.48xlarge",
		"az": "us-east-2a", "total": 2, "kind": "capacity-block"}'
	cat >"$BATS_FILE_TMPDIR/scenario.json" <<-EOF
	{"launch_templates": [{"name": "site", "id": "lt-0123456789abcdef0", "user_data": "boot.sh", "data": {
		"ImageId": "ami-0123456789abcdef0", "KeyName": "k", "SecurityGroupIds": ["$SG"],
		"BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 50, "Encrypted": true}}],
		"TagSpecifications": [{"ResourceType": "volume", "Tags": [{"Key": "a", "Value": "1"}]}],
		"CpuOptions": {"ThreadsPerCore": 1, "CoreCount": 4}}}],
	 "capacity": {"c7i.large": 3}, "queues": [{"name": "burst", "visibility_s": 1, "events": ["spot-interruption", "health"]}],
	 "capacity_reservations": [
		{"id": "cr-0aaaaaaaaaaaaaaa1", "type": "c6in.32xlarge", "az": "us-east-2a", "total": 3, "match": "targeted"},
		{"id": "cr-0aaaaaaaaaaaaaaa2", "type": "c5n.18xlarge", "az": "us-east-2b", "total": 2, "group": "reserved"}${BLOCK:+, $BLOCK}],
	 "quotas": {"on-demand": {"standard": 4096}, "spot": {"standard": 512}, "default": {"on-demand": {"hpc": 1536}}}}
	EOF
	printf '#!/bin/sh\n' >"$BATS_FILE_TMPDIR/boot.sh"
	"$BATS_TEST_DIRNAME/../../contrib/ec2sim/ec2sim" --listen 127.0.0.1:0 --state "$SIM" \
		--journal "$BATS_FILE_TMPDIR/journal" --scenario "$BATS_FILE_TMPDIR/scenario.json" \
		--faults "$FAULTS" --tls-cert "$BATS_FILE_TMPDIR/cert.pem" \
		--tls-key "$BATS_FILE_TMPDIR/key.pem" 3>&- &
	export SIM_PID=$!
	await 20 test -s "$SIM/ready"
	AWS_ENDPOINT_URL=https://$(cat "$SIM/ready")
	export AWS_ENDPOINT_URL AWS_CA_BUNDLE=$BATS_FILE_TMPDIR/cert.pem
}

teardown_file() {
	[[ -z ${SIM_PID:-} ]] || kill "$SIM_PID"
}

teardown() {
	rm -f "$FAULTS"
}

client() {
	"$CLIENT" "$@"
}

says() {
	[[ $output == *"$1"* ]] || { printf 'not said: %s\nbut: %s\n' "$1" "$output" >&2; return 1; }
}

is_state() {
	[[ $(client group-state "$1") == "$2" ]]
}

# All of these run and have an address.
running() {
	local found
	found=$(client by-id burst:gang "$@") || return 1
	[[ $(grep -c ' running [^ ]* 10\.' <<<"$found") == "$#" ]]
}

console_says() {
	[[ $(client console "$1") == *"$2"* ]]
}

@test "signed over TLS; a certificate of nobody we trust is refused" {
	run -0 client caller
	says arn:aws
	AWS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt run -3 client caller
	says "config - "
	says "certificate"
	AWS_SECRET_ACCESS_KEY=wrong run -4 client caller
	says "auth SignatureDoesNotMatch"
	[[ $output != *wrong* ]]
}

@test "look at the template, derive one with other interfaces" {
	# shellcheck disable=SC2016 # it is EC2's word, not a variable
	run -0 client template site '$Latest'
	[[ $output == "lt-0123456789abcdef0 1 ami-0123456789abcdef0 data $SG" ]]
	run -0 client derive lt-0123456789abcdef0 1 "$SG" prof token-1
	[[ $output == 2 ]]
	run -0 client derive lt-0123456789abcdef0 1 "$SG" prof token-1
	[[ $output == 2 ]] # the same token: the same version
	await 5 client template lt-0123456789abcdef0 2
	run -0 client template lt-0123456789abcdef0 2
	[[ $output == "lt-0123456789abcdef0 2 ami-0123456789abcdef0 data $SG" ]]
	run -0 client derive lt-0123456789abcdef0 2 "$SG" '' token-2
	[[ $output == 3 ]]
	run -0 client template-delete lt-0123456789abcdef0 3
	run -0 client template-delete lt-0123456789abcdef0 3
	run -0 client template-versions lt-0123456789abcdef0
	[[ ${#lines[@]} == 2 && ${lines[0]} == "1 created default -" && ${lines[1]} == "2 created - derived" ]]
	run -5 client template site 99
	says "consistency InvalidLaunchTemplateId.VersionNotFound"
}

@test "a gang: group, fleet, describe, tag, terminate" {
	run -0 client group-create burst-lab-1 burst:cluster lab
	await 5 is_state burst-lab-1 available
	run -0 client group-list burst:cluster lab
	[[ $output == burst-lab-1 ]]
	run -0 client group-count
	[[ $output == 2 ]] # and the reservation's
	run -9 client group-create burst-lab-1 burst:cluster lab
	says "busy InvalidPlacementGroup.Duplicate"
	run -0 client fleet lt-0123456789abcdef0 2 hpc7a.96xlarge $SUBNET burst-lab-1 4 on-demand tok-1 burst:gang g-1
	[[ ${#lines[@]} == 4 && ${lines[0]} == "instance i-"*" hpc7a.96xlarge $SUBNET on-demand" ]]
	mapfile -t ids < <(printf '%s\n' "${lines[@]}" | cut -d' ' -f2)
	await 10 running "${ids[@]}"
	run -0 client by-tag burst:gang g-1
	[[ ${#lines[@]} == 4 && ${lines[3]} == *" running hpc7a.96xlarge 10.77."*" burst-lab-1 g-1 launched" ]]
	run -0 client tag burst:n0 'a b~*/&ü' "${ids[@]}"
	run -0 client by-tag burst:n0 'a b~*/&ü'
	[[ ${#lines[@]} == 4 ]]
	run -9 client group-delete burst-lab-1
	says "busy InvalidPlacementGroup.InUse"
	run -0 client terminate "${ids[@]}"
	await 10 client group-delete burst-lab-1
	run -0 client group-delete burst-lab-1 # gone already
	run -5 client terminate i-0000000000000dead
	says "consistency InvalidInstanceID.NotFound"
}

@test "no capacity: HTTP 200 with errors; spot" {
	run -0 client fleet lt-0123456789abcdef0 1 c7i.large $SUBNET '' 4 on-demand tok-2 burst:gang g-2
	[[ $output == "error InsufficientInstanceCapacity c7i.large" ]]
	run -0 client fleet lt-0123456789abcdef0 1 c6i.32xlarge $SUBNET '' 2 spot tok-3 burst:gang g-3
	[[ ${#lines[@]} == 2 && ${lines[0]} == *" spot" ]]
}

@test "a price cap and reservations first: as EC2's model wants them" {
	run -0 client fleet lt-0123456789abcdef0 1 c6i.32xlarge $SUBNET '' 2 spot tok-5 burst:gang g-5 3500000
	[[ ${#lines[@]} == 2 && ${lines[0]} == *" spot" ]]
	run -2 client fleet lt-0123456789abcdef0 1 c6i.32xlarge $SUBNET '' 2 spot tok-6 burst:gang g-6 1000
	says "usage - at most 1000 micro-USD an hour for c6i.32xlarge"
	run -0 client fleet lt-0123456789abcdef0 1 c6i.32xlarge $SUBNET '' 2 reserved-first tok-7 burst:gang g-7
	[[ ${#lines[@]} == 2 && ${lines[0]} == *" on-demand" ]]
}

@test "targeted reservation: a template of its own, no more than it has" {
	run -0 client reservations cr-0aaaaaaaaaaaaaaa2 cr-0aaaaaaaaaaaaaaa1
	[[ ${lines[0]} == "cr-0aaaaaaaaaaaaaaa2 c5n.18xlarge us-east-2b active default open default arn:aws:ec2:us-east-2:"*":placement-group/reserved 2/2" ]]
	[[ ${lines[1]} == "cr-0aaaaaaaaaaaaaaa1 c6in.32xlarge us-east-2a active default targeted default - 3/3" ]]
	run -3 client reservations cr-0aaaaaaaaaaaaaaaf
	says "config InvalidCapacityReservationId.NotFound"
	run -0 client derive lt-0123456789abcdef0 1 "$SG" '' token-cr cr-0aaaaaaaaaaaaaaa1
	version=$output
	await 5 client template lt-0123456789abcdef0 "$version"
	run -0 client fleet lt-0123456789abcdef0 "$version" c6in.32xlarge $SUBNET '' 4 reserved-first tok-10 burst:gang g-10
	says "error ReservationCapacityExceeded c6in.32xlarge"
	[[ ${#lines[@]} == 1 ]]
	run -0 client fleet lt-0123456789abcdef0 "$version" c6in.32xlarge $SUBNET '' 2 reserved-first tok-11 burst:gang g-11
	[[ ${#lines[@]} == 2 && ${lines[0]} == *" c6in.32xlarge $SUBNET on-demand" ]]
	run -0 client reservations cr-0aaaaaaaaaaaaaaa1
	[[ $output == *" 1/3" ]]
}

@test "capacity block: a market of its own, which gives what it has" {
	[[ -n $BLOCK ]] || skip "the service model here knows no capacity blocks: contrib/ci/model fetches a newer one"
	run -0 client reservations cr-0aaaaaaaaaaaaaaa3
	[[ $output == "cr-0aaaaaaaaaaaaaaa3 p5.48xlarge us-east-2a active capacity-block targeted default - 2/2" ]]
	run -0 client derive lt-0123456789abcdef0 1 "$SG" '' token-block cr-0aaaaaaaaaaaaaaa3 block
	version=$output
	await 5 client template lt-0123456789abcdef0 "$version"
	run -0 client fleet lt-0123456789abcdef0 "$version" p5.48xlarge $SUBNET '' 3 block tok-12 burst:gang g-12
	[[ ${#lines[@]} == 3 && ${lines[0]} == *" p5.48xlarge $SUBNET on-demand" ]]
	says "error ReservationCapacityExceeded p5.48xlarge"
	run -0 client reservations cr-0aaaaaaaaaaaaaaa3
	[[ $output == *" 0/2" ]]
}

@test "vCPU quotas over the JSON protocol" {
	run -0 client quota L-1216C47A
	[[ $output == 4096 ]]
	run -0 client quota L-34B43A08
	[[ $output == 512 ]]
	run -0 client quota L-F7808C92 # the account has none of its own
	[[ $output == 1536 ]]
	run -8 client quota L-00000000
	says "notfound NoSuchResourceException"
	AWS_SECRET_ACCESS_KEY=wrong run -4 client quota L-1216C47A
	says "auth "
	[[ $output != *wrong* ]]
	cat >"$FAULTS" <<-'EOF'
	[{"action": "GetServiceQuota", "call": 1, "drop": "before"},
	 {"action": "GetServiceQuota", "call": 2, "error": {"code": "ServiceException", "message": "m", "status": 500}}]
	EOF
	run -0 client quota L-1216C47A
	[[ $output == 4096 ]]
}

@test "the console of a node whose image is wrong; one that wrote nothing" {
	cat >"$FAULTS" <<-'EOF'
	[{"action": "CreateFleet", "call": 1, "boot": "wrong-image"}]
	EOF
	run -0 client fleet lt-0123456789abcdef0 1 c6i.32xlarge $SUBNET '' 1 on-demand tok-8 burst:gang g-8
	read -r _ id _ <<<"$output"
	await 10 console_says "$id" cloud-init
	run -0 client fleet lt-0123456789abcdef0 1 c6i.32xlarge $SUBNET '' 1 on-demand tok-9 burst:gang g-9
	read -r _ id _ <<<"$output"
	await 5 client by-id burst:gang "$id"
	run -0 client console "$id"
	[[ $output == "(none)" ]]
	run -5 client console i-0000000000000dead
	says "consistency InvalidInstanceID.NotFound"
}

# from outside of EC2: JSON
control() {
	curl -sf --cacert "$AWS_CA_BUNDLE" -d "$1" "$AWS_ENDPOINT_URL/ec2sim/control"
}

status_is() { # ID WORDS
	[[ $(client status "$1") == "$1 us-east-2a $2" ]]
}

told() { # TEXT: the queue has just this
	[[ $(client receive "$QUEUE" 1 delete) == "$1" ]]
}

@test "checks and scheduled events" {
	run -0 client fleet lt-0123456789abcdef0 1 c6i.32xlarge $SUBNET '' 2 on-demand tok-20 burst:gang g-20
	read -r _ a _ <<<"${lines[0]}"
	read -r _ b _ <<<"${lines[1]}"
	await 10 running "$a" "$b"
	run -0 client status "$a" "$b"
	[[ ${#lines[@]} == 2 && ${lines[0]} == "$a us-east-2a running ok ok -" ]]
	run -0 client status system-status.status impaired
	[[ $output == "" ]]
	control '{"do": "impair", "check": "system", "instances": ["'"$a"'"]}'
	run -0 client status system-status.status impaired
	[[ $output == "$a us-east-2a running impaired ok since" ]]
	control '{"do": "mend", "instances": ["'"$a"'"]}'
	run -0 client status system-status.status impaired
	[[ $output == "" ]]
	QUEUE=https://sqs.us-east-2.amazonaws.com/123456789012/burst
	control '{"do": "schedule", "code": "instance-stop", "in_s": 2, "instances": ["'"$a"'"]}'
	run -0 client status event.code instance-stop
	[[ $output == "$a us-east-2a running ok ok - instance-stop/The instance is scheduled to be stopped/to come" ]]
	await 5 told "1 timed health us-east-2 $a AWS_EC2_INSTANCE_STOP_SCHEDULED"
	await 10 status_is "$a" 'stopped not-applicable not-applicable - instance-stop/[Completed] The instance is scheduled to be stopped/over'
	run -5 client status "$b" i-0123456789abcdef0
	says "consistency InvalidInstanceID.NotFound"
	# the end of one, by EC2's clock; of the other it is not said
	run -0 client terminate "$b"
	run -0 client ends "$a" "$b"
	[[ ${lines[0]} == "$a stopped Server.ScheduledStop: "*" -1" ]]
	[[ ${lines[1]} =~ ^"$b shutting-down Client.UserInitiatedShutdown: "*.*\ [0-9]+$ ]]
	run -3 client status tag:burst:gang g-20
	says "config InvalidParameterValue"
}

@test "a Spot instance under notice, by the queue and by its request" {
	run -0 client fleet lt-0123456789abcdef0 1 g5.48xlarge $SUBNET '' 1 spot tok-21 burst:gang g-21
	read -r _ id _ <<<"$output"
	await 10 running "$id"
	run -0 client spot instance-id "$id"
	[[ $output == "$id active fulfilled timed" ]]
	run -0 client spot status-code marked-for-termination
	[[ $output == "" ]]
	QUEUE=https://sqs.us-east-2.amazonaws.com/123456789012/burst
	control '{"do": "interrupt", "notice_s": 6, "instances": ["'"$id"'"]}'
	run -0 client receive "$QUEUE" 20 keep
	[[ $output == "1 timed spot-interruption us-east-2 $id terminate" ]]
	run -0 client spot status-code marked-for-termination
	[[ $output == "$id active marked-for-termination timed marked" ]]
	# not deleted: it comes again
	run -0 client receive "$QUEUE" 5 delete
	[[ $output == "2 timed spot-interruption us-east-2 $id terminate" ]]
	run -0 client receive "$QUEUE" 2 delete
	[[ $output == "" ]]
	ended() { [[ $(client spot instance-id "$id") == "$id closed instance-terminated-no-capacity timed" ]]; }
	await 15 ended
	run -0 client ends "$id"
	[[ $output == *" Server.SpotInstanceTermination: "*" -1" ]]
}

@test "a queue: what anybody wrote into it, what it refuses, lost answers" {
	QUEUE=https://sqs.us-east-2.amazonaws.com/123456789012/burst
	control '{"do": "message", "body": "rm -rf /"}'
	run -0 client receive "$QUEUE" 1 delete
	[[ $output == "1 timed no event: not a JSON object" ]]
	run -3 client receive "${QUEUE}x" 0 keep
	says "config QueueDoesNotExist"
	run -3 client receive https://sqs.us-east-2.amazonaws.com/burst 0 keep
	says "the queue's URL"
	AWS_SECRET_ACCESS_KEY=wrong run -4 client receive "$QUEUE" 0 keep
	says "auth "
	[[ $output != *wrong* ]]
	# an answer that was lost on its way: the message comes again
	cat >"$FAULTS" <<-'EOF'
	[{"action": "ReceiveMessage", "call": 1, "drop": "after"},
	 {"action": "DeleteMessageBatch", "call": 1, "error": {"code": "RequestThrottled", "message": "m", "status": 400}}]
	EOF
	control '{"do": "message", "body": "{}"}'
	# who listens has others to listen to: asked once, and again at the next turn
	run -5 client receive "$QUEUE" 5 delete
	run -0 client receive "$QUEUE" 5 delete
	[[ $output == "2 timed other  - -" ]]
	run -0 client receive "$QUEUE" 0 delete
	[[ $output == "" ]]
}

@test "subnets" {
	run -0 client subnets subnet-0aaaaaaaaaaaaaaa2 $SUBNET
	[[ ${lines[0]} == "subnet-0aaaaaaaaaaaaaaa2 us-east-2b "* && ${lines[1]} == "$SUBNET us-east-2a "* ]]
	run -3 client subnets subnet-0aaaaaaaaaaaaaaaf
	says "config InvalidSubnetID.NotFound"
}

@test "a lost answer, a half one and throttling: the same fleet, once" {
	cat >"$FAULTS" <<-'EOF'
	[{"action": "CreateFleet", "call": 1, "drop": "after"},
	 {"action": "CreateFleet", "call": 2, "truncate": 100},
	 {"action": "DescribeInstances", "call": 1, "error": {"code": "RequestLimitExceeded", "message": "m"}}]
	EOF
	run -0 client fleet lt-0123456789abcdef0 1 c6i.32xlarge $SUBNET '' 2 on-demand tok-4 burst:gang g-4
	[[ ${#lines[@]} == 2 ]]
	sleep 0.5
	run -0 client by-tag burst:gang g-4
	[[ ${#lines[@]} == 2 ]]
}

#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# catalog refresh and list against the simulator, without Slurm. Run in the build directory:
#	bats SRCDIR/tests/e2e/catalog.bats

# shellcheck disable=SC2154 # "run --separate-stderr" sets it
bats_require_minimum_version 1.5.0

REFRESHED='us-east-2: 382 types, 300 with EFA, 11 that the built-in table of 2026-07-20 lacks; 3 zones, 2 subnets of ours'

await() {
	local deadline=$((SECONDS + ($1 < 60 ? 60 : $1)))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < deadline)) || { echo "waited in vain: $*" >&2; return 1; }
		sleep 0.05
	done
}

setup_file() {
	export HELPER=${BUILDDIR:-$PWD}/helper/aws-slurm-burst
	[[ -x $HELPER ]] || { echo "no $HELPER: make first, run in the build directory" >&2; return 1; }
	export T=$BATS_FILE_TMPDIR
	export FAULTS=$T/faults.json JOURNAL=$T/journal
	export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
	export AWS_ACCESS_KEY_ID=AKIAEC2SIMEXAMPLE001
	export AWS_SECRET_ACCESS_KEY=ec2sim-example-secret-key-0000000000001
	unset AWS_SESSION_TOKEN AWS_PROFILE AWS_REGION AWS_ENDPOINT_URL
	# hpc9a and a p6-b300 of one size less are in nobody's table; hpc7a is sold in one zone
	cat >"$T/scenario.json" <<-'EOF'
	{"instance_types": {
		"hpc9a.96xlarge": {"vcpus": 192, "cores": 192, "threads": 1, "gib": 768, "efa": 2, "cards": "2x2",
			"usage": ["on-demand"]},
		"p6-b300.24xlarge": {"vcpus": 96, "cores": 48, "gib": 2048, "gpus": 4, "efa": 8, "cards": "9x4"}},
	 "offerings": {"hpc9a.96xlarge": ["us-east-2b"], "hpc7a.96xlarge": ["us-east-2a"]},
	 "regions": {"us-west-2": {"subnets": [{"id": "subnet-0bbbbbbbbbbbbbbb1", "az": "us-west-2a",
		"cidr": "10.78.1.0/24"}]}}}
	EOF
	"$BATS_TEST_DIRNAME/../../contrib/ec2sim/ec2sim" --listen 127.0.0.1:0 --state "$T/sim" \
		--journal "$JOURNAL" --scenario "$T/scenario.json" --faults "$FAULTS" 3>&- &
	export SIM_PID=$!
	await 20 test -s "$T/sim/ready"
	cat >"$T/burst.yaml" <<-EOF
	aws: {region: us-east-2, endpoint_url: "http://$(cat "$T/sim/ready")", retry_max_attempts: 1}
	state: {directory: $T/state}
	public: {directory: $T/public}
	logging: {file: $T/log}
	slurm:
	  partitions:
	  - partition_name: aws
	    node_groups:
	    - node_group_name: hpc
	      max_nodes: 4
	      region: us-east-2
	      purchasing_option: on-demand
	      launch_template_specification: {launch_template_name: site}
	      launch_template_overrides: [{instance_type: hpc9a.96xlarge}]
	      subnet_ids: [subnet-0aaaaaaaaaaaaaaa1, subnet-0aaaaaaaaaaaaaaa2]
	EOF
	chmod 600 "$T/burst.yaml"
	# an ordinary user must get through to what is public
	chmod o+x "$BATS_RUN_TMPDIR" "$T"
}

teardown_file() {
	[[ -z ${SIM_PID:-} ]] || kill "$SIM_PID"
}

setup() {
	rm -rf "$FAULTS" "$T/state" "$T/public"
	install -d -m 700 "$T/state"
	install -d -m 755 "$T/public"
	SEEN=$(wc -l <"$JOURNAL")
}

catalog() {
	"$HELPER" -c "$T/burst.yaml" catalog "$@"
}

# new ACTION: requests of this test
new() {
	tail -n "+$((SEEN + 1))" "$JOURNAL" | jq -c "select(.kind == \"request\" and .action == \"$1\")"
}

# as_nobody COMMAND...: from a copy of the program that it may run
as_nobody() {
	((EUID == 0)) || skip 'needs root'
	install -m 755 "$HELPER" "$T/helper"
	setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/usr/bin:/bin "$T/helper" "$@"
}

@test "refresh asks page by page, keeps all, and list tells whose word it is" {
	run -0 catalog list --type 'hpc9*'
	[ "$output" = 'us-east-2: the built-in table of 2026-07-20; "aws-slurm-burst catalog refresh" asks EC2
no type is so' ]
	run -0 catalog refresh
	[ "$output" = "$REFRESHED" ]
	# 382 types at 100 a page, three zones at 1000 a page
	[ "$(new DescribeInstanceTypes | wc -l)" -eq 4 ]
	[ "$(new DescribeInstanceTypeOfferings | wc -l)" -eq 2 ]
	[ "$(new DescribeSubnets | wc -l)" -eq 1 ]
	run -0 catalog list --type 'hpc[79]a.96*'
	[[ ${lines[0]} =~ ^"us-east-2: EC2's word of "[0-9:]{8}", "[0-9]+"s old; else the built-in table of 2026-07-20"$ ]]
	[ "${lines[2]}" = 'hpc7a.96xlarge           192   192     768 x86_64    -   2     2 on-demand           7.20 EC2   a' ]
	[ "${lines[3]}" = 'hpc9a.96xlarge           192   192     768 x86_64    -   2     2 on-demand              - EC2   b' ]
	[ "${#lines[@]}" -eq 4 ]
	# what EC2 has not told of is in none of its zones
	run -0 catalog list --type 'c5a.large'
	[[ ${lines[2]} == *' table none' ]]
}

@test "list filters, and its JSON has all of a type" {
	catalog refresh
	run -0 catalog list --efa --gpus --arch x86_64 --min-vcpus 96 --min-mem 2048 --type 'p6-b300*'
	[ "${lines[2]}" = 'p6-b300.24xlarge          96    48    2048 x86_64    4   8     9 on-demand,spot         - EC2   a,b,c' ]
	[[ ${lines[3]} == 'p6-b300.48xlarge '* ]]
	run -0 catalog list --json --type p6-b300.24xlarge
	[ "$(jq -c '.types[0] | [.name, .gpus, .efa, .efa_on_card0, .source, .zones]' <<<"$output")" = \
		'["p6-b300.24xlarge",4,8,false,"ec2",["us-east-2a","us-east-2b","us-east-2c"]]' ]
	run -0 catalog list --spot --json --type 'hpc*'
	[ "$(jq -c .types <<<"$output")" = '[]' ]
	run -0 catalog list --arch arm64 --json
	[ "$(jq -c '[.types[].arch] | unique' <<<"$output")" = '["arm64"]' ]
}

@test "a page that fails leaves what was known" {
	catalog refresh
	before=$(catalog list --json | jq -S .types | md5sum)
	printf '[{"action": "DescribeInstanceTypes", "call": 3, "error": {"code": "UnauthorizedOperation",
		"message": "not today", "status": 403}}]' >"$FAULTS"
	run --separate-stderr -4 catalog refresh
	[[ $stderr == *'us-east-2: what was known of it stays: '*UnauthorizedOperation* ]]
	[ -z "$output" ]
	[ "$(catalog list --json | jq -S .types | md5sum)" = "$before" ]
	[ "$(new DescribeInstanceTypeOfferings | wc -l)" -eq 2 ]
}

@test "another region, by name" {
	run -0 catalog refresh --region us-west-2
	[[ $output == 'us-west-2: '*' 0 subnets of ours' ]]
	run -0 catalog list --region us-west-2 --type c5.large
	[[ ${lines[2]} == *' EC2   '* ]]
	run -0 catalog list --type c5.large
	[[ ${lines[0]} == 'us-east-2: the built-in table of '* ]]
	jq -e '.regions | keys == ["us-west-2"]' "$T/public/catalogue.json"
}

@test "what is public: everybody reads it, nobody else can have written it" {
	catalog refresh
	[ "$(stat -c '%a' "$T/public/catalogue.json" "$T/public/prices.json" | sort -u)" = 644 ]
	jq -e '.version == 1 and .regions["us-east-2"].types["hpc9a.96xlarge"].efa == 2
		and .regions["us-east-2"].subnets["subnet-0aaaaaaaaaaaaaaa2"] == "us-east-2b"' "$T/public/catalogue.json"
	jq -e '.regions["us-east-2"]["hpc7a.96xlarge"] == 7200000' "$T/public/prices.json"
	chmod 777 "$T/public"
	run --separate-stderr -0 catalog refresh
	[ "$output" = "$REFRESHED" ]
	[[ $stderr == *"public.directory: $T/public has mode 0777: chmod go-w it"* ]]
	rm -r "$T/public"
	run -0 catalog refresh
	[ "${lines[1]}" = "$T/public does not exist: users are told nothing of it" ]
}

@test "who may not read the state takes what is public" {
	catalog refresh
	chmod 644 "$T/burst.yaml"
	run -0 as_nobody -c "$T/burst.yaml" catalog list --type hpc9a.96xlarge
	chmod 600 "$T/burst.yaml"
	[[ ${lines[0]} == "us-east-2: EC2's word of "* ]]
	[[ ${lines[2]} == *' EC2   b' ]]
	# nor the configuration: then the region must be named, and what is known lies at the usual place
	run -3 as_nobody -c "$T/burst.yaml" catalog list
	[[ $output == *'without a configuration give --region'* ]] || { echo "$output"; false; }
	run -0 as_nobody -c "$T/burst.yaml" catalog list --region us-west-2 --type c5.large
	[[ ${lines[2]} == *' table -' ]]
}

@test "words that mean nothing" {
	run -2 catalog
	[[ $output == usage:* ]]
	run -0 catalog --help
	run -2 catalog refresh now
	run -2 catalog list --nosuch
	run -2 catalog list hpc7a
	run -2 catalog list --arch sparc
	[[ $output == *'--arch "sparc": expected x86_64 or arm64' ]]
	run -2 catalog list --min-vcpus -4
	[[ $output == *'--min-vcpus "-4": expected a whole number up to 65535' ]]
	run -2 catalog list --min-mem 4G
}

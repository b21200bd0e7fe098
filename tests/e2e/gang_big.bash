# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the files about large gangs share.

# shellcheck disable=SC2016 # jq's variables

# new ACTION [FILTER]: the helper's requests of this test
new() {
	tail -n "+$((SEEN + 1))" "$BURST_JOURNAL" |
		jq -c "select(.kind == \"request\" and .action == \"$1\" and .access_key == \"$BURST_ACCESS_KEY\") | ${2:-.}"
}

# told JOB PATTERN: its comment says so
told() {
	# shellcheck disable=SC2053 # a pattern
	[[ $(job_field "$1" AdminComment) == $2 ]]
}

# shellcheck disable=SC2034 # for the tests
# Of a CreateFleet: how many, its pools and its placement groups.
FLEET='.params | [.TargetCapacitySpecification.TotalTargetCapacity, .OnDemandOptions.MinTargetCapacity,
	([.LaunchTemplateConfigs[].Overrides[] | .InstanceType + "/" + .SubnetId[-1:]] | join(" ")),
	([.LaunchTemplateConfigs[].Overrides[].Placement.GroupName] | unique | map(sub(".*-rehearsal-[0-9]+-[0-9a-f]+"; "G")) | join(" "))]'

launch_tags() {
	new CreateFleet '.params | [.TagSpecifications[] | select(.ResourceType == "instance").Tags[]
		| select(.Key | test("^burst:nodes")) | .Value] | add' | jq -r .
}

# asked_to_end: ids in all TerminateInstances of this test, one a line, as often as they were asked for
asked_to_end() {
	new TerminateInstances 'select(.error == null).params.InstanceIds[]'
}

# decoded HOW-MANY: the node that contrib/compute-node finds for an instance, and the address that it has at
# EC2, of each HOW-MANY-th instance of this test's that lives
decoded() {
	local address list ks count name
	while IFS=$'\t' read -r address list ks; do
		count=$(in_cluster scontrol show hostnames "$list" | wc -l)
		# shellcheck disable=SC2086 # one number each
		name=$(in_cluster scontrol show hostnames "$list" |
			sed -n "$(($("$BURST_SOURCE/contrib/compute-node/burst-identity" "$count" $ks) + 1))p")
		echo "$name $address"
	done < <(ec2_objects instance 'select(.state == "pending" or .state == "running") | .tags as $t
		| [.address, ([$t | to_entries[] | select(.key | test("^burst:nodes"))] | sort_by(.key) | map(.value) | join("")),
			([$t | keys[] | select(test("^burst:k[0-9]+$")) | .[7:]] | join(" "))]' |
		jq -r @tsv | awk -v every="$1" 'NR % every == 1')
}

# addresses: each node and what Slurm was told of it
addresses() {
	in_cluster scontrol -o show node | sed -nE 's/^NodeName=([^ ]+) .* NodeAddr=(10\.80[^ ]+) .*/\1 \2/p' | sort
}

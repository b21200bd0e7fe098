#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# minutes: 12
#
# tests/soak/soak for five minutes, with a seed of the day; it says more of itself.

load cluster

setup() {
	need_helper
}

@test "five minutes of random jobs and misfortune: all is done or explained, EC2 is empty, the ledger is right" {
	install_tree
	run "$BURST_SOURCE/tests/soak/soak" --prefix "$BURST_PREFIX" --minutes "${SOAK_MINUTES:-5}" \
		--seed "${SOAK_SEED:-$(date +%Y%m%d)}" --dir "$BATS_TEST_TMPDIR"
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == "seed "* ]]
	[[ $output == *"every job is done or explained, EC2 is empty, the ledger equals EC2's" ]]
}

#!/usr/bin/env bats
# contrib/ci/model: what it does when there is nothing to do, and when nothing can be had.

bats_require_minimum_version 1.5.0

setup() {
	export BURST_MODELS=$BATS_TEST_TMPDIR/models
	model=$BATS_TEST_DIRNAME/../../ci/model
}

@test "what is there is not fetched again" {
	mkdir -p "$BURST_MODELS"/{1.40.72,1.9.1,.1.50.0.77}
	BURST_MIRROR=http://127.0.0.1:1/debian run -0 "$model"
	[ "$output" = "$BURST_MODELS/1.40.72" ]
}

@test "a mirror that fails is told, and leaves nothing behind" {
	BURST_MIRROR=http://127.0.0.1:1/debian run -1 "$model"
	[[ ${lines[-1]} == 'model: neither forky nor trixie at http://127.0.0.1:1/debian gave python3-botocore: the simulator has only the installed model' ]]
	[ -z "$(ls -A "$BURST_MODELS")" ]
}

@test "a place that cannot be is told; so is a wrong option" {
	: >"$BATS_TEST_TMPDIR/file"
	BURST_MODELS=$BATS_TEST_TMPDIR/file/models run -1 "$model"
	[ "$output" = "model: $BATS_TEST_TMPDIR/file/models cannot be made; BURST_MODELS names another place" ]
	run -2 "$model" --what
	[ "$output" = 'usage: contrib/ci/model [--again]' ]
}

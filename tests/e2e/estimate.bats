#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# estimate and explain as an ordinary user on a host without state, Slurm or EC2. Run in the build directory:
#	bats SRCDIR/tests/e2e/estimate.bats

# shellcheck disable=SC2154 # "run --separate-stderr" sets it
bats_require_minimum_version 1.5.0

setup_file() {
	# one built for coverage would complain at stderr of a user who cannot write into the build tree
	local helper=${BURST_PLAIN_PREFIX:+$BURST_PLAIN_PREFIX/bin/aws-slurm-burst}
	helper=${helper:-${BUILDDIR:-$PWD}/helper/aws-slurm-burst}
	[[ -x $helper ]] || { echo "no $helper: make first, run in the build directory" >&2; return 1; }
	export T=$BATS_FILE_TMPDIR
	export HELPER=$T/helper
	install -m 755 "$helper" "$HELPER"
	install -m 644 "$BATS_TEST_DIRNAME"/../corpus/estimate/* "$T"
	chmod 755 "$T" "$T"/.. "$T"/../.. 2>/dev/null || true
}

# as_user [NAME=VALUE...] WORD...: in a directory that is not the user's, with nothing else in the environment
as_user() {
	local env=()
	while [[ $1 == [A-Z]*=* ]]; do
		env+=("$1")
		shift
	done
	if ((EUID)); then
		env -i PATH=/usr/bin:/bin "${env[@]}" "$HELPER" "$@"
	else
		setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/usr/bin:/bin "${env[@]}" "$HELPER" "$@"
	fi
}

estimate() {
	as_user -c "$T/burst.yaml" estimate "$@"
}

# field EXPRESSION: of the JSON in $output
field() {
	python3 -c 'import json, sys; print(eval(sys.argv[1], {"o": json.load(sys.stdin)}))' "$1" <<<"$output"
}

@test "a user is told of the job, the choice, the tries and what was not seen" {
	run -0 --separate-stderr estimate "$T/1-openfoam.sh"
	[ -z "$stderr" ]
	[[ $output == *'--nodes=16 (line 3)'* ]]
	[[ $output == *'line 7: OpenFOAM by srun'* ]]
	[[ $output == *'EFA: required (detected: OpenFOAM by srun, line 7, 16 nodes): used'* ]]
	[[ $output == *'refused c5.xlarge subnet-1: has 4 vCPUs'* ]]
	[[ $output == *'1. 16 x hpc7a.48xlarge|c7i.48xlarge in subnet-1, on-demand, EFA, placement group'* ]]
	[[ $output == *'what EC2 had none of a while ago: state directory /nonexistent/burst: No such file'* ]]
}

@test "the command line holds over the script, and JSON says the same" {
	run -0 --separate-stderr estimate --json -N 2 --efa=disabled "$T/1-openfoam.sh" -N 99
	[ "$(field 'o["groups"][0]["nodes"]')" = 2 ]
	[ "$(field 'o["groups"][0]["efa"]["mode"]')" = disabled ]
	[ "$(field '[a for a in o["asked"] if a["option"] == "nodes"][0]["from"]')" = 'command line' ]
	[ "$(field 'o["groups"][0]["tries"][0]["asked"]')" = \
		'2 x c7i.48xlarge|hpc7a.48xlarge in subnet-1, on-demand, no EFA, placement group' ]
}

@test "who cannot be served is told why, with the class's exit status" {
	run -7 --separate-stderr estimate --burst-cost=10 "$T/6-refused.sh"
	[ -z "$stderr" ]
	[[ $output == *'no       cost limit 10.00 USD: '* ]]
	run -3 --separate-stderr estimate "$T/7-too-large.sh"
	[[ $output == *'no       the job needs 100 CPUs on a node, and its nodes have 96'* ]]
}

@test "mistakes of the command line and the script, as sbatch would refuse them" {
	run -2 --separate-stderr estimate
	[[ $stderr == 'usage: aws-slurm-burst estimate '* ]]
	run -2 --separate-stderr estimate -N 4
	[ "$stderr" = 'aws-slurm-burst: estimate: no script is given; --help shows how' ]
	run -2 --separate-stderr estimate -t soon "$T/2-serial.sh"
	[ "$stderr" = 'aws-slurm-burst: estimate: --time: "soon": expected minutes, hours:minutes:seconds, days-hours or UNLIMITED' ]
	printf '#!/bin/sh\n#SBATCH -N x\n' >"$T/bad.sh"
	run -2 --separate-stderr estimate "$T/bad.sh"
	[ "$stderr" = "aws-slurm-burst: estimate: $T/bad.sh: line 2: --nodes: \"x\": expected a number or range such as 4 or 4-8" ]
	run --separate-stderr estimate "$T/none.sh"
	[ "$status" -ne 0 ]
	[[ $stderr == 'aws-slurm-burst: estimate: '*"$T/none.sh"* ]]
	run -0 --separate-stderr estimate --help
	[[ $output == 'usage: aws-slurm-burst estimate '* ]]
}

# shellcheck disable=SC2016 # what bash is given, it expands itself
@test "what could not be written is an error, a reader that has seen enough is none" {
	# larger than a buffer of stdio
	run -1 --separate-stderr bash -c '"$1" catalog list --region us-east-2 >/dev/full' _ "$HELPER"
	[ "$stderr" = 'aws-slurm-burst: catalog: standard output: No space left on device' ]
	run -1 --separate-stderr bash -c '"$1" -c "$2" estimate --json "$3" >/dev/full' _ "$HELPER" \
		"$T/burst.yaml" "$T/1-openfoam.sh"
	[ "$stderr" = 'aws-slurm-burst: estimate: standard output: No space left on device' ]
	run -0 --separate-stderr bash -c 'set -o pipefail; "$1" catalog list --region us-east-2 | true' _ "$HELPER"
	[ -z "$stderr" ]
}

@test "every command says what it takes, also with a configuration that cannot be read" {
	local command
	for command in resume suspend resume-fail release reconcile notices status explain catalog 'catalog list' \
		'catalog refresh' prices 'prices list' estimate detect cost budget open config; do
		# shellcheck disable=SC2086 # two words
		run -0 --separate-stderr as_user -c /nonexistent $command --help
		[[ $output == "usage: aws-slurm-burst "*"${command%% *}"* ]]
		[ -z "$stderr" ]
	done
}

@test "--wrap needs no script, and nothing is run of either" {
	run -0 --separate-stderr estimate -p aws -N 4 --wrap="touch $T/ran; mpirun ./x"
	[[ $output == *'mpirun starts several ranks of x'* ]]
	[ ! -e "$T/ran" ]
}

@test "a configuration that the user may not read is named" {
	((EUID == 0)) || skip 'needs root'
	install -m 600 "$T/burst.yaml" "$T/closed.yaml"
	run --separate-stderr as_user -c "$T/closed.yaml" estimate "$T/2-serial.sh"
	[ "$status" -ne 0 ]
	[[ $stderr == *"$T/closed.yaml: cannot open: Permission denied; and of what is public of it: "*'/site.json: No such file or directory' ]]
}

@test "what is public of a configuration that is closed serves as well, and holds no more" {
	((EUID == 0)) || skip 'needs root'
	local public=$T/site-public
	install -d -m 755 "$public"
	sed "s|/nonexistent/burst-public|$public|; s|aws: {|aws: {shared_credentials_file: /secret/file, |" \
		"$T/burst.yaml" >"$T/secret.yaml"
	chmod 600 "$T/secret.yaml"
	run -0 "$HELPER" -c "$T/secret.yaml" config export
	[ "$output" = "$public/site.json" ]
	[ "$(stat -c %a "$public/site.json")" = 644 ]
	run -1 grep -E 'secret|launch_template_name|role|endpoint' "$public/site.json"
	run -0 --separate-stderr as_user AWS_SLURM_BURST_PUBLIC="$public" LOADEDMODULES=slurm OMPI_MCA_x=1 \
		-c "$T/secret.yaml" estimate "$T/1-openfoam.sh"
	[ -z "$stderr" ]
	[[ ${lines[0]} == "  site     of "*" ago ($public/site.json)" ]]
	# the very same otherwise, but for why the state is not seen
	diff <(sed '/^  site /d; /^  not seen/,$d' <<<"$output") <(sed '/^  not seen/,$d' "$T/1-openfoam.txt")
	[[ $output == *'what EC2 had none of a while ago: only SlurmUser may read the state'* ]]
	# a region of its own for the second place, from the same file
	run -0 as_user AWS_SLURM_BURST_PUBLIC="$public" -c "$T/secret.yaml" estimate --json "$T/4-nccl.sh"
	[[ $(field '[t["region"] for t in o["groups"][0]["tries"]]') == *us-east-2*us-west-2* ]]
	[[ $(field 'o["site"]') == "of "*"$public/site.json)" ]]
	# who can read it is not told what others are, and another program's file is refused
	run -0 "$HELPER" -c "$T/secret.yaml" estimate "$T/1-openfoam.sh"
	[[ $output != *site.json* ]]
	sed -i 's/"version": 1/"version": 9/' "$public/site.json"
	run --separate-stderr as_user AWS_SLURM_BURST_PUBLIC="$public" -c "$T/secret.yaml" estimate "$T/1-openfoam.sh"
	[ "$status" -ne 0 ]
	[[ $stderr == *'of version 9, and this program reads version 1'* ]]
	rm -r "$public"
	run -3 --separate-stderr "$HELPER" -c "$T/secret.yaml" config export
	[[ $stderr == *"$public does not exist"* ]]
}

@test "explain tells a user what is public of a job, and no more" {
	mkdir -p "$T/public/plan"
	sed "s|/nonexistent/burst-public|$T/public|" "$T/burst.yaml" >"$T/public.yaml"
	printf '%s' '{"version":1,"job":"7","explain":{"job":"7"},"text":"job 7 waits\n"}' >"$T/public/plan/7.json"
	cp "$T/public/plan/7.json" "$T/public/plan/8.json"
	chmod -R u=rwX,go=rX "$T/public" "$T/public.yaml"
	chmod 600 "$T/public/plan/8.json"
	run -0 --separate-stderr as_user -c "$T/public.yaml" explain 7
	[ "${lines[0]}" = 'job 7 waits' ]
	[[ ${lines[1]} == *'not seen whether it waits now: '* ]]
	run -0 --separate-stderr as_user -c "$T/public.yaml" explain 7 --json
	[ "$(field 'o["job"]')" = 7 ]
	run --separate-stderr as_user -c "$T/public.yaml" explain 9
	[ "$status" -ne 0 ]
	[[ $stderr == *"aws-slurm-burst: explain: nothing that you may read is known of job 9 ($T/public/plan/9.json); and Slurm: "* ]]
	((EUID == 0)) || skip 'needs root for another user'"'"'s'
	run --separate-stderr as_user -c "$T/public.yaml" explain 8
	[ "$status" -ne 0 ]
}

#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# --efa and --burst-cost in real sbatch, salloc and srun; the intent as PrologSlurmctld sees it.

# what `run` and the loaded file define or use:
# shellcheck disable=SC2034,SC2154

bats_require_minimum_version 1.5.0
load submit_cluster

EFA_ENV=SLURM_SPANK__SLURM_SPANK_OPTION_burst_efa
COST_ENV=SLURM_SPANK__SLURM_SPANK_OPTION_burst_burst_cost
COST_EXPECTED='expected USD for the job such as 250 or 250USD, or per hour such as 30/h'
EFA_EXPECTED='expected required, preferred, optional or disabled'
ARGS_KNOWN='known are default_efa=, max_cost=, allow_efa='

setup_file() {
	cluster_start || return
	[ -z "${CLUSTER:-}" ] || script >"$CLUSTER/home/job.sh"
	[ -z "${CLUSTER:-}" ] || chmod 755 "$CLUSTER/home/job.sh"
}
teardown_file() { cluster_stop; }
setup() {
	cluster_or_skip
	plugstack required
}

teardown() {
	[ -n "${BATS_TEST_COMPLETED:-}${BATS_TEST_SKIPPED:-}" ] || tail -n 15 "$CLUSTER"/slurmctld.log "$CLUSTER"/n?.log
}

# sbatch_intent ARGUMENT... [<script]: submit, and print the intent that arrived
sbatch_intent() {
	local job

	job=$(as_user sbatch --parsable -o /dev/null "$@") || return
	intent_of "$job"
}

script() { # LINE...
	printf '%s\n' '#!/bin/sh' "$@" true
}

# refused STATUS COMMAND...: leaves the output to the test, and no job behind
refused() {
	local status=$1 before

	shift
	before=$(last_job)
	run "-$status" --separate-stderr as_user "$@" </dev/null
	[ "$output" = "" ]
	[ "$(last_job)" = "$before" ]
}

last_job() {
	in_cluster scontrol show config | sed -n 's/^NEXT_JOB_ID *= //p'
}

@test "nothing asked: an intent all the same, without a wish" {
	run -0 sbatch_intent --wrap true
	[ "$output" = "v=1;via=sbatch" ]
}

@test "#SBATCH lines" {
	run -0 sbatch_intent < <(script '#SBATCH --efa=preferred' '#SBATCH --burst-cost=250')
	[ "$output" = "v=1;efa=preferred;efa_from=user;cost=250.00;via=sbatch" ]
}

@test "a bare --efa means required" {
	run -0 sbatch_intent --efa --wrap true
	[ "$output" = "v=1;efa=required;efa_from=user;via=sbatch" ]
	run -0 sbatch_intent < <(script '#SBATCH --efa')
	[ "$output" = "v=1;efa=required;efa_from=user;via=sbatch" ]
}

@test "each way to write a limit" {
	local value expected

	while read -r value expected; do
		run -0 sbatch_intent --burst-cost="$value" --wrap true
		[ "$output" = "v=1;cost=$expected;via=sbatch" ]
	done <<-'END'
		250 250.00
		250USD 250.00
		250.50 250.50
		30/h 30.00/h
		30USD/h 30.00/h
	END
}

@test "the environment beats the #SBATCH line, the command line beats both" {
	CLUSTER_ENV=("$EFA_ENV=optional" "$COST_ENV=6/h")
	run -0 sbatch_intent < <(script '#SBATCH --efa=preferred' '#SBATCH --burst-cost=5')
	[ "$output" = "v=1;efa=optional;efa_from=user;cost=6.00/h;via=sbatch" ]
	run -0 sbatch_intent --efa=disabled --burst-cost=7 \
		< <(script '#SBATCH --efa=preferred' '#SBATCH --burst-cost=5')
	[ "$output" = "v=1;efa=disabled;efa_from=user;cost=7.00;via=sbatch" ]
	run -0 sbatch_intent --burst-cost=7 < <(script '#SBATCH --efa=preferred')
	[ "$output" = "v=1;efa=optional;efa_from=user;cost=7.00;via=sbatch" ]
}

@test "of two on the command line the last one" {
	run -0 sbatch_intent --efa=required --efa=optional --wrap true
	[ "$output" = "v=1;efa=optional;efa_from=user;via=sbatch" ]
}

@test "--export=NONE does not lose it" {
	run -0 sbatch_intent --export=NONE --efa --wrap true
	[ "$output" = "v=1;efa=required;efa_from=user;via=sbatch" ]
}

@test "srun: command line and environment" {
	CLUSTER_ENV=("$COST_ENV=9")
	# shellcheck disable=SC2016
	run -0 --separate-stderr as_user srun --efa=optional sh -c 'echo $SLURM_JOB_ID'
	run -0 intent_of "$output"
	# srun itself sets SLURM_MPI_TYPE to the cluster's MpiDefault; of later releases after the plugin has looked
	if [[ $(slurmctld -V) == *' 22.05.'* ]]; then mpi=';mpi=none'; else mpi=; fi
	[ "$output" = "v=1;efa=optional;efa_from=user;cost=9.00;via=srun$mpi" ]
}

@test "salloc: command line and environment" {
	CLUSTER_ENV=("$EFA_ENV=disabled")
	# shellcheck disable=SC2016
	run -0 --separate-stderr as_user salloc --burst-cost=3/h sh -c 'echo $SLURM_JOB_ID'
	run -0 intent_of "$output"
	[ "$output" = "v=1;efa=disabled;efa_from=user;cost=3.00/h;via=salloc" ]
}

@test "what the environment says of MPI" {
	CLUSTER_ENV=("LOADEDMODULES=gcc/12:openmpi/4.1" I_MPI_ROOT=/opt/intel "SLURM_MPI_TYPE=pmix"
		OMPI_MCA_btl=tcp OMPI_A=1 "OMPI_bad name=1" OMP_NUM_THREADS=4)
	run -0 sbatch_intent --wrap true
	[ "$output" = "v=1;via=sbatch;mpi=pmix;modules=gcc/12:openmpi/4.1;i_mpi_root=/opt/intel;ompi=OMPI_A,OMPI_MCA_btl" ]
}

@test "an environment that is huge and odd arrives cut and clean" {
	CLUSTER_ENV=("LOADEDMODULES=$(printf 'module/%d:' {1..900})" I_MPI_ROOT=$'/a\n\e[31mb')
	run -0 sbatch_intent --wrap true
	[[ $output == "v=1;via=sbatch;modules=module/1:module/2:"*"/"[0-9]*";i_mpi_root=/a%5B31mb" ]]
	[ "${#output}" -lt 1200 ]
}

@test "a forged intent in the environment is overwritten" {
	CLUSTER_ENV=(SLURM_SPANK_BURST_INTENT=rubbish)
	run -0 sbatch_intent --wrap true
	[ "$output" = "v=1;via=sbatch" ]
}

@test "--help of all three shows both" {
	local tool

	for tool in sbatch salloc srun; do
		run -0 as_user "$tool" --help
		[[ $output == *"      --efa=mode              [burst] "* ]]
		[[ $output == *"      --burst-cost=limit      [burst] "* ]]
	done
}

@test "refused on the command line: status 255, one line of ours, no job" {
	local tool value reason

	while IFS='|' read -r value reason; do
		for tool in sbatch salloc srun; do
			refused 255 "$tool" --burst-cost="$value" ./job.sh
			[ "${#stderr_lines[@]}" -eq 2 ]
			[ "${stderr_lines[0]}" = "$tool: error: burst: --burst-cost: \"$value\": $reason; $COST_EXPECTED" ]
			# Slurm's own, of every refused option; without the blank before an empty value
			[ "${stderr_lines[1]% }" = "$tool: error: Invalid --burst-cost argument:${value:+ $value}" ]
		done
	done <<-'END'
		|empty
		-5|negative
		0|zero
		NaN|not a number
		1e9|unexpected characters after the number
		9223372036854775808|more than 1000000000 USD
		250EUR|unknown currency
		250USDx|unexpected characters after the number
	END
}

@test "refused modes of --efa" {
	local value reason

	while IFS='|' read -r value reason; do
		refused 255 sbatch --efa="$value" --wrap true
		[ "${stderr_lines[0]}" = "sbatch: error: burst: --efa: \"$value\": $reason; $EFA_EXPECTED" ]
	done <<-'END'
		|empty
		yes|no such mode
		Required|no such mode
		(null)|no such mode
	END
}

@test "refused with control characters: ours are made safe" {
	refused 255 sbatch --burst-cost=$'5\e[31m\a' --wrap true
	[ "${stderr_lines[0]}" = "sbatch: error: burst: --burst-cost: \"5?[31m?\": not printable ASCII; $COST_EXPECTED" ]
	refused 255 sbatch --efa=$'a\nb' --wrap true
	[ "${stderr_lines[0]}" = "sbatch: error: burst: --efa: \"a?b\": no such mode; $EFA_EXPECTED" ]
}

@test "refused with 10 kB of text: cut" {
	refused 255 sbatch --burst-cost="$(printf '%010240d' 7)" --wrap true
	[ "${stderr_lines[0]}" = "sbatch: error: burst: --burst-cost: \"0000000000000000000000000000000000000000...\": too long; $COST_EXPECTED" ]
}

@test "refused on a #SBATCH line" {
	script '#SBATCH --burst-cost=free' >"$CLUSTER/home/bad.sh"
	refused 255 sbatch bad.sh
	[ "${stderr_lines[0]}" = "sbatch: error: burst: --burst-cost: \"free\": not a number; $COST_EXPECTED" ]
	# the last one wins, but a line that is wrong stays wrong
	refused 255 sbatch --burst-cost=5 bad.sh
}

@test "refused in the environment: status 1" {
	local tool

	CLUSTER_ENV=("$EFA_ENV=maybe")
	for tool in sbatch salloc srun; do
		refused 1 "$tool" ./job.sh
		[ "${stderr_lines[0]}" = "$tool: error: burst: --efa: \"maybe\": no such mode; $EFA_EXPECTED" ]
	done
}

@test "optional in plugstack.conf: works, and refuses as well" {
	plugstack optional
	run -0 sbatch_intent --efa=preferred --wrap true
	[ "$output" = "v=1;efa=preferred;efa_from=user;via=sbatch" ]
	refused 255 sbatch --efa=x --wrap true
	[ "${stderr_lines[0]}" = "sbatch: error: burst: --efa: \"x\": no such mode; $EFA_EXPECTED" ]
}

@test "plugstack.conf: defaults for jobs that do not say" {
	local how

	for how in required optional; do
		plugstack "$how" default_efa=preferred max_cost=500 max_cost=50/h
		run -0 sbatch_intent --wrap true
		[ "$output" = "v=1;efa=preferred;efa_from=site;cost=500.00;via=sbatch" ]
		run -0 sbatch_intent --efa=disabled --burst-cost=50/h --wrap true
		[ "$output" = "v=1;efa=disabled;efa_from=user;cost=50.00/h;via=sbatch" ]
	done
}

@test "plugstack.conf: limits" {
	local how

	for how in required optional; do
		plugstack "$how" max_cost=500 max_cost=50/h allow_efa=optional,disabled
		refused 255 sbatch --burst-cost=500.01 --wrap true
		[ "${stderr_lines[0]}" = "sbatch: error: burst: --burst-cost: \"500.01\": above this site's limit; expected at most 500.00 USD for the job" ]
		refused 255 srun --burst-cost=51/h true
		[ "${stderr_lines[0]}" = "srun: error: burst: --burst-cost: \"51/h\": above this site's limit; expected at most 50.00 USD per hour" ]
		refused 255 salloc --efa true
		[ "${stderr_lines[0]}" = "salloc: error: burst: --efa: \"required\": not allowed at this site; expected optional or disabled" ]
	done
}

@test "plugstack.conf wrong, required: nothing is submitted, and it is said why" {
	plugstack required max_cots=500
	refused 1 sbatch --wrap true
	[ "${stderr_lines[0]}" = "sbatch: error: burst: plugstack.conf: unknown argument \"max_cots=500\"; $ARGS_KNOWN" ]
	refused 1 srun true
	[ "${stderr_lines[0]}" = "srun: error: burst: plugstack.conf: unknown argument \"max_cots=500\"; $ARGS_KNOWN" ]
	refused 255 sbatch --efa --wrap true
	[ "${stderr_lines[0]}" = "sbatch: error: burst: --efa: cannot be used until this is mended: plugstack.conf: unknown argument \"max_cots=500\"; $ARGS_KNOWN" ]
	run -0 as_user sbatch --help
	[[ $output == *"[burst]"* ]]
}

@test "plugstack.conf wrong, optional: our options are refused, other jobs go in" {
	plugstack optional max_cost=lots
	run -0 --separate-stderr as_user sbatch --parsable -o /dev/null --wrap true
	[ "$stderr" = "sbatch: error: burst: plugstack.conf: max_cost: \"lots\": not a number; $COST_EXPECTED" ]
	run -0 intent_of "$output"
	[ "$output" = "v=1;via=sbatch" ]
	refused 255 sbatch --burst-cost=5 --wrap true
	[ "${stderr_lines[0]}" = "sbatch: error: burst: --burst-cost: cannot be used until this is mended: plugstack.conf: max_cost: \"lots\": not a number; $COST_EXPECTED" ]
}

@test "a heterogeneous job: each component its own" {
	local job

	script '#SBATCH --efa=required' '#SBATCH --burst-cost=5' '#SBATCH hetjob' \
		'#SBATCH --efa=optional' >"$CLUSTER/home/het.sh"
	run -0 --separate-stderr as_user sbatch --parsable -o /dev/null het.sh
	job=$output
	run -0 intent_of "$job"
	[ "$output" = "v=1;efa=required;efa_from=user;cost=5.00;via=sbatch" ]
	run -0 intent_of $((job + 1))
	# what it does not say it has from the component before
	[ "$output" = "v=1;efa=optional;efa_from=user;cost=5.00;via=sbatch" ]
}

@test "a heterogeneous job: a bare --efa is handed on" {
	local job

	run -0 --separate-stderr as_user sbatch --parsable -o /dev/null --efa --wrap true : -n1
	job=$output
	run -0 intent_of "$job"
	[ "$output" = "v=1;efa=required;efa_from=user;via=sbatch" ]
	run -0 intent_of $((job + 1))
	[ "$output" = "v=1;efa=required;efa_from=user;via=sbatch" ]
}

@test "a heterogeneous job: an exported variable beats both #SBATCH lines" {
	local job

	script '#SBATCH --efa=required' '#SBATCH hetjob' '#SBATCH --efa=optional' >"$CLUSTER/home/het2.sh"
	CLUSTER_ENV=("$EFA_ENV=preferred")
	run -0 --separate-stderr as_user sbatch --parsable -o /dev/null het2.sh
	job=$output
	run -0 intent_of "$job"
	[ "$output" = "v=1;efa=preferred;efa_from=user;via=sbatch" ]
	run -0 intent_of $((job + 1))
	[ "$output" = "v=1;efa=preferred;efa_from=user;via=sbatch" ]
}

@test "a heterogeneous salloc" {
	# shellcheck disable=SC2016
	run -0 --separate-stderr as_user salloc --efa=required : --efa=optional \
		sh -c 'echo $SLURM_JOB_ID_HET_GROUP_0 $SLURM_JOB_ID_HET_GROUP_1'
	local first=${output% *} second=${output#* }
	run -0 intent_of "$first"
	[ "$output" = "v=1;efa=required;efa_from=user;via=salloc" ]
	run -0 intent_of "$second"
	[ "$output" = "v=1;efa=optional;efa_from=user;via=salloc" ]
}

@test "sbatch inside a job does not inherit; a step changes nothing" {
	local job inner

	script '#SBATCH --efa=preferred' >"$CLUSTER/home/inner.sh"
	cat >"$CLUSTER/home/outer.sh" <<-'END'
		#!/bin/sh
		#SBATCH --efa=required
		#SBATCH --burst-cost=5
		env >outer.env
		sbatch --parsable -o /dev/null inner.sh >inner.id
		sbatch --parsable -o /dev/null --wrap true >plain.id
		srun true && srun --efa=optional true >step.out 2>&1
		echo $? >step.status
	END
	run -0 --separate-stderr as_user sbatch --parsable -o /dev/null outer.sh
	job=$output
	await 30 test -s "$CLUSTER/home/step.status"
	[ "$(cat "$CLUSTER/home/step.status")" = 0 ]
	[ "$(cat "$CLUSTER/home/step.out")" = \
		"srun: burst: --efa and --burst-cost change nothing here: the job has its nodes already" ] ||
		[ "$(cat "$CLUSTER/home/step.out")" = \
			"burst: --efa and --burst-cost change nothing here: the job has its nodes already" ]
	# the job does hold what a nested sbatch would have inherited
	grep -qx "$EFA_ENV=required" "$CLUSTER/home/outer.env"
	run -0 intent_of "$job"
	[ "$output" = "v=1;efa=required;efa_from=user;cost=5.00;via=sbatch" ]
	inner=$(cat "$CLUSTER/home/inner.id")
	run -0 intent_of "$inner"
	[ "$output" = "v=1;efa=preferred;efa_from=user;via=sbatch" ]
	run -0 intent_of "$(cat "$CLUSTER/home/plain.id")"
	[ "$output" = "v=1;via=sbatch" ]
}

@test "a compute node with the plugin and nothing configured runs jobs and steps" {
	local job before

	before=$(wc -l <"$CLUSTER/n0.log")
	run -0 --separate-stderr as_user sbatch --parsable -w n0 -o run.out --efa \
		--wrap 'srun sh -c "echo step ran"'
	job=$output
	await 30 job_is_over "$job"
	[ "$(cat "$CLUSTER/home/run.out")" = "step ran" ]
	run -0 as_user srun -w n0 --efa=optional echo ran
	[[ $output == *ran ]]
	run -0 tail -n "+$((before + 1))" "$CLUSTER/n0.log"
	[[ $output == *"Loaded plugin spank_burst.so"* ]]
	run -1 grep -E 'error:|fatal:' <<<"$output"
	run -0 in_cluster sinfo -h -N -o '%N %T %E'
	[[ $output != *drain* && $output != *down* ]]
}

@test "a compute node with a wrong plugstack.conf runs jobs all the same" {
	# the submit host's own configuration is in order
	sed "s,^PlugStackConfig=.*,PlugStackConfig=$CLUSTER/submit-host.conf," \
		"$CLUSTER/slurm.conf" >"$CLUSTER/client.conf"
	cp "$CLUSTER/plugstack.conf" "$CLUSTER/submit-host.conf"
	plugstack required rubbish=1
	CLUSTER_CONF=client.conf
	run -0 as_user srun -w n1 --efa=optional echo ran
	[[ $output == *ran ]]
	run -0 in_cluster sinfo -h -N -o '%N %T %E'
	[[ $output != *drain* && $output != *down* ]]
}

# valgrind on sbatch itself finds much in Slurm; what counts is a stack with our object in it. Not the
# "possibly lost": what sbatch keeps of the job's control environment is that, by pointers into its middle.
under_valgrind() { # STATUS ARGUMENT...
	local status=$1 xml=$CLUSTER/home/valgrind.xml

	shift
	rm -f "$xml"
	run "-$status" --separate-stderr as_user valgrind --trace-children=no --leak-check=full \
		--show-leak-kinds=definite --num-callers=50 --xml=yes --xml-file="$xml" \
		"$(command -v "$1")" "${@:2}"
	grep -qx '</valgrindoutput>' "$xml"
	awk '/<error>/ {e = ""} {e = e "\n" $0} /<\/error>/ && e ~ /spank_burst\.so<\/obj>/ {print e; bad = 1} END {exit bad}' "$xml"
}

@test "valgrind has nothing to say of the plugin inside sbatch" {
	command -v valgrind >/dev/null || skip "needs valgrind"
	CLUSTER_ENV=(LOADEDMODULES=a:b OMPI_B=1 OMPI_A=2 "$EFA_ENV=optional")
	plugstack required default_efa=optional max_cost=500
	under_valgrind 0 sbatch --parsable -o /dev/null --efa=required --burst-cost=5 --wrap true
	run -0 intent_of "$output"
	[ "$output" = "v=1;efa=required;efa_from=user;cost=5.00;via=sbatch;modules=a:b;ompi=OMPI_A,OMPI_B" ]
	under_valgrind 0 sbatch --parsable -o /dev/null --burst-cost=5 --wrap true : --efa=disabled
	under_valgrind 255 sbatch --burst-cost="$(printf '%010240d' 7)" --wrap true
	[[ $stderr == *"too long"* ]]
	CLUSTER_ENV=()
	plugstack optional rubbish
	under_valgrind 0 sbatch --parsable -o /dev/null --wrap true
}

@test "slurmctld had nothing to complain of" {
	run -1 grep -E 'fatal:|error:.*(spank|SPANK|prolog|burst)' "$CLUSTER/slurmctld.log"
}

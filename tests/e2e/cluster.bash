# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# For bats: one private cluster per test file (contrib/rehearsal/cluster), and words to ask it.
#
#	load cluster
#	setup_file()    { cluster_start --nodes 4; }        # options of contrib/rehearsal/cluster
#	teardown_file() { cluster_stop; }
#	teardown()      { cluster_teardown; }
#	@test "a job runs" {
#		job=$(submit -N2 --wrap 'srun hostname')
#		wait_for "job_is $job COMPLETED" 90
#	}
#
# The installed tree comes from BURST_PREFIX; without it, BURST_BUILD (a configured build tree) is
# installed once per run of bats; without that either the cluster is Slurm alone and tests `need_helper`.

# 1.5: run -N
bats_require_minimum_version 1.5.0

E2E=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BURST_SOURCE=$(cd "$E2E/../.." && pwd)
REHEARSAL=$BURST_SOURCE/contrib/rehearsal

# ---- life --------------------------------------------------------------------------------------------

# cluster_start [options]: start a cluster and set BURST_DIR and the rest of `cluster env`.
cluster_start() {
	local args=()
	CLUSTER_DIR=$BATS_FILE_TMPDIR/cluster
	export CLUSTER_DIR
	install_tree
	[[ -z ${BURST_PREFIX:-} ]] || args+=(--prefix "$BURST_PREFIX")
	if [[ -n ${BURST_GCOV:-} ]]; then
		# hooks run as slurm, the plugin as the user: neither can write into the build tree
		install -d -m 1777 "$BURST_GCOV"
		args+=(--gcov "$BURST_GCOV")
	fi
	# The cluster goes when this bats goes, by kill -9 too.
	"$REHEARSAL/cluster" start "$CLUSTER_DIR" --owner $$ "${args[@]}" "$@" || return
	set -a
	eval "$("$REHEARSAL/cluster" env "$CLUSTER_DIR")"
	set +a
}

# slurm and the user must get through to clusters; bats makes its directory for its own user alone.
open_tmp() {
	chmod o+x "$BATS_RUN_TMPDIR"
}

# install_tree: set BURST_PREFIX, if there is anything to install.
install_tree() {
	local prefix=$BATS_RUN_TMPDIR/prefix
	open_tmp
	[[ -z ${BURST_PREFIX:-} ]] || return 0
	[[ -n ${BURST_BUILD:-} ]] || return 0
	(
		flock 9
		[[ ! -e $prefix/.installed ]] || exit 0
		make -s -C "$BURST_BUILD" install prefix="$prefix" exec_prefix="$prefix" \
			>"$BATS_RUN_TMPDIR/install.log" 2>&1 || {
			cat "$BATS_RUN_TMPDIR/install.log" >&2
			exit 1
		}
		: >"$prefix/.installed"
	) 9>"$BATS_RUN_TMPDIR/install.lock" || return
	export BURST_PREFIX=$prefix
}

# Errors that slurmctld writes in the ordinary course of things; a test file may add to
# ALLOWED_ERRORS (one extended regular expression a line).
_allowed_errors() {
	cat <<-'END'
	Could not open (node|job|reservation|trigger) state file .*No such file or directory
	NOTE: Trying backup state save file
	High latency for [0-9]+ calls to gettimeofday
	agent_fini: left [0-9]+ agent threads active
	slurm_send_node_msg: .*\(msg_type=SRUN_JOB_COMPLETE\) failed: Connection reset by peer
	END
	[[ -z ${ALLOWED_ERRORS:-} ]] || printf '%s\n' "$ALLOWED_ERRORS"
}

# slurmctld_errors: lines of slurmctld's log that nobody expects.
slurmctld_errors() {
	grep -E '(error|fatal):' "$BURST_SLURMCTLD_LOG" | grep -vE "$(_allowed_errors | paste -sd'|')"
}

# cluster_stop: all jobs end, EC2 is left with nothing, slurmctld had nothing to complain of. For teardown_file.
cluster_stop() {
	local problem=0
	[[ -n ${BURST_DIR:-} ]] || return 0
	faults '[]'
	in_cluster scancel --user="$BURST_USER" || :
	# A setup that came not so far is told by its own test.
	wait_for nothing_left "${LEFT_S:-60}" || problem=1
	"$REHEARSAL/cluster" stop "$BURST_DIR" || problem=1
	if slurmctld_errors >"$BATS_FILE_TMPDIR/errors"; then
		echo "slurmctld.log has errors that nobody expects:"
		cat "$BATS_FILE_TMPDIR/errors"
		problem=1
	fi
	((problem == 0)) || show_logs
	return "$problem"
}

# nothing_left: EC2 itself says so, and slurmctld has no node that is up or no node that it thinks is.
nothing_left() {
	[[ -z ${BURST_PREFIX:-} ]] || "$REHEARSAL/cluster" left "$BURST_DIR"
}

# cluster_teardown: for teardown, after the jobs have been cancelled; shows the logs of a test that failed. The nodes of
# a start that was cancelled are slurmctld's first choice until the hook has powered them down: the next test's job would
# be given them, and sent back.
cluster_teardown() {
	[[ -n ${BATS_TEST_COMPLETED:-} || -n ${BATS_TEST_SKIPPED:-} ]] || show_logs
	[[ -z ${BURST_DIR:-} ]] || in_time '! comes_for_nobody' 10 2>/dev/null || :
}

# comes_for_nobody: a node is on its way up, and no job has it
comes_for_nobody() {
	in_cluster scontrol -o show node | grep -qE ' State=IDLE\+[A-Z+]*POWERING_UP'
}

show_logs() {
	local file
	for file in "$BURST_LOG" "$BURST_SLURMCTLD_LOG" "$BURST_DIR"/log/*.out "$BURST_CONSOLES"/*.log; do
		# slurmctld says everything twice
		[[ -s $file && $file != */slurmctld.out ]] || continue
		printf '== %s\n' "$file"
		tail -n "${LOG_LINES:-25}" "$file"
	done
	printf '== %s\n' "$BURST_JOURNAL"
	journal 'select(.kind == "request") | [.time, .action, .status, .error, .result]' 2>/dev/null |
		tail -n "${LOG_LINES:-25}"
}

# slurm_before YEAR MONTH: whether the Slurm that is tested is older. What it is asked for is told differently by later ones.
slurm_before() {
	[[ $(slurmctld -V) =~ \ ([0-9]+)\.0*([0-9]+) ]] || return
	((BASH_REMATCH[1] * 12 + BASH_REMATCH[2] < $1 * 12 + $2))
}

need_helper() {
	[[ -n ${BURST_PREFIX:-} ]] || skip 'needs BURST_PREFIX or BURST_BUILD'
}

# ---- commands ----------------------------------------------------------------------------------------

in_cluster() {
	"$REHEARSAL/cluster" exec "$BURST_DIR" "$@"
}

# as_user COMMAND...: as the ordinary user, in its home, with a login's environment.
as_user() {
	"$REHEARSAL/cluster" exec "$BURST_DIR" -u "$BURST_USER" "$@"
}

# as_slurm COMMAND...: as SlurmUser and with as little environment as slurmctld gives its hooks.
as_slurm() {
	in_cluster env -i SLURM_CONF=/etc/slurm/slurm.conf GCOV_PREFIX="${BURST_GCOV:+$BURST_GCOV/slurm}" \
		setpriv --reuid=slurm --regid=slurm --init-groups "$@"
}

# helper COMMAND...: aws-slurm-burst as SlurmUser, with the cluster's configuration.
helper() {
	as_slurm "$BURST_PREFIX/bin/aws-slurm-burst" -c /etc/slurm/aws-burst.yaml "$@"
}

# submit SBATCH-ARGUMENT...: prints the job's id; output goes to ~/JOBID.out.
submit() {
	as_user sbatch --parsable -o '%j.out' "$@"
}

# submit_script [SBATCH-ARGUMENT...] <SCRIPT: the same with a script from standard input.
submit_script() {
	cat >"$BURST_HOME/script.sh"
	chmod 755 "$BURST_HOME/script.sh"
	submit "$@" script.sh
}

job_output() {
	cat "$BURST_HOME/$1.out"
}

# wait_for CONDITION SECONDS: evaluate CONDITION until it holds; 1 and a word about it when it does not. Never less than
# 90 s: files run side by side, slurmctld does some things twice a minute, and a machine that is slow is no failure. What
# must be there sooner, or is gone by then, is for in_time.
wait_for() {
	in_time "$1" $(($2 < 90 ? 90 : $2))
}

# in_time CONDITION SECONDS: the same, and no second longer
in_time() {
	local _end=$((SECONDS + $2)) _began=$SECONDS _asked=0
	until eval "$1" >/dev/null 2>&1; do
		if ((SECONDS >= _end)); then
			echo "after $((SECONDS - _began)) s still not: $1" >&2
			eval "$1" >&2 || :
			return 1
		fi
		# what takes long is asked for less often: most of a run is spent waiting
		if ((_asked++ < 15)); then sleep 0.2; else sleep 0.6; fi
	done
}

# ---- Slurm -------------------------------------------------------------------------------------------

# job_field ID FIELD: one field of `scontrol show job`, of the first record; empty if it has none.
job_field() {
	in_cluster scontrol -o show job "$1" | head -n 1 | _field "$2"
}

# was_told JOB PATTERN: slurmctld has had such a comment of the job, even if its next start has another by now
was_told() {
	local comment
	while read -r comment; do
		# shellcheck disable=SC2053 # a pattern
		[[ $comment != $2 ]] || return 0
	done < <(sed -nE "s/^.*: setting admin_comment to (.*) for JobId=$1$/\1/p" "$BURST_SLURMCTLD_LOG")
	return 1
}

node_field() {
	in_cluster scontrol -o show node "$1" | head -n 1 | _field "$2"
}

# A value goes on to the next " Word=" (comments have spaces in them).
_field() {
	sed -nE "s/^(.* )?$1=(.*)\$/\2/; t cut; b; :cut; s/ [A-Za-z][A-Za-z0-9_:\/]*=.*//; s/ +$//; p"
}

job_state() {
	job_field "$1" JobState
}

job_is() {
	[[ $(job_state "$1") == "$2" ]]
}

# node_state NODE: all of it, as in IDLE+CLOUD+POWERED_DOWN.
node_state() {
	node_field "$1" State
}

# node_is NODE FLAG: whether FLAG is one of the words of its state.
node_is() {
	[[ +$(node_state "$1")+ == *"+$2+"* ]]
}

# hold_boot: instances do not begin what they do when they boot, until let_boot: a gang is on its way for as long
hold_boot() {
	: >"$BURST_DIR/etc/hold-boot"
	grep -q hold-boot "$BURST_DIR/etc/burst-node" ||
		echo "while [ -e $BURST_DIR/etc/hold-boot ]; do sleep 0.2; done" >>"$BURST_DIR/etc/burst-node"
}

let_boot() {
	rm -f "$BURST_DIR/etc/hold-boot"
}

# partition STATE: down: no job starts (again) from now on, however soon it might; up
partition() {
	in_cluster scontrol update partitionname=aws state="$1"
}

# put_back COPY FILE: FILE is again as it was, at once: a hook or a helper that begins meanwhile never sees half of it
put_back() {
	cp -p "$2" "$2.new"
	cat "$1" >"$2.new"
	mv "$2.new" "$2"
}

# ---- EC2 ---------------------------------------------------------------------------------------------

# journal FILTER: jq over the simulator's journal, one compact value a line.
journal() {
	jq -c "$1" "$BURST_JOURNAL"
}

# requests ACTION [FILTER]: the journal's requests of the helper of that action.
requests() {
	journal "select(.kind == \"request\" and .action == \"$1\" and .access_key == \"$BURST_ACCESS_KEY\") | ${2:-.}"
}

# request_count ACTION
request_count() {
	requests "$1" | wc -l
}

# ec2_objects KIND [FILTER]: what the simulator has, without asking it: instance, group, template …
ec2_objects() {
	"$REHEARSAL/ec2-state" "$BURST_DIR/ec2sim" "$1" | jq -c "${2:-.}"
}

# ec2 METHOD [JSON]: one call to EC2 by us, not by the helper, as botocore names it; prints JSON.
ec2() {
	"$REHEARSAL/cluster" ec2 "$BURST_DIR" "$@"
}

# live_instances: ids of what is not shutting down or terminated.
live_instances() {
	ec2_objects instance 'select(.state == "pending" or .state == "running") | .id' | jq -r .
}

live_count() {
	live_instances | wc -l
}

# faults JSON: the simulator's faults from now on; counting begins anew.
faults() {
	printf '%s\n' "$1" >"$BURST_FAULTS.new"
	mv "$BURST_FAULTS.new" "$BURST_FAULTS"
}

# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# kill -9 of our own programs before each of their side effects, one after the other, by strace: nothing in
# the product knows of it. A call that is killed on its entry has not happened; the one before has.

# What is written down (state.db, files), and what is sent (EC2, slurmctld).
# shellcheck disable=SC2034 # for those that load this
WRITES=fdatasync,fsync,rename,unlink
# shellcheck disable=SC2034
SENDS=sendto
# An answer is there, EC2 or slurmctld has acted, and nobody reads it any more.
# shellcheck disable=SC2034
ANSWERS=recvfrom

# slurmctld finds a hook's death worth a line
export ALLOWED_ERRORS+='
power_save: program signaled: Killed
EpilogSlurmctld exit status 0:9
power_save: program exit status of [0-9]+
Nodes [^ ]+ not responding, setting DOWN'

# _traced CALLS N FILE: the words that run a command so that it is killed at its N-th of CALLS
_traced() {
	echo "/usr/bin/strace -f -qq -o $3 -e trace=$1 -e inject=$1:signal=KILL:when=$2"
}

# die_in HOOK CALLS [STEP]: from now on the N-th start of HOOK is killed at call 1 + (N-1) * STEP of CALLS, in
# each of its processes
die_in() {
	local hook=$BURST_DIR/hooks/$1 dir=$BURST_DIR/log/crash
	rm -rf "$dir"
	install -d -o slurm -g slurm "$dir"
	cp -n "$hook" "$hook.whole"
	{
		sed '/^exec /d' "$hook.whole"
		cat <<-END
		n=\$((\$(/usr/bin/ls $dir | /usr/bin/wc -l) + 1))
		: >$dir/\$n
		exec $(_traced "$2" "\$(((n - 1) * ${3:-1} + 1))" "$dir/\$n") \\
		END
		sed -n 's/^exec //p' "$hook.whole"
	} >"$hook.new"
	chmod 755 "$hook.new"
	mv "$hook.new" "$hook"
}

# live_in HOOK: it is whole again
live_in() {
	local hook=$BURST_DIR/hooks/$1
	[[ ! -e $hook.whole ]] || mv "$hook.whole" "$hook"
}

# starts: how often the hook of die_in was started
starts() {
	find "$BURST_DIR/log/crash" -type f | wc -l
}

# killed N: was its N-th start killed?
killed() {
	grep -qs 'killed by SIGKILL' "$BURST_DIR/log/crash/$1"
}

# kills: how many of them were
kills() {
	grep -ls 'killed by SIGKILL' "$BURST_DIR"/log/crash/* | wc -l
}

# dying CALLS N COMMAND...: aws-slurm-burst COMMAND as SlurmUser, killed at its N-th of CALLS; 137, or as it ends
dying() {
	local calls=$1 n=$2
	shift 2
	# shellcheck disable=SC2046 # words
	as_slurm $(_traced "$calls" "$n" /dev/null) "$BURST_PREFIX/bin/aws-slurm-burst" -c /etc/slurm/aws-burst.yaml "$@"
}

# launches_known: EC2 has answered long ago to each CreateFleet: what is not to be seen by now has not come
launches_known() {
	(($(date +%s) - $(journal 'select(.action == "CreateFleet") | .time' | tail -n 1 | jq -r . | date -f - +%s) > 60))
}

# open_holds: how many parts of gangs still hold money of budgets
open_holds() {
	in_cluster python3 -c 'import sqlite3, sys
print(sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute(
	"SELECT count(*) FROM hold WHERE state = \"open\"").fetchone()[0])' "$BURST_STATE/state.db"
}

# agree: one reconcile, and then EC2, Slurm and state.db say the same. JOB...: each waits, runs or is over.
# shellcheck disable=SC2154 # run sets output
agree() {
	local job
	run -0 helper reconcile
	echo "$output"
	wait_for settled 60
	run -0 helper reconcile --dry-run
	echo "$output"
	[ "$output" = 'EC2, Slurm and state.db agree' ]
	# nothing of a gang is left, so nothing is held for it
	[ "$(open_holds)" -eq 0 ]
	for job; do
		[[ $(job_state "$job") =~ ^(PENDING|CONFIGURING|RUNNING|COMPLETED|CANCELLED)$ ]] || {
			echo "job $job is $(job_state "$job")"
			return 1
		}
	done
}

#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# reconcile: names for people, what piles up, what a dry run says, and the watch that does it all the time.

# shellcheck disable=SC2016,SC2154 # wait_for evaluates its argument; run sets output and stderr

load cluster
load gang
load reconcile

setup_file() {
	cluster_start --nodes 8 --conf '{
		"slurm": {"requeue_delay_s": 2},
		"reconcile": {"grace_s": 1, "interval_s": 1}}'
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
}

teardown() {
	faults '[]'
	in_cluster pkill -KILL -f 'reconcile --watch' || :
	in_cluster scancel --user="$BURST_USER" 2>/dev/null || :
	cluster_teardown
	for group in $(ec2_objects group '.name' | jq -r 'select(startswith("hand-"))'); do
		ec2 delete_placement_group "{\"GroupName\": \"$group\"}" >/dev/null
	done
	wait_for settled 90
}

# versions: of the site's template, "NUMBER DESCRIPTION" a line
versions() {
	ec2 describe_launch_template_versions '{"LaunchTemplateName": "burst-lt"}' |
		jq -r '.LaunchTemplateVersions[] | "\(.VersionNumber) \(.VersionDescription // "")"' | sort -n
}

# version_by_hand DESCRIPTION: prints its number
version_by_hand() {
	ec2 create_launch_template_version "$(jq -n --arg d "$1" '{LaunchTemplateName: "burst-lt", SourceVersion: "1",
		VersionDescription: $d, LaunchTemplateData: {InstanceType: "c7i.48xlarge"}}')" |
		jq -r .LaunchTemplateVersion.VersionNumber
}

# group_by_hand NAME CLUSTER
group_by_hand() {
	ec2 create_placement_group "$(jq -n --arg n "$1" --arg c "$2" '{GroupName: $n, Strategy: "cluster", TagSpecifications: [
		{ResourceType: "placement-group", Tags: [{Key: "burst:cluster", Value: $c}]}]}')" >/dev/null
}

# stick NODE: IDLE+NOT_RESPONDING+POWERED_DOWN
stick() {
	in_cluster scontrol update nodename="$1" state=DOWN reason=test
	in_cluster scontrol update nodename="$1" state=RESUME
}

CLEAN='$(node_state aws-hpc-5) = IDLE+CLOUD+POWERED_DOWN'

@test "name-tag: instances get their nodes' names at EC2, once" {
	job=$(submit -N 2 -t 5 --efa=required --wrap 'sleep 300')
	wait_for '[ "$(db "SELECT state FROM gang ORDER BY seq DESC LIMIT 1")" = active ]' 60
	reconcile
	[ "$status" -eq 0 ]
	[ "$output" = "name-tag gang $(gang_of "$job"): 2 instance(s) named after their nodes" ]
	[ "$(ec2_objects instance 'select(.state == "running") | .tags.Name' | sort | paste -sd' ')" = '"aws-hpc-0" "aws-hpc-1"' ]
	[ "$(db 'SELECT count(*) FROM instance WHERE named = 1')" -eq 2 ]
	agreed
}

@test "group-unused: a placement group that could not be deleted at its gang's end; those of others stay" {
	faults '[{"action": "DeletePlacementGroup", "every": true, "error": {"code": "UnauthorizedOperation", "message": "You are not authorized to perform this operation."}}]'
	job=$(submit -N 2 -t 5 --efa=required --wrap 'sleep 300')
	wait_for '[ "$(db "SELECT state FROM gang ORDER BY seq DESC LIMIT 1")" = active ]' 60
	group=$(db 'SELECT placement FROM gang ORDER BY seq DESC LIMIT 1')
	in_cluster scancel "$job"
	wait_for '[ "$(db "SELECT state FROM gang ORDER BY seq DESC LIMIT 1")" = released ]' 60
	wait_for '[ -z "$(in_cluster pgrep -f aws-slurm-burst-suspend)" ]' 60
	faults '[]'
	group_by_hand hand-other other
	group_by_hand hand-ours rehearsal
	sleep 2
	reconcile
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "group-unused placement group $group: deleted: its gang is over, and nothing of it runs" ]
	[ "${lines[1]}" = "left-alone placement group hand-ours: it carries our tag, and state.db never heard of it: another cluster's of the same name?" ]
	[ "${#lines[@]}" -eq 2 ]
	[ "$(ec2_objects group '.name' | sort | paste -sd' ')" = '"hand-other" "hand-ours"' ]
	[ "$(db "SELECT deleted_ms > 0 FROM placement WHERE name = '$group'")" -eq 1 ]
	reconcile
	[ "${lines[1]}" = "$AGREE" ]
}

@test "version-unused: a version that we derived and do not know is deleted; another cluster's, the site's and the default stay" {
	ours=$(version_by_hand 'aws-slurm-burst of rehearsal: 1 interface(s) of version 1')
	other=$(version_by_hand 'aws-slurm-burst of other: 1 interface(s) of version 1')
	site=$(version_by_hand 'with the new image')
	before=$(versions)
	sleep 2
	reconcile
	[ "$status" -eq 0 ]
	[[ $output =~ ^"version-unused version $ours of lt-"[0-9a-f]+": deleted: derived by us, and state.db does not know it"$ ]]
	diff <(grep -v "^$ours " <<<"$before") <(versions)
	grep -q "^$other " <(versions)
	grep -q "^$site " <(versions)
	agreed
}

@test "intent-old: records of jobs long gone are removed, those of jobs that Slurm knows are not" {
	job=$(submit -N 1 -t 5 --hold --wrap true)
	for record in intent/99990.0 ended/99990.0 "intent/$job.0"; do
		as_slurm sh -c "mkdir -p $BURST_STATE/${record%/*} && : >$BURST_STATE/$record && touch -d '3 days ago' $BURST_STATE/$record" ||
			touch -d '3 days ago' "$BURST_STATE/$record"
	done
	# nothing is older than the time for which the clock is known to be right: at most this machine's uptime
	agreed
	as_slurm sqlite3 "$BURST_STATE/state.db" "UPDATE meta SET value = '$(db "SELECT value FROM meta WHERE key = 'survey'" |
		sed -E '1s/^([^ ]+ [^ ]+) [^ ]+/\1 -864000000/')' WHERE key = 'survey'"
	reconcile
	[ "$status" -eq 0 ]
	[ "$output" = 'intent-old 2 records: 2 record(s) of jobs long gone removed' ]
	[ ! -e "$BURST_STATE/intent/99990.0" ]
	[ ! -e "$BURST_STATE/ended/99990.0" ]
	[ -e "$BURST_STATE/intent/$job.0" ]
	agreed
}

@test "reconcile --dry-run: without a state.db it says so, and makes none" {
	helper reconcile
	in_cluster mkdir "$BURST_STATE/away"
	in_cluster sh -c "mv $BURST_STATE/state.db* $BURST_STATE/away/"
	before=$(ls -R "$BURST_STATE")
	run -8 --separate-stderr helper reconcile --dry-run
	[ -z "$output" ]
	[[ $stderr == *"/var/lib/aws-slurm-burst has no state.db: nothing was ever launched, or it is lost (--rebuild); a dry run makes none" ]]
	diff <(echo "$before") <(ls -R "$BURST_STATE")
	in_cluster sh -c "mv $BURST_STATE/away/* $BURST_STATE/ && rmdir $BURST_STATE/away"
	wait_for agreed 30
}

@test "reconcile --dry-run: all that would be done and why, as a table or JSON, and nothing is changed" {
	run -0 --separate-stderr helper reconcile --dry-run
	[ "$output" = "$AGREE" ]
	stick aws-hpc-5
	in_cluster scontrol update nodename=aws-hpc-3 nodeaddr=10.77.1.99
	in_cluster scontrol update nodename=aws-hpc-2 state=DOWN reason='burst: its boot failed'
	version=$(version_by_hand 'aws-slurm-burst of rehearsal: 2 interface(s) of version 1')
	sleep 2
	before=$(snapshot; versions)
	run -0 --separate-stderr helper reconcile --dry-run
	template=$(ec2 describe_launch_templates | jq -r '.LaunchTemplates[0].LaunchTemplateId')
	diff - <(sed -E 's/ +/ /g' <<<"$output") <<-END
	RULE ACTION SUBJECT WHY
	node-stuck-silent resume node aws-hpc-5 powered down and not responding: no job gets it
	node-stuck-ours power down node aws-hpc-2 DOWN and powered down: burst: its boot failed
	address-stale set address node aws-hpc-3 powered down, and Slurm still has the address 10.77.1.99 of a past instance
	version-unused delete version $version of $template derived by us, and state.db does not know it
	END
	# columns
	[ "$(cut -c1-19 <<<"${lines[0]}")" = 'RULE               ' ]
	run -0 --separate-stderr helper reconcile --dry-run --json
	[ "$(jq -c '[.dry_run, .agree, [.findings[] | [.rule, .subject, .result]]]' <<<"$output")" = "[true,false,[[\"node-stuck-silent\",\"node aws-hpc-5\",\"planned\"],[\"node-stuck-ours\",\"node aws-hpc-2\",\"planned\"],[\"address-stale\",\"node aws-hpc-3\",\"planned\"],[\"version-unused\",\"version $version of $template\",\"planned\"]]]" ]
	diff <(echo "$before") <(snapshot; versions)
	# the same, done
	run -0 --separate-stderr helper reconcile --json
	[ "$(jq -c '[.dry_run, .agree, [.findings[] | .result]]' <<<"$output")" = '[false,false,["done","done","done","done"]]' ]
	wait_for "[ $CLEAN ]" 30
	wait_for '[ "$(node_state aws-hpc-2)" = IDLE+CLOUD+POWERED_DOWN ]' 30
	wait_for agreed 30
}

@test "reconcile --watch: repairs without being asked, alone, and ends when told" {
	helper reconcile --watch &
	first=$!
	wait_for "grep -q 'watch.*: watching: a pass every 1 s' '$BURST_LOG'" 10
	stick aws-hpc-5
	wait_for "[ $CLEAN ]" 40
	grep -q "reconcile.*: node-stuck-silent node aws-hpc-5: resumed: powered down and not responding" "$BURST_LOG"
	# the catalogue was never asked for: the watch does it
	wait_for '[ "$(db "SELECT count(*) FROM catalog")" -ge 1 ]' 20
	# what hears of interruptions is there, too
	wait_for "grep -q 'notices.*: listening for notices: ' '$BURST_LOG'" 10
	[ "$(in_cluster pgrep -c -f 'aws-slurm-burst.*reconcile --watch')" -ge 2 ]

	# a second one, as on another slurmctld host, stands by
	helper reconcile --watch &
	second=$!
	wait_for "grep -q 'watch.*: another watch is at work: standing by' '$BURST_LOG'" 10
	# a person's own pass is not hindered for long
	wait_for '[ "$(helper reconcile)" = "$AGREE" ]' 10

	# killed hard, the first leaves no process, and the second takes over
	in_cluster pkill -KILL -o -f 'aws-slurm-burst.*reconcile --watch'
	if wait "$first"; then false; fi
	wait_for "[ \"\$(grep -c 'watch.*: watching: a pass every 1 s' '$BURST_LOG')\" -eq 2 ]" 15
	stick aws-hpc-5
	wait_for "[ $CLEAN ]" 40
	in_cluster pkill -TERM -o -f 'aws-slurm-burst.*reconcile --watch'
	wait "$second"
	wait_for '! in_cluster pgrep -f "aws-slurm-burst.*reconcile --watch"' 10
}

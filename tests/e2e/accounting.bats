#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# Slurm's own accounting counts cloud nodes at their price: a real slurmctld with slurmdbd and MariaDB takes the
# lines of "config generate-slurm", bills jobs by them, and holds those that an account's limit has no money for.
# minutes: 3

# shellcheck disable=SC2154 # "run --separate-stderr" sets it
# shellcheck disable=SC2016 # wait_for evaluates its argument
load cluster
load gang
load tries

# slurmctld 22.05 with slurmdbd, of a job that is sent back and held: it counts its waiting off twice, and stops at 0
ALLOWED_ERRORS+=$'\n_remove_accrue_time_internal: .* accrue_cnt underflow$'

# Two partitions: whole nodes, and nodes that several jobs share.
two_partitions() {
	local whole shared
	whole=$(node_group hpc '{"max_nodes": 8, "slurm_specifications": {"CPUs": "192", "RealMemory": "768000"}}')
	shared=$(node_group cpu "$(types c7i.48xlarge |
		jq '. + {max_nodes: 4, slurm_specifications: {CPUs: "192", RealMemory: "384000"}}')")
	tries_conf '{}' "$whole" | jq -c --argjson shared "$shared" '.slurm.partitions += [{partition_name: "share",
		partition_options: {MaxTime: "1:00:00", OverSubscribe: "NO"}, node_groups: [$shared]}]'
}

# daemon NAME COMMAND...: as SlurmUser, for the life of the cluster
daemon() {
	# shellcheck disable=SC2016 # expanded inside
	in_cluster setpriv --reuid=slurm --regid=slurm --init-groups bash -c \
		'setsid "${@:2}" </dev/null >>"$1" 2>&1 3>&- & echo $!' bash "$BURST_DIR/log/slurm/$1.out" "${@:2}" \
		>"$BURST_DIR/run/$1.pid"
}

start_mariadb() {
	local data=$BURST_DIR/lib/mysql
	install -d -o slurm -g slurm -m 700 "$data"
	in_cluster install -d -o slurm -g slurm /run/mysqld # where libmariadb looks
	in_cluster setpriv --reuid=slurm --regid=slurm --init-groups mariadb-install-db --no-defaults \
		--datadir="$data" --auth-root-authentication-method=normal --skip-test-db >"$BURST_DIR/log/mariadb-install.out" 2>&1
	daemon mariadbd mariadbd --no-defaults --datadir="$data" --socket=/run/mysqld/mysqld.sock --skip-networking \
		--innodb-buffer-pool-size=32M --innodb-lock-wait-timeout=900
	wait_for 'sql "SELECT 1"' 60
	sql "CREATE USER slurm@localhost; GRANT ALL ON slurm_acct_db.* TO slurm@localhost"
}

sql() {
	in_cluster mariadb --no-defaults -u root -S /run/mysqld/mysqld.sock -e "$1"
}

start_slurmdbd() {
	install -m 600 -o slurm -g slurm /dev/stdin "$BURST_DIR/etc/slurm/slurmdbd.conf" <<-END
	AuthType=auth/munge
	DbdHost=controller
	SlurmUser=slurm
	LogFile=/var/log/slurm/slurmdbd.log
	PidFile=/run/slurm/slurmdbd.pid
	StorageType=accounting_storage/mysql
	StorageHost=localhost
	StorageUser=slurm
	StorageLoc=slurm_acct_db
	END
	daemon slurmdbd slurmdbd -D
	wait_for 'in_cluster env SLURM_CONF=/etc/slurm/dbd-client.conf sacctmgr -n show cluster' 60
}

# with_accounting [LINE...]: slurm.conf with accounting, and nodes and partitions as they are generated
with_accounting() {
	local old=$BURST_SLURM_CONF drop='^(NodeName|PartitionName|Include|AccountingStorage|Priority|TrackWCKey)'
	grep -vE "$drop" "$old" >"$old.new"
	printf '%s\n' AccountingStorageType=accounting_storage/slurmdbd AccountingStorageHost=controller \
		AccountingStorageEnforce=associations,limits,safe PriorityType=priority/multifactor PriorityDecayHalfLife=0 \
		PriorityUsageResetPeriod=MONTHLY TrackWCKey=yes "$@" >>"$old.new"
	cat "$old.new" >"$old"
	chmod 644 "$old"
	helper config generate-slurm >"$BURST_DIR/etc/slurm/burst-nodes.conf" || return
	chmod 644 "$BURST_DIR/etc/slurm/burst-nodes.conf"
	echo 'Include /etc/slurm/burst-nodes.conf' >>"$old"
}

setup_file() {
	cluster_start --conf "$(two_partitions)" \
		--slurm 'SelectTypeParameters=CR_Core_Memory' || return
	sed 's/^AccountingStorageType=.*/AccountingStorageType=accounting_storage\/slurmdbd\nAccountingStorageHost=controller/' \
		"$BURST_SLURM_CONF" >"$BURST_DIR/etc/slurm/dbd-client.conf"
	start_mariadb && start_slurmdbd || return
	as_client sacctmgr -i add cluster rehearsal
	as_client sacctmgr -i add account lab,poor cluster=rehearsal
	as_client sacctmgr -i add user researcher account=lab,poor wckey=crash-tests
	with_accounting || return
	"$REHEARSAL/cluster" daemon "$BURST_DIR" slurmctld restart
	wait_for 'in_cluster scontrol show assoc_mgr flags=assoc users=researcher | grep -q Account=lab' 60
}

# before slurmctld has accounting itself
as_client() {
	in_cluster env SLURM_CONF=/etc/slurm/dbd-client.conf "$@"
}

teardown_file() {
	cluster_stop
}

setup() {
	need_helper
	begin_test
}

teardown() {
	in_cluster scancel --user="$BURST_USER" || :
	cluster_teardown
	wait_for settled 90
}

# billed JOB: its billing, as slurmctld has it now
billed() {
	job_field "$1" TRES | grep -oE 'billing=[0-9]+' | cut -d= -f2
}

# has_nodes JOB
has_nodes() {
	[[ $(job_field "$1" NodeList) == *aws* || $(job_field "$1" NodeList) == *share* ]]
}

@test "what is generated says where each price is from, and slurmctld takes it" {
	run -0 cat "$BURST_DIR/etc/slurm/burst-nodes.conf"
	[[ $output == *$'\nNodeName=aws-hpc-[0-7] State=CLOUD NodeAddr=127.0.0.254 CPUs=192 RealMemory=768000\n'* ]]
	[[ $output == *'# aws-hpc: a node is billed 7200: hpc7a.96xlarge in us-east-2, 7.20 USD/h, built-in list price of '* ]]
	[[ $output == *'MaxTime=1:00:00 OverSubscribe=EXCLUSIVE TRESBillingWeights="CPU=37.500001"'* ]]
	[[ $output == *'PartitionName=share Nodes=share-cpu-[0-3] MaxTime=1:00:00 OverSubscribe=NO TRESBillingWeights="CPU=44.625001"'* ]]
	run -0 in_cluster scontrol show partition aws
	[[ $output == *'TRESBillingWeights=CPU=37.500001'* ]]
	# all of its eight nodes
	[[ $output == *'cpu=1536,'*',billing=57600'* ]]
}

@test "a job of two nodes is billed two prices; account and project are tags from launch" {
	job=$(submit -A lab --wckey=crash-tests -N 2 -n 2 --mem=1000 -t 5 --wrap true)
	wait_for "[ \"\$(job_field $job JobState)\" = COMPLETED ]" 180
	[ "$(billed "$job")" = 14400 ]
	wait_for "in_cluster sacct -n -X -P -j $job -o State,AllocTRES | grep -q '^COMPLETED|billing=14400,cpu=384,'" 60
	[ "$(in_cluster sacct -n -X -P -j "$job" -o Account,WCKey)" = 'lab|crash-tests' ]
	tags=$(new CreateFleet '[.params.TagSpecifications[] | select(.ResourceType == "instance").Tags[] | {(.Key): .Value}] | add')
	[ "$(jq -r '."burst:account"' <<<"$tags")" = lab ]
	[ "$(jq -r '."burst:project"' <<<"$tags")" = crash-tests ]
	[ "$(jq -r '."burst:job"' <<<"$tags")" = "$job" ]
}

@test "what a job cost stands in its record when it is over, in the database's comment" {
	job=$(submit -A lab -N 1 -t 5 --wrap true)
	wait_for "[ \"\$(job_field $job JobState)\" = COMPLETED ]" 180
	wait_for "in_cluster sacct -n -X -P -j $job -o AdminComment | grep -qE '^burst: cost [0-9.]+ USD \(estimate <= [0-9.]+\), 1 x hpc7a.96xlarge, [0-9]+ (s|min)$'" 120
	wait_for settled 90
	# which is what the ledger says
	uusd=$(helper cost report --by job --format json | jq --arg job "$job" '.rows[] | select(.key == $job).total_uusd')
	told=$(in_cluster sacct -n -X -P -j "$job" -o AdminComment | cut -d' ' -f3)
	[ "$(jq -n "$told * 1000000 | round")" -eq "$uusd" ]
	# slurmctld itself takes nothing of a job that is over
	[[ $(job_field "$job" AdminComment) == 'burst: 1 x hpc7a.96xlarge '* ]]
}

@test "an account's limit of money holds the job that it does not pay for, and EC2 is not asked" {
	# one USD: 7200 x 10 min is 1.20
	in_cluster sacctmgr -i modify account poor set GrpTRESMins=billing=60000
	wait_for 'in_cluster scontrol show assoc_mgr flags=assoc accounts=poor | grep -q "billing=60000"' 60
	job=$(submit -A poor -N 1 -t 10 --wrap true)
	wait_for "[ \"\$(job_field $job Reason)\" = AssocGrpBillingMinutes ]" 60
	# another of the same account that fits starts
	small=$(submit -A poor -N 1 -t 8 --wrap true)
	wait_for "[ \"\$(job_field $small JobState)\" = COMPLETED ]" 180
	[ "$(billed "$small")" = 7200 ]
	[ "$(new CreateFleet | wc -l)" -eq 1 ]
	[ "$(job_field "$job" Reason)" = AssocGrpBillingMinutes ]
	[ "$(job_field "$job" JobState)" = PENDING ]
	# more money
	in_cluster sacctmgr -i modify account poor set GrpTRESMins=billing=-1
	wait_for "[ \"\$(job_field $job JobState)\" = COMPLETED ]" 180
}

@test "budgets of a QOS and of an account: as slurmctld writes them, whatever the letters" {
	helper budget set cheap --scope qos --who Normal --period hour --limit 1 --alarm none
	helper budget set small --scope account --who LAB --period day --limit 0.5 --alarm none
	job=$(submit -A Lab -N 1 -t 5 --wrap true)
	wait_for "was_told $job 'burst: budget cheap (qos normal, 1.00 USD/h) *; held: *'" 90
	helper budget remove cheap
	job=$(submit -A Lab -N 1 -t 5 --wrap true)
	wait_for "was_told $job 'burst: budget small (account lab, 0.50 USD a day) *; held: *'" 90
	helper budget remove small
	[ -z "$(asked)" ]
}

@test "MAX_TRES: the larger share of CPUs and memory is billed, and nobody twice" {
	with_accounting PriorityFlags=MAX_TRES
	grep -q 'PartitionName=share .* TRESBillingWeights="CPU=44.625001,Mem=[0-9.]*T"' "$BURST_DIR/etc/slurm/burst-nodes.conf"
	"$REHEARSAL/cluster" daemon "$BURST_DIR" slurmctld restart
	# -H: what is asked is billed so, without a machine
	all=$(submit -H -A lab -p share -N 1 -n 192 --mem=384000 -t 5 --wrap true)
	mem=$(submit -H -A lab -p share -N 1 -n 1 --mem=384000 -t 5 --wrap true)
	half=$(submit -H -A lab -p share -N 1 -n 1 --mem=192000 -t 5 --wrap true)
	cpus=$(submit -H -A lab -p share -N 1 -n 96 --mem=1000 -t 5 --wrap true)
	[ "$(billed "$all")" = 8568 ]
	[ "$(billed "$mem")" = 8568 ]
	[ "$(billed "$half")" = 4284 ]
	[ "$(billed "$cpus")" = 4284 ]
	# and what it then has
	in_cluster scontrol release "$half"
	wait_for "has_nodes $half" 60
	[ "$(billed "$half")" = 4284 ]
}

@test "usage" {
	run -2 --separate-stderr helper config generate-slurm --cheap
	[[ $stderr == *'usage: aws-slurm-burst config generate-slurm [--first]' ]]
	run -2 --separate-stderr helper config generate
	[[ $stderr == *'aws-slurm-burst config generate-slurm'* ]]
}

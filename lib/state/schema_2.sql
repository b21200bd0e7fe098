-- SPDX-License-Identifier: Apache-2.0
-- What version 2 of state.db adds to version 1 (schema.sql). Same conventions. A process of the
-- version before may still be at work on the file: its INSERTs name their columns, so every new
-- column has a default.

-- EC2's own time of the end, from its reason; 0 not known. The ledger's end where known.
ALTER TABLE instance ADD COLUMN ended_s INTEGER NOT NULL DEFAULT 0;
-- It has a Name that people can read.
ALTER TABLE instance ADD COLUMN named INTEGER NOT NULL DEFAULT 0;

-- What a job of a pool costs, in which there may be thousands.
CREATE INDEX instance_of_node ON instance (gang, node);

-- What its job's wckey names.
ALTER TABLE gang ADD COLUMN project TEXT NOT NULL DEFAULT '';

-- How often something happened since the file was made: reconcile.<rule>, spot.<what>,
-- alarm.<what>.
CREATE TABLE counter (
	name TEXT PRIMARY KEY NOT NULL CHECK (length(name) > 0),
	value INTEGER NOT NULL,
	changed_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- What EC2 said it will do to an instance: once for each kind, whoever heard it first.
CREATE TABLE notice (
	seq INTEGER PRIMARY KEY,
	instance TEXT NOT NULL CHECK (length(instance) > 0),
	gang TEXT NOT NULL,
	kind TEXT NOT NULL CHECK (length(kind) > 0),
	source TEXT NOT NULL, -- who told us
	seen_ms INTEGER NOT NULL,
	deadline_ms INTEGER NOT NULL,
	signalled_ms INTEGER NOT NULL,
	acted_ms INTEGER NOT NULL,
	done_ms INTEGER NOT NULL,
	text TEXT NOT NULL,
	UNIQUE (instance, kind)
);
CREATE INDEX notice_gang ON notice (gang, seq);
CREATE INDEX notice_undone ON notice (seq) WHERE done_ms = 0;

-- The starts of jobs that a notice hits.
CREATE TABLE notice_job (
	notice INTEGER NOT NULL REFERENCES notice (seq),
	job_id INTEGER NOT NULL CHECK (job_id > 0),
	restart INTEGER NOT NULL,
	name TEXT NOT NULL,
	user TEXT NOT NULL,
	signalled_ms INTEGER NOT NULL,
	ended_ms INTEGER NOT NULL,
	requeued INTEGER NOT NULL,
	PRIMARY KEY (notice, job_id, restart)
) WITHOUT ROWID;
CREATE INDEX notice_job_job ON notice_job (job_id, restart);

-- What AWS said an instance costs an hour, in millionths of the currency: list prices (az '') and
-- Spot prices of the zones. A region and market is replaced whole.
CREATE TABLE price (
	region TEXT NOT NULL CHECK (length(region) > 0),
	az TEXT NOT NULL,
	type TEXT NOT NULL CHECK (length(type) > 0),
	spot INTEGER NOT NULL CHECK (spot IN (0, 1)),
	currency TEXT NOT NULL CHECK (length(currency) = 3),
	uusd_hr INTEGER NOT NULL CHECK (uusd_hr > 0),
	source TEXT NOT NULL,
	priced_s INTEGER NOT NULL,
	fetched_ms INTEGER NOT NULL,
	PRIMARY KEY (region, spot, type, az)
) WITHOUT ROWID;

-- When a market of a region was asked last, also where there was nothing to be had.
CREATE TABLE price_asked (
	region TEXT NOT NULL,
	spot INTEGER NOT NULL,
	fetched_ms INTEGER NOT NULL,
	PRIMARY KEY (region, spot)
) WITHOUT ROWID;

-- What the same machine cost on demand when it was launched: the report's "on demand".
ALTER TABLE instance ADD COLUMN od_rate_uusd_hr INTEGER NOT NULL DEFAULT -1;
-- Of its disks, beside its rate.
ALTER TABLE instance ADD COLUMN disk_uusd_hr INTEGER NOT NULL DEFAULT 0;
-- When the gang first was active; 0 never: what it cost was a failed launch.
ALTER TABLE gang ADD COLUMN active_ms INTEGER NOT NULL DEFAULT 0;

-- What a Spot instance costs from then on; before the first row, and where there is none, the rate
-- of its launch.
CREATE TABLE rate_change (
	instance TEXT NOT NULL REFERENCES instance (id),
	from_s INTEGER NOT NULL,
	uusd_hr INTEGER NOT NULL CHECK (uusd_hr >= 0),
	PRIMARY KEY (instance, from_s)
) WITHOUT ROWID;

-- Each start of a job and when it had its nodes, by the records of prolog and epilog and by
-- slurmctld: whoever has the node bears its cost.
CREATE TABLE job_run (
	seq INTEGER PRIMARY KEY,
	job_id INTEGER NOT NULL CHECK (job_id > 0),
	restart INTEGER NOT NULL,
	name TEXT NOT NULL, -- as Slurm names it
	user TEXT NOT NULL,
	account TEXT NOT NULL,
	partition TEXT NOT NULL,
	nodes TEXT NOT NULL,
	cpus INTEGER NOT NULL, -- of all nodes together; 0 not known
	began_s INTEGER NOT NULL,
	ended_s INTEGER NOT NULL -- 0: it runs, or nobody has said
);
CREATE INDEX job_run_job ON job_run (job_id, restart, began_s);

-- Budgets of `budget set`; those of the configuration are not here.
CREATE TABLE budget (
	name TEXT PRIMARY KEY NOT NULL CHECK (length(name) > 0),
	scope TEXT NOT NULL CHECK (scope IN ('site', 'user', 'account', 'qos', 'partition')),
	who TEXT NOT NULL, -- '' each by itself
	period TEXT NOT NULL CHECK (period IN ('hour', 'day', 'month', 'total')),
	limit_uusd INTEGER NOT NULL CHECK (limit_uusd > 0),
	alarms TEXT NOT NULL,
	made_s INTEGER NOT NULL
) WITHOUT ROWID;

-- A job's part of a gang, and what it may cost at most: counts in budgets until it is settled.
CREATE TABLE hold (
	gang TEXT NOT NULL REFERENCES gang (id),
	job_id INTEGER NOT NULL, -- 0: nodes without a job, or nobody has asked yet
	restart INTEGER NOT NULL,
	user TEXT NOT NULL,
	account TEXT NOT NULL,
	qos TEXT NOT NULL,
	partition TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('open', 'settled')),
	asked INTEGER NOT NULL, -- 0: made with the gang, for nobody has asked yet
	uusd_hr INTEGER NOT NULL,
	uusd INTEGER NOT NULL, -- -1: it has no end
	sure_ms INTEGER NOT NULL, -- it cannot have cost more than that before
	made_ms INTEGER NOT NULL, -- the gang
	changed_ms INTEGER NOT NULL,
	PRIMARY KEY (gang, job_id, restart)
) WITHOUT ROWID;
CREATE INDEX hold_open ON hold (gang) WHERE state = 'open';

-- Also of gangs that a process of the version before writes down.
CREATE TRIGGER gang_hold AFTER INSERT ON gang BEGIN
	INSERT INTO hold (gang, job_id, restart, user, account, qos, partition, state, asked,
		uusd_hr, uusd, sure_ms, made_ms, changed_ms)
	VALUES (NEW.id, NEW.job_id, NEW.restart, NEW.user, NEW.account, '', NEW.partition, 'open',
		0, 0, 0, 0, NEW.created_ms, NEW.created_ms);
END;
INSERT INTO hold (gang, job_id, restart, user, account, qos, partition, state, asked, uusd_hr,
	uusd, sure_ms, made_ms, changed_ms)
	SELECT id, job_id, restart, user, account, '', partition, 'open', 0, 0, 0, 0, created_ms,
	created_ms FROM gang;

-- What a settled part has cost, by day (of UTC, since 1970), …
CREATE TABLE spent (
	gang TEXT NOT NULL,
	job_id INTEGER NOT NULL,
	restart INTEGER NOT NULL,
	day INTEGER NOT NULL,
	uusd INTEGER NOT NULL,
	PRIMARY KEY (gang, job_id, restart, day)
) WITHOUT ROWID;
-- … and the sums of it, which budgets read.
CREATE TABLE spent_day (
	day INTEGER NOT NULL,
	user TEXT NOT NULL,
	account TEXT NOT NULL,
	qos TEXT NOT NULL,
	partition TEXT NOT NULL,
	uusd INTEGER NOT NULL,
	PRIMARY KEY (day, user, account, qos, partition)
) WITHOUT ROWID;

-- Thresholds that were told of, once in each period.
CREATE TABLE budget_alarm (
	name TEXT NOT NULL,
	who TEXT NOT NULL,
	from_s INTEGER NOT NULL,
	percent INTEGER NOT NULL,
	raised_ms INTEGER NOT NULL,
	PRIMARY KEY (name, who, from_s, percent)
) WITHOUT ROWID;

-- What a start of a job was told of its cost, and what was done to it for the sake of its limit.
CREATE TABLE job_money (
	job_id INTEGER NOT NULL CHECK (job_id > 0),
	restart INTEGER NOT NULL,
	user TEXT NOT NULL,
	limit_uusd INTEGER NOT NULL, -- for the whole job; 0 none
	worst_uusd INTEGER NOT NULL, -- -1 not known
	asked_s INTEGER NOT NULL, -- -1 unlimited
	lowered_s INTEGER NOT NULL,
	warned_ms INTEGER NOT NULL,
	ended_ms INTEGER NOT NULL,
	told_ms INTEGER NOT NULL,
	PRIMARY KEY (job_id, restart)
) WITHOUT ROWID;

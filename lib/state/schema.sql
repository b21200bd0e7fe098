-- SPDX-License-Identifier: Apache-2.0
-- The schema of state.db, version 1; doc/state.md explains it. A later version adds a step
-- to the table in db.c and leaves this file as it is. States stand as words so that a person
-- with sqlite3 can read them. Times: _ms milliseconds, _s seconds since 1970; 0 not yet.
-- Money: micro-USD, per hour where it says _hr; -1 not known.

CREATE TABLE meta (
	key TEXT PRIMARY KEY NOT NULL,
	value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE gang (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE CHECK (length(id) > 0),
	state TEXT NOT NULL CHECK (state IN ('planned', 'group_ready', 'launching', 'launched',
		'bound', 'announced', 'active', 'releasing', 'released', 'failing', 'failed')),
	job_id INTEGER NOT NULL,
	restart INTEGER NOT NULL,
	job_name TEXT NOT NULL,
	user TEXT NOT NULL,
	account TEXT NOT NULL,
	partition TEXT NOT NULL,
	node_group TEXT NOT NULL,
	nodes TEXT NOT NULL,
	size INTEGER NOT NULL CHECK (size > 0),
	all_or_nothing INTEGER NOT NULL,
	efa_asked INTEGER NOT NULL,
	efa INTEGER NOT NULL,
	limit_uusd INTEGER NOT NULL,
	limit_per_hour INTEGER NOT NULL,
	region TEXT NOT NULL,
	placement TEXT NOT NULL,
	type TEXT NOT NULL,
	az TEXT NOT NULL,
	rate_uusd_hr INTEGER NOT NULL,
	plan TEXT,
	reason TEXT,
	stop TEXT NOT NULL,
	again_ms INTEGER NOT NULL, -- 0 nothing was said of it, -1 held
	uncounted INTEGER NOT NULL DEFAULT 0, -- its failure tells nothing of its jobs
	created_ms INTEGER NOT NULL,
	changed_ms INTEGER NOT NULL
);
CREATE INDEX gang_living ON gang (seq) WHERE state NOT IN ('released', 'failed');

CREATE TABLE gang_node (
	gang TEXT NOT NULL REFERENCES gang (id),
	position INTEGER NOT NULL,
	node TEXT NOT NULL, -- behind the key: else integrity_check of SQLite 3.40 sees NULLs here
	PRIMARY KEY (gang, position)
) WITHOUT ROWID;
CREATE INDEX gang_node_node ON gang_node (node, gang);

-- Every start of a job that the gang is for; gang.job_id is 0 where these are several.
CREATE TABLE gang_job (
	gang TEXT NOT NULL REFERENCES gang (id),
	job_id INTEGER NOT NULL CHECK (job_id > 0),
	restart INTEGER NOT NULL,
	nodes TEXT NOT NULL, -- which of the gang's are this job's
	PRIMARY KEY (gang, job_id, restart)
) WITHOUT ROWID;
CREATE INDEX gang_job_job ON gang_job (job_id, restart, gang);

CREATE TABLE launch (
	seq INTEGER PRIMARY KEY,
	token TEXT NOT NULL UNIQUE CHECK (length(token) > 0),
	gang TEXT NOT NULL REFERENCES gang (id),
	region TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('prepared', 'answered', 'failed', 'lost')),
	body TEXT NOT NULL,
	hostlist TEXT NOT NULL,
	capacity INTEGER NOT NULL,
	fleet_id TEXT NOT NULL,
	code TEXT NOT NULL,
	message TEXT,
	sent_ms INTEGER NOT NULL,
	answered_ms INTEGER NOT NULL
);
CREATE INDEX launch_gang ON launch (gang, seq);
CREATE INDEX launch_prepared ON launch (seq) WHERE state = 'prepared';

CREATE TABLE instance (
	seq INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE CHECK (length(id) > 0),
	gang TEXT NOT NULL REFERENCES gang (id),
	launch TEXT REFERENCES launch (token), -- NULL: adopted, its launch is not known here
	region TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('running', 'terminating', 'terminated')),
	node TEXT, -- NULL: not bound
	type TEXT NOT NULL,
	az TEXT NOT NULL,
	subnet TEXT NOT NULL,
	ip TEXT NOT NULL,
	spot INTEGER NOT NULL,
	rate_uusd_hr INTEGER NOT NULL,
	launched_s INTEGER NOT NULL,
	bound_ms INTEGER NOT NULL,
	end_asked_ms INTEGER NOT NULL, -- first
	last_asked_ms INTEGER NOT NULL,
	terminated_ms INTEGER NOT NULL,
	why TEXT NOT NULL
);
CREATE INDEX instance_gang ON instance (gang, seq);
CREATE INDEX instance_launch ON instance (launch);
CREATE INDEX instance_living ON instance (seq) WHERE state <> 'terminated';
CREATE INDEX instance_vcpus ON instance (region, type, spot) WHERE state <> 'terminated';
-- A node is at most one instance that still runs or may still run.
CREATE UNIQUE INDEX instance_node ON instance (node)
	WHERE node IS NOT NULL AND state <> 'terminated';

CREATE TABLE placement (
	seq INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE CHECK (length(name) > 0),
	gang TEXT NOT NULL REFERENCES gang (id),
	region TEXT NOT NULL,
	created_ms INTEGER NOT NULL,
	deleted_ms INTEGER NOT NULL
);
CREATE INDEX placement_living ON placement (seq) WHERE deleted_ms = 0;

CREATE TABLE template (
	template_id TEXT NOT NULL,
	source INTEGER NOT NULL,
	layout TEXT NOT NULL,
	token TEXT NOT NULL,
	version INTEGER NOT NULL, -- 0: asked for, not yet answered
	PRIMARY KEY (template_id, source, layout)
) WITHOUT ROWID;

-- What a gang's start tried, one after the other, and what came of each.
CREATE TABLE try (
	gang TEXT NOT NULL REFERENCES gang (id),
	number INTEGER NOT NULL CHECK (number > 0),
	region TEXT NOT NULL,
	asked TEXT NOT NULL,
	launch TEXT NOT NULL,
	class TEXT NOT NULL,
	code TEXT NOT NULL,
	text TEXT,
	reasons TEXT,
	began_ms INTEGER NOT NULL,
	ended_ms INTEGER NOT NULL,
	PRIMARY KEY (gang, number)
) WITHOUT ROWID;

-- What EC2 could not give: az and type, or subnet, or family; the others are ''.
CREATE TABLE pool_failure (
	region TEXT NOT NULL CHECK (length(region) > 0),
	az TEXT NOT NULL,
	type TEXT NOT NULL,
	subnet TEXT NOT NULL,
	family TEXT NOT NULL,
	spot INTEGER NOT NULL,
	grouped INTEGER NOT NULL,
	nodes INTEGER NOT NULL,
	code TEXT NOT NULL,
	failed_ms INTEGER NOT NULL,
	until_ms INTEGER NOT NULL,
	PRIMARY KEY (region, az, type, subnet, family, spot, grouped)
) WITHOUT ROWID;

-- Boots that failed in a row, by node group.
CREATE TABLE health (
	node_group TEXT PRIMARY KEY NOT NULL CHECK (length(node_group) > 0),
	failures INTEGER NOT NULL,
	closed_ms INTEGER NOT NULL,
	until_ms INTEGER NOT NULL,
	reason TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE cache (
	key TEXT PRIMARY KEY NOT NULL CHECK (length(key) > 0),
	value TEXT NOT NULL,
	until_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- What EC2 said of a region's types, zones and subnets when it was asked last, whole.
CREATE TABLE catalog (
	region TEXT PRIMARY KEY NOT NULL CHECK (length(region) > 0),
	refreshed_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE instance_type (
	region TEXT NOT NULL REFERENCES catalog (region),
	name TEXT NOT NULL CHECK (length(name) > 0),
	vcpus INTEGER NOT NULL,
	cores INTEGER NOT NULL,
	mem_mib INTEGER NOT NULL,
	arch TEXT NOT NULL CHECK (arch IN ('x86_64', 'arm64')),
	gpus INTEGER NOT NULL,
	efa INTEGER NOT NULL, -- interfaces
	cards INTEGER NOT NULL,
	card0_ifs INTEGER NOT NULL,
	card_ifs INTEGER NOT NULL, -- of each further card
	efa_on_card0 INTEGER NOT NULL,
	spot INTEGER NOT NULL,
	on_demand INTEGER NOT NULL,
	cluster_group INTEGER NOT NULL,
	PRIMARY KEY (region, name)
) WITHOUT ROWID;

CREATE TABLE offering (
	region TEXT NOT NULL REFERENCES catalog (region),
	az TEXT NOT NULL CHECK (length(az) > 0),
	type TEXT NOT NULL CHECK (length(type) > 0),
	PRIMARY KEY (region, az, type)
) WITHOUT ROWID;

CREATE TABLE subnet (
	region TEXT NOT NULL REFERENCES catalog (region),
	id TEXT NOT NULL CHECK (length(id) > 0),
	az TEXT NOT NULL CHECK (length(az) > 0),
	PRIMARY KEY (region, id)
) WITHOUT ROWID;

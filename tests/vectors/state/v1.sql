-- A state.db of schema version 1, as sqlite3's .dump gives it: one gang that is over, one that runs.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE meta (
	key TEXT PRIMARY KEY NOT NULL,
	value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO meta VALUES('host','controller');
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
INSERT INTO gang VALUES(1,'1-44c5ab3529','released',1,0,'1','researcher','','aws','hpc','aws-hpc-[0-1]',2,1,4,1,0,0,'us-east-2','burst-rehearsal-1-44c5ab3529','hpc7a.96xlarge','us-east-2a',7200000,replace('EFA: required (the job''s --efa): used\nplacement group: cluster, for 2 nodes\ncost: 2 nodes at 8.568 USD/h at most: 17.136 USD/h; 5.1646 USD at worst for 600 s boot, 300 s time limit, 185 s release\nkept hpc7a.96xlarge subnet-0aaaaaaaaaaaaaaa1 us-east-2a: 7.20 USD/h, 2 EFA; score 2000 = order 1000 + memory 1000\nkept hpc7a.96xlarge subnet-0aaaaaaaaaaaaaaa2 us-east-2b: 7.20 USD/h, 2 EFA; score 1990 = order 990 + memory 1000\nkept c7i.48xlarge subnet-0aaaaaaaaaaaaaaa1 us-east-2a: 8.568 USD/h, 1 EFA; score 1980 = order 980 + memory 1000\nkept c7i.48xlarge subnet-0aaaaaaaaaaaaaaa2 us-east-2b: 8.568 USD/h, 1 EFA; score 1970 = order 970 + memory 1000\n','\n',char(10)),NULL,'',0,0,1795351584466,1795351613682);
INSERT INTO gang VALUES(2,'2-59e452ec56','active',2,0,'2','researcher','','aws','hpc','aws-hpc-2',1,0,1,0,0,0,'us-east-2','','hpc7a.96xlarge','us-east-2a',7200000,replace('EFA: disabled (one node needs no EFA): not used\nplacement group: none\ncost: 1 nodes at 8.568 USD/h at most: 8.568 USD/h; 2.5823 USD at worst for 600 s boot, 300 s time limit, 185 s release\nkept hpc7a.96xlarge subnet-0aaaaaaaaaaaaaaa1 us-east-2a: 7.20 USD/h; score 2000 = order 1000 + memory 1000\nkept hpc7a.96xlarge subnet-0aaaaaaaaaaaaaaa2 us-east-2b: 7.20 USD/h; score 1990 = order 990 + memory 1000\nkept c7i.48xlarge subnet-0aaaaaaaaaaaaaaa1 us-east-2a: 8.568 USD/h; score 1980 = order 980 + memory 1000\nkept c7i.48xlarge subnet-0aaaaaaaaaaaaaaa2 us-east-2b: 8.568 USD/h; score 1970 = order 970 + memory 1000\n','\n',char(10)),NULL,'',0,0,1795351612480,1795351613662);
CREATE TABLE gang_node (
	gang TEXT NOT NULL REFERENCES gang (id),
	position INTEGER NOT NULL,
	node TEXT NOT NULL, -- behind the key: else integrity_check of SQLite 3.40 sees NULLs here
	PRIMARY KEY (gang, position)
) WITHOUT ROWID;
INSERT INTO gang_node VALUES('1-44c5ab3529',0,'aws-hpc-0');
INSERT INTO gang_node VALUES('1-44c5ab3529',1,'aws-hpc-1');
INSERT INTO gang_node VALUES('2-59e452ec56',0,'aws-hpc-2');
CREATE TABLE gang_job (
	gang TEXT NOT NULL REFERENCES gang (id),
	job_id INTEGER NOT NULL CHECK (job_id > 0),
	restart INTEGER NOT NULL,
	nodes TEXT NOT NULL, -- which of the gang's are this job's
	PRIMARY KEY (gang, job_id, restart)
) WITHOUT ROWID;
INSERT INTO gang_job VALUES('1-44c5ab3529',1,0,'aws-hpc-[0-1]');
INSERT INTO gang_job VALUES('2-59e452ec56',2,0,'aws-hpc-2');
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
INSERT INTO launch VALUES(1,'ce28a7ad20376aaebb60beade73133f3','1-44c5ab3529','us-east-2','answered','Action=CreateFleet&Version=2016-11-15&Type=instant&LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateId=lt-42015100d5fd3701d&LaunchTemplateConfigs.1.LaunchTemplateSpecification.Version=2&LaunchTemplateConfigs.1.Overrides.1.InstanceType=hpc7a.96xlarge&LaunchTemplateConfigs.1.Overrides.1.SubnetId=subnet-0aaaaaaaaaaaaaaa1&LaunchTemplateConfigs.1.Overrides.1.Priority=0&LaunchTemplateConfigs.1.Overrides.1.Placement.GroupName=burst-rehearsal-1-44c5ab3529&LaunchTemplateConfigs.1.Overrides.2.InstanceType=hpc7a.96xlarge&LaunchTemplateConfigs.1.Overrides.2.SubnetId=subnet-0aaaaaaaaaaaaaaa2&LaunchTemplateConfigs.1.Overrides.2.Priority=1&LaunchTemplateConfigs.1.Overrides.2.Placement.GroupName=burst-rehearsal-1-44c5ab3529&LaunchTemplateConfigs.2.LaunchTemplateSpecification.LaunchTemplateId=lt-42015100d5fd3701d&LaunchTemplateConfigs.2.LaunchTemplateSpecification.Version=3&LaunchTemplateConfigs.2.Overrides.1.InstanceType=c7i.48xlarge&LaunchTemplateConfigs.2.Overrides.1.SubnetId=subnet-0aaaaaaaaaaaaaaa1&LaunchTemplateConfigs.2.Overrides.1.Priority=2&LaunchTemplateConfigs.2.Overrides.1.Placement.GroupName=burst-rehearsal-1-44c5ab3529&LaunchTemplateConfigs.2.Overrides.2.InstanceType=c7i.48xlarge&LaunchTemplateConfigs.2.Overrides.2.SubnetId=subnet-0aaaaaaaaaaaaaaa2&LaunchTemplateConfigs.2.Overrides.2.Priority=3&LaunchTemplateConfigs.2.Overrides.2.Placement.GroupName=burst-rehearsal-1-44c5ab3529&TargetCapacitySpecification.TotalTargetCapacity=2&TargetCapacitySpecification.OnDemandTargetCapacity=2&TargetCapacitySpecification.SpotTargetCapacity=0&TargetCapacitySpecification.DefaultTargetCapacityType=on-demand&OnDemandOptions.AllocationStrategy=prioritized&OnDemandOptions.CapacityReservationOptions.UsageStrategy=use-capacity-reservations-first&OnDemandOptions.SingleInstanceType=true&OnDemandOptions.SingleAvailabilityZone=true&OnDemandOptions.MinTargetCapacity=2&ClientToken=ce28a7ad20376aaebb60beade73133f3&TagSpecification.1.ResourceType=fleet&TagSpecification.1.Tag.1.Key=burst%3Acluster&TagSpecification.1.Tag.1.Value=rehearsal&TagSpecification.1.Tag.2.Key=burst%3Agang&TagSpecification.1.Tag.2.Value=1-44c5ab3529&TagSpecification.1.Tag.3.Key=burst%3Ajob&TagSpecification.1.Tag.3.Value=1&TagSpecification.1.Tag.4.Key=burst%3Apartition&TagSpecification.1.Tag.4.Value=aws&TagSpecification.1.Tag.5.Key=burst%3Auser&TagSpecification.1.Tag.5.Value=researcher&TagSpecification.1.Tag.6.Key=burst%3Alaunch&TagSpecification.1.Tag.6.Value=ce28a7ad20376aaebb60beade73133f3&TagSpecification.1.Tag.7.Key=burst%3Anodes&TagSpecification.1.Tag.7.Value=aws-hpc-%5B0-1%5D&TagSpecification.2.ResourceType=instance&TagSpecification.2.Tag.1.Key=burst%3Acluster&TagSpecification.2.Tag.1.Value=rehearsal&TagSpecification.2.Tag.2.Key=burst%3Agang&TagSpecification.2.Tag.2.Value=1-44c5ab3529&TagSpecification.2.Tag.3.Key=burst%3Ajob&TagSpecification.2.Tag.3.Value=1&TagSpecification.2.Tag.4.Key=burst%3Apartition&TagSpecification.2.Tag.4.Value=aws&TagSpecification.2.Tag.5.Key=burst%3Auser&TagSpecification.2.Tag.5.Value=researcher&TagSpecification.2.Tag.6.Key=burst%3Alaunch&TagSpecification.2.Tag.6.Value=ce28a7ad20376aaebb60beade73133f3&TagSpecification.2.Tag.7.Key=burst%3Anodes&TagSpecification.2.Tag.7.Value=aws-hpc-%5B0-1%5D','aws-hpc-[0-1]',2,'fleet-d0ba7a68c21509a70','','',1795351584947,1795351584951);
INSERT INTO launch VALUES(2,'c8457e01a5e20368b07a0d0097ed6c68','2-59e452ec56','us-east-2','answered','Action=CreateFleet&Version=2016-11-15&Type=instant&LaunchTemplateConfigs.1.LaunchTemplateSpecification.LaunchTemplateId=lt-42015100d5fd3701d&LaunchTemplateConfigs.1.LaunchTemplateSpecification.Version=4&LaunchTemplateConfigs.1.Overrides.1.InstanceType=hpc7a.96xlarge&LaunchTemplateConfigs.1.Overrides.1.SubnetId=subnet-0aaaaaaaaaaaaaaa1&LaunchTemplateConfigs.1.Overrides.1.Priority=0&LaunchTemplateConfigs.1.Overrides.2.InstanceType=hpc7a.96xlarge&LaunchTemplateConfigs.1.Overrides.2.SubnetId=subnet-0aaaaaaaaaaaaaaa2&LaunchTemplateConfigs.1.Overrides.2.Priority=1&LaunchTemplateConfigs.1.Overrides.3.InstanceType=c7i.48xlarge&LaunchTemplateConfigs.1.Overrides.3.SubnetId=subnet-0aaaaaaaaaaaaaaa1&LaunchTemplateConfigs.1.Overrides.3.Priority=2&LaunchTemplateConfigs.1.Overrides.4.InstanceType=c7i.48xlarge&LaunchTemplateConfigs.1.Overrides.4.SubnetId=subnet-0aaaaaaaaaaaaaaa2&LaunchTemplateConfigs.1.Overrides.4.Priority=3&TargetCapacitySpecification.TotalTargetCapacity=1&TargetCapacitySpecification.OnDemandTargetCapacity=1&TargetCapacitySpecification.SpotTargetCapacity=0&TargetCapacitySpecification.DefaultTargetCapacityType=on-demand&OnDemandOptions.AllocationStrategy=prioritized&OnDemandOptions.CapacityReservationOptions.UsageStrategy=use-capacity-reservations-first&ClientToken=c8457e01a5e20368b07a0d0097ed6c68&TagSpecification.1.ResourceType=fleet&TagSpecification.1.Tag.1.Key=burst%3Acluster&TagSpecification.1.Tag.1.Value=rehearsal&TagSpecification.1.Tag.2.Key=burst%3Agang&TagSpecification.1.Tag.2.Value=2-59e452ec56&TagSpecification.1.Tag.3.Key=burst%3Ajob&TagSpecification.1.Tag.3.Value=2&TagSpecification.1.Tag.4.Key=burst%3Apartition&TagSpecification.1.Tag.4.Value=aws&TagSpecification.1.Tag.5.Key=burst%3Auser&TagSpecification.1.Tag.5.Value=researcher&TagSpecification.1.Tag.6.Key=burst%3Alaunch&TagSpecification.1.Tag.6.Value=c8457e01a5e20368b07a0d0097ed6c68&TagSpecification.1.Tag.7.Key=burst%3Anodes&TagSpecification.1.Tag.7.Value=aws-hpc-2&TagSpecification.2.ResourceType=instance&TagSpecification.2.Tag.1.Key=burst%3Acluster&TagSpecification.2.Tag.1.Value=rehearsal&TagSpecification.2.Tag.2.Key=burst%3Agang&TagSpecification.2.Tag.2.Value=2-59e452ec56&TagSpecification.2.Tag.3.Key=burst%3Ajob&TagSpecification.2.Tag.3.Value=2&TagSpecification.2.Tag.4.Key=burst%3Apartition&TagSpecification.2.Tag.4.Value=aws&TagSpecification.2.Tag.5.Key=burst%3Auser&TagSpecification.2.Tag.5.Value=researcher&TagSpecification.2.Tag.6.Key=burst%3Alaunch&TagSpecification.2.Tag.6.Value=c8457e01a5e20368b07a0d0097ed6c68&TagSpecification.2.Tag.7.Key=burst%3Anodes&TagSpecification.2.Tag.7.Value=aws-hpc-2','aws-hpc-2',1,'fleet-b905efa90e1df965e','','',1795351612611,1795351612616);
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
INSERT INTO instance VALUES(1,'i-2a008f373b01b2962','1-44c5ab3529','ce28a7ad20376aaebb60beade73133f3','us-east-2','terminated','aws-hpc-0','hpc7a.96xlarge','us-east-2a','subnet-0aaaaaaaaaaaaaaa1','10.77.1.4',0,7200000,1795351584,1795351585464,1795351611476,1795351611476,1795351613672,'SuspendProgram');
INSERT INTO instance VALUES(2,'i-398c724c89a5e9cf0','1-44c5ab3529','ce28a7ad20376aaebb60beade73133f3','us-east-2','terminated','aws-hpc-1','hpc7a.96xlarge','us-east-2a','subnet-0aaaaaaaaaaaaaaa1','10.77.1.5',0,7200000,1795351584,1795351585464,1795351611476,1795351611476,1795351613673,'SuspendProgram');
INSERT INTO instance VALUES(3,'i-60aceff85775abf3c','2-59e452ec56','c8457e01a5e20368b07a0d0097ed6c68','us-east-2','running','aws-hpc-2','hpc7a.96xlarge','us-east-2a','subnet-0aaaaaaaaaaaaaaa1','10.77.1.6',0,7200000,1795351612,1795351613126,0,0,0,'');
CREATE TABLE placement (
	seq INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE CHECK (length(name) > 0),
	gang TEXT NOT NULL REFERENCES gang (id),
	region TEXT NOT NULL,
	created_ms INTEGER NOT NULL,
	deleted_ms INTEGER NOT NULL
);
INSERT INTO placement VALUES(1,'burst-rehearsal-1-44c5ab3529','1-44c5ab3529','us-east-2',1795351584479,1795351613692);
CREATE TABLE template (
	template_id TEXT NOT NULL,
	source INTEGER NOT NULL,
	layout TEXT NOT NULL,
	token TEXT NOT NULL,
	version INTEGER NOT NULL, -- 0: asked for, not yet answered
	PRIMARY KEY (template_id, source, layout)
) WITHOUT ROWID;
INSERT INTO template VALUES('lt-42015100d5fd3701d',1,'0.0efa/sg-0aaaaaaaaaaaaaaa1','6c200367bb9666c0478bc9a2cce03de8',3);
INSERT INTO template VALUES('lt-42015100d5fd3701d',1,'0.0ena+0.1efa-only+1.0efa-only/sg-0aaaaaaaaaaaaaaa1','33e88cc495b3c05d95d61be69bd29a99',2);
INSERT INTO template VALUES('lt-42015100d5fd3701d',1,'0.0ena/sg-0aaaaaaaaaaaaaaa1','b5b224e6d9bdaaa22c699d71ad079c1f',4);
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
INSERT INTO try VALUES('1-44c5ab3529',1,'us-east-2','2 x hpc7a.96xlarge|c7i.48xlarge in us-east-2a|us-east-2b, on-demand, EFA, placement group','ce28a7ad20376aaebb60beade73133f3','','','2 instance(s)',replace('EFA: required (the job''s --efa): used\nplacement group: cluster, for 2 nodes\ncost: 2 nodes at 8.568 USD/h at most: 17.136 USD/h; 5.1646 USD at worst for 600 s boot, 300 s time limit, 185 s release\nkept hpc7a.96xlarge subnet-0aaaaaaaaaaaaaaa1 us-east-2a: 7.20 USD/h, 2 EFA; score 2000 = order 1000 + memory 1000\nkept hpc7a.96xlarge subnet-0aaaaaaaaaaaaaaa2 us-east-2b: 7.20 USD/h, 2 EFA; score 1990 = order 990 + memory 1000\nkept c7i.48xlarge subnet-0aaaaaaaaaaaaaaa1 us-east-2a: 8.568 USD/h, 1 EFA; score 1980 = order 980 + memory 1000\nkept c7i.48xlarge subnet-0aaaaaaaaaaaaaaa2 us-east-2b: 8.568 USD/h, 1 EFA; score 1970 = order 970 + memory 1000\n','\n',char(10)),1795351584477,1795351585461);
INSERT INTO try VALUES('2-59e452ec56',1,'us-east-2','1 x hpc7a.96xlarge|c7i.48xlarge in us-east-2a|us-east-2b, on-demand, no EFA, no placement group','c8457e01a5e20368b07a0d0097ed6c68','','','1 instance(s)',replace('EFA: disabled (one node needs no EFA): not used\nplacement group: none\ncost: 1 nodes at 8.568 USD/h at most: 8.568 USD/h; 2.5823 USD at worst for 600 s boot, 300 s time limit, 185 s release\nkept hpc7a.96xlarge subnet-0aaaaaaaaaaaaaaa1 us-east-2a: 7.20 USD/h; score 2000 = order 1000 + memory 1000\nkept hpc7a.96xlarge subnet-0aaaaaaaaaaaaaaa2 us-east-2b: 7.20 USD/h; score 1990 = order 990 + memory 1000\nkept c7i.48xlarge subnet-0aaaaaaaaaaaaaaa1 us-east-2a: 8.568 USD/h; score 1980 = order 980 + memory 1000\nkept c7i.48xlarge subnet-0aaaaaaaaaaaaaaa2 us-east-2b: 8.568 USD/h; score 1970 = order 970 + memory 1000\n','\n',char(10)),1795351612490,1795351613122);
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
INSERT INTO cache VALUES('groups/us-east-2','1 1795351584479',1795351644479);
INSERT INTO cache VALUES('quota/us-east-2/L-1216C47A','1000000 1795351584473',1795373184473);
INSERT INTO cache VALUES('quota/us-east-2/L-34B43A08','1000000 1795351584474',1795373184474);
INSERT INTO cache VALUES('quota/us-east-2/L-F7808C92','1000000 1795351584475',1795373184475);
INSERT INTO cache VALUES('subnet/us-east-2/subnet-0aaaaaaaaaaaaaaa1','us-east-2a 249 1795351612483',1795351627483);
INSERT INTO cache VALUES('subnet/us-east-2/subnet-0aaaaaaaaaaaaaaa2','us-east-2b 251 1795351612483',1795351627483);
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
CREATE INDEX gang_living ON gang (seq) WHERE state NOT IN ('released', 'failed');
CREATE INDEX gang_node_node ON gang_node (node, gang);
CREATE INDEX gang_job_job ON gang_job (job_id, restart, gang);
CREATE INDEX launch_gang ON launch (gang, seq);
CREATE INDEX launch_prepared ON launch (seq) WHERE state = 'prepared';
CREATE INDEX instance_gang ON instance (gang, seq);
CREATE INDEX instance_launch ON instance (launch);
CREATE INDEX instance_living ON instance (seq) WHERE state <> 'terminated';
CREATE INDEX instance_vcpus ON instance (region, type, spot) WHERE state <> 'terminated';
CREATE UNIQUE INDEX instance_node ON instance (node)
	WHERE node IS NOT NULL AND state <> 'terminated';
CREATE INDEX placement_living ON placement (seq) WHERE deleted_ms = 0;
COMMIT;
PRAGMA application_id = 1112887891;
PRAGMA user_version = 1;

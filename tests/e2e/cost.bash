# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What the files about the ledger share: a site without a cluster.

# cost_conf DIR: its configuration, in DIR/burst.yaml; state and log are there, too
cost_conf() {
	cat >"$1/burst.yaml" <<-EOF
	aws: {region: us-east-2}
	cluster_name: lab
	state: {directory: $1/state}
	logging: {file: $1/log}
	slurm:
	  partitions:
	  - partition_name: aws
	    node_groups:
	    - node_group_name: hpc
	      max_nodes: 4
	      region: us-east-2
	      purchasing_option: on-demand
	      launch_template_specification: {launch_template_name: site}
	      launch_template_overrides: [{instance_type: hpc7a.96xlarge}]
	      subnet_ids: [subnet-0aaaaaaaaaaaaaaa1]
	EOF
}

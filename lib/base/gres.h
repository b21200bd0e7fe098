/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gres: how many GPUs Slurm's words ask for or give: a node's Gres ("gpu:a100:4(S:0),nvme:1"), a
 * job's tres_per_node ("gres:gpu:2", "gres/gpu:a100:2"), --gres and --gpus ("gpu:2", "a100:2"
 * needs the caller's "gpu:"). Pure.
 */
#ifndef BURST_GRES_H
#define BURST_GRES_H

/* All GPUs in TEXT (may be NULL), of whatever type; without a number it is one. At most 65535. */
unsigned gres_gpus(const char *text);

#endif

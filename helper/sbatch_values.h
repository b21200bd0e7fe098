/* SPDX-License-Identifier: Apache-2.0 */
/* sbatch_values: the values of sbatch's options, each read as sbatch reads it. Pure. */
#ifndef BURST_SBATCH_VALUES_H
#define BURST_SBATCH_VALUES_H

#include <stdbool.h>
#include <stdint.h>

/* Each 0, or -1: it is none. */

/* "16", 1 to 4e9; "2k" and "1m" where SUFFIX allows them, as --nodes does. */
int value_count(const char *text, bool suffix, uint32_t *count);
/* "4", "4-8", "1k-2k", "4,8-16:2": the least and the most. The least may be 0: not given. */
int value_nodes(const char *text, uint32_t *min, uint32_t *max);
/* "4000", "4G": whole numbers with K, M, G or T; without, MiB. Rounded up to MiB. */
int value_memory(const char *text, uint64_t *mib);
/*
 * "30", "30:00", "4:00:00", "1-12", "1-12:30", "1-12:30:00", "UNLIMITED", and 0 which means the
 * same: seconds, rounded up to minutes as Slurm does; -1 unlimited.
 */
int value_time(const char *text, int64_t *seconds);
/* "", "exclusive", "user", "mcs", "topo"; NULL: --exclusive without a value. */
int value_exclusive(const char *text);
/* "4", "a100:4", "a100:2,v100:1", "a100" (one), "" (none): --gpus and its like. */
int value_gpus(const char *text, uint32_t *gpus);
/* "gpu:a100:4,lustre:1", "gres/gpu=2", "none": the GPUs among them. */
int value_gres(const char *text, uint32_t *gpus);

#endif

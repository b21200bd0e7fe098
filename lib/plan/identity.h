/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity: which node of its launch an instance is, told by tags.
 *
 * All instances of a launch carry the launch's hostlist from the start. The position in it is a
 * constant-weight code: exactly W of the M tags burst:k0 … burst:k<M-1> are set, so a reader that
 * sees fewer than W knows that it must wait; one CreateTags call per k serves all instances. M is
 * the smallest number with C(M, M/2) >= N, W = M/2; one node needs no tag at all. Position R is the
 * R-th W-subset in colexicographic order. contrib/compute-node decodes the same. Pure.
 */
#ifndef BURST_IDENTITY_H
#define BURST_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* M and W for N nodes; 1 <= n <= 1000000. */
void identity_size(size_t n, unsigned *m, unsigned *w);

/* The set of k's for position RANK (< N) as a bit mask. */
uint64_t identity_code(size_t n, size_t rank);

/* The position of a mask, or -1 if it is no code word for N (wrong weight, bit or rank). */
long identity_rank(size_t n, uint64_t code);

#define IDENTITY_TAG_VALUE_MAX 256
/*
 * The hostlist in pieces of at most 256 characters, for the tags burst:nodes, burst:nodes2, …:
 * piece I (from 0) of TEXT starts at return value and is *LEN long; NULL behind the last.
 * A reader joins them in order.
 */
const char *identity_piece(const char *hostlist, size_t i, size_t *len);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * allreduce: an MPI program whose answer can be checked.
 *
 * Each rank gives a vector of its own; their sum is known beforehand, element by element. Rank 0
 * says whether every rank got it, how many nodes took part, and how long one reduction took. Status
 * 1 if not.
 */
#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT  65536
#define ROUNDS 20

/* What RANK gives at INDEX: depends on both, so that a swapped or lost part is seen. */
static uint64_t part(int rank, int index)
{
	return (uint64_t)(rank + 1) * 1000003 + (uint64_t)index * (rank + 7);
}

static bool check(const uint64_t *sum, int ranks)
{
	for (int i = 0; i < COUNT; i++) {
		uint64_t expected = 0;

		for (int r = 0; r < ranks; r++)
			expected += part(r, i);
		if (sum[i] != expected)
			return false;
	}
	return true;
}

/* Nodes that take part: each node's first rank counts one. */
static int count_nodes(void)
{
	MPI_Comm node;
	int rank, first, nodes;

	MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
	MPI_Comm_rank(node, &rank);
	first = rank == 0;
	MPI_Allreduce(&first, &nodes, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
	MPI_Comm_free(&node);
	return nodes;
}

int main(int argc, char **argv)
{
	uint64_t *mine = calloc(COUNT, sizeof(*mine)), *sum = calloc(COUNT, sizeof(*sum));
	int rank, ranks, right, all, nodes;
	double began, seconds;

	MPI_Init(&argc, &argv);
	if (!mine || !sum)
		MPI_Abort(MPI_COMM_WORLD, 2);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	nodes = count_nodes();
	for (int i = 0; i < COUNT; i++)
		mine[i] = part(rank, i);
	MPI_Barrier(MPI_COMM_WORLD);
	began = MPI_Wtime();
	for (int i = 0; i < ROUNDS; i++)
		MPI_Allreduce(mine, sum, COUNT, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
	seconds = (MPI_Wtime() - began) / ROUNDS;
	right = check(sum, ranks);
	MPI_Allreduce(&right, &all, 1, MPI_INT, MPI_LAND, MPI_COMM_WORLD);
	if (rank == 0)
		printf("allreduce: %d ranks on %d nodes: %s, %.1f ms for %d KiB\n", ranks, nodes,
			all ? "right" : "WRONG", seconds * 1000,
			(int)(COUNT * sizeof(*sum) / 1024));
	MPI_Finalize();
	free(mine);
	free(sum);
	return !all;
}

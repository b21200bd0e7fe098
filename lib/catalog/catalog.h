/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog: what EC2's instance types are, as a built-in, dated table. Data plus look-ups; pure.
 */
#ifndef BURST_CATALOG_H
#define BURST_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

enum arch { ARCH_ANY, ARCH_X86_64, ARCH_ARM64 };

struct instance_type {
	const char *name; /* "hpc7a.96xlarge": EFA goes by exact size, never by family */
	uint16_t vcpus;
	uint16_t cores; /* physical */
	uint32_t mem_mib;
	enum arch arch; /* never ARCH_ANY */
	uint8_t gpus;
	uint8_t efa_max;     /* EFA interfaces per instance; 0: no EFA */
	uint8_t cards;       /* network cards */
	uint8_t card_ifs[2]; /* interfaces that card 0, and each further card, can have */
	bool efa_on_card0;   /* p6-b300: its first card is ENA only */
	bool spot;           /* sold as spot too; hpc types are not */
	bool on_demand;      /* false: capacity blocks only */
	bool cluster_group;  /* may stand in a cluster placement group */
};

/* The type, or NULL if the table does not hold it. */
const struct instance_type *catalog_find(const char *name);

/* All of them, in the table's order: i from 0 until NULL. */
const struct instance_type *catalog_at(size_t i);

/*
 * The families that share a vCPU quota (Service Quotas, "Running On-Demand … instances" and
 * "All … Spot Instance Requests"). The on-demand quota and the spot quota of a family are two.
 */
enum quota_family {
	QUOTA_STANDARD, /* A, C, D, H, I, M, R, T, Z */
	QUOTA_HPC,
	QUOTA_P,
	QUOTA_G, /* and VT */
	QUOTA_X,
	QUOTA_HIGH_MEMORY, /* U */
	QUOTA_F,
	QUOTA_INF,
	QUOTA_TRN,
	QUOTA_DL,
	QUOTA_OTHER, /* none that is known: a Mac, a family newer than this table */
};

/* The family of a type by its name, in the table or not. */
enum quota_family catalog_quota_family(const char *type);

/* "Standard", "G and VT" … for people and as a key; at most 23 bytes. Never NULL. */
const char *quota_family_name(enum quota_family family);

/* The quota's code in Service Quotas, service "ec2": "L-1216C47A"; NULL where none is known. */
const char *quota_code(enum quota_family family, bool spot);

/* The date of the table, "2026-07-20". */
const char *catalog_date(void);

/*
 * The built-in on-demand Linux price of TYPE in REGION, micro-USD per hour.
 * 0 and *UUSD_HR set; -1 with ERR_NOTFOUND that names type, region and the table's date.
 */
int catalog_price(const char *region, const char *type, int64_t *uusd_hr, struct err *err);
const char *catalog_price_date(void);

enum nic_kind {
	NIC_INTERFACE, /* ENA */
	NIC_EFA,       /* ENA and EFA: has an address */
	NIC_EFA_ONLY,  /* EFA without an address; never the primary */
};

struct nic {
	uint8_t card;   /* NetworkCardIndex */
	uint8_t device; /* DeviceIndex */
	enum nic_kind kind;
};

#define NIC_MAX 64
struct nic_layout {
	struct nic nics[NIC_MAX]; /* the primary, card 0 device 0, first */
	size_t n;
	size_t addresses; /* private addresses one instance takes */
};

/*
 * The network interfaces of one instance of TYPE, with EFA or without (then just the primary).
 * ERR_CONFIG if EFA is asked of a type that has none.
 */
int nic_layout_make(
	const struct instance_type *type, bool efa, struct nic_layout *layout, struct err *err);

/* A stable word for the layout, "0.0efa" or "0.0ena+0.1efa-only+1.0efa-only"; BUF of 1024. */
char *nic_layout_key(const struct nic_layout *layout, char *buf, size_t size);

/* "interface", "efa", "efa-only" as EC2 spells them. */
const char *nic_kind_name(enum nic_kind kind);

#endif

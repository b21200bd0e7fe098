/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/catalog/catalog.h"

#include <stdio.h>
#include <string.h>

static void add(struct nic_layout *layout, uint8_t card, uint8_t device, enum nic_kind kind)
{
	layout->nics[layout->n++] = (struct nic){.card = card, .device = device, .kind = kind};
	if (kind != NIC_EFA_ONLY)
		layout->addresses++;
}

int nic_layout_make(
	const struct instance_type *type, bool efa, struct nic_layout *layout, struct err *err)
{
	struct nic_layout made = {0};
	int left; /* of the EFA that the further cards may have */

	if (efa && !type->efa_max)
		return err_set(err, ERR_CONFIG, "%s has no EFA", type->name);
	if (type->cards > NIC_MAX - 1)
		return err_set(err, ERR_FATAL, "%s has %u network cards, more than %d", type->name,
			type->cards, NIC_MAX - 1);
	if (!efa) {
		add(&made, 0, 0, NIC_INTERFACE);
	} else if (type->cards == 1 || (type->efa_on_card0 && type->card_ifs[0] < 2)) {
		/*
		 * One card: ENA and EFA share the primary. hpc6id has two cards with room for one
		 * interface each, so there too the primary is both.
		 */
		add(&made, 0, 0, NIC_EFA);
	} else {
		/* Several cards, as EC2's guide has it: efa-only takes no address, so one per node.
		 */
		add(&made, 0, 0, NIC_INTERFACE);
		if (type->efa_on_card0)
			add(&made, 0, 1, NIC_EFA_ONLY);
	}
	/* Every card but p6-b300's first carries one EFA; hpc7a needs both for its 300 Gb/s. */
	left = efa ? type->efa_max - (type->efa_on_card0 || type->cards == 1) : 0;
	for (uint8_t card = 1; left > 0 && card < type->cards; card++, left--)
		add(&made, card, 0, NIC_EFA_ONLY);
	*layout = made;
	return 0;
}

char *nic_layout_key(const struct nic_layout *layout, char *buf, size_t size)
{
	static const char *const words[] = {
		[NIC_INTERFACE] = "ena",
		[NIC_EFA] = "efa",
		[NIC_EFA_ONLY] = "efa-only",
	};
	size_t len = 0;

	if (size)
		buf[0] = '\0';
	for (size_t i = 0; i < layout->n && len < size; i++) {
		const struct nic *nic = &layout->nics[i];
		int n = snprintf(buf + len, size - len, "%s%u.%u%s", i ? "+" : "", nic->card,
			nic->device, words[nic->kind]);

		if (n < 0)
			break;
		len += (size_t)n;
	}
	return buf;
}

const char *nic_kind_name(enum nic_kind kind)
{
	switch (kind) {
	case NIC_INTERFACE:
		return "interface";
	case NIC_EFA:
		return "efa";
	case NIC_EFA_ONLY:
		return "efa-only";
	}
	return "interface";
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/catalog/catalog.h"

/* Codes of Service Quotas; spot has none for families that are not sold so. */
static const struct {
	const char *name, *on_demand, *spot;
} families[] = {
	[QUOTA_STANDARD] = {"Standard", "L-1216C47A", "L-34B43A08"},
	[QUOTA_HPC] = {"HPC", "L-F7808C92", NULL},
	[QUOTA_P] = {"P", "L-417A185B", "L-7212CCBC"},
	[QUOTA_G] = {"G and VT", "L-DB2E81BA", "L-3819A6DF"},
	[QUOTA_X] = {"X", "L-7295265B", "L-E3A00192"},
	[QUOTA_HIGH_MEMORY] = {"High Memory", "L-43DA4232", NULL},
	[QUOTA_F] = {"F", "L-74FC7D96", NULL},
	[QUOTA_INF] = {"Inf", "L-1945791B", "L-B5D1601B"},
	[QUOTA_TRN] = {"Trn", "L-2C3B7624", "L-6B0D517C"},
	[QUOTA_DL] = {"DL", "L-6E869C2A", NULL},
	[QUOTA_OTHER] = {"other", NULL, NULL},
};

/* By the letters that a type's name begins with: "im4gn.large" is an I, "mac2.metal" no M. */
static const struct {
	const char *letters;
	enum quota_family family;
} letters[] = {
	{"a", QUOTA_STANDARD},
	{"c", QUOTA_STANDARD},
	{"d", QUOTA_STANDARD},
	{"dl", QUOTA_DL},
	{"f", QUOTA_F},
	{"g", QUOTA_G},
	{"gr", QUOTA_G},
	{"h", QUOTA_STANDARD},
	{"hpc", QUOTA_HPC},
	{"i", QUOTA_STANDARD},
	{"im", QUOTA_STANDARD},
	{"inf", QUOTA_INF},
	{"is", QUOTA_STANDARD},
	{"m", QUOTA_STANDARD},
	{"p", QUOTA_P},
	{"r", QUOTA_STANDARD},
	{"t", QUOTA_STANDARD},
	{"trn", QUOTA_TRN},
	{"u", QUOTA_HIGH_MEMORY},
	{"vt", QUOTA_G},
	{"x", QUOTA_X},
	{"z", QUOTA_STANDARD},
};

enum quota_family catalog_quota_family(const char *type)
{
	size_t len = strspn(type, "abcdefghijklmnopqrstuvwxyz");

	for (size_t i = 0; i < ARRAY_SIZE(letters); i++) {
		if (strlen(letters[i].letters) == len && !strncmp(type, letters[i].letters, len))
			return letters[i].family;
	}
	return QUOTA_OTHER;
}

const char *quota_family_name(enum quota_family family)
{
	return families[(size_t)family < ARRAY_SIZE(families) ? family : QUOTA_OTHER].name;
}

const char *quota_code(enum quota_family family, bool spot)
{
	if ((size_t)family >= ARRAY_SIZE(families))
		return NULL;
	return spot ? families[family].spot : families[family].on_demand;
}

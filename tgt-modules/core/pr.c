/* SPDX-License-Identifier: GPL-2.0-only */
/* Persistent reservations: registrations, the reservation, and whom it refuses (SPC-5 5.14). */
#include <stdlib.h>

#include "pr.h"

/* More initiators than any fabric of tape drives has; bounds memory. */
#define REGISTRATIONS_MAX	1024

bool vtl_pr_type_valid(uint8_t type)
{
	return type <= PR_EXCLUSIVE_ACCESS_AR && (1u << type & 0x1ea);
}

bool vtl_pr_type_registrants(uint8_t type)
{
	return type >= PR_WRITE_EXCLUSIVE_RO;
}

bool vtl_pr_type_all(uint8_t type)
{
	return type >= PR_WRITE_EXCLUSIVE_AR;
}

static bool type_exclusive_access(uint8_t type)
{
	return type == PR_EXCLUSIVE_ACCESS || type == PR_EXCLUSIVE_ACCESS_RO || type == PR_EXCLUSIVE_ACCESS_AR;
}

struct vtl_pr_reg *vtl_pr_reg(const struct vtl_nexus *nexus)
{
	struct vtl_pr_reg *reg = nexus->dev->pr ? nexus->dev->pr->regs : NULL;

	while (reg && !vtl_nexus_id_equal(&reg->id, &nexus->id))
		reg = reg->next;
	return reg;
}

bool vtl_pr_holds(const struct vtl_pr *pr, const struct vtl_pr_reg *reg)
{
	return pr->type && reg && (vtl_pr_type_all(pr->type) || pr->holder == reg);
}

bool vtl_pr_refuses(const struct vtl_nexus *nexus, enum vtl_res_class class)
{
	const struct vtl_pr *pr = nexus->dev->pr;
	const struct vtl_pr_reg *reg;

	if (!pr || !pr->type)
		return false;
	if (class == VTL_RES_READ && !type_exclusive_access(pr->type))
		return false;
	reg = vtl_pr_reg(nexus);
	return !vtl_pr_holds(pr, reg) && !(reg && vtl_pr_type_registrants(pr->type));
}

bool vtl_pr_registered(const struct vtl_dev *dev)
{
	return dev->pr && dev->pr->regs;
}

bool vtl_pr_shares(const struct vtl_nexus *nexus)
{
	const struct vtl_pr *pr = nexus->dev->pr;
	const struct vtl_pr_reg *reg = vtl_pr_reg(nexus);

	return reg && pr->type && (vtl_pr_holds(pr, reg) || vtl_pr_type_registrants(pr->type));
}

struct vtl_pr *vtl_pr_get(struct vtl_dev *dev)
{
	if (!dev->pr)
		dev->pr = calloc(1, sizeof(*dev->pr));
	return dev->pr;
}

struct vtl_pr_reg *vtl_pr_add(struct vtl_dev *dev, const struct vtl_nexus_id *id, uint64_t key)
{
	struct vtl_pr *pr = vtl_pr_get(dev);
	struct vtl_pr_reg *reg, **link;

	if (!pr || pr->count == REGISTRATIONS_MAX)
		return NULL;
	reg = calloc(1, sizeof(*reg));
	if (!reg)
		return NULL;
	reg->id = *id;
	reg->key = key;
	for (link = &pr->regs; *link; link = &(*link)->next)
		;
	*link = reg;
	pr->count++;
	return reg;
}

void vtl_pr_remove(struct vtl_dev *dev, struct vtl_pr_reg *reg)
{
	struct vtl_pr *pr = dev->pr;
	struct vtl_pr_reg **link;

	for (link = &pr->regs; *link != reg; link = &(*link)->next)
		;
	*link = reg->next;
	pr->count--;
	if (pr->holder == reg || !pr->regs) {
		pr->holder = NULL;
		pr->type = 0;
	}
	free(reg);
}

struct vtl_nexus *vtl_pr_nexus(const struct vtl_dev *dev, const struct vtl_pr_reg *reg)
{
	struct vtl_nexus *nexus = dev->nexuses;

	while (nexus && !vtl_nexus_id_equal(&nexus->id, &reg->id))
		nexus = nexus->next;
	return nexus;
}

void vtl_pr_attention(struct vtl_dev *dev, enum vtl_sense sense, const struct vtl_nexus *except)
{
	struct vtl_nexus *nexus;

	for (nexus = dev->nexuses; nexus; nexus = nexus->next) {
		if (nexus != except && vtl_pr_reg(nexus))
			vtl_ua(nexus, sense);
	}
}

void vtl_pr_free(struct vtl_dev *dev)
{
	while (vtl_pr_registered(dev))
		vtl_pr_remove(dev, dev->pr->regs);
	free(dev->pr);
	dev->pr = NULL;
}

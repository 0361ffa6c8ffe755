/* SPDX-License-Identifier: GPL-2.0-only */
/* Persistent reservations: registrations, the reservation, and whom it refuses (SPC-5 5.14). */
#include <stdlib.h>
#include <string.h>

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

bool vtl_pr_covers(const struct vtl_pr_reg *reg, const struct vtl_nexus_id *id)
{
	return reg->all_ports ? vtl_nexus_id_same_initiator(&reg->id, id) : vtl_nexus_id_equal(&reg->id, id);
}

struct vtl_pr_reg *vtl_pr_find(const struct vtl_dev *dev, const struct vtl_nexus_id *id)
{
	struct vtl_pr_reg *reg = dev->pr ? dev->pr->regs : NULL;

	while (reg && !vtl_pr_covers(reg, id))
		reg = reg->next;
	return reg;
}

struct vtl_pr_reg *vtl_pr_reg(const struct vtl_nexus *nexus)
{
	return vtl_pr_find(nexus->dev, &nexus->id);
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

void vtl_pr_widen(struct vtl_dev *dev, struct vtl_pr_reg *reg)
{
	struct vtl_pr_reg *other, *next;

	reg->all_ports = true;
	for (other = dev->pr->regs; other; other = next) {
		next = other->next;
		if (other == reg || !vtl_nexus_id_same_initiator(&other->id, &reg->id))
			continue;
		if (dev->pr->holder == other)
			dev->pr->holder = reg;
		vtl_pr_remove(dev, other);
	}
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

void vtl_pr_power_on(struct vtl_dev *dev)
{
	if (dev->pr && dev->pr->aptpl)
		dev->pr->generation = 0;
	else
		vtl_pr_free(dev);
}

/* ---- what APTPL keeps: the type, then each registration (flags, key, target port, TransportID) ---- */

enum { REG_ALL_PORTS = 1, REG_HOLDER = 2, REG_HEAD = 11 };

void vtl_pr_state_put(const struct vtl_dev *dev, struct vtl_reply *r)
{
	const struct vtl_pr *pr = dev->pr;
	const struct vtl_pr_reg *reg;

	if (!pr || !pr->aptpl)
		return;
	vtl_state_put(r, VTL_STATE_PR, &pr->type, 1);
	for (reg = pr->regs; reg; reg = reg->next) {
		uint8_t row[REG_HEAD + sizeof(reg->id.transport_id)];

		row[0] = (uint8_t)((reg->all_ports ? REG_ALL_PORTS : 0) | (pr->holder == reg ? REG_HOLDER : 0));
		put_be64(row + 1, reg->key);
		put_be16(row + 9, reg->id.target_port);
		memcpy(row + REG_HEAD, reg->id.transport_id, reg->id.transport_id_len);
		vtl_state_put(r, VTL_STATE_PR_REGISTRATION, row, (uint16_t)(REG_HEAD + reg->id.transport_id_len));
	}
}

void vtl_pr_state_get(struct vtl_dev *dev, const uint8_t *data, uint32_t len)
{
	struct vtl_pr *pr = len == 1 ? vtl_pr_get(dev) : NULL;

	if (!pr)
		return;
	pr->aptpl = true;
	pr->type = vtl_pr_type_valid(data[0]) && vtl_pr_type_all(data[0]) ? data[0] : 0;
	/* a reservation of one holder begins with its registration */
	pr->kept_type = vtl_pr_type_valid(data[0]) ? data[0] : 0;
}

void vtl_pr_state_get_registration(struct vtl_dev *dev, const uint8_t *data, uint32_t len)
{
	struct vtl_nexus_id id;
	struct vtl_pr_reg *reg;

	if (len <= REG_HEAD || !dev->pr || !dev->pr->aptpl ||
	    vtl_transport_id(data + REG_HEAD, len - REG_HEAD, &id) != len - REG_HEAD)
		return;
	id.target_port = get_be16(data + 9);
	reg = vtl_pr_find(dev, &id) ? NULL : vtl_pr_add(dev, &id, get_be64(data + 1));
	if (!reg)
		return;
	reg->all_ports = data[0] & REG_ALL_PORTS;
	if (data[0] & REG_HOLDER && dev->pr->kept_type && !vtl_pr_type_all(dev->pr->kept_type)) {
		dev->pr->type = dev->pr->kept_type;
		dev->pr->holder = reg;
	}
}

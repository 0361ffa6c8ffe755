/* SPDX-License-Identifier: GPL-2.0-only */
/* RESERVE ELEMENT and RELEASE ELEMENT (SMC-2 6.14, 6.12): reservations of ranges of elements, by nexus and number. */
#include <stdlib.h>

#include "smc.h"

#define ELEMENT		0x01	/* byte 1 of the CDB: not the whole unit */
#define DESCRIPTOR	6	/* bytes of an element list descriptor */

struct range {
	uint32_t first, end;		/* addresses [first, end) */
};

struct smc_reservation {
	struct smc_reservation *next;
	const struct vtl_nexus *nexus;
	uint8_t id;			/* RESERVATION IDENTIFICATION */
	unsigned ranges;
	struct range range[];
};

bool smc_elements_reserved(const struct vtl_nexus *nexus, uint16_t first, uint32_t count)
{
	const struct smc_reservation *r;

	for (r = smc_of(nexus->dev)->reservations; r; r = r->next)
		for (unsigned i = 0; r->nexus != nexus && i < r->ranges; i++)
			if (r->range[i].first < first + count && first < r->range[i].end)
				return true;
	return false;
}

static void drop(struct smc *smc, const struct vtl_nexus *nexus, int id)
{
	struct smc_reservation **at = &smc->reservations, *r;

	while ((r = *at)) {
		if ((nexus && r->nexus != nexus) || (id >= 0 && r->id != id)) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		free(r);
	}
}

void smc_reservations_end(struct smc *smc, const struct vtl_nexus *nexus)
{
	drop(smc, nexus, -1);
}

/* One descriptor; false after the command has ended. A count of zero reaches to the last element. */
static bool read_range(struct vtl_cmd *cmd, uint32_t at, struct range *range)
{
	const uint8_t *d = cmd->out + at;
	uint32_t count = get_be16(d + 2);

	range->first = get_be16(d + 4);
	range->end = count ? range->first + count : UINT16_MAX + 1u;
	if (smc_type_of(smc_cmd(cmd)->inventory, (uint16_t)range->first) == VTL_ANY ||
	    (count && (range->end > UINT16_MAX + 1u ||
		       smc_type_of(smc_cmd(cmd)->inventory, (uint16_t)(range->end - 1)) == VTL_ANY))) {
		vtl_cmd_bad_param_as(cmd, SENSE_INVALID_ELEMENT_ADDRESS, at + 4, VTL_NO_BIT);
		return false;
	}
	if (smc_elements_reserved(cmd->nexus, (uint16_t)range->first, range->end - range->first)) {
		vtl_cmd_conflict(cmd);
		return false;
	}
	return true;
}

/* No list: all elements. One of the same number is replaced (SCSI-2 7.2.12.3), but only if the new one can be had. */
static void reserve_elements(struct vtl_cmd *cmd, uint32_t len)
{
	struct smc *smc = smc_cmd(cmd);
	unsigned ranges = len / DESCRIPTOR;
	struct smc_reservation *r;

	if (vtl_res_conflict(cmd->nexus, VTL_RES_WRITE)) {
		vtl_cmd_conflict(cmd);
		return;
	}
	if (len % DESCRIPTOR) {
		vtl_cmd_check(cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
		return;
	}
	if (!vtl_cmd_has_out(cmd, len))
		return;
	r = calloc(1, sizeof(*r) + (ranges + 1) * sizeof(r->range[0]));
	if (!r) {
		vtl_cmd_check(cmd, SENSE_INSUFFICIENT_RESOURCES, NULL);
		return;
	}
	for (; r->ranges < ranges; r->ranges++) {
		if (!read_range(cmd, r->ranges * DESCRIPTOR, &r->range[r->ranges])) {
			free(r);
			return;
		}
	}
	if (!ranges) {
		r->range[r->ranges++] = (struct range){ 0, UINT16_MAX + 1u };
		if (smc_elements_reserved(cmd->nexus, 0, UINT16_MAX + 1u)) {
			free(r);
			vtl_cmd_conflict(cmd);
			return;
		}
	}
	drop(smc, cmd->nexus, cmd->cdb[2]);
	r->nexus = cmd->nexus;
	r->id = cmd->cdb[2];
	r->next = smc->reservations;
	smc->reservations = r;
	vtl_cmd_good(cmd);
}

static void reserve(struct vtl_cmd *cmd, uint32_t len)
{
	if (cmd->cdb[1] & ELEMENT)
		reserve_elements(cmd, len);
	else if (smc_elements_reserved(cmd->nexus, 0, UINT16_MAX + 1u))
		vtl_cmd_conflict(cmd);
	else
		vtl_reserve(cmd);
}

void smc_reserve6(struct vtl_cmd *cmd)
{
	reserve(cmd, get_be16(cmd->cdb + 3));
}

void smc_reserve10(struct vtl_cmd *cmd)
{
	reserve(cmd, get_be16(cmd->cdb + 7));
}

static void release(struct vtl_cmd *cmd)
{
	if (!(cmd->cdb[1] & ELEMENT)) {
		/* The unit: with it go the reservations of elements (SCSI-2 7.2.10.1). */
		drop(smc_cmd(cmd), cmd->nexus, -1);
		vtl_release(cmd);
		return;
	}
	drop(smc_cmd(cmd), cmd->nexus, cmd->cdb[2]);
	vtl_cmd_good(cmd);
}

void smc_release6(struct vtl_cmd *cmd)
{
	release(cmd);
}

void smc_release10(struct vtl_cmd *cmd)
{
	release(cmd);
}

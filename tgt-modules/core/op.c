/* SPDX-License-Identifier: GPL-2.0-only */
/* Looking into the opcode tables: the type's rows, the common rows, less what a model has not. */
#include "engine.h"

/* Which one of the model's list of all commands this is; -1: none, or there is no such list. */
static int listed(const struct vtl_dev *dev, const struct vtl_op *op)
{
	const struct vtl_model_commands *commands = dev->id.commands;
	uint32_t name = (uint32_t)op->opcode << 16 | (op->sa == VTL_NO_SA ? VTL_ONLY_WITHOUT_SA : (uint32_t)op->sa);
	unsigned i;

	for (i = 0; commands && i < commands->only_count; i++) {
		if (commands->only[i] == name)
			return (int)i;
	}
	return -1;
}

static bool unlisted(const struct vtl_dev *dev, const struct vtl_op *op)
{
	return dev->id.commands && dev->id.commands->only_count && listed(dev, op) < 0;
}

void vtl_op_timeouts(const struct vtl_dev *dev, const struct vtl_op *op, uint32_t *nominal, uint32_t *recommended)
{
	int i = listed(dev, op);
	const struct vtl_model_timeouts *stated = i >= 0 && dev->id.commands->timeouts ?
						  &dev->id.commands->timeouts[i] : NULL;
	bool model = stated && stated->stated;

	*nominal = model ? stated->nominal : op->nominal;
	*recommended = model ? stated->recommended : op->recommended;
}

static bool present(const struct vtl_dev *dev, const struct vtl_op *op)
{
	return !op->present || op->present(dev);
}

static bool removed(const struct vtl_dev *dev, const struct vtl_op *op)
{
	unsigned i;

	for (i = 0; i < dev->id.unsupported_count; i++) {
		uint16_t code = dev->id.unsupported[i];

		if (code <= 0xff ? code == op->opcode : code >> 8 == op->opcode && (code & 0xff) == op->sa)
			return true;
	}
	return unlisted(dev, op);
}

static const struct vtl_op *in_table(const struct vtl_dev *dev, const struct vtl_op *table, uint8_t opcode, int sa)
{
	for (; table && table->name; table++) {
		if (table->opcode == opcode && table->sa == sa && present(dev, table))
			return table;
	}
	return NULL;
}

const struct vtl_op *vtl_op_get(const struct vtl_dev *dev, uint8_t opcode, int sa)
{
	const struct vtl_op *op = in_table(dev, dev->type->ops, opcode, sa);

	if (!op)
		op = in_table(dev, vtl_spc_ops, opcode, sa);
	return op && !removed(dev, op) ? op : NULL;
}

static bool table_has_sa(const struct vtl_dev *dev, const struct vtl_op *table, uint8_t opcode)
{
	for (; table && table->name; table++) {
		if (table->opcode == opcode && table->sa != VTL_NO_SA && present(dev, table) &&
		    !removed(dev, table))
			return true;
	}
	return false;
}

bool vtl_op_has_sa(const struct vtl_dev *dev, uint8_t opcode)
{
	return table_has_sa(dev, dev->type->ops, opcode) || table_has_sa(dev, vtl_spc_ops, opcode);
}

const struct vtl_op *vtl_op_find(const struct vtl_dev *dev, const uint8_t *cdb, unsigned cdb_len,
				 enum vtl_sense *reason)
{
	const struct vtl_op *op = NULL;

	*reason = SENSE_INVALID_OPCODE;
	if (!cdb_len)
		return NULL;
	op = vtl_op_get(dev, cdb[0], VTL_NO_SA);
	if (op || !vtl_op_has_sa(dev, cdb[0]))
		return op;
	*reason = SENSE_INVALID_FIELD_IN_CDB;
	return cdb_len > 1 ? vtl_op_get(dev, cdb[0], cdb[1] & 0x1f) : NULL;
}

static int order(const struct vtl_op *op)
{
	return op->opcode << 8 | (op->sa + 1);
}

/* The smallest row of a table above `above`, if smaller than `best`. */
static const struct vtl_op *smallest(const struct vtl_dev *dev, const struct vtl_op *table, int above,
				     const struct vtl_op *best)
{
	for (; table && table->name; table++) {
		if (order(table) > above && (!best || order(table) < order(best)) && present(dev, table))
			best = table;
	}
	return best;
}

const struct vtl_op *vtl_op_next(const struct vtl_dev *dev, const struct vtl_op *op)
{
	do {
		int above = op ? order(op) : -1;

		/* the type's table first: of twins, its row is kept */
		op = smallest(dev, vtl_spc_ops, above, smallest(dev, dev->type->ops, above, NULL));
	} while (op && removed(dev, op));
	return op;
}

bool vtl_op_reserved_bit(const struct vtl_op *op, const uint8_t *cdb, struct vtl_field *bad)
{
	unsigned i;

	for (i = 1; i < op->len; i++) {
		uint8_t used = op->usage[i], wrong;

		if (i == 1 && op->sa != VTL_NO_SA)
			used |= 0x1f;
		wrong = cdb[i] & (uint8_t)~used;
		if (wrong) {
			bad->byte = (uint16_t)i;
			bad->bit = (uint8_t)(31 - __builtin_clz(wrong));
			return true;
		}
	}
	return false;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* `vtl changer`: the counterpart of mtx where there is no kernel device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "command.h"
#include "elements.h"
#include "initiator.h"
#include "text.h"

/* READ ELEMENT STATUS of everything, with volume tags, and device identifiers where the changer has them. */
static int report(struct initiator *changer, bool dvcid, uint8_t *data, uint32_t len, uint32_t *actual,
		  struct why *why)
{
	struct initiator_command c = { .cdb = { 0xb8, 0x10 }, .cdb_len = 12, .direction = INITIATOR_IN,
				       .data = data, .len = len };
	int err;

	put_be16(c.cdb + 4, 0xffff);
	c.cdb[6] = dvcid ? 0x01 : 0;
	put_be24(c.cdb + 7, len);
	err = initiator_do(changer, &c, "read element status", why);
	*actual = c.actual;
	return err;
}

static int read_elements(struct initiator *changer, struct elements *elements, struct why *why)
{
	uint8_t head[8] = { 0 };
	bool dvcid = true;
	uint32_t len, actual;
	uint8_t *data;
	int err;

	memset(elements, 0, sizeof(*elements));
	/* The header says how long the report is (SMC-3 6.11.3): the whole is asked for in one piece. */
	err = report(changer, true, head, sizeof(head), &actual, why);
	if (err) {
		dvcid = false;
		err = report(changer, false, head, sizeof(head), &actual, why);
	}
	if (err)
		return err;
	len = actual == sizeof(head) ? 8 + get_be24(head + 5) : 0;
	len = len > 0xffffff ? 0xffffff : len;
	data = calloc(1, len + 8);
	if (!data || !len) {
		free(data);
		why_set(why, "read element status: %u bytes of a header of 8", actual);
		return EXIT_FAILED;
	}
	err = report(changer, dvcid, data, len, &actual, why);
	if (!err && elements_decode(data, actual, elements, why))
		err = EXIT_FAILED;
	free(data);
	return err;
}

static int move(struct initiator *changer, const struct elements *elements, uint16_t from, uint16_t to,
		struct why *why)
{
	const struct element *transport = elements_nth(elements, ELEMENT_TRANSPORT, 0);
	struct initiator_command c = { .cdb = { 0xa5 }, .cdb_len = 12 };

	put_be16(c.cdb + 2, transport ? transport->address : 0);
	put_be16(c.cdb + 4, from);
	put_be16(c.cdb + 6, to);
	return initiator_do(changer, &c, "move medium", why);
}

/* A slot by its number, or by the barcode in it. NULL after a message, with the code. */
static const struct element *slot_argument(struct call *call, const struct elements *elements, const char *text,
					   int *code)
{
	const struct element *slot;
	uint64_t number;

	if (!text_parse_number(text, &number) || number > UINT16_MAX)
		number = elements_slot_by_barcode(elements, text);
	slot = elements_slot(elements, (unsigned)number);
	if (!slot)
		*code = call_fail(call, EXIT_NOT_FOUND, "%s: no such slot, nor a cartridge with this barcode in one",
				  text);
	return slot;
}

static const struct element *drive_argument(struct call *call, const struct elements *elements, const char *text,
					    int *code)
{
	const struct element *drive = NULL;
	uint64_t number;

	if (text_parse_number(text, &number) && number <= UINT16_MAX)
		drive = elements_nth(elements, ELEMENT_DRIVE, (unsigned)number);
	if (!drive)
		*code = call_fail(call, EXIT_NOT_FOUND, "%s: no such drive: they are 0 to %d", text,
				  (int)elements_of_type(elements, ELEMENT_DRIVE) - 1);
	return drive;
}

static int begin(struct call *call, struct initiator *device, struct elements *elements)
{
	struct why why = { "" };
	int err = read_elements(device, elements, &why);

	if (err) {
		elements_free(elements);
		call_fail(call, err, "%s", why.text);
	}
	return err;
}

static int end(struct call *call, struct initiator *device, struct elements *elements, const struct element *from,
	       const struct element *to, int code)
{
	struct why why = { "" };

	if (from && to) {
		code = move(device, elements, from->address, to->address, &why);
		if (code)
			call_fail(call, code, "%s", why.text);
	}
	elements_free(elements);
	return code;
}

static int load(struct call *call, struct initiator *device)
{
	const struct element *from, *to = NULL;
	struct elements elements;
	int code = begin(call, device, &elements);

	if (code)
		return code;
	from = slot_argument(call, &elements, call->arg[2], &code);
	if (from)
		to = drive_argument(call, &elements, call->args > 3 ? call->arg[3] : "0", &code);
	return end(call, device, &elements, from, to, code);
}

static int unload(struct call *call, struct initiator *device)
{
	const struct element *from, *to = NULL;
	struct elements elements;
	int code = begin(call, device, &elements);

	if (code)
		return code;
	from = drive_argument(call, &elements, call->args > 3 ? call->arg[3] : "0", &code);
	if (from && call->args > 2)
		to = slot_argument(call, &elements, call->arg[2], &code);
	else if (from && from->full && from->has_source)
		to = elements_slot(&elements, elements_slot_of(&elements, from->source));
	if (from && !to && !code)
		code = call_usage(call, from->full
						? "the changer does not know where the cartridge came from: name a slot"
						: "the drive is empty");
	return end(call, device, &elements, from, to, code);
}

static int transfer(struct call *call, struct initiator *device)
{
	const struct element *from, *to = NULL;
	struct elements elements;
	int code = begin(call, device, &elements);

	if (code)
		return code;
	from = slot_argument(call, &elements, call->arg[2], &code);
	if (from)
		to = slot_argument(call, &elements, call->arg[3], &code);
	return end(call, device, &elements, from, to, code);
}

static int inventory(struct call *call, struct initiator *device)
{
	struct initiator_command c = { .cdb = { 0x07 }, .cdb_len = 6 };
	struct why why = { "" };
	int err = initiator_do(device, &c, "initialize element status", &why);

	return err ? call_fail(call, err, "%s", why.text) : EXIT_DONE;
}

static const char *const type_name[] = { "", "transport", "slot", "io", "drive" };

static json_t *elements_json(const struct elements *elements)
{
	json_t *rows = json_array();

	for (unsigned i = 0; i < elements->count; i++) {
		const struct element *e = &elements->row[i];

		json_array_append_new(rows, json_pack("{s:s, s:i, s:i, s:b, s:s, s:o, s:s, s:b, s:b}",
			"type", type_name[e->type], "number", (int)e->number, "address", (int)e->address,
			"full", e->full, "barcode", e->full ? e->barcode : "",
			"source", e->full && e->has_source ? json_integer(e->source) : json_null(),
			"serial", e->serial, "accessible", e->accessible, "except", e->except));
	}
	return json_pack("{s:o}", "elements", rows);
}

static void element_print(struct grid *t, const struct elements *elements, const struct element *e)
{
	unsigned from = e->has_source ? elements_slot_of(elements, e->source) : 0;
	char name[24], address[8], source[24] = "";

	snprintf(name, sizeof(name), "%s %u", type_name[e->type], e->number);
	snprintf(address, sizeof(address), "%u", e->address);
	if (e->full && from)
		snprintf(source, sizeof(source), "slot %u", from);
	grid_row(t, name, address, !e->full ? "-" : *e->barcode ? e->barcode : "(no barcode)", source, e->serial, NULL);
}

/* Drives first, then slots in the order of their numbers; the arm only when it holds something. */
static void elements_print(const struct elements *elements)
{
	static const enum element_type order[] = { ELEMENT_DRIVE, ELEMENT_STORAGE, ELEMENT_IMPORT_EXPORT,
						   ELEMENT_TRANSPORT };
	struct grid *t = grid_new("ELEMENT", "ADDRESS", "CARTRIDGE", "FROM", "SERIAL", NULL);
	const struct element *e;

	for (unsigned k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		for (e = elements->row; e < elements->row + elements->count; e++)
			if (e->type == order[k] && (e->type != ELEMENT_TRANSPORT || e->full))
				element_print(t, elements, e);
	grid_print(t);
}

static int status(struct call *call, struct initiator *device)
{
	struct elements elements;
	int code = begin(call, device, &elements);

	if (code)
		return code;
	if (call->json)
		code = call_print_json(call, elements_json(&elements));
	else
		elements_print(&elements);
	elements_free(&elements);
	return code;
}

static const struct verb_row verbs[] = {
	{ "status", "", "lists drives, slots and import/export slots with their cartridges", status, 0, 0 },
	{ "load", "SLOT [DRIVE]", "moves a cartridge from a slot into a drive (0)", load, 1, 2 },
	{ "unload", "[SLOT [DRIVE]]", "moves the cartridge of a drive (0) to a slot, or to where it came from", unload,
	  0, 2 },
	{ "move", "SLOT SLOT", "moves a cartridge from slot to slot", transfer, 2, 2 },
	{ "inventory", "", "lets the changer look into all its elements", inventory, 0, 0 },
	{ NULL },
};

const struct command changer_command = {
	.name = "changer",
	.synopsis = "URL VERB [ARGUMENTS]",
	.summary = "use a media changer over iSCSI, without a kernel device",
	.text = "URL is iscsi://[USER[%PASSWORD]@]HOST[:PORT]/IQN/LUN; `vtl status` shows those of the changers "
		"here.\n\n"
		"Elements are numbered as mtx numbers them: slots from 1, the import/export slots directly after them, "
		"drives from 0. In place of a SLOT, the barcode of the cartridge in it may be given.",
	.verbs = verbs,
	.json = "status: `elements`, each with `type` (transport, slot, io, drive), `number`, `address`, `full`, "
		"`barcode`, `source` (element address, or null), `serial`, `accessible`, `except`.",
	.example = "  vtl changer iscsi://127.0.0.1/iqn.2026-01.org.tgt-vtl:main/1 status\n"
		   "  vtl changer iscsi://127.0.0.1/iqn.2026-01.org.tgt-vtl:main/1 load VTL001L8 0",
	.min_args = 2,
	.max_args = 4,
	.run = call_run_verb,
};

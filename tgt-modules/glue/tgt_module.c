/* SPDX-License-Identifier: GPL-2.0-only */
/* Entry of the module: checks that tgtd is built as its headers say, and takes over the tape and changer types. */
#include <string.h>

#include "tgt_glue.h"

#define ALL_OPCODES { [0 ... NR_SCSI_OPCODES - 1] = { .cmd_perform = tgt_cmd_perform } }

#define OUR_TYPE(code)                                                                                                 \
	{                                                                                                              \
		.type = (code), .lu_init = tgt_unit_init, .lu_exit = tgt_unit_exit, .lu_config = tgt_unit_config,      \
		.lu_online = tgt_unit_online, .lu_offline = tgt_unit_offline, .ops = ALL_OPCODES,                      \
	}

/* tgtd links these into lists of its own, so they are neither const nor on a heap. */
static struct device_type_template our_types[] = { OUR_TYPE(TYPE_TAPE), OUR_TYPE(TYPE_MEDIUM_CHANGER) };

#define TYPES (sizeof(our_types) / sizeof(our_types[0]))

/*
 * tgtadm asks for the store "ssc" whenever the type is tape. A changer's unit is made with whatever store the target
 * has by default, and changes to this one in tgt_unit_init().
 */
struct backingstore_template tgt_store = {
	.bs_name = "ssc",
	.bs_open = tgt_store_open,
	.bs_close = tgt_store_close,
	.bs_exit = tgt_store_exit,
};

bool tgt_is_ours(const struct scsi_lu *lu)
{
	return lu->dev_type_template.ops[INQUIRY].cmd_perform == tgt_cmd_perform;
}

static struct device_type_template *type_at(struct list_head *node)
{
	return list_entry(node, struct device_type_template, device_type_siblings);
}

/* The first type with that code behind `head`, other than `not`. */
static struct device_type_template *find_type(struct list_head *head, unsigned char code,
					      const struct device_type_template *not)
{
	struct list_head *node;
	unsigned steps = 0;

	for (node = head->next; node != head && steps < 64; node = node->next, steps++)
		if (type_at(node)->type == code && type_at(node) != not)
			return type_at(node);
	return NULL;
}

/*
 * What the module relies on, one line each: that tgtd's structures are laid out as in the headers that we were built
 * with. NULL if all is well, else the one that fails.
 */
static const char *check_types(struct list_head *head)
{
	const struct device_type_template *type;
	unsigned i;

	if (head->next == head || head->next->prev != head || head->prev->next != head)
		return "the list of device types is a list";
	for (i = 0; i < TYPES; i++) {
		type = find_type(head, our_types[i].type, &our_types[i]);
		if (!type)
			return our_types[i].type == TYPE_TAPE ? "there is a built-in tape type" :
								"there is a built-in changer type";
		if (type->ops[INQUIRY].cmd_perform != spc_inquiry)
			return "a built-in type answers INQUIRY by spc_inquiry";
		if (type->ops[REPORT_LUNS].cmd_perform != spc_report_luns)
			return "a built-in type answers REPORT LUNS by spc_report_luns";
	}
	return NULL;
}

static const char *check_stores(void)
{
	const struct backingstore_template *store = get_backingstore_template("ssc");

	if (!store)
		return "there is a built-in backing store ssc";
	if (!store->bs_open || !store->bs_close || !store->bs_cmd_submit)
		return "the built-in backing store ssc can be opened and closed";
	return NULL;
}

/* tgtd looks types up from the head, so ours goes there, before the built-in one of the same code. */
static const char *claim_type(struct device_type_template *type, struct list_head *head)
{
	list_del(&type->device_type_siblings);
	list_add(&type->device_type_siblings, head);
	return find_type(head, type->type, NULL) == type ? NULL : "our device type comes first";
}

static const char *claim(struct list_head *head)
{
	const char *failed = check_types(head);
	unsigned i;

	if (!failed)
		failed = check_stores();
	if (failed)
		return failed;
	register_backingstore_template(&tgt_store);
	if (get_backingstore_template("ssc") != &tgt_store) {
		list_del(&tgt_store.backingstore_siblings);
		return "our backing store comes first";
	}
	for (i = 0; i < TYPES && !failed; i++)
		failed = claim_type(&our_types[i], head);
	if (failed)
		list_del(&tgt_store.backingstore_siblings);
	return failed;
}

void register_bs_module(void);

/* Called by tgtd after dlopen(). No thread may start here: tgtd has not blocked its signals yet. */
void register_bs_module(void)
{
	struct list_head *head;
	const char *failed;
	unsigned i;

	for (i = 0; i < TYPES; i++)
		device_type_register(&our_types[i]);
	/* Registering appends, so the last node's next is the head of tgtd's list. */
	head = our_types[TYPES - 1].device_type_siblings.next;
	failed = claim(head);
	if (failed) {
		for (i = 0; i < TYPES; i++)
			list_del(&our_types[i].device_type_siblings);
		tgt_log(3, "this tgtd is not the one that tgt-vtl was built for: it does not hold that %s. "
			"No tape libraries; all else is as without the module", failed);
		return;
	}
	tgt_log(6, "version %s: serves tape drives and medium changers", VTL_VERSION);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* SEND DIAGNOSTIC, RECEIVE DIAGNOSTIC RESULTS (SPC-5 6.27, 6.44, 7.2), and the log of self-tests (7.3.18). */
#include <string.h>

#include "internal.h"

/* ---- self-tests ---- */

#define RESULTS		20u
#define RESULT_LEN	16u
_Static_assert(sizeof(((struct vtl_dev *)0)->self_test) == RESULTS * RESULT_LEN, "room for all results");
#define MS_PER_HOUR	3600000u

enum { BACKGROUND_SHORT = 1, BACKGROUND_EXTENDED = 2, FOREGROUND_SHORT = 5, FOREGROUND_EXTENDED = 6 };
enum { RESULT_GOOD = 0x0, RESULT_FAILED = 0x7 };

static void keep_result(struct vtl_dev *dev, unsigned code, enum vtl_sense sense)
{
	uint64_t hours = (dev->env->now_ms(dev->env) - dev->powered_on) / MS_PER_HOUR;
	const struct vtl_sense_row *row = vtl_sense_row(sense);
	uint8_t *p = dev->self_test[0];

	memmove(dev->self_test[1], dev->self_test[0], sizeof(dev->self_test) - sizeof(dev->self_test[0]));
	memset(p, 0, RESULT_LEN);
	p[0] = (uint8_t)(code << 5 | (sense == SENSE_NONE ? RESULT_GOOD : RESULT_FAILED));
	put_be16(p + 2, hours < UINT16_MAX ? (uint16_t)hours : UINT16_MAX);
	memset(p + 4, 0xff, 8);		/* address of first failure: none */
	p[12] = row->key;
	p[13] = row->asc;
	p[14] = row->ascq;
	vtl_state_touch(dev);
}

static void get_result(struct vtl_dev *dev, const struct vtl_log_param *p, uint8_t *value)
{
	memcpy(value, dev->self_test[p->code - 1], RESULT_LEN);
}

static bool set_result(struct vtl_dev *dev, const struct vtl_log_param *p, const uint8_t *value)
{
	memcpy(dev->self_test[p->code - 1], value, RESULT_LEN);
	return true;
}

#define RESULT(n) \
	{ .code = n, .control = VTL_LOG_LIST, .len = RESULT_LEN, .get = get_result, .set = set_result }
static const struct vtl_log_param results[] = {
	RESULT(1), RESULT(2), RESULT(3), RESULT(4), RESULT(5), RESULT(6), RESULT(7), RESULT(8), RESULT(9), RESULT(10),
	RESULT(11), RESULT(12), RESULT(13), RESULT(14), RESULT(15), RESULT(16), RESULT(17), RESULT(18), RESULT(19),
	RESULT(20), { 0 }
};
#undef RESULT
_Static_assert(sizeof(results) / sizeof(results[0]) == RESULTS + 1, "a parameter for each result");

const struct vtl_log_page vtl_spc_log[] = {
	{ .code = 0x10, .name = "Self-Test Results", .params = results, .saved = true, .fixed = true },
	{ 0 }
};

/* Nothing here takes time: a background test is over before its command is. */
static enum vtl_sense self_test(struct vtl_dev *dev)
{
	return dev->type->self_test ? dev->type->self_test(dev) : SENSE_NONE;
}

/* SELF-TEST CODE. True if it is one that can be done; without a background test none can be aborted. */
static bool code_known(unsigned code)
{
	return code == BACKGROUND_SHORT || code == BACKGROUND_EXTENDED || code == FOREGROUND_SHORT ||
	       code == FOREGROUND_EXTENDED;
}

/* ---- diagnostic pages ---- */

static bool is_ibm_drive(const struct vtl_dev *dev)
{
	return dev->type->peripheral == 0x01 && !strncmp(dev->id.inquiry->vendor, "IBM", 3);
}

/* Pages that may be sent. What is sent changes nothing: 80h asks an IBM drive for a dump, and there is none to make. */
static const struct {
	uint8_t code;
	uint16_t len;			/* PAGE LENGTH */
	bool (*present)(const struct vtl_dev *dev);
} pages[] = {
	{ 0x00, 0 },
	{ 0x80, 4, is_ibm_drive },
};

#define PAGES	(sizeof(pages) / sizeof(pages[0]))

/* Its row, -1 if this device has it not. */
static int page_row(const struct vtl_dev *dev, uint8_t code)
{
	unsigned i;

	for (i = 0; i < PAGES; i++) {
		if (pages[i].code == code)
			return !pages[i].present || pages[i].present(dev) ? (int)i : -1;
	}
	return -1;
}

static void send_page(struct vtl_cmd *cmd, uint32_t len)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	const uint8_t *p = cmd->out;
	int row;

	if (!vtl_cmd_has_out(cmd, len))
		return;
	if (len < 4 || get_be16(p + 2) != len - 4) {
		vtl_cmd_check(cmd, SENSE_PARAMETER_LIST_LENGTH, NULL);
		return;
	}
	row = page_row(dev, p[0]);
	if (row < 0) {
		vtl_cmd_bad_param(cmd, 0, 7);
		return;
	}
	if (get_be16(p + 2) != pages[row].len) {
		vtl_cmd_bad_param(cmd, 2, VTL_NO_BIT);
		return;
	}
	dev->diagnostic_page = p[0];
	vtl_cmd_good(cmd);
}

/* ---- commands ---- */

enum { SEND_CODE_SHIFT = 5, SEND_PF = 0x10, SEND_SELF_TEST = 0x04 };

void vtl_send_diagnostic(struct vtl_cmd *cmd)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	unsigned code = cmd->cdb[1] >> SEND_CODE_SHIFT;
	bool test = code || cmd->cdb[1] & SEND_SELF_TEST;
	uint32_t len = get_be16(cmd->cdb + 3);
	enum vtl_sense sense;

	if (code && (cmd->cdb[1] & SEND_SELF_TEST || !code_known(code))) {
		vtl_cmd_bad_cdb(cmd, 1, 7);
		return;
	}
	if (len && (test || !(cmd->cdb[1] & SEND_PF))) {
		vtl_cmd_bad_cdb(cmd, test ? 3 : 1, test ? 7 : 4);
		return;
	}
	if (len) {
		send_page(cmd, len);
		return;
	}
	sense = test ? self_test(dev) : SENSE_NONE;
	if (code)
		keep_result(dev, code, sense);
	if (sense == SENSE_NONE || code == BACKGROUND_SHORT || code == BACKGROUND_EXTENDED)
		vtl_cmd_good(cmd);
	else
		vtl_cmd_check(cmd, sense, NULL);
}

void vtl_receive_diagnostic(struct vtl_cmd *cmd)
{
	struct vtl_dev *dev = vtl_cmd_dev(cmd);
	uint8_t code = cmd->cdb[1] & 0x01 ? cmd->cdb[2] : dev->diagnostic_page;
	struct vtl_reply r;
	unsigned i;

	if (page_row(dev, code) < 0) {
		vtl_cmd_bad_cdb(cmd, 2, 7);
		return;
	}
	vtl_reply_cmd(&r, cmd, get_be16(cmd->cdb + 3));
	vtl_put8(&r, code);
	vtl_put8(&r, 0);
	vtl_put16(&r, 0);
	for (i = 0; !code && i < PAGES; i++) {
		if (page_row(dev, pages[i].code) >= 0)
			vtl_put8(&r, pages[i].code);
	}
	vtl_patch16(&r, 2, (uint16_t)(r.len - 4));
	vtl_cmd_reply(cmd, &r);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* TapeAlert flags by initiator (SSC-5 4.2.17), and how mode page 1Ch, Informational Exceptions, has them told. */
#include <string.h>

#include "internal.h"

enum { PAGE_EXCEPTIONS = 0x1c, PAGE_RECOVERY = 0x01, RECOVERY_PER = 0x04 };
/*
 * Byte 2 of page 1Ch; MRIE in byte 3, INTERVAL TIMER from 4, REPORT COUNT or TEST FLAG NUMBER from 8 (SSC-5 8.4). No
 * warnings (0B/xx) are ever given: EWASC stays 0.
 */
enum { EXC_DEXCPT = 0x08, EXC_TEST = 0x04, EXC_LOGERR = 0x01 };
enum {
	MRIE_NONE = 0, MRIE_ATTENTION = 2, MRIE_RECOVERED_IF = 3, MRIE_RECOVERED = 4, MRIE_NO_SENSE = 5,
	MRIE_ASKED = 6,
};
#define ALL_FLAGS	32767

uint64_t vtl_alert_bit(unsigned flag)
{
	return 1ull << (64 - flag);
}

static const uint8_t *page_of(const struct vtl_dev *dev)
{
	return vtl_mode_page(dev, PAGE_EXCEPTIONS, 0);
}

static void report(struct vtl_dev *dev, bool test)
{
	const uint8_t *page = page_of(dev);

	if (!page || page[2] & EXC_DEXCPT || page[3] == MRIE_NONE)
		return;
	if (page[3] == MRIE_ATTENTION) {
		vtl_ua_all(dev, test ? SENSE_EXCEPTION_TEST_ATTENTION : SENSE_TAPE_ALERT, NULL);
		return;
	}
	dev->alert.due = true;
	dev->alert.test = test;
	dev->alert.reports = 0;
	dev->alert.at = 0;
}

void vtl_alert_raise(struct vtl_dev *dev, uint64_t flags)
{
	struct vtl_nexus *nexus;

	if (!flags)
		return;
	dev->alert.flags |= flags;
	for (nexus = dev->nexuses; nexus; nexus = nexus->next)
		nexus->alerts_read &= ~flags;
	report(dev, false);
}

void vtl_alert_clear(struct vtl_dev *dev, uint64_t flags)
{
	dev->alert.flags &= ~flags;
	dev->alert.due &= dev->alert.flags || dev->alert.test;
}

uint64_t vtl_alerts(const struct vtl_dev *dev, const struct vtl_nexus *nexus)
{
	return dev->alert.flags & ~(nexus ? nexus->alerts_read : 0);
}

/* ---- what a command says that has done what it was to do ---- */

static const struct {
	uint8_t mrie;
	enum vtl_sense sense, test;
} exceptions[] = {
	{ MRIE_RECOVERED_IF, SENSE_EXCEPTION_RECOVERED, SENSE_EXCEPTION_TEST_RECOVERED },
	{ MRIE_RECOVERED, SENSE_EXCEPTION_RECOVERED, SENSE_EXCEPTION_TEST_RECOVERED },
	{ MRIE_NO_SENSE, SENSE_EXCEPTION, SENSE_EXCEPTION_TEST },
	{ MRIE_ASKED, SENSE_EXCEPTION, SENSE_EXCEPTION_TEST },
};

/* One report of REPORT COUNT, not sooner than INTERVAL TIMER after the last (SPC-5 7.5.12). */
static enum vtl_sense take(struct vtl_dev *dev, bool asked)
{
	const uint8_t *page = page_of(dev), *recovery = vtl_mode_page(dev, PAGE_RECOVERY, 0);
	uint64_t now = dev->env->now_ms(dev->env);
	uint32_t interval, count;
	unsigned i;

	if (!dev->alert.due || !page || page[2] & EXC_DEXCPT || now < dev->alert.at || asked != (page[3] == MRIE_ASKED))
		return SENSE_NONE;
	if (page[3] == MRIE_RECOVERED_IF && recovery && !(recovery[2] & RECOVERY_PER))
		return SENSE_NONE;
	for (i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]) && exceptions[i].mrie != page[3]; i++)
		;
	if (i == sizeof(exceptions) / sizeof(exceptions[0]))
		return SENSE_NONE;
	interval = get_be32(page + 4);
	count = page[2] & EXC_TEST ? 1 : get_be32(page + 8);
	dev->alert.at = now + 100ull * interval;
	if (!interval || interval == UINT32_MAX || (count && ++dev->alert.reports >= count))
		dev->alert.due = false;
	return dev->alert.test ? exceptions[i].test : exceptions[i].sense;
}

enum vtl_sense vtl_alert_exception(struct vtl_dev *dev, const struct vtl_cmd *cmd)
{
	return cmd->op->flags & (VTL_OP_SKIP_UA | VTL_OP_LOADING) ? SENSE_NONE : take(dev, false);
}

enum vtl_sense vtl_alert_asked(struct vtl_dev *dev)
{
	return take(dev, true);
}

/* ---- the mode page ---- */

static int32_t test_flag(const uint8_t *page)
{
	return (int32_t)get_be32(page + 8);
}

enum vtl_sense vtl_exceptions_check(struct vtl_dev *dev, const uint8_t *old, uint8_t *page, struct vtl_field *bad)
{
	int32_t n = test_flag(page);

	*bad = (struct vtl_field){ 3, 3 };
	if (page[3] == 1 || page[3] > MRIE_ASKED)
		return SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
	if (!(page[2] & EXC_TEST))
		return SENSE_NONE;
	*bad = (struct vtl_field){ 2, 3 };
	if (page[2] & EXC_DEXCPT)
		return SENSE_INVALID_FIELD_IN_PARAMETER_LIST;
	*bad = (struct vtl_field){ 8, VTL_NO_BIT };
	return n != ALL_FLAGS && (n < -64 || n > 64) ? SENSE_INVALID_FIELD_IN_PARAMETER_LIST : SENSE_NONE;
}

/* TEST: a false exception, or flags that come and go as if their events had happened. Done once, and not kept. */
void vtl_exceptions_apply(struct vtl_dev *dev, struct vtl_nexus *nexus, const uint8_t *page)
{
	uint8_t *edit = vtl_mode_page_edit(dev, PAGE_EXCEPTIONS, 0);
	int32_t n = test_flag(page);

	if (page[2] & EXC_DEXCPT || page[3] == MRIE_NONE)
		dev->alert.due = false;
	if (!(page[2] & EXC_TEST))
		return;
	edit[2] &= (uint8_t)~EXC_TEST;
	put_be32(edit + 8, 0);
	if (!n)
		report(dev, true);
	else if (n < 0)
		vtl_alert_clear(dev, vtl_alert_bit((unsigned)-n));
	else
		vtl_alert_raise(dev, n == ALL_FLAGS ? UINT64_MAX : vtl_alert_bit((unsigned)n));
}

const uint8_t vtl_exceptions_page[12] = { 0x1c, 0x0a, EXC_DEXCPT, MRIE_RECOVERED_IF };
const uint8_t vtl_exceptions_mask[12] = {
	[2] = EXC_DEXCPT | EXC_TEST | EXC_LOGERR, 0x0f, [4 ... 11] = 0xff,
};

/* ---- log page 2Eh (SPC-5 7.3.20): all 64 flags, each one byte, as this initiator has not read them yet ---- */

void vtl_alert_fill(struct vtl_dev *dev, struct vtl_log *log)
{
	uint64_t flags = vtl_alerts(dev, log->nexus);
	unsigned flag;

	for (flag = 1; flag <= 64; flag++)
		vtl_log_put_number(log, (uint16_t)flag, VTL_LOG_LIST, !!(flags & vtl_alert_bit(flag)), 1);
}

void vtl_alert_reported(struct vtl_dev *dev, struct vtl_nexus *nexus)
{
	nexus->alerts_read |= dev->alert.flags;
}

void vtl_alert_reset(struct vtl_dev *dev)
{
	vtl_alert_clear(dev, UINT64_MAX);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What a changer counts: media changer and element statistics (SMC-3 7.2.5, 7.2.4), and its TapeAlert flags. */
#include <stdlib.h>
#include <string.h>

#include "smc.h"

/* ---- counting ---- */

/* What is counted of one element, since the changer was powered on. */
struct smc_use {
	uint32_t places, picks;
	uint32_t tags_read, tags_unread;
};

void smc_count(struct smc *smc, enum smc_counter counter, unsigned n)
{
	smc->counter[counter] += n;
	vtl_state_touch(&smc->dev);
}

/* NULL: no memory, and nobody misses the count. */
static struct smc_use *use_of(struct smc *smc, const struct vtl_element *element)
{
	struct smc_uses *uses = &smc->uses[element->type];
	unsigned n = element->address - smc->inventory->ops->first(smc->inventory, element->type);

	if (n >= uses->count) {
		unsigned count = smc->inventory->ops->count(smc->inventory, element->type);
		struct smc_use *use = n < count ? realloc(uses->use, count * sizeof(*use)) : NULL;

		if (!use)
			return NULL;
		memset(use + uses->count, 0, (count - uses->count) * sizeof(*use));
		uses->use = use;
		uses->count = count;
	}
	return &uses->use[n];
}

void smc_count_carried(struct smc *smc, uint16_t from, uint16_t to)
{
	struct vtl_element source, destination;
	struct smc_use *use;
	bool labelled;

	if (!smc->inventory->ops->get(smc->inventory, from, &source) ||
	    !smc->inventory->ops->get(smc->inventory, to, &destination))
		return;
	/* The robot reads the label of what it picks. */
	labelled = destination.tag[VTL_TAG_PRIMARY].text[0];
	smc->counter[SMC_PICKS]++;
	smc->counter[SMC_PLACES]++;
	smc->counter[labelled ? SMC_TAGS_READ : SMC_TAGS_INVALID]++;
	use = use_of(smc, &source);
	if (use) {
		use->picks++;
		use->tags_read += labelled;
		use->tags_unread += !labelled;
	}
	use = use_of(smc, &destination);
	if (use)
		use->places++;
}

/* A move is on disk with the inventory: a second write for its count would make every move cost twice. */
void smc_count_move(struct smc *smc)
{
	smc->counter[SMC_MOVES]++;
	vtl_state_later(&smc->dev);
}

void smc_statistics_free(struct smc *smc)
{
	for (unsigned type = 0; type <= VTL_DRIVE; type++)
		free(smc->uses[type].use);
}

/* ---- 14h Media Changer Statistics: parameter code is the number of the counter ---- */

#define COUNTER_LEN	4

static void get_counter(struct vtl_dev *dev, const struct vtl_log_param *param, uint8_t *value)
{
	uint64_t n = smc_of(dev)->counter[param->code];

	put_be32(value, n < UINT32_MAX ? (uint32_t)n : UINT32_MAX);
}

static bool set_counter(struct vtl_dev *dev, const struct vtl_log_param *param, const uint8_t *value)
{
	smc_of(dev)->counter[param->code] = get_be32(value);
	return true;
}

#define COUNTER(n) { .code = n, .control = VTL_LOG_LIST, .len = COUNTER_LEN, .get = get_counter, .set = set_counter }

static const struct vtl_log_param statistics[] = {
	COUNTER(SMC_MOVES),
	COUNTER(SMC_PICKS),
	COUNTER(SMC_PICK_RETRIES),
	COUNTER(SMC_PLACES),
	COUNTER(SMC_PLACE_RETRIES),
	COUNTER(SMC_TAGS_READ),
	COUNTER(SMC_TAGS_INVALID),
	COUNTER(SMC_DOOR_OPENS),
	COUNTER(SMC_STATION_OPENS),
	COUNTER(SMC_SCANS),
	COUNTER(SMC_ERRORS_UNRECOVERED),
	COUNTER(SMC_ERRORS_RECOVERED),
	{ .len = 0 },
};
_Static_assert(sizeof(statistics) / sizeof(statistics[0]) == SMC_COUNTERS + 1, "a counter has no parameter");

static void reset_statistics(struct vtl_dev *dev)
{
	memset(smc_of(dev)->counter, 0, sizeof(smc_of(dev)->counter));
}

/* ---- 15h Element Statistics: parameter code is the element's address ---- */

enum { USE_LEN = 24, USES_MOST = 0xffff / (4 + USE_LEN) }; /* PAGE LENGTH is two bytes: the rest by PARAMETER POINTER */

static void put_use(struct vtl_log *log, uint16_t address, const struct smc_use *use)
{
	uint8_t value[USE_LEN] = { 0 };

	if (use) {
		put_be32(value, use->places);
		put_be32(value + 8, use->picks);
		put_be32(value + 16, use->tags_read);
		put_be32(value + 20, use->tags_unread);
	}
	vtl_log_put(log, address, VTL_LOG_LIST, value, sizeof(value));
}

static void fill_element_statistics(struct vtl_dev *dev, struct vtl_log *log)
{
	const struct smc *smc = smc_of(dev);
	const struct vtl_inventory *inv = smc->inventory;
	enum vtl_element_type order[SMC_TYPES];
	unsigned left = USES_MOST;

	smc_type_order(inv, order);
	for (unsigned i = 0; i < SMC_TYPES; i++) {
		const struct smc_uses *uses = &smc->uses[order[i]];
		uint32_t first = inv->ops->first(inv, order[i]), count = inv->ops->count(inv, order[i]);

		for (uint32_t n = log->from > first ? log->from - first : 0; n < count && left; n++, left--)
			put_use(log, (uint16_t)(first + n), n < uses->count ? &uses->use[n] : NULL);
	}
}

static void reset_element_statistics(struct vtl_dev *dev)
{
	struct smc *smc = smc_of(dev);

	smc_statistics_free(smc);
	memset(smc->uses, 0, sizeof(smc->uses));
}

/* ---- 0Dh Temperature (SPC-5 7.3.19): nothing here has one ---- */

static void get_temperature(struct vtl_dev *dev, const struct vtl_log_param *param, uint8_t *value)
{
	value[1] = 0xff;
}

static const struct vtl_log_param temperature[] = {
	{ .code = 0x0000, .control = VTL_LOG_LIST, .len = 2, .get = get_temperature },
	{ .len = 0 },
};

const struct vtl_log_page smc_log_pages[] = {
	{ .code = 0x0d, .name = "Temperature", .params = temperature },
	{ .code = 0x14, .name = "Media changer statistics", .params = statistics, .reset = reset_statistics,
	  .saved = true, .fixed = true },
	{ .code = 0x15, .name = "Element statistics", .fill = fill_element_statistics,
	  .reset = reset_element_statistics },
	{ .code = 0x2e, .name = "TapeAlert", .fill = vtl_alert_fill, .reported = vtl_alert_reported,
	  .reset = vtl_alert_reset },
	{ .name = NULL },
};

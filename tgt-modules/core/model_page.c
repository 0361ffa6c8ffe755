/* SPDX-License-Identifier: GPL-2.0-only */
/* What a model file says of a page: nothing, its bytes, that it is core's own, that there is none. */
#include <string.h>

#include "internal.h"

const struct vtl_model_page *vtl_model_page(const struct vtl_model_pages *pages, uint8_t code, uint8_t subcode)
{
	static const struct vtl_model_page absent;
	unsigned i;

	for (i = 0; pages && i < pages->count; i++) {
		if (pages->row[i].code == code && pages->row[i].subcode == subcode)
			return pages->row[i].own ? NULL : &pages->row[i];
	}
	/* the lists of pages, 00h, are there in any case */
	return pages && pages->complete && (code || subcode) ? &absent : NULL;
}

void vtl_patch_live(struct vtl_reply *r, uint64_t at, const struct vtl_dev *dev, const struct vtl_nexus *nexus,
		    const struct vtl_model_live *live, unsigned lives)
{
	for (; lives--; live++) {
		uint8_t b[256] = { 0 };

		switch (live->what) {
		case VTL_LIVE_SERIAL:
			memset(b, ' ', sizeof(b));
			memcpy(b, dev->serial, strnlen(dev->serial, live->len));
			break;
		case VTL_LIVE_NAA:
			put_be64(b, vtl_naa(dev));
			break;
		case VTL_LIVE_PORT_NAA:
			put_be64(b, vtl_port_naa(dev, nexus->id.target_port));
			break;
		case VTL_LIVE_PORT:
			put_be16(b, nexus->id.target_port);
			break;
		}
		vtl_patch_bytes(r, at + live->at, b, live->len < sizeof(b) ? live->len : sizeof(b));
	}
}

/* Bytes of the parameter at `p`, with its header; 0: `len` bytes hold no whole one. */
static size_t param_len(const uint8_t *p, size_t len)
{
	return len >= 4 && len >= 4u + p[3] ? 4u + p[3] : 0;
}

/* The parameter with that code; NULL: none. */
static const uint8_t *find_param(const uint8_t *p, size_t len, uint16_t code)
{
	size_t n;

	for (; (n = param_len(p, len)); p += n, len -= n) {
		if (get_be16(p) == code)
			return p;
	}
	return NULL;
}

static bool only_params(const uint8_t *p, size_t len)
{
	size_t n;

	while ((n = param_len(p, len))) {
		p += n;
		len -= n;
	}
	return !len;
}

/* A parameter of the model with core's value: lists as they are, numbers in the model's length, from the right. */
static void put_param(struct vtl_log *log, const uint8_t *param, const uint8_t *core)
{
	unsigned len = param[3], both = core && core[3] < len ? core[3] : len;
	uint8_t value[256] = { 0 };

	if (core && (param[2] & 0x01)) {
		vtl_log_put(log, get_be16(param), param[2], core + 4, core[3]);
		return;
	}
	if (core)
		memcpy(value + len - both, core + 4 + core[3] - both, both);
	else
		memcpy(value, param + 4, len);
	vtl_log_put(log, get_be16(param), param[2], value, (uint8_t)len);
}

void vtl_log_put_model(struct vtl_log *log, const struct vtl_model_page *model, const uint8_t *core, size_t core_len)
{
	const uint8_t *p = model->data + 4;
	size_t len = model->len - 4, n;

	if (!only_params(p, len)) {
		vtl_put_bytes(log->reply, p, len);
		return;
	}
	for (; (n = param_len(p, len)); p += n, len -= n)
		put_param(log, p, find_param(core, core_len, get_be16(p)));
}

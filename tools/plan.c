/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads what the words of `vtl library create` and `vtl media create` ask for. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"
#include "plan.h"

#define MAX_COUNT	65535	/* element addresses are 16 bits wide */

/* Digits up to `end` (exclusive) as a count from 1. */
static bool parse_count(const char *text, const char *end, unsigned *count)
{
	unsigned long n = 0;

	if (text == end)
		return false;
	for (; text < end; text++) {
		if (!isdigit((unsigned char)*text))
			return false;
		n = n * 10 + (unsigned long)(*text - '0');
		if (n > MAX_COUNT)
			return false;
	}
	*count = (unsigned)n;
	return n >= 1;
}

bool plan_drives(const char *text, unsigned *count, const char **model, struct why *why)
{
	static const char times[] = "×";
	size_t digits = strspn(text, "0123456789");
	const char *rest = text + digits;
	size_t sign = 0;

	if (strncmp(rest, times, strlen(times)) == 0)
		sign = strlen(times);
	else if (*rest == 'x' || *rest == 'X' || *rest == '*')
		sign = 1;
	*count = 1;
	*model = text;
	if (digits && sign) {
		*model = rest + sign;
		if (!parse_count(text, rest, count)) {
			why_set(why, "%s: the number of drives is from 1 to %d", text, MAX_COUNT);
			return false;
		}
	}
	if (!**model) {
		why_set(why, "%s: no drive model; the form is N×MODEL, as in 2×IBM-LTO8", text);
		return false;
	}
	return true;
}

static bool ends_with(const char *text, const char *suffix)
{
	size_t len = strlen(text), n = strlen(suffix);

	return n && len > n && strcmp(text + len - n, suffix) == 0;
}

/* What the end of the barcode says of a medium of this model: the kind, and how long that end is. */
static void kind_by_suffix(struct plan_media *media)
{
	const struct vtl_medium_model *m = media->medium;

	media->kind = m->cleaning ? MEDIA_CLEANING : MEDIA_DATA;
	media->suffix = 0;
	for (unsigned i = 0; i < sizeof(m->suffix) / sizeof(m->suffix[0]); i++)
		if (ends_with(media->first, m->suffix[i]))
			media->suffix = (unsigned)strlen(m->suffix[i]);
	if (ends_with(media->first, m->worm_suffix)) {
		media->kind = MEDIA_WORM_DATA;
		media->suffix = (unsigned)strlen(m->worm_suffix);
	}
	if (ends_with(media->first, m->cleaning_suffix)) {
		media->kind = MEDIA_CLEANING;
		media->suffix = (unsigned)strlen(m->cleaning_suffix);
	}
}

static bool good_barcode(const char *barcode, size_t len)
{
	return len >= 1 && len <= MEDIA_MAX_BARCODE &&
	       strspn(barcode, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") >= len;
}

/* The kind that was asked for in words, checked against what the model is. */
static bool take_kind(const struct vtl_models *models, const char *text, const char *word, struct plan_media *media,
		      struct why *why)
{
	const struct vtl_medium_model *cleaning;
	enum media_kind kind = library_kind_by_name(word), by_barcode;

	if (kind == MEDIA_KIND_COUNT) {
		why_set(why, "%s: %s is no kind of cartridge; there are data, worm, cleaning and null", text, word);
		return false;
	}
	if (kind != MEDIA_CLEANING && media->medium->cleaning) {
		why_set(why, "%s: %s is a cleaning cartridge", text, media->medium->name);
		return false;
	}
	media->kind = kind;
	if (kind != MEDIA_CLEANING || media->medium->cleaning)
		return true;
	/* A drive's medium was named: what cleans such drives is found by the barcode. */
	cleaning = vtl_models_by_barcode(models, media->first, &by_barcode);
	if (!cleaning || !cleaning->cleaning) {
		why_set(why, "%s: %s is no cleaning cartridge, and barcode %s names none", text, media->medium->name,
			media->first);
		return false;
	}
	media->medium = cleaning;
	kind_by_suffix(media);
	media->kind = MEDIA_CLEANING;
	return true;
}

bool plan_media(const struct vtl_models *models, const char *text, struct plan_media *media, struct why *why)
{
	const char *count = strchr(text, ':'), *barcode = count ? strchr(count + 1, ':') : NULL, *kind;
	char type[MODEL_NAME_LEN + 1];
	size_t len;

	memset(media, 0, sizeof(*media));
	if (!barcode || count == text || (size_t)(count - text) >= sizeof(type)) {
		why_set(why, "%s: the form is TYPE:COUNT:BARCODE, as in LTO-8:20:VTL001L8", text);
		return false;
	}
	memcpy(type, text, (size_t)(count - text));
	type[count - text] = '\0';
	media->medium = vtl_models_medium(models, type);
	if (!media->medium) {
		why_set(why, "%s: there is no medium %s; `vtl model list` shows what there is", text, type);
		return false;
	}
	if (!parse_count(count + 1, barcode, &media->count)) {
		why_set(why, "%s: the count is from 1 to %d", text, MAX_COUNT);
		return false;
	}
	barcode++;
	kind = strchr(barcode, ':');
	len = kind ? (size_t)(kind - barcode) : strlen(barcode);
	if (!good_barcode(barcode, len)) {
		why_set(why, "%s: a barcode has 1 to %d of the characters A-Z 0-9 _ -", text, MEDIA_MAX_BARCODE);
		return false;
	}
	memcpy(media->first, barcode, len);
	kind_by_suffix(media);
	return !kind || take_kind(models, text, kind + 1, media, why);
}

bool plan_barcode(const struct plan_media *media, unsigned n, char barcode[MEDIA_MAX_BARCODE + 1], struct why *why)
{
	size_t end = strlen(media->first) - media->suffix, begin;

	strcpy(barcode, media->first);
	if (n == 0)
		return true;
	while (end && !isdigit((unsigned char)barcode[end - 1]))
		end--;
	begin = end;
	while (begin && isdigit((unsigned char)barcode[begin - 1]))
		begin--;
	for (size_t at = end; at > begin; at--) {
		unsigned sum = (unsigned)(barcode[at - 1] - '0') + n;

		barcode[at - 1] = (char)('0' + sum % 10);
		n = sum / 10;
	}
	if (n) {
		why_set(why, "%s: its digits do not suffice to count up to %u cartridges", media->first, media->count);
		return false;
	}
	return true;
}

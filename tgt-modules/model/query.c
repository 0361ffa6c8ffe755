/* SPDX-License-Identifier: GPL-2.0-only */
/* Answers from loaded models. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "build.h"

static const void *by_name(const struct vtl_models *models, enum model_kind kind, const char *name)
{
	const struct model_list *list = &models->by_kind[kind];

	for (unsigned i = 0; i < list->count; i++)
		if (!strcasecmp(list->row[i], name))
			return list->row[i];
	return NULL;
}

static const void *by_number(const struct vtl_models *models, enum model_kind kind, unsigned n)
{
	const struct model_list *list = &models->by_kind[kind];

	return n < list->count ? list->row[n] : NULL;
}

const struct vtl_drive_model *vtl_models_drive(const struct vtl_models *models, const char *name)
{
	return by_name(models, KIND_DRIVE, name);
}

const struct vtl_medium_model *vtl_models_medium(const struct vtl_models *models, const char *name)
{
	return by_name(models, KIND_MEDIUM, name);
}

const struct vtl_library_model *vtl_models_library(const struct vtl_models *models, const char *name)
{
	return by_name(models, KIND_LIBRARY, name);
}

const struct vtl_drive_model *vtl_models_drive_at(const struct vtl_models *models, unsigned n)
{
	return by_number(models, KIND_DRIVE, n);
}

const struct vtl_medium_model *vtl_models_medium_at(const struct vtl_models *models, unsigned n)
{
	return by_number(models, KIND_MEDIUM, n);
}

const struct vtl_library_model *vtl_models_library_at(const struct vtl_models *models, unsigned n)
{
	return by_number(models, KIND_LIBRARY, n);
}

enum vtl_access vtl_drive_access(const struct vtl_drive_model *drive, const char *medium, enum media_kind kind)
{
	for (unsigned i = 0; i < drive->media_count; i++) {
		const struct vtl_drive_medium *row = &drive->media[i];

		if (strcasecmp(row->medium->name, medium))
			continue;
		if (row->medium->cleaning != (kind == MEDIA_CLEANING))
			return VTL_ACCESS_NONE;
		return kind == MEDIA_WORM_DATA ? row->worm_access : row->access;
	}
	return VTL_ACCESS_NONE;
}

const char *vtl_time_name(enum vtl_time time)
{
	static const char *const name[VTL_TIMES] = {
		[VTL_TIME_LOAD] = "load_ms",	     [VTL_TIME_THREAD] = "thread_ms", [VTL_TIME_UNLOAD] = "unload_ms",
		[VTL_TIME_REWIND] = "rewind_ms", [VTL_TIME_POSITION] = "position_ms", [VTL_TIME_ERASE] = "erase_ms",
		[VTL_TIME_FORMAT] = "format_ms", [VTL_TIME_CLEAN] = "clean_ms",
	};

	return name[time];
}

static bool has_suffix(const struct vtl_medium_model *medium, const char *suffix)
{
	for (unsigned i = 0; i < sizeof(medium->suffix) / sizeof(*medium->suffix); i++)
		if (medium->suffix[i][0] && !strcmp(medium->suffix[i], suffix))
			return true;
	return false;
}

/* The cleaning medium of a family; without a family, the universal one. */
static const struct vtl_medium_model *cleaning_medium(const struct vtl_models *models, const char *family)
{
	const struct vtl_medium_model *medium;

	for (unsigned i = 0; (medium = vtl_models_medium_at(models, i)); i++) {
		if (medium->cleaning && (family ? !strcmp(medium->family, family) : medium->universal))
			return medium;
	}
	return NULL;
}

const struct vtl_medium_model *vtl_models_by_barcode(const struct vtl_models *models, const char *barcode,
						     enum media_kind *kind)
{
	size_t len = strlen(barcode);
	const struct vtl_medium_model *medium;
	bool cleaning = !strncmp(barcode, "CLN", 3);
	const char *suffix;

	if (len < 3)
		return NULL;
	suffix = barcode + len - 2;
	for (unsigned i = 0; (medium = vtl_models_medium_at(models, i)); i++) {
		bool data = has_suffix(medium, suffix), worm = !strcmp(medium->worm_suffix, suffix);

		if (!data && !worm && strcmp(medium->cleaning_suffix, suffix))
			continue;
		*kind = medium->cleaning || !(data || worm) ? MEDIA_CLEANING : worm ? MEDIA_WORM_DATA : MEDIA_DATA;
		if (!cleaning || medium->cleaning)
			return medium;
		*kind = MEDIA_CLEANING;
		return cleaning_medium(models, medium->family);
	}
	*kind = MEDIA_CLEANING;
	return cleaning ? cleaning_medium(models, NULL) : NULL;
}

bool vtl_model_serial(const char *format, uint64_t n, char *buf, size_t size)
{
	const char *percent = strchr(format, '%');
	char digits[32];
	unsigned width;
	int len;

	if (!percent || percent[1] != '0' || percent[2] < '1' || percent[2] > '9' ||
	    (percent[3] != 'u' && percent[3] != 'X') || strchr(percent + 1, '%'))
		return false;
	width = (unsigned)(percent[2] - '0');
	if (percent[3] == 'u')
		snprintf(digits, sizeof(digits), "%020llu", (unsigned long long)n);
	else
		snprintf(digits, sizeof(digits), "%020llX", (unsigned long long)n);
	len = snprintf(buf, size, "%.*s%s%s", (int)(percent - format), format, digits + 20 - width, percent + 4);
	return len > 0 && (size_t)len < size;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of models in the manual page of `vtl model list`, from the model files. */
#include <stdio.h>
#include <string.h>

#include "model_manual.h"

/* Adds to a text; what does not fit is left out. */
__attribute__((format(printf, 3, 4)))
static void add(char *text, size_t size, const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, size - len, fmt, ap);
	va_end(ap);
}

static void library_text(const struct vtl_library_model *m, char *text, size_t size)
{
	add(text, size, "%s. INQUIRY: %s %s", m->description, m->inquiry.vendor, m->inquiry.product);
}

static void add_media(const struct vtl_drive_model *m, enum vtl_access access, const char *what, char *text,
		      size_t size)
{
	const char *before = what;

	for (unsigned i = 0; i < m->media_count; i++) {
		if (m->media[i].access != access || m->media[i].medium->cleaning)
			continue;
		add(text, size, "%s%s", before, m->media[i].medium->name);
		before = ", ";
	}
}

static void drive_text(const struct vtl_drive_model *m, char *text, size_t size)
{
	add(text, size, "%s. INQUIRY: %s %s", m->description, m->inquiry.vendor, m->inquiry.product);
	add_media(m, VTL_ACCESS_WRITE, ". Reads and writes ", text, size);
	add_media(m, VTL_ACCESS_READ, ". Only reads ", text, size);
}

static void medium_text(const struct vtl_medium_model *m, char *text, size_t size)
{
	add(text, size, "%s", m->description);
	if (m->capacity && !m->cleaning)
		add(text, size, ". %llu GB", (unsigned long long)(m->capacity / 1000000000));
	for (unsigned i = 0; i < sizeof(m->suffix) / sizeof(m->suffix[0]) && *m->suffix[i]; i++)
		add(text, size, "%s%s", i ? ", " : ". Barcodes end in ", m->suffix[i]);
	if (*m->worm_suffix)
		add(text, size, ". WORM: %s", m->worm_suffix);
	if (*m->cleaning_suffix)
		add(text, size, ". Cleaning: %s", m->cleaning_suffix);
}

bool model_manual(const struct manual *manual)
{
	const struct vtl_library_model *library;
	const struct vtl_medium_model *medium;
	const struct vtl_drive_model *drive;
	struct why why = { "" };
	struct vtl_models *models = vtl_models_load(NULL, &why);
	char text[1024];

	if (!models) {
		fprintf(stderr, "vtl help: %s\n", why.text);
		return false;
	}
	manual->section("LIBRARIES");
	for (unsigned n = 0; (library = vtl_models_library_at(models, n)); n++) {
		*text = '\0';
		library_text(library, text, sizeof(text));
		manual->entry(library->name, text);
	}
	manual->section("DRIVES");
	for (unsigned n = 0; (drive = vtl_models_drive_at(models, n)); n++) {
		*text = '\0';
		drive_text(drive, text, sizeof(text));
		manual->entry(drive->name, text);
	}
	manual->section("MEDIA");
	for (unsigned n = 0; (medium = vtl_models_medium_at(models, n)); n++) {
		*text = '\0';
		medium_text(medium, text, sizeof(text));
		manual->entry(medium->name, text);
	}
	vtl_models_free(models);
	return true;
}

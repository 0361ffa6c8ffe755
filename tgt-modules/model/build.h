/* SPDX-License-Identifier: GPL-2.0-only */
/* From sections of model files to models: what the parts of the loader share. */
#ifndef MODEL_BUILD_H
#define MODEL_BUILD_H

#include "conf.h"
#include "model.h"

enum model_kind { KIND_DENSITY, KIND_MEDIUM, KIND_DRIVE, KIND_LIBRARY, KIND_COUNT };

/* One section of a model file. */
struct model_source {
	enum model_kind kind;
	const struct conf_section *section;
	unsigned dir;				/* the nth directory of the path */
	const struct model_source *base;	/* what it inherits from */
	bool resolved, resolving, abstract, replaced;
	void *model;				/* struct vtl_density, vtl_medium_model, … */
};

struct model_list {
	void **row;
	unsigned count;
};

struct vtl_models {
	struct model_list by_kind[KIND_COUNT];	/* sorted by name; densities in no order */
	void **blocks;				/* everything allocated for the models */
	unsigned block_count;
};

/* While loading. */
struct model_load {
	struct vtl_models *models;
	struct conf **conf;
	unsigned confs;
	struct model_source *source;
	unsigned sources;
	struct why *why;
};

/* Zeroed memory that lives as long as the models; NULL with `why`. */
void *model_alloc(struct model_load *load, size_t len);

enum field_type { FIELD_TEXT, FIELD_NUMBER, FIELD_BOOL, FIELD_WORD, FIELD_BYTES, FIELD_NUMBERS };

/* An option and the member that it fills. */
struct model_field {
	const char *name;
	enum field_type type;
	unsigned offset, size;		/* of the member; FIELD_NUMBERS: of the array */
	bool required;
	unsigned long long min, max;	/* FIELD_NUMBER */
	unsigned unit;			/* FIELD_NUMBER: the member counts in this many (0: in ones) */
	const char *const *words;	/* FIELD_WORD: the member is an enum, an index into this NULL-ended list */
};

struct model_kind_info {
	const char *name;			/* of its sections */
	const struct model_field *field;	/* ends with a row without a name */
	const struct conf_schema *more;		/* what the builder reads itself */
	unsigned size, name_offset;		/* of the model; of its name, MODEL_NAME_LEN + 1 long */
	bool (*finish)(struct model_load *load, const struct model_source *source, void *model);
};

extern const struct model_kind_info model_kinds[KIND_COUNT];

/* Sets the reason, behind file and line, and returns false. Line 0: where the section ends. */
__attribute__((format(printf, 4, 5)))
bool model_wrong(struct model_load *load, const struct conf_section *section, unsigned line, const char *fmt, ...);

/* The section, in the chain of inheritance, that gives an option; NULL if none does. */
const struct conf_section *model_giver(const struct model_source *source, const char *option);
/* The source of that kind and name (case does not matter) that is in force; NULL if there is none. */
const struct model_source *model_source_find(const struct model_load *load, enum model_kind kind, const char *name);
/* Fills the members of `model` from a section's chain. */
bool model_fill(struct model_load *load, const struct model_source *source, const struct model_field *field,
		void *model);
/*
 * bytes.c: a hexadecimal string with blanks as one likes. `..` is a byte that lives: zero here, core's to fill.
 * `<serial 12>`, `<naa>`, `<port-naa>`, `<port>`: what is different on each device; `<vendor 8>`, `<product 16>`,
 * `<revision 4>` are those of `inquiry`, which may be NULL.
 */
bool model_bytes(struct model_load *load, const struct conf_section *section, const char *option,
		 const struct conf_value *value, const struct vtl_model_inquiry *inquiry,
		 struct vtl_model_bytes *bytes);

/* Whether the option `serial_format` is one, and fits into `len` characters. */
bool model_check_serial(struct model_load *load, const struct model_source *source, const char *format, unsigned len);
/* Whether standard INQUIRY data that the model gives as bytes are that. */
bool model_check_inquiry(struct model_load *load, const struct model_source *source,
			 const struct vtl_model_inquiry *inquiry);

/* pages.c */
extern const struct conf_schema model_page_schema[];
/* All pages and commands that the chain gives. */
bool model_pages(struct model_load *load, const struct model_source *source, const struct vtl_model_inquiry *inquiry,
		 struct vtl_model_pages *mode, struct vtl_model_pages *vpd, struct vtl_model_pages *log);
/* commands.c: the options `unsupported` and `commands`. */
bool model_command_lists(struct model_load *load, const struct model_source *source,
			 struct vtl_model_commands *commands);

/* media.c, drives.c, libraries.c */
extern const struct model_field model_density_fields[], model_medium_fields[], model_drive_fields[],
	model_library_fields[];
extern const struct conf_schema model_medium_schema[], model_drive_schema[], model_library_schema[];
bool model_finish_density(struct model_load *load, const struct model_source *source, void *model);
bool model_finish_medium(struct model_load *load, const struct model_source *source, void *model);
bool model_finish_drive(struct model_load *load, const struct model_source *source, void *model);
bool model_finish_library(struct model_load *load, const struct model_source *source, void *model);

#endif

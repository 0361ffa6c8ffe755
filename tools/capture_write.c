/* SPDX-License-Identifier: GPL-2.0-only */
/* The model file of a captured device. */
#include "capture_write.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "be.h"
#include "command.h"

#define DENSITY_LEN	52

static void text_option(FILE *file, const char *option, const char *text)
{
	fprintf(file, "\t%s = \"", option);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', file);
		fputc(*text, file);
	}
	fputs("\"\n", file);
}

static void head(FILE *file, const struct captured *c, const char *from)
{
	if (!from)
		return;
	fprintf(file, "# Captured by vtl model capture from %s: %s %s %s, serial number %s.\n", from, c->vendor,
		c->product, c->revision, c->serial);
	fputs("#\n"
	      "# In bytes, <serial N>, <naa>, <port-naa> and <port> stand for what is each device's own, and\n"
	      "# .. for a byte that lives: a counter, a state, a time, which the virtual device fills in where it\n"
	      "# has the same, and else is zero. A page without data is as the virtual device makes it. Not in\n"
	      "# what a device tells, and therefore taken from a model with the same names, if there is one, or\n"
	      "# guessed: family, serial_format, protection methods, which cartridges are taken as WORM.\n\n", file);
}

/* ---- what drives and libraries have in common ---- */

/* The serial number with a number for its longest run of digits, or the last nine of it. */
static void serial_options(FILE *file, const struct captured *c)
{
	const char *s = c->serial;
	size_t len = strlen(s), begin = 0, end = 0;

	for (size_t at = 0, run; at < len; at += run ? run : 1) {
		run = strspn(s + at, "0123456789");
		if (run && run >= end - begin) {
			begin = at;
			end = at + run;
		}
	}
	if (end - begin > 9)
		begin = end - 9;
	if (len < 4 || len > 32 || end - begin < 2 || begin + 4 + (len - end) > 16 || strpbrk(s, "%\"\\")) {
		fputs("\tserial_length = 10\n\tserial_format = \"VTL%07u\"\n", file);
		return;
	}
	fprintf(file, "\tserial_length = %zu\n\tserial_format = \"%.*s%%0%zuu%s\"\n", len, (int)begin, s, end - begin,
		s + end);
}

static void identity_options(FILE *file, const struct captured *c, const char *family)
{
	char description[64];

	snprintf(description, sizeof(description), "%s %s, captured", c->vendor, c->product);
	text_option(file, "description", description);
	text_option(file, "family", family);
	text_option(file, "vendor", c->vendor);
	text_option(file, "product", c->product);
	text_option(file, "revision", c->revision);
	fprintf(file, "\tinquiry_version = %u\n", c->inquiry.data[2]);
	capture_write_inquiry(file, c);
	serial_options(file, c);
}

#define TIMEOUTS_LEN	12
enum { COMMAND_SERVACTV = 0x01, COMMAND_CTDP = 0x02 };	/* byte 5 of a command descriptor (SPC-5 6.35.2) */

static unsigned command_len(const uint8_t *command)
{
	return command[5] & COMMAND_CTDP ? 8 + TIMEOUTS_LEN : 8;
}

/* A device that does not list its commands leaves them to the virtual one. */
static void command_option(FILE *file, const struct captured *c)
{
	const uint8_t *d = c->commands.data;
	uint32_t at = 4, n = 0;

	if (c->commands.len < 4)
		return;
	fputs("\tcommands = {", file);
	while (at + 8 <= c->commands.len && at < 4 + get_be32(d)) {
		const uint8_t *command = d + at;

		fprintf(file, "%s%s\"%02X", n ? "," : "", n % 8 ? " " : "\n\t\t", command[0]);
		if (command[5] & COMMAND_SERVACTV)
			fprintf(file, "/%02X", get_be16(command + 2));
		at += command_len(command);
		if (command[5] & COMMAND_CTDP && at <= c->commands.len)
			fprintf(file, ":%u:%u", get_be32(command + 12), get_be32(command + 16));
		fputc('"', file);
		n++;
	}
	fputs("\n\t}\n", file);
}

static void finish(FILE *file, const struct captured *c)
{
	command_option(file, c);
	if (c->vpd.listed && c->mode.listed)
		fputs("\tcomplete = true\n", file);
	capture_write_pages(file, c);
	fputs("}\n", file);
}

/* What a family is called of which there is no model. */
static void guess_family(const struct captured *c, char family[16])
{
	unsigned n = 0;

	for (const char *p = c->vendor; *p && n < 15; p++)
		if (isalnum((unsigned char)*p))
			family[n++] = (char)tolower((unsigned char)*p);
	family[n] = 0;
	if (!n || strstr(c->product, "LTO") || strstr(c->product, "ULT") || strstr(c->product, "Ultrium"))
		strcpy(family, c->changer ? "generic" : "lto");
}

/* ---- drives ---- */

struct drive_writer {
	const struct captured *c;
	const char *name;
	const struct vtl_models *models;
	const struct vtl_drive_model *like;	/* one with the same names; NULL */
	FILE *file;
};

static const uint8_t *density_row(const struct captured *c, unsigned n)
{
	uint32_t at = 4 + n * DENSITY_LEN;

	return at + DENSITY_LEN <= c->densities.len ? c->densities.data + at : NULL;
}

static void density_text(FILE *file, const char *option, const uint8_t *from, unsigned len)
{
	char text[32] = "";

	while (len && (from[len - 1] == ' ' || !from[len - 1]))
		len--;
	for (unsigned i = 0; i < len; i++)
		text[i] = from[i] < 0x20 || from[i] > 0x7e ? ' ' : (char)from[i];
	text_option(file, option, text);
}

static void write_density(const struct drive_writer *w, const uint8_t *d)
{
	fprintf(w->file, "density \"%s-%02X\" {\n\tcode = 0x%02X\n\tsecondary = 0x%02X\n", w->name, d[0], d[0], d[1]);
	density_text(w->file, "organization", d + 16, 8);
	density_text(w->file, "name", d + 24, 8);
	density_text(w->file, "description", d + 32, 20);
	fprintf(w->file, "\tbits_per_mm = %u\n\twidth = %u\n\ttracks = %u\n\tcapacity = %uMB\n}\n", get_be24(d + 5),
		get_be16(d + 8), get_be16(d + 10), get_be32(d + 12));
}

/* Whether a medium belongs to the family of this drive's media. */
static bool fits(const struct drive_writer *w, const struct vtl_medium_model *medium,
		 const struct vtl_drive_medium **row)
{
	*row = NULL;
	for (unsigned i = 0; w->like && i < w->like->media_count; i++)
		if (w->like->media[i].medium == medium) {
			*row = &w->like->media[i];
			return true;
		}
	return !w->like && !strcmp(medium->family, "lto");
}

/* The media with that density that there are models of; else one of its own. */
static void write_takes(const struct drive_writer *w, const uint8_t *d)
{
	static const char *const words[] = { "none", "read", "write" };
	const struct vtl_medium_model *medium;
	const struct vtl_drive_medium *row;
	bool writes = d[2] & 0x80, found = false;
	unsigned worm;

	for (unsigned i = 0; (medium = vtl_models_medium_at(w->models, i)); i++) {
		if (medium->cleaning || medium->density != d[0] || !fits(w, medium, &row))
			continue;
		worm = row ? row->worm_access : !medium->worm_medium_type ? 0 : writes ? 2 : 1;
		fprintf(w->file, "\ttakes \"%s\" { data = \"%s\"  worm = \"%s\" }\n", medium->name,
			words[row ? row->access : writes ? 2 : 1], words[worm]);
		found = true;
	}
	if (!found && !w->like)
		fprintf(w->file, "\ttakes \"%s-%02X\" { data = \"%s\" }\n", w->name, d[0], words[writes ? 2 : 1]);
}

/* A medium for each density that no model has. */
static void write_media(const struct drive_writer *w)
{
	const struct vtl_drive_medium *row;
	const uint8_t *d;

	for (unsigned n = 0; !w->like && (d = density_row(w->c, n)); n++) {
		const struct vtl_medium_model *medium;
		unsigned i = 0;

		while ((medium = vtl_models_medium_at(w->models, i)) &&
		       (medium->cleaning || medium->density != d[0] || !fits(w, medium, &row)))
			i++;
		if (!medium)
			fprintf(w->file, "medium \"%s-%02X\" {\n\tdescription = \"Cartridge of density %02Xh\"\n"
				"\tfamily = \"%.15s\"\n\tdensity = \"%s-%02X\"\n\tcapacity = %uMB\n}\n", w->name, d[0],
				d[0], w->name, w->name, d[0], get_be32(d + 12));
	}
}

static void write_density_list(const struct drive_writer *w, const char *option, bool writable)
{
	const uint8_t *d;
	unsigned count = 0;

	for (unsigned n = 0; (d = density_row(w->c, n)); n++) {
		if (!!(d[2] & 0x80) != writable)
			continue;
		if (!count++)
			fprintf(w->file, "\t%s = {", option);
		fprintf(w->file, "%s \"%s-%02X\"", count > 1 ? "," : "", w->name, d[0]);
	}
	if (count)
		fputs(" }\n", w->file);
	for (unsigned n = 0; writable && (d = density_row(w->c, n)); n++)
		if (d[2] & 0x20)		/* DEFLT */
			fprintf(w->file, "\tdefault_density = \"%s-%02X\"\n", w->name, d[0]);
}

static bool has_command(const struct captured *c, uint8_t opcode)
{
	for (uint32_t at = 4; at + 8 <= c->commands.len; at += command_len(c->commands.data + at))
		if (c->commands.data[at] == opcode)
			return true;
	return false;
}

static void flag(FILE *file, const char *option, bool on)
{
	if (on)
		fprintf(file, "\t%s = true\n", option);
}

/* Whether the Logical Block Protection page lists a method; where there is no such page, what is known of its like. */
static bool protects_by(const struct captured *c, uint8_t method, bool like)
{
	const struct captured_page *page = captured_page(&c->vpd, 0xb5, 0);
	size_t at;

	if (!page)
		return like;
	for (at = 8; at + 4 <= page->bytes.len; at += 1u + page->bytes.data[at]) {
		if (page->bytes.data[at + 1] == method)
			return true;
	}
	return false;
}

static void write_features(const struct drive_writer *w)
{
	const struct captured *c = w->c;
	const struct captured_page *capabilities = captured_page(&c->vpd, 0xb0, 0);
	const struct captured_page *compression = captured_page(&c->mode, 0x0f, 0);
	const struct captured_page *partition = captured_page(&c->mode, 0x11, 0);
	bool protection = captured_page(&c->mode, 0x0a, 0xf0) != NULL;

	if (c->limits.len >= 6)
		fprintf(w->file, "\tblock_min = %u\n\tblock_max = %u\n\tblock_granularity = %u\n",
			get_be16(c->limits.data + 4), get_be24(c->limits.data + 1), c->limits.data[0] & 0x1f);
	else
		fputs("\tblock_max = 16777215\n", w->file);
	if (partition && partition->bytes.len > 2)
		fprintf(w->file, "\tpartitions = %u\n",
			partition->bytes.data[2] < 3 ? partition->bytes.data[2] + 1u : 4);
	if (compression && compression->bytes.len > 7)
		fprintf(w->file, "\tcompression_algorithm = 0x%02X\n", compression->bytes.data[7]);
	flag(w->file, "worm", capabilities && capabilities->bytes.len > 4 && (capabilities->bytes.data[4] & 0x01));
	flag(w->file, "encryption", c->commands.len ? has_command(c, 0xb5) : w->like && w->like->encryption);
	flag(w->file, "lbp_rscrc", protection && protects_by(c, 0x01, !w->like || w->like->lbp_rscrc));
	flag(w->file, "lbp_crc32c", protection && protects_by(c, 0x02, w->like && w->like->lbp_crc32c));
	flag(w->file, "append_only", captured_page(&c->mode, 0x10, 0x01) != NULL);
}

static void write_cleaning(const struct drive_writer *w)
{
	for (unsigned i = 0; w->like && i < w->like->media_count; i++)
		if (w->like->media[i].medium->cleaning)
			fprintf(w->file, "\ttakes \"%s\" { data = \"read\" }\n", w->like->media[i].medium->name);
}

static int write_drive(struct drive_writer *w, struct why *why)
{
	char family[16];
	const uint8_t *d;

	for (unsigned i = 0; (w->like = vtl_models_drive_at(w->models, i)); i++)
		if (!strcmp(w->like->inquiry.vendor, w->c->vendor) && !strcmp(w->like->inquiry.product, w->c->product))
			break;
	guess_family(w->c, family);
	if (!density_row(w->c, 0)) {
		why_set(why, "the drive does not report its densities");
		return EXIT_FAILED;
	}
	for (unsigned n = 0; (d = density_row(w->c, n)); n++)
		write_density(w, d);
	write_media(w);
	fprintf(w->file, "drive \"%s\" {\n", w->name);
	identity_options(w->file, w->c, w->like ? w->like->family : family);
	write_features(w);
	write_density_list(w, "write_densities", true);
	write_density_list(w, "read_densities", false);
	capture_write_medium_types(w->file, w->c);
	for (unsigned n = 0; (d = density_row(w->c, n)); n++)
		write_takes(w, d);
	write_cleaning(w);
	finish(w->file, w->c);
	return 0;
}

/* ---- libraries ---- */

/* Element Address Assignment (SMC-3 7.3.3): where each type begins, in the order of the page. */
static int write_addresses(FILE *file, const struct captured *c, struct why *why)
{
	static const char *const name[] = { "transport", "storage", "import_export", "drive" };
	const struct captured_page *page = captured_page(&c->mode, 0x1d, 0);
	unsigned free_address = 0;

	if (!page || page->bytes.len < 18) {
		why_set(why, "the changer does not say where its elements are (mode page 1Dh)");
		return EXIT_FAILED;
	}
	for (unsigned i = 0; i < 4; i++) {
		unsigned end = get_be16(page->bytes.data + 2 + 4 * i) + get_be16(page->bytes.data + 4 + 4 * i);

		free_address = end > free_address ? end : free_address;
	}
	for (unsigned i = 0; i < 4; i++) {
		unsigned first = get_be16(page->bytes.data + 2 + 4 * i), count = get_be16(page->bytes.data + 4 + 4 * i);

		if (count)
			fprintf(file, "\t%s_start = 0x%04X\t# %u of them\n", name[i], first, count);
		else
			fprintf(file, "\t%s_start = 0x%04X\t# it has none: an address that is free\n\t%s_max = 0\n",
				name[i], free_address++, name[i]);
	}
	return 0;
}

/*
 * Whether descriptors end with domains and types, as StorageTek's do: of a drive the identifier's room is there also
 * where it was not asked for, and has the serial number behind them.
 */
static bool has_domains(const struct captured *c)
{
	unsigned len = c->drives_plain.len >= 32 ? get_be16(c->drives_plain.data + 10) : 0;

	return len > 20 && len <= c->drives_plain.len - 16 && !c->drives_plain.data[16 + 15] &&
	       c->drives.len == c->drives_plain.len;
}

/* What identifies a drive in its element descriptor (SMC-3 6.11.6): who, and in how many bytes. */
static unsigned identifier(const struct captured_bytes *status, const char **form)
{
	const uint8_t *d = status->data;
	unsigned len = status->len >= 32 ? get_be16(d + 10) : 0;

	*form = "none";
	if (len <= 16 || status->len < 16 + len)
		return 0;
	*form = (d[16 + 13] & 0x0f) == 1 ? "t10" : "serial";
	return len - 16;
}

static int write_library(FILE *file, const struct captured *c, const char *name, const struct vtl_models *models,
			 struct why *why)
{
	const struct vtl_library_model *like;
	const char *form, *plain_form;
	char family[16];
	unsigned len = identifier(&c->drives, &form);
	int err;

	for (unsigned i = 0; (like = vtl_models_library_at(models, i)); i++)
		if (!strcmp(like->inquiry.vendor, c->vendor) && !strcmp(like->inquiry.product, c->product))
			break;
	guess_family(c, family);
	fprintf(file, "library \"%s\" {\n", name);
	identity_options(file, c, like ? like->family : family);
	err = write_addresses(file, c, why);
	if (has_domains(c)) {
		fprintf(file, "\tdvcid = \"padded\"\n\tdvcid_length = %u\n\tmedia_domain = true\n", len - 4);
	} else {
		fprintf(file, "\tdvcid = \"%s\"\n", form);
		if (len)
			fprintf(file, "\tdvcid_length = %u\n", len);
		flag(file, "dvcid_always", identifier(&c->drives_plain, &plain_form) > 0);
	}
	finish(file, c);
	return err;
}

int capture_write(const struct captured *captured, const char *name, const char *from, const struct vtl_models *models,
		  FILE *file, struct why *why)
{
	struct drive_writer w = { .c = captured, .name = name, .models = models, .file = file };
	int err;

	head(file, captured, from);
	err = captured->changer ? write_library(file, captured, name, models, why) : write_drive(&w, why);
	if (!err && (fflush(file) || ferror(file))) {
		why_set(why, "the model file could not be written");
		err = EXIT_FAILED;
	}
	return err;
}

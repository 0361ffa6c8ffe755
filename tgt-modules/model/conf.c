/* SPDX-License-Identifier: GPL-2.0-only */
/* Configuration files in libconfuse's language, read against a schema, with the line of every value. */
#include "conf.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILE	(16u << 20)	/* bytes; more is not a configuration */

/* The name, impossible to write in a file, under which every section carries where errors go: libconfuse hands its
 * error function nothing of ours, and we keep nothing per process. */
#define SINK		"\n"
/* libconfuse takes the end of the file for the end of every open section, so the text is followed by an option that
 * only the top has. */
#define LAST		"\001"
#define LAST_TEXT	"\"" LAST "\" = 1\n"
#define SEEN		(1 << 24)	/* a flag of ours beside libconfuse's: the option has had a value */

/* For libconfuse's scanner, which is one for the process, and none of ours to make more of. */
static pthread_mutex_t scanner = PTHREAD_MUTEX_INITIALIZER;

struct conf_section {
	cfg_t cfg;
};

struct conf {
	cfg_t *cfg;
};

static void free_schema(cfg_opt_t *opts)
{
	for (cfg_opt_t *o = opts; o && o->name; o++)
		free_schema(o->subopts);
	free(opts);
}

static int keep_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct conf_value *v;

	if (!value || !strcmp(opt->name, SINK))
		return -1;
	/* libconfuse lets a second assignment replace the first silently. */
	if ((opt->flags & SEEN) && !(opt->flags & CFGF_LIST)) {
		cfg_error(cfg, "option '%s' is given twice", opt->name);
		return -1;
	}
	opt->flags |= SEEN;
	v = malloc(sizeof(*v));
	if (!v || !(v->text = strdup(value))) {
		free(v);
		cfg_error(cfg, "no memory");
		return -1;
	}
	v->line = (unsigned)cfg->line;
	*(void **)result = v;
	return 0;
}

static void free_value(void *p)
{
	struct conf_value *v = p;

	free(v->text);
	free(v);
}

/* Our schema as libconfuse's: every option is a list of struct conf_value. NULL: no memory. */
static cfg_opt_t *make_schema(const struct conf_schema *schema, bool top, struct why *why)
{
	unsigned n = 0;
	cfg_opt_t *opts;

	while (schema[n].name)
		n++;
	opts = calloc(n + 3, sizeof(*opts));
	if (!opts)
		return NULL;
	for (unsigned i = 0; i < n; i++) {
		opts[i].name = schema[i].name;
		if (schema[i].section) {
			opts[i].type = CFGT_SEC;
			opts[i].flags = CFGF_TITLE | CFGF_MULTI | CFGF_NO_TITLE_DUPES;
			opts[i].subopts = make_schema(schema[i].section, false, why);
			if (!opts[i].subopts) {
				free_schema(opts);
				return NULL;
			}
			continue;
		}
		opts[i].type = CFGT_PTR;
		opts[i].flags = CFGF_NODEFAULT | (schema[i].list ? CFGF_LIST : 0);
		opts[i].parsecb = keep_value;
		opts[i].freecb = free_value;
	}
	opts[n].name = SINK;
	opts[n].type = CFGT_PTR;
	opts[n].flags = CFGF_NODEFAULT;
	opts[n].simple_value.ptr = (void **)why;
	opts[n].parsecb = keep_value;
	if (top) {
		opts[++n].name = LAST;
		opts[n].type = CFGT_PTR;
		opts[n].flags = CFGF_NODEFAULT;
		opts[n].parsecb = keep_value;
		opts[n].freecb = free_value;
	}
	return opts;
}

static cfg_opt_t *find(const cfg_t *cfg, const char *name)
{
	for (cfg_opt_t *o = cfg->opts; o->name; o++)
		if (!strcmp(o->name, name))
			return o;
	return NULL;
}

static void take_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	struct why *why = (struct why *)find(cfg, SINK)->simple_value.ptr;
	char text[sizeof(why->text)];
	int line = cfg->line;

	if (why->text[0])		/* the first error is the one that matters */
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	if (strstr(text, LAST)) {
		strcpy(text, "a section is not closed");
		line--;
	}
	why_set(why, "%s:%d: %s", cfg->filename, line, text);
}

/* Past the quoted string that begins at `p`; its end is left to libconfuse to find missing. */
static char *skip_quoted(char *p)
{
	char quote = *p++;

	while (*p && *p != quote)
		p += p[0] == '\\' && p[1] ? 2 : 1;
	return *p ? p + 1 : p;
}

/* Blanks out remarks, for libconfuse loses count of the lines in them. Returns false if one has no end. */
static bool blank_remarks(char *p)
{
	while (*p) {
		bool line = *p == '#' || (p[0] == '/' && p[1] == '/');
		bool closed = p[0] == '/' && p[1] == '*';
		char *end = line ? p + strcspn(p, "\n") : p;

		if (closed) {
			end = strstr(p + 2, "*/");
			if (!end)
				return false;
			end += 2;
		} else if (*p == '"' || *p == '\'') {
			p = end = skip_quoted(p);
		} else if (!line) {
			p = ++end;
		}
		for (; p < end; p++)
			if (*p != '\n')
				*p = ' ';
	}
	return true;
}

/* From memory, because libconfuse's scanner ends the process when a read fails. 0 or -1. */
static int parse_text(cfg_t *cfg, const char *text, size_t len)
{
	char *whole = malloc(len + 1 + sizeof(LAST_TEXT));
	FILE *f = NULL;
	int err = -1;

	if (whole) {
		memcpy(whole, text, len);
		if (len && text[len - 1] != '\n')
			whole[len++] = '\n';
		whole[len] = 0;
		if (!blank_remarks(whole)) {
			cfg_error(cfg, "a remark is not closed");
			goto out;
		}
		strcpy(whole + len, LAST_TEXT);
		f = fmemopen(whole, len + strlen(LAST_TEXT), "r");
	}
	if (f) {
		pthread_mutex_lock(&scanner);
		err = cfg_parse_fp(cfg, f);
		pthread_mutex_unlock(&scanner);
		fclose(f);
	}
	if (!err && !find(cfg, LAST)->nvalues) {
		cfg_error(cfg, "premature end of file");
		err = -1;
	}
out:
	free(whole);
	return err;
}

struct conf *conf_parse(const char *path, const char *text, size_t len, const struct conf_schema *schema,
			struct why *why)
{
	struct why first = { "" };
	struct conf *conf = calloc(1, sizeof(*conf));
	cfg_opt_t *opts = make_schema(schema, true, &first);
	int err = -1;

	if (!conf || !opts)
		goto out;
	if (memchr(text, 0, len) || memchr(text, LAST[0], len)) {
		why_set(&first, "%s: not a text file", path);
		goto out;
	}
	conf->cfg = cfg_init(opts, CFGF_NONE);
	if (!conf->cfg || !(conf->cfg->filename = strdup(path)))
		goto out;
	cfg_set_error_function(conf->cfg, take_error);
	err = parse_text(conf->cfg, text, len);
	if (first.text[0])
		err = -1;
out:
	free_schema(opts);
	if (!err)
		return conf;
	if (!first.text[0])
		why_set(&first, "%s:%d: not understood", path, conf && conf->cfg ? conf->cfg->line : 0);
	if (why)
		*why = first;
	conf_free(conf);
	return NULL;
}

/* Only what is a file: tgtd's thread comes here, and would wait for ever at a named pipe. NULL: errno says why. */
static FILE *open_text(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	FILE *f = NULL;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		if (S_ISREG(st.st_mode))
			f = fdopen(fd, "r");
	}
	if (!f)
		close(fd);
	return f;
}

struct conf *conf_read(const char *path, const struct conf_schema *schema, struct why *why)
{
	struct conf *conf = NULL;
	char *text = NULL;
	size_t len = 0, room = 4096, got;
	FILE *f = open_text(path);

	if (!f) {
		why_set(why, "%s: %s", path, errno == EINVAL ? "not a file" : strerror(errno));
		return NULL;
	}
	errno = 0;
	do {
		char *more = realloc(text, room);

		if (!more) {
			why_set(why, "%s: no memory", path);
			goto out;
		}
		text = more;
		got = fread(text + len, 1, room - len, f);
		len += got;
		room *= 2;
	} while (got && len <= MAX_FILE);
	if (ferror(f))
		why_set(why, "%s: %s", path, strerror(errno ? errno : EIO));
	else if (len > MAX_FILE)
		why_set(why, "%s: too large for a configuration file", path);
	else
		conf = conf_parse(path, text, len, schema, why);
out:
	free(text);
	fclose(f);
	return conf;
}

void conf_free(struct conf *conf)
{
	if (!conf)
		return;
	if (conf->cfg)
		cfg_free(conf->cfg);
	free(conf);
}

const char *conf_path(const struct conf *conf)
{
	return conf->cfg->filename;
}

const struct conf_section *conf_top(const struct conf *conf)
{
	return (const struct conf_section *)conf->cfg;
}

const struct conf_section *conf_sub(const struct conf_section *section, const char *name, unsigned n)
{
	const cfg_opt_t *o = find(&section->cfg, name);

	return o && n < o->nvalues ? (const struct conf_section *)o->values[n]->section : NULL;
}

const char *conf_title(const struct conf_section *section)
{
	return section->cfg.title ? section->cfg.title : "";
}

unsigned conf_end_line(const struct conf_section *section)
{
	const struct conf_value *last = conf_value(section, LAST, 0);

	if (!last)
		return (unsigned)section->cfg.line;
	return last->line > 1 ? last->line - 1 : 1;
}

const char *conf_section_path(const struct conf_section *section)
{
	return section->cfg.filename;
}

unsigned conf_count(const struct conf_section *section, const char *name)
{
	const cfg_opt_t *o = find(&section->cfg, name);

	return o ? o->nvalues : 0;
}

const struct conf_value *conf_value(const struct conf_section *section, const char *name, unsigned n)
{
	const cfg_opt_t *o = find(&section->cfg, name);

	return o && n < o->nvalues ? o->values[n]->ptr : NULL;
}

bool conf_parse_number(const char *text, unsigned long long *number)
{
	static const char prefixes[] = "kMGTP";
	unsigned long long n, factor = 1;
	const char *p;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	n = strtoull(text, &end, 0);
	if (errno)
		return false;
	while (*end == ' ')
		end++;
	p = *end ? strchr(prefixes, *end == 'K' ? 'k' : *end) : NULL;
	if (p) {
		bool binary = end[1] == 'i';

		for (long i = 0; i <= p - prefixes; i++)
			factor *= binary ? 1024 : 1000;
		end += binary ? 2 : 1;
		if (*end == 'B')
			end++;
	} else if (!strcmp(end, "B")) {
		end++;
	}
	if (*end || n > ULLONG_MAX / factor)
		return false;
	*number = n * factor;
	return true;
}

bool conf_number(const struct conf_section *section, const char *name, const struct conf_value *value,
		 unsigned long long min, unsigned long long max, unsigned long long *number, struct why *why)
{
	const char *path = conf_section_path(section);

	if (!conf_parse_number(value->text, number)) {
		why_set(why, "%s:%u: %s: '%s' is not a number", path, value->line, name, value->text);
		return false;
	}
	if (*number < min || *number > max) {
		why_set(why, "%s:%u: %s: %s is out of range (%llu to %llu)", path, value->line, name, value->text, min,
			max);
		return false;
	}
	return true;
}

bool conf_bool(const struct conf_section *section, const char *name, const struct conf_value *value, bool *yes,
	       struct why *why)
{
	static const struct {
		const char *text;
		bool yes;
	} words[] = { { "true", true }, { "yes", true }, { "on", true }, { "false" }, { "no" }, { "off" } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!strcasecmp(value->text, words[i].text)) {
			*yes = words[i].yes;
			return true;
		}
	}
	why_set(why, "%s:%u: %s: '%s' is neither true nor false", conf_section_path(section), value->line, name,
		value->text);
	return false;
}

bool conf_text(const struct conf_section *section, const char *name, const struct conf_value *value, unsigned max,
	       char *text, struct why *why)
{
	size_t len = strlen(value->text);

	if (len > max) {
		why_set(why, "%s:%u: %s: '%s' is longer than %u characters", conf_section_path(section), value->line,
			name, value->text, max);
		return false;
	}
	for (const char *p = value->text; *p; p++) {
		if (*p < ' ' || *p > '~') {
			why_set(why, "%s:%u: %s: only printable ASCII may be here", conf_section_path(section),
				value->line, name);
			return false;
		}
	}
	memcpy(text, value->text, len + 1);
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Opens libraries for the commands: on their files, or through the daemon that serves them. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "control.h"
#include "text.h"

static const char *own_line(char *line, size_t size)
{
	snprintf(line, size, "vtl pid %d", (int)getpid());
	return line;
}

/* What had to be set right on the way in: there is no log that would say so. */
static int opened(struct call *call, struct library *const *library, enum library_mode mode, int err,
		  const struct why *why)
{
	const char *note;

	if (err)
		return call_fail(call, err, "%s", why->text);
	for (unsigned n = 0; mode == LIBRARY_OWN && (note = library_note(*library, n)); n++)
		fprintf(stderr, "vtl: %s: %s\n", library_conf(*library)->name, note);
	return 0;
}

int open_library(struct call *call, const char *name, enum library_mode mode, struct library **library)
{
	const struct vtl_models *models = call_models(call);
	struct why why = { "" };
	char line[64];
	int err;

	if (!models)
		return EXIT_FAILED;
	err = library_open(models, name, mode, own_line(line, sizeof(line)), library, &why);
	return opened(call, library, mode, err, &why);
}

bool holder_socket(const char *dir, char *socket, size_t size)
{
	char line[512];
	const char *path;

	library_holder(dir, line, sizeof(line));
	path = strstr(line, " /");
	if (!path || strlen(path + 1) >= size)
		return false;
	strcpy(socket, path + 1);
	return true;
}

int open_access(struct call *call, const char *name, struct access *access)
{
	struct library *library;
	struct why why = { "" };
	char line[64];
	int err = open_library(call, name, LIBRARY_READ, &library);

	memset(access, 0, sizeof(*access));
	if (err)
		return err;
	snprintf(access->dir, sizeof(access->dir), "%s", library_conf(library)->dir);
	library_close(library);
	if (holder_socket(access->dir, access->socket, sizeof(access->socket)))
		return 0;
	err = library_open(call_models(call), access->dir, LIBRARY_OWN, own_line(line, sizeof(line)), &access->library,
			   &why);
	return opened(call, &access->library, LIBRARY_OWN, err, &why);
}

void close_access(struct access *access)
{
	if (access->library)
		library_close(access->library);
	access->library = NULL;
}

json_t *ask_daemon(struct call *call, const char *socket, json_t *request, int seconds, int *code)
{
	struct control_client *client;
	json_t *answer = NULL;
	int err = control_connect(socket, &client);

	if (!err) {
		err = control_call(client, request, seconds * 1000, &answer);
		control_disconnect(client);
	}
	json_decref(request);
	if (err) {
		*code = call_fail(call, err == -ENOENT || err == -ECONNREFUSED ? EXIT_NOT_FOUND : EXIT_FAILED,
				  "the daemon at %s: %s", socket, strerror(-err));
		return NULL;
	}
	if (json_is_true(json_object_get(answer, "ok"))) {
		*code = 0;
		return answer;
	}
	*code = (int)json_integer_value(json_object_get(answer, "code"));
	if (*code < EXIT_FAILED || *code > EXIT_BUSY)
		*code = EXIT_FAILED;
	call_fail(call, *code, "%s", json_string_value(json_object_get(answer, "error")));
	json_decref(answer);
	return NULL;
}

static int add_one(struct call *call, struct access *access, const struct plan_media *media, const char *barcode,
		   struct library_size size, struct library_place place)
{
	struct why why = { "" };
	char text[24];
	json_t *request, *answer;
	int code;

	if (access->library) {
		code = library_add_cartridge(access->library, media->medium, media->kind, barcode, size, place,
					     &why);
		return code ? call_fail(call, code, "%s", why.text) : 0;
	}
	request = json_pack("{s:s, s:s, s:s, s:s, s:s}", "do", "add", "library", access->dir,
			    "medium", media->medium->name, "kind", library_kind_name(media->kind), "barcode", barcode);
	if (size.bytes)
		json_object_set_new(request, "capacity", json_integer((json_int_t)size.bytes));
	if (size.uncompressed)
		json_object_set_new(request, "uncompressed", json_true());
	if (place.kind != LIBRARY_NOWHERE)
		json_object_set_new(request, "place", json_string(library_place_text(place, text, sizeof(text))));
	answer = ask_daemon(call, access->socket, request, ASK_TO_MOVE, &code);
	json_decref(answer);
	return code;
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* All barcodes, in order, into a new array; checked against each other and against the library. */
static int list_barcodes(struct call *call, const struct access *access, const struct plan_media *media, unsigned rows,
			 char (**list)[MEDIA_MAX_BARCODE + 1], unsigned *count)
{
	char (*all)[MEDIA_MAX_BARCODE + 1], (*sorted)[MEDIA_MAX_BARCODE + 1];
	struct why why = { "" };
	unsigned n = 0;
	int err = 0;

	*count = 0;
	for (unsigned r = 0; r < rows; r++)
		*count += media[r].count;
	*list = all = calloc(*count + 1, sizeof(*all));
	sorted = calloc(*count + 1, sizeof(*sorted));
	if (!all || !sorted)
		err = call_fail(call, EXIT_FAILED, "out of memory");
	for (unsigned r = 0; r < rows && !err; r++) {
		for (unsigned i = 0; i < media[r].count && !err; i++, n++) {
			if (!plan_barcode(&media[r], i, all[n], &why))
				err = call_usage(call, "%s", why.text);
			else if (access->library && library_find(access->library, all[n]))
				err = call_fail(call, EXIT_FAILED, "barcode %s is there already", all[n]);
		}
	}
	if (!err) {
		memcpy(sorted, all, *count * sizeof(*all));
		qsort(sorted, *count, sizeof(*sorted), compare);
		for (n = 1; n < *count && !err; n++)
			if (strcmp(sorted[n - 1], sorted[n]) == 0)
				err = call_usage(call, "barcode %s is asked for twice", sorted[n]);
	}
	free(sorted);
	return err;
}

/* Whether a signal that would end us waits, because the caller has blocked it to clean up first. */
static bool is_interrupted(void)
{
	sigset_t set;

	return sigpending(&set) == 0 && (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM) ||
					 sigismember(&set, SIGHUP));
}

int add_cartridges(struct call *call, struct access *access, const struct plan_media *media, unsigned rows,
		   struct library_size size, struct library_place place)
{
	char (*barcode)[MEDIA_MAX_BARCODE + 1];
	struct progress progress;
	unsigned all, done = 0;
	int err = list_barcodes(call, access, media, rows, &barcode, &all);

	if (!err && all > 1 && place.kind != LIBRARY_NOWHERE)
		err = call_usage(call, "--place takes one cartridge, not %u", all);
	progress_begin(&progress, "cartridges", all, PROGRESS_COUNT);
	for (unsigned r = 0; r < rows && !err; r++) {
		for (unsigned n = 0; n < media[r].count && !err; n++) {
			err = is_interrupted() ? call_fail(call, EXIT_FAILED, "interrupted")
					       : add_one(call, access, &media[r], barcode[done], size, place);
			progress_step(&progress, ++done);
		}
	}
	progress_end(&progress, done);
	free(barcode);
	return err;
}

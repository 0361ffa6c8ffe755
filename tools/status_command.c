/* SPDX-License-Identifier: GPL-2.0-only */
/* `vtl status`: libraries, drives, slots and cartridges, from the daemons that serve them or from their files. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "control.h"
#include "json.h"
#include "text.h"

struct gathering {
	struct call *call;
	const char *only;		/* canonical directory of the one library that is asked for; NULL: all */
	json_t *daemons, *libraries;
	int code;
};

static bool is_there(const json_t *libraries, const char *dir)
{
	const json_t *library;
	size_t i;

	json_array_foreach(libraries, i, library)
		if (strcmp(json_string_value(json_object_get(library, "dir")) ?: "", dir) == 0)
			return true;
	return false;
}

/* A daemon that ended leaves its socket behind when it was killed: that is no failure. */
static bool is_alive(const char *path)
{
	struct control_client *client;
	int err = control_connect(path, &client);

	if (!err)
		control_disconnect(client);
	return err != -ECONNREFUSED && err != -ENOENT;
}

static int gather_daemon(void *arg, const char *path)
{
	struct gathering *g = arg;
	json_t *answer, *daemon, *library;
	size_t i;
	int err;

	if (!is_alive(path))
		return 0;
	answer = ask_daemon(g->call, path, json_pack("{s:s}", "do", "status"), ASK_TO_TELL, &err);
	if (!answer) {
		g->code = err;	/* and on with the others */
		return 0;
	}
	daemon = json_pack("{s:O?, s:O?, s:O?, s:O?, s:s}", "pid", json_object_get(answer, "pid"),
			   "control_port", json_object_get(answer, "control_port"),
			   "version", json_object_get(answer, "version"),
			   "buffers", json_object_get(answer, "buffers"), "socket", path);
	json_array_foreach(json_object_get(answer, "libraries"), i, library) {
		const char *dir = json_string_value(json_object_get(library, "dir"));

		if (!dir || (g->only && strcmp(dir, g->only) != 0))
			continue;
		json_object_set(library, "daemon", daemon);
		json_array_append(g->libraries, library);
	}
	json_array_append_new(g->daemons, daemon);
	json_decref(answer);
	return 0;
}

static int gather_files(void *arg, const char *dir)
{
	struct gathering *g = arg;
	struct library *library;
	char socket[256];
	json_t *json;
	int err;

	/* A daemon with another folder for its socket is known by the library's lock. */
	if (!is_there(g->libraries, dir) && holder_socket(dir, socket, sizeof(socket)))
		gather_daemon(g, socket);
	if (is_there(g->libraries, dir))
		return 0;
	err = open_library(g->call, dir, LIBRARY_READ, &library);
	if (err) {
		g->code = err;
		return 0;
	}
	json = library_json(library);
	json_object_set_new(json, "daemon", json_null());
	json_array_append_new(g->libraries, json);
	library_close(library);
	return 0;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static const char *number_of(const json_t *object, const char *key, char buf[24])
{
	json_t *value = json_object_get(object, key);

	snprintf(buf, 24, json_is_integer(value) ? "%lld" : "-", (long long)json_integer_value(value));
	return buf;
}

static const char *barcode_of(const json_t *object)
{
	const json_t *cartridge = json_object_get(object, "cartridge");

	return json_is_object(cartridge) ? text_of(cartridge, "id") : "-";
}

static const char *position_of(const json_t *drive, char *buf, size_t size)
{
	const json_t *p = json_object_get(drive, "position");
	char partition[24], object[24], filemark[24];

	if (!json_is_object(p))
		return "";
	snprintf(buf, size, "%s:%s (filemark %s)", number_of(p, "partition", partition), number_of(p, "object", object),
		 number_of(p, "filemark", filemark));
	return buf;
}

static const char *first_url(const json_t *device)
{
	const char *url = json_string_value(json_array_get(json_object_get(device, "urls"), 0));

	return url ? url : "";
}

static void print_drives(const json_t *library)
{
	struct grid *t =
		grid_new("DRIVE", "MODEL", "SERIAL", "ADDRESS", "STATE", "DOING", "CARTRIDGE", "POSITION", "URL", NULL);
	const json_t *drive;
	size_t i;

	json_array_foreach(json_object_get(library, "drives"), i, drive) {
		char number[24], address[24], position[96];

		grid_row(t, number_of(drive, "number", number), text_of(drive, "model"), text_of(drive, "serial"),
			  number_of(drive, "address", address), text_of(drive, "state"), text_of(drive, "activity"),
			  barcode_of(drive), position_of(drive, position, sizeof(position)), first_url(drive), NULL);
	}
	grid_print(t);
}

/* Full elements one by one, drives apart; the empty ones as a number. */
static void print_elements(const json_t *library)
{
	struct grid *t = grid_new("PLACE", "ADDRESS", "CARTRIDGE", "MEDIUM", "KIND", NULL);
	const json_t *element;
	unsigned empty = 0;
	size_t i;

	json_array_foreach(json_object_get(library, "elements"), i, element) {
		const json_t *cartridge = json_object_get(element, "cartridge");
		const char *place = text_of(element, "place");
		char address[24];

		if (strncmp(place, "drive:", 6) == 0)
			continue;
		if (json_is_object(cartridge))
			grid_row(t, place, number_of(element, "address", address), text_of(cartridge, "id"),
				  text_of(cartridge, "medium"), text_of(cartridge, "kind"), NULL);
		else
			empty += strncmp(place, "slot:", 5) == 0;
	}
	json_array_foreach(json_object_get(library, "shelf"), i, element)
		grid_row(t, "shelf", "-", text_of(element, "id"), text_of(element, "medium"), text_of(element, "kind"),
			 NULL);
	grid_print(t);
	printf("%u slots are empty\n", empty);
}

static void print_library(const json_t *library)
{
	const json_t *daemon = json_object_get(library, "daemon");
	char pid[24], port[24];

	printf("%s: %s %s, serial %s, ", text_of(library, "name"), text_of(library, "vendor"),
	       text_of(library, "product"), text_of(library, "serial"));
	if (json_is_object(daemon))
		printf("served by tgtd pid %s, control port %s\n", number_of(daemon, "pid", pid),
		       number_of(daemon, "control_port", port));
	else
		printf("served by no daemon\n");
	if (*first_url(json_object_get(library, "changer")))
		printf("changer: %s\n", first_url(json_object_get(library, "changer")));
	putchar('\n');
	print_drives(library);
	putchar('\n');
	print_elements(library);
}

static int print(struct gathering *g)
{
	const json_t *library;
	size_t i;

	if (g->call->json)
		return call_print_json(g->call,
				       json_pack("{s:O, s:O}", "daemons", g->daemons, "libraries", g->libraries));
	json_array_foreach(g->libraries, i, library) {
		if (i)
			putchar('\n');
		print_library(library);
	}
	if (!json_array_size(g->libraries))
		puts("No libraries. `vtl library create` makes one.");
	return EXIT_DONE;
}

static int run(struct call *call)
{
	struct gathering g = { .call = call };
	struct library *library;
	struct why why = { "" };
	char dir[4096];
	int err;

	if (!call_models(call))
		return EXIT_FAILED;
	if (call->args) {
		err = open_library(call, call->arg[0], LIBRARY_READ, &library);
		if (err)
			return err;
		snprintf(dir, sizeof(dir), "%s", library_conf(library)->dir);
		library_close(library);
		g.only = dir;
	}
	g.daemons = json_array();
	g.libraries = json_array();
	err = control_each(control_run_dir(), gather_daemon, &g);
	if (err < 0)
		g.code = call_fail(call, EXIT_FAILED, "%s: %s", control_run_dir(), strerror(-err));
	if (g.only)
		gather_files(&g, g.only);
	else if (library_each(gather_files, &g, &why))
		g.code = call_fail(call, EXIT_FAILED, "%s", why.text);
	err = print(&g);
	json_decref(g.daemons);
	json_decref(g.libraries);
	return g.code ? g.code : err;
}

const struct command status_command = {
	.name = "status",
	.synopsis = "[LIBRARY]",
	.summary = "show libraries with their drives, slots and cartridges",
	.text = "A library that a daemon serves is shown as the daemon sees it: what each drive is doing, and the URLs "
		"under which an iSCSI initiator reaches the changer and the drives. Others are shown from their files.",
	.json = "`daemons`: each with `pid`, `control_port`, `version`, `buffers` (bytes that its drives have now for "
		"blocks on their way) and `socket`. `libraries`: each as `vtl library show` prints it, with `daemon` "
		"(null, or as above), and what its daemon adds: `urls`, `state` (empty, loaded, ready, failed), "
		"`activity`, `position` (`partition`, `object`, `filemark`) and, while a cartridge is mounted, "
		"`counters` (bytes: `written_host`, `written_store`, `read_host`, `read_store`).",
	.max_args = 1,
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0-only */
/* What several commands do with libraries and daemons. */
#ifndef TOOLS_COMMON_H
#define TOOLS_COMMON_H

#include <jansson.h>

#include "command.h"
#include "plan.h"

/* Opens the library that is called `name`. 0, or an exit code after a message. */
int open_library(struct call *call, const char *name, enum library_mode mode, struct library **library);

/*
 * How a library can be changed: by its daemon, when it is served, else on its files. 0, or an exit code after a
 * message. `library` is open with LIBRARY_OWN, or NULL and `socket` names the daemon's.
 */
struct access {
	char dir[4096];
	char socket[256];
	struct library *library;
};
int open_access(struct call *call, const char *name, struct access *access);
void close_access(struct access *access);

/* Finds a cartridge and opens its folder. 0, or an exit code after a message. */
int open_store(struct call *call, const struct library *library, const char *id, struct media_store **store);

/* The control socket of the daemon that serves the library in `dir`; false if none does. */
bool holder_socket(const char *dir, char *socket, size_t size);

/* How many seconds an answer may take: a load may recover a cartridge after a crash. */
enum { ASK_TO_TELL = 15, ASK_TO_MOVE = 900 };
/* Asks the daemon at `socket`; takes `request`. The answer, or NULL after a message, with the exit code in *code. */
json_t *ask_daemon(struct call *call, const char *socket, json_t *request, int seconds, int *code);

/*
 * Puts new cartridges into an open library, or asks its daemon to. Barcodes that are there already are refused before
 * anything is made. 0, or an exit code after a message. `place`: LIBRARY_NOWHERE for the first empty slots.
 */
int add_cartridges(struct call *call, struct access *access, const struct plan_media *media, unsigned rows,
		   struct library_size size, struct library_place place);

#endif

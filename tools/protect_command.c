/* SPDX-License-Identifier: GPL-2.0-only */
/* vtl media protect: the write-protect switch of cartridges. */
#include "command.h"
#include "common.h"

static int turn(struct call *call, const struct library *library, const char *id, bool on)
{
	const struct media_options options = { .owner = "vtl media protect" };
	struct media_req req = { .op = MEDIA_OP_SET_INFO };
	struct media_store *store;
	struct media_info info;
	struct media *media;
	struct why why = { "" };
	enum media_err err;
	int code = open_store(call, library, id, &store);

	if (code)
		return code;
	err = media_open(store, &media_exec_inline, &options, &media, &why);
	if (!err) {
		info = *media_info(media);
		info.write_protected = on;
		req.info = &info;
		err = media_submit(media, &req) ? req.err : MEDIA_IO;
		media_close(media);
	}
	store->ops->destroy(store);
	if (!err)
		return 0;
	return call_fail(call, err == MEDIA_BUSY ? EXIT_BUSY : EXIT_FAILED, "%s: %s", id,
			 *why.text ? why.text : media_strerror(err));
}

static int protect(struct call *call)
{
	struct library *library;
	int code = 0, err = open_library(call, call->arg[0], LIBRARY_READ, &library);

	if (err)
		return err;
	/* All are turned; the first failure decides the exit code. */
	for (unsigned i = 1; i < call->args; i++) {
		err = turn(call, library, call->arg[i], !call_option(call, "off"));
		code = code ? code : err;
	}
	library_close(library);
	return code;
}

static const struct option_row options[] = {
	{ "off", NULL, "take the protection away again" },
	{ NULL },
};

const struct command protect_command = {
	.name = "media protect",
	.synopsis = "LIBRARY BARCODE…",
	.summary = "protect cartridges from being written, as their switch does",
	.text = "Also while a daemon serves the library, but not while the cartridge is in use in a drive (exit code "
		"4). `vtl media show` tells.",
	.options = options,
	.example = "  vtl media protect main VTL001L8\n  vtl media protect main VTL001L8 --off",
	.min_args = 2,
	.max_args = CALL_MAX_ARGS,
	.run = protect,
};

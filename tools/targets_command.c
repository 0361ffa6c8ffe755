/* SPDX-License-Identifier: GPL-2.0-only */
/* `vtl targets`: the piece of targets.conf that serves a library, or why tgtd would not serve it. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common.h"

/* Data in PDUs of 8 KiB, tgtd's default, would cost half of the speed. */
static const char transport[] =
	"\tMaxRecvDataSegmentLength 262144\n"
	"\tMaxXmitDataSegmentLength 262144\n"
	"\tFirstBurstLength 262144\n"
	"\tMaxBurstLength 1048576\n"
	"\tInitialR2T No\n"
	"\tImmediateData Yes\n";

/* iSCSI names know small letters, digits, dot, colon and hyphen (RFC 7143 4.2.7.2). */
static void default_iqn(const char *name, char *iqn, size_t size)
{
	snprintf(iqn, size, "iqn.2026-01.org.tgt-vtl:%s", name);
	for (char *p = iqn; *p; p++)
		*p = *p == '_' ? '-' : (char)tolower((unsigned char)*p);
}

/* What stands in quotes in targets.conf must not end them, nor go on in a line of its own. */
static bool is_plain(const char *text)
{
	return *text && !strpbrk(text, "\"\\\n\r\t <>#`$");
}

static int check_options(struct call *call)
{
	const char *text;

	if (call_option(call, "local") && (call_option(call, "initiator") || call_option(call, "user")))
		return call_usage(call, "--local: nobody logs in, so there is no --initiator and no --user");
	for (unsigned n = 0; (text = call_option_nth(call, "initiator", n)); n++)
		if (!is_plain(text))
			return call_usage(call, "--initiator %s: not an address", text);
	text = call_option(call, "iqn");
	if (text && !is_plain(text))
		return call_usage(call, "--iqn %s: not an iSCSI name", text);
	for (unsigned n = 0; (text = call_option_nth(call, "user", n)); n++)
		if (!is_plain(text) || !strchr(text, ':') || *text == ':' || text[strlen(text) - 1] == ':')
			return call_usage(call, "--user: the form is NAME:PASSWORD, without blanks and quotes");
	return 0;
}

static void print_unit(const char *path, unsigned lun, const char *type)
{
	printf("\t<backing-store %s>\n\t\tlun %u\n\t\tdevice-type %s\n\t\tbs-type ssc\n\t\tallow-in-use yes\n"
	       "\t</backing-store>\n", path, lun, type);
}

static void print_access(struct call *call)
{
	const char *text;

	for (unsigned n = 0; (text = call_option_nth(call, "initiator", n)); n++)
		printf("\tinitiator-address %s\n", text);
	if (!call_option(call, "initiator"))
		printf("\tinitiator-address 127.0.0.1\n");
	for (unsigned n = 0; (text = call_option_nth(call, "user", n)); n++)
		printf("\tincominguser %.*s %s\n", (int)strcspn(text, ":"), text, strchr(text, ':') + 1);
	fputs(transport, stdout);
}

static void print_target(struct call *call, const struct library_conf *conf)
{
	const char *local = call_option(call, "local") ? " --local" : "", *text = call_option(call, "iqn");
	char iqn[256], path[4096 + 96];

	default_iqn(conf->name, iqn, sizeof(iqn));
	printf("# %s: %s %s with %u drives. Written by `vtl targets %s%s`.\n", conf->name, conf->model->inquiry.vendor,
	       conf->model->inquiry.product, library_drives(conf), conf->name, local);
	/* No two targets of a tgtd have the same name. */
	printf("<target %s%s>\n", text ? text : iqn, *local && !text ? ".local" : "");
	if (*local)
		puts("\tdriver hba");
	else
		print_access(call);
	snprintf(path, sizeof(path), "%s/library.conf", conf->dir);
	print_unit(path, 1, "changer");
	for (unsigned i = 0; i < conf->drives; i++) {
		if (conf->drive[i].absent)
			continue;
		snprintf(path, sizeof(path), "%s/drives/%s.drive", conf->dir, conf->drive[i].id);
		print_unit(path, i + 2, "tape");
	}
	puts("</target>");
}

/* Opens what tgtd would open, in the same way. */
static int check(struct call *call, const struct library_conf *conf)
{
	struct library *library;
	char path[4096 + 96];
	struct stat st;
	int err;

	for (unsigned i = 0; i < conf->drives; i++) {
		if (conf->drive[i].absent)
			continue;
		snprintf(path, sizeof(path), "%s/drives/%s.drive", conf->dir, conf->drive[i].id);
		if (stat(path, &st) < 0)
			return call_fail(call, EXIT_NOT_FOUND, "%s: %s", path, strerror(errno));
		if (!S_ISREG(st.st_mode))
			return call_fail(call, EXIT_FAILED, "%s: not a regular file, as tgt-admin wants it", path);
	}
	snprintf(path, sizeof(path), "%s/library.conf", conf->dir);
	err = open_library(call, path, LIBRARY_OWN, &library);
	if (err)
		return err;
	library_close(library);
	if (call->json)
		return call_print_json(call, json_pack("{s:b}", "ok", 1));
	printf("%s: tgtd can serve it\n", conf->dir);
	return EXIT_DONE;
}

static int run(struct call *call)
{
	struct library *library;
	int err = check_options(call);

	if (!err)
		err = open_library(call, call->arg[0], LIBRARY_READ, &library);
	if (err)
		return err;
	if (call_option(call, "check"))
		err = check(call, library_conf(library));
	else
		print_target(call, library_conf(library));
	library_close(library);
	return err;
}

static const struct option_row options[] = {
	{ "check", NULL, "print nothing, but say whether tgtd can serve the library, and if not, why" },
	{ "local", NULL, "for /dev/nst*, /dev/sg* and /dev/sch* of this machine, by the kernel module vtl_hba" },
	{ "initiator", "ADDRESS", "who may log in: an address, a network, or ALL (127.0.0.1)", true },
	{ "user", "NAME:PASSWORD", "whom CHAP lets in; targets.conf then holds the password", true },
	{ "iqn", "IQN", "the target's name (iqn.2026-01.org.tgt-vtl:NAME; with --local, NAME.local)" },
	{ NULL },
};

const struct command targets_command = {
	.name = "targets",
	.synopsis = "LIBRARY",
	.summary = "print the piece of targets.conf that serves a library",
	.text = "The changer is LUN 1, the drives are LUN 2 and up. The output goes to a file in /etc/tgt/conf.d; "
		"`tgt-admin -e` then starts serving it, as every boot does.\n\n"
		"With --local the target has no network door: its units become SCSI devices of this machine. "
		"Both outputs may stand beside one another; their drives are the same drives then, and each door "
		"has its own reservations and unit attentions.\n\n"
		"tgtadm knows one message for all failures, \"invalid request\"; --check finds out the reason.\n\n"
		"Configurations written for tgt's own changer work too: the folder that their media_home names "
		"becomes a library, made from element_type, start_address, quantity, address, tid, lun, barcode, "
		"vendor_id, product_id and scsi_sn when it is first used. From then on library.conf there holds. "
		"Tapes made by tgtimg stay as they are: `vtl media list` shows them as foreign.",
	.options = options,
	.json = "with --check, `ok`: true.",
	.example = "  vtl targets main --initiator 192.0.2.0/24 >/etc/tgt/conf.d/main.conf && tgt-admin -e",
	.min_args = 1,
	.max_args = 1,
	.run = run,
};

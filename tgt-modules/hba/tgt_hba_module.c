/* SPDX-License-Identifier: GPL-2.0-only */
/* Entry of the module: registers the low-level driver `hba`, which shows targets as local SCSI devices. */
#include <stdarg.h>
#include <stdio.h>

#include "tgt_hba.h"

#define PREFIX "tgt-vtl hba: "

/* tgtd links it into a table and a list of its own. */
static struct tgt_driver hba_driver = {
	.name = "hba",
	.target_create = hba_target_create,
	.target_destroy = hba_target_destroy,
	.lu_create = hba_lu_create,
	.update = hba_update,
	.show = hba_show,
	.scsi_get_lun = hba_get_lun,
	.cmd_end_notify = hba_cmd_end,
	.mgmt_end_notify = hba_mgmt_end,
	.transportid = hba_transportid,
	.default_bst = "rdwr",
};

void hba_log(int level, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (level <= 3)
		log_error(PREFIX "%s\n", text);
	else
		log_warning(PREFIX "%s\n", text);
}

void register_bs_module(void);

/* Called by tgtd after dlopen(), when it has initialised its own drivers already. */
void register_bs_module(void)
{
	char name[] = "hba";

	hba_init();
	if (register_driver(&hba_driver)) {
		hba_log(3, "tgtd has no room for another driver");
		return;
	}
	lld_init_one(get_driver_index(name));
	hba_driver.drv_state = DRIVER_INIT;	/* it has nothing to initialise, so tgtd leaves that open */
}

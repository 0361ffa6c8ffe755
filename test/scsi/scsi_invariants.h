/* SPDX-License-Identifier: GPL-2.0-only */
/* What must hold for every device on the engine: what it claims and what it does agree. */
#ifndef TEST_SCSI_INVARIANTS_H
#define TEST_SCSI_INVARIANTS_H

#include "scsi_env.h"

/*
 * All of what follows, through a nexus that nothing is reserved against. Nothing is executed that moves a medium; mode
 * pages are left as they were. The test fails at the first that does not hold.
 */
void invariants(struct vtl_nexus *nexus);

/* Each bit outside a row's usage mask, and each bit of CONTROL, is refused with a pointer to that bit. */
void inv_reserved_bits(struct vtl_nexus *nexus);
/* A CDB that ends early is refused with a pointer to where it ends. */
void inv_short_cdbs(struct vtl_nexus *nexus);
/* Every operation code and service action without a row is refused as unknown. */
void inv_unknown_commands(struct vtl_nexus *nexus);
/* REPORT SUPPORTED OPERATION CODES says in all its forms what the rows say, with sound timeouts. */
void inv_report_opcodes(struct vtl_nexus *nexus);
/* Every listed VPD page answers with itself, every other is refused. */
void inv_vpd_pages(struct vtl_nexus *nexus);
/* Every listed log page answers, well-formed, every other is refused; the parameter pointer works. */
void inv_log_pages(struct vtl_nexus *nexus);
/* MODE SENSE (6) and (10), whole and by page, agree; pages may be sent back; changeable bits change, others do not. */
void inv_mode_pages(struct vtl_nexus *nexus);
/*
 * A command that answers with N bytes answers with the first n of them at every allocation length and room n from 0
 * to N, and without any buffer. `at`, `bytes`: where in the CDB the allocation length is.
 */
void inv_truncates(struct vtl_nexus *nexus, const uint8_t *cdb, unsigned cdb_len, unsigned at, unsigned bytes);

/*
 * So many commands of chance, from `seed` on: fields, data and lengths at random. Each ends once, with a status that
 * makes sense, and touches no byte that is not its own. The device is a different one afterwards.
 */
void inv_chance(struct vtl_nexus *nexus, struct sim *sim, unsigned commands, uint64_t seed);

#endif

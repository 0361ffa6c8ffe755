/* SPDX-License-Identifier: GPL-2.0-only */
/* The medium changer as its own files see it: the object, and what each file gives to the tables. */
#ifndef SMC_SMC_H
#define SMC_SMC_H

#include "engine.h"
#include "inventory.h"
#include "status.h"

/* Media changer statistics (SMC-3 7.2.5), kept over a power cycle; the value is the parameter code. */
enum smc_counter {
	SMC_MOVES,
	SMC_PICKS,
	SMC_PICK_RETRIES,
	SMC_PLACES,
	SMC_PLACE_RETRIES,
	SMC_TAGS_READ,
	SMC_TAGS_INVALID,
	SMC_DOOR_OPENS,
	SMC_STATION_OPENS,
	SMC_SCANS,
	SMC_ERRORS_UNRECOVERED,
	SMC_ERRORS_RECOVERED,
	SMC_COUNTERS
};

struct smc_reservation;

/* Element statistics of one element type, in the order of addresses; nothing was counted of those beyond `count`. */
struct smc_uses {
	struct smc_use *use;
	unsigned count;
};

struct smc {
	struct vtl_dev dev;		/* first */
	const struct vtl_library_model *model;
	struct vtl_inventory *inventory;
	struct vtl_move move;		/* of the running command: the queue has one at a time */
	struct vtl_inventory_change change;
	struct vtl_inventory_memory memory;
	uint64_t counter[SMC_COUNTERS];
	struct smc_uses uses[VTL_DRIVE + 1];	/* by element type */
	struct smc_reservation *reservations;	/* of elements */
};

/* What a nexus has beside what every device keeps of it: the search that its last SEND VOLUME TAG asked for. */
struct smc_nexus {
	uint8_t action;			/* SEND ACTION CODE */
	bool translate;
	struct smc_search search;
	enum vtl_element_type type;
	uint32_t next;			/* elements below this address were reported */
};

static inline struct smc *smc_of(struct vtl_dev *dev)
{
	return (struct smc *)dev;
}

static inline struct smc *smc_cmd(const struct vtl_cmd *cmd)
{
	return smc_of(vtl_cmd_dev(cmd));
}

/* TapeAlert flags of media changers (SMC-3 annex A) */
enum { SMC_ALERT_DRIVE_COMMUNICATION = 1 };

/* CHECK CONDITION with a pointer to the CDB field that begins at `byte`. */
void smc_check_field(struct vtl_cmd *cmd, enum vtl_sense sense, uint16_t byte);
/* Whether an address is that of a transport element; 0 stands for the first one. */
bool smc_find_transport(const struct smc *smc, uint16_t address, struct vtl_element *element);
/* What a refusal of the inventory means as sense data. */
enum vtl_sense smc_sense_of(enum vtl_move_result result);
/* Ends a command so, with a pointer to the CDB field that begins at `field` where a field is to blame. */
void smc_refuse(struct vtl_cmd *cmd, enum vtl_move_result why, uint16_t field);

extern const struct vtl_op smc_ops[];
extern const struct vtl_mode_page smc_mode_pages[];
extern const struct vtl_log_page smc_log_pages[];
/* The device capabilities page where a model says nothing of its own. */
extern const uint8_t smc_capabilities[20];

/* statistics.c */
/* Counts, and sees to it that all that was counted is saved soon. */
void smc_count(struct smc *smc, enum smc_counter counter, unsigned n);
/* A cartridge has gone from one element to the other, and with what it took a move is done. */
void smc_count_carried(struct smc *smc, uint16_t from, uint16_t to);
void smc_count_move(struct smc *smc);
void smc_statistics_free(struct smc *smc);

/* move.c */
void smc_move_medium(struct vtl_cmd *cmd);
void smc_exchange_medium(struct vtl_cmd *cmd);
void smc_position_to_element(struct vtl_cmd *cmd);
/* Whether the device capabilities page says that a cartridge goes from one type of element to the other. */
bool smc_can_move(const struct smc *smc, enum vtl_element_type from, enum vtl_element_type to);
/* The same for the exchange of a cartridge from the one with that in the other. */
bool smc_can_exchange(const struct smc *smc, enum vtl_element_type from, enum vtl_element_type to);

/* elements.c */
void smc_initialize_element_status(struct vtl_cmd *cmd);
void smc_initialize_element_status_with_range(struct vtl_cmd *cmd);
void smc_read_element_status(struct vtl_cmd *cmd);
void smc_open_close_import_export(struct vtl_cmd *cmd);

/* information.c */
void smc_report_element_information(struct vtl_cmd *cmd);

/* tags.c */
void smc_send_volume_tag(struct vtl_cmd *cmd);
void smc_request_volume_element_address(struct vtl_cmd *cmd);

/* attribute.c */
void smc_read_attribute(struct vtl_cmd *cmd);
void smc_read_attribute_elements(struct vtl_cmd *cmd);
void smc_write_attribute(struct vtl_cmd *cmd);

/* reserve.c */
void smc_reserve6(struct vtl_cmd *cmd);
void smc_reserve10(struct vtl_cmd *cmd);
void smc_release6(struct vtl_cmd *cmd);
void smc_release10(struct vtl_cmd *cmd);
/* Whether another nexus has reserved an element of [first, first + count). */
bool smc_elements_reserved(const struct vtl_nexus *nexus, uint16_t first, uint32_t count);
/* Ends the element reservations of a nexus (NULL: of all). */
void smc_reservations_end(struct smc *smc, const struct vtl_nexus *nexus);

#endif

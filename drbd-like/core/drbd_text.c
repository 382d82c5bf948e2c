/* SPDX-License-Identifier: GPL-2.0-only */
#include "drbd_text.h"

static const char *const role_names[] = {
	[R_UNKNOWN] = "Unknown",
	[R_PRIMARY] = "Primary",
	[R_SECONDARY] = "Secondary",
};

static const char *const conn_names[] = {
	[C_STANDALONE] = "StandAlone",
	[C_DISCONNECTING] = "Disconnecting",
	[C_UNCONNECTED] = "Unconnected",
	[C_TIMEOUT] = "Timeout",
	[C_BROKEN_PIPE] = "BrokenPipe",
	[C_NETWORK_FAILURE] = "NetworkFailure",
	[C_PROTOCOL_ERROR] = "ProtocolError",
	[C_TEAR_DOWN] = "TearDown",
	[C_WF_CONNECTION] = "WFConnection",
	[C_WF_REPORT_PARAMS] = "WFReportParams",
	[C_CONNECTED] = "Connected",
	[C_STARTING_SYNC_S] = "StartingSyncS",
	[C_STARTING_SYNC_T] = "StartingSyncT",
	[C_WF_BITMAP_S] = "WFBitMapS",
	[C_WF_BITMAP_T] = "WFBitMapT",
	[C_WF_SYNC_UUID] = "WFSyncUUID",
	[C_SYNC_SOURCE] = "SyncSource",
	[C_SYNC_TARGET] = "SyncTarget",
	[C_VERIFY_S] = "VerifyS",
	[C_VERIFY_T] = "VerifyT",
	[C_PAUSED_SYNC_S] = "PausedSyncS",
	[C_PAUSED_SYNC_T] = "PausedSyncT",
	[C_AHEAD] = "Ahead",
	[C_BEHIND] = "Behind",
};

static const char *const disk_names[] = {
	[D_DISKLESS] = "Diskless",
	[D_ATTACHING] = "Attaching",
	[D_FAILED] = "Failed",
	[D_NEGOTIATING] = "Negotiating",
	[D_INCONSISTENT] = "Inconsistent",
	[D_OUTDATED] = "Outdated",
	[D_UNKNOWN] = "DUnknown",
	[D_CONSISTENT] = "Consistent",
	[D_UP_TO_DATE] = "UpToDate",
};

static const char *const ss_texts[-SS_LOWEST + 1] = {
	[-SS_TWO_PRIMARIES] = "Multiple primaries not allowed by config",
	[-SS_NO_UP_TO_DATE_DISK] = "Need access to UpToDate data",
	[-SS_NO_LOCAL_DISK] = "Can not resync without local disk",
	[-SS_NO_REMOTE_DISK] = "Can not resync without remote disk",
	[-SS_CONNECTED_OUTDATES] = "Refusing to be Outdated while Connected",
	[-SS_PRIMARY_NOP] = "Refusing to be Primary while peer is not outdated",
	[-SS_RESYNC_RUNNING] = "Can not start OV/resync since it is already active",
	[-SS_ALREADY_STANDALONE] = "Can not disconnect a StandAlone device",
	[-SS_CW_FAILED_BY_PEER] = "State change was refused by peer node",
	[-SS_IS_DISKLESS] = "Device is diskless, the requested operation requires a disk",
	[-SS_DEVICE_IN_USE] = "Device is held open by someone",
	[-SS_NO_NET_CONFIG] = "Have no net/connection configuration",
	[-SS_NO_VERIFY_ALG] = "Need a verify algorithm to start online verify",
	[-SS_NEED_CONNECTION] = "Need a connection to start verify or resync",
	[-SS_LOWER_THAN_OUTDATED] = "Disk state is lower than outdated",
	[-SS_NOT_SUPPORTED] = "Peer does not support protocol",
	[-SS_IN_TRANSIENT_STATE] = "In transient state, retry after next state change",
	[-SS_CONCURRENT_ST_CHG] = "Concurrent state changes detected and aborted",
	[-SS_O_VOL_PEER_PRI] = "Other vol primary on peer not allowed by config",
	[-SS_OUTDATE_WO_CONN] = "Need a connection for a graceful disconnect/outdate peer",
};

/* Codes without a name of ours are not given by this version, but a tool may meet them. */
static const char *const err_texts[] = {
	[0] = "No further Information available.",
	[ERR_LOCAL_ADDR - NO_ERROR] = "Local address(port) already in use.",
	[ERR_PEER_ADDR - NO_ERROR] = "Remote address(port) already in use.",
	[ERR_OPEN_DISK - NO_ERROR] = "Can not open backing device.",
	[ERR_OPEN_MD_DISK - NO_ERROR] = "Can not open meta device.",
	[106 - NO_ERROR] = "Lower device already in use.",
	[ERR_DISK_NOT_BDEV - NO_ERROR] = "Lower device is not a block device.",
	[ERR_MD_NOT_BDEV - NO_ERROR] = "Meta device is not a block device.",
	[109 - NO_ERROR] = "Open of lower device failed.",
	[110 - NO_ERROR] = "Open of meta device failed.",
	[ERR_DISK_TOO_SMALL - NO_ERROR] = "Low.dev. smaller than requested DRBD-dev. size.",
	[ERR_MD_DISK_TOO_SMALL - NO_ERROR] = "Meta device too small.",
	[113 - NO_ERROR] = "You have to use the disk command first.",
	[ERR_BDCLAIM_DISK - NO_ERROR] = "Lower device is already claimed. This usually means it is mounted.",
	[ERR_BDCLAIM_MD_DISK - NO_ERROR] = "Meta device is already claimed. This usually means it is mounted.",
	[ERR_MD_IDX_INVALID - NO_ERROR] = "Lower device / meta device / index combination invalid.",
	[117 - NO_ERROR] =
		"Currently we only support devices up to 3.998TB.\n(up to 2TB in case you do not have "
		"CONFIG_LBD set)\nContact office@linbit.com, if you need more.",
	[ERR_IO_MD_DISK - NO_ERROR] = "IO error(s) occurred during initial access to meta-data.\n",
	[ERR_MD_INVALID - NO_ERROR] =
		"No valid meta-data signature found.\n\n\t==> Use 'drbdadm create-md res' to initialize "
		"meta-data area. <==\n",
	[ERR_AUTH_ALG - NO_ERROR] =
		"The 'cram-hmac-alg' you specified is not known in the kernel. (Maybe you need to modprobe "
		"it, or modprobe hmac?)",
	[ERR_AUTH_ALG_ND - NO_ERROR] = "The 'cram-hmac-alg' you specified is not a digest.",
	[ERR_NOMEM - NO_ERROR] = "kmalloc() failed. Out of memory?",
	[ERR_DISCARD_IMPOSSIBLE - NO_ERROR] = "--discard-my-data not allowed when primary.",
	[ERR_DISK_CONFIGURED - NO_ERROR] = "Device is attached to a disk (use detach first)",
	[ERR_NET_CONFIGURED - NO_ERROR] = "Device has a net-config (use disconnect first)",
	[ERR_MANDATORY_TAG - NO_ERROR] = "UnknownMandatoryTag",
	[ERR_MINOR_INVALID - NO_ERROR] = "Device minor not allocated",
	[128 - NO_ERROR] = "Resulting device state would be invalid",
	[ERR_INTR - NO_ERROR] = "Interrupted by Signal",
	[ERR_RESIZE_RESYNC - NO_ERROR] = "Resize not allowed during resync.",
	[ERR_NO_PRIMARY - NO_ERROR] = "Need one Primary node to resize.",
	[ERR_RESYNC_AFTER - NO_ERROR] = "The resync-after minor number is invalid",
	[ERR_RESYNC_AFTER_CYCLE - NO_ERROR] = "This would cause a resync-after dependency cycle",
	[ERR_PAUSE_IS_SET - NO_ERROR] = "Sync-pause flag is already set",
	[ERR_PAUSE_IS_CLEAR - NO_ERROR] = "Sync-pause flag is already cleared",
	[136 - NO_ERROR] = "Disk state is lower than outdated",
	[ERR_PACKET_NR - NO_ERROR] =
		"Kernel does not know how to handle your request.\nMaybe API_VERSION mismatch?",
	[ERR_NO_DISK - NO_ERROR] = "Device does not have a disk-config",
	[ERR_NOT_PROTO_C - NO_ERROR] = "Protocol C required",
	[ERR_NOMEM_BITMAP - NO_ERROR] = "vmalloc() failed. Out of memory?",
	[ERR_INTEGRITY_ALG - NO_ERROR] =
		"The 'data-integrity-alg' you specified is not known in the kernel. (Maybe you need to "
		"modprobe it, or modprobe hmac?)",
	[ERR_INTEGRITY_ALG_ND - NO_ERROR] = "The 'data-integrity-alg' you specified is not a digest.",
	[ERR_CPU_MASK_PARSE - NO_ERROR] = "Invalid cpu-mask.",
	[ERR_CSUMS_ALG - NO_ERROR] = "CSUMSAlgNotAvail",
	[ERR_CSUMS_ALG_ND - NO_ERROR] = "CSUMSAlgNotDigest",
	[ERR_VERIFY_ALG - NO_ERROR] = "VERIFYAlgNotAvail",
	[ERR_VERIFY_ALG_ND - NO_ERROR] = "VERIFYAlgNotDigest",
	[ERR_CSUMS_RESYNC_RUNNING - NO_ERROR] = "Can not change csums-alg while resync is in progress",
	[ERR_VERIFY_RUNNING - NO_ERROR] = "Can not change verify-alg while online verify runs",
	[ERR_DATA_NOT_CURRENT - NO_ERROR] = "Can only attach to the data we lost last (see kernel log).",
	[ERR_CONNECTED - NO_ERROR] = "Need to be StandAlone",
	[ERR_PERM - NO_ERROR] = "Permission denied. CAP_SYS_ADMIN necessary",
	[ERR_NEED_APV_93 - NO_ERROR] = "Protocol version 93 required to use --assume-clean",
	[ERR_STONITH_AND_PROT_A - NO_ERROR] = "Fencing policy resource-and-stonith only with prot B or C allowed",
	[ERR_CONG_NOT_PROTO_A - NO_ERROR] = "on-congestion policy pull-ahead only with prot A allowed",
	[ERR_PIC_AFTER_DEP - NO_ERROR] =
		"Sync-pause flag is already cleared.\nNote: Resync pause caused by a local resync-after "
		"dependency.",
	[ERR_PIC_PEER_DEP - NO_ERROR] =
		"Sync-pause flag is already cleared.\nNote: Resync pause caused by the peer node.",
	[ERR_RES_NOT_KNOWN - NO_ERROR] = "Unknown resource",
	[ERR_RES_IN_USE - NO_ERROR] = "Resource still in use (delete all minors first)",
	[ERR_MINOR_CONFIGURED - NO_ERROR] = "Minor still configured (down it first)",
	[ERR_MINOR_OR_VOLUME_EXISTS - NO_ERROR] = "Minor or volume exists already (delete it first)",
	[ERR_INVALID_REQUEST - NO_ERROR] = "Invalid configuration request",
	[ERR_NEED_APV_100 - NO_ERROR] =
		"Prot version 100 required in order to change\nthese network options while connected",
	[ERR_NEED_ALLOW_TWO_PRI - NO_ERROR] =
		"Can not clear allow_two_primaries as long as\nthere a primaries on both sides",
	[ERR_MD_UNCLEAN - NO_ERROR] = "Unclean meta-data found.\nYou need to 'drbdadm apply-al res'\n",
	[ERR_MD_LAYOUT_CONNECTED - NO_ERROR] = "DRBD need to be connected for online MD layout change\n",
	[ERR_MD_LAYOUT_TOO_BIG - NO_ERROR] = "Resulting AL area too big\n",
	[ERR_MD_LAYOUT_TOO_SMALL - NO_ERROR] = "Resulting AL are too small\n",
	[ERR_MD_LAYOUT_NO_FIT - NO_ERROR] = "Resulting AL does not fit into available meta data space\n",
	[ERR_IMPLICIT_SHRINK - NO_ERROR] = "Implicit device shrinking not allowed. See kernel log.\n",
};

static const char *name_of(const char *const *names, u32 nr, u32 value)
{
	return value < nr ? names[value] : "TOO_LARGE";
}

const char *drbd_role_name(u32 role)
{
	return name_of(role_names, ARRAY_SIZE(role_names), role);
}

const char *drbd_conn_name(u32 conn)
{
	return name_of(conn_names, ARRAY_SIZE(conn_names), conn);
}

const char *drbd_disk_name(u32 disk)
{
	return name_of(disk_names, ARRAY_SIZE(disk_names), disk);
}

const char *drbd_ss_text(int rv)
{
	return rv < 0 && rv >= SS_LOWEST ? ss_texts[-rv] : NULL;
}

const char *drbd_err_text(int code)
{
	return code >= NO_ERROR && code < NO_ERROR + (int)ARRAY_SIZE(err_texts) ? err_texts[code - NO_ERROR] : NULL;
}

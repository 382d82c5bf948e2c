/* SPDX-License-Identifier: GPL-2.0-only */
#include "ipvs/ipvs_error.h"

#include <errno.h>
#include <string.h>

#define OP(op) (1U << IPVS_OP_##op)
#define READ_SERVICE (1U << IPVS_OPS)
#define READ (1U << (IPVS_OPS + 1))
#define ANY (~0U)

static const struct {
	uint32_t ops;
	int error;
	const char *text;
} rows[] = {
	{OP(ADD_SERVICE), EEXIST, "Service already exists"},
	{OP(ADD_SERVICE) | OP(EDIT_SERVICE), ENOENT, "Scheduler or persistence engine not found"},
	{OP(EDIT_SERVICE) | OP(DEL_SERVICE) | OP(ZERO) | OP(ZERO_SERVICE) | READ_SERVICE, ESRCH, "No such service"},
	{OP(ADD_DEST) | OP(EDIT_DEST) | OP(DEL_DEST), ESRCH, "Service not defined"},
	{OP(ADD_DEST), EEXIST, "Destination already exists"},
	{OP(EDIT_DEST) | OP(DEL_DEST), ENOENT, "No such destination"},
	{OP(START_DAEMON), EEXIST, "Daemon has already run"},
	{OP(STOP_DAEMON), ESRCH, "No daemon is running"},
	{ANY, EPERM, "Permission denied (you must be root)"},
	{ANY, EINVAL, "Invalid operation.  Possibly wrong module version, address not unicast, ..."},
	{ANY, ENOPROTOOPT, "Protocol not available"},
	{ANY, ENOMEM, "Memory allocation problem"},
	{ANY, EOPNOTSUPP, "Operation not supported with IPv6"},
	{ANY, EAFNOSUPPORT, "Operation not supported with specified address family"},
	{ANY, EMSGSIZE, "Module is wrong version"},
};

static const char *text_of(uint32_t op, int err)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if ((rows[i].ops & op) && rows[i].error == -err)
			return rows[i].text;
	return strerror(-err);
}

const char *ipvs_op_error(enum ipvs_op op, int err)
{
	return text_of(1U << op, err);
}

const char *ipvs_service_error(int err)
{
	return text_of(READ_SERVICE, err);
}

const char *ipvs_read_error(int err)
{
	return text_of(READ, err);
}

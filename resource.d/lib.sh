# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What all resource scripts share: how haresources calls them, result codes and their words, log lines, places. It knows
# nothing of what a resource is.
#
# A script sets its usage, defines what it does, and hands its arguments over:
#
#	. /usr/share/heartbeat/resource-lib.sh
#	rsc_usage='<ip-address>'	what stands between the script's name and the actions
#	rsc_setup() { ... }		takes the arguments; runs before every action but usage
#	rsc_start() { ... }		these return one of the codes below
#	rsc_stop() { ... }
#	rsc_status() { ... }
#	rsc_main 1 1 "$@"		at least and at most that many arguments before the action
#
# Words and codes are those of the originals (resource-scripts.md 2): heartbeat reads them.

OCF_SUCCESS=0 OCF_ERR_GENERIC=1 OCF_ERR_ARGS=2 OCF_ERR_UNIMPLEMENTED=3 OCF_ERR_PERM=4 OCF_ERR_INSTALLED=5
OCF_ERR_CONFIGURED=6 OCF_NOT_RUNNING=7

PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
unset LC_ALL LANGUAGE

rsc_name=${0##*/}
rsc_instance=		# names the resource in log lines; set by rsc_setup
rsc_usage_word=usage	# some say Usage
rsc_usage_fd=1		# some say it to stderr
rsc_usage_code=1	# some call being asked for it a success

# Where state is kept that ends with the machine's run: a folder in /run, or /var/run where there is no /run.
if [ -z "${HA_RSCTMP-}" ]; then
	HA_RSCTMP=/run/resource-agents
	[ -d /run ] || HA_RSCTMP=/var/run/resource-agents
fi
[ -d "$HA_RSCTMP" ] || mkdir -p "$HA_RSCTMP"

rsc_have() { # PROGRAM : is there one
	command -v "$1" >/dev/null 2>&1
}

# rsc_log LEVEL TEXT : to where heartbeat's environment says: its log daemon, or syslog and its files; stderr if none.
rsc_log() {
	rsc_tag="$rsc_name${rsc_instance:+($rsc_instance)}[$$]"
	if [ "${HA_LOGD-}" = yes ] && rsc_have ha_logger; then
		ha_logger -t "$rsc_tag" "$1: $2" && return 0
	fi
	rsc_logged=
	if [ "${HA_LOGFACILITY:-none}" != none ]; then
		case $1 in
		CRIT) rsc_level=crit ;;
		ERROR) rsc_level=err ;;
		WARN*) rsc_level=warning ;;
		DEBUG) rsc_level=debug ;;
		*) rsc_level=info ;;
		esac
		logger -t "$rsc_tag" -p "$HA_LOGFACILITY.$rsc_level" "$1: $2"
		rsc_logged=yes
	fi
	rsc_date=$(date +"${HA_DATEFMT:-%b %d %T }")
	if [ -n "${HA_LOGFILE-}" ]; then
		printf '%s %s:    %s: %s\n' "$rsc_date" "$rsc_tag" "$1" "$2" >>"$HA_LOGFILE"
		rsc_logged=yes
	fi
	[ -n "$rsc_logged" ] || printf '%s%s: %s\n' "$rsc_date" "$1" "$2" >&2
	if [ -n "${HA_DEBUGLOG-}" ] && [ "$HA_DEBUGLOG" != "${HA_LOGFILE-}" ]; then
		printf '%s:\t%s%s: %s\n' "$rsc_tag" "$rsc_date" "$1" "$2" >>"$HA_DEBUGLOG"
	fi
}

# rsc_say LEVEL TEXT : the same, and to stdout, where heartbeat looks for the words of status
rsc_say() {
	printf '%s: %s\n' "$1" "$2"
	rsc_log "$1" "$2"
}

# rsc_fail TEXT : why an action fails, for the operator
rsc_fail() {
	printf 'ocf-exit-reason:%s\n' "$1" >&2
	rsc_log ERROR "$1"
}

# rsc_exit CODE : ends with the line and the exit code that belong to an action's result
rsc_exit() {
	case $1 in
	0)
		case $rsc_action in
		status | monitor) rsc_say INFO " Running OK" ;;
		*) rsc_say INFO " Success" ;;
		esac
		;;
	1) rsc_say ERROR " Generic error" ;;
	2) rsc_say ERROR " Illegal argument" ;;
	3) rsc_say ERROR " Function unimplemented" ;;
	4) rsc_say ERROR " User had insufficient privilege" ;;
	5) rsc_say ERROR " Program is not installed" ;;
	6) rsc_say ERROR " Program is not configured" ;;
	7) rsc_say INFO " Resource is stopped" ;;
	*)
		rsc_say ERROR " Unknown error: $1"
		exit 1
		;;
	esac
	exit "$1"
}

# rsc_need PROGRAM... : ends the action with "not installed" where one is missing
rsc_need() {
	for rsc_program; do
		rsc_have "$rsc_program" && continue
		rsc_fail "Setup problem: couldn't find command: $rsc_program"
		rsc_exit $OCF_ERR_INSTALLED
	done
}

# rsc_helper PROGRAM : prints the path of one of heartbeat's own helpers; their folder is not in PATH. Fails without one.
rsc_helper() {
	for rsc_dir in "${HA_BIN-}" /usr/libexec/heartbeat /usr/lib64/heartbeat /usr/lib/heartbeat /usr/lib/*/heartbeat; do
		[ -n "$rsc_dir" ] && [ -x "$rsc_dir/$1" ] || continue
		printf '%s\n' "$rsc_dir/$1"
		return 0
	done
	return 1
}

# rsc_output COMMAND... : runs it and prints what it said; the code is its own. What it leaves running in the background holds
# a file open, not the pipe of whoever reads this.
rsc_output() {
	rsc_file=$HA_RSCTMP/$rsc_name.$$
	"$@" >"$rsc_file" 2>&1 </dev/null
	rsc_code=$?
	cat "$rsc_file"
	rm -f "$rsc_file"
	return $rsc_code
}

# rsc_number WORD... : is each a decimal number
rsc_number() {
	for rsc_word; do
		case $rsc_word in
		'' | *[!0-9]*) return 1 ;;
		esac
	done
}

rsc_show_usage() {
	printf '%s: %s %s(start|stop|status|usage|meta-data)\n' "$rsc_usage_word" "$0" "${rsc_usage:+$rsc_usage }" \
		>&"$rsc_usage_fd"
}

# A script with more to say about a wrong number of arguments has its own.
rsc_wrong_count() { # ARGUMENT... ACTION
	rsc_show_usage
}

# A script that needs no arguments need not define it.
rsc_setup() {
	:
}

rsc_main() { # MIN MAX ARGUMENT... ACTION
	rsc_min=$1
	rsc_max=$2
	shift 2
	if [ $# -le "$rsc_min" ] || [ $# -gt $((rsc_max + 1)) ]; then
		rsc_wrong_count "$@"
		exit 1
	fi
	rsc_left=$#
	while [ "$rsc_left" -gt 1 ]; do		# the last word is the action: turn it to the front
		set -- "$@" "$1"
		shift
		rsc_left=$((rsc_left - 1))
	done
	rsc_action=$1
	shift
	case $rsc_action in
	start | stop | status | monitor)
		rsc_setup "$@"
		case $rsc_action in
		start) rsc_start ;;
		stop) rsc_stop ;;
		*) rsc_status ;;
		esac
		rsc_exit $?
		;;
	usage | help)
		rsc_show_usage
		[ "$rsc_usage_code" = 0 ] || exit "$rsc_usage_code"
		rsc_exit 0
		;;
	*)
		rsc_say ERROR "Unknown operation: $rsc_action"
		rsc_show_usage
		exit 1
		;;
	esac
}

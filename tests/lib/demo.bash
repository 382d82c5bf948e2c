#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The demo: ipvsadm at work in a machine of its own (qemu; nothing of this one is touched). Each command is printed before it
# runs, and what it prints is its own. Ends with 0 when every step did what it says.
set -eu
cd "$(dirname "$0")/../.."
: "${O:=$PWD/build}" "${KERNEL:=6.1}"
export O
dir=$(mktemp -d)
export VM_ROOT=$dir
# shellcheck source=tests/lib/vm.bash
. tests/lib/vm.bash
# shellcheck source=tests/lib/ipvsadm.bash
. tests/lib/ipvsadm.bash
trap 'vm_cleanup; rm -rf "$dir"' EXIT

bold='' green='' plain=''
[ ! -t 1 ] || bold=$'\033[1m' green=$'\033[32m' plain=$'\033[0m'
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
step() { # COMMAND : in the machine
	printf '%s# %s%s\n' "$green" "$1" "$plain"
	vm_exec demo "$1"
}

say "A machine with Linux $KERNEL boots (emulated: some seconds)."
ipvs_vm_start demo "$KERNEL"
# shellcheck disable=SC2016 # for the machine's shell
vm_exec demo 'for a in 10.0.0.1 192.168.9.1 192.168.9.2; do ip addr add $a/32 dev lo; done
	for n in 1 2; do socat TCP4-LISTEN:8080,bind=192.168.9.$n,reuseaddr,fork SYSTEM:"echo I am server $n; sleep 3" & done' >/dev/null

say "A virtual service with two real servers, which each say who they are:"
step 'ipvsadm -A -t 10.0.0.1:80 -s rr'
step 'ipvsadm -a -t 10.0.0.1:80 -r 192.168.9.1:8080 -m'
step 'ipvsadm -a -t 10.0.0.1:80 -r 192.168.9.2:8080 -m -w 2'
for _ in 1 2 3 4; do step 'socat -u TCP4:10.0.0.1:80 -'; done
step 'ipvsadm -Ln'
step 'ipvsadm -Lnc'

say "Saved, cleared, restored:"
step 'ipvsadm-save -n | tee /tmp/table'
step 'ipvsadm -C; ipvsadm-restore </tmp/table; ipvsadm -Sn | cmp - /tmp/table && echo the same'

say "Another table is wanted. What would change, and then the change: servers that stay keep their connections."
step 'sed -e "s/-w 2/-w 5/" -e "s/-s rr/-s wrr/" /tmp/table >/tmp/wanted; echo "-A -u 10.0.0.1:53 -s rr" >>/tmp/wanted; cat /tmp/wanted'
step 'ipvsadm -R --diff --dry-run </tmp/wanted'
step 'ipvsadm -R --diff </tmp/wanted; ipvsadm -Sn'

say "A file with a mistake changes nothing:"
step 'echo "-a -t 10.0.0.1:80 -r 192.168.9.3:8080 -m -w much" >>/tmp/wanted; ! ipvsadm -R --diff </tmp/wanted'

say "A server is drained: no new connections, and it is gone when its last one has ended or the deadline is there."
step 'socat -u TCP4:10.0.0.1:80 - & sleep 1; ipvsadm --drain -t 10.0.0.1:80 -r 192.168.9.2:8080 --deadline 5; wait; ipvsadm -Ln'

say "Any list as JSON:"
step 'ipvsadm -L --timeout --json'
say "That was it."

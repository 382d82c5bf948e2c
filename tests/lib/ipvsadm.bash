# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the tests of ipvsadm in the machine have in common: Debian's original, unpacked privately, and what a machine with IPVS
# needs. Wants vm.bash.

IPVS_MODULES="ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_lblc ip_vs_lblcr ip_vs_dh ip_vs_sh ip_vs_sed ip_vs_nq ip_vs_fo
	ip_vs_ovf ip_vs_mh ip_vs_pe_sip ip_vs_ftp sctp dummy"

# The machine has ours as /sbin/ipvsadm, with its wrappers, and the original as /opt/original.
ipvs_vm_start() { # NAME KERNEL OPTION...
	local original etc=$VM_ROOT/etc.$1
	original=$(original ipvsadm) || return
	mkdir -p "$etc"
	cp /etc/services /etc/protocols "$etc/" || return
	printf '%s\n' 'hosts: files' 'services: files' 'protocols: files' >"$etc/nsswitch.conf"
	cat >"$etc/hosts" <<-END
		127.0.0.1 localhost
		10.0.0.7 vip.example.com vip
		192.168.9.1 rs1.example.com rs1
		192.168.9.2 a-rather-long-name-of-a-real-server.example.com long
		192.168.9.3 another-name-which-is-so-long-that-it-does-not-fit.any-column.example.com long2
		2001:db8::1 vip6.example.com vip6
	END
	vm_start "$@" --modules "$IPVS_MODULES" --files "$etc:/etc" --files "$VM_HOME/ipvs/ipvsadm-save:/usr/sbin/ipvsadm-save" \
		--files "$VM_HOME/ipvs/ipvsadm-restore:/usr/sbin/ipvsadm-restore" --programs "$O/ipvsadm:/usr/sbin/ipvsadm \
		$original/sbin/ipvsadm:/opt/original $O/ipvs_cases bash ip socat diff kmod:/usr/sbin/modprobe"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What rpm does with our packages, and they with the system: in overlays of the full Debian root, each with namespaces of its
# own. Its database knows what that root has, so dependencies are checked. Scriptlets' tools that only EL has are recorded.

bats_require_minimum_version 1.5.0
load ../lib/vm
load ../lib/root
load ../lib/rpm

NAMES="drbd drbd-utils drbd-heartbeat drbd-pacemaker drbd-udev drbd-xen drbd-bash-completion ipvsadm ldirectord heartbeat heartbeat-libs"

setup_file() {
	PK=$(rpm_packages 6.1)
	IMAGE=$(vm_root)
	BASE=$(rpm_base "$IMAGE")
	export PK IMAGE BASE
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	ROOT=$PWD/root
	mkdir lower upper work root
	# The first process of the namespaces takes in orphans; all of them end with it.
	# shellcheck disable=SC2016 # for that shell
	unshare -m -n -u -i -p -f --kill-child bash -c '
		mount -o ro,loop,noload "$1" lower && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work none root &&
		mount -t proc proc root/proc && mount -t tmpfs tmpfs root/run && mkdir -p root/run/lock &&
		mount --bind /dev root/dev && hostname server1 && ip link set lo up && touch ready && sleep 3600 & wait $!' \
		_ "$IMAGE" >holder.log 2>&1 3>&- &
	HOLDER=$!
	until [ -e ready ]; do
		[ -d "/proc/$HOLDER" ] || { cat holder.log; return 1; }
		sleep 0.05
	done
	put debian-base.rpm <"$BASE"
	on 'rpm -i --force-debian /root/debian-base.rpm'
	for file in "$PK"/*.rpm; do put "${file##*/}" <"$file"; done
}

teardown() {
	kill -KILL "$HOLDER"
	wait "$HOLDER" 2>/dev/null || [ $? -eq 137 ]
}

# on COMMAND : in the root
on() {
	HOME=/root nsenter --mount="/proc/$HOLDER/ns/mnt" --net="/proc/$HOLDER/ns/net" --uts="/proc/$HOLDER/ns/uts" \
		--pid="/proc/$HOLDER/ns/pid_for_children" chroot "$ROOT" /bin/bash -c "cd /root; $1" 3>&-
}
# put FILE [MODE] : standard input, in the root's /root or where a path says
put() {
	case $1 in /*) ;; *) set -- "/root/$1" "${2-644}" ;; esac
	on "mkdir -p '${1%/*}' && cat >'$1' && chmod ${2-644} '$1'"
}
# Everything but what the base itself changes when users come: its databases, their backups, and rpm's
tree() {
	on 'find / -xdev \( -path /root -o -path /tmp -o -path /etc/.pwd.lock -o -path "/etc/*-" \) -prune -o -printf "%y %p\n"' | sort
}
# recorder PROGRAM : notes how it is called
recorder() {
	put "$1" 755 <<-'END'
		#!/bin/sh
		echo "${0##*/} $*" >>/root/calls
	END
}

@test "rpm -ivh checks what is needed, installs all, and nothing is left when they go" {
	run on 'rpm -ivh ldirectord-*.rpm'
	[ "$status" -ne 0 ]
	[[ "$output" == *"ipvsadm is needed by ldirectord"* ]]
	before=$(tree)
	on 'rpm -ivh drbd*.rpm heartbeat*.rpm ldirectord*.rpm ipvsadm*.rpm'
	[ -z "$(on 'rpm -Va')" ]
	[ "$(on '/sbin/ipvsadm --version')" = "ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)" ]
	on '/sbin/drbdadm --version' | grep -qx DRBDADM_VERSION=8.4.4
	[ "$(on 'stat -c "%a %U:%G" /usr/bin/cl_status /var/lib/heartbeat' | xargs)" = "2555 root:haclient 755 hacluster:haclient" ]
	# no service starts by itself, now or at the next boot
	[ -z "$(on 'ls /etc/rc?.d | grep -E "drbd|heartbeat|ldirectord|ipvsadm"')" ]
	[ -z "$(on 'pgrep -l "drbd|heartbeat"; pgrep -l ldirectord')" ]
	on "rpm -e $NAMES \$(rpm -qa 'drbd-km*')"
	# but folders that other packages own on EL, and what ldirectord logs when it is told to stop
	left="> d /etc/bash_completion.d
> d /etc/sysconfig
> d /etc/udev
> d /etc/udev/rules.d
> d /etc/xen
> d /etc/xen/scripts
> d /usr/lib/modules
> d /usr/lib/ocf
> d /usr/lib/ocf/resource.d
> d /usr/lib/ocf/resource.d/linbit
> d /usr/share/man/man1
> d /usr/share/man/man5
> d /usr/share/man/man8
> f /var/log/ldirectord.log"
	diff <(echo "$left") <(diff <(echo "$before") <(tree) | grep '^[<>]')
}

# older NAME VERSION : a package as the original's was, whose configuration said something else
older() {
	put older.spec <<-END
		Name: $1
		Version: $2
		Release: 1
		License: none
		Summary: older
		BuildArch: noarch
		%description
		older
		%install
		mkdir -p %{buildroot}/etc/drbd.d %{buildroot}/usr/sbin
		echo '# 8.4.3' | tee %{buildroot}/etc/drbd.conf >%{buildroot}/etc/drbd.d/global_common.conf
		echo old >%{buildroot}/usr/sbin/drbdadm
		echo old >%{buildroot}/usr/sbin/drbd-gone
		%preun
		echo preun \$1 >>/root/calls
		%files
		%config(noreplace) /etc/drbd.conf
		%config(noreplace) /etc/drbd.d/global_common.conf
		/usr/sbin/drbdadm
		/usr/sbin/drbd-gone
	END
	cp upper/root/older.spec .
	rpmbuild -bb --define "_topdir $PWD/older" older.spec >older.log 2>&1 || { cat older.log; return 1; }
	put older.rpm <"$PWD/older/RPMS/noarch/$1-$2-1.noarch.rpm"
}

@test "an upgrade keeps changed configuration, replaces the rest, and puts ours beside it; erasing keeps it too" {
	older drbd-utils 8.4.3
	on 'rpm -i --force-debian older.rpm'
	on 'echo "# the site" >>/etc/drbd.d/global_common.conf; echo "resource r {" >/etc/drbd.d/r.res'
	on 'rpm -Uvh drbd-utils-*.rpm drbd-udev-*.rpm'
	[ "$(on 'rpm -q drbd-utils')" = drbd-utils-8.4.4-4.x86_64 ]
	[ "$(on 'cat /etc/drbd.d/global_common.conf')" = "$(printf '# 8.4.3\n# the site')" ]
	on 'grep -q usage-count /etc/drbd.d/global_common.conf.rpmnew && grep -q ^include /etc/drbd.conf'
	[ ! -e upper/usr/sbin/drbd-gone ]
	[ "$(on 'cat calls; rpm -V drbd-utils')" = "preun 1
S.5....T.  c /etc/drbd.d/global_common.conf" ]
	on 'rpm -e drbd-utils drbd-udev'
	[ "$(on 'cd /etc/drbd.d && ls')" = "$(printf '%s\n' global_common.conf.rpmnew global_common.conf.rpmsave r.res)" ]
	[ "$(on 'cat /etc/drbd.d/*.rpmsave')" = "$(printf '# 8.4.3\n# the site')" ]
}

@test "chkconfig and systemd, where they are, learn of a service when it comes and when it goes, and no more" {
	recorder /sbin/chkconfig
	recorder /usr/bin/systemctl
	on 'rpm -ivh drbd-u*.rpm ipvsadm*.rpm heartbeat*.rpm ldirectord*.rpm'
	[ "$(on 'sort calls')" = "$(printf 'chkconfig --add %s\n' drbd heartbeat ipvsadm ldirectord)" ]
	on 'rm calls; mkdir -p /run/systemd/system; rpm -Uvh --replacepkgs drbd-u*.rpm ipvsadm*.rpm heartbeat*.rpm ldirectord*.rpm'
	[ "$(on 'sort -u calls')" = "$(printf 'chkconfig --add %s\n' drbd heartbeat ipvsadm ldirectord; echo systemctl daemon-reload)" ]
	on 'rm calls; rpm -e drbd-utils drbd-udev ipvsadm heartbeat heartbeat-libs ldirectord'
	[ "$(on 'grep -v daemon-reload calls | sort')" = "$(printf 'chkconfig --del %s\n' drbd heartbeat ipvsadm ldirectord
		printf 'systemctl --no-reload disable %s.service\n' drbd heartbeat ldirectord
		printf 'systemctl stop %s.service\n' drbd heartbeat ldirectord)" ]
	[[ "$(on 'tail -n 1 calls')" == *daemon-reload ]]
}

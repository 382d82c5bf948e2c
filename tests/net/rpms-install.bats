#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# What rpm does with our packages, and they with the system (tests/lib/rpm_root.bash). Scriptlets' tools that only EL has are
# recorded.

bats_require_minimum_version 1.5.0
load ../lib/vm
load ../lib/root
load ../lib/rpm
load ../lib/rpm_root

NAMES="drbd drbd-utils drbd-heartbeat drbd-pacemaker drbd-udev drbd-xen drbd-bash-completion ipvsadm ldirectord heartbeat heartbeat-libs heartbeat-devel"

setup_file() {
	PK=$(rpm_packages 6.1)
	IMAGE=$(vm_root)
	BASE=$(rpm_base "$IMAGE")
	export PK IMAGE BASE
}

setup() {
	rpm_root_start
	for file in "$PK"/*.rpm; do put "${file##*/}" <"$file"; done
}
teardown() { rpm_root_end; }

# Everything but what the base itself changes when users come: its databases, their backups, and rpm's
tree() {
	on 'find / -xdev \( -path /root -o -path /tmp -o -path /etc/.pwd.lock -o -path "/etc/*-" \) -prune -o -printf "%y %p\n"' | sort
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

# A lone node in ha.cf would take nothing, with the original as well: there has to be a peer to be dead.
@test "a heartbeat at work does not notice an upgrade; it is stopped, and its address released, when it is erased" {
	on 'rpm -ivh heartbeat*.rpm ipvsadm*.rpm ldirectord*.rpm'
	on 'ip link add eth0 type veth peer name peer0 && ip link set peer0 up && ip addr add 10.9.8.1/24 brd + dev eth0 && ip link set eth0 up'
	put /etc/ha.d/ha.cf <<<$'logfile /var/log/ha-log\nkeepalive 200ms\ndeadtime 2\ninitdead 2\nudpport 694\nbcast eth0\nauto_failback on\nnode server1 server2\nrealtime off'
	put /etc/ha.d/haresources <<<'server1 IPaddr::10.9.8.100/24/eth0'
	put /etc/ha.d/authkeys 600 <<<$'auth 1\n1 crc'
	on '/etc/init.d/heartbeat start'
	for ((i = 0; i < 600; i++)); do
		! on 'ip addr show dev eth0 | grep -q 10.9.8.100' || break
		sleep 0.1
	done
	on 'ip addr show dev eth0 | grep -q 10.9.8.100 && cat /var/run/heartbeat.pid >/root/pid'
	[ -z "$(on 'rpm -V heartbeat heartbeat-libs')" ]
	on 'rpm -Uvh --replacepkgs heartbeat*.rpm'
	# shellcheck disable=SC2016 # for the root's shell
	on 'read -r pid <pid && kill -0 "$pid" && cmp /root/pid /var/run/heartbeat.pid && /etc/init.d/heartbeat status'
	on 'ip addr show dev eth0 | grep -q 10.9.8.100'
	on 'rpm -e heartbeat heartbeat-libs heartbeat-devel ldirectord ipvsadm'
	[ -z "$(on 'pgrep -l heartbeat; ip addr show dev eth0 | grep 10.9.8.100')" ]
	# what the operator wrote is his
	[ "$(on 'cd /etc/ha.d && find . -type f | sort | xargs')" = "./authkeys ./ha.cf ./haresources" ]
}

@test "chkconfig and systemd, where they are, learn of a service when it comes and when it goes, and no more" {
	recorder /sbin/chkconfig
	recorder /usr/bin/systemctl
	on 'rpm -ivh drbd-u*.rpm ipvsadm*.rpm heartbeat*.rpm ldirectord*.rpm'
	[ "$(on 'sort calls')" = "$(printf 'chkconfig --add %s\n' drbd heartbeat ipvsadm ldirectord)" ]
	on 'rm calls; mkdir -p /run/systemd/system; rpm -Uvh --replacepkgs drbd-u*.rpm ipvsadm*.rpm heartbeat*.rpm ldirectord*.rpm'
	[ "$(on 'sort -u calls')" = "$(printf 'chkconfig --add %s\n' drbd heartbeat ipvsadm ldirectord; echo systemctl daemon-reload)" ]
	on 'rm calls; rpm -e drbd-utils drbd-udev ipvsadm heartbeat heartbeat-libs heartbeat-devel ldirectord'
	[ "$(on 'grep -v daemon-reload calls | sort')" = "$(printf 'chkconfig --del %s\n' drbd heartbeat ipvsadm ldirectord
		printf 'systemctl --no-reload disable %s.service\n' drbd heartbeat ldirectord
		printf 'systemctl stop %s.service\n' drbd heartbeat ldirectord)" ]
	[[ "$(on 'tail -n 1 calls')" == *daemon-reload ]]
}

#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The source tarball, configure, and the packages, with Debian's rpm. What comes out on EL differs in its dist tag, the place
# of init scripts and documentation, and the library folder.

bats_require_minimum_version 1.5.0
load ../lib/vm
load ../lib/rpm

setup_file() {
	PK=$(rpm_packages 6.1)
	export PK
	tar -x -C "$BATS_FILE_TMPDIR" -f "$PK/../../../drbd-8.4.4.tar.gz"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	SRC=$BATS_FILE_TMPDIR/drbd-8.4.4
}

# package NAME : prints the file of the package that make has built
package() {
	find "$PK" -name "$1-[0-9]*.rpm"
}

# files NAME : prints mode, owner and path of what it holds
files() {
	rpm -qplv "$(package "$1")" | awk '{ sub(/^hacluste$/, "hacluster", $3); print $1, $3 ":" $4, $9 ($10 == "->" ? " -> " $11 : "") }'
}

@test "the tarball holds what configure and rpmbuild need, and the same commit gives the same bytes" {
	for file in configure Makefile COPYING README ChangeLog spec/drbd.spec.in; do [ -s "$SRC/$file" ]; done
	[ ! -e "$SRC/.git" ]
	mkdir again
	rpm_make "$PWD/again" dist
	cmp again/drbd-8.4.4.tar.gz "$PK/../../../drbd-8.4.4.tar.gz"
}

@test "configure --enable-spec --with-km gives the eight packages of DRBD 8.4.4" {
	"$SRC/configure" --enable-spec --with-km
	names() { rpmspec -q --qf '%{name}-%{version}-%{release}\n' --define 'dist .el6' "$@" | sort; }
	[ "$(names drbd.spec)" = "drbd-8.4.4-4.el6
drbd-bash-completion-8.4.4-4.el6
drbd-heartbeat-8.4.4-4.el6
drbd-pacemaker-8.4.4-4.el6
drbd-udev-8.4.4-4.el6
drbd-utils-8.4.4-4.el6
drbd-xen-8.4.4-4.el6" ]
	names --define 'kernelversion 2.6.32-431.el6.x86_64' drbd-km.spec |
		grep -qx 'drbd-km-2.6.32_431.el6.x86_64-8.4.4-4.el6'
	# the main package of the module has no files, so it is no package
	[ "$(grep -cx "%files" drbd-km.spec)" = 0 ]
	# and what rpmbuild makes of them: no ninth with debugging symbols
	kernel=$(vm_release 6.1)
	[ "$(cd "$PK" && echo drbd*)" = "$(echo drbd-8.4.4-4.x86_64.rpm drbd-{bash-completion,heartbeat,km-"${kernel//-/_}",pacemaker,udev,utils,xen}-8.4.4-4.x86_64.rpm)" ]
	[ "$(rpmspec -q --qf '[%{=name}: %{requires}\n]' drbd.spec | grep '^drbd:' | xargs)" = \
		"drbd: drbd-bash-completion drbd: drbd-heartbeat drbd: drbd-pacemaker drbd: drbd-udev drbd: drbd-utils drbd: drbd-xen" ]
}

@test "configure leaves out of the packages what it is told to" {
	"$SRC/configure" --enable-spec --without-xen --without-udev --with-rgmanager --without-suite
	[ "$(rpmspec -q --qf '%{name} ' drbd.spec | xargs -n 1 | sort | xargs)" = \
		"drbd drbd-bash-completion drbd-heartbeat drbd-pacemaker drbd-rgmanager drbd-utils" ]
	[ "$(echo *.spec)" = drbd.spec ]
}

@test "configure says what is missing, and refuses what it does not know" {
	run -1 env FLEX=no-such-flex "$SRC/configure"
	[[ "$output" == *"this is missing:"*"flex (package flex)"* ]]
	run -1 env CC=no-such-cc "$SRC/configure" --enable-spec
	[[ "$output" == *"a C compiler (no-such-cc) (package gcc)"* ]]
	for option in --with-frob --frob --prefix=/opt --sysconfdir=/usr/etc --with-legacy_utils --with-noarchsubpkg; do
		run -1 "$SRC/configure" "$option"
		[[ "$output" == *"configure: error: "*"${option%%=*}"* ]]
	done
	[ ! -e config.mk ]
}

@test "configure without arguments prepares make install" {
	cp -r "$SRC" src
	cd src
	./configure --without-suite --without-heartbeat --with-initdir=/etc/rc.d/init.d >/dev/null
	# shellcheck disable=SC2016 # for make
	printf 'include Makefile\nshow: ; @printf "%%s\\n" $(PROGRAMS) $(WANTED) $(INITDIR)\n' >show.mk
	run -0 make -s -f show.mk show
	[ "${lines[${#lines[@]} - 1]}" = /etc/rc.d/init.d ]
	[[ "$output" == *drbdmeta* ]]
	[[ ! "$output" =~ bin/ipvsadm|bin/ldirectord|send_arp|drbddisk ]]
	./configure --without-km >/dev/null
	run -0 make -s -f show.mk show
	[[ "$output" == *ipvsadm*ldirectord*:/etc/ha.d/resource.d/drbddisk* ]]
}

@test "ipvsadm and ldirectord: packages with exactly these files" {
	[ "$(files ipvsadm)" = "-rw-r--r-- root:root /etc/bash_completion.d/ipvsadm
-rwxr-xr-x root:root /etc/init.d/ipvsadm
-rw------- root:root /etc/sysconfig/ipvsadm-config
-rwxr-xr-x root:root /sbin/ipvsadm
-rwxr-xr-x root:root /sbin/ipvsadm-restore
-rwxr-xr-x root:root /sbin/ipvsadm-save
-rw-r--r-- root:root /usr/lib/systemd/system/ipvsadm.service
drwxr-xr-x root:root /usr/share/doc/ipvsadm-1.31
-rw-r--r-- root:root /usr/share/doc/ipvsadm-1.31/COPYING
-rw-r--r-- root:root /usr/share/doc/ipvsadm-1.31/README
-rw-r--r-- root:root /usr/share/man/man8/ipvsadm-restore.8.gz
-rw-r--r-- root:root /usr/share/man/man8/ipvsadm-save.8.gz
-rw-r--r-- root:root /usr/share/man/man8/ipvsadm.8.gz" ]
	[ "$(files ldirectord)" = "drwxr-xr-x root:root /etc/ha.d
drwxr-xr-x root:root /etc/ha.d/resource.d
lrwxrwxrwx root:root /etc/ha.d/resource.d/ldirectord -> /usr/sbin/ldirectord
-rwxr-xr-x root:root /etc/init.d/ldirectord
-rw-r--r-- root:root /etc/logrotate.d/ldirectord
-rw-r--r-- root:root /usr/lib/systemd/system/ldirectord.service
-rwxr-xr-x root:root /usr/sbin/ldirectord
drwxr-xr-x root:root /usr/share/doc/ldirectord
drwxr-xr-x root:root /usr/share/doc/ldirectord-4.12.0
-rw-r--r-- root:root /usr/share/doc/ldirectord-4.12.0/COPYING
-rw-r--r-- root:root /usr/share/doc/ldirectord-4.12.0/README
-rw-r--r-- root:root /usr/share/doc/ldirectord/ldirectord.cf
-rw-r--r-- root:root /usr/share/man/man8/ldirectord.8.gz" ]
	[ "$(rpm -qpc "$(package ipvsadm)" | xargs)" = "/etc/bash_completion.d/ipvsadm /etc/sysconfig/ipvsadm-config" ]
	rpm -qpR "$(package ldirectord)" | grep -qx ipvsadm
}

@test "heartbeat: packages with exactly these files" {
	[ "$(files heartbeat)" = "drwxr-xr-x root:root /etc/ha.d
-rwxr-xr-x root:root /etc/ha.d/harc
drwxr-xr-x root:root /etc/ha.d/rc.d
-rwxr-xr-x root:root /etc/ha.d/rc.d/status
drwxr-xr-x root:root /etc/ha.d/resource.d
-rwxr-xr-x root:root /etc/ha.d/resource.d/AudibleAlarm
-rwxr-xr-x root:root /etc/ha.d/resource.d/Delay
-rwxr-xr-x root:root /etc/ha.d/resource.d/Filesystem
-rwxr-xr-x root:root /etc/ha.d/resource.d/ICP
-rwxr-xr-x root:root /etc/ha.d/resource.d/IPaddr
-rwxr-xr-x root:root /etc/ha.d/resource.d/IPaddr2
-rwxr-xr-x root:root /etc/ha.d/resource.d/IPsrcaddr
-rwxr-xr-x root:root /etc/ha.d/resource.d/IPv6addr
-rwxr-xr-x root:root /etc/ha.d/resource.d/LVM
-rwxr-xr-x root:root /etc/ha.d/resource.d/LVSSyncDaemonSwap
-rwxr-xr-x root:root /etc/ha.d/resource.d/LinuxSCSI
-rwxr-xr-x root:root /etc/ha.d/resource.d/MailTo
-rwxr-xr-x root:root /etc/ha.d/resource.d/OCF
-rwxr-xr-x root:root /etc/ha.d/resource.d/Raid1
-rwxr-xr-x root:root /etc/ha.d/resource.d/SendArp
-rwxr-xr-x root:root /etc/ha.d/resource.d/ServeRAID
-rwxr-xr-x root:root /etc/ha.d/resource.d/WAS
-rwxr-xr-x root:root /etc/ha.d/resource.d/WinPopup
-rwxr-xr-x root:root /etc/ha.d/resource.d/Xinetd
-rwxr-xr-x root:root /etc/ha.d/resource.d/apache
-rwxr-xr-x root:root /etc/ha.d/resource.d/db2
-rw-r--r-- root:root /etc/ha.d/resource.d/hto-mapfuncs
-rwxr-xr-x root:root /etc/ha.d/resource.d/ids
-rwxr-xr-x root:root /etc/ha.d/resource.d/portblock
-rw-r--r-- root:root /etc/ha.d/shellfuncs
-rwxr-xr-x root:root /etc/init.d/heartbeat
-rw-r--r-- root:root /etc/logrotate.d/heartbeat
-rwxr-xr-x root:root /usr/bin/cl_respawn
-r-xr-sr-x root:haclient /usr/bin/cl_status
-rw-r--r-- root:root /usr/lib/systemd/system/heartbeat.service
drwxr-xr-x root:root /usr/share/doc/heartbeat-3.0.6
-rw-r--r-- root:root /usr/share/doc/heartbeat-3.0.6/COPYING
-rw-r--r-- root:root /usr/share/doc/heartbeat-3.0.6/README
drwxr-xr-x root:root /usr/share/heartbeat
lrwxrwxrwx root:root /usr/share/heartbeat/ResourceManager -> /usr/lib64/heartbeat/ResourceManager
lrwxrwxrwx root:root /usr/share/heartbeat/hb_addnode -> /usr/lib64/heartbeat/hb_send
lrwxrwxrwx root:root /usr/share/heartbeat/hb_delnode -> /usr/lib64/heartbeat/hb_send
lrwxrwxrwx root:root /usr/share/heartbeat/hb_setsite -> /usr/lib64/heartbeat/hb_send
lrwxrwxrwx root:root /usr/share/heartbeat/hb_setweight -> /usr/lib64/heartbeat/hb_send
lrwxrwxrwx root:root /usr/share/heartbeat/hb_standby -> /usr/lib64/heartbeat/hb_send
lrwxrwxrwx root:root /usr/share/heartbeat/hb_takeover -> /usr/lib64/heartbeat/hb_send
lrwxrwxrwx root:root /usr/share/heartbeat/mach_down -> /usr/lib64/heartbeat/ResourceManager
lrwxrwxrwx root:root /usr/share/heartbeat/req_resource -> /usr/lib64/heartbeat/ResourceManager
-rw-r--r-- root:root /usr/share/heartbeat/resource-addr.sh
-rw-r--r-- root:root /usr/share/heartbeat/resource-lib.sh
-rw-r--r-- root:root /usr/share/man/man1/cl_status.1.gz
-rw-r--r-- root:root /usr/share/man/man1/hb_addnode.1.gz
-rw-r--r-- root:root /usr/share/man/man1/hb_delnode.1.gz
-rw-r--r-- root:root /usr/share/man/man1/hb_standby.1.gz
-rw-r--r-- root:root /usr/share/man/man1/hb_takeover.1.gz
-rw-r--r-- root:root /usr/share/man/man5/authkeys.5.gz
-rw-r--r-- root:root /usr/share/man/man5/ha.cf.5.gz
-rw-r--r-- root:root /usr/share/man/man5/haresources.5.gz
-rw-r--r-- root:root /usr/share/man/man8/heartbeat.8.gz
drwxr-xr-x hacluster:haclient /var/lib/heartbeat
drwxr-x--- hacluster:haclient /var/run/heartbeat" ]
	[ "$(files heartbeat-libs)" = "drwxr-xr-x root:root /usr/lib64/heartbeat
-rwxr-xr-x root:root /usr/lib64/heartbeat/ResourceManager
-rwxr-xr-x root:root /usr/lib64/heartbeat/dopd
-rwxr-xr-x root:root /usr/lib64/heartbeat/drbd-peer-outdater
-rwxr-xr-x root:root /usr/lib64/heartbeat/hb_send
-rwxr-xr-x root:root /usr/lib64/heartbeat/heartbeat
-rwxr-xr-x root:root /usr/lib64/heartbeat/ipfail
-rwxr-xr-x root:root /usr/lib64/heartbeat/send_arp
-rwxr-xr-x root:root /usr/lib64/heartbeat/send_ua" ]
	[ "$(files heartbeat-devel)" = "-rwxr-xr-x root:root /usr/lib64/heartbeat/api_test" ]
	rpm -qpR "$(package heartbeat)" | grep -qx 'heartbeat-libs = 3.0.6-1'
	rpm -qp --scripts "$(package heartbeat)" | grep -q 'useradd -r -g haclient .* hacluster'
}

@test "drbd: seven packages with exactly these files, and what they need of each other" {
	[ "$(files drbd)" = "drwxr-xr-x root:root /usr/share/doc/drbd-8.4.4
-rw-r--r-- root:root /usr/share/doc/drbd-8.4.4/COPYING
-rw-r--r-- root:root /usr/share/doc/drbd-8.4.4/ChangeLog
-rw-r--r-- root:root /usr/share/doc/drbd-8.4.4/README" ]
	[ "$(files drbd-utils)" = "-rw-r--r-- root:root /etc/drbd.conf
drwxr-xr-x root:root /etc/drbd.d
-rw-r--r-- root:root /etc/drbd.d/global_common.conf
-rwxr-xr-x root:root /etc/init.d/drbd
drwxr-xr-x root:root /usr/lib/drbd
lrwxrwxrwx root:root /usr/lib/drbd/notify-emergency-reboot.sh -> /usr/lib/drbd/notify.sh
lrwxrwxrwx root:root /usr/lib/drbd/notify-emergency-shutdown.sh -> /usr/lib/drbd/notify.sh
lrwxrwxrwx root:root /usr/lib/drbd/notify-io-error.sh -> /usr/lib/drbd/notify.sh
lrwxrwxrwx root:root /usr/lib/drbd/notify-out-of-sync.sh -> /usr/lib/drbd/notify.sh
lrwxrwxrwx root:root /usr/lib/drbd/notify-pri-lost-after-sb.sh -> /usr/lib/drbd/notify.sh
lrwxrwxrwx root:root /usr/lib/drbd/notify-pri-lost.sh -> /usr/lib/drbd/notify.sh
lrwxrwxrwx root:root /usr/lib/drbd/notify-pri-on-incon-degr.sh -> /usr/lib/drbd/notify.sh
lrwxrwxrwx root:root /usr/lib/drbd/notify-split-brain.sh -> /usr/lib/drbd/notify.sh
-rwxr-xr-x root:root /usr/lib/drbd/notify.sh
-rwxr-xr-x root:root /usr/lib/drbd/outdate-peer.sh
-rwxr-xr-x root:root /usr/lib/drbd/snapshot-resync-target-lvm.sh
lrwxrwxrwx root:root /usr/lib/drbd/unsnapshot-resync-target-lvm.sh -> /usr/lib/drbd/snapshot-resync-target-lvm.sh
-rw-r--r-- root:root /usr/lib/systemd/system/drbd.service
-rwxr-xr-x root:root /usr/sbin/drbd-overview
-rwxr-xr-x root:root /usr/sbin/drbdadm
-rwxr-xr-x root:root /usr/sbin/drbdmeta
-rwxr-xr-x root:root /usr/sbin/drbdsetup
drwxr-xr-x root:root /usr/share/doc/drbd-utils-8.4.4
-rw-r--r-- root:root /usr/share/doc/drbd-utils-8.4.4/COPYING
-rw-r--r-- root:root /usr/share/doc/drbd-utils-8.4.4/ChangeLog
-rw-r--r-- root:root /usr/share/doc/drbd-utils-8.4.4/README
-rw-r--r-- root:root /usr/share/doc/drbd-utils-8.4.4/drbd.conf.example
-rw-r--r-- root:root /usr/share/man/man5/drbd.conf.5.gz
-rw-r--r-- root:root /usr/share/man/man8/drbd.8.gz
-rw-r--r-- root:root /usr/share/man/man8/drbdadm.8.gz
-rw-r--r-- root:root /usr/share/man/man8/drbdmeta.8.gz
-rw-r--r-- root:root /usr/share/man/man8/drbdsetup.8.gz
drwxr-xr-x root:root /var/lib/drbd" ]
	[ "$(files drbd-heartbeat)" = "-rwxr-xr-x root:root /etc/ha.d/resource.d/drbddisk
-rwxr-xr-x root:root /etc/ha.d/resource.d/drbdupper
-rw-r--r-- root:root /usr/share/man/man8/drbddisk.8.gz" ]
	[ "$(files drbd-pacemaker)" = "-rwxr-xr-x root:root /usr/lib/drbd/crm-fence-peer.sh
lrwxrwxrwx root:root /usr/lib/drbd/crm-unfence-peer.sh -> /usr/lib/drbd/crm-fence-peer.sh
-rwxr-xr-x root:root /usr/lib/drbd/stonith_admin-fence-peer.sh
-rwxr-xr-x root:root /usr/lib/ocf/resource.d/linbit/drbd" ]
	[ "$(files drbd-udev)" = "-rw-r--r-- root:root /etc/udev/rules.d/65-drbd.rules" ]
	[ "$(files drbd-xen)" = "-rwxr-xr-x root:root /etc/xen/scripts/block-drbd" ]
	[ "$(files drbd-bash-completion)" = "-rw-r--r-- root:root /etc/bash_completion.d/drbdadm" ]
	[ "$(rpm -qpc "$(package drbd-utils)" | xargs)" = "/etc/drbd.conf /etc/drbd.d/global_common.conf" ]
	for name in heartbeat pacemaker udev xen bash-completion; do
		rpm -qpR "$(package drbd-$name)" | grep -qx "drbd-utils = 8.4.4-4"
	done
	rpm -qp --conflicts "$(package drbd-utils)" | grep -qx 'drbd < 8.3.6'
}

@test "drbd-km: the module for the kernel that is asked for, and clear words where it cannot be built" {
	kernel=$(vm_release 6.1)
	kdir=$(vm_kdir 6.1)
	name=drbd-km-${kernel//-/_}
	[ "$(files "$name")" = "drwxr-xr-x root:root /lib/modules/$kernel
drwxr-xr-x root:root /lib/modules/$kernel/updates
-rw-r--r-- root:root /lib/modules/$kernel/updates/drbd.ko
drwxr-xr-x root:root /usr/share/doc/$name-8.4.4
-rw-r--r-- root:root /usr/share/doc/$name-8.4.4/COPYING
-rw-r--r-- root:root /usr/share/doc/$name-8.4.4/ChangeLog
-rw-r--r-- root:root /usr/share/doc/$name-8.4.4/k-config-$kernel.gz" ]
	[ "$(rpm -qpR "$(package "$name")" | grep -v rpmlib | sort -u | xargs)" = "/bin/sh /sbin/depmod drbd-utils = 8.4.4 kernel" ]
	[ "$(rpm -qp --conflicts "$(package "$name")")" = "drbd-kmod <= 8.4.4_3" ]
	mkdir km bare
	km() { rpm_make "$PWD/km" "rpm-$1" "RPMOPT=--define 'kernelversion $2' ${*:3}"; }
	run -1 km drbd-km 2.6.32-431.el6.x86_64
	[[ "$output" == *"no headers of kernel 2.6.32-431.el6.x86_64: install kernel-devel-2.6.32-431.el6.x86_64, or name them"* ]]
	run -1 km drbd-km 2.6.32-431.el6.x86_64 --define "'kdir $kdir'"
	[[ "$output" == *"$kdir is of kernel $kernel, not of 2.6.32-431.el6.x86_64"* ]]
	run -1 km drbd-kernel "$kernel" --define "'kdir $PWD/bare'"
	[[ "$output" == *"$PWD/bare is of kernel unknown, not of $kernel"* ]]
	run -1 km drbd-km "$kernel" --define "'kdir $kdir'" --define "'signkey /etc/hosts'"
	[[ "$output" == *"the module cannot be signed: no ''; --define 'signkey FILE' and 'signcert FILE' go together"* ]]
	run -1 km drbd-km "$kernel" --define "'kdir $kdir'" --define "'signkey /nowhere'" --define "'signcert /etc/hosts'"
	[[ "$output" == *"the module cannot be signed: no '/nowhere'"* ]]
}

@test "rpmlint has no error to report" {
	"$SRC/configure" --enable-spec --with-km >/dev/null
	rpmlint -c "$SRC/spec/rpmlint.toml" ./*.spec "$PK"/*.rpm >lint || { cat lint; false; }
	grep -E " 0 errors" lint
}

# The macros of rpm 4.8 that the specs use, and nothing else that a newer rpm has
@test "the specs are understood by an rpm that knows the macros of EL 6 alone" {
	"$SRC/configure" --enable-spec --with-km >/dev/null
	mkdir buildroot
	for spec in *.spec; do
		# rpm itself writes to stderr what it does not like
		run -0 --separate-stderr rpmspec --rcfile /usr/lib/rpm/rpmrc --macros "$BATS_TEST_DIRNAME/../data/rpm-el6.macros" -P "$spec"
		[ -z "$stderr" ]
		# what is left of a macro that nobody knows, but the sections' names
		run grep -E '%[{(?!]|%[a-z_]+' <<<"$(sed -E '/^%(package|description|prep|build|install|clean|pre|post|preun|postun|files|defattr|attr|dir|exclude|config|doc|ghost|changelog)/d' <<<"$output")"
		[ -z "$output" ]
	done
}

@test "nothing is needed to build but what EL 6 and 7 have" {
	cd "$SRC/spec"
	[ "$(sed -n 's/^BuildRequires: //p' ./*.in | xargs -n 1 | sort -u | xargs)" = "flex gcc libnl3-devel make openssl-devel popt-devel" ]
	[ "$(sed -n 's/^BuildRequires: //p' drbd*.in | xargs -n 1 | sort -u | xargs)" = "flex gcc make" ]
}

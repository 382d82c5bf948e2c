#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The source tarball, configure, and the packages, with Debian's rpm. What comes out on EL differs in its dist tag, the place
# of init scripts and documentation, and the library folder.

bats_require_minimum_version 1.5.0
load ../lib/vm

setup_file() {
	export TREE=$BATS_TEST_DIRNAME/../.. R=$BATS_FILE_TMPDIR/build
	cd "$TREE" || return
	# a checkout of its own, so that nobody's build is touched; what stands there uncommitted is not in the tarball
	git clone -q "$TREE" "$BATS_FILE_TMPDIR/tree"
	make -s -C "$BATS_FILE_TMPDIR/tree" O="$R" dist
	tar -x -C "$BATS_FILE_TMPDIR" -f "$R/drbd-8.4.4.tar.gz"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	SRC=$BATS_FILE_TMPDIR/drbd-8.4.4
}

# package NAME : prints the file of the package that make has built
package() {
	find "$R/rpm/RPMS" -name "$1-[0-9]*.rpm"
}

# files NAME : prints mode, owner and path of what it holds
files() {
	rpm -qplv "$(package "$1")" | awk '{ sub(/^hacluste$/, "hacluster", $3); print $1, $3 ":" $4, $9 ($10 == "->" ? " -> " $11 : "") }'
}

@test "the tarball holds what configure and rpmbuild need, and the same commit gives the same bytes" {
	for file in configure Makefile COPYING README ChangeLog spec/drbd.spec.in; do [ -s "$SRC/$file" ]; done
	[ ! -e "$SRC/.git" ]
	sum=$(sha256sum <"$R/drbd-8.4.4.tar.gz")
	rm "$R/drbd-8.4.4.tar.gz"
	make -s -C "$BATS_FILE_TMPDIR/tree" O="$R" dist
	[ "$sum" = "$(sha256sum <"$R/drbd-8.4.4.tar.gz")" ]
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
	make -s -C "$BATS_FILE_TMPDIR/tree" O="$R" rpm-ipvsadm rpm-ldirectord >build.log 2>&1 || { tail -n 30 build.log; false; }
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
-rw-r--r-- root:root /usr/share/man/man8/ipvsadm-restore.8
-rw-r--r-- root:root /usr/share/man/man8/ipvsadm-save.8
-rw-r--r-- root:root /usr/share/man/man8/ipvsadm.8" ]
	[ "$(files ldirectord)" = "drwxr-xr-x root:root /etc/ha.d
drwxr-xr-x root:root /etc/ha.d/resource.d
lrwxrwxrwx root:root /etc/ha.d/resource.d/ldirectord -> /usr/sbin/ldirectord
-rwxr-xr-x root:root /etc/init.d/ldirectord
-rw-r--r-- root:root /etc/logrotate.d/ldirectord
-rw-r--r-- root:root /usr/lib/systemd/system/ldirectord.service
-rwxr-xr-x root:root /usr/sbin/ldirectord
drwxr-xr-x root:root /usr/share/doc/ldirectord-4.12.0
-rw-r--r-- root:root /usr/share/doc/ldirectord-4.12.0/COPYING
-rw-r--r-- root:root /usr/share/doc/ldirectord-4.12.0/README
-rw-r--r-- root:root /usr/share/doc/ldirectord/ldirectord.cf
-rw-r--r-- root:root /usr/share/man/man8/ldirectord.8" ]
	[ "$(rpm -qpc "$(package ipvsadm)" | xargs)" = "/etc/bash_completion.d/ipvsadm /etc/sysconfig/ipvsadm-config" ]
	rpm -qpR "$(package ldirectord)" | grep -qx ipvsadm
}

@test "heartbeat: packages with exactly these files" {
	make -s -C "$BATS_FILE_TMPDIR/tree" O="$R" rpm-heartbeat >build.log 2>&1 || { tail -n 30 build.log; false; }
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
-rwxr-xr-x root:root /usr/share/heartbeat/ResourceManager
lrwxrwxrwx root:root /usr/share/heartbeat/hb_addnode -> /usr/share/heartbeat/hb_send
lrwxrwxrwx root:root /usr/share/heartbeat/hb_delnode -> /usr/share/heartbeat/hb_send
-rwxr-xr-x root:root /usr/share/heartbeat/hb_send
lrwxrwxrwx root:root /usr/share/heartbeat/hb_setsite -> /usr/share/heartbeat/hb_send
lrwxrwxrwx root:root /usr/share/heartbeat/hb_setweight -> /usr/share/heartbeat/hb_send
lrwxrwxrwx root:root /usr/share/heartbeat/hb_standby -> /usr/share/heartbeat/hb_send
lrwxrwxrwx root:root /usr/share/heartbeat/hb_takeover -> /usr/share/heartbeat/hb_send
lrwxrwxrwx root:root /usr/share/heartbeat/mach_down -> /usr/share/heartbeat/ResourceManager
lrwxrwxrwx root:root /usr/share/heartbeat/req_resource -> /usr/share/heartbeat/ResourceManager
-rw-r--r-- root:root /usr/share/heartbeat/resource-addr.sh
-rw-r--r-- root:root /usr/share/heartbeat/resource-lib.sh
-rw-r--r-- root:root /usr/share/man/man1/cl_status.1
-rw-r--r-- root:root /usr/share/man/man1/hb_addnode.1
-rw-r--r-- root:root /usr/share/man/man1/hb_delnode.1
-rw-r--r-- root:root /usr/share/man/man1/hb_standby.1
-rw-r--r-- root:root /usr/share/man/man1/hb_takeover.1
-rw-r--r-- root:root /usr/share/man/man5/authkeys.5
-rw-r--r-- root:root /usr/share/man/man5/ha.cf.5
-rw-r--r-- root:root /usr/share/man/man5/haresources.5
-rw-r--r-- root:root /usr/share/man/man8/heartbeat.8
drwxr-xr-x hacluster:haclient /var/lib/heartbeat
drwxr-xr-x hacluster:haclient /var/run/heartbeat" ]
	[ "$(files heartbeat-libs)" = "drwxr-xr-x root:root /usr/lib64/heartbeat
-rwxr-xr-x root:root /usr/lib64/heartbeat/api_test
-rwxr-xr-x root:root /usr/lib64/heartbeat/dopd
-rwxr-xr-x root:root /usr/lib64/heartbeat/drbd-peer-outdater
-rwxr-xr-x root:root /usr/lib64/heartbeat/heartbeat
-rwxr-xr-x root:root /usr/lib64/heartbeat/ipfail
-rwxr-xr-x root:root /usr/lib64/heartbeat/send_arp
-rwxr-xr-x root:root /usr/lib64/heartbeat/send_ua" ]
	rpm -qpR "$(package heartbeat)" | grep -qx 'heartbeat-libs = 3.0.6-1'
	rpm -qp --scripts "$(package heartbeat)" | grep -q 'useradd -r -g haclient .* hacluster'
}

@test "drbd: seven packages with exactly these files, and what they need of each other" {
	make -s -C "$BATS_FILE_TMPDIR/tree" O="$R" rpm-drbd >build.log 2>&1 || { tail -n 30 build.log; false; }
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
-rw-r--r-- root:root /usr/share/man/man5/drbd.conf.5
-rw-r--r-- root:root /usr/share/man/man8/drbd.8
-rw-r--r-- root:root /usr/share/man/man8/drbdadm.8
-rw-r--r-- root:root /usr/share/man/man8/drbdmeta.8
-rw-r--r-- root:root /usr/share/man/man8/drbdsetup.8
drwxr-xr-x root:root /var/lib/drbd" ]
	[ "$(files drbd-heartbeat)" = "-rwxr-xr-x root:root /etc/ha.d/resource.d/drbddisk
-rwxr-xr-x root:root /etc/ha.d/resource.d/drbdupper
-rw-r--r-- root:root /usr/share/man/man8/drbddisk.8" ]
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

@test "the packages install, verify and go without a trace but changed configuration" {
	root=$PWD/root
	mkdir "$root"
	on() { rpm --root "$root" --dbpath /db --noscripts --nodeps "$@"; }
	drbd="drbd drbd-utils drbd-heartbeat drbd-pacemaker drbd-udev drbd-xen drbd-bash-completion"
	# shellcheck disable=SC2046,SC2086 # lists of words
	on -ivh $(for name in ipvsadm ldirectord $drbd; do package $name; done)
	[ "$("$root/sbin/ipvsadm" --version)" = "ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)" ]
	# shellcheck disable=SC2086
	on -V ipvsadm ldirectord $drbd
	echo '# ours' >>"$root/etc/sysconfig/ipvsadm-config"
	on -Uvh --force "$(package ipvsadm)"
	grep -qx '# ours' "$root/etc/sysconfig/ipvsadm-config"
	echo '# ours' >>"$root/etc/drbd.d/global_common.conf"
	# shellcheck disable=SC2086
	on -e ipvsadm ldirectord $drbd
	[ "$(find "$root" -path "$root/db" -prune -o ! -type d -printf '%P\n' | sort | xargs)" = \
		"etc/drbd.d/global_common.conf.rpmsave etc/sysconfig/ipvsadm-config.rpmsave" ]
}

@test "drbd-km: the module for the kernel that is asked for, and clear words where it cannot be built" {
	kernel=$(vm_release 6.1)
	kdir=$(vm_kdir 6.1)
	km() { # rpmbuild's --define...
		make -s -C "$BATS_FILE_TMPDIR/tree" O="$R" rpm-drbd-km RPMOPT="$*" >build.log 2>&1 || { cat build.log; return 1; }
	}
	run -1 km --define "'kernelversion 2.6.32-431.el6.x86_64'"
	[[ "$output" == *"no headers of kernel 2.6.32-431.el6.x86_64: install kernel-devel-2.6.32-431.el6.x86_64, or name them"* ]]
	run -1 km --define "'kernelversion 2.6.32-431.el6.x86_64'" --define "'kdir $kdir'"
	[[ "$output" == *"$kdir is of kernel $kernel, not of 2.6.32-431.el6.x86_64"* ]]
	run -0 km --define "'kernelversion $kernel'" --define "'kdir $kdir'"
	name=drbd-km-${kernel//-/_}
	[ "$(files "$name")" = "-rw-r--r-- root:root /lib/modules/$kernel/updates/drbd.ko
drwxr-xr-x root:root /usr/share/doc/$name-8.4.4
-rw-r--r-- root:root /usr/share/doc/$name-8.4.4/COPYING
-rw-r--r-- root:root /usr/share/doc/$name-8.4.4/ChangeLog
-rw-r--r-- root:root /usr/share/doc/$name-8.4.4/k-config-$kernel.gz" ]
	rpm -qpR "$(package "$name")" | grep -qx 'drbd-utils = 8.4.4'
	mkdir root
	rpm --root "$PWD/root" --dbpath /db --noscripts --nodeps -ivh "$(package "$name")"
	[ "$(modinfo -F vermagic "root/lib/modules/$kernel/updates/drbd.ko" | cut -d' ' -f1)" = "$kernel" ]
}

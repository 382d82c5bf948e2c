# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# A root of its own for each test of packages: an overlay of the full Debian root, with namespaces of its own, where `on` runs
# commands and `put` leaves files. rpm's database knows what that root has, so dependencies are checked. Needs vm.bash,
# root.bash, rpm.bash, and IMAGE=$(vm_root) BASE=$(rpm_base "$IMAGE").

rpm_root_start() { # needs IMAGE and BASE
	cd "$BATS_TEST_TMPDIR" || return
	ROOT=$PWD/root
	mkdir lower upper work root
	# The first process of the namespaces takes in orphans; all of them end with it.
	# shellcheck disable=SC2016 # for that shell
	unshare -m -n -u -i -p -f --kill-child bash -c '
		mount -o ro,loop,noload "$1" lower && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work none root &&
		mount -t proc proc root/proc && mount -t sysfs sys root/sys && mount -t tmpfs tmpfs root/run && mkdir -p root/run/lock &&
		mount --bind /dev root/dev && hostname server1 && ip link set lo up && touch ready && sleep 3600 & wait $!' \
		_ "$IMAGE" >holder.log 2>&1 3>&- &
	HOLDER=$!
	until [ -e ready ]; do
		[ -d "/proc/$HOLDER" ] || { cat holder.log; return 1; }
		sleep 0.05
	done
	put debian-base.rpm <"$BASE"
	on 'rpm -i --force-debian debian-base.rpm && rm debian-base.rpm'
}

rpm_root_end() {
	kill -KILL "$HOLDER"
	wait "$HOLDER" 2>/dev/null || [ $? -eq 137 ]
}

# rpm_root_compiler KERNEL : what the root's own /usr has not comes from this machine's, so that there are a compiler and dkms;
# the headers of that kernel are where modules look for them, and it seems to run
rpm_root_compiler() {
	local release headers
	release=$(vm_release "$1") && headers=$(vm_kernel "$1") || return
	mkdir usr.upper usr.work
	# shellcheck disable=SC2016 # for the shell in there
	nsenter --mount="/proc/$HOLDER/ns/mnt" bash -ec 'cd "$1"
		mount -t overlay -o lowerdir=root/usr:/usr,upperdir=usr.upper,workdir=usr.work none root/usr
		mkdir -p "root$2"
		mount --bind "$2" "root$2" && mount -o remount,bind,ro "root$2"' _ "$PWD" "$headers" || return
	on "mkdir -p /lib/modules/$release /var/lib/dkms && ln -s $(vm_kdir "$1") /lib/modules/$release/build"
	put /usr/bin/uname 755 <<-END
		#!/bin/sh
		[ "\$*" != -r ] && exec busybox uname "\$@"
		echo $release
	END
}

# provide NAME... : rpm believes that packages with these names are installed
provide() {
	{
		printf '%s: %s\n' Name "debian-$1" Version 12 Release 1 License none BuildArch noarch Summary "$1"
		printf 'Provides: %s\n' "$@"
		printf '%%description\n%s\n%%files\n' "$1"
	} >provide.spec
	rpmbuild --quiet -bb --define "_topdir $PWD/provide" provide.spec
	put provide.rpm <"provide/RPMS/noarch/debian-$1-12-1.noarch.rpm"
	on 'rpm -i --force-debian provide.rpm && rm provide.rpm'
}

# on COMMAND : in the root
on() {
	env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin nsenter --mount="/proc/$HOLDER/ns/mnt" --net="/proc/$HOLDER/ns/net" --uts="/proc/$HOLDER/ns/uts" \
		--pid="/proc/$HOLDER/ns/pid_for_children" chroot "$ROOT" /bin/bash -c "cd /root; $1" 3>&-
}
# put FILE [MODE] : standard input, in the root's /root or where a path says
put() {
	case $1 in /*) ;; *) set -- "/root/$1" "${2-644}" ;; esac
	on "mkdir -p '${1%/*}' && cat >'$1' && chmod ${2-644} '$1'"
}
# recorder PROGRAM : notes how it is called
recorder() {
	put "$1" 755 <<-'END'
		#!/bin/sh
		echo "${0##*/} $*" >>/root/calls
	END
}

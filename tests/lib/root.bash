# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The full root for machines of vm.bash: Debian 12 with SysV init, built once from this file and kept outside the checkout; a
# change of this file is a new image. Needs root and the package mirror.
#
#   image=$(vm_root) && vm_start a 6.1 --root "$image" ...    boots with /sbin/init; vm_exec answers when runlevel 2 is there
#
# Each machine writes to an overlay of its own, which stays over vm_kill and vm_stop as its disks do. --programs and --files
# go into that root at each start, without libraries; --modules become its /lib/modules. MariaDB and Apache are not started
# at boot: that is for the cluster.

ROOT_PACKAGES='sysvinit-core sysv-rc initscripts insserv bash busybox-static kmod e2fsprogs xfsprogs mount procps psmisc lsof less
	iproute2 net-tools iputils-ping iputils-arping netbase curl ethtool tcpdump rpm cpio gawk perl python3-minimal
	rsyslog mariadb-server mariadb-client apache2
	libpopt0 libnl-3-200 libnl-genl-3-200 libssl3 libglib2.0-0'

HA_CACHE=${HA_CACHE:-$HOME/.cache/classic-ha}
ROOT_RECIPE=${BASH_SOURCE[0]}

root_build() { # FOLDER IMAGE : FOLDER is made, and left, on the way
	local dir=$1 image=$2 include
	include=$(tr -s ' \t\n' , <<<"$ROOT_PACKAGES")
	# it hands a descriptor to a shell that knows one digit
	mmdebstrap --mode=root --variant=minbase --include="${include%,}" \
		--aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "3"' \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
		bookworm "$dir" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- || return
	chroot "$dir" update-rc.d mariadb disable && chroot "$dir" update-rc.d apache2 disable || return
	# no terminals but the agent, which comes when the runlevel is complete
	sed -i -e '/getty/d' "$dir/etc/inittab" && echo 'vm:2345:respawn:/vm/init agent' >>"$dir/etc/inittab" || return
	echo '/dev/root / ext4 defaults 0 0' >"$dir/etc/fstab"
	echo '127.0.0.1 localhost' >"$dir/etc/hosts"
	rm -f "$dir/etc/hostname" "$dir/etc/resolv.conf"
	mkdir -p "$dir/vm"
	truncate -s 4G "$image" && mkfs.ext4 -q -F -m 0 -d "$dir" "$image"
}

vm_root() { # prints the image
	local to
	to=$HA_CACHE/root-$(sha256sum <"$ROOT_RECIPE" | cut -c1-16)
	if [ ! -e "$to" ]; then
		mkdir -p "$HA_CACHE"
		(
			flock 9
			[ ! -e "$to" ] || exit 0
			dir=$(mktemp -d "$HA_CACHE/root-new.XXXXXX") && root_build "$dir/root" "$dir/image" >&2 && mv "$dir/image" "$to"
			code=$?
			rm -rf --one-file-system "$dir"
			exit $code
		) 9>"$HA_CACHE/.root-lock" || return
	fi
	echo "$to"
}

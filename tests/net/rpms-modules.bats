#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The module's packages, built for Debian's kernels: installed by rpm in a root (tests/lib/rpm_root.bash), then loaded by the
# kernels that they are for.

bats_require_minimum_version 1.5.0
load ../lib/vm
load ../lib/root
load ../lib/rpm
load ../lib/rpm_root

setup_file() {
	PK=$(rpm_packages 6.1)
	IMAGE=$(vm_root)
	BASE=$(rpm_base "$IMAGE")
	export PK IMAGE BASE
}

setup() {
	rpm_root_start
	put utils.rpm <"$(echo "$PK"/drbd-utils-*.rpm)"
	put km.rpm <"$(echo "$PK"/drbd-km-*.rpm)"
}
teardown() {
	vm_cleanup
	rpm_root_end
}

# A kernel's folder as its own package leaves it, with the modules that ours and the machine need
kernel_in_root() { # VERSION
	local release kernel file
	release=$(vm_release "$1")
	kernel=$(vm_kernel "$1")
	for file in libcrc32c virtio_pci virtio_console virtio_blk virtio_net; do
		vm_stage_module "$PWD/stage" "$kernel" "$release" "$file"
	done
	cp "$kernel/lib/modules/$release"/modules.{order,builtin,builtin.modinfo} "stage/lib/modules/$release"
	tar -c -C stage lib/modules | on 'tar -x -C /usr'
	rm -r stage
}

# modules_of VERSION : the root's folder of that kernel, for vm_run --files
modules_of() {
	local release
	release=$(vm_release "$1")
	mkdir -p "for.$1"
	on "tar -c -C /lib/modules/$release --exclude build ." | tar -x -C "for.$1"
	echo "$PWD/for.$1:/lib/modules/$release"
}

@test "section 1 of the walkthrough gives eight packages, which stand beside another kernel's module; each loads" {
	a=$(vm_release 6.1) b=$(vm_release 6.12)
	rpm_root_compiler 6.12
	provide gcc make flex
	kernel_in_root 6.1
	kernel_in_root 6.12
	put drbd-8.4.4.tar.gz <"$PK/../../../drbd-8.4.4.tar.gz"
	on 'mkdir -p ~/rpmbuild/SOURCES
		set -e
		cp drbd-8.4.4.tar.gz ~/rpmbuild/SOURCES/
		tar zxf drbd-8.4.4.tar.gz && cd drbd-8.4.4
		./configure --enable-spec --with-km
		rpmbuild -bb drbd.spec          # user land
		rpmbuild -bb drbd-km.spec       # kernel module' >build.log 2>&1 || { tail -n 40 build.log; false; }
	[ "$(on 'ls ~/rpmbuild/RPMS/x86_64')" = "drbd-8.4.4-4.x86_64.rpm
drbd-bash-completion-8.4.4-4.x86_64.rpm
drbd-heartbeat-8.4.4-4.x86_64.rpm
drbd-km-${b//-/_}-8.4.4-4.x86_64.rpm
drbd-pacemaker-8.4.4-4.x86_64.rpm
drbd-udev-8.4.4-4.x86_64.rpm
drbd-utils-8.4.4-4.x86_64.rpm
drbd-xen-8.4.4-4.x86_64.rpm" ]
	put "/lib/modules/$a/extra/drbd.ko" <<<"the distribution's"
	on 'rpm -ivh ~/rpmbuild/RPMS/x86_64/* km.rpm'
	for release in "$a" "$b"; do
		on "modprobe -n -v -S $release drbd" | grep -qx "insmod /lib/modules/$release/updates/drbd.ko *"
	done
	on "test -e /lib/modules/$a/extra/drbd.ko.orig"
	# shellcheck disable=SC2016 # for the root's shell
	[ -z "$(on 'rpm -V $(rpm -qa "drbd*")')" ]
	for version in 6.1 6.12; do
		run -0 vm_run $version --files "$(modules_of $version)" --programs kmod:/usr/sbin/modprobe \
			<<<'uname -r; modprobe drbd && grep ^version /proc/drbd && modprobe -r drbd'
		[[ "$output" == "$(vm_release $version)"*"version: 8.4.4 "* ]]
	done
	# neither is for the kernel that runs, which has no say in this root but here
	run ! on '/etc/init.d/drbd start'
	[[ "$output" == *"Can not load the drbd module."* ]]
	on "rpm -e drbd-km-${a//-/_}"
	run ! on "modprobe -n -S $a drbd"
	on "modprobe -n -S $b drbd"
}

@test "kmod-drbd, signed, and drbd-dkms take drbd-km's place, and their modules load" {
	a=$(vm_release 6.1)
	rpm_root_compiler 6.1
	kernel_in_root 6.1
	openssl req -new -x509 -newkey rsa:2048 -nodes -subj "/CN=the site" -keyout key -out cert 2>openssl.log || { cat openssl.log; false; }
	# as on EL, whose macro rpm does not have here
	mkdir other
	rpm_make "$PWD/other" rpm-drbd-kernel rpm-drbd-dkms "RPMOPT=--define 'rhel 6' --define 'kernelversion $a' \
		--define 'kdir $(vm_kdir 6.1)' --define 'signkey $PWD/key' --define 'signcert $PWD/cert'"
	put kmod.rpm <"$(echo "$PWD"/other/rpm/RPMS/x86_64/kmod-drbd-*.rpm)"
	put dkms.rpm <"$(echo "$PWD"/other/rpm/RPMS/noarch/drbd-dkms-*.rpm)"

	put /sbin/weak-modules 755 <<<$'#!/bin/sh\n{ echo "weak-modules $*"; cat; } >>/root/calls'
	on 'rpm -ivh utils.rpm kmod.rpm'
	on "modprobe -n -v -S $a drbd" | grep -qx "insmod /lib/modules/$a/extra/drbd/drbd.ko *"
	[ "$(on 'cat /etc/depmod.d/drbd.conf calls; rm calls')" = "override drbd * weak-updates
weak-modules --add-modules
/lib/modules/$a/extra/drbd/drbd.ko" ]
	run ! on 'rpm -ivh km.rpm'
	[[ "$output" == *"conflicts with"* ]]
	on "cat /lib/modules/$a/extra/drbd/drbd.ko" >signed.ko
	[ "$(modinfo -F signer signed.ko)" = "the site" ]
	on 'rpm -Uvh --replacepkgs kmod.rpm; rm calls; rpm -e kmod-drbd'
	[ "$(on 'cat calls; rm calls')" = "weak-modules --remove-modules
/lib/modules/$a/extra/drbd/drbd.ko" ]

	run ! on 'rpm -ivh dkms.rpm'
	[[ "$output" == *"dkms is needed by drbd-dkms"* ]]
	provide dkms gcc make
	on 'rpm -ivh dkms.rpm' >dkms.log 2>&1 || { cat dkms.log; false; }
	on "modprobe -n -v -S $a drbd" | grep -qx "insmod /lib/modules/$a/updates/.*drbd.ko *" || { cat dkms.log; false; }
	[[ "$(on "dkms status drbd -k $a")" == *8.4.4*installed* ]]
	run -0 vm_run 6.1 --files "$(modules_of 6.1)" --files "$PWD/signed.ko:/root/signed.ko" --programs kmod:/usr/sbin/modprobe <<-'END'
		try() { "$@" && cat /sys/module/drbd/srcversion && grep -o "^version: 8.4.4" /proc/drbd && modprobe -r drbd; }
		try modprobe drbd && try insmod /root/signed.ko || exit
		# who trusts no key but the kernel's own is told which of the two it is
		echo 1 >/sys/module/module/parameters/sig_enforce
		insmod /root/signed.ko || dmesg | tail -n 1
	END
	[[ "$output" == *"version: 8.4.4"*"version: 8.4.4"*"module with unavailable key is rejected"* ]]
	on 'rpm -e drbd-dkms; test ! -e /usr/src/drbd-8.4.4'
	run ! on "modprobe -n -S $a drbd"
}

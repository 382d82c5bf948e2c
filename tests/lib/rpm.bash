# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Our packages of the last commit, and Debian roots that take them by plain `rpm -ivh`. Needs vm.bash and root.bash.
#
#   dir=$(rpm_packages 6.1)   the folder with all packages, drbd-km for each kernel named; built once a commit, ~40 s
#   base=$(rpm_base "$(vm_root)")   one package more, without files: it tells rpm's database what that root has, so that
#                             dependencies are checked; install it first
#
# In a machine, so that scriptlets run where they will run, and what rpm says can be shown:
#
#   vm_start server1 6.1 --root "$(vm_root)" --files "$dir:/root/rpms" --files "$base:/root/debian-base.rpm" ...
#   vm_exec server1 'rpm -i /root/debian-base.rpm && rpm -ivh /root/rpms/*.rpm'
#
# They stay over vm_kill and vm_start, as all that is on the root's disk; drbd.ko alone has to be among --modules then.
#
#   root_install_rpms ROOT RPM...   the same with a mounted ROOT, by chroot

rpm_make() { # FOLDER ARGUMENT... : our make, not that which runs the tests
	local dir=$1
	shift
	env -u MAKEFLAGS -u MFLAGS -u MAKEOVERRIDES -u MAKELEVEL -u SANITIZE make -s -C "$VM_HOME" O="$dir" "$@" >"$dir/log" 2>&1 ||
		{ tail -n 40 "$dir/log" >&2; return 1; }
}

rpm_packages() { # KERNEL...
	local head dir version kernel
	head=$(git -C "$VM_HOME" rev-parse HEAD) || return
	dir=${O:-$VM_HOME/build}/packages
	mkdir -p "$dir"
	(
		flock 9
		if [ "$(cat "$dir/head" 2>/dev/null)" != "$head" ]; then
			rm -rf "$dir/rpm" "$dir/head"
			rpm_make "$dir" dist rpm-drbd rpm-heartbeat rpm-ldirectord rpm-ipvsadm || exit
			echo "$head" >"$dir/head"
		fi
		for version; do
			kernel=$(vm_release "$version") || exit
			[ -z "$(find "$dir/rpm/RPMS" -name "drbd-km-${kernel//-/_}-*.rpm")" ] || continue
			rpm_make "$dir" rpm-drbd-km "RPMOPT=--define 'kernelversion $kernel' --define 'kdir $(vm_kdir "$version")'" || exit
		done
	) 9>"$dir/.lock" || return
	echo "$dir"/rpm/RPMS/*
}

# What a root has, in the words of EL's packages: shared libraries, programs by their path, and by name what
# Debian calls otherwise. Its kernel comes from outside, its device nodes from devtmpfs.
rpm_base_provides() { # ROOT
	local word
	find "$1/usr/lib/x86_64-linux-gnu" -maxdepth 1 -type f -name '*.so*' | /usr/lib/rpm/elfdeps --provides || return
	echo 'rtld(GNU_HASH)'
	for word in "$1"/usr/bin/* "$1"/usr/sbin/*; do
		word=${word#"$1"/usr}
		printf '%s\n' "$word" "/usr$word"
	done
	printf '%s\n' kernel udev
	for word in passwd:shadow-utils kmod:kmod; do
		[ ! -e "$1/var/lib/dpkg/info/${word%:*}.list" ] || echo "${word#*:}"
	done
}

rpm_base_build() { # IMAGE FOLDER
	mkdir -p "$2/root" || return
	# shellcheck disable=SC2016 # for the shell with mounts of its own
	unshare -m bash -c 'mount -o ro,loop,noload "$1" "$2" && rpm_base_provides "$2"' _ "$1" "$2/root" | sort -u >"$2/provides" || return
	{
		printf '%s: %s\n' Name debian-base Version 12 Release 1 License none BuildArch noarch Summary "What the root has"
		sed 's/^/Provides: /' "$2/provides"
		printf '%%description\nTells what this Debian has.\n%%files\n'
	} >"$2/base.spec" || return
	rpmbuild -bb --define "_topdir $2/top" "$2/base.spec" >"$2/log" 2>&1 || { cat "$2/log" >&2; return 1; }
	cp "$2"/top/RPMS/noarch/debian-base-12-1.noarch.rpm "$2/base.rpm"
}

rpm_base() { # IMAGE : kept beside it
	local to dir
	to=$1-base-$(sha256sum <"${BASH_SOURCE[0]}" | cut -c1-8).rpm
	if [ ! -e "$to" ]; then
		dir=$(mktemp -d "$HA_CACHE/base-new.XXXXXX") || return
		(set -o pipefail; export -f rpm_base_provides; rpm_base_build "$1" "$dir") && mv "$dir/base.rpm" "$to"
		local code=$?
		rm -rf --one-file-system "$dir"
		[ $code -eq 0 ] || return $code
	fi
	echo "$to"
}

root_install_rpms() { # ROOT RPM...
	local root=$1 code
	shift
	mkdir "$root/root/rpms.new" && cp "$@" "$root/root/rpms.new/" || return
	HOME=/root chroot "$root" sh -c 'cd /root/rpms.new && rpm -ivh ./*.rpm'
	code=$?
	rm -r "$root/root/rpms.new"
	return $code
}

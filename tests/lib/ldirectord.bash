# Helpers for the tests of ldirectord: Debian's original, unpacked privately, and a place of its own for every director.
# shellcheck shell=bash

: "${HA_CACHE:=$HOME/.cache/classic-ha}"
LD_ORIG=$HA_CACHE/ldirectord-orig

# Unpacks Debian's ldirectord with the Perl modules it needs, once.
ld_fetch_original() {
	local packages
	[ ! -e "$LD_ORIG/done" ] || return 0
	rm -rf "$LD_ORIG"
	mkdir -p "$LD_ORIG/deb"
	packages=$(apt-get -s install --no-install-recommends libwww-perl ldirectord | awk '/^Inst/ { print $2 }')
	# shellcheck disable=SC2086 # a list of words
	(cd "$LD_ORIG/deb" && apt-get download -qq $packages ldirectord libwww-perl) || return
	find "$LD_ORIG/deb" -name '*.deb' -exec dpkg -x {} "$LD_ORIG/root" \; || return
	[ -e "$LD_ORIG/root/usr/sbin/ldirectord" ] && touch "$LD_ORIG/done"
}

# Unpacks Debian's daemons that the checks are tried on, with the libraries they need, once.
LD_PEERS=$HA_CACHE/ldirectord-peers
ld_fetch_peers() {
	local packages names="nginx apache2-bin dnsmasq-base mariadb-server-core postgresql-15 slapd vsftpd"
	[ ! -e "$LD_PEERS/done" ] || return 0
	rm -rf "$LD_PEERS"
	mkdir -p "$LD_PEERS/deb"
	# shellcheck disable=SC2086 # a list of words
	packages=$(apt-get -s install --no-install-recommends $names | awk '/^Inst/ { print $2 }')
	# shellcheck disable=SC2086
	(cd "$LD_PEERS/deb" && apt-get download -qq $packages $names) || return
	find "$LD_PEERS/deb" -name '*.deb' -exec dpkg -x {} "$LD_PEERS/root" \; || return
	touch "$LD_PEERS/done"
}

ld_original() { # ARGS : runs it
	local root=$LD_ORIG/root
	PERL5LIB=$root/usr/share/perl5:$(printf '%s:' "$root"/usr/lib/*/perl5/* "$root"/usr/lib/*/perl5) \
		perl "$root/usr/sbin/ldirectord" "$@"
}

# ld_place COMMAND... : runs it with network, mounts, processes and /run of its own, a lo with 10.9.1.1-9, and the fake
# ipvsadm as /sbin/ipvsadm; all that it leaves running ends with it.
ld_place() {
	# shellcheck disable=SC2016 # for the inner shell
	FAKE_IPVSADM=$O/fake_ipvsadm unshare --net --mount --pid --fork --kill-child --mount-proc bash -c '
		set -e
		dir=$(mktemp -d /tmp/ld_place.XXXXXX)
		mount -t tmpfs tmpfs "$dir"
		mkdir "$dir/upper" "$dir/work"
		cp "$FAKE_IPVSADM" "$dir/upper/ipvsadm"
		mount -t overlay overlay -o "lowerdir=/usr/sbin,upperdir=$dir/upper,workdir=$dir/work" /usr/sbin
		mount -t tmpfs tmpfs /run
		ip link set lo up
		for i in 1 2 3 4 5 6 7 8 9; do ip addr add "10.9.1.$i/32" dev lo; done
		status=0
		"$@" || status=$?
		umount -l "$dir"
		rmdir "$dir"
		exit $status' place "$@"
}

# The table in short: the last number of each server with its weight, f for the fallback; "gone" without the service.
ld_table() {
	/usr/sbin/ipvsadm -S -n | awk '
		/^-A/ { there = 1 }
		/^-a/ { split($5, a, "[.:]"); who = a[1] == 127 ? "f" : a[4]; list[++n] = who "=" $8 }
		END {
			if (!there) { print "gone"; exit }
			for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (list[j] < list[i]) { t = list[i]; list[i] = list[j]; list[j] = t }
			line = n ? list[1] : "none"
			for (i = 2; i <= n; i++) line = line " " list[i]
			print line
		}'
}

# ld_until SECONDS WANT : waits until the table is that, and still is a little later
ld_until() {
	local left=$(($1 * 10)) have
	while [ "$left" -gt 0 ]; do
		have=$(ld_table)
		if [ "$have" = "$2" ]; then
			sleep "${LD_SETTLE:-1.2}"
			have=$(ld_table)
			[ "$have" != "$2" ] || return 0
		fi
		sleep 0.1
		left=$((left - 1))
	done
	echo "table is '$have', want '$2'"
	return 1
}

# Helpers for the tests of ldirectord: Debian's original, unpacked privately, and a place of its own for every director.
# shellcheck shell=bash

: "${HA_CACHE:=$HOME/.cache/classic-ha}"
LD_ORIG=$HA_CACHE/ldirectord-original

# Unpacks Debian's ldirectord with the Perl modules it needs, for http over IPv6 too, once.
ld_fetch_original() {
	local packages wanted="ldirectord libwww-perl libnet-inet6glue-perl"
	mkdir -p "$LD_ORIG/deb"
	(
		flock 9
		[ ! -e "$LD_ORIG/done" ] || exit 0
		# shellcheck disable=SC2086 # a list of words
		packages=$(apt-get -s install --no-install-recommends $wanted | awk '/^Inst/ { print $2 }')
		# shellcheck disable=SC2086
		(cd "$LD_ORIG/deb" && apt-get download -qq -o APT::Sandbox::User=root -o Acquire::Retries=3 $packages $wanted) || exit
		find "$LD_ORIG/deb" -name '*.deb' -exec dpkg -x {} "$LD_ORIG/root" \; || exit
		[ -e "$LD_ORIG/root/usr/sbin/ldirectord" ] && touch "$LD_ORIG/done"
	) 9>"$LD_ORIG/lock"
}

# Unpacks Debian's daemons that the checks are tried on, with the libraries they need, once for each list of them.
LD_PEER_PACKAGES="nginx apache2-bin dnsmasq-base mariadb-server-core postgresql-15 slapd vsftpd
	exim4-daemon-light dovecot-imapd dovecot-pop3d freeradius leafnode kamailio tinyproxy-bin"
LD_PEERS=$HA_CACHE/ldirectord-peers-$(cksum <<<"$LD_PEER_PACKAGES" | cut -d' ' -f1)
ld_fetch_peers() {
	local packages
	mkdir -p "$LD_PEERS/deb"
	(
		flock 9
		[ ! -e "$LD_PEERS/done" ] || exit 0
		# shellcheck disable=SC2086 # a list of words
		packages=$(apt-get -s install --no-install-recommends $LD_PEER_PACKAGES | awk '/^Inst/ { print $2 }')
		# shellcheck disable=SC2086
		(cd "$LD_PEERS/deb" && apt-get download -qq -o APT::Sandbox::User=root -o Acquire::Retries=3 $packages $LD_PEER_PACKAGES) || exit
		find "$LD_PEERS/deb" -name '*.deb' -exec dpkg -x {} "$LD_PEERS/root" \; || exit
		touch "$LD_PEERS/done"
	) 9>"$LD_PEERS/lock"
}

# ld_lay_peers FOLDER : within a place: their files stand where the programs look for them
ld_lay_peers() {
	mkdir -p "$1/layer/sbin"
	cp /usr/sbin/ipvsadm "$1/layer/sbin/"
	mount -t overlay overlay -o "lowerdir=$1/layer:$LD_PEERS/root/usr:/usr" /usr
}

# ld_user NAME FOLDER : within a place: there is such a user
ld_user() {
	cp /etc/passwd /etc/group "$2/"
	echo "$1:x:64000:64000::$2:/bin/sh" >>"$2/passwd"
	echo "$1:x:64000:" >>"$2/group"
	mount --bind "$2/passwd" /etc/passwd
	mount --bind "$2/group" /etc/group
}

ld_original() { # ARGS : runs it
	local root=$LD_ORIG/root
	PERL5LIB=$root/usr/share/perl5:$(printf '%s:' "$root"/usr/lib/*/perl5/* "$root"/usr/lib/*/perl5) \
		perl "$root/usr/sbin/ldirectord" "$@"
}

# ld_place COMMAND... : runs it with network, mounts, processes and /run of its own, a lo with 10.9.1.1-9 and fd09::1-9, and the fake
# ipvsadm (or LD_IPVSADM) as /sbin/ipvsadm; all that it leaves running ends with it.
ld_place() {
	# shellcheck disable=SC2016 # for the inner shell
	FAKE_IPVSADM=${LD_IPVSADM:-$O/fake_ipvsadm} unshare --net --mount --pid --fork --kill-child --mount-proc bash -c '
		set -e
		dir=$(mktemp -d /tmp/ld_place.XXXXXX)
		mount -t tmpfs tmpfs "$dir"
		mkdir "$dir/upper" "$dir/work"
		cp "$FAKE_IPVSADM" "$dir/upper/ipvsadm"
		mount -t overlay overlay -o "lowerdir=/usr/sbin,upperdir=$dir/upper,workdir=$dir/work" /usr/sbin
		mount -t tmpfs tmpfs /run
		ip link set lo up
		for i in 1 2 3 4 5 6 7 8 9; do printf "addr add %s dev lo\n" "10.9.1.$i/32" "fd09::$i/128"; done | ip -batch -
		status=0
		"$@" || status=$?
		umount -l "$dir"
		rmdir "$dir"
		exit $status' place "$@"
}

# ld_play WHO HISTORIES FOLDER : plays all histories on one director, LD_JOBS at a time, each in a place of its own, those with the
# most steps first. The tables go to FOLDER (see ld_history.bash); prints what failed.
ld_play() {
	local who=$1 histories=$2 folder=$3 name failed=0
	export -f ld_place
	export O HA_CACHE
	mkdir -p "$folder/out"
	# shellcheck disable=SC2016 # for the inner shell
	awk '/^case /{ name = $2 } /^> .* = /{ steps[name]++ } END { for (name in steps) print steps[name], name }' "$histories" |
		sort -k 1,1nr -k 2 | cut -d' ' -f2 | LD_RECORD=$folder xargs -P "${LD_JOBS:-10}" -I{} bash -c \
		'ld_place "$0" "$1" "$2" "$4" >"$3/$4.$1" 2>&1 || echo "$4" >>"$3/failed.$1"' \
		"${LD_TESTS:-tests}/lib/ld_history.bash" "$who" "$histories" "$folder/out" {}
	[ -e "$folder/out/failed.$who" ] || return 0
	while read -r name; do
		failed=$((failed + 1))
		cat "$folder/out/$name.$who"
	done <"$folder/out/failed.$who"
	echo "$failed histories failed"
	return 1
}

# ld_same_tables HISTORIES FOLDER WHO WHO : both had the same tables after every step of every history; prints how many
ld_same_tables() {
	local name steps=0 histories=0 more
	while read -r name; do
		more=$(grep -c '^after: ' "$2/$name.$3") || return
		diff "$2/$name.$3" "$2/$name.$4" || { echo "history $name differs"; return 1; }
		steps=$((steps + more)) histories=$((histories + 1))
	done < <(sed -n 's/^case //p' "$1")
	echo "$steps steps of $histories histories: the same"
}

# The table in short: the last number of each server with its weight, f for the fallback; "gone" without the service.
ld_table() {
	/usr/sbin/ipvsadm -S -n | awk '
		/^-A/ { there = 1 }
		/^-a/ {
			for (i = 1; i < NF; i++) { if ($i == "-r") who = $(i + 1); else if ($i == "-w") weight = $(i + 1) }
			local = who ~ /^(127\.|\[::1\])/
			sub(/\]?:[0-9]+$/, "", who)
			sub(/.*[.:]/, "", who)
			list[++n] = (local ? "f" : who) "=" weight
		}
		END {
			if (!there) { print "gone"; exit }
			for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (list[j] < list[i]) { t = list[i]; list[i] = list[j]; list[j] = t }
			line = n ? list[1] : "none"
			for (i = 2; i <= n; i++) line = line " " list[i]
			print line
		}'
}

# ld_until SECONDS WANT : waits until the table is that, and still is LD_SETTLE seconds later
ld_until() {
	local end=$((SECONDS + $1)) have
	while [ $SECONDS -lt $end ]; do
		have=$(ld_table)
		if [ "$have" = "$2" ]; then
			sleep "${LD_SETTLE:-1.2}"
			have=$(ld_table)
			[ "$have" != "$2" ] || return 0
		fi
		sleep "${LD_POLL:-0.1}"
	done
	echo "table is '$have', want '$2'"
	return 1
}

# ld_exim DIR ADDRESS : the first lines of an exim4's configuration, DIR/exim.conf; it listens on ADDRESS, its spool is in DIR
ld_exim() {
	mkdir "$1/spool"
	ld_user Debian-exim "$1"
	chown Debian-exim "$1/spool"
	cat >"$1/exim.conf" <<-END
		primary_hostname = peer.example
		keep_environment =
		spool_directory = $1/spool
		log_file_path = $1/spool/%slog
		pid_file_path = $1/pid
		local_interfaces = $2
		tls_advertise_hosts =
		host_lookup =
	END
}

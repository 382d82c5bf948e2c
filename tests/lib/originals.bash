# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Debian's originals, unpacked privately so that they never stand in the way of ours.
#
#   original PACKAGE [PACKAGE...]   unpacks them, once, with what they depend on and this machine has not installed;
#                                   prints the folder: .../originals/<first package>-<version>
#   original_run FOLDER PROGRAM...  runs FOLDER/PROGRAM with the libraries and Perl modules of that folder

HA_CACHE=${HA_CACHE:-$HOME/.cache/classic-ha}

original_unpack() { # FOLDER PACKAGE... : these alone
	local to=$1 deb
	shift
	mkdir -p "$to/deb" && cd "$to/deb" || return
	apt-get download -qq -o APT::Sandbox::User=root -o Acquire::Retries=3 "$@" || return
	for deb in *.deb; do dpkg -x "$deb" "$to" || return; done
	rm -r "$to/deb"
}

original() { # PACKAGE...
	local to=$HA_CACHE/originals version depends
	version=$(apt-cache policy "$1" | sed -n 's/^  Candidate: //p')
	[ -n "$version" ] || { echo "original: no package $1 in the package lists" >&2; return 1; }
	# a colon would part the folder's name in a PATH
	to+=/$1-${version#*:}
	if [ ! -d "$to" ]; then
		mkdir -p "$HA_CACHE/originals"
		(
			flock 9
			[ ! -d "$to" ] || exit 0
			depends=$(apt-get -s install --no-install-recommends "$@" | awk '/^Inst/ { print $2 }')
			# shellcheck disable=SC2046,SC2086 # lists of words
			rm -rf "$to.new" && original_unpack "$to.new" $(printf '%s\n' "$@" $depends | sort -u) >&2 && mv "$to.new" "$to"
		) 9>"$HA_CACHE/originals/.lock" || return
	fi
	echo "$to"
}

# FOLDER : where its libraries are, as in LD_LIBRARY_PATH
original_libraries() { echo "$1/usr/lib/x86_64-linux-gnu:$1/lib/x86_64-linux-gnu:$1/usr/lib:$1/lib"; }

original_run() { # FOLDER PROGRAM ARGUMENT...
	local root=$1 program=$2
	shift 2
	LD_LIBRARY_PATH=$(original_libraries "$root") \
		PERL5LIB=$root/usr/share/perl5:$(printf '%s:' "$root"/usr/lib/*/perl5/* "$root"/usr/lib/*/perl5) \
		"$root/$program" "$@"
}

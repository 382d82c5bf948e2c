#!/bin/bash
# Installs what building and testing needs: --deb "package..." --el "package...". Says what it installs;
# does nothing where all is there.
set -eu
deb='' el=''
while [ $# -gt 0 ]; do
	case $1 in
	--deb) deb=$2 ;;
	--el) el=$2 ;;
	*) echo "deps: unknown argument $1" >&2; exit 2 ;;
	esac
	shift 2
done

missing() { # QUERY PACKAGE... : the packages that QUERY does not know as installed
	local query=$1 package
	shift
	for package in "$@"; do
		$query "$package" 2>/dev/null | grep -q '^install ok installed$' || echo "$package"
	done
}
deb_installed() { dpkg-query -W -f '${Status}\n' "$1"; }
rpm_installed() { rpm -q --whatprovides "$1" >/dev/null && echo "install ok installed"; }

if command -v apt-get >/dev/null; then
	# shellcheck disable=SC2086 # a list of words
	want=$(missing deb_installed $deb)
	[ -n "$want" ] || { echo "deps: everything is installed"; exit 0; }
	echo "deps: apt-get install $want"
	apt-get update -qq -o Acquire::Retries=3
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends $want >/dev/null
elif command -v rpm >/dev/null; then
	tool=$(command -v dnf || command -v yum)
	# shellcheck disable=SC2086
	want=$(missing rpm_installed $el)
	[ -n "$want" ] || { echo "deps: everything is installed"; exit 0; }
	echo "deps: $tool install $want"
	# shellcheck disable=SC2086
	"$tool" -y -q install $want
else
	echo "deps: neither apt-get nor yum nor dnf here; install by hand: $deb" >&2
	exit 1
fi

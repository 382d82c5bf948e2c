#!/bin/bash
# Plays one history of tests/data/ldirectord/histories on one director, inside ld_place.
#   ld_history.bash original|ours|kernel FILE NAME     (kernel: ours over netlink) prints what happened; exit 0 if every step ended with the table it names
# With LD_RECORD=FOLDER the whole table after each step goes to FOLDER/NAME.WHO, for comparison.
set -u
here=$(dirname "$0")
# shellcheck source=tests/lib/ldirectord.bash
. "$here/ldirectord.bash"
who=$1 file=$2 name=$3
dir=$(mktemp -d "/run/ld.XXXXXX")
modes=$dir/modes maint=$dir/maint conf=$dir/$name.$who.cf
mkdir "$modes" "$maint"
# shellcheck disable=SC2016 # for the script
printf '#!/bin/sh\n[ $# = 4 ] && ! grep -q down "%s/$(echo "$3" | tr -d "[]")" 2>/dev/null\n' "$modes" >"$dir/check"
# shellcheck disable=SC2016
printf 'open(my $mode, "<", "%s/$ARGV[2]") or exit 0;\nexit(<$mode> =~ /down/ ? 1 : 0);\n' "$modes" >"$dir/check.pl"
chmod 755 "$dir/check"
export FAKE_IPVS_TABLE=$dir/table

# With LD_SIGNALS a running original gets the signal that its command would send: an emulated Perl needs seconds for that.
director() {
	case $who${LD_SIGNALS:+ by signal $2} in
	"original by signal stop") kill -TERM "$(cat "/run/ldirectord.${1##*/}.pid")" ;;
	"original by signal reload") kill -HUP "$(cat "/run/ldirectord.${1##*/}.pid")" ;;
	original*) ld_original "$@" ;;
	*) "$O/ldirectord" "$@" ;;
	esac
}

write_conf() { # what the history has gathered so far
	{
		[ "$who" != ours ] || echo "ipvsadm=/usr/sbin/ipvsadm"
		printf 'logfile="%s/log"\nchecktimeout=%d\nnegotiatetimeout=%d\ncheckinterval=1\n' "$dir" "${LD_TIMEOUT_S:-2}" "${LD_TIMEOUT_S:-2}"
		[ -z "$global" ] || printf '%s\n' "${global//MAINT/$maint}"
		printf '%s\n' "${sections//DIR/$dir}"
		echo
	} >"$conf.new"
	mv "$conf.new" "$conf"
}

set_default() {
	global='' sections=$'virtual=172.25.32.100:80\n\treal=10.9.1.1:8099 masq\n\treal=10.9.1.2:8099 masq 5'
}

serve() { # FIRST ADDRESS
	"$O/ld_server" 8099 "$1" 9 "$modes" >"$dir/ready.$1" &
	until grep -qs ready "$dir/ready.$1"; do sleep 0.05; done
}

step() { # ACTION ARGS...
	case $1 in
	start | stop | reload | restart) director "$conf" "$1" ;;
	write) write_conf ;;
	ipvsadm) /usr/sbin/ipvsadm "${@:2}" ;;
	touch) touch "$maint/$2" ;;
	rm) rm "$maint/$2" ;;
	ip) ip "${@:2}" ;;
	[1-9]) echo "${*:2}" | tee "$modes/10.9.1.$1" >"$modes/fd09::$1" ;;
	*) echo "unknown step $1"; return 1 ;;
	esac
}

# The servers of a service stand in the order in which they came, which is nobody's promise.
record() { # STEP
	[ -z "${LD_RECORD-}" ] || { echo "after: $1"; /usr/sbin/ipvsadm -S -n | sort; } >>"$LD_RECORD/$name.$who"
}

found=0
set_default
exec 3<"$file"
while IFS= read -r line <&3; do
	case $line in
	"case "*)
		[ "$found" = 0 ] || break
		[ "$line" != "case $name" ] || found=1
		;;
	"server") [ "$found" = 0 ] || { serve 10.9.1.1; serve fd09::1; } ;;
	"clear") [ "$found" = 0 ] || { global='' sections=''; } ;;
	"g "*) [ "$found" = 0 ] || global+=${global:+$'\n'}${line#g } ;;
	"s "*) [ "$found" = 0 ] || sections+=$'\n\t'${line#s } ;;
	"v "*) [ "$found" = 0 ] || sections+=${sections:+$'\n'}${line#v } ;;
	"> "*)
		[ "$found" = 1 ] || continue
		line=${line#> }
		[ -e "$conf" ] || write_conf
		# shellcheck disable=SC2086 # words
		step ${line%% = *} || echo "${line%% = *}: exit $?"
		if [ "$line" != "${line%% = *}" ] && ! ld_until "${LD_PATIENCE_S:-40}" "${line##* = }"; then
			echo "$name ($who) after: $line"
			echo "--- log"; cat "$dir/log"
			echo "--- table"; /usr/sbin/ipvsadm -L -n
			exit 1
		fi
		[ "$line" = "${line%% = *}" ] || record "$line"
		;;
	esac
done
[ "$found" = 1 ] || { echo "no history $name in $file"; exit 1; }
echo "$name ($who): ok"

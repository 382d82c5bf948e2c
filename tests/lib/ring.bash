#!/bin/bash
# Runs one ring of tests: unit programs and bats files, each with TAP output, and counts them.
#   ring.bash RING [-j N] FILE...   last line "N passed, N failed"; exit 1 if any failed or none ran
#   ring.bash total FOLDER          adds up the counts that rings have left in FOLDER
# A file that ends without its plan, or by a signal or after FILE_TIMEOUT_S, counts as one more failure.
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${O:=$PWD/build}" "${FILE_TIMEOUT_S:=1500}"
export O PATH="$O:$PATH"

sum_up() { # FILE... of lines "passed failed"
	awk '{ p += $1; f += $2 } END { printf "%d passed, %d failed\n", p, f; exit !(p > 0 && f == 0) }' "$@"
}

run_file() { # FILE OUT : TAP to OUT.tap, "passed failed" to OUT.count
	local file=$1 out=$2 status
	case $file in
	*.bats) timeout -k 10 "$FILE_TIMEOUT_S" bats --tap "$file" </dev/null >"$out.tap" 2>&1 ;;
	*) timeout -k 10 "$FILE_TIMEOUT_S" "$file" </dev/null >"$out.tap" 2>&1 ;;
	esac
	status=$?
	awk -v status=$status -v file="$file" '
		/^1\.\.[0-9]+/ { plan = substr($1, 4) + 0; planned = 1 }
		/^ok /     { passed++ }
		/^not ok / { failed++ }
		END {
			if (!planned || passed + failed != plan || (status && !failed)) failed++
			print passed + 0, failed + 0
		}' "$out.tap" >"$out.count"
	read -r passed failed <"$out.count"
	if [ "$failed" -gt 0 ]; then
		printf 'FAIL %s (%s passed, %s failed, exit %s)\n' "$file" "$passed" "$failed" "$status"
		# what failed and what it printed, not what passed
		awk '/^ok /{show=0} /^not ok /{show=1} show || !/^(ok|#|1\.\.)/' "$out.tap" | tail -n 120
	else
		printf 'pass %s (%s) %ss\n' "$file" "$passed" "$SECONDS"
	fi
}

if [ "$1" = total ]; then
	sum_up "$2"/*.count
	exit
fi

ring=$1
shift
jobs=1
if [ "${1-}" = -j ]; then jobs=$2; shift 2; fi
results=${RESULTS:-$O/results}
mkdir -p "$results"
rm -f "$results/$ring".*
for file; do
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do sleep 0.05; done
	( SECONDS=0; run_file "$file" "$results/$ring.$(basename "${file%.bats}")" ) &
done
wait
printf '%s: ' "$ring"
[ $# -gt 0 ] || { echo "0 passed, 0 failed"; exit 0; }
sum_up "$results/$ring".*.count

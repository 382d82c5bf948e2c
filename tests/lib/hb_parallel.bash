# Scenarios of two nodes mostly wait: they run several at a time from setup_file, and each test asks for its own result.
# shellcheck shell=bash

# hb_run_all JOBS : reads lines "NAME KIND1 KIND2" and runs them
hb_run_all() {
	local jobs=$1 name kind1 kind2 try pids=()
	local HB_RESULTS=$BATS_FILE_TMPDIR/results
	mkdir "$HB_RESULTS"
	while read -r name kind1 kind2; do
		while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do sleep 0.1; done
		(
			# the originals' time-outs are real time: what fails beside the others has a second try
			for try in 1 2; do
				status=0
				echo "try $try"
				timeout -k 5 240 tests/lib/hb_scenario.bash "$name" "$kind1" "$kind2" 2>&1 3>&- || status=$?
				[ "$status" != 0 ] || break
			done >"$HB_RESULTS/$name.$kind1.$kind2"
			echo "$status" >"$HB_RESULTS/$name.$kind1.$kind2.status"
		) &
		pids+=($!)
	done
	wait "${pids[@]}"
}

went() { # NAME KIND1 KIND2
	local status HB_RESULTS=$BATS_FILE_TMPDIR/results
	status=$(cat "$HB_RESULTS/$1.$2.$3.status")
	[ "$status" = 0 ] || cat "$HB_RESULTS/$1.$2.$3"
	[ "$status" = 0 ]
}

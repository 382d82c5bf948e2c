# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The test machines: Debian's kernels under qemu (emulated, needs no root), with a small initramfs of the programs
# and modules that the test names. `load ../lib/vm.bash` in bats; `vm_cleanup` in teardown.
#
#   vm_run KERNEL [OPTION...] [--script FILE]   one machine runs the script (standard input, if no --script is given): its output
#                                               and exit code are ours; kernel trouble is 125 with the console on stderr
#   vm_start NAME KERNEL [OPTION...]            a machine in the background; not within $(...) or bats' run
#   vm_exec NAME COMMAND [SECONDS]              runs a shell command in it: output and exit code; as many at once as you like
#   vm_wait NAME                                waits for the end of its --script, as vm_run does
#   vm_stop NAME  vm_kill NAME                  orderly power off; power cut. Disks stay, start again with vm_start
#   vm_net NET NAME NAME...                     an Ethernet of these machines' own, before they start with --net NET. PID:IFACE
#                                               in place of a name: a tap made in the network namespace of that process
#   vm_cable NAME N on|off                      pulls the plug of its eth<N>
#   vm_console NAME                             file of its kernel messages
#   vm_kernel 6.1  vm_kdir 6.1  vm_release 6.1  unpacked kernel package; KDIR for building modules; `uname -r`
# OPTION  --programs "P [P:/in/machine]..."     from $PATH or by file, with their libraries; /bin/sh is dash, busybox the rest
#         --modules "M [/file.ko]..."           for modprobe in the machine, with what they depend on; nothing is loaded by itself
#         --files SRC:DST                       a file or a folder (its contents)       --disk SIZE|FILE   /dev/vda, /dev/vdb...
#         --cut-disk SIZE|FILE                  a disk that keeps, loses or tears what was not flushed before vm_kill (by VM_SEED)
#         --net NET[=ADDRESS/BITS]              eth0, eth1...                           --mem MIB (256; root 768)    --smp N (1)
#         --patience SECONDS                    a hang is so long without output or answer (120, root 300)
#         --append "WORD..."                    for the kernel command line
#         --allow REGEX                         kernel message that is no trouble here  --script FILE      ends the machine at its end
#         --root IMAGE                          full root instead of busybox, see root.bash
# Anything of a panic, BUG, WARNING, Oops, lockdep, hung task or a lost machine makes the function that meets it fail with 125.

VM_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/lib/originals.bash
. "$VM_HOME/tests/lib/originals.bash"
VM_FAILED=125
VM_TROUBLE='Kernel panic|BUG: |WARNING: |Oops|general protection fault|INFO: task .* blocked for more|possible circular locking|'
VM_TROUBLE+='possible recursive locking|inconsistent lock state|suspicious RCU usage|soft lockup|self-detected stall|detected stalls|'
VM_TROUBLE+='UBSAN: |KASAN: |list_(add|del) corruption|refcount_t: |sleeping function called|scheduling while atomic|Unable to handle'

: "${VM_ROOT:=${BATS_TEST_TMPDIR:-${BATS_FILE_TMPDIR:-$(mktemp -d)}}/vm}"
# An emulated machine on a busy host is slow: its watchdogs wait longer. It can not tell how fast its TSC runs (it has been off by
# four times), so its clock is the HPET, which qemu keeps.
VM_CMDLINE='console=ttyS0 panic=-1 oops=panic loglevel=7 net.ifnames=0 mitigations=off no_timer_check tsc=unstable clocksource=hpet'
VM_CMDLINE+=' watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=120'

vm_dir() { # NAME : folder of a machine: console, out, result, answers, disk0...
	echo "$VM_ROOT/$1"
}
vm_console() { echo "$(vm_dir "$1")/console"; }

# --- kernels ---

vm_fetch_kernel() { # VERSION TO : the newest cloud kernel of that series with its headers
	local version=$1 to=$2 image headers
	image=$(apt-cache search --names-only "^linux-image-${version//./\\.}[.].*-cloud-amd64\$" | cut -d' ' -f1 | sort -V | tail -n 1)
	[ -n "$image" ] || { echo "vm: no linux-image-$version*-cloud-amd64 in the package lists; apt-get update" >&2; return 1; }
	headers=${image/image/headers}
	# shellcheck disable=SC2046 # a list of words
	(original_unpack "$to" "$image" "$headers" \
		$(apt-cache depends "$headers" | grep -oE 'linux-(headers-.*-common|kbuild-[^ ]*)' | sort -u)) || return
	find "$to/lib/modules" -name '*.ko.xz' -print0 | xargs -r0 -n 50 -P 2 xz -d
	depmod -b "$to" "${image#linux-image-}"
	# the headers look for their other half in /usr/src; a vmlinux there asks for pahole, which modules can do without
	sed -i "s,/usr/src/,$HA_CACHE/kernels/$version/usr/src/," "$to"/usr/src/linux-headers-*-cloud-amd64/Makefile
	rm -f "$to"/usr/src/linux-headers-*-cloud-amd64/vmlinux
}

vm_kernel() { # VERSION
	local version=$1 to=$HA_CACHE/kernels
	if [ ! -d "$to/$version" ]; then
		mkdir -p "$to"
		(
			flock 9
			[ ! -d "$to/$version" ] || exit 0
			rm -rf "$to/new.$version" && mkdir "$to/new.$version" &&
				vm_fetch_kernel "$version" "$to/new.$version" >&2 && mv "$to/new.$version" "$to/$version"
		) 9>"$to/.lock" || return
	fi
	echo "$to/$version"
}
vm_release() { local dir; dir=$(vm_kernel "$1") && basename "$dir"/lib/modules/*; }
vm_kdir() { local dir; dir=$(vm_kernel "$1") && echo "$dir"/usr/src/linux-headers-*-cloud-amd64; }

# --- what is in a machine ---

vm_libraries() { # PROGRAM : "PATH-WANTED FILE" of each shared library
	local path='' dir
	case $1 in
	"$HA_CACHE"/originals/*)
		dir=${1#"$HA_CACHE"/originals/}
		path=$(original_libraries "$HA_CACHE/originals/${dir%%/*}")
		;;
	esac
	LD_LIBRARY_PATH=$path ldd "$1" 2>/dev/null | awk -v program="$1" '
		/not found/ { print "vm: " program ": " $1 " not found" >"/dev/stderr"; exit 1 }
		$2 == "=>" && $3 ~ "^/" { print "/usr/lib/x86_64-linux-gnu/" $1, $3 }
		$1 ~ "^/" { print $1, $1 }'
}

vm_stage_program() { # STAGE PROGRAM[:DST] WITH-LIBRARIES
	local stage=$1 file=${2%%:*} dst=${2#*:} with_libraries=$3
	case $file in
	*/*) [ "$dst" != "$2" ] || dst=/usr/sbin/${file##*/} ;;
	*)
		file=$(command -v "$file") || { echo "vm: program $2 not found" >&2; return 1; }
		[ "$dst" != "$2" ] || dst=$file
		;;
	esac
	case $dst in /usr/*|/bin/*|/sbin/*|/lib/*|/etc/*|/opt/*) ;; *) dst=/usr/sbin/${dst##*/} ;; esac
	install -D "$file" "$stage$dst" || return
	[ -z "$with_libraries" ] || vm_stage_libraries "$stage" "$file"
}

vm_stage_libraries() { # STAGE FILE
	local stage=$1 file=$2 lib from
	vm_libraries "$file" >"$stage.libs" || return
	while read -r lib from; do
		[ -e "$stage$lib" ] || install -D "$from" "$stage$lib" || return
	done <"$stage.libs"
}

vm_stage_module() { # STAGE KERNEL-DIR RELEASE MODULE|FILE : with what it depends on
	local stage=$1 kernel=$2 release=$3 module=$4 file
	case $module in
	*/*)
		mkdir -p "$stage/lib/modules/$release/updates"
		strip --strip-debug -o "$stage/lib/modules/$release/updates/${module##*/}" "$module" || return
		for module in $(modinfo -F depends "$module" | tr , ' '); do
			[ -e "$stage/lib/modules/$release/updates/$module.ko" ] ||
				vm_stage_module "$stage" "$kernel" "$release" "$module" || return
		done
		;;
	*)
		modprobe -d "$kernel" -S "$release" --show-depends "$module" >"$stage.modules" || return
		while read -r _ file _; do
			case $file in /*) ;; *) continue ;; esac		# built in
			install -D -m 644 "$file" "$stage${file#"$kernel"}" || return
		done <"$stage.modules"
		;;
	esac
}

# --- running ---

vm_running() { # PID-FILE
	local pid state
	{ read -r pid <"$1" && read -r _ _ state _ <"/proc/$pid/stat" && [ "$state" != Z ]; } 2>/dev/null
}
vm_alive() { # DIR : the machine, or a disk that still settles what it had not flushed
	local file
	for file in "$1/pid" "$1"/disk*.pid; do
		! vm_running "$file" || return 0
	done
	return 1
}

vm_failed() { # NAME WHY : says so, with the end of the console
	local dir
	dir=$(vm_dir "$1")
	{
		printf 'vm %s: %s; the end of its console:\n' "$1" "$2"
		tail -n 60 "$dir/console" | tr -d '\r'
	} >&2
	return "$VM_FAILED"
}

vm_check() { # NAME : no trouble on its console
	local dir
	dir=$(vm_dir "$1")
	grep -aE "$VM_TROUBLE" "$dir/console" | grep -avE -- "$(cat "$dir/allow")" >"$dir/trouble" || return 0
	vm_failed "$1" "kernel trouble: $(head -n 1 "$dir/trouble" | tr -d '\r')"
}

# A disk whose unflushed writes a power cut endangers (tests/tools/cut_disk.c), until the machine ends.
vm_serve_disk() { # DIR N IMAGE
	local socket=$1/disk$2.sock
	rm -f "$socket"
	"${O:-$VM_HOME/build}/cut_disk" "$3" "$socket" "${VM_SEED:=$RANDOM}" </dev/null >"$1/disk$2.cut" 2>&1 3>&- 9>&- &
	echo $! >"$1/disk$2.pid"
	disown
	until [ -e "$socket" ]; do
		vm_running "$1/disk$2.pid" || { cat "$1/disk$2.cut" >&2; return 1; }
		sleep 0.02
	done
}

vm_start() { # NAME KERNEL OPTION...
	local name=$1 version=$2 dir kernel release stage files word mem='' smp=1 append='' programs='' modules=''
	local allow='^$' patience='' script='' root='' libraries=yes disks=0 nets=0 disk net
	local -a copies=() qemu=()
	dir=$(vm_dir "$name")
	kernel=$(vm_kernel "$version") && release=$(vm_release "$version") || return
	shift 2
	if vm_alive "$dir"; then echo "vm $name is running" >&2; return 1; fi
	mkdir -p "$dir"
	while [ $# -gt 1 ]; do
		case $1 in
		--programs) programs+=" $2" ;;
		--modules) modules+=" $2" ;;
		--files) copies+=("$2") ;;
		--disk|--cut-disk)
			disk=$2
			case $disk in
			*/*) ;;
			*) disk=$dir/disk$disks; [ -e "$disk" ] || truncate -s "$2" "$disk" || return ;;
			esac
			if [ "$1" = --cut-disk ]; then
				vm_serve_disk "$dir" "$disks" "$disk" || return
				disk=nbd:unix:$dir/disk$disks.sock
			fi
			qemu+=(-drive "if=none,id=disk$disks,file=$disk,format=raw" -device "virtio-blk-pci,drive=disk$disks")
			disks=$((disks + 1))
			;;
		--net)
			net=$VM_ROOT/net.${2%%=*}
			if [ ! -e "$net/$name.peer" ]; then echo "vm: $name is not on net ${2%%=*}" >&2; return 1; fi
			rm -f "$net/$name"
			qemu+=(-netdev "dgram,id=net$nets,local.type=unix,local.path=$net/$name,remote.type=unix,remote.path=$(cat "$net/$name.peer")")
			qemu+=(-device "virtio-net-pci,netdev=net$nets,id=eth$nets,romfile=,mac=$(cat "$net/$name.mac")")
			[ "$2" = "${2%%=*}" ] || append+=" vm.ip=eth$nets:${2#*=}"
			nets=$((nets + 1))
			;;
		--mem) mem=$2 ;;
		--smp) smp=$2 ;;
		--patience) patience=$2 ;;
		--append) append+=" $2" ;;
		--allow) allow=$2 ;;
		--script) script=$2 ;;
		--root) root=$2 ;;
		*) echo "vm: unknown option $1" >&2; return 2 ;;
		esac
		shift 2
	done
	[ $# -eq 0 ] || { echo "vm: $1 wants a value" >&2; return 2; }

	stage=$dir/stage files=$stage
	rm -rf "$stage" "$dir"/{pid,out,result,answers,console,ctl.in,ctl.out,mon.in,mon.out}
	mkdir -p "$stage"/{vm,usr/bin,usr/sbin,usr/lib/x86_64-linux-gnu,usr/lib64,files}
	for word in bin sbin lib lib64; do ln -s "usr/$word" "$stage/$word"; done
	ln -s vm/init "$stage/init"
	# a full root has its own libraries
	[ -z "$root" ] || { files=$stage/files libraries=''; }
	cp /bin/busybox "$VM_HOME/tests/kernel/init" "$stage/vm/" || return
	[ -z "$script" ] || install -m 755 "$script" "$stage/vm/script" || return
	ln -s dash "$stage/usr/bin/sh"
	for word in $([ -n "$root" ] || echo dash) $programs; do vm_stage_program "$files" "$word" "$libraries" || return; done
	for word in virtio_pci virtio_console virtio_blk virtio_net $modules; do
		vm_stage_module "$stage" "$kernel" "$release" "$word" || return
	done
	cp "$kernel/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} "$stage/lib/modules/$release/" || return
	depmod -b "$stage" "$release" || return
	for word in "${copies[@]+"${copies[@]}"}"; do
		mkdir -p "$(dirname "$files${word#*:}")"
		if [ -d "${word%%:*}" ]; then
			mkdir -p "$files${word#*:}" && cp -a "${word%%:*}/." "$files${word#*:}/" || return
		else
			cp -L "${word%%:*}" "$files${word#*:}" || return
		fi
	done
	(cd "$stage" && find . | cpio --quiet -o -H newc -R 0:0 >"$dir/initramfs") || return
	rm -rf "$stage"

	if [ -n "$root" ]; then
		[ -e "$dir/root.qcow2" ] || qemu-img create -q -f qcow2 -b "$root" -F raw "$dir/root.qcow2" || return
		qemu+=(-drive "if=none,id=root,file=$dir/root.qcow2,format=qcow2")
		qemu+=(-device "virtio-blk-pci,drive=root,serial=root")
		append+=" vm.root=1"
	fi
	mkfifo "$dir/ctl.in" "$dir/ctl.out" "$dir/mon.in" "$dir/mon.out" || return
	: >"$dir/console"
	echo "$allow" >"$dir/allow"
	echo "${patience:-$([ -n "$root" ] && echo 300 || echo 120)}" >"$dir/patience"
	qemu-system-x86_64 -nodefaults -no-reboot -display none -machine pc -accel tcg,thread=multi -cpu max -m "${mem:-$([ -n "$root" ] && echo 768 || echo 256)}" -smp "$smp" \
		-kernel "$kernel/boot/vmlinuz-$release" -initrd "$dir/initramfs" \
		-append "$VM_CMDLINE vm.name=$name$append" \
		-chardev "file,id=console,path=$dir/console" -serial chardev:console \
		-chardev "pipe,id=mon,path=$dir/mon" -mon chardev=mon \
		-device virtio-serial-pci,max_ports=8 \
		-chardev "pipe,id=ctl,path=$dir/ctl" -device virtserialport,chardev=ctl,name=ctl \
		-chardev "file,id=answers,path=$dir/answers" -device virtserialport,chardev=answers,name=answers \
		-chardev "file,id=out,path=$dir/out" -device virtserialport,chardev=out,name=out \
		-chardev "file,id=result,path=$dir/result" -device virtserialport,chardev=result,name=result \
		"${qemu[@]+"${qemu[@]}"}" </dev/null >"$dir/qemu.log" 2>&1 3>&- 9>&- &
	echo $! >"$dir/pid"
	disown
	# what is written to ctl.in before qemu has opened it would be lost; the chardevs open in their order
	until [ -e "$dir/result" ]; do
		vm_alive "$dir" || { cat "$dir/qemu.log" >&2; return 1; }
		sleep 0.02
	done
}

vm_progress() { # DIR : changes while the machine says anything
	stat -c %s "$1/console" "$1/out" "$1/answers" 2>/dev/null | tr '\n' ' '
}

vm_await_end() { # NAME : until qemu has ended
	local name=$1 dir patience last now since=$SECONDS
	dir=$(vm_dir "$name")
	patience=$(cat "$dir/patience")
	last=$(vm_progress "$dir")
	while vm_alive "$dir"; do
		sleep 0.1
		now=$(vm_progress "$dir")
		[ "$now" = "$last" ] || { last=$now since=$SECONDS; }
		if [ $((SECONDS - since)) -ge "$patience" ]; then
			vm_power_cut "$dir"
			vm_failed "$name" "hangs: no output for $patience s"
			return
		fi
	done
	vm_check "$name" || return
	[ ! -s "$dir/qemu.log" ] || cat "$dir/qemu.log" >&2
	[ -s "$dir/result" ] || vm_failed "$name" "lost: it ended without a result"
}

vm_wait() { # NAME
	local dir
	dir=$(vm_dir "$1")
	vm_await_end "$1" || { local code=$?; cat "$dir/out"; return $code; }
	cat "$dir/out"
	case $(cat "$dir/result") in
	"exit "*) return "$(sed -n 's/^exit //p' "$dir/result")" ;;
	*) return 0 ;;
	esac
}

vm_run() { # KERNEL OPTION...
	local kernel=$1 dir word with_script=''
	shift
	dir=$(vm_dir run)
	mkdir -p "$dir"
	for word; do [ "$word" != --script ] || with_script=1; done
	if [ -z "$with_script" ]; then
		{ echo '#!/bin/sh'; cat; } >"$dir/stdin"
		set -- "$@" --script "$dir/stdin"
	fi
	vm_start run "$kernel" "$@" && vm_wait run
}

vm_exec() { # NAME COMMAND [SECONDS]
	local name=$1 dir id patience end answer=''
	dir=$(vm_dir "$name")
	patience=${3:-$(cat "$dir/patience")}
	end=$((SECONDS + patience))
	id=$BASHPID.$RANDOM$RANDOM
	echo "$id $(printf '%s' "$2" | base64 -w 0)" 1<>"$dir/ctl.in" >&1
	until answer=$(grep -a "^$id .* \.\$" "$dir/answers" 2>/dev/null); do
		if ! vm_alive "$dir"; then vm_check "$name" && vm_failed "$name" "lost during: $2"; return; fi
		if [ $SECONDS -ge $end ]; then vm_failed "$name" "no answer in $patience s to: $2"; return; fi
		sleep 0.05
	done
	read -r _ id answer _ <<<"$answer"
	if [ "$answer" != . ]; then base64 -d <<<"$answer"; fi
	return "$id"
}

vm_stop() { # NAME
	local dir
	dir=$(vm_dir "$1")
	echo "stop -" 1<>"$dir/ctl.in" >&1
	vm_await_end "$1"
}

vm_power_cut() { # DIR
	vm_alive "$1" || return 0
	! vm_running "$1/pid" || kill -KILL "$(cat "$1/pid")"
	while vm_alive "$1"; do sleep 0.02; done
}
vm_kill() { # NAME
	vm_power_cut "$(vm_dir "$1")"
	vm_check "$1"
}

# --- networks ---

vm_net() { # NET NAME NAME... : two are joined by a cable, more by a hub, itself a qemu without machine
	local net name i=0 nr
	local -a hub=() in=()
	net=$VM_ROOT/net.$1
	mkdir -p "$net"
	nr=$(find "$VM_ROOT" -maxdepth 1 -name 'net.*' | wc -l)
	shift
	for name; do
		i=$((i + 1))
		case $name in
		*:*)
			in=(nsenter -t "${name%%:*}" --net)
			hub+=(-netdev "tap,id=d$i,ifname=${name#*:},script=no,downscript=no,vnet_hdr=off" -netdev "hubport,id=h$i,hubid=0,netdev=d$i")
			continue
			;;
		esac
		printf '52:54:00:00:%02x:%02x\n' "$nr" $i >"$net/$name.mac"
		echo "$net/$name.hub" >"$net/$name.peer"
		hub+=(-netdev "dgram,id=d$i,local.type=unix,local.path=$net/$name.hub,remote.type=unix,remote.path=$net/$name")
		hub+=(-netdev "hubport,id=h$i,hubid=0,netdev=d$i")
	done
	if [ $# -eq 2 ]; then
		echo "$net/$2" >"$net/$1.peer"
		echo "$net/$1" >"$net/$2.peer"
	else
		"${in[@]+"${in[@]}"}" qemu-system-x86_64 -machine none -nodefaults -display none "${hub[@]}" </dev/null >"$net/qemu.log" 2>&1 3>&- 9>&- &
		echo $! >"$net/pid"
		disown
	fi
}

vm_cable() { # NAME N on|off
	local dir
	dir=$(vm_dir "$1")
	echo "set_link eth$2 $3" 1<>"$dir/mon.in" >&1
}

vm_cleanup() { # ends all machines; fails if a kernel had trouble that nobody has met yet
	local dir code=0
	for dir in "$VM_ROOT"/*/; do
		dir=${dir%/}
		[ -e "$dir/pid" ] || continue
		vm_power_cut "$dir"
		[ ! -e "$dir/console" ] || [ -e "$dir/trouble" ] || vm_check "${dir##*/}" || code=$?
	done
	return $code
}

#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# resource.d: the scripts for services and the small helpers, on a real apache2, iptables and xinetd's files, and with fakes in
# the places of what this machine cannot have.

bats_require_minimum_version 1.5.0
load ../lib/resource

# An apache2 of its own on 127.0.0.1:8080: the configuration is /run/httpd.conf
httpd_conf() {
	cat <<-'END'
		mkdir -p /run/www /run/ap
		echo hello >/run/www/index.html
		m=/usr/lib/apache2/modules
		printf '%s\n' 'ServerRoot "/run/ap"' 'ServerName localhost' 'Listen 127.0.0.1:8080' 'DocumentRoot /run/www' \
			'ErrorLog /run/ap/error.log' "LoadModule mpm_event_module $m/mod_mpm_event.so" \
			"LoadModule authz_core_module $m/mod_authz_core.so" 'Include conf.d/*.conf' >/run/httpd.conf
		mkdir /run/ap/conf.d
		echo 'PidFile "httpd.pid"' >/run/ap/conf.d/pid.conf
		echo 'TransferLog "|/bin/cat >/dev/null"' >/run/ap/conf.d/log.conf
	END
}

@test "apache is started, found running by its answer, and stopped without a trace" {
	{ httpd_conf; cat <<-'END'
		act 7 "$RSC_STOPPED" apache /run/httpd.conf status
		act 0 "$RSC_OK" apache /run/httpd.conf start
		act 0 "$RSC_OK" apache /run/httpd.conf start
		act 0 "$RSC_RUNNING" apache /run/httpd.conf status
		[ -s /run/ap/httpd.pid ]
		tr '\0' ' ' </proc/$(cat /run/ap/httpd.pid)/cmdline | grep -q 'apache2 -DSTATUS -f /run/httpd.conf'
		act 0 "$RSC_OK" apache /run/httpd.conf stop
		act 0 "$RSC_OK" apache /run/httpd.conf stop
		act 7 "$RSC_STOPPED" apache /run/httpd.conf status
		not pgrep -f 'apache2 -DSTATUS'
	END
	} | rsc_test ours
}

@test "apache that lives but does not answer is not running; its orphans are ended too" {
	{ httpd_conf; cat <<-'END'
		act 0 "$RSC_OK" apache /run/httpd.conf start
		pid=$(cat /run/ap/httpd.pid)
		children=$(pgrep -P $pid)
		kill -STOP $pid $children
		sed -i 's/-m 10/-m 1/' /etc/ha.d/resource.d/apache
		act 1 "ERROR:  Generic error" apache /run/httpd.conf status
		kill -KILL $pid
		kill -CONT $children
		act 7 "$RSC_STOPPED" apache /run/httpd.conf status
		act 0 "$RSC_OK" apache /run/httpd.conf stop
		not pgrep -f 'apache2 -DSTATUS'
	END
	} | rsc_test ours
}

@test "apache with a wrong or missing configuration fails at once" {
	{ httpd_conf; cat <<-'END'
		echo Bogus >>/run/httpd.conf
		act 1 "ERROR:  Generic error" apache /run/httpd.conf start
		grep -q "Invalid command 'Bogus'" /run/err
		act 5 "ERROR:  Program is not installed" apache /run/nope.conf start
		act 0 "$RSC_OK" apache /run/nope.conf stop
		act 7 "$RSC_STOPPED" apache /run/nope.conf status
		grep -q 'Configuration file /run/nope.conf not found!' /run/err
		act 5 "ERROR:  Program is not installed" apache start
	END
	} | rsc_test ours
}

@test "portblock holds the rule once between block and unblock, in either direction" {
	rsc_test ours <<-'END'
		rules() { iptables -S INPUT | grep -c -- '-p tcp -m multiport --dports 80,443 -j DROP' || :; }
		says() { act "$3" "portblock DROP rule [tcp 80,443 0.0.0.0/0 in $1] $2" portblock tcp 80,443 $1 status; }
		says block "is inactive
		$RSC_STOPPED" 7
		act 0 "$RSC_OK" portblock tcp 80,443 block start
		act 0 "$RSC_OK" portblock tcp 80,443 block start
		[ "$(rules)" = 1 ]
		says block " is running (OK)
		$RSC_RUNNING" 0
		act 0 "$RSC_OK" portblock tcp 80,443 unblock start
		[ "$(rules)" = 0 ]
		says block "considered to be running (OK)
		$RSC_RUNNING" 0
		says unblock " is running (OK)
		$RSC_RUNNING" 0
		act 0 "$RSC_OK" portblock tcp 80,443 unblock stop
		[ "$(rules)" = 1 ]
		act 0 "$RSC_OK" portblock tcp 80,443 block stop
		act 0 "$RSC_OK" portblock tcp 80,443 block stop
		[ "$(rules)" = 0 ]
		act 2 "ERROR:  Illegal argument" portblock icmp 80 block start
		act 2 "ERROR:  Illegal argument" portblock tcp eighty block start
		act 1 "ERROR:  Generic error" portblock tcp 80 frob start
		[ "$(iptables -S INPUT)" = "-P INPUT ACCEPT" ]
	END
}

@test "portblock finds its rule where iptables has no -C" {
	rsc_test ours <<-'END'
		fake iptables <<<'[ $1 != -C ] || { echo "unknown option" >&2; exit 2; }
			/usr/sbin/iptables "$@" | sed "s/-j DROP/ &  /"; exit ${PIPESTATUS[0]}'
		act 0 "$RSC_OK" portblock udp 53 block start
		act 0 "$RSC_OK" portblock udp 53 block start
		[ "$(/usr/sbin/iptables -S INPUT | grep -c 'dports 53')" = 1 ]
		act 0 "$RSC_OK" portblock udp 53 unblock start
		[ "$(/usr/sbin/iptables -S INPUT)" = "-P INPUT ACCEPT" ]
	END
}

@test "MailTo writes to the addresses when the group comes and when it goes" {
	rsc_test ours <<-'END'
		act 5 "ERROR:  Program is not installed" MailTo a@example.org start
		act 0 "$RSC_OK" MailTo a@example.org stop
		fake mail <<<'cat >/run/body'
		act 7 "stopped
		$RSC_STOPPED" MailTo a@example.org status
		act 0 "$RSC_OK" MailTo a@example.org,b@example.org start
		[[ "$(calls)" == "mail -s Resource Group Takeover in progress at "*" on $(uname -n) a@example.org,b@example.org" ]]
		grep -q "^        Resource Group Takeover in progress at .* on $(uname -n)$" /run/body
		grep -q "^        Command line was:$" /run/body
		act 0 "running
		$RSC_RUNNING" MailTo a@example.org status
		act 0 "$RSC_OK" MailTo a@example.org "Die Datenbank" stop
		[[ "$(calls)" == "mail -s Die Datenbank Migrating resource away at "*" from $(uname -n) a@example.org" ]]
		act 1 "At least 1 Email address has to be given!
		Usage: /etc/ha.d/resource.d/MailTo <email> [<subject>] (start|stop|status|usage|meta-data)" MailTo start
		fake mail <<<'exit 1'
		act 1 "ERROR:  Generic error" MailTo a@example.org start
	END
}

@test "WinPopup tells each workstation of the file" {
	rsc_test ours <<-'END'
		act 2 "ERROR:  Illegal argument" WinPopup /run/hosts start
		act 0 "$RSC_OK" WinPopup /run/hosts stop
		printf 'one two\nthree\n' >/run/hosts
		fake smbclient <<<'cat >>/run/said'
		act 0 "$RSC_OK" WinPopup /run/hosts start
		act 0 "running
		$RSC_RUNNING" WinPopup /run/hosts status
		act 0 "$RSC_OK" WinPopup /run/hosts stop
		[ "$(calls | xargs)" = "smbclient -M one smbclient -M two smbclient -M three smbclient -M one smbclient -M two smbclient -M three" ]
		[ "$(sort -u /run/said)" = "Resource Group Reestablishing original master connection in progress on $(uname -n)
		Resource Group Takeover in progress on $(uname -n)" ]
	END
}

@test "AudibleAlarm rings until it is stopped, and not on the nodes that are listed" {
	rsc_test ours <<-'END'
		mount -t tmpfs tmpfs /dev/shm
		touch /run/console
		mount --bind /run/console /dev/console
		act 0 "$RSC_OK" AudibleAlarm elsewhere start
		act 0 "$RSC_OK" AudibleAlarm elsewhere start
		act 0 "running
		$RSC_RUNNING" AudibleAlarm elsewhere status
		until_true grep -q $'\a' /run/console
		act 0 "$RSC_OK" AudibleAlarm elsewhere stop
		act 0 "$RSC_OK" AudibleAlarm elsewhere stop
		not pgrep -f resource.d/AudibleAlarm
		act 0 "$RSC_OK" AudibleAlarm other "$(uname -n)" start
		act 7 "stopped
		$RSC_STOPPED" AudibleAlarm other "$(uname -n)" status
	END
}

@test "Delay takes its time once" {
	rsc_test ours <<-'END'
		fake sleep </dev/null
		act 7 "$RSC_STOPPED" Delay 3 4 status
		act 0 "$RSC_OK" Delay 3 4 start
		act 0 "$RSC_OK" Delay 3 4 start
		act 0 "$RSC_RUNNING" Delay 3 4 status
		act 0 "$RSC_OK" Delay 3 4 stop
		act 0 "$RSC_OK" Delay 3 4 stop
		[ "$(calls | xargs)" = "sleep 3 sleep 4" ]
		act 0 "$RSC_OK" Delay start
		act 0 "$RSC_OK" Delay stop
		[ "$(calls | xargs)" = "sleep 10 sleep 30" ]
		act 2 "ERROR:  Illegal argument" Delay soon start
		[ -z "$(calls)" ]
	END
}

@test "Xinetd switches a service in its file and tells the daemon" {
	rsc_test ours <<-'END'
		mkdir -p /etc/xinetd.d
		printf 'service foo\n{\n\tport = 1\n\tdisable\t= yes\n}\n' >/etc/xinetd.d/foo
		printf 'service bar\n{\n\tport = 2\n}\n' >/etc/xinetd.d/bar
		act 5 "ERROR:  Program is not installed" Xinetd foo start
		act 0 "$RSC_OK" Xinetd foo stop
		act 7 "$RSC_STOPPED" Xinetd foo status
		cp /bin/bash /run/xinetd
		/run/xinetd -c 'trap "echo HUP >>/run/hups" HUP; mkfifo /run/never; exec 3<>/run/never; : >/run/up
			while :; do read -rt 0.05 <&3; done' &
		until_true test -e /run/up
		hups() { [ "$(wc -l </run/hups)" = $1 ]; }
		act 0 "$RSC_OK" Xinetd foo start
		until_true hups 1
		[ "$(sed -n 4p /etc/xinetd.d/foo)" = $'\tdisable\t= no' ]
		act 0 "$RSC_RUNNING" Xinetd foo status
		act 0 "$RSC_OK" Xinetd foo start
		act 0 "$RSC_OK" Xinetd foo stop
		until_true hups 2
		act 7 "$RSC_STOPPED" Xinetd foo status
		act 0 "$RSC_RUNNING" Xinetd bar status
		act 0 "$RSC_OK" Xinetd bar stop
		until_true hups 3
		act 7 "$RSC_STOPPED" Xinetd bar status
		[ "$(cat /etc/xinetd.d/bar)" = $'service bar\n{\n\tdisable = yes\n\tport = 2\n}' ]
		act 5 "ERROR:  Program is not installed" Xinetd nope start
		act 0 "$RSC_OK" Xinetd nope stop
	END
}

@test "LVSSyncDaemonSwap swaps the two daemons of IPVS" {
	rsc_test ours <<-'END'
		rm -f /sbin/ipvsadm /usr/sbin/ipvsadm
		act 0 "$RSC_OK" LVSSyncDaemonSwap master stop
		fake ipvsadm <<-'FAKE'
			case $1 in
			-L) for d in master backup; do [ ! -e /run/sync-$d ] || echo "$d sync daemon (mcast=eth1, syncid=7)"; done ;;
			--start-daemon) [ ! -e /run/sync-$2 ] && echo "${*:3}" >/run/sync-$2 || { echo "Daemon has already run" >&2; exit 255; } ;;
			--stop-daemon) rm /run/sync-$2 || { echo "No daemon is running" >&2; exit 255; } ;;
			esac
		FAKE
		mkdir -p /etc/default
		printf '# ipvsadm\nIFACE="eth1"\t# the other one\nSYNCID=7\n' >/etc/default/ipvsadm
		act 0 "$RSC_OK" LVSSyncDaemonSwap master stop
		[ "$(cat /run/sync-backup)" = "--mcast-interface eth1 --syncid 7" ]
		act 7 "master stopped
		(ipvs_syncbackup pid: )
		$RSC_STOPPED" LVSSyncDaemonSwap master status
		act 0 "$RSC_OK" LVSSyncDaemonSwap master start
		act 0 "$RSC_OK" LVSSyncDaemonSwap master start
		[ ! -e /run/sync-backup ]
		act 0 "master running
		(ipvs_syncmaster pid: )
		$RSC_RUNNING" LVSSyncDaemonSwap master status
		act 0 "$RSC_OK" LVSSyncDaemonSwap backup start
		[ ! -e /run/sync-master ]
		act 2 "ERROR:  Illegal argument" LVSSyncDaemonSwap both start
	END
}

@test "OCF runs an agent with the parameters of its instance, and says its state in words" {
	rsc_test ours <<-'END'
		mkdir -p /usr/lib/ocf/resource.d/some /etc/ha.d/conf/OCF/Agent
		printf 'OCF_RESKEY_name="two words"\ncode=0\n' >/etc/ha.d/conf/OCF/Agent/one
		cat >/usr/lib/ocf/resource.d/some/Agent <<-'AGENT'
			#!/bin/sh
			echo "$1 $OCF_RESKEY_name $OCF_RESOURCE_INSTANCE $OCF_RESOURCE_PROVIDER $OCF_ROOT"
			exit $code
		AGENT
		chmod 755 /usr/lib/ocf/resource.d/some/Agent
		act 0 "start two words one some /usr/lib/ocf" OCF Agent one start
		act 0 "OCF Resource Agent::one is running" OCF Agent one status
		echo code=7 >>/etc/ha.d/conf/OCF/Agent/one
		act 7 "OCF Resource Agent::one is stopped" OCF Agent one status
		echo code=5 >>/etc/ha.d/conf/OCF/Agent/one
		act 5 "stop two words one some /usr/lib/ocf" OCF Agent one stop
		act 1 "" OCF Agent two start
		act 1 "" OCF Other one start
		grep -q '^usage: /etc/ha.d/resource.d/OCF OCF-resource-name OCF-instance-name operation-name' /run/err
	END
}

@test "LinuxSCSI adds and removes a device by the kernel's list" {
	rsc_test ours <<-'END'
		export PROC_SCSI=/run/scsi
		act 2 "ERROR:  Illegal argument" LinuxSCSI 0:x:1 start
		act 2 "ERROR:  Illegal argument" LinuxSCSI 0:1 start
		act 7 "$RSC_STOPPED" LinuxSCSI 0:0:1 status
		act 1 "ERROR:  Generic error" LinuxSCSI 0:0:1 start
		[ "$(cat /run/scsi)" = "scsi add-single-device 0 0 1 0" ]
		printf 'Attached devices:\nHost: scsi0 Channel: 00 Id: 01 Lun: 02\n' >/run/scsi
		act 0 "$RSC_RUNNING" LinuxSCSI 0:0:1:2 status
		act 0 "$RSC_OK" LinuxSCSI 0:0:1:2 start
		act 7 "$RSC_STOPPED" LinuxSCSI 0:0:1 status
		act 1 "ERROR:  Generic error" LinuxSCSI 0:0:1:2 stop
		[ "$(tail -n 1 /run/scsi)" = "scsi remove-single-device 0 0 1 2" ]
		act 0 "$RSC_OK" LinuxSCSI 0:0:1 stop
	END
}

@test "ServeRAID and ICP ask the vendors' programs" {
	rsc_test ours <<-'END'
		mkdir -p /run/ips
		touch /run/ips/2 /run/scsi
		export PROC_SCSI=/run/scsi PROC_IPS=/run/ips ICPCLUCON=/usr/local/sbin/icpclucon
		act 2 "ERROR:  Illegal argument" ServeRAID 2 1 start
		act 2 "ERROR:  Illegal argument" ServeRAID 1 9 start
		fake ipssend <<-'FAKE'
			case $1 in
			getconfig) [ ! -e /run/merged ] || printf 'Logical drive number 3\n   RAID level   : %s\n   Part of merge group  : 1\n' "$(cat /run/merged)" ;;
			MERGE) [ "$4" = OWN ] && echo 1 >/run/merged ;;
			UNMERGE) rm /run/merged ;;
			esac
		FAKE
		act 7 "$RSC_STOPPED" ServeRAID 1 1 status
		act 0 "$RSC_OK" ServeRAID 1 1 start
		[ "$(cat /run/scsi)" = "scsi add-single-device 2 0 2 0" ]
		act 0 "$RSC_RUNNING" ServeRAID 1 1 status
		act 0 "$RSC_OK" ServeRAID 1 1 stop
		[ "$(cat /run/scsi)" = "scsi remove-single-device 2 0 2 0" ]
		act 0 "$RSC_OK" ServeRAID 1 1 stop
		echo 5E >/run/merged
		act 1 "ERROR:  Generic error" ServeRAID 1 1 start
		act 5 "ERROR:  Program is not installed" ICP 1 /dev/null start
		act 0 "$RSC_OK" ICP 1 /dev/null stop
		fake sleep </dev/null
		fake icpclucon <<-'FAKE'
			case $2 in
			-status) [ -e /run/mine ] && echo "Drive is reserved by this host" || echo "Drive is not reserved by any host" ;;
			-force) touch /run/mine ;;
			-release) rm /run/mine ;;
			-reserve) exit 1 ;;
			esac
		FAKE
		act 7 "$RSC_STOPPED" ICP 1 /dev/null status
		act 0 "$RSC_OK" ICP 1 /dev/null start
		act 0 "$RSC_RUNNING" ICP 1 /dev/null status
		act 0 "$RSC_OK" ICP 1 /dev/null stop
		act 7 "$RSC_STOPPED" ICP 1 /dev/null status
	END
}

@test "db2 and ids start and stop their instances; where these cannot be, they are stopped" {
	rsc_test ours <<-'END'
		act 0 "$RSC_OK" db2 inst1 stop
		act 5 "ERROR:  Program is not installed" db2 inst1 start
		mkdir -p /run/inst1/sqllib/bin
		echo "inst1:x:7001:7001::/run/inst1:/bin/sh" >>/etc/passwd
		chown -R 7001 /run/inst1
		fake su <<<'exec sh -c "$4"'
		fake db2start <<<'cp /bin/sleep /run/db2sysc; setpriv --reuid 7001 --clear-groups /run/db2sysc 1000 >/dev/null 2>&1 & until pgrep -x db2sysc >/dev/null; do :; done; echo SQL1063N'
		fake db2stop <<<'pkill -x db2sysc; echo SQL1064N'
		fake db2 <<<'case $1 in list) printf " Database alias = ONE\n Directory entry type = Indirect\n Database alias = FAR\n Directory entry type = Remote\n" ;; *) echo DB20000I ;; esac'
		act 7 "$RSC_STOPPED" db2 inst1 status
		act 0 "$RSC_OK" db2 inst1 start
		act 0 "$RSC_RUNNING" db2 inst1 status
		calls | grep -v '^su' | xargs | grep -qx 'db2start db2 list database directory db2 activate db ONE'
		act 0 "$RSC_OK" db2 inst1 stop
		act 7 "$RSC_STOPPED" db2 inst1 status

		act 0 "$RSC_OK" ids /run/ifx srv onconf stop
		act 1 "ERROR:  Generic error" ids /run/ifx srv onconf start
		mkdir -p /run/ifx/bin /run/ifx/etc
		touch /run/ifx/etc/onconf
		printf '#!/bin/sh\n[ -e /run/ifx/up ] && echo "$INFORMIXSERVER -- On-Line --" || echo "shared memory not initialized"\n' >/run/ifx/bin/onstat
		printf '#!/bin/sh\ntouch /run/ifx/up\n' >/run/ifx/bin/oninit
		printf '#!/bin/sh\n[ $1 = -kuy ] && rm /run/ifx/up\n' >/run/ifx/bin/onmode
		chmod 755 /run/ifx/bin/*
		act 7 "$RSC_STOPPED" ids /run/ifx srv onconf status
		act 0 "$RSC_OK" ids /run/ifx srv onconf start
		act 0 "$RSC_RUNNING" ids /run/ifx srv onconf status
		act 0 "$RSC_OK" ids /run/ifx srv onconf stop
		act 0 "$RSC_OK" ids /run/ifx srv onconf stop
		act 1 "usage: /etc/ha.d/resource.d/ids [<INFORMIXDIR> <INFORMIXSERVER> <ONCONFIG>] (start|stop|status|usage|meta-data)" ids /run/ifx srv start
	END
}

@test "WAS runs if the servlet answers, and is stopped by its listener" {
	rsc_test ours <<-'END'
		act 1 "ERROR:  Generic error" WAS 9080 start
		act 0 "$RSC_OK" WAS 9080 stop
		printf '<config><transports port = "9081"/><transports port="9082"/></config>\n' >/run/server-cfg.xml
		fake wget <<<'echo "$*" >/run/asked; [ -e /run/was ] && echo "User-Agent: Wget/1"'
		touch /run/was
		act 0 "$RSC_RUNNING" WAS /run/server-cfg.xml status
		grep -q http://localhost:9081/servlet/snoop /run/asked
		act 0 "$RSC_OK" WAS /run/server-cfg.xml start
		python3 -c 'import socket,time; s=socket.socket(); s.bind(("127.0.0.1",9081)); s.listen(1); open("/run/up","w"); time.sleep(1000)' &
		until_true test -e /run/up
		act 0 "$RSC_OK" WAS /run/server-cfg.xml stop
		not kill -0 $!
		act 1 "ERROR: frob is neither a WAS configuration file nor a valid port number!
		For the single server edition of WAS:
		usage: /etc/ha.d/resource.d/WAS [<WAS-configuration file>] (start|stop|status|usage|meta-data)

		For the advanced edition of WAS:
		usage: /etc/ha.d/resource.d/WAS [<WAS-(snoop)-port-number>] (start|stop|status|usage|meta-data)" WAS frob status
	END
}

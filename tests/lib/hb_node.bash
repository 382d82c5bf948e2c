#!/bin/bash
# The first process of one node of hb_lab: makes the places that heartbeat uses its own, then waits to be killed.
#   hb_node.bash NR ours|orig LAB O ORIG
set -eu
here=$(cd "$(dirname "$0")" && pwd)
nr=$1 kind=$2 lab=$3 out=$4 orig=$5
hostname "server$nr"
ip link set lo up
own=$lab/own$nr
mkdir "$own"
mount -t tmpfs tmpfs "$own"
mkdir -p "$own"/{etc,work,usr,usrwork,lib}
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$own/etc,workdir=$own/work" /etc
mount -t tmpfs tmpfs /run
mkdir /run/lock
mkdir -p /var/lib/heartbeat /var/run
mount -t tmpfs tmpfs /var/lib/heartbeat
[ -L /var/run ] || mount --bind /run /var/run
grep -q '^haclient:' /etc/group || echo 'haclient:x:7121:' >>/etc/group
grep -q '^hacluster:' /etc/passwd || echo 'hacluster:x:7115:7121::/:/bin/false' >>/etc/passwd

if [ "$kind" = orig ]; then # ours makes what it needs
	mkdir -p /var/lib/heartbeat/cores/{root,nobody,hacluster} /run/heartbeat/{ccm,dopd,rsctmp}
	chown hacluster:haclient /run/heartbeat /run/heartbeat/{ccm,dopd}
fi
rm -rf /etc/ha.d
mkdir -p /etc/ha.d/resource.d /etc/ha.d/rc.d
if [ "$kind" = orig ]; then
	mount -t overlay overlay -o "lowerdir=$orig/root/usr:/usr,upperdir=$own/usr,workdir=$own/usrwork" /usr
	cp -a "$orig/root/etc/ha.d/." /etc/ha.d/
	ldconfig
else
	mount -t overlay overlay -o "lowerdir=/usr,upperdir=$own/usr,workdir=$own/usrwork" /usr
	mkdir -p /usr/share/heartbeat
	mkdir -p /usr/libexec/heartbeat
	# copies: clients run as hacluster, who need not see the checkout
	cp "$out"/{ipfail,dopd,drbd-peer-outdater,api_test} /usr/libexec/heartbeat/
	cp "$out"/{heartbeat,cl_status,cl_respawn} /usr/bin/
	for program in hb_standby hb_takeover hb_addnode hb_delnode hb_setweight hb_setsite; do
		ln -s "$out/hb_send" "/usr/share/heartbeat/$program"
	done
	for program in ResourceManager mach_down req_resource; do
		ln -s "$out/ResourceManager" "/usr/share/heartbeat/$program"
	done
	cp "$here/../../heartbeat/"{harc,shellfuncs} /etc/ha.d/
fi
# a node that thinks it must reboot only says so
printf '#!/bin/sh\necho "reboot $*" >>%s/events\n' "$lab" >/usr/sbin/reboot.new
chmod 755 /usr/sbin/reboot.new
mv -f /usr/sbin/reboot.new /usr/sbin/reboot
cp -p "$lab/conf/authkeys" "$lab/conf/haresources" /etc/ha.d/
sed "s|LOGFILE|$lab/log$nr|" "$lab/conf/ha.cf" >/etc/ha.d/ha.cf
cat >/etc/ha.d/resource.d/fake <<END
#!/bin/bash
# fake NAME [OPTIONS...] ACTION : a resource that is a file; notes what happens and whether another node has it
name=\$1 action=\${!#} host=server$nr
state=$lab/state/\$name.\$host
[ ! -e "$lab/script-\$action-\$name" ] || . "$lab/script-\$action-\$name"
case \$action in
start)
	for f in $lab/state/\$name.*; do
		[ ! -e "\$f" ] || [ "\$f" = "\$state" ] || echo "CONFLICT \$name on \$host and \$f" >>$lab/events
	done
	: >\$state
	echo "\$(date +%s.%N) \$host start \$name" >>$lab/events
	;;
stop)
	rm -f \$state
	echo "\$(date +%s.%N) \$host stop \$name" >>$lab/events
	;;
status) if [ -e \$state ]; then echo running; else echo stopped; fi ;;
esac
END
chmod 755 /etc/ha.d/resource.d/fake
: >"$lab/ready$nr"
trap 'exit 0' TERM
while :; do sleep 1000 & wait $!; done

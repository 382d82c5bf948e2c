#!/bin/bash
# Runs one real peer from Debian inside ld_place, checks it with ldirectord, ends it and checks again.
#   ld_peers.bash PEER      exit 0 if it was up, then, ended, down
set -eu
here=$(dirname "$0")
# shellcheck source=tests/lib/ldirectord.bash
. "$here/ldirectord.bash"
root=$LD_PEERS/root
dir=$(mktemp -d /run/peer.XXXXXX)
chmod 755 "$dir"
export FAKE_IPVS_TABLE=$dir/table
export PATH=$PATH:$root/usr/sbin:$root/usr/bin:$root/usr/lib/postgresql/15/bin:$root/usr/lib/apache2
libs=$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu:$root/usr/lib
peer() { LD_LIBRARY_PATH=$libs exec "$@"; }

certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=peer -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
}

# Each sets lines (of the section) and port, and starts the peer in the foreground of a background job.
peer_nginx() {
	certificate
	echo "Test Page" >"$dir/index.html"
	cat >"$dir/nginx.conf" <<-END
		daemon off; pid $dir/pid; error_log $dir/err; user root;
		events {}
		http { access_log off; client_body_temp_path $dir/b; proxy_temp_path $dir/p; fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u;
			scgi_temp_path $dir/s;
			server { listen 10.9.1.1:$port; root $dir; location /old { return 302 /index.html; } }
			server { listen 10.9.1.1:8443 ssl; ssl_certificate $dir/cert.pem; ssl_certificate_key $dir/key.pem; root $dir; } }
	END
	peer nginx -c "$dir/nginx.conf" -p "$dir"
}
peer_apache() {
	echo "Test Page" >"$dir/index.html"
	cat >"$dir/apache.conf" <<-END
		ServerRoot $dir
		ServerName peer
		PidFile $dir/pid
		ErrorLog $dir/err
		Listen 10.9.1.1:$port
		LoadModule mpm_event_module $root/usr/lib/apache2/modules/mod_mpm_event.so
		LoadModule authz_core_module $root/usr/lib/apache2/modules/mod_authz_core.so
		DocumentRoot $dir
	END
	peer "$root/usr/sbin/apache2" -f "$dir/apache.conf" -DFOREGROUND
}
peer_dnsmasq() {
	peer dnsmasq --keep-in-foreground --no-resolv --no-hosts --user=root --pid-file="$dir/pid" --port="$port" --listen-address=10.9.1.1 \
		--bind-interfaces --address=/www.example/192.0.2.7
}
peer_mariadb() {
	mkdir -p "$dir/data/test"
	peer mariadbd --no-defaults --user=root --datadir="$dir/data" --socket="$dir/sock" --port="$port" --bind-address=10.9.1.1 \
		--lc-messages-dir="$root/usr/share/mysql" --skip-grant-tables --skip-networking=0 --innodb=OFF --default-storage-engine=Aria \
		--default-tmp-storage-engine=Aria --plugin-dir="$dir" --pid-file="$dir/pid"
}
peer_postgres() {
	mkdir "$dir/data"
	chown nobody "$dir" "$dir/data"
	setpriv --reuid=65534 --clear-groups env LD_LIBRARY_PATH="$libs" initdb -D "$dir/data" -U me --auth=trust >"$dir/initdb"
	echo "host all all 0.0.0.0/0 trust" >>"$dir/data/pg_hba.conf"
	exec setpriv --reuid=65534 --clear-groups env LD_LIBRARY_PATH="$libs" postgres -D "$dir/data" -h 10.9.1.1 -p "$port" -k "$dir"
}
peer_slapd() {
	mkdir "$dir/db"
	cat >"$dir/slapd.conf" <<-END
		include $root/etc/ldap/schema/core.schema
		modulepath $root/usr/lib/ldap
		moduleload back_mdb
		pidfile $dir/pid
		database mdb
		suffix "dc=example"
		directory $dir/db
		rootdn "cn=admin,dc=example"
		rootpw secret
	END
	printf 'dn: dc=example\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: x\n' |
		LD_LIBRARY_PATH=$libs slapd -T add -f "$dir/slapd.conf"
	peer slapd -d 0 -f "$dir/slapd.conf" -h "ldap://10.9.1.1:$port"
}
peer_vsftpd() {
	mkdir "$dir/ftp"
	echo "welcome" >"$dir/ftp/welcome.msg"
	mkdir "$dir/empty"
	cat >"$dir/vsftpd.conf" <<-END
		listen=YES
		background=NO
		listen_address=10.9.1.1
		listen_port=$port
		anonymous_enable=YES
		anon_root=$dir/ftp
		ftp_username=mail
		secure_chroot_dir=$dir/empty
		seccomp_sandbox=NO
	END
	peer vsftpd "$dir/vsftpd.conf"
}
port=8099 more=''
case $1 in
nginx)
	lines=$'service=http\n\trequest="old"\n\treceive="^Test Page"'
	more=$'virtual=172.25.32.101:443\n\treal=10.9.1.1:8443 masq 2\n\tservice=https\n\trequest="index.html"\n\treceive="Test"\n\tvirtualhost=peer'
	want='1=1 1=2'
	;;
apache) lines=$'service=http\n\trequest="index.html"\n\treceive="Test Page"' ;;
dnsmasq) lines=$'service=dns\n\tprotocol=udp\n\trequest="www.example"\n\treceive="192.0.2.7"' ;;
mariadb) lines=$'service=mysql\n\tlogin="me"\n\tpasswd="x"\n\tdatabase="test"\n\trequest="SELECT 1"' ;;
postgres) lines=$'service=pgsql\n\tlogin="me"\n\tpasswd="x"\n\tdatabase="postgres"\n\trequest="SELECT 1"' ;;
slapd) lines=$'service=ldap\n\tlogin="cn=admin,dc=example"\n\tpasswd="secret"\n\trequest="dc=example"\n\treceive="dc=example"' ;;
vsftpd) lines=$'service=ftp\n\trequest="welcome.msg"\n\treceive="welcome"' ;;
esac
printf 'ipvsadm=/usr/sbin/ipvsadm\nlogfile="%s"\ncheckinterval=1\nchecktimeout=10\nvirtual=172.25.32.100:80\n\treal=10.9.1.1:%s masq\n\t%s\n%s\n\n' \
	"$dir/log" "$port" "$lines" "$more" >"$dir/p.cf"
("peer_$1") >"$dir/out" 2>&1 &
pid=$!
"$O/ldirectord" "$dir/p.cf" start
if ! ld_until "${LD_PATIENCE_S:-60}" "${want:-1=1}"; then
	cat "$dir/out" "$dir/log" "$dir"/err 2>/dev/null || :
	"$O/ldirectord" "$dir/p.cf" status --json
	exit 1
fi
kill "$pid"
if ! ld_until "${LD_PATIENCE_S:-60}" none; then
	"$O/ldirectord" "$dir/p.cf" status --json
	exit 1
fi

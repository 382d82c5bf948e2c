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
	certificate
	cat >"$dir/slapd.conf" <<-END
		include $root/etc/ldap/schema/core.schema
		modulepath $root/usr/lib/ldap
		moduleload back_mdb
		pidfile $dir/pid
		TLSCertificateFile $dir/cert.pem
		TLSCertificateKeyFile $dir/key.pem
		database mdb
		suffix "dc=example"
		directory $dir/db
		rootdn "cn=admin,dc=example"
		rootpw secret
	END
	printf 'dn: dc=example\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: x\n' |
		LD_LIBRARY_PATH=$libs slapd -T add -f "$dir/slapd.conf"
	peer slapd -d 0 -f "$dir/slapd.conf" -h "ldap://10.9.1.1:$port ldaps://10.9.1.1:8636"
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
peer_exim() {
	ld_exim "$dir" 10.9.1.1
	echo "daemon_smtp_ports = $port" >>"$dir/exim.conf"
	peer exim4 -C "$dir/exim.conf" -bdf -oX "$port"
}
peer_dovecot() {
	certificate
	cat >"$dir/dovecot.conf" <<-END
		base_dir = $dir/base
		state_dir = $dir/base
		log_path = $dir/err
		default_internal_user = nobody
		default_internal_group = nogroup
		default_login_user = nobody
		first_valid_uid = 1
		listen = 10.9.1.1
		protocols = imap pop3
		ssl = yes
		ssl_cert = <$dir/cert.pem
		ssl_key = <$dir/key.pem
		disable_plaintext_auth = no
		mail_location = maildir:$dir/mail
		passdb {
			driver = static
			args = password=secret
		}
		userdb {
			driver = static
			args = uid=nobody gid=nogroup home=$dir/home
		}
		service imap-login {
			chroot =
			inet_listener imap {
				port = $port
			}
			inet_listener imaps {
				port = 8993
			}
		}
		service pop3-login {
			chroot =
			inet_listener pop3 {
				port = 8110
			}
			inet_listener pop3s {
				port = 8995
			}
		}
	END
	mkdir "$dir/home" "$dir/mail"
	chown nobody "$dir/home" "$dir/mail"
	peer dovecot -F -c "$dir/dovecot.conf"
}
peer_freeradius() {
	cat >"$dir/radiusd.conf" <<-END
		prefix = /usr
		libdir = /usr/lib/freeradius
		logdir = $dir
		run_dir = $dir
		pidfile = $dir/pid
		modconfdir = $dir
		security {
			allow_core_dumps = no
			max_attributes = 200
			reject_delay = 0
			status_server = no
		}
		client director {
			ipaddr = 10.9.1.0/24
			secret = shared
		}
		client director_too {
			ipaddr = 127.0.0.1
			secret = shared
		}
		modules {
			pap {
			}
		}
		server default {
			listen {
				type = auth
				ipaddr = 10.9.1.1
				port = $port
			}
			authorize {
				if (&User-Name == "me") {
					update control {
						Cleartext-Password := "open sesame"
					}
				}
				pap
			}
			authenticate {
				Auth-Type PAP {
					pap
				}
			}
		}
	END
	peer freeradius -f -l "$dir/err" -d "$dir" -n radiusd -D "$root/usr/share/freeradius"
}
peer_leafnode() {
	mkdir -p "$dir/etc/news/leafnode" "$dir/news"
	printf 'server = localhost\nhostname = news.site7.org\n' >"$dir/etc/news/leafnode/config"
	mount -t overlay overlay -o "lowerdir=$dir/etc:/etc" /etc
	mount -t tmpfs tmpfs /var/spool
	mkdir -p /var/spool/news
	peer socat "TCP-LISTEN:$port,bind=10.9.1.1,fork,reuseaddr" "EXEC:leafnode,nofork"
}
peer_kamailio() {
	cat >"$dir/kamailio.cfg" <<-END
		listen = udp:10.9.1.1:$port
		listen = tcp:10.9.1.1:$port
		children = 1
		loadmodule "sl.so"
		request_route {
			if (method == "OPTIONS")
				sl_send_reply("200", "OK");
			else
				sl_send_reply("405", "Method Not Allowed");
		}
	END
	peer kamailio -DD -E -f "$dir/kamailio.cfg" -Y "$dir" -P "$dir/pid" -m 16 -M 4
}
peer_tinyproxy() {
	cat >"$dir/tinyproxy.conf" <<-END
		Port $port
		Listen 10.9.1.1
		Timeout 10
		LogFile "$dir/err"
		PidFile "$dir/pid"
		MaxClients 10
	END
	"$O/ld_server" 8080 10.9.1.2 1 &
	peer tinyproxy -d -c "$dir/tinyproxy.conf"
}

ld_lay_peers "$dir"

virtual() { # NUMBER PORT WEIGHT LINE... : another service of the same peer
	printf 'virtual=172.25.32.%d:80\n\treal=10.9.1.1:%d masq %d\n' "$1" "$2" "$3"
	printf '\t%s\n' "${@:4}"
}

port=8099 more=''
case $1 in
exim)
	lines='service=smtp'
	more=$(virtual 101 "$port" 2 service=submission)
	want='1=1 1=2'
	;;
dovecot)
	lines=$'service=imap\n\tlogin="me"\n\tpasswd="secret"'
	more=$(
		virtual 101 8993 2 service=imaps 'login="me"' 'passwd="secret"'
		virtual 102 8110 3 service=pop 'login="me"' 'passwd="secret"'
		virtual 103 8995 4 service=pops 'login="me"' 'passwd="secret"'
		virtual 104 8110 9 service=pop 'login="me"' 'passwd="wrong"'
		virtual 105 "$port" 9 service=imap 'login="me"' 'passwd="wrong"'
	)
	want='1=1 1=2 1=3 1=4'
	;;
freeradius)
	lines=$'service=radius\n\tprotocol=udp\n\tlogin="me"\n\tpasswd="open sesame"\n\tsecret="shared"'
	more=$(
		virtual 101 "$port" 8 service=radius protocol=udp 'login="me"' 'passwd="wrong"' 'secret="shared"'
		virtual 102 "$port" 9 service=radius protocol=udp 'login="me"' 'passwd="open sesame"' 'secret="other"'
	)
	;;
leafnode) lines='service=nntp' ;;
kamailio)
	lines=$'service=sip\n\tprotocol=udp\n\tlogin="director@example"'
	more=$(virtual 101 "$port" 2 service=sip protocol=tcp 'login="director@example"')
	want='1=1 1=2'
	;;
tinyproxy)
	lines=$'service=http_proxy\n\trequest="http://10.9.1.2:8080/"\n\treceive="Test Page"'
	more=$(virtual 101 "$port" 9 service=http_proxy 'request="http://10.9.1.3:8080/"' 'receive="Test Page"')
	;;
nginx)
	lines=$'service=http\n\trequest="old"\n\treceive="^Test Page"'
	more=$'virtual=172.25.32.101:443\n\treal=10.9.1.1:8443 masq 2\n\tservice=https\n\trequest="index.html"\n\treceive="Test"\n\tvirtualhost=peer'
	want='1=1 1=2'
	;;
apache) lines=$'service=http\n\trequest="index.html"\n\treceive="Test Page"' ;;
dnsmasq)
	lines=$'service=dns\n\tprotocol=udp\n\trequest="www.example"\n\treceive="192.0.2.7"'
	more=$(
		virtual 101 "$port" 2 service=dns protocol=tcp 'request="www.example"' 'receive="192.0.2.7"'
		virtual 102 "$port" 9 service=dns protocol=udp 'request="www.example"' 'receive="192.0.2.8"'
		virtual 103 "$port" 9 service=dns protocol=tcp 'request="nobody.test"' 'receive="192"'
	)
	want='1=1 1=2'
	;;
mariadb)
	lines=$'service=mysql\n\tlogin="me"\n\tpasswd="x"\n\tdatabase="test"\n\trequest="SELECT 1"'
	more=$(
		virtual 101 "$port" 9 service=mysql 'login="me"' 'passwd="x"' 'database="missing"' 'request="SELECT 1"'
		virtual 102 "$port" 9 service=mysql 'login="me"' 'passwd="x"' 'database="test"' 'request="SELECT 1 FROM DUAL WHERE 1=2"'
	)
	;;
postgres)
	lines=$'service=pgsql\n\tlogin="me"\n\tpasswd="x"\n\tdatabase="postgres"\n\trequest="SELECT 1"'
	more=$(
		virtual 101 "$port" 9 service=pgsql 'login="nobody"' 'passwd="x"' 'database="postgres"' 'request="SELECT 1"'
		virtual 102 "$port" 9 service=pgsql 'login="me"' 'passwd="x"' 'database="postgres"' 'request="SELECT 1 WHERE 1=2"'
	)
	;;
slapd)
	lines=$'service=ldap\n\tlogin="cn=admin,dc=example"\n\tpasswd="secret"\n\trequest="dc=example"\n\treceive="dc=example"'
	more=$(
		virtual 101 8636 2 service=ldaps 'login="cn=admin,dc=example"' 'passwd="secret"' 'request="dc=example"'
		virtual 102 "$port" 9 service=ldap 'login="cn=admin,dc=example"' 'passwd="wrong"' 'request="dc=example"'
		virtual 103 8636 9 service=ldaps 'request="dc=elsewhere"'
	)
	want='1=1 1=2'
	;;
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

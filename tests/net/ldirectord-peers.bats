#!/usr/bin/env bats
# The negotiate checks against real servers from Debian, each in a place of its own: up while it runs, down when it has ended.

setup_file() {
	load ../lib/ldirectord.bash
	ld_fetch_peers
}

setup() {
	load ../lib/ldirectord.bash
	export O HA_CACHE LD_PEERS
}

@test "nginx: http through a redirect, and https with a private certificate" { ld_place tests/lib/ld_peers.bash nginx; }
@test "Apache: http" { ld_place tests/lib/ld_peers.bash apache; }
@test "dnsmasq: dns over udp and tcp" { ld_place tests/lib/ld_peers.bash dnsmasq; }
@test "PostgreSQL: pgsql" { ld_place tests/lib/ld_peers.bash postgres; }
@test "MariaDB: mysql" { ld_place tests/lib/ld_peers.bash mariadb; }
@test "OpenLDAP: ldap with login, and ldaps" { ld_place tests/lib/ld_peers.bash slapd; }
@test "vsftpd: ftp" { ld_place tests/lib/ld_peers.bash vsftpd; }
@test "Exim: smtp and submission" { ld_place tests/lib/ld_peers.bash exim; }
@test "Dovecot: imap, imaps, pop and pops with login" { ld_place tests/lib/ld_peers.bash dovecot; }
@test "FreeRADIUS: radius, not with another password or secret" { ld_place tests/lib/ld_peers.bash freeradius; }
@test "leafnode: nntp" { ld_place tests/lib/ld_peers.bash leafnode; }
@test "Kamailio: sip over udp and tcp" { ld_place tests/lib/ld_peers.bash kamailio; }
@test "Tinyproxy: http_proxy, not for a host it cannot reach" { ld_place tests/lib/ld_peers.bash tinyproxy; }

# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
ipvsadm -A -t 10.0.0.9:80
check 0 '-A -t 10.0.0.1:80 -s wlc
-a -t 10.0.0.1:80 -r 10.9.9.9:80 -g -w 1
-C' '' ipvsadm -R --dry-run <<-END
	-A -t 10.0.0.1:http
	ipvsadm -a -t 10.0.0.1:80 -r 10.9.9.9:99

	-C
END
table_is '-A -t 10.0.0.9:80 -s wlc'
check 2 '' "standard input, line 2: illegal weight specified
standard input, line 4: Try \`ipvsadm -h' or 'ipvsadm --help' for more information." ipvsadm -R --dry-run <<-END
	-A -t 10.0.0.1:80
	-a -t 10.0.0.1:80 -r 10.9.9.9 -w x
	-a -t 10.0.0.1:80 -r 10.9.9.9 -w 5
	foo
END
table_is '-A -t 10.0.0.9:80 -s wlc'
echo "all is well"

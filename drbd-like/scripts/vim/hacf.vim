" SPDX-License-Identifier: GPL-2.0-only
" heartbeat's ha.cf
if exists("b:current_syntax")
	finish
endif

syntax match hacfComment "#.*$"
syntax match hacfUnknown "^\s*\w\+"
syntax match hacfDirective "^\s*\(apiauth\|auto_failback\|autojoin\|baud\|bcast\|cluster\|compression\|compression_threshold\)\>"
syntax match hacfDirective "^\s*\(conn_logd_time\|coredumps\|crm\|deadping\|deadtime\|debug\|debugfile\|debuglevel\)\>"
syntax match hacfDirective "^\s*\(hbgenmethod\|hopfudge\|initdead\|keepalive\|logfacility\|logfile\|max_rexmit_delay\|mcast\)\>"
syntax match hacfDirective "^\s*\(mcast6\|memreserve\|msgfmt\|nice_failback\|node\|ping\|ping_group\|pacemaker\)\>"
syntax match hacfDirective "^\s*\(realtime\|respawn\|rtprio\|serial\|stonith\|stonith_host\|syslogmsgfmt\|traditional_compression\)\>"
syntax match hacfDirective "^\s*\(ucast\|udpport\|use_logd\|uuidfrom\|warntime\|watchdog\)\>"
syntax match hacfNumber "\<\d\+\(ms\|us\|s\|m\|h\)\?\>"
syntax match hacfAddress "\<\d\{1,3}\(\.\d\{1,3}\)\{3}\>"
syntax keyword hacfValue on off yes no true false legacy any other daemon none
syntax match hacfPath "\s/\S\+"
syntax match hacfFacility "\<local[0-7]\>"

highlight default link hacfComment Comment
highlight default link hacfUnknown Error
highlight default link hacfDirective Statement
highlight default link hacfNumber Number
highlight default link hacfAddress Constant
highlight default link hacfValue Type
highlight default link hacfPath String
highlight default link hacfFacility Type

let b:current_syntax = "hacf"

" SPDX-License-Identifier: GPL-2.0-only
" ldirectord.cf
if exists("b:current_syntax")
	finish
endif

syntax match ldirectordUnknown "^\s*\w\+\ze\s*="
syntax match ldirectordGlobal "^\s*\(autoreload\|callback\|checkcount\|checkinterval\|checktimeout\|emailalert\|emailalertfrom\|emailalertfreq\)\ze\s*="
syntax match ldirectordGlobal "^\s*\(emailalertstatus\|execute\|failurecount\|fallback\|fallback6\|fallbackcommand\|fork\|logfile\)\ze\s*="
syntax match ldirectordGlobal "^\s*\(maintenancedir\|negotiatetimeout\|quiescent\|readdquiescent\|cleanstop\|smtp\|supervised\|ipvsadm\)\ze\s*="
syntax match ldirectordVirtual "^\s*\(virtual\|virtual6\|real\|real6\|checktype\|service\|checkcommand\|checkport\)\ze\s*="
syntax match ldirectordVirtual "^\s*\(request\|receive\|httpmethod\|virtualhost\|login\|passwd\|database\|secret\)\ze\s*="
syntax match ldirectordVirtual "^\s*\(load\|scheduler\|persistent\|netmask\|protocol\|monitorfile\|ops\)\ze\s*="
syntax match ldirectordComment "#.*$"
syntax region ldirectordString start=+"+ end=+"+ oneline
syntax match ldirectordNumber "=\s*\zs\d\+\>"
syntax match ldirectordAddress "\<\d\{1,3}\(\.\d\{1,3}\)\{3}\(:\w\+\)\?"
syntax match ldirectordAddress "\[[0-9a-fA-F:]\+\]\(:\w\+\)\?"
syntax match ldirectordValue "=\s*\zs\(connect\|negotiate\|ping\|checktimeout\|external\|external-perl\|off\|on\|dns\|ftp\|http\|https\|http_proxy\|imap\|imaps\|ldap\|ldaps\|mysql\|nntp\|none\|oracle\|pgsql\|pop\|pops\|radius\|simpletcp\|sip\|smtp\|submission\|tcp\|udp\|fwm\|gate\|masq\|ipip\|yes\|no\|rr\|wrr\|lc\|wlc\|lblc\|lblcr\|dh\|sh\|sed\|nq\|get\)\>"
syntax keyword ldirectordForward gate masq ipip

highlight default link ldirectordComment Comment
highlight default link ldirectordUnknown Error
highlight default link ldirectordGlobal Statement
highlight default link ldirectordVirtual Identifier
highlight default link ldirectordString String
highlight default link ldirectordNumber Number
highlight default link ldirectordAddress Constant
highlight default link ldirectordValue Type
highlight default link ldirectordForward Type

let b:current_syntax = "ldirectord"

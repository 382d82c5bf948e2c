" SPDX-License-Identifier: GPL-2.0-only
" Which files are DRBD's, heartbeat's and ldirectord's
autocmd BufNewFile,BufRead drbd.conf,*/drbd.d/*.res,*/drbd.d/*.conf,global_common.conf setfiletype drbd
autocmd BufNewFile,BufRead */ha.d/ha.cf,ha.cf setfiletype hacf
autocmd BufNewFile,BufRead */ha.d/haresources,haresources setfiletype haresources
autocmd BufNewFile,BufRead ldirectord.cf,*/ldirectord/*.cf setfiletype ldirectord

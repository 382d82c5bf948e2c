" SPDX-License-Identifier: GPL-2.0-only
" drbd.conf(5). The test suite holds the option names against drbd_options.def.
if exists("b:current_syntax")
	finish
endif

syntax case match
syntax iskeyword @,48-57,_,-,.,/
syntax sync fromstart

syntax match drbdComment "#.*$" contains=drbdTodo
syntax keyword drbdTodo contained TODO FIXME XXX
syntax region drbdString start=+"+ skip=+\\.+ end=+"+ oneline
syntax match drbdNumber "\<\d\+[kKmMgGs]\?\>"
syntax match drbdAddress "\<\d\{1,3}\(\.\d\{1,3}\)\{3}:\d\+"
syntax match drbdAddress "\[[0-9a-fA-F:.]\+\(%\w\+\)\?\]:\d\+"
syntax region drbdSkip matchgroup=drbdSkip start="\<skip\>\_[^{]*{" end="}" contains=drbdSkipInner
syntax region drbdSkipInner contained start="{" end="}" contains=drbdSkipInner

syntax keyword drbdSection global common resource on floating stacked-on-top-of volume options net disk syncer
syntax keyword drbdSection startup handlers proxy plugin
syntax keyword drbdStatement include device minor meta-disk flexible-meta-disk address inside outside ignore-on
syntax keyword drbdStatement internal ipv4 ipv6 sdp ssocks sci
syntax keyword drbdOption after after-sb-0pri after-sb-1pri after-sb-2pri al-extents al-updates
syntax keyword drbdOption allow-two-primaries always-asbp become-primary-on bwlimit c-delay-target
syntax keyword drbdOption c-fill-target c-max-rate c-min-rate c-plan-ahead cmd-timeout-long cmd-timeout-medium
syntax keyword drbdOption cmd-timeout-short compression congestion-extents congestion-fill connect-int cpu-mask
syntax keyword drbdOption cram-hmac-alg csums-after-crash-only csums-alg data-integrity-alg degr-wfc-timeout
syntax keyword drbdOption dialog-refresh disable-ip-verification disable-write-same discard-zeroes-if-aligned
syntax keyword drbdOption disk-barrier disk-drain disk-flushes disk-timeout fencing ko-count max-bio-bvecs
syntax keyword drbdOption max-buffers max-epoch-size md-flushes memlimit minor-count no-disk-barrier
syntax keyword drbdOption no-disk-drain no-disk-flushes no-md-flushes no-tcp-cork on-congestion on-io-error
syntax keyword drbdOption on-no-data-accessible outdated-wfc-timeout ping-int ping-timeout protocol rate
syntax keyword drbdOption rcvbuf-size read-balancing read-loops resync-after resync-rate rr-conflict
syntax keyword drbdOption rs-discard-granularity shared-secret size sndbuf-size socket-check-timeout
syntax keyword drbdOption stacked-timeouts tcp-cork timeout udev-always-use-vnr unplug-watermark usage-count
syntax keyword drbdOption use-bmbv use-rle verify-alg wait-after-sb wfc-timeout
syntax keyword drbdHandler pri-on-incon-degr pri-lost-after-sb pri-lost initial-split-brain split-brain
syntax keyword drbdHandler fence-peer outdate-peer unfence-peer local-io-error before-resync-target
syntax keyword drbdHandler after-resync-target before-resync-source out-of-sync
syntax keyword drbdValue yes no ask both 128K-striping 1M-striping 256K-striping 32K-striping 512K-striping
syntax keyword drbdValue 64K-striping block call-local-io-error call-pri-lost call-pri-lost-after-sb consensus
syntax keyword drbdValue detach discard-least-changes discard-local discard-older-primary discard-remote
syntax keyword drbdValue discard-secondary discard-younger-primary discard-zero-changes disconnect dont-care
syntax keyword drbdValue io-error least-pending pass_on prefer-local prefer-remote pull-ahead
syntax keyword drbdValue resource-and-stonith resource-only round-robin suspend-io violently violently-as0p
syntax keyword drbdValue when-congested-remote

highlight default link drbdComment Comment
highlight default link drbdSkip Comment
highlight default link drbdSkipInner Comment
highlight default link drbdTodo Todo
highlight default link drbdString String
highlight default link drbdNumber Number
highlight default link drbdAddress Constant
highlight default link drbdSection Structure
highlight default link drbdStatement Statement
highlight default link drbdOption Identifier
highlight default link drbdHandler Function
highlight default link drbdValue Type

let b:current_syntax = "drbd"

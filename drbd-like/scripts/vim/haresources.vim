" SPDX-License-Identifier: GPL-2.0-only
" heartbeat's haresources: a node, then its resources with their arguments behind ::
if exists("b:current_syntax")
	finish
endif

syntax match haresourcesNode "^\S\+"
syntax match haresourcesComment "#.*$"
syntax match haresourcesAgent "\s\zs[^: \t\\#]\+\ze\(::\|\s\|$\)"
syntax match haresourcesAddress "\<\d\{1,3}\(\.\d\{1,3}\)\{3}\(/[^ \t:]\+\)*"
syntax match haresourcesSeparator "::"
syntax match haresourcesArgument "::\zs[^: \t]\+" contains=haresourcesAddress
syntax match haresourcesMore "\\$"

highlight default link haresourcesComment Comment
highlight default link haresourcesNode Identifier
highlight default link haresourcesAgent Function
highlight default link haresourcesAddress Constant
highlight default link haresourcesSeparator Delimiter
highlight default link haresourcesArgument String
highlight default link haresourcesMore Special

let b:current_syntax = "haresources"

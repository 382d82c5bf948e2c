s/nothing/at all/
s/50; # 1/51; # 1/
/ping-int/d
s/7; # seconds/7; ko-count 7;/
s/7; # seconds/7; ko-count 8;/
s/"3"/"f"/
/cpu-mask/d
0,/10240k/s//10241k/
0,/20971520s/s//20971521s/
s/20971520s/10485760k/
0,/size /{/size /d}
s/"\/dev\/vdb"/"\/dev\/vdz"/
s/"\/dev\/vdx" . 1 ./"\/dev\/vdy" [ 1 ]/
s/"\/dev\/vdx" . 1 ./"\/dev\/vdx" [ 2 ]/
s/"\/dev\/vdx" . 1 ./"\/dev\/vdx"/
s/"\/dev\/vdx" . 1 ./internal/
s/minor 2;/minor 3;/
s/volume 1/volume 5/
/volume 1/,/^        }/d
s/10.1.0.2:7789/10.1.0.2:7788/
s/10.1.0.1:7789/10.1.0.9:7789/
s/ipv4 10.1.0.1:7789/ipv6 [fd00::1]:7789/
/disk	/d;/meta-disk/d
0,/c-fill-target.*/s//al-extents 1237;/
0,/c-fill-target.*/s//al-extents 7;/
0,/c-fill-target.*/s//disk-flushes no;/
0,/c-fill-target.*/s//disk-barrier no;/
0,/c-fill-target.*/s//on-io-error pass_on;/
0,/c-fill-target.*/s//max-bio-bvecs 1;/
0,/ping-int.*/s//ping-int 7; use-rle no;/
0,/ping-int.*/s//ping-int 7; use-rle yes;/
0,/ping-int.*/s//ping-int 7; verify-alg "";/
0,/ping-int.*/s//ping-int 7; verify-alg "md5";/
0,/ping-int.*/s//ping-int 7; protocol A;/
0,/ping-int.*/s//ping-int 7; shared-secret "a \\" b";/
d

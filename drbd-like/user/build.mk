# The administrator's tools. Keep each program's block separate.

# What drbdmeta and drbdsetup both know of a minor on this host.
DRBD_HOST_SRC := drbd-like/user/drbd_host.c

# --- drbdmeta
DRBDMETA_SRC := drbd-like/user/md_dev.c drbd-like/user/md_dump.c drbd-like/user/md_detect.c drbd-like/user/md_text.c \
	drbd-like/user/md_create.c drbd-like/user/md_apply.c drbd-like/core/drbd_md.c drbd-like/core/drbd_al.c
PROGRAMS += drbdmeta
drbdmeta_SRC = drbd-like/user/drbdmeta.c $(DRBDMETA_SRC) $(DRBD_HOST_SRC) $(LIB_SRC)
drbdmeta_LIBS = $(LIB_LIBS)
INSTALL += 755:drbdmeta:/usr/sbin/drbdmeta:/sbin/drbdmeta
MANPAGES += drbd-like/user/drbdmeta.8
TEST_TOOLS += md_image
md_image_SRC := tests/md_image.c drbd-like/core/drbd_al.c

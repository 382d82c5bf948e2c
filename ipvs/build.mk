# ipvsadm. Other programs use IPVS_NL_SRC with IPVS_NL_PKG.
IPVS_NL_SRC := ipvs/ipvs_nl.c ipvs/ipvs_msg.c
IPVS_NL_PKG := libnl-3.0 libnl-genl-3.0
DEPS_DEB += libnl-3-dev libnl-genl-3-dev libpopt-dev
DEPS_EL += libnl3-devel popt-devel

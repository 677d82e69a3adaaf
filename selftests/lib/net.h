/* SPDX-License-Identifier: GPL-2.0 */
/* Networks of a test's own: a loopback, or two namespaces and a cable. */
#ifndef KT_NET_H
#define KT_NET_H

#include "kt.h"

/** kt_run() - one shell command line, what it fails with in the log. */
int kt_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** kt_device_mtu() - set a device's MTU. */
int kt_device_mtu(const char *name, int mtu);

/** kt_device_without() - switch a feature of a device off: ETHTOOL_SGSO, ... */
int kt_device_without(const char *name, uint32_t feature);

/** kt_segment() - bytes of the stream that TCP puts into a packet of @fd's. */
int kt_segment(int fd);

/**
 * kt_own_network() - this process into a new namespace, its loopback up
 * @mtu: bytes a packet; and no packet is longer, with help from "hardware".
 *	0 for the loopback as it comes.
 */
int kt_own_network(int mtu);

/** kt_enter() - this process into the namespace that the file @ns stands for. */
int kt_enter(int ns);

/**
 * struct kt_cable - two namespaces with a veth pair between them
 * @here: file of this process's namespace, with v0 and 192.0.2.1
 * @there: of the other one, with v1 and 192.0.2.2
 */
struct kt_cable {
	int here;
	int there;
};

/** kt_cable_lay() - make them; on success this process is @here. */
int kt_cable_lay(struct kt_cable *cable);

/** kt_cable_plug() - give this side's end, v0, its address, and switch it on. */
int kt_cable_plug(void);

/** kt_cable_remove() - let go of what there is of it. */
void kt_cable_remove(struct kt_cable *cable);

/**
 * kt_cable_open() - kt_link_open(), over the cable
 *
 * The end under test is a socket of @here, the plain one of @there.
 */
int kt_cable_open(const struct kt_cable *cable, struct kt_link *link,
		  const struct kt_params *params);

#endif /* KT_NET_H */

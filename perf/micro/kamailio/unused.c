// SPDX-License-Identifier: Apache-2.0
// What Kamailio's parser refers to beyond itself and never reaches while it reads a message: settings keep the values
// Kamailio starts with, functions end the process. Compiled by perf/micro/kamailio_parser.
#include <stdlib.h>

// Messages of level "warning" and worse go to stderr.
int log_stderr = 1;
int log_color = 0;
int log_cee = 0;
char* log_name = 0;
char* log_fqdn = 0;
char* log_prefix_fmt = 0;
int process_no = 0;
int my_pid(void) { return 1; }

char* cfg_file = 0;
int phone2tel = 1;
int raw_udp4_send_sock = -1;
void* sendipv4 = 0;
// Route tables: four words and more, never read.
long event_rt[16];
int route_type = 1;
unsigned long pkg_mem_size = 8UL << 20;
unsigned long shm_mem_size = 64UL << 20;

#define DP_NEVER_CALLED(name) \
  void name(void) { abort(); }
DP_NEVER_CALLED(blst_max_mem_fixup)
DP_NEVER_CALLED(blst_reinit_ign_masks)
DP_NEVER_CALLED(dns_cache_max_mem_fixup)
DP_NEVER_CALLED(dns_reinit_fixup)
DP_NEVER_CALLED(dns_try_ipv6_fixup)
DP_NEVER_CALLED(fix_dns_flags)
DP_NEVER_CALLED(fix_global_req_flags)
DP_NEVER_CALLED(free_lump_list)
DP_NEVER_CALLED(get_valid_proto_string)
DP_NEVER_CALLED(ip_addr2a)
DP_NEVER_CALLED(ksr_str_json_escape)
DP_NEVER_CALLED(mem_dump_pkg_cb)
DP_NEVER_CALLED(mem_dump_shm_fixup)
DP_NEVER_CALLED(pv_parse_format)
DP_NEVER_CALLED(pv_printf)
DP_NEVER_CALLED(reinit_proto_prefs)
DP_NEVER_CALLED(resolv_reinit)
DP_NEVER_CALLED(route_get)
DP_NEVER_CALLED(run_top_route)
DP_NEVER_CALLED(shm_force_alloc)
DP_NEVER_CALLED(sock_get_ttl)
DP_NEVER_CALLED(use_dns_cache_fixup)
DP_NEVER_CALLED(use_dns_failover_fixup)
DP_NEVER_CALLED(use_dst_blocklist_fixup)

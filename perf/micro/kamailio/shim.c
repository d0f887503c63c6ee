// SPDX-License-Identifier: Apache-2.0
// The door to Kamailio's parser for dialplane-micro: reads one message up to its Call-ID, as the lazy parser of a
// dispatcher does. Compiled by perf/micro/kamailio_parser against the sources it fetched; never part of a build.
#include "core/mem/pkg.h"
#include "core/parser/msg_parser.h"
#include "core/parser/parse_hname2.h"

#include <string.h>

// The fastest of Kamailio's allocators for private memory; the default one checks every block.
int dialplane_kamailio_start(void) { return pkg_init_manager("fm") < 0 || ksr_hname_init_index() < 0 ? -1 : 0; }

// Reads `text` (zero-terminated) and finds the Call-ID, a view into it. Returns 0, or -1 if Kamailio refuses it.
int dialplane_kamailio_call_id(const char* text, unsigned length, const char** call_id, unsigned* call_id_length) {
  static sip_msg_t message;
  memset(&message, 0, sizeof message);
  message.buf = (char*)text;
  message.len = length;
  int result = parse_msg(message.buf, message.len, &message);
  if (result == 0) result = parse_headers(&message, HDR_CALLID_F, 0);
  if (result == 0 && message.callid != 0) {
    *call_id = message.callid->body.s;
    *call_id_length = (unsigned)message.callid->body.len;
  } else {
    result = -1;
  }
  free_sip_msg(&message);
  return result;
}

// Reads every header of `text`; returns their number, or -1.
int dialplane_kamailio_all(const char* text, unsigned length) {
  static sip_msg_t message;
  memset(&message, 0, sizeof message);
  message.buf = (char*)text;
  message.len = length;
  int count = -1;
  if (parse_msg(message.buf, message.len, &message) == 0 && parse_headers(&message, HDR_EOH_F, 0) == 0) {
    count = 0;
    for (const hdr_field_t* header = message.headers; header != 0; header = header->next) ++count;
  }
  free_sip_msg(&message);
  return count;
}

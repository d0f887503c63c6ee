// SPDX-License-Identifier: Apache-2.0
// What main() registers; one function for each program that reads messages. Called once, before the first run.
#pragma once

namespace dialplane::micro {

void register_engine();
/// The speed of the core and of the memory under the corpus: no parser reads faster than this.
void register_ceilings();
void register_osip();
void register_sofia();
/// Does nothing without DIALPLANE_KAMAILIO_PARSER in the environment. Errors: throws std::runtime_error if that names
/// no parser.
void register_kamailio();

}  // namespace dialplane::micro

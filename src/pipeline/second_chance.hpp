// SPDX-License-Identifier: Apache-2.0
// Another backend for a repeated request whose own one is silent. Runs on workers.
#pragma once

#include "stages.hpp"

namespace dialplane::pipeline {

/// Tells the transactions of one Call-ID apart: the end of the branch and the CSeq number, as INVITE, CANCEL and ACK,
/// and the Via below ours in a response, have them.
std::uint32_t transaction_digest(const sip::ViaView& via, std::uint32_t cseq) noexcept;

/// For a copy of the request that work.entry stands for, bound to the backend at `position`: another backend, which the
/// entry then names; kNoIndex: it stays. Source: docs/operations.md, "Second chance".
std::uint16_t give_second_chance(Stage stage, const snapshot::Pool& pool, std::uint16_t position) noexcept;

}  // namespace dialplane::pipeline

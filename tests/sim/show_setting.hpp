#pragma once

#include <string>

#include "base/time.hpp"
#include "impaired_network.hpp"
#include "net/endpoint.hpp"
#include "rtc/dtls/dtls_certificate.hpp"

// What every simulated show has in common.
namespace shelcaster::sim {

inline const net::Endpoint kServerAt = net::Endpoint::v4({203, 0, 113, 1}, 9000);
inline constexpr double kDeckToneHz = 200;
inline constexpr float kDeckToneDb = -30;

// How long the mixer may take to recover from what; see Invariants::set_due.
inline constexpr base::Duration kConnectionCarries = std::chrono::seconds(3);
inline constexpr base::Duration kRecovers = std::chrono::seconds(4);
/// Consent is renewed every 4 to 6 s, and a move is noticed then.
inline constexpr base::Duration kFollowsAMove = std::chrono::seconds(9);
inline constexpr base::Duration kDelayReturns = std::chrono::seconds(10);
/// ICE and DTLS repeat with growing pauses; after 30 s a page begins anew.
inline constexpr base::Duration kConnects = std::chrono::seconds(35);
inline constexpr base::Duration kSessionIsForgotten = std::chrono::seconds(75);
/// By the event stream or its end, that its session is gone.
inline constexpr base::Duration kPageNotices = std::chrono::milliseconds(500);
/// Of the 50 a second.
inline constexpr std::uint64_t kReturnPacketsMin = 40;

/// A path on which everything must work: it may lose a packet in a hundred and waver a little.
bool is_good(const LinkConditions& link);

/// One for all, made once: making keys takes longer than a show.
const rtc::DtlsCertificate& certificate();

/// A minute of the deck's tone, as an imported track. The path is good while the process lives.
const std::string& deck_track();

}  // namespace shelcaster::sim

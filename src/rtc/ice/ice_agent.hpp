#pragma once

#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/endpoint.hpp"
#include "rtc/ice/ice_types.hpp"

namespace shelcaster::rtc {

/// What Transport needs of either side of ICE. Not thread-safe. After every call that takes a time,
/// drain poll_transmit() and look at selected() and is_expired() again.
class IceAgent {
 public:
  struct Transmit {
    net::Endpoint remote;
    base::Bytes bytes;
  };

  virtual ~IceAgent() = default;

  virtual void handle_stun(base::Instant now, const net::Endpoint& from, base::ByteSpan bytes) = 0;
  virtual void handle_timeout(base::Instant now) = 0;
  [[nodiscard]] virtual base::Instant next_timeout() const = 0;

  /// Where to send: the nominated address, before nomination the best of those validated; for a
  /// lite side also one that alone is still heard.
  [[nodiscard]] virtual std::optional<net::Endpoint> selected() const = 0;
  /// Whether this address has passed a check with the right password: DTLS from it may be handled.
  [[nodiscard]] virtual bool is_validated(const net::Endpoint& remote) const = 0;
  /// Whether the peer has been silent, or has not renewed its consent, for longer than it may.
  [[nodiscard]] virtual bool is_expired(base::Instant now) const = 0;
  /// Something authentic came from there: media or a report.
  virtual void note_media_activity(base::Instant now, const net::Endpoint& from) = 0;

  /// See Transport::restart_ice.
  virtual base::Result<void> restart(base::Instant now, const IceCredentials& local,
                                     const IceCredentials& remote) = 0;
  virtual void add_remote_candidates(base::Instant now,
                                     const std::vector<IceCandidate>& candidates) = 0;
  /// Whether `ufrag` is a local one that requests may be addressed to.
  [[nodiscard]] virtual bool owns_ufrag(std::string_view ufrag) const = 0;
  /// Whether `ufrag` is the peer's in the current generation or in the one to come.
  [[nodiscard]] virtual bool knows_remote_ufrag(std::string_view ufrag) const = 0;

  [[nodiscard]] std::optional<Transmit> poll_transmit() {
    if (transmits_.empty()) return std::nullopt;
    Transmit transmit = std::move(transmits_.front());
    transmits_.pop_front();
    return transmit;
  }

  static constexpr base::Duration kConsentTimeout = std::chrono::seconds(30);

 protected:
  void transmit(const net::Endpoint& remote, base::Bytes bytes) {
    transmits_.push_back({remote, std::move(bytes)});
  }

 private:
  std::deque<Transmit> transmits_;
};

/// The two ends' credentials of one ICE generation; a restart makes the next.
struct IceGeneration {
  IceCredentials local;
  IceCredentials remote;
};

}  // namespace shelcaster::rtc

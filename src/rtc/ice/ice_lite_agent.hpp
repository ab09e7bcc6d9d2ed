#pragma once

#include "rtc/ice/ice_agent.hpp"

namespace shelcaster::rtc {

/// What an agent knows, for another process to go on from. Holds passwords: never to a disk or log.
struct IceLiteMemory {
  IceGeneration current;
  std::optional<IceGeneration> previous;
  std::optional<IceGeneration> next;
  /// Oldest first. A peer has a handful of addresses; one that invents more only evicts its own.
  std::vector<net::Endpoint> validated;
  std::optional<net::Endpoint> nominated;
};

/// The server's side: ICE-lite, controlled (RFC 8445 sections 2.5 and 7.3). It sends no checks; it
/// answers those of the peer and so learns the peer's addresses, whatever candidates the offer had.
///
/// The latest address with USE-CANDIDATE wins; before any, the one that was validated first. Where
/// that one has been silent for kSilentAfter and another validated one is heard, by a check or by
/// media, it is taken for the peer's new address: behind a NAT that has changed its port not every
/// client says USE-CANDIDATE again. Any valid STUN message and any authenticated media keep the
/// session alive (FFmpeg does not renew consent).
///
/// A restart adds a generation of credentials. Checks with the old one are answered all the time
/// and nominate until the new one has passed its first check; from then on only the new one
/// nominates.
class IceLiteAgent final : public IceAgent {
 public:
  IceLiteAgent(IceGeneration generation, base::Instant now);
  /// Goes on where another process was.
  IceLiteAgent(base::Instant now, IceLiteMemory memory);
  [[nodiscard]] const IceLiteMemory& memory() const { return memory_; }

  /// More than between two checks of a browser, less than between two renewals of consent.
  static constexpr base::Duration kSilentAfter = std::chrono::seconds(3);

  void handle_stun(base::Instant now, const net::Endpoint& from, base::ByteSpan bytes) override;
  void handle_timeout(base::Instant now) override;
  [[nodiscard]] base::Instant next_timeout() const override;
  [[nodiscard]] std::optional<net::Endpoint> selected() const override;
  [[nodiscard]] bool is_validated(const net::Endpoint& remote) const override;
  [[nodiscard]] bool is_expired(base::Instant now) const override;
  void note_media_activity(base::Instant now, const net::Endpoint& from) override;
  base::Result<void> restart(base::Instant now, const IceCredentials& local,
                             const IceCredentials& remote) override;
  void add_remote_candidates(base::Instant now,
                             const std::vector<IceCandidate>& candidates) override;
  [[nodiscard]] bool owns_ufrag(std::string_view ufrag) const override;
  [[nodiscard]] bool knows_remote_ufrag(std::string_view ufrag) const override;

 private:
  const IceGeneration* find_generation(std::string_view local_ufrag) const;
  void learn(base::Instant now, const net::Endpoint& from);
  void note_heard(base::Instant now, const net::Endpoint& from);
  [[nodiscard]] base::Instant* heard_from(const net::Endpoint& remote);

  IceLiteMemory memory_;
  /// When each of memory_.validated was last heard.
  std::vector<base::Instant> validated_heard_at_;
  base::Instant heard_at_;
};

}  // namespace shelcaster::rtc

#pragma once

#include <array>
#include <cstdint>

#include "base/random.hpp"
#include "rtc/ice/ice_agent.hpp"
#include "rtc/stun/stun_message.hpp"

namespace shelcaster::rtc {

/// What an agent that has nominated an address knows, for another process to go on from. Holds
/// passwords: never to a disk or log.
struct IceClientMemory {
  IceGeneration current;
  std::uint64_t tie_breaker = 0;
  std::vector<net::Endpoint> validated;
  net::Endpoint selected;
};

/// The client's side: controlling, one local socket, against a server that can be reached at the
/// candidates of its answer (RFC 8445; regular nomination). It checks each candidate, nominates the
/// first that answers, and then renews consent every 4–6 s (RFC 7675), and each second while that
/// is unanswered; without an answer for 30 s it is expired. Media does not renew consent here: it
/// proves nothing about who wants ours.
///
/// A restart checks the same candidates with the new credentials beside the old generation, which
/// goes on renewing its consent; the first success switches over, no success leaves all as it was.
class IceClientAgent final : public IceAgent {
 public:
  /// `random` must outlive the agent: transaction ids come from it.
  IceClientAgent(IceGeneration generation, const std::vector<IceCandidate>& remote_candidates,
                 base::Random& random, base::Instant now);

  /// Goes on where another process was, and asks at once whether the server still consents.
  IceClientAgent(base::Instant now, IceClientMemory memory, base::Random& random);
  /// Nothing before an address is nominated. A restart under way is left out: it is asked for anew.
  [[nodiscard]] std::optional<IceClientMemory> memory() const;

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
  /// One candidate in one generation. Transactions: a request and its retransmissions.
  struct Check {
    net::Endpoint remote;
    StunTransactionId transaction{};
    base::Bytes request;
    base::Duration retransmit_after{};
    int sent_count = 0;
    base::Instant next_at;
    bool nominating = false;
  };
  struct Checklist {
    IceGeneration generation;
    std::vector<Check> checks;
    bool nominated = false;
  };

  base::Bytes make_request(const IceGeneration& generation, bool use_candidate,
                           StunTransactionId& transaction);
  Checklist make_checklist(IceGeneration generation, base::Instant now);
  void send_check(base::Instant now, Checklist& list, Check& check);
  void run_checks(base::Instant now, Checklist& list);
  void send_consent(base::Instant now);
  void handle_request(base::Instant now, const net::Endpoint& from, const StunMessage& request);
  bool handle_check_response(base::Instant now, const net::Endpoint& from,
                             const StunMessage& response, Checklist& list);
  void handle_consent_response(base::Instant now, const net::Endpoint& from,
                               const StunMessage& response);
  void consent_to(base::Instant now, const net::Endpoint& remote);

  base::Random& random_;
  std::uint64_t tie_breaker_;
  std::vector<net::Endpoint> candidates_;
  Checklist current_;
  std::optional<Checklist> next_;
  base::Instant next_expires_at_ = base::Instant::never();

  std::vector<net::Endpoint> validated_;
  std::optional<net::Endpoint> selected_;
  base::Instant consent_at_;
  base::Instant next_consent_at_ = base::Instant::never();
  /// The last few consent checks; an answer to any of them renews (RFC 7675 section 5.1).
  std::array<StunTransactionId, 8> consent_transactions_{};
  std::size_t consent_count_ = 0;
};

}  // namespace shelcaster::rtc

#include "rtc/peer/transport.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "rtc/dtls/dtls_session.hpp"

namespace shelcaster::rtc {
namespace {

const DtlsCertificate& checked_certificate(const TransportConfig& config) {
  if (config.certificate == nullptr || config.local_ice.ufrag.empty() ||
      config.local_ice.pwd.empty() || config.remote_ice.ufrag.empty() ||
      config.remote_ice.pwd.empty()) {
    std::abort();
  }
  return *config.certificate;
}

std::unique_ptr<IceAgent> make_agent(const TransportConfig& config, base::Random& random,
                                     base::Instant now) {
  IceGeneration generation{config.local_ice, config.remote_ice};
  if (config.ice_role == IceRole::kServerLite) {
    return std::make_unique<IceLiteAgent>(std::move(generation), now);
  }
  return std::make_unique<IceClientAgent>(std::move(generation), config.remote_candidates, random,
                                          now);
}

std::unique_ptr<IceAgent> restore_agent(std::variant<IceLiteMemory, IceClientMemory> memory,
                                        base::Random& random, base::Instant now) {
  if (auto* client = std::get_if<IceClientMemory>(&memory)) {
    return std::make_unique<IceClientAgent>(now, std::move(*client), random);
  }
  return std::make_unique<IceLiteAgent>(now, std::move(std::get<IceLiteMemory>(memory)));
}

}  // namespace

struct Transport::State {
  State(const TransportConfig& config, base::Random& random, base::Instant now)
      : dtls(std::in_place, checked_certificate(config), config.dtls_role,
             config.remote_fingerprint),
        ice(make_agent(config, random, now)),
        handshake_deadline(now + kHandshakeTimeout) {}
  State(TransportMemory memory, base::Random& random, base::Instant now)
      : ice(restore_agent(std::move(memory.ice), random, now)),
        connected(true),
        farewell(std::move(memory.farewell)) {
    if (const auto selected = ice->selected()) told_remote = *selected;
  }

  /// Empty in a session that was taken over.
  std::optional<DtlsSession> dtls;
  std::unique_ptr<IceAgent> ice;
  base::Instant handshake_deadline;
  bool connected = false;
  bool closed = false;
  base::Bytes farewell;
  /// The address in the last Connected or RemoteChanged.
  net::Endpoint told_remote;

  std::deque<IceAgent::Transmit> transmits;
  std::deque<TransportEvent> events;
  /// Holds the bytes of the Transmit that was given out last.
  base::Bytes given_out;

  void advance(base::Instant now);
  void collect_transmits(const std::optional<net::Endpoint>& selected);
  void look_at_dtls(const net::Endpoint& selected);
  void finish(std::string reason);
  [[nodiscard]] base::Instant next_timeout() const;
};

void Transport::State::finish(std::string reason) {
  if (closed) return;
  closed = true;
  events.emplace_back(Closed{std::move(reason)});
}

void Transport::State::collect_transmits(const std::optional<net::Endpoint>& selected) {
  while (auto transmit = ice->poll_transmit()) transmits.push_back(std::move(*transmit));
  while (auto bytes = dtls ? dtls->poll_transmit() : std::nullopt) {
    if (selected) transmits.push_back({*selected, std::move(*bytes)});
  }
}

void Transport::State::look_at_dtls(const net::Endpoint& selected) {
  switch (dtls ? dtls->state() : DtlsSession::State::kConnected) {
    case DtlsSession::State::kHandshaking:
      return;
    case DtlsSession::State::kConnected:
      if (!connected) {
        connected = true;
        told_remote = selected;
        events.emplace_back(Connected{dtls->keys(), selected});
      } else if (told_remote != selected) {
        told_remote = selected;
        events.emplace_back(RemoteChanged{selected});
      }
      return;
    case DtlsSession::State::kClosed:
      finish("the peer closed the connection");
      return;
    case DtlsSession::State::kFailed:
      finish(dtls->failure());
      return;
  }
}

/// Carries what one part has come to into the others. Called at the end of every input.
void Transport::State::advance(base::Instant now) {
  const std::optional<net::Endpoint> selected = ice->selected();
  if (selected && dtls) dtls->start(now);
  collect_transmits(selected);
  if (selected) look_at_dtls(*selected);
  if (closed) return;
  if (!connected && now >= handshake_deadline) {
    finish(selected ? "the DTLS handshake was not completed in 30 s"
                    : "no valid connectivity check in 30 s (UDP blocked on the way?)");
  } else if (ice->is_expired(now)) {
    finish("the peer has been silent for 30 s");
  }
}

base::Instant Transport::State::next_timeout() const {
  if (closed) return base::Instant::never();
  base::Instant at = ice->next_timeout();
  if (dtls) at = std::min(at, dtls->next_timeout());
  return connected ? at : std::min(at, handshake_deadline);
}

Transport::Transport(const TransportConfig& config, base::Random& random, base::Instant now)
    : state_(std::make_unique<State>(config, random, now)) {}

Transport::Transport(TransportMemory memory, base::Random& random, base::Instant now)
    : state_(std::make_unique<State>(std::move(memory), random, now)) {}

Transport::~Transport() = default;

std::optional<TransportMemory> Transport::memory() const {
  if (!is_connected()) return std::nullopt;
  TransportMemory memory{.ice = {}, .farewell = state_->farewell};
  if (const auto* server = dynamic_cast<const IceLiteAgent*>(state_->ice.get())) {
    memory.ice = server->memory();
  } else if (const auto* client = dynamic_cast<const IceClientAgent*>(state_->ice.get())) {
    auto known = client->memory();
    if (!known) return std::nullopt;
    memory.ice = *std::move(known);
  }
  return memory;
}

bool Transport::prepare_farewell() {
  State& s = *state_;
  if (!is_connected() || !s.dtls || !s.farewell.empty()) return false;
  s.farewell = s.dtls->make_farewell();
  return !s.farewell.empty();
}

void Transport::handle_datagram(base::Instant now, const SortedDatagram& datagram) {
  if (state_->closed) return;
  switch (datagram.kind()) {
    case PacketKind::kStun:
      state_->ice->handle_stun(now, datagram.remote, datagram.bytes);
      break;
    case PacketKind::kDtls:
      // Whoever can't pass a check can't make OpenSSL work, nor be sent a flight (RFC 8827 4.2).
      if (!state_->ice->is_validated(datagram.remote)) return;
      // Whoever comes to another address in the middle of a handshake is answered there.
      state_->ice->note_media_activity(now, datagram.remote);
      if (state_->dtls) state_->dtls->handle_datagram(now, datagram.bytes);
      break;
    case PacketKind::kRtpOrRtcp:
    case PacketKind::kUnknown:
      return;
  }
  state_->advance(now);
}

void Transport::handle_timeout(base::Instant now) {
  if (state_->closed) return;
  state_->ice->handle_timeout(now);
  if (state_->dtls) state_->dtls->handle_timeout(now);
  state_->advance(now);
}

TransportOutput Transport::poll_output() {
  State& s = *state_;
  if (!s.transmits.empty()) {
    const net::Endpoint remote = s.transmits.front().remote;
    s.given_out = std::move(s.transmits.front().bytes);
    s.transmits.pop_front();
    return net::Transmit{remote, s.given_out};
  }
  if (!s.events.empty()) {
    TransportEvent event = std::move(s.events.front());
    s.events.pop_front();
    return event;
  }
  return Timeout{s.next_timeout()};
}

void Transport::note_media_activity(base::Instant now, const net::Endpoint& from) {
  if (state_->closed) return;
  state_->ice->note_media_activity(now, from);
  state_->advance(now);
}

base::Result<void> Transport::restart_ice(base::Instant now, const IceCredentials& local,
                                          const IceCredentials& remote) {
  if (state_->closed) return base::fail("ICE restart: the session is closed");
  auto restarted = state_->ice->restart(now, local, remote);
  if (restarted) state_->advance(now);
  return restarted;
}

void Transport::add_remote_candidates(base::Instant now,
                                      const std::vector<IceCandidate>& candidates) {
  if (!state_->closed) state_->ice->add_remote_candidates(now, candidates);
}

void Transport::close(base::Instant now) {
  if (state_->closed) return;
  if (state_->dtls) {
    state_->dtls->close(now);
  } else if (const auto selected = state_->ice->selected(); selected && !state_->farewell.empty()) {
    state_->transmits.push_back({*selected, state_->farewell});
  }
  state_->collect_transmits(state_->ice->selected());
  state_->finish("closed by us");
}

bool Transport::owns_ufrag(std::string_view ufrag) const { return state_->ice->owns_ufrag(ufrag); }
bool Transport::is_restart(const IceCredentials& remote) const {
  return !state_->ice->knows_remote_ufrag(remote.ufrag);
}
bool Transport::is_validated(const net::Endpoint& remote) const {
  return state_->ice->is_validated(remote);
}
bool Transport::is_connected() const { return state_->connected && !state_->closed; }
bool Transport::is_closed() const { return state_->closed; }

}  // namespace shelcaster::rtc

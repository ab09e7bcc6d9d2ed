#include "rtc/ice/ice_lite_agent.hpp"

#include <algorithm>

#include "rtc/ice/detail/binding_answer.hpp"
#include "rtc/stun/stun_message.hpp"

namespace shelcaster::rtc {
namespace {

constexpr std::size_t kValidatedMax = 8;

}  // namespace

IceLiteAgent::IceLiteAgent(IceGeneration generation, base::Instant now)
    : memory_{.current = std::move(generation),
              .previous = {},
              .next = {},
              .validated = {},
              .nominated = {}},
      heard_at_(now) {}

IceLiteAgent::IceLiteAgent(base::Instant now, IceLiteMemory memory)
    : memory_(std::move(memory)),
      validated_heard_at_(memory_.validated.size(), now),
      heard_at_(now) {}

const IceGeneration* IceLiteAgent::find_generation(std::string_view local_ufrag) const {
  if (memory_.current.local.ufrag == local_ufrag) return &memory_.current;
  if (memory_.next && memory_.next->local.ufrag == local_ufrag) return &*memory_.next;
  if (memory_.previous && memory_.previous->local.ufrag == local_ufrag) return &*memory_.previous;
  return nullptr;
}

base::Instant* IceLiteAgent::heard_from(const net::Endpoint& remote) {
  const auto found = std::ranges::find(memory_.validated, remote);
  if (found == memory_.validated.end()) return nullptr;
  return &validated_heard_at_[static_cast<std::size_t>(found - memory_.validated.begin())];
}

void IceLiteAgent::learn(base::Instant now, const net::Endpoint& from) {
  if (is_validated(from)) return;
  if (memory_.validated.size() == kValidatedMax) {
    const bool first_is_in_use = memory_.validated.front() == selected();
    const std::ptrdiff_t oldest = first_is_in_use ? 1 : 0;
    memory_.validated.erase(memory_.validated.begin() + oldest);
    validated_heard_at_.erase(validated_heard_at_.begin() + oldest);
  }
  memory_.validated.push_back(from);
  validated_heard_at_.push_back(now);
}

void IceLiteAgent::note_heard(base::Instant now, const net::Endpoint& from) {
  heard_at_ = std::max(heard_at_, now);
  base::Instant* const at = heard_from(from);
  if (at == nullptr) return;
  *at = std::max(*at, now);
  const auto in_use = selected();
  if (!in_use || *in_use == from) return;
  const base::Instant* const used_at = heard_from(*in_use);
  if (used_at == nullptr || now - *used_at >= kSilentAfter) memory_.nominated = from;
}

void IceLiteAgent::handle_stun(base::Instant now, const net::Endpoint& from, base::ByteSpan bytes) {
  const auto message = StunMessage::parse(bytes);
  // We send no requests, so there are no responses to expect; indications carry no credentials.
  if (!message || message->message_class != StunClass::kRequest ||
      message->method != kStunBinding) {
    return;
  }
  const IceGeneration* generation = find_generation(detail::addressed_ufrag(*message));
  detail::BindingAnswer answer = detail::answer_binding(
      *message, from, generation == nullptr ? nullptr : &generation->local, false);
  transmit(from, std::move(answer.response));
  if (!answer.accepted) return;

  learn(now, from);
  note_heard(now, from);
  if (memory_.next && generation == &*memory_.next) {
    memory_.previous = std::exchange(memory_.current, *memory_.next);
    memory_.next.reset();
    generation = &memory_.current;
  }
  if (message->use_candidate && generation == &memory_.current) memory_.nominated = from;
}

void IceLiteAgent::handle_timeout(base::Instant) {}

base::Instant IceLiteAgent::next_timeout() const { return heard_at_ + kConsentTimeout; }

std::optional<net::Endpoint> IceLiteAgent::selected() const {
  if (memory_.nominated) return memory_.nominated;
  if (memory_.validated.empty()) return std::nullopt;
  return memory_.validated.front();
}

bool IceLiteAgent::is_validated(const net::Endpoint& remote) const {
  return std::find(memory_.validated.begin(), memory_.validated.end(), remote) !=
         memory_.validated.end();
}

bool IceLiteAgent::is_expired(base::Instant now) const {
  return now >= heard_at_ + kConsentTimeout;
}

void IceLiteAgent::note_media_activity(base::Instant now, const net::Endpoint& from) {
  note_heard(now, from);
}

base::Result<void> IceLiteAgent::restart(base::Instant, const IceCredentials& local,
                                         const IceCredentials& remote) {
  if (find_generation(local.ufrag) != nullptr || remote.ufrag == memory_.current.remote.ufrag) {
    return base::fail("ICE restart: ufrag must be new on both sides (RFC 8445 section 9)");
  }
  memory_.next = IceGeneration{local, remote};
  return {};
}

void IceLiteAgent::add_remote_candidates(base::Instant, const std::vector<IceCandidate>&) {}

bool IceLiteAgent::owns_ufrag(std::string_view ufrag) const {
  return find_generation(ufrag) != nullptr;
}

bool IceLiteAgent::knows_remote_ufrag(std::string_view ufrag) const {
  return memory_.current.remote.ufrag == ufrag ||
         (memory_.next && memory_.next->remote.ufrag == ufrag);
}

}  // namespace shelcaster::rtc

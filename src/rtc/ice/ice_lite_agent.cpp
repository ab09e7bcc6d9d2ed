#include "rtc/ice/ice_lite_agent.hpp"

#include <algorithm>

#include "rtc/ice/detail/binding_answer.hpp"
#include "rtc/stun/stun_message.hpp"

namespace shelcaster::rtc {
namespace {

constexpr std::size_t kValidatedMax = 16;

}  // namespace

IceLiteAgent::IceLiteAgent(IceGeneration generation, base::Instant now)
    : current_(std::move(generation)), heard_at_(now) {}

const IceGeneration* IceLiteAgent::find_generation(std::string_view local_ufrag) const {
  if (current_.local.ufrag == local_ufrag) return &current_;
  if (next_ && next_->local.ufrag == local_ufrag) return &*next_;
  if (previous_ && previous_->local.ufrag == local_ufrag) return &*previous_;
  return nullptr;
}

void IceLiteAgent::learn(const net::Endpoint& from) {
  if (is_validated(from)) return;
  if (validated_.size() == kValidatedMax) {
    const bool first_is_in_use = validated_.front() == selected();
    validated_.erase(validated_.begin() + (first_is_in_use ? 1 : 0));
  }
  validated_.push_back(from);
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

  heard_at_ = std::max(heard_at_, now);
  learn(from);
  if (next_ && generation == &*next_) {
    previous_ = std::exchange(current_, *next_);
    next_.reset();
    generation = &current_;
  }
  if (message->use_candidate && generation == &current_) nominated_ = from;
}

void IceLiteAgent::handle_timeout(base::Instant) {}

base::Instant IceLiteAgent::next_timeout() const { return heard_at_ + kConsentTimeout; }

std::optional<net::Endpoint> IceLiteAgent::selected() const {
  if (nominated_) return nominated_;
  if (validated_.empty()) return std::nullopt;
  return validated_.front();
}

bool IceLiteAgent::is_validated(const net::Endpoint& remote) const {
  return std::find(validated_.begin(), validated_.end(), remote) != validated_.end();
}

bool IceLiteAgent::is_expired(base::Instant now) const {
  return now >= heard_at_ + kConsentTimeout;
}

void IceLiteAgent::note_media_activity(base::Instant now) { heard_at_ = std::max(heard_at_, now); }

base::Result<void> IceLiteAgent::restart(base::Instant, const IceCredentials& local,
                                         const IceCredentials& remote) {
  if (find_generation(local.ufrag) != nullptr || remote.ufrag == current_.remote.ufrag) {
    return base::fail("ICE restart: ufrag must be new on both sides (RFC 8445 section 9)");
  }
  next_ = IceGeneration{local, remote};
  return {};
}

void IceLiteAgent::add_remote_candidates(base::Instant, const std::vector<IceCandidate>&) {}

bool IceLiteAgent::owns_ufrag(std::string_view ufrag) const {
  return find_generation(ufrag) != nullptr;
}

bool IceLiteAgent::knows_remote_ufrag(std::string_view ufrag) const {
  return current_.remote.ufrag == ufrag || (next_ && next_->remote.ufrag == ufrag);
}

}  // namespace shelcaster::rtc

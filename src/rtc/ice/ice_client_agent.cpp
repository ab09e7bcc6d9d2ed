#include "rtc/ice/ice_client_agent.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rtc/ice/detail/binding_answer.hpp"

namespace shelcaster::rtc {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kCandidatesMax = 16;
constexpr std::size_t kValidatedMax = 16;
// RFC 8445 section 14: checks start 50 ms apart; 500 ms, doubled, between repetitions. The last
// wait is bounded so that a server that comes late is still found within the handshake's 30 s.
constexpr base::Duration kPacing = 50ms;
constexpr base::Duration kFirstRetransmission = 500ms;
constexpr base::Duration kRetransmissionMax = 4s;
// RFC 7675 section 5.1: 5 s, randomised by ±20 %.
constexpr base::Duration kConsentIntervalMin = 4s;
constexpr base::Duration kConsentIntervalSpread = 2s;
// Six checks in 30 s are few on a bad network (at 20 % loss each way one session in ten would end
// within the hour), so an unanswered one is followed sooner than RFC 7675 says.
constexpr base::Duration kUnansweredConsentInterval = 1s;
constexpr base::Duration kRestartTimeout = 30s;

}  // namespace

IceClientAgent::IceClientAgent(IceGeneration generation,
                               const std::vector<IceCandidate>& remote_candidates,
                               base::Random& random, base::Instant now)
    : random_(random), tie_breaker_(random.u64()), consent_at_(now) {
  std::vector<IceCandidate> sorted = remote_candidates;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.priority > b.priority; });
  for (const IceCandidate& candidate : sorted) {
    if (candidates_.size() < kCandidatesMax) candidates_.push_back(candidate.endpoint);
  }
  current_ = make_checklist(std::move(generation), now);
}

IceClientAgent::IceClientAgent(base::Instant now, IceClientMemory memory, base::Random& random)
    : random_(random),
      tie_breaker_(memory.tie_breaker),
      candidates_(memory.validated),
      current_{.generation = std::move(memory.current), .checks = {}, .nominated = true},
      validated_(std::move(memory.validated)),
      selected_(memory.selected),
      consent_at_(now),
      next_consent_at_(now) {}

std::optional<IceClientMemory> IceClientAgent::memory() const {
  if (!selected_) return std::nullopt;
  return IceClientMemory{.current = current_.generation,
                         .tie_breaker = tie_breaker_,
                         .validated = validated_,
                         .selected = *selected_};
}

IceClientAgent::Checklist IceClientAgent::make_checklist(IceGeneration generation,
                                                         base::Instant now) {
  Checklist list{.generation = std::move(generation), .checks = {}, .nominated = false};
  for (const net::Endpoint& remote : candidates_) {
    Check check;
    check.remote = remote;
    check.next_at = now + kPacing * static_cast<int>(list.checks.size());
    list.checks.push_back(std::move(check));
  }
  return list;
}

base::Bytes IceClientAgent::make_request(const IceGeneration& generation, bool use_candidate,
                                         StunTransactionId& transaction) {
  random_.fill(transaction);
  StunBuilder builder(StunClass::kRequest, transaction);
  builder.username(fmt::format("{}:{}", generation.remote.ufrag, generation.local.ufrag))
      .priority(ice_priority(kPeerReflexiveTypePreference, 65535))
      .ice_controlling(tie_breaker_);
  if (use_candidate) builder.use_candidate();
  return builder.finish(generation.remote.pwd);
}

void IceClientAgent::send_check(base::Instant now, Checklist& list, Check& check) {
  if (check.request.empty()) {
    check.request = make_request(list.generation, check.nominating, check.transaction);
    check.retransmit_after = kFirstRetransmission;
  }
  transmit(check.remote, check.request);
  ++check.sent_count;
  check.next_at = now + check.retransmit_after;
  check.retransmit_after = std::min(check.retransmit_after * 2, kRetransmissionMax);
}

void IceClientAgent::run_checks(base::Instant now, Checklist& list) {
  for (Check& check : list.checks) {
    if (now >= check.next_at) send_check(now, list, check);
  }
}

void IceClientAgent::consent_to(base::Instant now, const net::Endpoint& remote) {
  selected_ = remote;
  consent_at_ = now;
  const auto spread = static_cast<double>(kConsentIntervalSpread.count());
  next_consent_at_ = now + kConsentIntervalMin +
                     base::Duration(static_cast<std::int64_t>(random_.unit() * spread));
}

void IceClientAgent::send_consent(base::Instant now) {
  StunTransactionId& transaction =
      consent_transactions_[consent_count_++ % consent_transactions_.size()];
  // With USE-CANDIDATE, so that a server to which we now come from another address follows us.
  transmit(*selected_, make_request(current_.generation, true, transaction));
  next_consent_at_ = now + kUnansweredConsentInterval;
}

void IceClientAgent::handle_timeout(base::Instant now) {
  run_checks(now, current_);
  if (next_ && now >= next_expires_at_) next_.reset();
  if (next_) run_checks(now, *next_);
  if (selected_ && now >= next_consent_at_) send_consent(now);
}

base::Instant IceClientAgent::next_timeout() const {
  base::Instant at = std::min(next_consent_at_, consent_at_ + kConsentTimeout);
  for (const Check& check : current_.checks) at = std::min(at, check.next_at);
  if (next_) {
    at = std::min(at, next_expires_at_);
    for (const Check& check : next_->checks) at = std::min(at, check.next_at);
  }
  return at;
}

void IceClientAgent::handle_stun(base::Instant now, const net::Endpoint& from,
                                 base::ByteSpan bytes) {
  const auto message = StunMessage::parse(bytes);
  if (!message || message->method != kStunBinding) return;
  if (message->message_class == StunClass::kRequest) {
    handle_request(now, from, *message);
    return;
  }
  if (message->message_class == StunClass::kIndication) return;
  if (next_ && handle_check_response(now, from, *message, *next_)) {
    current_ = std::move(*next_);
    next_.reset();
    return;
  }
  if (!handle_check_response(now, from, *message, current_)) {
    handle_consent_response(now, from, *message);
  }
}

void IceClientAgent::handle_request(base::Instant, const net::Endpoint& from,
                                    const StunMessage& request) {
  const std::string_view ufrag = detail::addressed_ufrag(request);
  const IceCredentials* local = nullptr;
  if (ufrag == current_.generation.local.ufrag) {
    local = &current_.generation.local;
  } else if (next_ && ufrag == next_->generation.local.ufrag) {
    local = &next_->generation.local;
  }
  detail::BindingAnswer answer = detail::answer_binding(request, from, local, true);
  transmit(from, std::move(answer.response));
}

/// True when it was the success that some check of `list` waited for.
bool IceClientAgent::handle_check_response(base::Instant now, const net::Endpoint& from,
                                           const StunMessage& response, Checklist& list) {
  const auto check = std::find_if(list.checks.begin(), list.checks.end(), [&](const Check& c) {
    return c.sent_count > 0 && c.transaction == response.transaction && c.remote == from;
  });
  if (check == list.checks.end()) return false;
  if (response.message_class == StunClass::kError) {
    // It may be a server that has not taken up our offer yet: again, later, as a new transaction.
    check->request.clear();
    check->next_at = now + kFirstRetransmission;
    return false;
  }
  if (!response.verify_integrity(list.generation.remote.pwd)) return false;
  if (std::find(validated_.begin(), validated_.end(), from) == validated_.end()) {
    if (validated_.size() == kValidatedMax) validated_.erase(validated_.begin());
    validated_.push_back(from);
  }
  check->next_at = base::Instant::never();
  if (check->nominating) {
    list.nominated = true;
    consent_to(now, from);
    for (Check& other : list.checks) other.next_at = base::Instant::never();
  } else if (std::none_of(list.checks.begin(), list.checks.end(),
                          [](const Check& c) { return c.nominating; })) {
    consent_to(now, selected_.value_or(from));
    check->nominating = true;
    check->request.clear();
    send_check(now, list, *check);
  }
  return true;
}

void IceClientAgent::handle_consent_response(base::Instant now, const net::Endpoint& from,
                                             const StunMessage& response) {
  const std::size_t count = std::min(consent_count_, consent_transactions_.size());
  const auto end = consent_transactions_.begin() + static_cast<std::ptrdiff_t>(count);
  if (response.message_class == StunClass::kSuccess && from == selected_ &&
      std::find(consent_transactions_.begin(), end, response.transaction) != end &&
      response.verify_integrity(current_.generation.remote.pwd)) {
    consent_to(now, from);
  }
}

std::optional<net::Endpoint> IceClientAgent::selected() const { return selected_; }

bool IceClientAgent::is_validated(const net::Endpoint& remote) const {
  return std::find(validated_.begin(), validated_.end(), remote) != validated_.end();
}

bool IceClientAgent::is_expired(base::Instant now) const {
  return now >= consent_at_ + kConsentTimeout;
}

void IceClientAgent::note_media_activity(base::Instant, const net::Endpoint&) {}

base::Result<void> IceClientAgent::restart(base::Instant now, const IceCredentials& local,
                                           const IceCredentials& remote) {
  if (owns_ufrag(local.ufrag) || remote.ufrag == current_.generation.remote.ufrag) {
    return base::fail("ICE restart: ufrag must be new on both sides (RFC 8445 section 9)");
  }
  next_ = make_checklist({local, remote}, now);
  next_expires_at_ = now + kRestartTimeout;
  return {};
}

void IceClientAgent::add_remote_candidates(base::Instant now,
                                           const std::vector<IceCandidate>& candidates) {
  for (const IceCandidate& candidate : candidates) {
    const net::Endpoint& remote = candidate.endpoint;
    if (candidates_.size() >= kCandidatesMax ||
        std::find(candidates_.begin(), candidates_.end(), remote) != candidates_.end()) {
      continue;
    }
    candidates_.push_back(remote);
    for (Checklist* list : {&current_, next_ ? &*next_ : nullptr}) {
      if (list == nullptr || list->nominated) continue;
      Check check;
      check.remote = remote;
      check.next_at = now;
      list->checks.push_back(std::move(check));
    }
  }
}

bool IceClientAgent::owns_ufrag(std::string_view ufrag) const {
  return current_.generation.local.ufrag == ufrag ||
         (next_ && next_->generation.local.ufrag == ufrag);
}

bool IceClientAgent::knows_remote_ufrag(std::string_view ufrag) const {
  return current_.generation.remote.ufrag == ufrag ||
         (next_ && next_->generation.remote.ufrag == ufrag);
}

}  // namespace shelcaster::rtc

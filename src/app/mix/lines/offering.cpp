#include "app/mix/lines/offering.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/log.hpp"
#include "rtc/peer/negotiation.hpp"
#include "rtc/sdp/sdp_fragment.hpp"

namespace shelcaster::app {
namespace {

/// Of one seat and one kind a newer session takes the older one's place.
SessionKind kind_of(const Offering::Wish& wish) {
  return wish.has_microphone ? SessionKind::kWhip : SessionKind::kWhep;
}

}  // namespace

std::optional<Refusal> Offering::refusal_for(const Wish& wish) const {
  if (!wish.has_microphone && !wish.has_return) {
    return Refusal{422, "a session without a microphone and without a return"};
  }
  if (wish.seat == kNoSeat && wish.has_microphone) {
    return Refusal{422, "a microphone is somebody's: name the participant"};
  }
  SessionRequest request;
  request.session_id = wish.session_id;
  request.seat = wish.seat;
  return switchboard_.refusal_for(request);
}

OrRefusal<std::string> Offering::offer(base::Instant now, const Wish& wish) {
  if (auto refused = refusal_for(wish)) return tl::unexpected(*std::move(refused));
  std::erase_if(unanswered_, [now](const auto& entry) { return entry.second.answer_by <= now; });
  if (unanswered_.size() >= kUnansweredMax) {
    return tl::unexpected(
        Refusal{503, fmt::format("{} offers of this show wait for their answers", kUnansweredMax)});
  }
  const rtc::LocalDescription local = rtc::make_local_description(
      *config_.certificate, config_.host_candidates, wish.has_return, wish.has_microphone, random_);
  unanswered_.insert_or_assign(
      wish.session_id, Unanswered{.wish = wish, .local = local, .answer_by = now + kAnswerWithin});
  return rtc::make_offer(local);
}

OrRefusal<void> Offering::take_answer(base::Instant now, const std::string& session_id,
                                      std::string_view sdp) {
  const auto found = unanswered_.find(session_id);
  if (found == unanswered_.end() || found->second.answer_by <= now) {
    return tl::unexpected(Refusal{404, "no such offer, or one that has waited for too long"});
  }
  auto agreed = rtc::agree_on_answer(sdp, found->second.local, *config_.certificate, random_);
  if (!agreed) return tl::unexpected(Refusal{422, "answer: " + agreed.error().message});
  const Wish wish = std::move(unanswered_.extract(found).mapped().wish);
  if (auto refused = refusal_for(wish)) return tl::unexpected(*std::move(refused));
  return switchboard_.begin(now, {.id = wish.session_id,
                                  .participant_id = wish.participant_id,
                                  .seat = wish.seat,
                                  .kind = kind_of(wish),
                                  .source = {},
                                  .agreed = *std::move(agreed)});
}

void Offering::take_candidates(base::Instant now, const std::string& session_id,
                               std::string_view fragment) {
  const auto parsed = rtc::parse_sdp_fragment(fragment);
  if (!parsed) return base::log::warn("offering", "candidates: {}", parsed.error().message);
  switchboard_.add_candidates(now, session_id, parsed->candidates);
}

void Offering::withdraw_seat(int seat) {
  std::erase_if(unanswered_, [seat](const auto& entry) { return entry.second.wish.seat == seat; });
}

}  // namespace shelcaster::app

#include <utility>
#include <vector>

#include "control/detail/runner.hpp"

// Questions that go on to the keeper, and its replies.
namespace shelcaster::control::detail {

void Runner::handle_question(const Question& question) {
  std::visit([&](const auto& what) { take(question, what); }, question.what);
}

void Runner::take(const Question& question, const link::Offer& offer) {
  if (!offer.participant_id.empty()) note_present(studio::ParticipantId(offer.participant_id));
  write([&](LiveShow& board) {
    board.sessions.put(offer.session_id, ice_ufrag_of(offer.sdp), core_.config.media_sessions_max);
  });
  if (!parts_.stages.send_offer(id_, offer)) {
    forget_session(offer.session_id);
    return parts_.ask.reply(question.id, Unreachable{});
  }
  ++core_.counters["shelcaster_offers_total{kind=\"" + offer.kind + "\"}"];
  asked_[question.id] = {
      core_.ports.clock.now() + question.limit, offer.session_id, {}, /*is_offer=*/true};
}

void Runner::take(const Question& question, const link::IceRestart& restart) {
  if (!parts_.stages.send_offer(id_, restart)) {
    return parts_.ask.reply(question.id, Unreachable{});
  }
  asked_[question.id] = {core_.ports.clock.now() + question.limit, restart.session_id,
                         ice_ufrag_of(restart.fragment), /*is_offer=*/false};
}

void Runner::take(const Question& /*question*/, const link::CloseSession& close) {
  forget_session(close.session_id);
  (void)parts_.stages.send(id_, close);
}

std::optional<Runner::Asked> Runner::take_asked(const std::string& request_id) {
  const auto found = asked_.find(request_id);
  if (found == asked_.end()) return std::nullopt;
  Asked asked = std::move(found->second);
  asked_.erase(found);
  return asked;
}

void Runner::take(const link::Answer& answer) {
  const auto asked = take_asked(answer.request_id);
  if (!asked) return;
  if (!asked->is_offer) {
    // Not before: what was refused can be asked for again.
    write([&](LiveShow& board) {
      board.sessions.put(asked->session_id, asked->ufrag, core_.config.media_sessions_max);
    });
  }
  parts_.ask.reply(answer.request_id, answer);
}

void Runner::take(const link::Refuse& refused) {
  const auto asked = take_asked(refused.request_id);
  if (!asked) return;
  if (asked->is_offer) forget_session(asked->session_id);
  parts_.ask.reply(refused.request_id, refused);
}

void Runner::forget_session(const std::string& session) {
  if (live().sessions.ufrag(session).empty()) return;
  write([&](LiveShow& board) { board.sessions.remove(session); });
}

/// Nobody will use the session that may yet come up.
void Runner::expire_asked() {
  const base::Instant now = core_.ports.clock.now();
  std::vector<std::string> unused;
  std::erase_if(asked_, [&](const auto& entry) {
    if (entry.second.deadline > now) return false;
    if (entry.second.is_offer) unused.push_back(entry.second.session_id);
    return true;
  });
  for (const std::string& session : unused) {
    forget_session(session);
    (void)parts_.stages.send(id_, link::CloseSession{session});
  }
}

}  // namespace shelcaster::control::detail

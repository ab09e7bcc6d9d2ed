#include "control/ask.hpp"

#include <utility>
#include <vector>

namespace shelcaster::control {

void DirectAsk::ask(const Question& question, Take take) {
  if (!std::holds_alternative<link::CloseSession>(question.what)) {
    waiting_[question.id] = {question.show_id, std::holds_alternative<WhenStopped>(question.what),
                             clock_.now() + question.limit, std::move(take)};
  }
  if (listener_) listener_(question);
}

void DirectAsk::reply(const std::string& question_id, const Reply& reply) {
  const auto found = waiting_.find(question_id);
  if (found == waiting_.end()) return;
  const Take take = std::move(found->second.take);
  waiting_.erase(found);
  take(reply);
}

/// Those who are meant wait no longer: what a reply does may ask anew.
template <typename Meant>
std::vector<Ask::Take> DirectAsk::take_out(Meant is_meant) {
  std::vector<Take> takes;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (!is_meant(at->second)) {
      ++at;
      continue;
    }
    takes.push_back(std::move(at->second.take));
    at = waiting_.erase(at);
  }
  return takes;
}

void DirectAsk::reply_all(const studio::ShowId& show, const Ended& ended) {
  const auto is_meant = [&](const Waiting& waiting) {
    return waiting.show_id == show && waiting.is_for_the_end;
  };
  for (const Take& take : take_out(is_meant)) take(ended);
}

void DirectAsk::handle_tick() {
  const base::Instant now = clock_.now();
  const auto is_late = [&](const Waiting& waiting) { return waiting.deadline <= now; };
  for (const Take& take : take_out(is_late)) take(TooLate{});
}

}  // namespace shelcaster::control

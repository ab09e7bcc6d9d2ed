#pragma once

#include <map>
#include <string>
#include <string_view>

#include "app/mix/lines/switchboard.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "rtc/sdp/make_answer.hpp"

namespace shelcaster::app {

/// Sessions that we offer: to a stage elsewhere, where people are, and with which somebody outside
/// of this process signals. Between offer and answer they stand here; from its answer on a session
/// is the switchboard's like any other, but that we are the side that asks (ICE controlling), and
/// that the end of one is told. An offer that isn't answered in time is forgotten, and dies with
/// the process.
///
/// All sessions have one UDP port. A stage that tells its clients apart by their address takes one
/// session of ours at each address of its own. Sans-IO, one owner thread.
class Offering {
 public:
  static constexpr std::size_t kUnansweredMax = 128;
  static constexpr base::Duration kAnswerWithin = std::chrono::seconds(60);

  /// All references outlive it.
  Offering(const SwitchboardConfig& config, Switchboard& switchboard, base::Random& random)
      : config_(config), switchboard_(switchboard), random_(random) {}

  struct Wish {
    std::string session_id;
    std::string participant_id;  // empty: nobody's; the programme is sent
    int seat = kNoSeat;          // of the participant
    bool has_microphone = true;
    bool has_return = true;
  };
  /// The SDP.
  OrRefusal<std::string> offer(base::Instant now, const Wish& wish);
  OrRefusal<void> take_answer(base::Instant now, const std::string& session_id,
                              std::string_view sdp);
  /// Of a session whose answer was taken. A fragment that can't be read is left out.
  void take_candidates(base::Instant now, const std::string& session_id, std::string_view fragment);

  /// What is offered and not answered is withdrawn.
  void withdraw(const std::string& session_id) { unanswered_.erase(session_id); }
  void withdraw_seat(int seat);

 private:
  struct Unanswered {
    Wish wish;
    rtc::LocalDescription local;
    base::Instant answer_by;
  };
  [[nodiscard]] std::optional<Refusal> refusal_for(const Wish& wish) const;

  const SwitchboardConfig config_;
  Switchboard& switchboard_;
  base::Random& random_;
  std::map<std::string, Unanswered> unanswered_;
};

}  // namespace shelcaster::app

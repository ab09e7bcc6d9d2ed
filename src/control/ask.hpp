#pragma once

#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "control/ports.hpp"
#include "link/messages.hpp"
#include "studio/model.hpp"

namespace shelcaster::control {

/// "Tell me when the show has stopped."
struct WhenStopped {};

/// What somebody wants to know of a show from who runs it. Offers and ICE restarts have the
/// question's id as their own; to CloseSession there is no reply.
struct Question {
  std::string id;
  studio::ShowId show_id;
  std::variant<link::Offer, link::IceRestart, link::CloseSession, WhenStopped> what;
  base::Duration limit{0};  // a reply that comes later is of no use
};

/// The show has stopped, or is in ERROR.
struct Ended {
  studio::ShowStatus status{};
  std::string error;
};
/// The show's stage can't be reached now, or too many want to.
struct Unreachable {};
struct TooLate {};
using Reply = std::variant<link::Answer, link::Refuse, Ended, Unreachable, TooLate>;

/// Questions to whoever runs a show, each with one reply and a deadline.
class Ask {
 public:
  using Take = std::function<void(const Reply&)>;

  virtual ~Ask() = default;
  /// `take` is called once, maybe before this returns.
  virtual void ask(const Question&, Take take) = 0;
  /// By who was asked. One that nobody waits for any more is left out.
  virtual void reply(const std::string& question_id, const Reply&) = 0;
  /// To all that wait for the end of the show.
  virtual void reply_all(const studio::ShowId&, const Ended&) = 0;
};

/// A call, for where all parts are in one process.
class DirectAsk final : public Ask {
 public:
  explicit DirectAsk(const Clock& clock) : clock_(clock) {}
  /// Who is asked; must not throw, and may reply at once.
  void listen(std::function<void(const Question&)> listener) { listener_ = std::move(listener); }
  /// To be called now and then: replies to those whose deadline has come.
  void handle_tick();

  void ask(const Question&, Take take) override;
  void reply(const std::string& question_id, const Reply&) override;
  void reply_all(const studio::ShowId&, const Ended&) override;

 private:
  struct Waiting {
    studio::ShowId show_id;
    bool is_for_the_end = false;
    base::Instant deadline;
    Take take;
  };

  template <typename Meant>
  std::vector<Take> take_out(Meant is_meant);

  const Clock& clock_;
  std::function<void(const Question&)> listener_;
  std::map<std::string, Waiting> waiting_;  // by the question's id
};

}  // namespace shelcaster::control

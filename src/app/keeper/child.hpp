#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/keeper/progress_watch.hpp"
#include "launch/process.hpp"
#include "link/figures.hpp"
#include "runtime/fd_watch.hpp"
#include "runtime/frame_channel.hpp"

namespace shelcaster::app {

struct ChildSpec {
  std::string name;  // "mix", "publish"
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::vector<launch::PassedFd> fds;  // beside the link, which is kChildLinkFd
  base::Duration start_grace{};       // until its position must have moved
  bool finishes_anew = false;         // one that dies while it is to finish is started to finish
};

/// What tells of a child that it works.
struct LifeSign {
  std::int64_t position = 0;   // moves while it does
  base::Instant alive_at;      // the latest moment that the position speaks for
  base::Duration stall_max{};  // the longest that the position may stand still
};

inline constexpr int kChildLinkFd = 3;

/// One child of the keeper: started, watched, killed when it hangs, started again when it ends,
/// until finish(). Belongs to the thread of `io`.
class Child {
 public:
  struct Handlers {
    /// A fresh process: bring it to the desired state. Never during the constructor.
    std::function<void()> on_started;
    std::function<void(boost::json::object message)> on_message;
    /// It ended; a restart follows by itself unless it was to finish.
    std::function<void()> on_ended;
  };
  enum class State { kStarting, kRunning, kRestarting, kStopped };

  Child(boost::asio::io_context& io, ChildSpec spec, Handlers handlers);
  ~Child();  // kills it

  void start();
  bool send(const boost::json::object& message,
            runtime::Delivery delivery = runtime::Delivery::kReliable);
  /// Kills it if it hangs: if its position has stood still for too long, or somebody has stopped
  /// it. One that is merely kept from a processor by others (see is_starved) is left alone.
  void check(base::Instant now, const LifeSign& sign);
  /// At the last check it was late, but starved.
  [[nodiscard]] bool is_starving() const { return is_starving_; }
  /// When to check at the latest.
  [[nodiscard]] base::Instant deadline(const LifeSign& sign) const;
  void kill(std::string_view why);
  /// Asks it to end and doesn't start it again; killed when the time is over.
  void finish(base::Duration time_max);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] int pid() const { return process_ ? process_->pid() : 0; }
  [[nodiscard]] int restarts() const { return backoff_.restarts(); }
  /// `figures`: what it last said of itself.
  [[nodiscard]] link::ChildReport report(boost::json::object figures) const;

 private:
  void spawn();
  void handle_end();
  void start_after(base::Duration delay);
  /// Until finish_by_; then it is killed.
  void await_finish();

  boost::asio::io_context& io_;
  const ChildSpec spec_;
  const Handlers handlers_;
  boost::asio::steady_timer timer_;
  std::optional<launch::Process> process_;
  std::unique_ptr<runtime::FrameChannel> link_;
  std::unique_ptr<runtime::FdWatch> end_watch_;
  ProgressWatch watch_;
  RestartBackoff backoff_;
  base::Instant started_;
  std::int64_t position_ = 0;
  base::Duration cpu_time_at_move_{0};
  bool is_starving_ = false;
  State state_ = State::kStarting;
  bool is_finishing_ = false;
  base::Instant finish_by_;
};

}  // namespace shelcaster::app

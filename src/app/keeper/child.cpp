#include "app/keeper/child.hpp"

#include <boost/asio/io_context.hpp>
#include <csignal>
#include <string_view>
#include <utility>

#include "base/log.hpp"
#include "link/messages.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::app {

namespace log = base::log;

namespace {

std::string_view name_of(Child::State state) {
  switch (state) {
    case Child::State::kStarting:
      return "STARTING";
    case Child::State::kRunning:
      return "RUNNING";
    case Child::State::kRestarting:
      return "RESTARTING";
    case Child::State::kStopped:
      return "STOPPED";
  }
  return "STOPPED";
}

}  // namespace

Child::Child(boost::asio::io_context& io, ChildSpec spec, Handlers handlers)
    : io_(io),
      spec_(std::move(spec)),
      handlers_(std::move(handlers)),
      timer_(io),
      watch_(spec_.start_grace) {}

Child::~Child() {
  if (process_) process_->kill_group();
}

void Child::start() { spawn(); }

void Child::spawn() {
  auto pair = runtime::unix_pair();
  if (!pair) {
    log::error(spec_.name, "{}", pair.error().message);
    return start_after(backoff_.next(base::Duration(0)));
  }
  launch::SpawnOptions options;
  options.program = spec_.program;
  options.name = "shelcaster";
  options.arguments = spec_.arguments;
  options.fds = spec_.fds;
  options.fds.push_back({.source = pair->second.get(), .target = kChildLinkFd});
  options.dies_with_parent = true;
  auto process = launch::spawn(options);
  if (!process) {
    log::error(spec_.name, "{}", process.error().message);
    return start_after(backoff_.next(base::Duration(0)));
  }
  process_.emplace(std::move(*process));
  started_ = runtime::SystemClock::now();
  watch_.start(started_, position_);
  cpu_time_at_move_ = {};
  link_ = std::make_unique<runtime::FrameChannel>(
      io_, std::move(pair->first),
      runtime::FrameChannel::Handlers{
          .on_frame =
              [this](boost::json::object message) { handlers_.on_message(std::move(message)); },
          // Its end is judged by the process; a child without a link can't be told anything.
          .on_closed =
              [this](std::string_view) {
                if (process_ && !is_finishing_) process_->send_signal(SIGTERM);
              }});
  end_watch_ = std::make_unique<runtime::FdWatch>(io_, process_->pidfd(), [this] { handle_end(); });
  log::info(spec_.name, "started as process {}", process_->pid());
  handlers_.on_started();
}

void Child::handle_end() {
  const auto exit = process_->poll_exit();
  log::warn(spec_.name, "process {} ended: {}", process_->pid(),
            exit ? exit->str() : std::string("unknown"));
  // What it wrote before its end is still to be read by nobody: it may be half of something.
  end_watch_.reset();
  link_.reset();
  process_.reset();
  timer_.cancel();
  const base::Instant now = runtime::SystemClock::now();
  const bool is_clean = exit && exit->signal == 0 && exit->code == 0;
  if (is_finishing_ && !is_clean && spec_.finishes_anew && now < finish_by_) {
    spawn();
    if (process_) return await_finish();
  }
  if (is_finishing_) {
    state_ = State::kStopped;
    return handlers_.on_ended();
  }
  state_ = State::kRestarting;
  handlers_.on_ended();
  start_after(backoff_.next(now - started_));
}

void Child::start_after(base::Duration delay) {
  timer_.expires_after(delay);
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled && !is_finishing_) spawn();
  });
}

bool Child::send(const boost::json::object& message, runtime::Delivery delivery) {
  return link_ && link_->send(message, delivery);
}

void Child::check(base::Instant now, const LifeSign& sign) {
  const bool has_moved = std::exchange(position_, sign.position) != sign.position;
  is_starving_ = false;
  if (!process_ || is_finishing_) return;
  if (process_->is_stopped()) return kill("was stopped");
  if (has_moved) cpu_time_at_move_ = process_->cpu_time();
  watch_.look(sign.position, sign.alive_at);
  if (const base::Duration late = now - watch_.deadline(sign.stall_max);
      late >= base::Duration(0)) {
    const base::Duration used = process_->cpu_time() - cpu_time_at_move_;
    is_starving_ = is_starved(late, process_->is_runnable(), used);
    if (!is_starving_) kill("hangs");
    return;
  }
  if (watch_.has_moved()) state_ = State::kRunning;
}

base::Instant Child::deadline(const LifeSign& sign) const {
  return process_ ? watch_.deadline(sign.stall_max) : base::Instant::never();
}

void Child::kill(std::string_view why) {
  if (!process_) return;
  log::error(spec_.name, "process {} {}, at {}: killed", process_->pid(), why, position_);
  process_->kill_group();
  watch_.start(runtime::SystemClock::now(), position_);
}

void Child::finish(base::Duration time_max) {
  is_finishing_ = true;
  finish_by_ = runtime::SystemClock::now() + time_max;
  if (!process_ && spec_.finishes_anew) spawn();
  if (process_) return await_finish();
  state_ = State::kStopped;
  handlers_.on_ended();
}

void Child::await_finish() {
  (void)send(link::to_json(link::Stop{}));
  timer_.expires_at(boost::asio::steady_timer::time_point(finish_by_ - base::Instant()));
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled && process_) process_->kill_group();
  });
}

link::ChildReport Child::report(boost::json::object figures) const {
  return {.state = std::string(name_of(state_)),
          .pid = pid(),
          .restarts = restarts(),
          .figures = std::move(figures)};
}

}  // namespace shelcaster::app

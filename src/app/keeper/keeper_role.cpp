#include "app/keeper/keeper_role.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>
#include <csignal>
#include <fstream>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "app/keeper/child.hpp"
#include "app/keeper/held.hpp"
#include "app/keeper/passage.hpp"
#include "app/keeper/serve_link.hpp"
#include "app/keeper/show_custody.hpp"
#include "app/keeper/show_log.hpp"
#include "app/keeper/show_note.hpp"
#include "base/log.hpp"
#include "launch/process_lock.hpp"
#include "launch/stopped_word.hpp"
#include "link/messages.hpp"
#include "runtime/own_memory.hpp"
#include "runtime/own_output.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::app {

namespace json = boost::json;
namespace log = base::log;
using runtime::Delivery;
using runtime::SystemClock;

namespace {

constexpr int kUdpFd = 4;
constexpr int kTapeFd = 5;
constexpr int kCheckpointFd = 6;
constexpr int kSettingsFd = 7;
/// A child that hangs is dead 250 ms later: looked for after 200 ms, and a little for the look.
constexpr base::Duration kStallMax = std::chrono::milliseconds(200);
/// publish says itself when it is due.
constexpr base::Duration kPublishLateMax = std::chrono::milliseconds(100);
/// The farthest ahead that it may be due: a slow disk may hold it up for long.
constexpr base::Duration kPublishDueMax = std::chrono::seconds(5);
/// While it may say that it is alive, but read nothing although there is something to read.
constexpr base::Duration kPublishReadMax = std::chrono::seconds(4);
/// Checks are made when a child would be too late, and often enough to find one that was stopped.
constexpr base::Duration kCheckPeriodMin = std::chrono::milliseconds(20);
constexpr base::Duration kCheckPeriodMax = std::chrono::milliseconds(150);
/// Later than this the whole machine is held up, and who didn't move may not be blamed for it.
constexpr base::Duration kLateCheck = std::chrono::milliseconds(100);
/// mix writes silence in steps then.
constexpr base::Duration kStallMaxAtRest = std::chrono::milliseconds(2'500);
/// While there is nothing but silence.
constexpr std::chrono::milliseconds kCheckPeriodAtRest{1'000};
constexpr base::Duration kStatusPeriod = std::chrono::seconds(2);  // beside those of a change
// Together below the 30 s that a container runtime gives between SIGTERM and SIGKILL.
constexpr base::Duration kMixFinishMax = std::chrono::seconds(5);
constexpr base::Duration kPublishFinishMax = std::chrono::seconds(20);
constexpr std::chrono::milliseconds kFarewellMax{1'000};
/// Days of a show that tells of something now and then; another one is kept beside it.
constexpr std::uint64_t kLogBytesMax = std::uint64_t{8} << 20U;

ShowNote with_port(ShowNote note, const Held& held) {
  note.media_port = held.socket.local().port();
  return note;
}

std::filesystem::path note_path(const KeeperOptions& options) {
  return options.data_dir / "run" / (options.show_id + ".note");
}

class Keeper final : private CustodyPorts, private PassagePorts {
 public:
  /// `note`: of the keeper before this one; an empty one at the show's start.
  Keeper(boost::asio::io_context& io, const KeeperOptions& options, Held held, ShowNote note)
      : io_(io),
        options_(options),
        held_(std::move(held)),
        signals_(io, SIGTERM, SIGINT),
        check_(io),
        mix_(io, mix_spec(),
             {.on_started = [this] { start_mix(); },
              .on_message = [this](const json::object& frame) { from_mix(frame); },
              .on_ended = [this] { mix_ended(); }}),
        publish_(io, publish_spec(),
                 {.on_started = [this] { custody_.handle_publish_started(); },
                  .on_message = [this](const json::object& frame) { from_publish(frame); },
                  .on_ended = [this] { publish_ended(); }}),
        serve_(
            io,
            options.link_path.empty() ? options.data_dir / "run" / "link.sock" : options.link_path,
            {.make_hello = [this] { return hello(); },
             .on_connected = [this] { greet(); },
             .on_frame = [this](const json::object& frame) { from_serve(frame); }}),
        custody_(*this, with_port(std::move(note), held_)),
        notes_(note_path(options), [this](std::uint64_t number) {
          boost::asio::post(io_, [this, number] { custody_.handle_note_written(number); });
        }) {}

  void start() {
    signals_.async_wait([this](boost::system::error_code cancelled, int) {
      if (!cancelled) stop();
    });
    mix_.start();
    publish_.start();
    serve_.start();
    custody_.write_note(SystemClock::now(), held_.tape_reader.head());
    check_later();
  }

 private:
  [[nodiscard]] ChildSpec mix_spec() const {
    std::vector<std::string> arguments{"mix",
                                       "--show-id",
                                       options_.show_id,
                                       "--link-fd",
                                       std::to_string(kChildLinkFd),
                                       "--udp-fd",
                                       std::to_string(kUdpFd),
                                       "--tape-fd",
                                       std::to_string(kTapeFd),
                                       "--checkpoint-fd",
                                       std::to_string(kCheckpointFd),
                                       "--settings-fd",
                                       std::to_string(kSettingsFd)};
    return {.name = "mix",
            .program = options_.mix_program,
            .arguments = std::move(arguments),
            .fds = {{.source = held_.socket.fd(), .target = kUdpFd},
                    {.source = held_.tape.fd(), .target = kTapeFd},
                    {.source = held_.checkpoint.fd(), .target = kCheckpointFd},
                    {.source = held_.settings.get(), .target = kSettingsFd}},
            .start_grace = options_.mix_start_grace};
  }

  [[nodiscard]] ChildSpec publish_spec() const {
    std::vector<std::string> arguments{
        "publish",
        "--show-id",
        options_.show_id,
        "--link-fd",
        std::to_string(kChildLinkFd),
        "--tape-fd",
        std::to_string(kTapeFd),
        "--hls-dir",
        (options_.data_dir / "hls" / options_.show_id).string(),
        "--recordings-dir",
        (options_.data_dir / "recordings" / options_.show_id).string(),
        "--settings-fd",
        std::to_string(kSettingsFd)};
    return {.name = "publish",
            .program = options_.publish_program,
            .arguments = std::move(arguments),
            .fds = {{.source = held_.tape.fd(), .target = kTapeFd},
                    {.source = held_.settings.get(), .target = kSettingsFd}},
            .start_grace = options_.publish_start_grace,
            .finishes_anew = true};
  }

  // --- serve ---------------------------------------------------------------------------------

  [[nodiscard]] link::Hello hello() const {
    return {.show_id = options_.show_id,
            .pid = ::getpid(),
            .desired_version = custody_.desired_version(),
            .epoch_unix_ms = held_.tape_reader.epoch().wall.unix_ms()};
  }

  void greet() {
    // Before the status, behind which serve holds what it has of the deck for true.
    custody_.greet();
    tell_status();
  }

  void from_serve(const json::object& frame) {
    if (passage_.take_from_serve(frame)) return;
    auto message = serve_inbox_.take(frame);
    if (!message) return;
    if (std::holds_alternative<link::Stop>(*message)) return stop();
    custody_.handle_serve(*std::move(message));
  }

  // PassagePorts
  bool pass_to_mix(const json::object& frame) override { return mix_.send(frame); }
  bool pass_to_mix_behind(const json::object& frame) override {
    return mix_.send(frame, Delivery::kYielding);
  }
  void pass_to_serve(const json::object& frame) override {
    serve_.send_frame(frame, Delivery::kReliable);
  }
  void pass_to_serve_if_idle(const json::object& frame) override {
    serve_.send_frame(frame, Delivery::kDroppable);
  }
  void refuse(const link::Refuse& refusal) override { serve_.send(refusal, Delivery::kReliable); }

  // CustodyPorts
  bool to_mix(const link::KeeperToMix& message) override {
    return mix_.send(link::to_json(message));
  }
  void to_publish(const link::KeeperToPublish& message) override {
    publish_.send(link::to_json(message));
  }
  void to_serve(const link::KeeperToServe& message) override {
    serve_.send(message, Delivery::kReliable);
  }
  void to_serve_or_keep(const link::KeeperToServe& message) override {
    serve_.send_or_keep(message);
  }
  std::uint64_t write_note(const ShowNote& note) override { return notes_.write(note); }

  // --- mix -----------------------------------------------------------------------------------

  void start_mix() {
    held_.checkpoint.note_start();
    custody_.handle_mix_started();
  }

  void from_mix(const json::object& frame) {
    if (passage_.take_from_mix(frame)) return;
    auto message = mix_inbox_.take(frame);
    if (!message) return;
    if (auto* status = std::get_if<link::MixStatus>(&*message)) {
      mix_status_ = std::move(*status);
    } else {
      custody_.handle_mix(SystemClock::now(), held_.tape_reader.head(), *std::move(message));
    }
  }

  void mix_ended() {
    mix_status_ = {};
    custody_.handle_mix_ended();
    if (is_stopping_) return publish_.finish(kPublishFinishMax);
    tell_status();
  }

  // --- publish -------------------------------------------------------------------------------

  void from_publish(const json::object& frame) {
    if (auto message = publish_inbox_.take(frame)) {
      publish_status_ = std::get<link::PublishStatus>(*std::move(message));
    }
  }

  void publish_ended() {
    if (!is_stopping_) return tell_status();
    if (mix_.state() != Child::State::kStopped || std::exchange(is_ended_, true)) return;
    tell_status();
    leave_word();
    serve_.send(link::Stopped{}, Delivery::kReliable);
    log::info("keeper", "the show has stopped");
    notes_.remove();
    check_.cancel();
    leave_when_drained(SystemClock::now() + kFarewellMax);
  }

  // --- the show ------------------------------------------------------------------------------

  void stop() {
    if (std::exchange(is_stopping_, true)) return;
    log::info("keeper", "stopping the show");
    tell_status();
    mix_.finish(kMixFinishMax);  // its end lets publish finish
  }

  /// serve removes it when it knows. If it is away, the next one would take a show on the air
  /// without a keeper for one that crashed.
  void leave_word() {
    const std::filesystem::path word = launch::stopped_word(options_.data_dir, options_.show_id);
    if (!std::ofstream(word)) log::warn("keeper", "{} can't be written", word.string());
  }

  void leave_when_drained(base::Instant deadline) {
    if (serve_.is_drained() || SystemClock::now() >= deadline) return io_.stop();
    check_.expires_after(std::chrono::milliseconds(10));
    check_.async_wait(
        [this, deadline](boost::system::error_code) { leave_when_drained(deadline); });
  }

  void check_later() {
    const base::Instant now = SystemClock::now();
    const base::Instant soonest = now + kCheckPeriodMin;
    check_at_ =
        is_resting()
            ? now + kCheckPeriodAtRest
            : std::clamp(std::min(mix_.deadline(mix_sign()), publish_.deadline(publish_sign())),
                         soonest, now + kCheckPeriodMax);
    check_.expires_at(boost::asio::steady_timer::time_point(check_at_ - base::Instant()));
    check_.async_wait([this](boost::system::error_code cancelled) {
      if (cancelled || is_ended_) return;
      check();
      check_later();
    });
  }

  void look(base::Instant now) {
    looked_before_ = std::exchange(looked_at_, now);
    const std::int64_t head = held_.tape_reader.head().samples();
    publish_reads_.look(held_.tape_reader.reader_position().samples(), now);
    // It can't read what isn't there, nor while it starts or has no processor.
    if (std::exchange(head_, head) == head || publish_.state() != Child::State::kRunning ||
        publish_.is_starving()) {
      publish_reads_.excuse(now);
    }
  }

  /// For a second there has been nothing to hear.
  [[nodiscard]] bool is_silent() const {
    const std::int64_t second = base::kSampleRate;
    return head_ >= second && held_.tape_reader.is_silent(base::SampleTime(head_ - second), second);
  }

  /// It is silent, and nobody waits for a change of state.
  [[nodiscard]] bool is_resting() const {
    return was_running_ && !is_stopping_ && mix_.state() == Child::State::kRunning &&
           publish_.state() == Child::State::kRunning && is_silent();
  }

  /// The head is the time up to which mix has rendered. While it catches up that is an old time,
  /// and only that it has moved is known.
  [[nodiscard]] LifeSign mix_sign() const {
    const base::Instant rendered = held_.tape_reader.epoch().monotonic + base::to_duration(head_);
    return {.position = head_,
            .alive_at = rendered < looked_before_ ? looked_at_ : std::min(rendered, looked_at_),
            .stall_max = is_silent() ? kStallMaxAtRest : kStallMax};
  }

  [[nodiscard]] LifeSign publish_sign() const {
    const base::Instant due =
        std::min(held_.tape_reader.publish_due(), looked_at_ + kPublishDueMax);
    return {.position = due.nanoseconds(), .alive_at = due, .stall_max = kPublishLateMax};
  }

  void check() {
    const base::Instant now = SystemClock::now();
    const Child::State mix_before = mix_.state();
    const Child::State publish_before = publish_.state();
    look(now);
    if (now - check_at_ < kLateCheck) {
      mix_.check(now, mix_sign());
      publish_.check(now, publish_sign());
      if (publish_reads_.deadline(kPublishReadMax) <= now) publish_.kill("reads no further");
    }
    custody_.handle_timeout(now, held_.tape_reader.head());
    log_.look(now);
    const bool has_changed = mix_before != mix_.state() || publish_before != publish_.state();
    if (now < status_due_ && !has_changed) return;
    status_due_ = now + kStatusPeriod;
    tell_status();
  }

  /// Who is started from now on has it from us.
  void turn_log(const std::filesystem::path& before, const std::filesystem::path& now) {
    runtime::follow_own_log(before, now);
    const json::object told = link::to_json(link::NewLog{before.string(), now.string()});
    (void)mix_.send(told);
    (void)publish_.send(told);
  }

  void tell_status() {
    const bool is_running =
        mix_.state() == Child::State::kRunning && publish_.state() == Child::State::kRunning;
    was_running_ = was_running_ || is_running;
    serve_.send(link::Status{.state = is_stopping_   ? "STOPPING"
                                      : was_running_ ? "RUNNING"
                                                     : "STARTING",
                             .mix = mix_.report(mix_status_.figures),
                             .publish = publish_.report(publish_status_.figures),
                             .tape_head_samples = held_.tape_reader.head().samples(),
                             .pss_bytes = runtime::own_pss_bytes(),
                             .underruns = link::underruns_of(mix_status_)},
                Delivery::kReliable);
  }

  boost::asio::io_context& io_;
  const KeeperOptions options_;
  Held held_;
  ShowLog log_{options_.data_dir / "log" / (options_.show_id + ".log"), kLogBytesMax,
               [this](const auto& before, const auto& now) { turn_log(before, now); }};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer check_;
  Child mix_;
  Child publish_;
  ServeLink serve_;
  ShowCustody custody_;
  Passage passage_{*this};
  link::Inbox<link::ServeToKeeper> serve_inbox_{"link", "serve"};
  link::Inbox<link::MixToKeeper> mix_inbox_{"keeper", "mix"};
  link::Inbox<link::PublishToKeeper> publish_inbox_{"keeper", "publish"};
  link::MixStatus mix_status_;  // of the process that runs now
  link::PublishStatus publish_status_;
  std::int64_t head_ = 0;
  base::Instant looked_at_ = SystemClock::now();
  base::Instant looked_before_;
  base::Instant check_at_;
  ProgressWatch publish_reads_{kPublishReadMax};
  base::Instant status_due_;
  bool was_running_ = false;
  bool is_stopping_ = false;
  bool is_ended_ = false;
  NoteKeeper notes_;
};

}  // namespace

int run_keeper(const KeeperOptions& options) {
  ::signal(SIGPIPE, SIG_IGN);
  const std::filesystem::path lock_file = options.data_dir / "run" / (options.show_id + ".lock");
  const auto lock = launch::ProcessLock::take(lock_file);
  if (!lock) {
    log::error("keeper", "{}", lock.error().message);
    if (launch::ProcessLock::holder(lock_file)) return 1;
  }
  ShowNote note;
  if (options.is_resumed) note = NoteKeeper::read(note_path(options)).value_or(ShowNote());
  auto held = make_held(options, note);
  if (!held) {
    log::error("keeper", "{}", held.error().message);
    return 1;
  }
  std::error_code failed;
  std::filesystem::create_directories(options.data_dir / "hls" / options.show_id, failed);
  // Not a reason to keep people from talking: publish tries again for as long as it must.
  if (failed) log::error("keeper", "{}: {}", (options.data_dir / "hls").string(), failed.message());
  log::info("keeper", "keeps the show; UDP port {}", held->socket.local().port());
  boost::asio::io_context io;
  Keeper keeper(io, options, std::move(*held), std::move(note));
  keeper.start();
  io.run();
  return 0;
}

}  // namespace shelcaster::app

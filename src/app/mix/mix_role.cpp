#include "app/mix/mix_role.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <deque>
#include <memory>
#include <thread>
#include <variant>

#include "app/mix/deck/deck_feeder.hpp"
#include "app/mix/floor/audio_loop.hpp"
#include "app/mix/stage.hpp"
#include "app/mix/tape_marks.hpp"
#include "base/log.hpp"
#include "link/messages.hpp"
#include "runtime/frame_channel.hpp"
#include "runtime/own_memory.hpp"
#include "runtime/own_output.hpp"
#include "runtime/system_clock.hpp"
#include "runtime/system_random.hpp"
#include "runtime/thread.hpp"

namespace shelcaster::app {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using runtime::SystemClock;

constexpr base::Duration kStagePeriod = std::chrono::milliseconds(20);
constexpr base::Duration kStatusEvery = std::chrono::seconds(1);
constexpr base::Duration kStatusEveryWhenEmpty = std::chrono::seconds(5);
/// After a stop: the fade, and the look-ahead and packets that are on their way.
constexpr base::Duration kStopAfter = Stage::kFadeOut + std::chrono::milliseconds(150);

/// The keeper sends the desired state as the first thing, if it has one.
constexpr base::Duration kDesiredWithin = std::chrono::seconds(1);
/// Between two looks at the link.
constexpr int kDatagramsAtOnce = 64;
/// What runs so long was not killed by what it took over.
constexpr base::Duration kSteadyAfter = std::chrono::milliseconds(500);

link::GateFigures figures_of(const GateCounters& gate) {
  return {.passed_known = gate.passed_known.load(),
          .passed_strangers = gate.passed_strangers.load(),
          .dropped_stray_media = gate.stray_media.load(),
          .dropped_not_ours = gate.not_ours.load(),
          .dropped_strangers = gate.strangers.load(),
          .dropped_source = gate.source.load(),
          .dropped_session = gate.line.load(),
          .dropped_queue_full = gate.queue_full.load()};
}

/// The composition root of the role and its stage thread; the audio and feeder threads are started
/// and joined here.
class MixRole final : private StageSink {
 public:
  MixRole(const MixOptions& options, std::unique_ptr<rtc::DtlsCertificate> certificate,
          runtime::UdpSocket audio_socket, runtime::UdpSocket stage_socket, tape::TapeWriter tape,
          TapeMarks marks, tape::Checkpoint checkpoint, std::vector<net::Endpoint> candidates)
      : certificate_(std::move(certificate)),
        audio_socket_(std::move(audio_socket)),
        stage_socket_(std::move(stage_socket)),
        tape_(std::move(tape)),
        marks_(std::move(marks)),
        checkpoint_(std::move(checkpoint)),
        settings_(options.settings),
        floor_(make_floor()),
        stage_({.certificate = certificate_.get(), .host_candidates = std::move(candidates)},
               playlist_, random_, *this, options.settings),
        wake_(io_, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        wake_feeder_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        timer_(io_),
        signals_(io_, SIGTERM, SIGINT),
        channel_(io_, base::UniqueFd(options.link_fd),
                 {.on_frame = [this](const json::object& frame) { on_frame(frame); },
                  .on_closed = [this](std::string_view reason) { on_link_closed(reason); }}) {}

  int run() {
    inheritance_ = read_inheritance(checkpoint_);
    if (inheritance_) {
      start_at_ = SystemClock::now() + kDesiredWithin;
    } else {
      start_threads({});
    }
    wait_for_wake();
    run_timers();
    signals_.async_wait([this](auto error, int) {
      if (!error) stage_.handle_link(SystemClock::now(), link::Stop{});
      if (!error) note_stop();
      set_timer(SystemClock::now());
    });
    io_.run();
    is_over_.store(true);
    if (loop_) loop_->end_rest();
    (void)eventfd_write(wake_feeder_.get(), 1);
    if (audio_.joinable()) audio_.join();
    if (feeder_.joinable()) feeder_.join();
    return 0;
  }

 private:
  std::unique_ptr<Floor> make_floor() {
    return std::make_unique<Floor>(feed_, tape_, checkpoint_, outbox_, random_.u64(), settings_);
  }

  // StageSink
  void to_floor(FloorCommand&& command) override {
    if (!loop_) return floor_->apply(std::move(command));  // there is no audio thread yet
    pending_.push_back(std::move(command));
    flush_commands();
  }
  void remember(std::string_view record) override {
    if (checkpoint_.write_stage(base::as_bytes(record))) return;
    base::log::error("mix",
                     "{} bytes are too long to be remembered: a crash now would end all calls",
                     record.size());
  }
  void to_link(link::MixToKeeper message) override {
    const bool is_levels = std::holds_alternative<link::Levels>(message);
    // Ahead of it, so that no status that is older contradicts it.
    if (std::holds_alternative<link::DeadAirStarted>(message) ||
        std::holds_alternative<link::DeadAirEnded>(message)) {
      tell_status();
    }
    channel_.send(link::to_json(message),
                  is_levels ? runtime::Delivery::kDroppable : runtime::Delivery::kReliable);
  }
  void mark_track(const TrackMoment& moment, const link::QueueItem& item) override {
    const auto play = static_cast<std::uint64_t>(moment.item);
    if (!moment.is_start) return marks_.track_ended(moment.at, play);
    marks_.track_started(moment.at, {play, item.title, item.artist});
  }
  void mark_on_air(std::string_view participant_id, bool is_on_air) override {
    // The next block, which a mixer at rest has not come to.
    const base::SampleTime now(base::to_samples(SystemClock::now() - tape_.epoch().monotonic));
    marks_.set_on_air(std::max(now, tape_.head()), participant_id, is_on_air);
  }
  void transmit(const net::Transmit& datagram) override { stage_socket_.send(datagram); }

  void flush_commands() {
    // What the commands in the queue retire has room then, however long this thread is busy.
    free_retired();
    while (!pending_.empty() && commands_.try_push(std::move(pending_.front()))) {
      pending_.pop_front();
    }
    loop_->poke();
  }

  /// The floor of before, and on it the seats and lines; then the audio thread begins where the
  /// one before ended.
  void take_over(base::Instant now, const link::Desired& desired) {
    Inheritance inheritance = *std::exchange(inheritance_, std::nullopt);
    const SoundMemory sound = inheritance.sound;
    if (inheritance.has_sound && !floor_->restore(sound)) {
      base::log::error("mix", "the engine's state doesn't hang together: a new engine");
      floor_ = make_floor();
      inheritance.has_sound = false;
    }
    stage_.inherit(std::move(inheritance));
    stage_.handle_link(now, desired);
    floor_->finish_restore(sound);
    start_threads(sound.next);
    const std::int64_t behind =
        base::to_samples(now - tape_.epoch().monotonic) - sound.next.samples();
    base::log::info("mix", "took over {} sessions, {} ms after the last block",
                    stage_.session_count(), behind * 1000 / base::kSampleRate);
  }

  void start_threads(std::optional<base::SampleTime> resume_at) {
    start_at_ = base::Instant::never();
    steady_at_ = SystemClock::now() + kSteadyAfter;
    loop_ = std::make_unique<AudioLoop>(
        *floor_, outbox_, commands_, audio_socket_, tape_.epoch(),
        AudioLoopWakes{.stage_fd = wake_.native_handle(), .feeder_fd = wake_feeder_.get()});
    if (resume_at) loop_->resume_at(*resume_at);
    feeder_ = std::thread([this] { run_feeder(); });
    audio_ = std::thread([this] { run_audio(); });
  }

  void on_frame(const json::object& frame) {
    const auto message = inbox_.take(frame);
    if (!message) return;
    if (const auto* log = std::get_if<link::NewLog>(&*message)) {
      return runtime::follow_own_log(log->before, log->now);
    }
    stage_.note_wall(SystemClock::now(), SystemClock::wall());
    const auto* desired = std::get_if<link::Desired>(&*message);
    if (desired != nullptr && inheritance_) {
      take_over(SystemClock::now(), *desired);
    } else {
      stage_.handle_link(SystemClock::now(), *message);
    }
    if (desired != nullptr && !std::exchange(has_told_sessions_, true)) to_link(stage_.sessions());
    if (stage_.is_stopping()) note_stop();
    set_timer(SystemClock::now());
  }
  void on_link_closed(std::string_view reason) {
    base::log::error("mix", "the keeper is gone: {}", reason);
    io_.stop();
  }
  void note_stop() {
    if (stop_at_.is_never()) stop_at_ = SystemClock::now() + kStopAfter;
  }

  void wait_for_wake() {
    wake_.async_wait(asio::posix::descriptor_base::wait_read, [this](auto error) {
      if (error) return;
      eventfd_t count = 0;
      (void)eventfd_read(wake_.native_handle(), &count);
      drain_outbox();
      set_timer(SystemClock::now());
      wait_for_wake();
    });
  }

  void free_retired() {
    while (auto retired = outbox_.retired.try_pop()) {
      if (auto* line = std::get_if<std::unique_ptr<Line>>(&*retired)) say_goodbye(**line);
    }
  }

  /// To whom DTLS can't say it, where it ended with the process before, RTCP does.
  void say_goodbye(Line& line) {
    const base::ByteSpan bye = line.make_goodbye(SystemClock::now());
    if (!bye.empty()) stage_socket_.send({line.remote, bye});
  }

  void drain_outbox() {
    const base::Instant now = SystemClock::now();
    free_retired();
    for (int i = 0; i < kDatagramsAtOnce; ++i) {
      auto datagram = outbox_.datagrams.try_pop();
      if (!datagram) break;
      stage_.handle_datagram(now, datagram->sorted());
    }
    // Behind the link's turn.
    if (outbox_.datagrams.size() > 0) (void)eventfd_write(wake_.native_handle(), 1);
    while (auto report = outbox_.reports.try_pop()) stage_.handle_report(now, *report);
    while (auto levels = outbox_.levels.try_pop()) stage_.handle_levels(*levels);
  }

  /// Everything that has its time; at most each kStagePeriod, however many sessions there are.
  void run_timers() {
    const base::Instant now = SystemClock::now();
    next_run_ = now + kStagePeriod;
    if (start_at_ <= now) {
      base::log::error("mix", "no desired state came: beginning anew");
      inheritance_.reset();
      start_threads({});
    }
    if (steady_at_ <= now) {
      steady_at_ = base::Instant::never();
      checkpoint_.clear_starts();
    }
    if (loop_) flush_commands();
    stage_.handle_timeout(now);
    if (next_status_ <= now) {
      next_status_ = now + (stage_.session_count() > 0 ? kStatusEvery : kStatusEveryWhenEmpty);
      tell_status();
    }
    if (stop_at_ <= now) {
      stage_.close_all(now);
      io_.stop();
      return;
    }
    set_timer(now);
  }

  void set_timer(base::Instant now) {
    base::Instant at =
        std::min({stage_.next_timeout(), next_status_, stop_at_, start_at_, steady_at_});
    if (!pending_.empty()) at = now;
    // An offer has its own pace. The link is read before the timer is found due.
    at = std::min(std::max(at, next_run_), stage_.next_offer());
    if (at == timer_at_) return;
    timer_at_ = at;
    timer_.expires_at(asio::steady_timer::time_point(at - base::Instant()));
    timer_.async_wait([this](auto error) {
      if (error) return;
      timer_at_ = base::Instant::never();
      run_timers();
    });
  }

  void tell_status() {
    if (!loop_) return;
    const AudioLoopCounters& counters = loop_->counters();
    to_link(link::make_mix_status({.tape_head_samples = tape_.head().samples(),
                                   .ticks = counters.ticks.load(),
                                   .late_ticks = counters.late_ticks.load(),
                                   .missed_ticks = counters.missed_ticks.load(),
                                   .recovered_ticks = counters.recovered_ticks.load(),
                                   .clip_ms = 10 * counters.clip_ticks.load(),
                                   .datagrams = figures_of(floor_->gate_counters()),
                                   .underruns = counters.missed_ticks.load(),
                                   .dead_air_fallbacks = stage_.dead_air().fallbacks,
                                   .false_fallbacks = stage_.dead_air().false_fallbacks,
                                   .fallback = std::string(stage_.fallback()),
                                   .sessions = stage_.session_count(),
                                   .desired_version = stage_.desired_version(),
                                   .priority = priority_.load(),
                                   .pss_bytes = runtime::own_pss_bytes()}));
  }

  void run_audio() {
    runtime::name_thread("audio");
    const bool is_locked = runtime::lock_memory();
    const runtime::ThreadPriority priority = runtime::raise_thread_priority();
    base::log::info("mix", "audio thread runs at {}, memory {}", runtime::to_string(priority),
                    is_locked ? "locked" : "not locked");
    priority_.store(static_cast<int>(priority));
    loop_->run(is_over_);
  }

  void run_feeder() {
    runtime::name_thread("feeder");
    DeckFeeder(feed_, playlist_).run(is_over_, wake_feeder_.get());
  }

  asio::io_context io_{1};
  runtime::SystemRandom random_;
  std::unique_ptr<rtc::DtlsCertificate> certificate_;
  runtime::UdpSocket audio_socket_;
  runtime::UdpSocket stage_socket_;  // the same socket: the stage thread only sends on it
  tape::TapeWriter tape_;            // the audio thread writes by it
  TapeMarks marks_;
  tape::Checkpoint checkpoint_;

  mixer::DeckFeed feed_;
  Playlist playlist_;
  FloorOutbox outbox_;
  base::SpscQueue<FloorCommand> commands_{512};
  std::deque<FloorCommand> pending_;
  const ShowSettings settings_;
  std::unique_ptr<Floor> floor_;
  Stage stage_;

  asio::posix::stream_descriptor wake_;
  base::UniqueFd wake_feeder_;
  asio::steady_timer timer_;
  asio::signal_set signals_;
  std::unique_ptr<AudioLoop> loop_;  // while there is an audio thread
  std::thread audio_;
  std::thread feeder_;
  link::Inbox<link::KeeperToMix> inbox_{"stage", "the keeper"};
  runtime::FrameChannel channel_;

  std::atomic<bool> is_over_{false};
  std::atomic<int> priority_{0};
  /// What the process before left, until a desired state says who is still there.
  std::optional<Inheritance> inheritance_;
  bool has_told_sessions_ = false;
  base::Instant start_at_ = base::Instant::never();
  base::Instant steady_at_ = base::Instant::never();
  base::Instant stop_at_ = base::Instant::never();
  base::Instant next_status_;
  base::Instant next_run_;
  base::Instant timer_at_ = base::Instant::never();
};

int complain(std::string_view what, const base::Error& error) {
  base::log::error("mix", "{}: {}", what, error.message);
  return 1;
}

}  // namespace

int run_mix(const MixOptions& options) {
  auto certificate = rtc::DtlsCertificate::make();
  if (!certificate) return complain("certificate", certificate.error());
  auto audio_socket = runtime::UdpSocket::adopt(options.udp_fd);
  if (!audio_socket) return complain("udp socket", audio_socket.error());
  auto stage_socket = runtime::UdpSocket::adopt(dup(options.udp_fd));
  if (!stage_socket) return complain("udp socket", stage_socket.error());
  auto tape = tape::TapeWriter::attach(options.tape_fd);
  if (!tape) return complain("tape", tape.error());
  auto marks = TapeMarks::attach(options.tape_fd);
  if (!marks) return complain("tape", marks.error());
  auto checkpoint = tape::Checkpoint::attach(options.checkpoint_fd);
  if (!checkpoint) return complain("checkpoint", checkpoint.error());
  // The addresses that go into answers, the preferred one first, at the port of the socket.
  std::vector<net::Endpoint> candidates;
  for (const std::string& address : options.settings.media_ip) {
    const auto endpoint = net::Endpoint::parse(address, audio_socket->local().port());
    if (!endpoint) return complain("media.ip", endpoint.error());
    candidates.push_back(*endpoint);
  }
  if (candidates.empty()) return complain("media.ip", {"at least one is needed"});
  MixRole role(options, *std::move(certificate), *std::move(audio_socket), *std::move(stage_socket),
               *std::move(tape), *std::move(marks), *std::move(checkpoint), std::move(candidates));
  return role.run();
}

}  // namespace shelcaster::app

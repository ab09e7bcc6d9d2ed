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

#include "app/mix/audio_loop.hpp"
#include "app/mix/deck_feeder.hpp"
#include "app/mix/stage.hpp"
#include "base/log.hpp"
#include "runtime/frame_channel.hpp"
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

json::object to_json(const GateCounters& gate) {
  return {{"passedKnown", gate.passed_known.load()},
          {"passedStrangers", gate.passed_strangers.load()},
          {"droppedStrayMedia", gate.stray_media.load()},
          {"droppedNotOurs", gate.not_ours.load()},
          {"droppedStrangers", gate.strangers.load()},
          {"droppedSource", gate.source.load()},
          {"droppedSession", gate.line.load()},
          {"droppedQueueFull", gate.queue_full.load()}};
}

/// The composition root of the role and its stage thread; the audio and feeder threads are started
/// and joined here.
class MixRole final : private StageSink {
 public:
  MixRole(const MixOptions& options, std::unique_ptr<rtc::DtlsCertificate> certificate,
          runtime::UdpSocket audio_socket, runtime::UdpSocket stage_socket, tape::TapeWriter tape,
          tape::Checkpoint checkpoint, std::vector<net::Endpoint> candidates)
      : certificate_(std::move(certificate)),
        audio_socket_(std::move(audio_socket)),
        stage_socket_(std::move(stage_socket)),
        tape_(std::move(tape)),
        checkpoint_(std::move(checkpoint)),
        floor_(std::make_unique<Floor>(feed_, tape_, outbox_, random_.u64(), options.returns)),
        stage_({.certificate = certificate_.get(), .host_candidates = std::move(candidates)},
               playlist_, random_, *this, options.returns),
        wake_(io_, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        wake_feeder_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        timer_(io_),
        signals_(io_, SIGTERM, SIGINT),
        loop_(std::make_unique<AudioLoop>(
            *floor_, outbox_, commands_, audio_socket_, tape_.epoch(),
            AudioLoopWakes{.stage_fd = wake_.native_handle(), .feeder_fd = wake_feeder_.get()})),
        channel_(io_, base::UniqueFd(options.link_fd),
                 {.on_frame = [this](json::object frame) { on_frame(frame); },
                  .on_closed = [this](std::string_view reason) { on_link_closed(reason); }}) {}

  int run() {
    take_up_checkpoint();
    std::thread audio([this] { run_audio(); });
    std::thread feeder([this] { run_feeder(); });
    wait_for_wake();
    run_timers();
    signals_.async_wait([this](auto error, int) {
      if (!error) stage_.handle_link(SystemClock::now(), {{"type", "stop"}});
      if (!error) note_stop();
      set_timer(SystemClock::now());
    });
    io_.run();
    is_over_.store(true);
    loop_->end_rest();
    (void)eventfd_write(wake_feeder_.get(), 1);
    audio.join();
    feeder.join();
    return 0;
  }

 private:
  // StageSink
  void to_floor(FloorCommand&& command) override {
    pending_.push_back(std::move(command));
    flush_commands();
  }
  void to_link(json::object message) override {
    const bool is_levels = link::type_of(message) == "levels";
    channel_.send(message,
                  is_levels ? runtime::Delivery::kDroppable : runtime::Delivery::kReliable);
  }
  void transmit(const net::Transmit& datagram) override { stage_socket_.send(datagram); }

  void flush_commands() {
    while (!pending_.empty() && commands_.try_push(std::move(pending_.front()))) {
      pending_.pop_front();
    }
    loop_->poke();
  }

  void on_frame(const json::object& frame) {
    stage_.handle_link(SystemClock::now(), frame);
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

  void drain_outbox() {
    while (auto retired = outbox_.retired.try_pop()) retired.reset();
    const base::Instant now = SystemClock::now();
    while (auto datagram = outbox_.datagrams.try_pop()) {
      stage_.handle_datagram(now, {.remote = datagram->remote,
                                   .bytes = std::span(datagram->bytes).first(datagram->size)});
    }
    while (auto report = outbox_.reports.try_pop()) {
      stage_.handle_report(now, *report);
      if (std::holds_alternative<DeckReport>(*report)) write_checkpoint(now);
    }
    while (auto levels = outbox_.levels.try_pop()) stage_.handle_levels(*levels);
  }

  /// Everything that has its time; at most each kStagePeriod, however many sessions there are.
  void run_timers() {
    const base::Instant now = SystemClock::now();
    next_run_ = now + kStagePeriod;
    flush_commands();
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
    base::Instant at = std::min({stage_.next_timeout(), next_status_, stop_at_});
    if (!pending_.empty()) at = now;
    at = std::max(at, next_run_);
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
    const AudioLoopCounters& counters = loop_->counters();
    to_link({{"type", "mix_status"},
             {"tapeHeadSamples", tape_.head().samples()},
             {"ticks", counters.ticks.load()},
             {"lateTicks", counters.late_ticks.load()},
             {"missedTicks", counters.missed_ticks.load()},
             {"datagrams", to_json(floor_->gate_counters())},
             {"underruns", counters.missed_ticks.load()},
             {"sessions", stage_.session_count()},
             {"desiredVersion", stage_.desired_version()},
             {"priority", priority_.load()}});
  }

  void write_checkpoint(base::Instant now) {
    const DeckPlayer::Position deck = stage_.deck_position();
    tape::MixCheckpoint state;
    state.at_samples = base::to_samples(now - tape_.epoch().monotonic);
    state.desired_version = stage_.desired_version();
    state.deck.item_id = tape::FixedText<60>(deck.item_id);
    state.deck.position_samples = deck.frames;
    state.deck.state = deck.state == mixer::DeckState::kPlaying  ? tape::DeckState::kPlaying
                       : deck.state == mixer::DeckState::kPaused ? tape::DeckState::kPaused
                                                                 : tape::DeckState::kStopped;
    checkpoint_.write(state);
  }

  void take_up_checkpoint() {
    const auto state = checkpoint_.read();
    if (!state) return;
    link::DeckHint hint{.item_id = std::string(state->deck.item_id.view()),
                        .position_ms = state->deck.position_samples * 1000 / base::kSampleRate,
                        .state = state->deck.state == tape::DeckState::kPlaying  ? "PLAYING"
                                 : state->deck.state == tape::DeckState::kPaused ? "PAUSED"
                                                                                 : "STOPPED"};
    stage_.set_resume_point(std::move(hint));
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
  tape::TapeWriter tape_;
  tape::Checkpoint checkpoint_;

  mixer::DeckFeed feed_;
  Playlist playlist_;
  FloorOutbox outbox_;
  base::SpscQueue<FloorCommand> commands_{512};
  std::deque<FloorCommand> pending_;
  std::unique_ptr<Floor> floor_;
  Stage stage_;

  asio::posix::stream_descriptor wake_;
  base::UniqueFd wake_feeder_;
  asio::steady_timer timer_;
  asio::signal_set signals_;
  std::unique_ptr<AudioLoop> loop_;
  runtime::FrameChannel channel_;

  std::atomic<bool> is_over_{false};
  std::atomic<int> priority_{0};
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
  auto checkpoint = tape::Checkpoint::attach(options.checkpoint_fd);
  if (!checkpoint) return complain("checkpoint", checkpoint.error());
  std::vector<net::Endpoint> candidates;
  for (const std::string& address : options.media_addresses) {
    const auto endpoint = net::Endpoint::parse(address, audio_socket->local().port());
    if (!endpoint) return complain("media address", endpoint.error());
    candidates.push_back(*endpoint);
  }
  if (candidates.empty()) return complain("media address", {"at least one is needed"});
  MixRole role(options, *std::move(certificate), *std::move(audio_socket), *std::move(stage_socket),
               *std::move(tape), *std::move(checkpoint), std::move(candidates));
  return role.run();
}

}  // namespace shelcaster::app

#include "app/publish/publish_role.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>
#include <variant>

#include "app/publish/destination_set.hpp"
#include "app/publish/publish_core.hpp"
#include "app/publish/segment_judge.hpp"
#include "base/log.hpp"
#include "base/overloaded.hpp"
#include "link/frame.hpp"
#include "link/messages.hpp"
#include "runtime/own_memory.hpp"
#include "runtime/own_output.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::app {
namespace {

namespace log = base::log;

/// The tape is read so often, which is also how often the keeper sees that we are alive. Nothing
/// else waits for it but the end of a segment, which has its own time, and destinations that ask
/// for more.
constexpr base::Duration kReadPeriod = std::chrono::milliseconds(100);
constexpr base::Duration kLateReadPeriod = std::chrono::milliseconds(20);
/// While the tape is silent; mix then writes in steps of a second, and an end of a segment that
/// waits for one more step is found in one go.
constexpr base::Duration kReadPeriodAtRest = std::chrono::seconds(3);
constexpr base::Duration kLateReadPeriodAtRest = std::chrono::milliseconds(1'020);
/// Of a second's frames, and of files on a disk that is slow, in which nobody is to be disturbed.
constexpr base::Duration kEncodeMax = std::chrono::milliseconds(500);
constexpr base::Duration kDiskMax = std::chrono::seconds(4);
constexpr auto kStatusPeriod = std::chrono::seconds(2);
constexpr auto kFarewellMax = std::chrono::seconds(3);
constexpr std::size_t kReadBytes = 16 * 1024;

/// The keeper's end of the link, never waited for: while a status hasn't gone out wholly, the next
/// ones are left out.
class KeeperLink {
 public:
  explicit KeeperLink(int fd) : fd_(fd) {}

  /// Waits for at most `timeout_ms` for something to read. False when the link is broken.
  bool receive(int timeout_ms);
  /// The next one that can be used; nothing until more is received.
  base::Result<std::optional<link::KeeperToPublish>> next();
  void send(const link::PublishToKeeper& message);

 private:
  void flush();

  int fd_;
  link::FrameReader reader_;
  link::Inbox<link::KeeperToPublish> inbox_{"publish", "the keeper"};
  std::string unsent_;
};

base::Result<std::optional<link::KeeperToPublish>> KeeperLink::next() {
  for (;;) {
    const auto frame = reader_.next();
    if (!frame) return tl::unexpected(frame.error());
    if (!*frame) return std::nullopt;
    if (auto message = inbox_.take(**frame)) return message;
  }
}

bool KeeperLink::receive(int timeout_ms) {
  flush();
  pollfd waiting{fd_, POLLIN, 0};
  if (::poll(&waiting, 1, timeout_ms) <= 0) return true;
  std::array<std::byte, kReadBytes> bytes{};
  const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  reader_.feed(base::ByteSpan(bytes).first(static_cast<std::size_t>(got)));
  return true;
}

void KeeperLink::send(const link::PublishToKeeper& message) {
  if (unsent_.empty()) {
    auto frame = link::write_frame(link::to_json(message));
    if (!frame) return base::log::error("publish", "{}", frame.error().message);
    unsent_ = *std::move(frame);
  }
  flush();
}

void KeeperLink::flush() {
  if (unsent_.empty()) return;
  const ssize_t put = ::send(fd_, unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (put > 0) unsent_.erase(0, static_cast<std::size_t>(put));
}

class Publisher {
 public:
  Publisher(const PublishOptions& options, PublishCore core)
      : options_(options),
        core_(std::move(core)),
        link_(options.link_fd),
        destinations_({.aac_config = {core_.aac_config().begin(), core_.aac_config().end()},
                       .ca_file = options.settings.rtmps_ca_file,
                       .tape_fd = options.tape_fd,
                       .recordings_dir = options.recordings_dir,
                       .epoch = core_.epoch().wall}) {
    core_.set_mark_sink(
        [this](const std::shared_ptr<const ProgrammeMark>& mark) { destinations_.push(mark); });
  }

  int run();

 private:
  enum class Next { kGoOn, kStop, kLinkBroken };
  Next handle_messages();
  void follow(const link::NewLog& turned);
  void apply(const link::DesiredOutputs& desired);
  void judge();
  void send_status();
  [[nodiscard]] std::optional<link::SegmentFigures> decoded() const;
  int finish();
  [[nodiscard]] int wait_ms() const;

  const PublishOptions& options_;
  PublishCore core_;
  KeeperLink link_;
  JudgeRota rota_;
  std::int64_t seen_segment_ = -1;
  std::optional<JudgedSegment> judged_;
  DestinationSet destinations_;
  std::string told_outputs_;
  PublishCore::Sink sink_ = [this](const std::shared_ptr<const media::AacPacket>& packet) {
    destinations_.push(packet);
  };
};

int Publisher::run() {
  base::Instant status_due = runtime::SystemClock::now();
  bool is_behind = false;
  for (;;) {
    const int wait = is_behind ? 0 : wait_ms();
    core_.promise(runtime::SystemClock::now() + std::chrono::milliseconds(wait));
    if (!link_.receive(wait)) {
      log::warn("publish", "the link to the keeper broke: ending, the play list stays open");
      return 0;
    }
    switch (handle_messages()) {
      case Next::kGoOn:
        break;
      case Next::kStop:
        return finish();
      case Next::kLinkBroken:
        return 0;
    }
    core_.promise(runtime::SystemClock::now() +
                  (core_.is_about_to_write() ? kDiskMax : kEncodeMax));
    is_behind = core_.advance(sink_);
    if (!is_behind) judge();
    // A change of an output is told at once, figures now and then.
    if (runtime::SystemClock::now() < status_due && told_outputs_ == destinations_.states())
      continue;
    status_due = runtime::SystemClock::now() + kStatusPeriod;
    send_status();
  }
}

int Publisher::wait_ms() const {
  const bool rests = core_.is_at_rest();
  const base::Duration late = rests ? kLateReadPeriodAtRest : kLateReadPeriod;
  const base::Duration period =
      destinations_.read_period().value_or(rests ? kReadPeriodAtRest : kReadPeriod);
  const base::Duration step = rests ? kLateReadPeriodAtRest : base::Duration(0);
  const base::Duration to_segment = core_.next_segment_due() + step - runtime::SystemClock::now();
  // Late: mix hasn't written what should be there.
  const base::Duration wait = to_segment <= base::Duration(0) ? late : std::min(to_segment, period);
  return static_cast<int>(wait / std::chrono::milliseconds(1)) + 1;
}

void Publisher::judge() {
  const auto segment = core_.hls().newest();
  if (!segment || segment->number <= seen_segment_) return;
  seen_segment_ = segment->number;
  const double tape_peak_db = core_.peak_db(segment->start, segment->samples);
  if (!rota_.is_due(segment->number, tape_peak_db <= -120)) return;
  core_.promise(runtime::SystemClock::now() + kDiskMax);
  judged_ = judge_segment(options_.hls_dir, *segment, tape_peak_db);
  rota_.note(segment->number, judged_->problem.empty());
  if (!judged_->problem.empty()) log::error("publish", "{}", judged_->problem);
}

Publisher::Next Publisher::handle_messages() {
  for (;;) {
    auto message = link_.next();
    if (!message) {
      log::error("publish", "the keeper's link is out of step: {}", message.error().message);
      return Next::kLinkBroken;
    }
    if (!*message) return Next::kGoOn;
    const Next next = std::visit(base::Overloaded{
                                     [this](const link::DesiredOutputs& desired) {
                                       apply(desired);
                                       return Next::kGoOn;
                                     },
                                     [this](const link::NewLog& turned) {
                                       follow(turned);
                                       return Next::kGoOn;
                                     },
                                     [](const link::Stop&) { return Next::kStop; },
                                 },
                                 **message);
    if (next != Next::kGoOn) return next;
  }
}

void Publisher::follow(const link::NewLog& turned) {
  core_.promise(runtime::SystemClock::now() + kDiskMax);
  runtime::follow_own_log(turned.before, turned.now);
}

void Publisher::apply(const link::DesiredOutputs& desired) {
  destinations_.apply(desired.outputs);
  if (!destinations_.wants_pcm()) return core_.set_pcm_sink({});
  core_.set_pcm_sink(
      [this](const std::shared_ptr<const PcmBlock>& block) { destinations_.push(block); });
}

std::optional<link::SegmentFigures> Publisher::decoded() const {
  if (!judged_) return std::nullopt;
  const auto tenth = [](double value) { return std::round(value * 10) / 10; };
  link::SegmentFigures figures{.number = judged_->number,
                               .samples = judged_->samples,
                               .peak_db = tenth(judged_->peak_db),
                               .loudness_lufs = {},
                               .problem = judged_->problem};
  if (judged_->loudness_lufs) figures.loudness_lufs = tenth(*judged_->loudness_lufs);
  return figures;
}

void Publisher::send_status() {
  told_outputs_ = destinations_.states();
  for (const link::OutputFigures& news : destinations_.take_news()) {
    // Its sentence may have the destination's own words in it.
    if (news.problem.empty()) {
      log::info("publish", "output {}: connected", news.id);
    } else {
      log::warn("publish", "output {}: {}", news.id, news.problem);
    }
  }
  std::optional<std::int64_t> last_segment_ms;
  if (const auto until = core_.hls().published_until()) {
    last_segment_ms = core_.epoch().wall.unix_ms() + until->samples() * 1000 / base::kSampleRate;
  }
  const PublishCounters counters = core_.counters();
  link_.send(link::make_publish_status({.outputs = destinations_.figures(),
                                        .last_segment = core_.hls().last_segment(),
                                        .last_segment_unix_ms = last_segment_ms,
                                        .hls_problem = core_.hls().problem(),
                                        .decoded = decoded(),
                                        .lag_ms = core_.lag_samples() * 1000 / base::kSampleRate,
                                        .overruns = counters.overruns,
                                        .write_errors = counters.write_errors,
                                        .pss_bytes = runtime::own_pss_bytes()}));
}

int Publisher::finish() {
  auto finished = core_.finish(sink_);
  if (!finished) log::error("publish", "{}", finished.error().message);
  destinations_.finish(kFarewellMax);
  send_status();
  const PublishCounters counters = core_.counters();
  log::info("publish", "stopped after {} packets, {} overruns, {} write errors", counters.packets,
            counters.overruns, counters.write_errors);
  return finished ? 0 : 1;
}

}  // namespace

int run_publish(const PublishOptions& options) {
  signal(SIGPIPE, SIG_IGN);
  auto core = PublishCore::open(options.tape_fd, options.hls_dir, [](const base::Error& error) {
    log::error("publish", "{}", error.message);
  });
  if (!core) {
    log::error("publish", "can't start: {}", core.error().message);
    return 1;
  }
  return Publisher(options, std::move(*core)).run();
}

}  // namespace shelcaster::app

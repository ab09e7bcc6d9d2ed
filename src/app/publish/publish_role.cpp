#include "app/publish/publish_role.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>

#include "app/publish/desired_outputs.hpp"
#include "app/publish/publish_core.hpp"
#include "app/publish/rtmp_output.hpp"
#include "app/publish/segment_judge.hpp"
#include "base/log.hpp"
#include "link/frame.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::app {
namespace {

namespace json = boost::json;
namespace log = base::log;

/// The tape is read so often, which is also how often the keeper sees that we are alive. Nothing
/// else waits for it but the end of a segment, which has its own time, and an RTMP destination,
/// which likes an even flow.
constexpr base::Duration kReadPeriod = std::chrono::milliseconds(100);
constexpr base::Duration kLateReadPeriod = std::chrono::milliseconds(20);
/// While the tape is silent; mix then writes in steps of a second, and an end of a segment that
/// waits for one more step is found in one go.
constexpr base::Duration kReadPeriodAtRest = std::chrono::seconds(3);
constexpr base::Duration kLateReadPeriodAtRest = std::chrono::milliseconds(1'020);
constexpr base::Duration kReadPeriodForRtmp = std::chrono::milliseconds(40);
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
  base::Result<std::optional<json::object>> next() { return reader_.next(); }
  void send(const json::object& message);

 private:
  void flush();

  int fd_;
  link::FrameReader reader_;
  std::string unsent_;
};

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

void KeeperLink::send(const json::object& message) {
  if (unsent_.empty()) unsent_ = link::write_frame(message);
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
      : options_(options), core_(std::move(core)), link_(options.link_fd) {}

  int run();

 private:
  enum class Next { kGoOn, kStop, kLinkBroken };
  Next handle_messages();
  void apply(std::optional<DesiredOutput> desired);
  void judge();
  void send_status();
  [[nodiscard]] json::array output_statuses() const;
  [[nodiscard]] json::value decoded() const;
  int finish();
  [[nodiscard]] int wait_ms() const;

  const PublishOptions& options_;
  PublishCore core_;
  KeeperLink link_;
  JudgeRota rota_;
  std::int64_t seen_segment_ = -1;
  std::optional<JudgedSegment> judged_;
  std::optional<DesiredOutput> desired_;
  std::string refusal_;  // why the desired output can't be tried
  std::unique_ptr<RtmpOutput> rtmp_;
  PublishCore::Sink sink_ = [this](std::shared_ptr<const media::AacPacket> packet) {
    if (rtmp_) rtmp_->push(std::move(packet));
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
    if (runtime::SystemClock::now() < status_due) continue;
    status_due = runtime::SystemClock::now() + kStatusPeriod;
    send_status();
  }
}

int Publisher::wait_ms() const {
  const bool rests = core_.is_at_rest();
  const base::Duration late = rests ? kLateReadPeriodAtRest : kLateReadPeriod;
  const base::Duration period = rtmp_   ? kReadPeriodForRtmp
                                : rests ? kReadPeriodAtRest
                                        : kReadPeriod;
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
    const auto* type = (*message)->if_contains("type");
    if (type == nullptr || !type->is_string()) continue;
    if (type->get_string() == "stop") return Next::kStop;
    if (type->get_string() == "desired") apply(desired_output(**message));
  }
}

void Publisher::apply(std::optional<DesiredOutput> desired) {
  if (desired == desired_) return;
  desired_ = std::move(desired);
  rtmp_.reset();
  refusal_.clear();
  if (!desired_) return;
  if (auto checked = output::check_rtmp_url(desired_->url); !checked) {
    refusal_ = checked.error().message;
    return;
  }
  output::RtmpPublisherConfig config;
  config.target = {desired_->url, options_.ca_file};
  config.aac_config.assign(core_.aac_config().begin(), core_.aac_config().end());
  rtmp_ = std::make_unique<RtmpOutput>(desired_->id, std::move(config));
  log::info("publish", "output {}: connecting", desired_->id);
}

json::array Publisher::output_statuses() const {
  if (!desired_) return {};
  if (!rtmp_) return {{{"id", desired_->id}, {"state", "retrying"}, {"detail", refusal_}}};
  const output::RtmpStatus status = rtmp_->status();
  return {{{"id", desired_->id},
           {"state", output::to_string(status.state)},
           {"detail", status.detail},
           {"connections", status.connections},
           {"packetsDropped", status.packets_dropped}}};
}

json::value Publisher::decoded() const {
  if (!judged_) return nullptr;
  const auto tenth = [](double value) { return std::round(value * 10) / 10; };
  return {{"segment", judged_->number},
          {"samples", judged_->samples},
          {"peakDb", tenth(judged_->peak_db)},
          {"loudnessLufs",
           judged_->loudness_lufs ? json::value(tenth(*judged_->loudness_lufs)) : json::value()},
          {"ok", judged_->problem.empty()},
          {"problem", judged_->problem}};
}

void Publisher::send_status() {
  json::value last_segment_ms(nullptr);
  if (const auto until = core_.hls().published_until()) {
    last_segment_ms = core_.epoch().wall.unix_ms() + until->samples() * 1000 / base::kSampleRate;
  }
  const PublishCounters& counters = core_.counters();
  link_.send({{"type", "publish_status"},
              {"outputs", output_statuses()},
              {"hls",
               {{"lastSegment", core_.hls().last_segment()},
                {"lastSegmentUnixMs", last_segment_ms},
                {"problem", core_.hls().problem()},
                {"decoded", decoded()}}},
              {"lagMs", core_.lag_samples() * 1000 / base::kSampleRate},
              {"overruns", counters.overruns},
              {"writeErrors", counters.write_errors}});
}

int Publisher::finish() {
  auto finished = core_.finish(sink_);
  if (!finished) log::error("publish", "{}", finished.error().message);
  if (rtmp_) rtmp_->finish(kFarewellMax);
  send_status();
  log::info("publish", "stopped after {} packets, {} overruns, {} write errors",
            core_.counters().packets, core_.counters().overruns, core_.counters().write_errors);
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

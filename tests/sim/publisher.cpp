#include "publisher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;

// As in app/publish/publish_role and app/keeper/child.
constexpr base::Duration kReadPeriod = milliseconds(100);
constexpr base::Duration kLatePeriod = milliseconds(20);
constexpr base::Duration kRestart = milliseconds(100);

constexpr base::Duration kLookPeriod = milliseconds(1000);

tape::TapeReader attach(int fd) {
  auto reader = tape::TapeReader::attach(fd);
  if (!reader) throw std::runtime_error(reader.error().message);
  return *std::move(reader);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

Publisher::Publisher(int tape_fd, std::filesystem::path dir, Listener::Complain complain)
    : tape_fd_(tape_fd),
      dir_(std::move(dir)),
      complain_(std::move(complain)),
      listener_(dir_, attach(tape_fd), complain_) {}

void Publisher::start(base::Instant now) {
  starts_at_ = base::Instant::never();
  if (disk_.is_dead()) disk_.revive();
  {
    const SimDisk::Use use(disk_);
    auto core = app::PublishCore::open(tape_fd_, dir_, [](const base::Error&) {});
    if (core) core_.emplace(*std::move(core));
    // It ends with an error; the keeper starts another.
    if (!core && !disk_.is_dead()) starts_at_ = now + kRestart;
  }
  reads_at_ = now;
  listener_.look();
}

void Publisher::die(base::Instant now) {
  ++deaths_;
  disk_.kill();
  {
    const SimDisk::Use use(disk_);
    core_.reset();
  }
  leave_broken();
  disk_.revive();
  starts_at_ = now + down_;
  listener_.look();
}

void Publisher::tick(base::Instant now) {
  if (tape_fd_ < 0) return;
  if (starts_at_ <= now) start(now);
  if (core_ && reads_at_ <= now) {
    const SimDisk::Use use(disk_);
    const bool is_behind = core_->advance([](const auto&) {});
    const base::Duration to_segment = core_->next_segment_due() - now;
    reads_at_ = now + (is_behind                         ? base::Duration(0)
                       : to_segment <= base::Duration(0) ? kLatePeriod
                                                         : std::min(to_segment, kReadPeriod));
  }
  if (disk_.is_dead()) die(now);
  if (looks_at_ > now) return;
  looks_at_ = now + kLookPeriod;
  // A segment that can't be written is lost, and marked.
  if (is_full_) listener_.excuse_break();
  listener_.look();
  if (sabotage_ == PublishSabotage::kOldState && old_state_.empty()) {
    old_state_ = read_file(dir_ / "state");
  }
}

void Publisher::lose_keeper(base::Instant now) {
  down_ = {};
  die(now);
  tape_fd_ = -1;
}

void Publisher::begin_programme(base::Instant now, int tape_fd) {
  tape_fd_ = tape_fd;
  listener_.begin_programme(attach(tape_fd));
  starts_at_ = now;
}

void Publisher::kill(base::Duration down) {
  die_after(0, down);
  disk_.kill();
}

void Publisher::die_after(std::int64_t steps, base::Duration down) {
  down_ = down;
  disk_.die_after(steps);
}

void Publisher::fill_disk(bool is_full) {
  if (is_full || is_full_) listener_.excuse_break();
  is_full_ = is_full;
  disk_.fill(is_full);
}

void Publisher::leave_broken() {
  const std::int64_t last = listener_.segments() - 1;
  std::error_code ignored;
  switch (sabotage_) {
    case PublishSabotage::kNone:
      return;
    case PublishSabotage::kForgottenState:
      std::filesystem::remove(dir_ / "state", ignored);
      return;
    case PublishSabotage::kOldState:
      std::ofstream(dir_ / "state", std::ios::binary) << old_state_;
      return;
    case PublishSabotage::kTornSegment:
      std::filesystem::resize_file(dir_ / fmt::format("seg-{}.m4s", last), 100, ignored);
      return;
    case PublishSabotage::kColdStart:
      std::filesystem::remove_all(dir_, ignored);
      return;
  }
}

}  // namespace shelcaster::sim

#include "output/rtmp/rtmp_line.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace shelcaster::output {
namespace {

constexpr std::size_t kReadBytes = 4 * 1'024;
/// A TLS record.
constexpr std::size_t kSendBytes = 16 * 1'024;
/// In one step; the rest waits for the next, so that no destination holds its worker.
constexpr std::size_t kStepBytesMax = 64 * 1'024;
/// What a server has to say: an acknowledgement of 16 bytes for each window of ours at the most,
/// now and then a ping. Some measure the path at the beginning, with some hundred KiB.
constexpr base::Rate kServersSay{.per_second = 64 * 1'024, .burst = 1'024 * 1'024};
/// The programme that is under way is two seconds, at 430 kbit/s and a picture. Answers are the
/// rest.
constexpr std::size_t kWaitingBytesMax = 1'024 * 1'024;

}  // namespace

void RtmpLine::mark() {
  take_written();
  frame_ends_.push_back(sent_ + (going_.size() - gone_) + waiting_.size());
}

void RtmpLine::take_written() {
  const base::Bytes written = session_.take_output();
  waiting_.insert(waiting_.end(), written.begin(), written.end());
}

std::optional<RtmpFailure> RtmpLine::work(base::Instant now) {
  if (auto failure = receive(now)) return failure;
  take_written();
  if (auto failure = send(now)) return failure;
  if (waiting_.size() > kWaitingBytesMax) {
    return RtmpFailure{RtmpProblem::kBroken, "the destination asks for more answers than it takes"};
  }
  look_what_arrived(now);
  return std::nullopt;
}

std::optional<RtmpFailure> RtmpLine::receive(base::Instant now) {
  std::array<std::byte, kReadBytes> bytes{};
  for (std::size_t total = 0; total < kStepBytesMax;) {
    const auto got = transport_->receive(bytes);
    if (!got) return got.error();
    if (*got == 0) break;
    total += *got;
    if (!received_.take(now, kServersSay, static_cast<std::int64_t>(*got))) {
      return RtmpFailure{RtmpProblem::kBroken,
                         "the destination sends more than an RTMP server has to say"};
    }
    if (auto failure = session_.handle_bytes(base::ByteSpan(bytes).first(*got))) return failure;
  }
  if (transport_->is_closed_by_peer()) return session_.closed();
  return std::nullopt;
}

std::optional<RtmpFailure> RtmpLine::send(base::Instant now) {
  for (;;) {
    if (gone_ == going_.size()) {
      if (waiting_.empty()) return std::nullopt;
      going_.swap(waiting_);
      waiting_.clear();
      gone_ = 0;
    }
    const base::ByteSpan left = base::ByteSpan(going_).subspan(gone_);
    const auto taken = transport_->send(left.first(std::min(left.size(), kSendBytes)));
    if (!taken) {
      // Why the server hung up may have come before it did.
      if (auto failure = receive(now)) return failure;
      return taken.error();
    }
    if (*taken == 0) return std::nullopt;
    gone_ += *taken;
    sent_ += *taken;
  }
}

void RtmpLine::look_what_arrived(base::Instant now) {
  const std::uint64_t confirmed =
      sent_ - std::min<std::uint64_t>(sent_, transport_->unacknowledged());
  // The server itself says what it has read, where it does so often enough; else its machine.
  const std::uint64_t arrived = std::min(confirmed, session_.acknowledged().value_or(confirmed));
  if (arrived > arrived_ || frame_ends_.empty()) moved_at_ = now;
  arrived_ = std::max(arrived_, arrived);
  while (!frame_ends_.empty() && frame_ends_.front() <= arrived_) frame_ends_.pop_front();
}

}  // namespace shelcaster::output

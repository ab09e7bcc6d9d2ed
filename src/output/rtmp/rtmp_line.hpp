#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "base/random.hpp"
#include "base/rate_limit.hpp"
#include "base/time.hpp"
#include "output/rtmp/rtmp_session.hpp"
#include "output/rtmp/rtmp_transport.hpp"

namespace shelcaster::output {

/// A session on its transport: carries bytes between the two and knows how much of what was sent
/// has arrived. One owner; never waits.
class RtmpLine {
 public:
  RtmpLine(std::unique_ptr<RtmpTransport> transport, RtmpSession session)
      : transport_(std::move(transport)), session_(std::move(session)) {}

  [[nodiscard]] RtmpSession& session() { return session_; }
  /// What the session has written until here ends a frame of the programme.
  void mark();
  /// Reads and writes what can be now, so much at most that it soon comes back. A failure ends the
  /// line: the server's, too, that says more than RTMP gives it to say, or wants more answers than
  /// it takes.
  std::optional<RtmpFailure> work(base::Instant now);

  /// Not taken by the transport yet.
  [[nodiscard]] bool has_unsent() const { return gone_ < going_.size() || !waiting_.empty(); }
  /// Frames that were handed to the line and are not known to have arrived.
  [[nodiscard]] std::size_t unarrived() const { return frame_ends_.size(); }
  /// When something was last seen to arrive, or there was nothing that could.
  [[nodiscard]] base::Instant moved_at() const { return moved_at_; }
  [[nodiscard]] std::uint64_t sent_bytes() const { return sent_; }

 private:
  void take_written();
  std::optional<RtmpFailure> receive(base::Instant now);
  std::optional<RtmpFailure> send(base::Instant now);
  void look_what_arrived(base::Instant now);

  std::unique_ptr<RtmpTransport> transport_;
  RtmpSession session_;
  base::Bytes going_;  // handed to the transport, in part
  std::size_t gone_ = 0;
  base::Bytes waiting_;
  base::RateLimit received_;
  std::uint64_t sent_ = 0;  // taken by the transport
  std::uint64_t arrived_ = 0;
  std::deque<std::uint64_t> frame_ends_;  // in bytes of the connection
  base::Instant moved_at_;
};

}  // namespace shelcaster::output

#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace shelcaster::link {

// The framing of every link (serve <-> keeper <-> mix, publish):
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                length in bytes (big-endian)                   |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                one JSON object, UTF-8 ...                     |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

inline constexpr std::size_t kFrameHeaderBytes = 4;
inline constexpr std::size_t kFrameBytesMax = std::size_t{1} << 20U;
inline constexpr std::size_t kFrameDepthMax = 16;

/// Cuts a byte stream into JSON objects. Holds at most one frame plus what was last fed. One owner,
/// no locking.
///
///   reader.feed(bytes);
///   for (;;) {
///     auto next = reader.next();      // error: the stream is out of step, close it
///     if (!next || !*next) break;     // empty: feed more
///     handle(**next);
///   }
class FrameReader {
 public:
  void feed(base::ByteSpan bytes);

  /// The next whole object; nothing when more bytes are needed. After an error (a frame that is too
  /// long, isn't JSON, isn't an object or nests too deep) every further call gives that error.
  base::Result<std::optional<boost::json::object>> next();

  [[nodiscard]] std::size_t buffered_bytes() const { return buffer_.size() - taken_; }

 private:
  base::Result<std::optional<boost::json::object>> broken(std::string why);

  std::string buffer_;
  std::size_t taken_ = 0;  // bytes of buffer_ that were given out
  std::string error_;      // not empty: the stream is out of step for good
};

/// Header and body in one string; an error for what no reader takes: a body above kFrameBytesMax,
/// or one that isn't UTF-8. So whatever a message carries costs that message only and never the
/// link.
base::Result<std::string> write_frame(const boost::json::object& message);

/// Whether write_frame() takes it.
bool fits_frame(const boost::json::object& message);

}  // namespace shelcaster::link

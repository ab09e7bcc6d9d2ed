#include "link/frame.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include "base/utf8.hpp"

namespace shelcaster::link {

void FrameReader::feed(base::ByteSpan bytes) {
  if (!error_.empty()) return;
  if (taken_ == buffer_.size()) {
    buffer_.clear();
    taken_ = 0;
  } else if (taken_ > kFrameBytesMax) {
    buffer_.erase(0, taken_);
    taken_ = 0;
  }
  buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

base::Result<std::optional<boost::json::object>> FrameReader::broken(std::string why) {
  error_ = std::move(why);
  buffer_.clear();
  buffer_.shrink_to_fit();
  taken_ = 0;
  return base::fail(error_);
}

base::Result<std::optional<boost::json::object>> FrameReader::next() {
  if (!error_.empty()) return base::fail(error_);
  const std::string_view rest = std::string_view(buffer_).substr(taken_);
  if (rest.size() < kFrameHeaderBytes) return std::nullopt;
  std::size_t length = 0;
  for (const char c : rest.substr(0, kFrameHeaderBytes)) {
    length = length << 8U | static_cast<unsigned char>(c);
  }
  if (length > kFrameBytesMax) {
    return broken(
        fmt::format("link frame: {} bytes announced, at most {} allowed", length, kFrameBytesMax));
  }
  if (rest.size() - kFrameHeaderBytes < length) return std::nullopt;
  boost::json::parse_options options;
  options.max_depth = kFrameDepthMax;
  boost::system::error_code error;
  boost::json::value value =
      boost::json::parse(rest.substr(kFrameHeaderBytes, length), error, {}, options);
  if (error) return broken(fmt::format("link frame: not JSON ({})", error.message()));
  if (!value.is_object()) return broken("link frame: JSON, but not an object");
  taken_ += kFrameHeaderBytes + length;
  return std::move(value.get_object());
}

bool fits_frame(const boost::json::object& message) {
  return boost::json::serialize(message).size() <= kFrameBytesMax;
}

base::Result<std::string> write_frame(const boost::json::object& message) {
  const std::string body = boost::json::serialize(message);
  if (body.size() > kFrameBytesMax) {
    return base::fail(fmt::format("link frame: a message of {} bytes, at most {} allowed",
                                  body.size(), kFrameBytesMax));
  }
  if (!base::is_utf8(body)) return base::fail("link frame: a message that isn't UTF-8");
  std::string frame;
  frame.reserve(kFrameHeaderBytes + body.size());
  for (unsigned shift = 32; shift != 0; shift -= 8) {
    frame.push_back(static_cast<char>(body.size() >> (shift - 8) & 0xffU));
  }
  return frame + body;
}

}  // namespace shelcaster::link

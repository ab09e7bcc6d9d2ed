#include "media/content_hash.hpp"

extern "C" {
#include <libavutil/sha.h>
}

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <memory>
#include <vector>

#include "media/detail/av.hpp"

namespace shelcaster::media {

std::string content_hash(int fd, FileWindow window) {
  constexpr std::size_t kPieceBytes = 256 * 1024;
  const std::unique_ptr<AVSHA, decltype(&av_free)> sha(detail::must(av_sha_alloc()), &av_free);
  detail::must_succeed(av_sha_init(sha.get(), 256));
  std::vector<std::uint8_t> piece(kPieceBytes);
  std::int64_t at = window.begin;
  std::int64_t left = window.size.value_or(std::numeric_limits<std::int64_t>::max());
  while (left > 0) {
    const auto wanted = static_cast<std::size_t>(std::min<std::int64_t>(left, kPieceBytes));
    const ssize_t got = ::pread(fd, piece.data(), wanted, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return {};
    if (got == 0) break;
    av_sha_update(sha.get(), piece.data(), static_cast<std::size_t>(got));
    at += got;
    left -= got;
  }
  std::array<std::uint8_t, 32> digest{};
  av_sha_final(sha.get(), digest.data());
  std::string text;
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace shelcaster::media

#include "runtime/detail/body_speed.hpp"

namespace shelcaster::runtime::detail {
namespace {

std::uint64_t bytes_in(std::chrono::milliseconds time, std::uint64_t per_second) {
  return static_cast<std::uint64_t>(time.count()) * per_second / 1'000;
}

}  // namespace

bool is_too_slow(const HttpServerOptions& options, bool to_file, std::chrono::milliseconds taken,
                 std::uint64_t bytes) {
  if (taken <= options.body_timeout) return false;
  if (!to_file || taken > options.file_body_timeout) return true;
  if (bytes < bytes_in(taken, options.file_body_bytes_per_second_min)) return true;
  const auto beyond = taken - options.file_body_grace;
  return beyond.count() > 0 && bytes < bytes_in(beyond, options.long_file_bytes_per_second_min);
}

}  // namespace shelcaster::runtime::detail

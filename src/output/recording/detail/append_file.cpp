#include "output/recording/detail/append_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace shelcaster::output::detail {
namespace {

constexpr mode_t kMode = 0640;

}  // namespace

base::Error write_error(const std::filesystem::path& what) {
  return {fmt::format("can't write {}: {}", what.filename().string(), std::strerror(errno))};
}

base::Result<AppendFile> AppendFile::open(const std::filesystem::path& path, std::int64_t bytes) {
  base::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, kMode));
  if (!file) return tl::unexpected(write_error(path));
  const off_t size = ::lseek(file.get(), 0, SEEK_END);
  if (size < bytes) {
    return base::fail(fmt::format("{} is shorter than it was", path.filename().string()));
  }
  if (size > bytes && ::ftruncate(file.get(), bytes) != 0) {
    return tl::unexpected(write_error(path));
  }
  return AppendFile(std::move(file), bytes);
}

base::Result<void> AppendFile::append(base::ByteSpan bytes) {
  std::int64_t at = bytes_;
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(file_.get(), bytes.data(), bytes.size(), at);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      if (put == 0) errno = ENOSPC;
      base::Error error{fmt::format("can't write: {}", std::strerror(errno))};
      (void)!::ftruncate(file_.get(), bytes_);
      return tl::unexpected(std::move(error));
    }
    at += put;
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  bytes_ = at;
  return {};
}

base::Result<void> AppendFile::overwrite(std::int64_t at, base::ByteSpan bytes) {
  const ssize_t put = ::pwrite(file_.get(), bytes.data(), bytes.size(), at);
  if (put == static_cast<ssize_t>(bytes.size())) return {};
  return base::fail(fmt::format("can't write: {}", std::strerror(errno)));
}

}  // namespace shelcaster::output::detail

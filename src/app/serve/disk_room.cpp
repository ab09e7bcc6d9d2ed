#include "app/serve/disk_room.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "app/serve/spool_name.hpp"

namespace shelcaster::app {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMib = 1024 * 1024;
constexpr base::Duration kLookInterval = std::chrono::seconds(5);

enum class Size { kLength, kOnDisk };

std::map<std::string, std::uint64_t> files_in(const fs::path& folder, Size size) {
  constexpr std::uint64_t kBlock = 512;
  std::map<std::string, std::uint64_t> files;
  std::error_code failed;
  // Without exceptions: what can't be read any further is no reason for serve to end.
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    struct stat status {};
    if (::stat(it->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    files[it->path().filename().string()] =
        size == Size::kLength ? static_cast<std::uint64_t>(status.st_size)
                              : static_cast<std::uint64_t>(status.st_blocks) * kBlock;
  }
  return files;
}

/// Of those whose names begin so.
std::uint64_t bytes_of(const std::map<std::string, std::uint64_t>& files,
                       std::string_view prefix = "") {
  std::uint64_t bytes = 0;
  for (const auto& [name, size] : files) {
    if (name.starts_with(prefix)) bytes += size;
  }
  return bytes;
}

}  // namespace

std::uint64_t DiskRoom::recordings_bytes(std::uint64_t capacity) const {
  struct stat mine {};
  struct stat recordings {};
  const bool is_known = ::stat(data_dir_.c_str(), &mine) == 0 &&
                        ::stat((data_dir_ / "recordings").c_str(), &recordings) == 0;
  const bool is_elsewhere = is_known && mine.st_dev != recordings.st_dev;
  return is_elsewhere ? 0 : limits_.recordings.to_go_on(capacity);
}

base::Result<void> DiskRoom::keeps_reserves(std::uint64_t bytes) const {
  if (auto kept = keeps(limits_.reserve_bytes + bytes); !kept) return kept;
  std::error_code failed;
  const fs::space_info space = fs::space(data_dir_, failed);
  const std::uint64_t for_recordings = failed ? 0 : recordings_bytes(space.capacity);
  if (failed || space.available >= for_recordings + bytes) return {};
  return base::fail(
      fmt::format("the data folder's disk has {} MiB left, of which {} MiB are kept for recordings "
                  "(recording.reserve_mib): delete tracks or recordings, or give it a larger disk",
                  space.available / kMib, for_recordings / kMib));
}

base::Result<void> DiskRoom::keeps(std::uint64_t reserve) const {
  std::error_code failed;
  const fs::space_info space = fs::space(data_dir_, failed);
  if (failed || space.available >= reserve) return {};
  return base::fail(
      fmt::format("the data folder's disk has {} MiB left, which are kept for the shows' database "
                  "and HLS (data.reserve_mib): delete tracks, or give it a larger disk",
                  space.available / kMib));
}

base::Result<void> DiskRoom::for_upload(std::string_view owner, std::uint64_t bytes) const {
  const auto lengths = files_in(data_dir_ / "spool", Size::kLength);
  return fits_spool(owner, bytes_of(lengths, upload_prefix(owner)) + bytes, bytes);
}

base::Result<void> DiskRoom::for_more_of(std::string_view owner) const {
  const auto come = files_in(data_dir_ / "spool", Size::kOnDisk);
  return fits_spool(owner, bytes_of(come, upload_prefix(owner)), 0);
}

base::Result<void> DiskRoom::fits_spool(std::string_view owner, std::uint64_t owner_bytes,
                                        std::uint64_t bytes) const {
  const std::uint64_t share = std::min(
      limits_.spool_bytes_max, std::max(limits_.spool_bytes_max / 4, limits_.upload_bytes_max));
  if (owner_bytes > share) {
    return base::fail(fmt::format(
        "uploads of {} that are on their way or wait to be imported may have {} MiB "
        "together, of all {} MiB that there may be (tracks.spool_mib_max): try again later",
        owner.empty() ? "the station" : "one show", share / kMib, limits_.spool_bytes_max / kMib));
  }
  const std::uint64_t come = bytes_of(files_in(data_dir_ / "spool", Size::kOnDisk), kUploadPrefix);
  if (come + bytes > limits_.spool_bytes_max) {
    return base::fail(
        fmt::format("{} MiB of uploads have come or wait to be imported, and {} MiB is all "
                    "that there may be (tracks.spool_mib_max): try again later",
                    come / kMib, limits_.spool_bytes_max / kMib));
  }
  return keeps_reserves(bytes);
}

base::Result<void> DiskRoom::for_ready_file(const fs::path& ready, std::uint64_t bytes,
                                            base::Instant now) {
  if (bytes > limits_.ready_bytes_max) {
    return base::fail(
        fmt::format("as a ready file it takes {} MiB or more, and one track may take {} MiB "
                    "(tracks.ready_mib_max)",
                    bytes / kMib, limits_.ready_bytes_max / kMib));
  }
  if (!looked_at_ || now - *looked_at_ >= kLookInterval) {
    looked_at_ = now;
    library_ = files_in(data_dir_ / "media", Size::kOnDisk);
    library_bytes_ = bytes_of(library_);
  }
  const auto written = library_.find(ready.filename().string());
  const std::uint64_t counted = written == library_.end() ? 0 : written->second;
  if (library_bytes_ - counted + std::max(bytes, counted) > limits_.library_bytes_max) {
    return base::fail(
        fmt::format("the library has {} MiB and may have {} MiB (tracks.library_mib_max): delete "
                    "tracks that nobody plays",
                    library_bytes_ / kMib, limits_.library_bytes_max / kMib));
  }
  return keeps_reserves(0);
}

base::Result<void> DiskRoom::for_what_plays() const { return keeps(limits_.reserve_bytes / 2); }

}  // namespace shelcaster::app

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "output/recording/recording_reserve.hpp"

namespace shelcaster::app {

/// What music may take of the data folder's disk. The error of each question says what is full, and
/// which setting it is. Uploads and imports stop where recordings would have to go for them: what
/// was on the air can't be had again, music can.
class DiskRoom {
 public:
  struct Limits {
    std::uint64_t library_bytes_max = UINT64_MAX;  // all ready files
    std::uint64_t spool_bytes_max = UINT64_MAX;    // uploads on their way, and waiting
    std::uint64_t upload_bytes_max = 0;            // one upload, which every owner has room for
    std::uint64_t ready_bytes_max = UINT64_MAX;    // one ready file
    std::uint64_t reserve_bytes = 0;               // free for the database and HLS
    /// Of recordings on the same disk: below it the oldest of them go, and none is to go for what
    /// can wait.
    output::RecordingReserve recordings = {};
  };

  DiskRoom(std::filesystem::path data_dir, Limits limits)
      : data_dir_(std::move(data_dir)), limits_(limits) {}

  /// Whether an upload of so many bytes may begin, of a show or, by "", the station. An owner's
  /// uploads count with the length that they will have and can take a quarter of the spool (or one
  /// upload of the largest size); for all together it counts what has come, so that nobody holds
  /// room with what they don't send.
  [[nodiscard]] base::Result<void> for_upload(std::string_view owner, std::uint64_t bytes) const;
  /// Whether those of an owner may go on to grow. Any thread.
  [[nodiscard]] base::Result<void> for_more_of(std::string_view owner) const;
  /// For a ready file that has or will have so many bytes, some of which may be in the library
  /// already; `now` bounds how often that is looked through.
  [[nodiscard]] base::Result<void> for_ready_file(const std::filesystem::path& ready,
                                                  std::uint64_t bytes, base::Instant now);
  /// While a deck plays what is being written, only this ends it: half of the reserve is gone.
  [[nodiscard]] base::Result<void> for_what_plays() const;

 private:
  [[nodiscard]] base::Result<void> fits_spool(std::string_view owner, std::uint64_t owner_bytes,
                                              std::uint64_t bytes) const;
  /// For so many bytes that can wait.
  [[nodiscard]] base::Result<void> keeps_reserves(std::uint64_t bytes) const;
  [[nodiscard]] base::Result<void> keeps(std::uint64_t reserve) const;
  /// What recordings need free of this disk; 0 if they are on another one.
  [[nodiscard]] std::uint64_t recordings_bytes(std::uint64_t capacity) const;

  const std::filesystem::path data_dir_;
  const Limits limits_;
  std::map<std::string, std::uint64_t> library_;  // on the disk, by file
  std::uint64_t library_bytes_ = 0;
  std::optional<base::Instant> looked_at_;
};

}  // namespace shelcaster::app

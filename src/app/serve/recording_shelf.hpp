#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "control/ports.hpp"
#include "output/recording/recording_reserve.hpp"

namespace shelcaster::app {

/// What publishers have recorded, in `<folder>/<showId>/<recordingId>/`: lists it, and removes what
/// is too old or too much. On the control thread.
class RecordingShelf final : public control::Recordings {
 public:
  struct Limits {
    std::int64_t days_max = 30;
    std::uint64_t bytes_max = UINT64_MAX;  // of all shows together
    output::RecordingReserve reserve = {};
  };
  RecordingShelf(std::filesystem::path folder, Limits limits, const control::Clock& clock,
                 output::LookForRoom look_for_room = output::room_of_disk)
      : folder_(std::move(folder)),
        limits_(limits),
        clock_(clock),
        look_for_room_(std::move(look_for_room)) {}

  [[nodiscard]] std::vector<control::Recording> list(const studio::ShowId&) const override;
  [[nodiscard]] std::optional<control::Recording> find(const studio::ShowId&,
                                                       std::string_view id) const override;
  base::Result<void> remove(const studio::ShowId&, std::string_view id) override;

  /// Removes the oldest until the limits hold and a recorder that a full disk has stopped can go
  /// on, and never one that is being written. Looks once a minute, however often it is called, and
  /// removes one at a time.
  void tidy();

 private:
  struct Kept {
    studio::ShowId show;
    control::Recording recording;
  };
  [[nodiscard]] std::filesystem::path path_of(const studio::ShowId&, std::string_view id) const;
  /// The oldest first; also those of which only the files are known.
  [[nodiscard]] std::vector<Kept> all() const;
  [[nodiscard]] bool is_disk_full() const;

  const std::filesystem::path folder_;
  const Limits limits_;
  const control::Clock& clock_;
  const output::LookForRoom look_for_room_;
  base::Instant tidy_at_;
};

}  // namespace shelcaster::app

#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "app/serve/disk_thread.hpp"
#include "base/result.hpp"
#include "control/ports.hpp"

namespace shelcaster::app {

/// Takes what a deleted show's processes left out of the data folder, on the disk's thread: a
/// recording at a time, so that others come in between. Control thread only.
class ShowFiles final : public control::ShowFiles {
 public:
  ShowFiles(DiskThread& disk, std::filesystem::path data_dir, const control::Clock& clock)
      : disk_(disk), data_dir_(std::move(data_dir)), clock_(clock) {}

  /// Not before the show's processes have ended, which may write until then. What can't be removed
  /// is logged once, and tried again now and then.
  bool remove(const studio::ShowId&) override;

  enum class Step { kMore, kGone };
  /// A step of it, on whatever thread; an error for what the disk refuses.
  static base::Result<Step> take(const std::filesystem::path& data_dir, const studio::ShowId&);

 private:
  struct Removal {
    bool is_gone = false;
    std::string error;  // that was logged
    base::Instant again_at;
  };
  void handle_step(const studio::ShowId&, const base::Result<Step>& step);

  DiskThread& disk_;
  const std::filesystem::path data_dir_;
  const control::Clock& clock_;
  std::map<studio::ShowId, Removal> removals_;
  /// One step of all shows: those who ask for recordings have the disk's thread in between.
  bool is_under_way_ = false;
};

}  // namespace shelcaster::app
